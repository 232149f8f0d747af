//! Transforms of the target: a model is fitted to transformed targets, and its predictions are taken back.
//!
//! Normal scores are those of Blom, "Statistical Estimates and Transformed Beta-Variables", 1958: the rank r of n
//! becomes Φ⁻¹((r − 3/8) / (n + 1/4)). Ties share their mean rank. The way back is linear between neighbouring
//! scores, and beyond the extremes goes on with the slope of the whole, so that it stays strictly increasing.

use super::Predictions;
use crate::error::Error;
use crate::stats::rank::average_ranks;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// What is done to targets before a model sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetTransform {
    /// Nothing.
    Plain,
    /// Mean 0 and standard deviation 1: changes nothing for most models but their numeric range.
    Standardised,
    /// The normal scores of the ranks: what a model learns then is the order.
    NormalScores,
    /// −ln of the distance to the best seen, plus a tenth of the targets' range; standardised.
    LogError,
}

/// A transform with what it learnt from the training targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum FittedTransform {
    Plain,
    Standardised { mean: f64, scale: f64 },
    NormalScores { scores: Vec<f64>, values: Vec<f64> },
    LogError { top: f64, mean: f64, scale: f64 },
}

impl TargetTransform {
    const ALL: [Self; 4] = [
        Self::Plain,
        Self::Standardised,
        Self::NormalScores,
        Self::LogError,
    ];

    /// The transform called `name`.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn named(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|t| t.name() == name)
            .ok_or_else(|| {
                let known = Self::ALL.iter().map(|t| t.name());
                Error::unknown_name("target", "target transform", name, known)
            })
    }

    /// Its kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Standardised => "standardised",
            Self::NormalScores => "normal-scores",
            Self::LogError => "log-error",
        }
    }

    /// Finite `targets` on the scale a model sees.
    pub(crate) fn apply(self, targets: &[f64]) -> Vec<f64> {
        self.fit(targets).1
    }

    /// What there is to learn from finite `targets`, and the targets transformed.
    pub(super) fn fit(self, targets: &[f64]) -> (FittedTransform, Vec<f64>) {
        match self {
            Self::Plain => (FittedTransform::Plain, targets.to_vec()),
            Self::Standardised => {
                let (mean, scale) = mean_and_scale(targets);
                let fitted = FittedTransform::Standardised { mean, scale };
                (fitted, standardise(targets, mean, scale))
            }
            Self::NormalScores => normal_scores(targets),
            Self::LogError => log_error(targets),
        }
    }
}

/// The mean and standard deviation of finite numbers; a constant has scale 1.
pub(super) fn mean_and_scale(targets: &[f64]) -> (f64, f64) {
    let n = targets.len() as f64;
    let mean = targets.iter().map(|t| t / n).sum::<f64>();
    let variance = targets.iter().map(|t| (t - mean).powi(2) / n).sum::<f64>();
    let scale = variance.sqrt();
    let usable = scale.is_finite() && scale > negligible(targets);
    (mean, if usable { scale } else { 1.0 })
}

/// A deviation of finite numbers that is rounding alone.
fn negligible(targets: &[f64]) -> f64 {
    1e-12 * targets.iter().fold(0.0f64, |m, t| m.max(t.abs()))
}

/// Whether finite numbers are all the same, up to rounding.
pub(super) fn is_constant(targets: &[f64]) -> bool {
    let ends = targets
        .iter()
        .fold((f64::MAX, f64::MIN), |(a, b), &t| (a.min(t), b.max(t)));
    ends.1 - ends.0 <= negligible(targets)
}

fn standardise(targets: &[f64], mean: f64, scale: f64) -> Vec<f64> {
    targets.iter().map(|t| (t - mean) / scale).collect()
}

/// The normal scores of finite numbers; ties share the score of their mean rank.
pub(crate) fn scores_of(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let normal = Normal::standard();
    average_ranks(values)
        .unwrap_or_default()
        .into_iter()
        .map(|rank| normal.inverse_cdf((rank - 0.375) / (n + 0.25)))
        .collect()
}

/// Transformed targets with the targets themselves, ascending, each transformed one once.
pub(crate) fn ascending_pairs(transformed: &[f64], targets: &[f64]) -> Vec<(f64, f64)> {
    let both = transformed.iter().copied().zip(targets.iter().copied());
    let mut pairs: Vec<(f64, f64)> = both.collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs.dedup_by(|a, b| a.0 == b.0);
    pairs
}

fn normal_scores(targets: &[f64]) -> (FittedTransform, Vec<f64>) {
    let scores = scores_of(targets);
    let (sorted, values) = ascending_pairs(&scores, targets).into_iter().unzip();
    let fitted = FittedTransform::NormalScores {
        scores: sorted,
        values,
    };
    (fitted, scores)
}

fn log_error(targets: &[f64]) -> (FittedTransform, Vec<f64>) {
    let best = targets.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let worst = targets.iter().copied().fold(f64::INFINITY, f64::min);
    let range = if best > worst { best - worst } else { 1.0 };
    let top = best + 0.1 * range;
    let logs: Vec<f64> = targets.iter().map(|t| -(top - t).ln()).collect();
    let (mean, scale) = mean_and_scale(&logs);
    let transformed = standardise(&logs, mean, scale);
    (FittedTransform::LogError { top, mean, scale }, transformed)
}

impl FittedTransform {
    /// Takes predictions back to the metric's unit. A standard deviation becomes half of what one of it on either
    /// side of the mean spans.
    pub(super) fn invert(&self, predictions: Predictions) -> Predictions {
        let Predictions { mean, std } = predictions;
        let std = std.map(|std| {
            let ends = mean.iter().zip(&std);
            ends.map(|(&m, &s)| (self.value(m + s) - self.value(m - s)) / 2.0)
                .collect()
        });
        let mean = mean.into_iter().map(|m| self.value(m)).collect();
        Predictions { mean, std }
    }

    /// The target that transforms to `t`.
    fn value(&self, t: f64) -> f64 {
        match self {
            Self::Plain => t,
            Self::Standardised { mean, scale } => mean + scale * t,
            Self::NormalScores { scores, values } => interpolate(scores, values, t),
            Self::LogError { top, mean, scale } => top - (-(mean + scale * t)).exp(),
        }
    }
}

/// The broken line through (`xs`, `ys`), ascending, at `x`; outside, with the slope from end to end.
fn interpolate(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    let last = xs.len() - 1;
    let slope = match xs[last] - xs[0] {
        width if width > 0.0 => (ys[last] - ys[0]) / width,
        _ => 0.0,
    };
    let above = xs.partition_point(|&at| at <= x);
    if above == 0 {
        return ys[0] + slope * (x - xs[0]);
    }
    if above == xs.len() {
        return ys[last] + slope * (x - xs[last]);
    }
    let share = (x - xs[above - 1]) / (xs[above] - xs[above - 1]);
    ys[above - 1] + share * (ys[above] - ys[above - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `scipy.stats.norm.ppf((scipy.stats.rankdata([3, 1, 4, 1, 5]) - 0.375) / 5.25)`
    #[test]
    fn normal_scores_agree_with_scipy() {
        let expected = [
            0.0,
            -0.7916386077433746,
            0.49720057068155404,
            -0.7916386077433746,
            1.1797611176118612,
        ];
        for (score, expected) in scores_of(&[3.0, 1.0, 4.0, 1.0, 5.0]).iter().zip(expected) {
            assert!((score - expected).abs() < 1e-9, "{score} is not {expected}");
        }
    }

    #[test]
    fn one_point_and_a_constant_come_back() {
        for transform in TargetTransform::ALL {
            for targets in [&[0.7][..], &[0.7, 0.7, 0.7]] {
                let (fitted, transformed) = transform.fit(targets);
                assert!(transformed.iter().all(|t| t.is_finite()));
                assert!((fitted.value(transformed[0]) - 0.7).abs() < 1e-12);
            }
        }
    }

    proptest! {
        #[test]
        fn transforms_keep_the_order_and_invert(values in prop::collection::vec(-50i32..50, 1..40)) {
            let targets: Vec<f64> = values.iter().map(|&v| f64::from(v) / 7.0).collect();
            for transform in TargetTransform::ALL {
                let (fitted, transformed) = transform.fit(&targets);
                for (i, t) in transformed.iter().enumerate() {
                    prop_assert!((fitted.value(*t) - targets[i]).abs() < 1e-9);
                    for j in 0..i {
                        prop_assert_eq!(targets[i] < targets[j], *t < transformed[j]);
                    }
                }
                let grid: Vec<f64> = (-40..=40).map(|x| fitted.value(f64::from(x) / 10.0)).collect();
                prop_assert!(grid.windows(2).all(|w| w[0] <= w[1]));
            }
        }
    }
}
