//! Means with intervals of every measure of a cell, over its replicates.

use crate::bakeoff::{Measure, Score, ScoreRow, Spread};
use crate::report::analysis::{CONFIDENCE, RESAMPLES};
use crate::rng::derive_rng;
use crate::stats::bootstrap::{Ends, Statistic, interval};
use crate::stats::summary::mean;

/// A mean over training sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Estimate {
    pub(in crate::report) mean: f64,
    /// The ends of its interval; none where there is one training set, which says nothing of others.
    pub(in crate::report) interval: Option<[f64; 2]>,
}

/// The numbers of a predictor at a training size, on a task or over all tasks.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Numbers {
    /// Fits that count.
    pub(in crate::report) fits: usize,
    /// In the order of [`Measure::all`].
    estimates: Vec<Option<Estimate>>,
}

impl Numbers {
    pub(in crate::report) fn of(&self, measure: Measure) -> Option<Estimate> {
        self.estimates[position(measure)]
    }

    pub(in crate::report) fn score(&self, score: Score) -> Option<Estimate> {
        self.of(Measure::Score(score, 0))
    }

    /// From the rows of a cell, one for each replicate; `scale` multiplies what is in the metric's unit, and is none where
    /// units differ.
    pub(super) fn new(
        rows: &[Vec<Option<f64>>],
        scale: Option<f64>,
        (seed, name): (u64, [&str; 3]),
    ) -> Self {
        let estimates = Measure::all().into_iter().enumerate().map(|(at, measure)| {
            let factor = match has_unit(measure) {
                true => scale?,
                false => 1.0,
            };
            // A measure that a fit lacks (a constant prediction has no correlation) is not imputed.
            let values: Option<Vec<f64>> = rows.iter().map(|r| r[at].map(|v| v * factor)).collect();
            let measured = measure.name();
            let [place, label, size] = name;
            let mut rng = derive_rng(seed, &["report", &measured, place, label, size]);
            bootstrapped(&values?, &mut rng)
        });
        Self {
            fits: rows.len(),
            estimates: estimates.collect(),
        }
    }
}

/// The mean with its interval; none without values.
pub(super) fn bootstrapped(values: &[f64], rng: &mut crate::rng::StreamRng) -> Option<Estimate> {
    let ends = Ends::BiasCorrected;
    let found = interval(values, Statistic::Mean, ends, CONFIDENCE, RESAMPLES, rng)?;
    Some(Estimate {
        mean: found.estimate,
        interval: (values.len() > 1).then_some([found.low, found.high]),
    })
}

/// Whether a measure is in the unit of what is predicted.
fn has_unit(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::Score(Score::Mae | Score::Rmse | Score::Regret, _)
            | Measure::Calibration(Spread::Crps, _)
    )
}

/// Where a measure stands in a row.
pub(super) fn position(measure: Measure) -> usize {
    let all = Measure::all();
    let found = all.iter().position(|m| *m == measure);
    found.expect("all measures are among all")
}

/// The mean over tasks of what a replicate's fits measured; none where one lacks it.
pub(super) fn mean_row(rows: &[&ScoreRow]) -> Vec<Option<f64>> {
    let count = Measure::all().len();
    (0..count)
        .map(|at| {
            let values: Option<Vec<f64>> = rows.iter().map(|row| row.values[at]).collect();
            mean(&values?)
        })
        .collect()
}
