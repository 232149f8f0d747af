//! Which row of a task holds an architecture.

use crate::space::{Architecture, SearchSpace};

/// Marks a raw architecture without a row.
pub(super) const NO_ROW: u32 = u32::MAX;
/// The largest raw space for which the row of every raw architecture is written down (4 MiB).
pub(super) const MAX_DENSE: u64 = 1 << 20;

/// The architectures of a task in order, and how to find one.
///
/// In a small space, every raw architecture leads to its row at once: to its own, or to that of the member of its
/// isomorphism class that the table has. In a large one the table is keyed by the class, and found by bisection.
#[derive(Clone)]
pub(super) struct Rows {
    archs: Vec<u64>,
    /// Row of each raw architecture of a small space.
    dense: Option<Vec<u32>>,
}

/// The key under which a table of `space` holds `arch`.
pub(super) fn key(space: &dyn SearchSpace, arch: &Architecture) -> u64 {
    match space.raw_size() <= MAX_DENSE {
        true => space.index_of(arch),
        false => space.class(arch).0,
    }
}

impl Rows {
    /// # Errors
    /// When the keys are not ascending, or not keys of the space.
    pub(super) fn new(space: &dyn SearchSpace, archs: Vec<u64>) -> Result<Self, String> {
        if archs.is_empty() || archs.len() >= NO_ROW as usize {
            return Err(format!(
                "expected 1 to 2^32 - 2 architectures, found {}",
                archs.len()
            ));
        }
        if !archs.is_sorted_by(|a, b| a < b) {
            return Err("architectures are not in ascending order".into());
        }
        let raw_size = space.raw_size();
        if let Some(beyond) = archs.last().filter(|last| **last >= raw_size) {
            let name = space.name();
            return Err(format!(
                "architecture {beyond} is beyond the {raw_size} of {name}"
            ));
        }
        let dense = (raw_size <= MAX_DENSE).then(|| dense(space, &archs));
        Ok(Self { archs, dense })
    }

    /// The raw architecture of each row, ascending.
    pub(super) fn archs(&self) -> &[u64] {
        &self.archs
    }

    /// The row that answers for `arch`.
    #[inline]
    pub(super) fn find(&self, space: &dyn SearchSpace, arch: &Architecture) -> Option<usize> {
        let raw = space.index_of(arch);
        match &self.dense {
            Some(rows) => {
                let row = *rows.get(raw as usize)?;
                (row != NO_ROW).then_some(row as usize)
            }
            None => self
                .archs
                .binary_search(&raw)
                .or_else(|_| self.archs.binary_search(&space.class(arch).0))
                .ok(),
        }
    }
}

fn dense(space: &dyn SearchSpace, archs: &[u64]) -> Vec<u32> {
    let size = space.raw_size() as usize;
    let mut row_of = vec![NO_ROW; size];
    for (row, &arch) in archs.iter().enumerate() {
        row_of[arch as usize] = row as u32;
    }
    if archs.len() == size {
        return row_of;
    }
    let mut row_of_class = vec![NO_ROW; size];
    for (row, &arch) in archs.iter().enumerate() {
        let class = space.class(&space.at_index(arch)).0 as usize;
        if row_of_class[class] == NO_ROW {
            row_of_class[class] = row as u32;
        }
    }
    for (index, row) in row_of.iter_mut().enumerate() {
        let arch = space.at_index(index as u64);
        if *row == NO_ROW && space.is_valid(&arch) {
            *row = row_of_class[space.class(&arch).0 as usize];
        }
    }
    row_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::space::Decision;

    /// 10^18 raw architectures of 18 digits; the same digits in another order are the same network.
    struct Digits(Vec<Decision>);

    impl Digits {
        fn new() -> Self {
            let options = vec!["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
            let decision = |at| Decision {
                name: format!("digit {at}"),
                options: options.clone(),
            };
            Self((0..18).map(decision).collect())
        }
    }

    impl SearchSpace for Digits {
        fn name(&self) -> &str {
            "digits"
        }

        fn decisions(&self) -> &[Decision] {
            &self.0
        }

        fn canonical(&self, arch: &Architecture) -> Architecture {
            let mut digits = arch.decisions().to_vec();
            digits.sort_unstable();
            Architecture::new(&digits)
        }

        fn class_count(&self) -> u64 {
            // Multisets of 18 out of 10.
            4_686_825
        }

        fn parse(&self, text: &str) -> Result<Architecture, Error> {
            Err(Error::new("digits", text))
        }

        fn display(&self, arch: &Architecture) -> String {
            format!("{arch:?}")
        }
    }

    #[test]
    fn a_space_of_ten_to_the_eighteen_is_looked_up_by_class() {
        let space = Digits::new();
        assert_eq!(space.raw_size(), 10_u64.pow(18));
        let at = |index: u64| space.at_index(index);
        let mut keys: Vec<u64> = [123_456, 999_999_999_999_999_999, 1, 300]
            .map(|index| key(&space, &at(index)))
            .to_vec();
        keys.sort_unstable();
        let rows = Rows::new(&space, keys.clone()).expect("ascending keys");
        for (row, &index) in keys.iter().enumerate() {
            assert_eq!(rows.find(&space, &at(index)), Some(row));
        }
        let one = rows.find(&space, &at(1)).expect("there");
        assert_eq!(
            rows.find(&space, &at(10_u64.pow(17))),
            Some(one),
            "1 followed by zeros"
        );
        assert_eq!(rows.find(&space, &at(2)), None);
        assert!(Rows::new(&space, vec![5, 5]).is_err());
        assert!(Rows::new(&space, vec![10_u64.pow(18)]).is_err());
        assert!(Rows::new(&space, Vec::new()).is_err());
    }

    #[test]
    fn in_a_small_space_every_member_of_a_class_leads_to_its_row() {
        let space = crate::space::open("nas-bench-201").expect("registered");
        let space = space.as_ref();
        let archs: Vec<u64> = (0..space.raw_size()).step_by(7).collect();
        let rows = Rows::new(space, archs.clone()).expect("ascending");
        for index in 0..space.raw_size() {
            let arch = space.at_index(index);
            let class = space.class(&arch);
            let expected = archs.binary_search(&index).ok().or_else(|| {
                let same = |a: &u64| space.class(&space.at_index(*a)) == class;
                archs.iter().position(same)
            });
            assert_eq!(rows.find(space, &arch), expected);
            if index > 600 {
                break;
            }
        }
    }
}
