//! How well predictions order and meet the truth.

use crate::stats::correlation::{kendall, pearson, spearman};

/// Scores of one set of predictions. Correlations are signed, and `None` where a side is constant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Kendall's τ-b.
    pub kendall_tau: Option<f64>,
    /// Kendall's τ-b with the truth rounded to 0.1 percentage points, so that near ties count as ties.
    pub sparse_kendall_tau: Option<f64>,
    /// Spearman's ρ.
    pub spearman: Option<f64>,
    /// Pearson's r.
    pub pearson: Option<f64>,
    /// Coefficient of determination; `None` where the truth is constant.
    pub r2: Option<f64>,
    /// Mean absolute error, in the metric's unit.
    pub mae: f64,
    /// Root mean squared error, in the metric's unit.
    pub rmse: f64,
    /// How far the predicted best is below the true best, in the metric's unit.
    pub regret: f64,
}

/// Scores `predicted` against `truth`, of the same length, at least one, all finite; higher is better.
pub fn scores(predicted: &[f64], truth: &[f64]) -> Scores {
    let n = truth.len() as f64;
    let errors = || predicted.iter().zip(truth).map(|(p, t)| p - t);
    let squares: f64 = errors().map(|e| e * e).sum();
    let mean = truth.iter().sum::<f64>() / n;
    let spread: f64 = truth.iter().map(|t| (t - mean).powi(2)).sum();
    let rounded: Vec<f64> = truth.iter().map(|t| (t * 1000.0).round()).collect();
    let best = truth.iter().copied().fold(f64::MIN, f64::max);
    let picked = best_first(predicted).first().map_or(best, |&at| truth[at]);
    Scores {
        kendall_tau: kendall(predicted, truth),
        sparse_kendall_tau: kendall(predicted, &rounded),
        spearman: spearman(predicted, truth),
        pearson: pearson(predicted, truth),
        r2: (spread > 0.0).then(|| 1.0 - squares / spread),
        mae: errors().map(f64::abs).sum::<f64>() / n,
        rmse: (squares / n).sqrt(),
        regret: best - picked,
    }
}

/// The share of the predicted best `k` that are among the true best `k`.
pub fn precision_at(k: usize, predicted: &[f64], truth: &[f64]) -> f64 {
    let k = k.min(truth.len());
    let mut picked = best_first(predicted);
    picked.truncate(k);
    let mut best = best_first(truth);
    best.truncate(k);
    best.sort_unstable();
    picked
        .iter()
        .filter(|at| best.binary_search(at).is_ok())
        .count() as f64
        / k as f64
}

/// Positions in descending order of value; of equals, the earlier first.
fn best_first(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sklearn.metrics.r2_score, mean_absolute_error, root_mean_squared_error` and `scipy.stats` of
    /// truth=[.1,.4,.35,.8], predicted=[.2,.3,.5,.7]
    #[test]
    fn scores_agree_with_scikit_learn() {
        let truth = [0.1, 0.4, 0.35, 0.8];
        let found = scores(&[0.2, 0.3, 0.5, 0.7], &truth);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        close(found.r2.expect("varied"), 0.7915632754342431);
        close(found.mae, 0.11250000000000004);
        close(found.rmse, 0.11456439237389604);
        close(found.kendall_tau.expect("varied"), 0.6666666666666669);
        close(found.spearman.expect("varied"), 0.7999999999999999);
        close(found.pearson.expect("varied"), 0.9014388502127689);
        close(found.regret, 0.0);
    }

    #[test]
    fn precision_counts_the_shared_best() {
        let truth = [5.0, 4.0, 3.0, 2.0, 1.0];
        assert_eq!(precision_at(2, &[1.0, 5.0, 4.0, 0.0, 0.0], &truth), 0.5);
        assert_eq!(precision_at(9, &truth, &truth), 1.0);
    }
}
