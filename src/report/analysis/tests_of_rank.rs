//! Friedman's and Nemenyi's tests, and Wilcoxon's over all pairs with Holm's correction.

use super::{ALPHA, Pair, RankTest};
use crate::stats::effect::{cliffs_delta, paired_superiority};
use crate::stats::friedman::friedman;
use crate::stats::holm::holm;
use crate::stats::nemenyi::nemenyi;
use crate::stats::wilcoxon::{Zeros, wilcoxon_pairs};

/// The rank test of the strategies that have values; `values[strategy][block]`.
pub(super) fn rank_test(values: &[Vec<f64>]) -> Option<RankTest> {
    let strategies: Vec<usize> = (0..values.len())
        .filter(|s| !values[*s].is_empty())
        .collect();
    let blocks = values[*strategies.first()?].len();
    let rows: Vec<Vec<f64>> = (0..blocks)
        .map(|block| strategies.iter().map(|s| values[*s][block]).collect())
        .collect();
    let friedman = friedman(&rows)?;
    let nemenyi = nemenyi(&friedman.mean_ranks, blocks, ALPHA)?;
    Some(RankTest {
        strategies,
        mean_ranks: friedman.mean_ranks,
        blocks,
        statistic: friedman.chi_squared,
        p: friedman.p_chi_squared,
        critical_difference: nemenyi.critical_difference,
        cliques: nemenyi.cliques,
    })
}

/// All pairs of strategies with values; `values[strategy][block]`.
pub(super) fn pairs(values: &[Vec<f64>]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for a in 0..values.len() {
        for b in a + 1..values.len() {
            let (x, y) = (&values[a], &values[b]);
            let effects = paired_superiority(y, x).zip(cliffs_delta(y, x));
            if let Some((share, delta)) = effects {
                let p = wilcoxon_pairs(x, y, Zeros::Pratt).map(|w| w.p_value);
                pairs.push(Pair {
                    a,
                    b,
                    blocks: x.len(),
                    share,
                    p: p.filter(|_| x.len() >= 2),
                    delta,
                });
            }
        }
    }
    let known: Vec<f64> = pairs.iter().filter_map(|pair| pair.p).collect();
    let corrected = holm(&known).unwrap_or_default();
    for (pair, p) in pairs
        .iter_mut()
        .filter(|pair| pair.p.is_some())
        .zip(corrected)
    {
        pair.p = Some(p);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strategy_with_the_lower_regret_has_the_larger_share_and_a_positive_delta() {
        let low: Vec<f64> = (0..40).map(|i| f64::from(i) * 0.01).collect();
        let high: Vec<f64> = low.iter().map(|v| v + 1.0).collect();
        let pairs = pairs(&[low, high]);
        assert_eq!((pairs[0].share, pairs[0].delta), (1.0, 1.0));
        assert!(pairs[0].p.is_some_and(|p| p < 1e-6));
    }
}
