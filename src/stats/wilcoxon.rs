//! The Wilcoxon signed-rank test that paired differences are symmetric about zero, two-sided.
//!
//! Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1945; zeros as
//! Pratt, "Remarks on zeros and ties in the Wilcoxon signed rank procedures", JASA 1959, with the
//! normal approximation of Cureton, "The normal approximation to the signed-rank sampling
//! distribution when zero differences are present", JASA 1967. As scipy does by default, the null
//! distribution is exact up to 50 pairs without ties or zeros and up to 13 pairs with them, else
//! normal with the tie correction and without continuity correction.

use super::normal_cdf;
use super::rank::{ranks_and_ties, tie_term};
use super::usable;

/// The most pairs for an exact p-value when no differences are zero or tied.
const EXACT_PAIRS: usize = 50;
/// The most pairs for an exact p-value when some are.
const EXACT_TIED_PAIRS: usize = 13;

/// What to do with pairs that do not differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zeros {
    /// Rank them with the others, then leave their ranks out of both sums. The default: two
    /// strategies that both reach the optimum of a table give exact zeros, and dropping such
    /// pairs would overstate what the remaining ones say.
    #[default]
    Pratt,
    /// Drop them before ranking, as Wilcoxon did and scipy does by default.
    Wilcox,
}

/// How a p-value was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// From the exact distribution over all assignments of signs.
    Exact,
    /// From the normal approximation.
    Normal,
}

/// The result of [`wilcoxon`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// The sum of the ranks of the positive differences.
    pub positive: f64,
    /// The sum of the ranks of the negative differences.
    pub negative: f64,
    /// The number of pairs.
    pub pairs: usize,
    /// The number of pairs that do not differ.
    pub zeros: usize,
    /// How the p-value was computed.
    pub method: Method,
    /// The two-sided p-value; 1 when no pair differs.
    pub p_value: f64,
}

impl Wilcoxon {
    /// The test statistic, the smaller rank sum.
    pub fn statistic(&self) -> f64 {
        self.positive.min(self.negative)
    }
}

/// The signed ranks of some differences.
pub(super) struct SignedRanks {
    /// The signed ranks of the differences that are not zero.
    signed: Vec<f64>,
    /// The sizes of the groups of equal absolute differences, without the zeros.
    ties: Vec<usize>,
    /// The number of zeros.
    zeros: usize,
}

impl SignedRanks {
    /// The ranks of finite `differences`.
    pub(super) fn new(differences: &[f64], rule: Zeros) -> Self {
        let kept: Vec<f64> = match rule {
            Zeros::Pratt => differences.to_vec(),
            Zeros::Wilcox => differences.iter().copied().filter(|d| *d != 0.0).collect(),
        };
        let zeros = differences.iter().filter(|d| **d == 0.0).count();
        let sizes: Vec<f64> = kept.iter().map(|d| d.abs()).collect();
        let (ranks, mut ties) = ranks_and_ties(&sizes);
        if rule == Zeros::Pratt && zeros > 0 {
            ties.remove(0);
        }
        let signed = kept
            .iter()
            .zip(ranks)
            .filter(|(d, _)| **d != 0.0)
            .map(|(d, rank)| rank.copysign(*d))
            .collect();
        Self {
            signed,
            ties,
            zeros,
        }
    }

    /// The sums of the ranks of positive and of negative differences.
    pub(super) fn sums(&self) -> (f64, f64) {
        let positive = self.signed.iter().filter(|r| **r > 0.0).sum::<f64>();
        let negative = -self.signed.iter().filter(|r| **r < 0.0).sum::<f64>();
        // An empty sum of floats is −0, which no table should show.
        (positive + 0.0, negative + 0.0)
    }

    /// The p-value from the distribution over all 2^n assignments of signs, by counting the
    /// subsets of the ranks (doubled, to be whole) with each sum.
    fn exact_p(&self) -> f64 {
        let doubled: Vec<usize> = self
            .signed
            .iter()
            .map(|r| (2.0 * r.abs()) as usize)
            .collect();
        let total: usize = doubled.iter().sum();
        let mut counts = vec![0.0f64; total + 1];
        counts[0] = 1.0;
        for &rank in &doubled {
            for sum in (rank..=total).rev() {
                counts[sum] += counts[sum - rank];
            }
        }
        let (positive, negative) = self.sums();
        let smaller = (2.0 * positive.min(negative)) as usize;
        let tail: f64 = counts[..=smaller].iter().sum();
        (2.0 * tail / 2f64.powi(doubled.len() as i32)).min(1.0)
    }

    /// The p-value from the normal approximation with the correction for ties and zeros.
    fn normal_p(&self, rule: Zeros) -> f64 {
        let ranked = match rule {
            Zeros::Pratt => self.signed.len() + self.zeros,
            Zeros::Wilcox => self.signed.len(),
        } as f64;
        let left_out = ranked - self.signed.len() as f64;
        let mean = (ranked * (ranked + 1.0) - left_out * (left_out + 1.0)) / 4.0;
        let cubes = |n: f64| n * (n + 1.0) * (2.0 * n + 1.0);
        let variance = (cubes(ranked) - cubes(left_out) - tie_term(&self.ties) / 2.0) / 24.0;
        let (positive, negative) = self.sums();
        let z = (positive.min(negative) - mean) / variance.sqrt();
        (2.0 * normal_cdf(z)).min(1.0)
    }
}

/// The signed-rank test of paired `differences`.
///
/// Differences count as tied or zero only when they are so exactly: round the values first where
/// they carry noise of floating point. `None` without differences or with one that is not finite.
pub fn wilcoxon(differences: &[f64], rule: Zeros) -> Option<Wilcoxon> {
    if !usable(differences) {
        return None;
    }
    let ranks = SignedRanks::new(differences, rule);
    let pairs = differences.len();
    let plain = ranks.zeros == 0 && ranks.ties.iter().all(|t| *t == 1);
    let exact = pairs <= EXACT_TIED_PAIRS || plain && pairs <= EXACT_PAIRS;
    let (method, p_value) = if exact || ranks.signed.is_empty() {
        (Method::Exact, ranks.exact_p())
    } else {
        (Method::Normal, ranks.normal_p(rule))
    };
    let (positive, negative) = ranks.sums();
    Some(Wilcoxon {
        positive,
        negative,
        pairs,
        zeros: ranks.zeros,
        method,
        p_value,
    })
}

/// The signed-rank test of the pairs of `a` and `b`, their differences being a − b.
///
/// `None` when the lengths differ, and as for [`wilcoxon`].
pub fn wilcoxon_pairs(a: &[f64], b: &[f64], rule: Zeros) -> Option<Wilcoxon> {
    wilcoxon(&differences(a, b)?, rule)
}

/// The differences a − b of pairs; `None` when the lengths differ.
pub(super) fn differences(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    (a.len() == b.len()).then(|| a.iter().zip(b).map(|(a, b)| a - b).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(result: Option<Wilcoxon>, method: Method, statistic: f64, p: f64) {
        let result = result.expect("defined");
        assert_eq!((result.method, result.statistic()), (method, statistic));
        assert!(
            (result.p_value / p - 1.0).abs() < 1e-9,
            "{} is not {p}",
            result.p_value
        );
    }

    /// `scipy.stats.wilcoxon(d)` on Darwin's maize heights, the example of scipy's documentation;
    /// `scipy.stats.wilcoxon([(-1)**(i*i%7<3)*(i+.5) for i in range(n)])` for n = 50 and 60.
    #[test]
    fn agrees_with_scipy_without_ties() {
        let darwin = [
            6.0, 8.0, 14.0, 16.0, 23.0, 24.0, 28.0, 29.0, 41.0, -48.0, 49.0, 56.0, 60.0, -67.0,
            75.0,
        ];
        check(
            wilcoxon(&darwin, Zeros::Pratt),
            Method::Exact,
            24.0,
            0.041259765625,
        );
        let made = |n: usize| -> Vec<f64> {
            let sign = |i: usize| if i * i % 7 < 3 { -1.0 } else { 1.0 };
            (0..n).map(|i| sign(i) * (i as f64 + 0.5)).collect()
        };
        check(
            wilcoxon(&made(50), Zeros::Pratt),
            Method::Exact,
            357.0,
            0.006131180232502587,
        );
        check(
            wilcoxon(&made(60), Zeros::Pratt),
            Method::Normal,
            523.0,
            0.0039048421158397817,
        );
    }

    /// `i=np.arange(24); scipy.stats.wilcoxon(i*7%11, i*5%9, zero_method=z)` and
    /// `x=[125,115,130,140,140,115,140,125,140,135]; y=[110,122,125,120,140,124,123,137,135,145]`
    /// `scipy.stats.wilcoxon(x, y, zero_method=z)`, z being 'wilcox' and 'pratt'.
    #[test]
    fn agrees_with_scipy_with_ties_and_zeros() {
        let a: Vec<f64> = (0..24).map(|i| f64::from(i * 7 % 11)).collect();
        let b: Vec<f64> = (0..24).map(|i| f64::from(i * 5 % 9)).collect();
        let p = [0.22846315119035565, 0.2402475884865114];
        check(
            wilcoxon_pairs(&a, &b, Zeros::Wilcox),
            Method::Normal,
            89.5,
            p[0],
        );
        check(
            wilcoxon_pairs(&a, &b, Zeros::Pratt),
            Method::Normal,
            107.5,
            p[1],
        );
        let x = [
            125.0, 115.0, 130.0, 140.0, 140.0, 115.0, 140.0, 125.0, 140.0, 135.0,
        ];
        let y = [
            110.0, 122.0, 125.0, 120.0, 140.0, 124.0, 123.0, 137.0, 135.0, 145.0,
        ];
        check(
            wilcoxon_pairs(&x, &y, Zeros::Wilcox),
            Method::Exact,
            18.0,
            0.6328125,
        );
        check(
            wilcoxon_pairs(&x, &y, Zeros::Pratt),
            Method::Exact,
            22.0,
            0.64453125,
        );
    }

    #[test]
    fn degenerate_inputs() {
        assert_eq!(wilcoxon(&[], Zeros::Pratt), None);
        assert_eq!(wilcoxon(&[1.0, f64::NAN], Zeros::Pratt), None);
        assert_eq!(wilcoxon_pairs(&[1.0], &[1.0, 2.0], Zeros::Pratt), None);
        for rule in [Zeros::Pratt, Zeros::Wilcox] {
            for n in [1, 30, 80] {
                let none = wilcoxon(&vec![0.0; n], rule).expect("defined");
                assert_eq!((none.p_value, none.zeros, none.statistic()), (1.0, n, 0.0));
            }
            assert_eq!(wilcoxon(&[2.0], rule).map(|w| w.p_value), Some(1.0));
        }
    }

    proptest! {
        /// The p-value against the enumeration of every assignment of signs.
        #[test]
        fn small_samples_agree_with_enumeration(
            d in prop::collection::vec((-4..=4i32).prop_map(f64::from), 1..9),
            pratt: bool,
        ) {
            let rule = if pratt { Zeros::Pratt } else { Zeros::Wilcox };
            let ours = wilcoxon(&d, rule).expect("defined");
            let mut tail = 0;
            for signs in 0..1u32 << d.len() {
                let turned: Vec<f64> = (0..d.len())
                    .map(|i| if signs >> i & 1 == 1 { d[i].abs() } else { -d[i].abs() })
                    .collect();
                let other = wilcoxon(&turned, rule).expect("defined");
                tail += u32::from(other.positive <= ours.statistic());
            }
            let p = (2.0 * f64::from(tail) / f64::from(1u32 << d.len())).min(1.0);
            prop_assert!((ours.p_value - p).abs() < 1e-12);
        }

        #[test]
        fn swapping_the_pair_swaps_the_sums(
            d in prop::collection::vec((-9..=9i32).prop_map(f64::from), 1..80)
        ) {
            let flipped: Vec<f64> = d.iter().map(|d| -d).collect();
            let a = wilcoxon(&d, Zeros::Pratt).expect("defined");
            let b = wilcoxon(&flipped, Zeros::Pratt).expect("defined");
            prop_assert_eq!((a.positive, a.p_value), (b.negative, b.p_value));
            prop_assert!((0.0..=1.0).contains(&a.p_value));
        }
    }
}
