//! Which row of a task holds an architecture.

use crate::space::{Architecture, SearchSpace};

/// Marks a raw architecture without a row.
const NO_ROW: u32 = u32::MAX;
/// The largest raw space for which the row of every raw architecture is written down (4 MiB).
const MAX_DENSE: u64 = 1 << 20;

/// The architectures of a task in order, and how to find one.
///
/// In a small space, every raw architecture leads to its row at once: to its own, or to that of the member of its
/// isomorphism class that the table has. In a large one the table is keyed by the class, and found by bisection.
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
    for index in 0..size {
        let arch = space.at_index(index as u64);
        if row_of[index] == NO_ROW && space.is_valid(&arch) {
            row_of[index] = row_of_class[space.class(&arch).0 as usize];
        }
    }
    row_of
}
