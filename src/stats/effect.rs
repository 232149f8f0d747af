//! Effect sizes of a comparison of two strategies: by how much, not only whether, they differ.
//!
//! The matched-pairs rank-biserial correlation of Kerby, "The simple difference formula",
//! Comprehensive Psychology 2014; A12 of Vargha and Delaney, "A critique and improvement of the CL
//! common language effect size statistics", Journal of Educational and Behavioral Statistics 2000;
//! δ of Cliff, "Dominance statistics", Psychological Bulletin 1993. All are signed as in their
//! sources: large means that `a` is larger, so for regret, where smaller is better, small values
//! favour `a`.

use super::wilcoxon::{SignedRanks, Zeros, differences};
use super::{sorted, usable};

/// The matched-pairs rank-biserial correlation from −1 (`a` below `b` in every pair) to 1 (above);
/// 0 when no pair differs. It is (W⁺ − W⁻) / (W⁺ + W⁻) of the signed ranks under `rule`.
///
/// `None` when the lengths differ, without pairs, or with a difference that is not finite.
pub fn rank_biserial(a: &[f64], b: &[f64], rule: Zeros) -> Option<f64> {
    let differences = differences(a, b)?;
    if !usable(&differences) {
        return None;
    }
    let (positive, negative) = SignedRanks::new(&differences, rule).sums();
    let total = positive + negative;
    Some(if total == 0.0 {
        0.0
    } else {
        (positive - negative) / total
    })
}

/// Twice the number of pairs in which the element of `a` is larger, plus those that tie.
fn dominance(a: &[f64], b: &[f64]) -> Option<u128> {
    if !usable(a) || !usable(b) {
        return None;
    }
    let (a, b) = (sorted(a), sorted(b));
    let (mut below, mut up_to) = (0, 0);
    let mut twice = 0;
    for value in a {
        while below < b.len() && b[below] < value {
            below += 1;
        }
        while up_to < b.len() && b[up_to] <= value {
            up_to += 1;
        }
        twice += (below + up_to) as u128;
    }
    Some(twice)
}

/// A12 of Vargha and Delaney: the probability that a value drawn from `a` is larger than one from
/// `b`, ties counting half, in O(n log n).
///
/// `None` when either is empty or has a value that is not finite.
pub fn vargha_delaney_a12(a: &[f64], b: &[f64]) -> Option<f64> {
    let pairs = a.len() as f64 * b.len() as f64;
    dominance(a, b).map(|twice| twice as f64 / (2.0 * pairs))
}

/// Cliff's δ from −1 to 1: the probability that a value from `a` is larger than one from `b` less
/// the probability that it is smaller; 2 A12 − 1, in O(n log n).
///
/// `None` as for [`vargha_delaney_a12`].
pub fn cliffs_delta(a: &[f64], b: &[f64]) -> Option<f64> {
    let pairs = a.len() as f64 * b.len() as f64;
    dominance(a, b).map(|twice| (twice as f64 - pairs) / pairs)
}

/// How often `a` is below, equal to and above `b` in pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairCounts {
    /// The pairs with a < b: for regret, the wins of `a`.
    pub below: usize,
    /// The pairs with a = b.
    pub equal: usize,
    /// The pairs with a > b: for regret, the losses of `a`.
    pub above: usize,
}

/// The counts of pairs in which `a` is below, equal to and above `b`.
///
/// `None` when the lengths differ or a value is not finite.
pub fn pair_counts(a: &[f64], b: &[f64]) -> Option<PairCounts> {
    if a.len() != b.len() || a.iter().chain(b).any(|v| !v.is_finite()) {
        return None;
    }
    let below = a.iter().zip(b).filter(|(a, b)| a < b).count();
    let above = a.iter().zip(b).filter(|(a, b)| a > b).count();
    Some(PairCounts {
        below,
        equal: a.len() - below - above,
        above,
    })
}

/// The probability of superiority in pairs: the share of pairs with a > b, ties counting half.
///
/// `None` when the lengths differ, without pairs, or with a value that is not finite.
pub fn paired_superiority(a: &[f64], b: &[f64]) -> Option<f64> {
    let counts = pair_counts(a, b)?;
    let pairs = a.len() as f64;
    (!a.is_empty()).then(|| (counts.above as f64 + 0.5 * counts.equal as f64) / pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `u=scipy.stats.mannwhitneyu(a, b).statistic / (len(a) * len(b))`, which is A12; δ is `2*u-1`;
    /// `np.mean([np.sign(i-j)/2+.5 for i,j in zip(a,b)])` over the seven pairs.
    #[test]
    fn dominance_agrees_with_mann_whitney() {
        let a = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        let b = [5.0, 3.0, 5.0, 8.0, 9.0, 7.0, 9.0];
        assert_eq!(vargha_delaney_a12(&a, &b), Some(0.22321428571428573));
        let delta = cliffs_delta(&a, &b).expect("defined");
        assert!((delta + 0.5535714285714286).abs() < 1e-15);
        let paired = paired_superiority(&a[..7], &b).expect("defined");
        assert!((paired - 0.14285714285714285).abs() < 1e-15);
        let counts = PairCounts {
            below: 6,
            equal: 0,
            above: 1,
        };
        assert_eq!(pair_counts(&a[..7], &b), Some(counts));
    }

    /// Darwin's maize, W⁻ = 24 of 120 (scipy.stats.wilcoxon's documentation): (96 − 24) / 120.
    #[test]
    fn rank_biserial_is_the_simple_difference() {
        let d = [
            6.0, 8.0, 14.0, 16.0, 23.0, 24.0, 28.0, 29.0, 41.0, -48.0, 49.0, 56.0, 60.0, -67.0,
            75.0,
        ];
        assert_eq!(rank_biserial(&d, &[0.0; 15], Zeros::Pratt), Some(0.6));
        assert_eq!(paired_superiority(&d, &[0.0; 15]), Some(13.0 / 15.0));
    }

    #[test]
    fn degenerate_inputs() {
        assert_eq!(rank_biserial(&[1.0; 3], &[1.0; 3], Zeros::Pratt), Some(0.0));
        assert_eq!(rank_biserial(&[], &[], Zeros::Pratt), None);
        assert_eq!(rank_biserial(&[1.0], &[], Zeros::Pratt), None);
        assert_eq!(vargha_delaney_a12(&[], &[1.0]), None);
        assert_eq!(cliffs_delta(&[f64::NAN], &[1.0]), None);
        assert_eq!(cliffs_delta(&[1.0], &[1.0]), Some(0.0));
        assert_eq!(paired_superiority(&[], &[]), None);
        assert_eq!(paired_superiority(&[2.0], &[2.0]), Some(0.5));
        assert_eq!(pair_counts(&[f64::NAN], &[1.0]), None);
    }

    proptest! {
        #[test]
        fn dominance_agrees_with_all_pairs_and_is_antisymmetric(
            a in prop::collection::vec((0..9i32).prop_map(f64::from), 1..25),
            b in prop::collection::vec((0..9i32).prop_map(f64::from), 1..25),
        ) {
            let sum: f64 = a.iter().flat_map(|x| b.iter().map(move |y| (x - y).signum() * f64::from(x != y))).sum();
            let delta = cliffs_delta(&a, &b).expect("defined");
            prop_assert_eq!(delta, sum / (a.len() * b.len()) as f64);
            prop_assert_eq!(Some(-delta + 0.0), cliffs_delta(&b, &a).map(|d| d + 0.0));
            let a12 = vargha_delaney_a12(&a, &b).expect("defined");
            prop_assert!((2.0 * a12 - 1.0 - delta).abs() < 1e-12);
        }
    }
}
