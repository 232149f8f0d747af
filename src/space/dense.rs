//! Isomorphism classes of a small space as dense tables: one load answers `class` or `is_valid`.

/// For every raw index, the raw index of the canonical member of its class, and whether it is valid.
pub(super) struct DenseClasses {
    canonical: Vec<u32>,
    valid: Vec<u64>,
    class_count: u64,
}

impl DenseClasses {
    /// Fills the tables by calling both functions once for each raw index below `raw_size`.
    pub(super) fn build(
        raw_size: u32,
        canonical: impl Fn(u32) -> u32,
        is_valid: impl Fn(u32) -> bool,
    ) -> Self {
        let canonical: Vec<u32> = (0..raw_size).map(canonical).collect();
        let words = raw_size.div_ceil(64) as usize;
        let mut valid = vec![0; words];
        let mut classes = vec![0; words];
        for index in (0..raw_size).filter(|&index| is_valid(index)) {
            set(&mut valid, index);
            set(&mut classes, canonical[index as usize]);
        }
        Self {
            canonical,
            valid,
            class_count: classes.iter().map(|w| u64::from(w.count_ones())).sum(),
        }
    }

    /// The raw index of the canonical member of the class of `index`.
    pub(super) fn canonical(&self, index: u32) -> u32 {
        self.canonical[index as usize]
    }

    /// Whether the raw architecture `index` is valid.
    pub(super) fn is_valid(&self, index: u32) -> bool {
        self.valid[index as usize / 64] >> (index % 64) & 1 == 1
    }

    /// The number of classes with a valid member.
    pub(super) fn class_count(&self) -> u64 {
        self.class_count
    }
}

fn set(bits: &mut [u64], at: u32) {
    bits[at as usize / 64] |= 1 << (at % 64);
}

/// The digits of `index`, most significant first; the leading one takes all that is left, so it may be of a
/// larger base than the others.
///
/// `BASE` is a constant so that the divisions become multiplications.
pub(super) fn digits<const BASE: u32, const LEN: usize>(mut index: u32) -> [u8; LEN] {
    let mut digits = [0; LEN];
    for digit in digits[1..].iter_mut().rev() {
        *digit = (index % BASE) as u8;
        index /= BASE;
    }
    digits[0] = index as u8;
    digits
}

/// The number that [`digits`] splits.
pub(super) fn number(digits: &[u8], base: u32) -> u32 {
    digits
        .iter()
        .fold(0, |index, &digit| index * base + u32::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_only_classes_with_a_valid_member() {
        let classes = DenseClasses::build(130, |i| i / 10 * 10, |i| i >= 20);
        assert_eq!(classes.class_count(), 11);
        assert_eq!(classes.canonical(129), 120);
        assert!(!classes.is_valid(19) && classes.is_valid(20) && classes.is_valid(129));
    }

    #[test]
    fn the_leading_digit_may_exceed_the_base() {
        assert_eq!(digits::<5, 3>(8 * 25 + 4 * 5 + 2), [8, 4, 2]);
        assert_eq!(number(&[8, 4, 2], 5), 222);
    }
}
