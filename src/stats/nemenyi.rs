//! The Nemenyi test of all pairs of strategies by their mean ranks, and the groups of strategies
//! it cannot tell apart, as a critical-difference diagram draws them.
//!
//! Nemenyi, "Distribution-free multiple comparisons", PhD thesis, Princeton 1963, as used by
//! Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 2006. The
//! studentized range with infinite degrees of freedom is integrated by the trapezoid rule, which
//! converges geometrically for such an integrand; its upper tail is integrated on its own, so
//! small p-values keep their digits.

use super::{by_value, normal_cdf};

/// The spacing of the quadrature nodes: its error is about exp(−2π² / (k h²)), far below that
/// of the normal distribution function for every k up to 500.
const STEP: f64 = 1.0 / 32.0;
/// Beyond this distance the standard normal density is below a double's resolution of 1.
const REACH: f64 = 9.0;
/// From this range on the upper tail underflows.
const FAR: f64 = 80.0;

/// The probability that the range of `groups` independent standard normals exceeds `q`.
///
/// `None` with fewer than two groups or a `q` that is NaN.
pub fn studentized_range_sf(q: f64, groups: usize) -> Option<f64> {
    if groups < 2 || q.is_nan() {
        return None;
    }
    if q <= 0.0 {
        return Some(1.0);
    }
    if q >= FAR {
        return Some(0.0);
    }
    let power = (groups - 1) as f64;
    let nodes = ((2.0 * REACH + q) / STEP).ceil() as usize;
    let mut sum = 0.0;
    for node in 0..=nodes {
        let z = -REACH + node as f64 * STEP;
        let below = normal_cdf(z);
        // Φ(z)^(k−1) − (Φ(z) − Φ(z−q))^(k−1), without cancellation.
        let kept = (power * (-normal_cdf(z - q) / below).max(-1.0).ln_1p()).exp_m1();
        sum -= (-0.5 * z * z).exp() * below.powf(power) * kept;
    }
    let density = STEP / (2.0 * std::f64::consts::PI).sqrt();
    Some((groups as f64 * density * sum).clamp(0.0, 1.0))
}

/// The probability that the range of `groups` independent standard normals is at most `q`.
///
/// `None` as for [`studentized_range_sf`].
pub fn studentized_range_cdf(q: f64, groups: usize) -> Option<f64> {
    studentized_range_sf(q, groups).map(|sf| 1.0 - sf)
}

/// The range that `groups` independent standard normals exceed with probability `alpha`.
///
/// `None` with fewer than two groups or an `alpha` not strictly between 0 and 1.
pub fn studentized_range_quantile(alpha: f64, groups: usize) -> Option<f64> {
    if groups < 2 || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let (mut low, mut high) = (0.0, FAR);
    while high - low > 1e-13 * high {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if studentized_range_sf(middle, groups)? > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

/// The least difference of mean ranks that is significant at `alpha`, for `strategies` ranked
/// over `blocks`.
///
/// `None` with fewer than two strategies, no blocks, or an `alpha` not strictly between 0 and 1.
pub fn critical_difference(strategies: usize, blocks: usize, alpha: f64) -> Option<f64> {
    if blocks == 0 {
        return None;
    }
    let q = studentized_range_quantile(alpha, strategies)?;
    Some(q / std::f64::consts::SQRT_2 * rank_error(strategies, blocks))
}

/// √(k (k + 1) / (6 N)), the standard error of a difference of two mean ranks.
fn rank_error(strategies: usize, blocks: usize) -> f64 {
    let k = strategies as f64;
    (k * (k + 1.0) / (6.0 * blocks as f64)).sqrt()
}

/// The result of [`nemenyi`].
#[derive(Debug, Clone, PartialEq)]
pub struct Nemenyi {
    /// The least difference of mean ranks that is significant.
    pub critical_difference: f64,
    /// The p-value of every pair, 1 on the diagonal; adjusted for the comparison of all pairs.
    pub p_values: Vec<Vec<f64>>,
    /// The groups of at least two strategies that are not told apart, as [`cliques`] gives them.
    pub cliques: Vec<Vec<usize>>,
}

/// The Nemenyi test at `alpha` of strategies with these mean ranks over `blocks`.
///
/// `None` with fewer than two strategies, a rank that is not finite, no blocks, or an `alpha` not
/// strictly between 0 and 1.
pub fn nemenyi(mean_ranks: &[f64], blocks: usize, alpha: f64) -> Option<Nemenyi> {
    if mean_ranks.iter().any(|rank| !rank.is_finite()) {
        return None;
    }
    let k = mean_ranks.len();
    let critical_difference = critical_difference(k, blocks, alpha)?;
    let scale = std::f64::consts::SQRT_2 / rank_error(k, blocks);
    let mut p_values = vec![vec![1.0; k]; k];
    for i in 0..k {
        for j in 0..i {
            let p = studentized_range_sf((mean_ranks[i] - mean_ranks[j]).abs() * scale, k)?;
            p_values[i][j] = p;
            p_values[j][i] = p;
        }
    }
    let together = |i: usize, j: usize| (mean_ranks[i] - mean_ranks[j]).abs() < critical_difference;
    Some(Nemenyi {
        critical_difference,
        p_values,
        cliques: cliques(mean_ranks, together),
    })
}

/// The maximal groups of at least two strategies, adjacent in the order of mean rank, in which
/// every pair is not distinguishable; each in that order, the groups by their best member.
///
/// For a difference of ranks these are all maximal cliques. For another pairwise test, such as
/// Wilcoxon with Holm, they are the bars a diagram can draw: runs of adjacent strategies.
pub fn cliques(
    mean_ranks: &[f64],
    not_distinguishable: impl Fn(usize, usize) -> bool,
) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..mean_ranks.len()).collect();
    order.sort_by(|&a, &b| by_value(&mean_ranks[a], &mean_ranks[b]));
    let mut found = Vec::new();
    let mut reached = 0;
    for start in 0..order.len() {
        let mut end = start + 1;
        while end < order.len()
            && (start..end).all(|member| not_distinguishable(order[member], order[end]))
        {
            end += 1;
        }
        if end - start >= 2 && end > reached {
            found.push(order[start..end].to_vec());
            reached = end;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `scipy.stats.studentized_range.cdf(q, k, np.inf)` and `.sf`; scipy's own quadrature is good
    /// to about 1e-10 there.
    #[test]
    fn the_studentized_range_agrees_with_scipy() {
        for (q, k, cdf, sf) in [
            (1.0, 2, 0.5204998778130465, 0.4795001221869535),
            (3.5, 3, 0.9644429581368396, 0.03555704186316044),
            (5.0, 5, 0.9962697261948056, 0.0037302738051944173),
            (0.3, 4, 0.003371386332155196, 0.9966286136678448),
            (8.0, 10, 0.9999993105377775, 6.894622225361857e-07),
            (3.0, 50, 0.0031428109423946487, 0.9968571890576053),
        ] {
            let ours = studentized_range_cdf(q, k).expect("defined");
            assert!((ours - cdf).abs() < 1e-10, "cdf({q}, {k}) = {ours}");
            let ours = studentized_range_sf(q, k).expect("defined");
            assert!((ours - sf).abs() < 1e-10, "sf({q}, {k}) = {ours}");
        }
    }

    /// The range of two normals is |N(0, 2)|, so its tail is `scipy.special.erfc(q / 2)`.
    #[test]
    fn two_groups_have_the_closed_form_far_into_the_tail() {
        for (q, exact) in [
            (0.01, 0.9943581511799684),
            (0.5, 0.7236736098317631),
            (3.0, 0.03389485352468927),
            (10.0, 1.5374597944280347e-12),
            (25.0, 6.231942781979911e-70),
        ] {
            let ours = studentized_range_sf(q, 2).expect("defined");
            assert!((ours / exact - 1.0).abs() < 1e-9, "{ours} is not {exact}");
        }
    }

    /// `scipy.stats.studentized_range.ppf(p, k, np.inf)`
    #[test]
    fn the_quantile_agrees_with_scipy() {
        for (p, k, q) in [
            (0.95, 2, 2.771807648699355),
            (0.95, 3, 3.314493155398122),
            (0.95, 5, 3.857655510378623),
            (0.95, 10, 4.474124221725907),
            (0.9, 10, 4.129346398236873),
            (0.99, 4, 4.402800861448699),
            (0.95, 50, 5.646026026380527),
        ] {
            let ours = studentized_range_quantile(1.0 - p, k).expect("defined");
            assert!(
                (ours - q).abs() < 1e-8,
                "quantile({p}, {k}) = {ours}, not {q}"
            );
        }
    }

    /// Demšar 2006, table 5(a): critical values of the two-tailed Nemenyi test, q / √2 at .05 and
    /// .10 for k = 2 to 10; and its example in section 3.2.2: four classifiers on 14 data sets,
    /// CD = 1.25 at .05 and 1.12 at .10.
    #[test]
    fn the_critical_values_are_demsars() {
        let at_05 = [
            1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164,
        ];
        let at_10 = [
            1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920,
        ];
        for (alpha, table) in [(0.05, at_05), (0.10, at_10)] {
            for (k, expected) in (2..).zip(table) {
                let q = studentized_range_quantile(alpha, k).expect("defined");
                let ours = q / std::f64::consts::SQRT_2;
                assert!((ours - expected).abs() < 1.01e-3, "{alpha} {k}: {ours}");
            }
        }
        for (alpha, expected) in [(0.05, 1.25), (0.10, 1.12)] {
            let cd = critical_difference(4, 14, alpha).expect("defined");
            assert!((cd - expected).abs() < 0.006, "{cd} is not {expected}");
        }
    }

    /// `b=np.array([[.1,.5,.9,.3],[.2,.4,.8,.1],[.1,.6,.7,.3],[.3,.5,.9,.2],[.1,.2,.8,.4],`
    /// `[.2,.7,.6,.1],[.1,.3,.5,.4],[.4,.6,.8,.3]]); scikit_posthocs.posthoc_nemenyi_friedman(b)`
    #[test]
    fn pairs_agree_with_scikit_posthocs() {
        let result = nemenyi(&[1.5, 2.875, 3.875, 1.75], 8, 0.05).expect("defined");
        for (i, j, p) in [
            (0, 1, 0.14353380536908777),
            (0, 2, 0.001336443983168567),
            (0, 3, 0.9802684763665689),
            (1, 2, 0.4080496978656374),
            (3, 1, 0.30144940874266324),
            (2, 3, 0.005493209349516359),
        ] {
            assert!((result.p_values[i][j] - p).abs() < 1e-10, "{i} {j}");
            assert_eq!(result.p_values[i][j], result.p_values[j][i]);
        }
        assert_eq!(result.cliques, [vec![0, 3, 1], vec![1, 2]]);
    }

    #[test]
    fn degenerate_inputs() {
        assert_eq!(nemenyi(&[1.0], 5, 0.05), None);
        assert_eq!(nemenyi(&[1.0, 2.0], 0, 0.05), None);
        assert_eq!(nemenyi(&[1.0, f64::NAN], 3, 0.05), None);
        assert_eq!(critical_difference(3, 5, 0.0), None);
        assert_eq!(studentized_range_sf(f64::NAN, 3), None);
        assert_eq!(studentized_range_sf(f64::INFINITY, 3), Some(0.0));
        assert_eq!(studentized_range_cdf(-1.0, 3), Some(0.0));
        let tied = nemenyi(&[2.0; 3], 1, 0.05).expect("defined");
        assert_eq!(tied.p_values, vec![vec![1.0; 3]; 3]);
        assert_eq!(tied.cliques, [vec![0, 1, 2]]);
        assert!(cliques(&[], |_, _| true).is_empty());
    }

    proptest! {
        #[test]
        fn the_tail_falls(q in 0.0..20.0f64, more in 0.001..5.0f64, k in 2..40usize) {
            let near = studentized_range_sf(q, k).expect("defined");
            let far = studentized_range_sf(q + more, k).expect("defined");
            prop_assert!(far <= near + 1e-9);
            prop_assert!(studentized_range_sf(q, k + 1).expect("defined") >= near - 1e-9);
        }

        #[test]
        fn cliques_are_all_maximal_sets_within_the_difference(
            ranks in prop::collection::vec((0..20i32).prop_map(|r| f64::from(r) / 4.0), 1..9),
            width in 0.1..3.0f64,
        ) {
            let together = |i: usize, j: usize| (ranks[i] - ranks[j]).abs() < width;
            let mut found: Vec<u32> = cliques(&ranks, together)
                .iter()
                .map(|c| c.iter().map(|i| 1 << i).sum())
                .collect();
            let pairwise = |set: u32| {
                (0..ranks.len()).all(|i| (0..i).all(|j| {
                    set >> i & 1 == 0 || set >> j & 1 == 0 || together(i, j)
                }))
            };
            let all: Vec<u32> = (0..1u32 << ranks.len()).filter(|s| pairwise(*s)).collect();
            let mut expected: Vec<u32> = all
                .iter()
                .filter(|s| s.count_ones() > 1 && !all.iter().any(|t| t != *s && *t & **s == **s))
                .copied()
                .collect();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
