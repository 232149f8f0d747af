//! What small spaces share: isomorphism classes as dense tables, where one load answers `class` or
//! `is_valid`, and numbering, mutants and neighbours with the number of decisions known to the compiler.

use super::Architecture;
use crate::rng::StreamRng;
use rand::RngExt;

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

/// The weights of the digits of a number of `LEN` digits, most significant first.
const fn powers<const BASE: u32, const LEN: usize>() -> [u32; LEN] {
    let mut powers = [1; LEN];
    let mut at = LEN - 1;
    while at > 0 {
        powers[at - 1] = powers[at] * BASE;
        at -= 1;
    }
    powers
}

/// The digits of `index`, most significant first; the leading one takes all that is left, so it may be of a
/// larger base than the others.
///
/// `BASE` is a constant so that the divisions become multiplications, none of which waits for another.
#[inline]
pub(super) fn digits<const BASE: u32, const LEN: usize>(index: u32) -> [u8; LEN] {
    let powers = const { powers::<BASE, LEN>() };
    let digit = |at: usize| match at {
        0 => index / powers[0],
        _ => index / powers[at] % BASE,
    };
    std::array::from_fn(|at| digit(at) as u8)
}

/// The number that [`digits`] splits.
#[inline]
pub(super) fn number<const BASE: u32, const LEN: usize>(digits: &[u8; LEN]) -> u32 {
    let powers = const { powers::<BASE, LEN>() };
    let mut number = 0;
    // By position: over iterators the compiler lays both arrays out on the stack first.
    for at in 0..LEN {
        number += u32::from(digits[at]) * powers[at];
    }
    number
}

/// `arch` with one uniformly chosen decision changed to another option, each as likely; decision `i` has
/// `options[i]` options, two at least.
#[inline]
pub(super) fn mutant<const LEN: usize>(
    arch: &Architecture,
    options: &[u8; LEN],
    rng: &mut StreamRng,
) -> Architecture {
    let at = rng.random_range(0..LEN as u32) as usize;
    let count = u32::from(options[at]);
    let moved = u32::from(arch.leading::<LEN>()[at]) + rng.random_range(1..count);
    arch.with(at, if moved < count { moved } else { moved - count } as u8)
}

/// Appends every architecture that differs from `arch` in one decision, in the order of the decisions and then
/// of the options.
#[inline]
pub(super) fn extend_neighbors<const LEN: usize>(
    arch: &Architecture,
    options: &[u8; LEN],
    out: &mut Vec<Architecture>,
) {
    let (first, own) = (out.len(), *arch.leading::<LEN>());
    let others: usize = options.iter().map(|&count| usize::from(count) - 1).sum();
    out.resize(first + others, *arch);
    // Set in place: one byte to write for each instead of a whole architecture.
    let mut added = out[first..].iter_mut();
    for (at, &count) in options.iter().enumerate() {
        let changes = (0..count).filter(|&option| option != own[at]);
        for (option, neighbor) in changes.zip(&mut added) {
            neighbor.set(at, option);
        }
    }
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
        assert_eq!(number::<5, 3>(&[8, 4, 2]), 222);
    }
}
