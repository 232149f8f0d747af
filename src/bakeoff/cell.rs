//! One cell of the bake-off: one predictor, one training set, the rest predicted.

use super::pool::{Pool, Replicate, Split};
use super::recalibration::{self, Known};
use super::scores::top;
use super::{Calibration, Scores, calibration, scores};
use crate::encoding::ExtraFeatures;
use crate::error::Error;
use crate::predictor::{Predictions, Predictor};
use crate::rng::derive_rng;
use crate::space::Architecture;
use crate::timing::Stopwatch;
use serde::{Deserialize, Serialize};

/// The shares of best architectures that are scored by themselves, after all of them.
pub const TOP_SHARES: [f64; 2] = [0.05, 0.01];

/// A fit to do.
pub struct Job<'a> {
    /// Where architectures come from.
    pub pool: &'a Pool,
    /// Which of them to fit to, and which to ask about.
    pub split: &'a Split,
    /// What is fitted.
    pub predictor: &'a Predictor,
    /// What distinguishes its random stream from other predictors'.
    pub label: &'a str,
    /// Whose random stream it is.
    pub replicate: Replicate,
    /// Measurements of the training set, then of what is asked about.
    pub extra: Option<&'a [ExtraFeatures; 2]>,
    /// Whether to score predicted deviations.
    pub with_std: bool,
    /// Folds to recalibrate them by; fewer than 2: not.
    pub recalibration_folds: usize,
}

/// What a fit gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitScores {
    /// How many architectures were predicted.
    pub asked: u32,
    /// Over all of them, and over the best by [`TOP_SHARES`].
    pub scores: [Scores; 1 + TOP_SHARES.len()],
    /// Of the deviations as stated and as recalibrated, where the predictor states them.
    pub calibration: [Option<Calibration>; 2],
    /// Simulated seconds that training and measuring the training set took, where the benchmark knows.
    pub train_cost_s: Option<f64>,
    /// Simulated seconds that measurements of an architecture asked about took, on average.
    pub query_cost_s: f64,
}

/// Wall time, reported beside the scores and never mixed into them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FitTimes {
    /// Nanoseconds of the fit.
    pub fit_ns: u64,
    /// Nanoseconds of all predictions.
    pub predict_ns: u64,
}

impl Job<'_> {
    /// Fits, predicts and scores.
    ///
    /// # Errors
    /// When the predictor fails or predicts what is no number.
    pub fn run(&self) -> Result<(FitScores, FitTimes), Error> {
        let Self { pool, split, .. } = self;
        let archs = |rows: &[usize]| -> Vec<Architecture> {
            rows.iter().map(|&at| pool.archs[at]).collect()
        };
        let metric =
            |rows: &[usize]| -> Vec<f64> { rows.iter().map(|&at| pool.metric[at]).collect() };
        let (train, targets) = (archs(&split.train), metric(&split.train));
        let (asked, truth) = (archs(&split.test), metric(&split.test));
        let (extra_train, extra_asked) = match self.extra {
            Some([train, asked]) => (Some(train), Some(asked)),
            None => (None, None),
        };
        let space = &*pool.space;
        let mut rng = self.stream("fit");
        let watch = Stopwatch::start();
        let fitted = self
            .predictor
            .fit(space, &train, extra_train, &targets, &mut rng)?;
        let fit_ns = watch.elapsed().as_nanos() as u64;
        let watch = Stopwatch::start();
        let found = match self.with_std {
            true => fitted.predict(space, &asked, extra_asked)?,
            false => Predictions {
                mean: fitted.predict_mean(space, &asked, extra_asked)?,
                std: None,
            },
        };
        let predict_ns = watch.elapsed().as_nanos() as u64;
        self.check(&found)?;
        let known = Known {
            space,
            archs: &train,
            extra: extra_train,
            targets: &targets,
        };
        let query_cost_s =
            extra_asked.map_or(0.0, |e| e.cost_s().iter().sum::<f64>() / asked.len() as f64);
        let scored = FitScores {
            asked: asked.len() as u32,
            scores: subsets(&found.mean, &truth),
            calibration: self.calibrations(&found, &truth, &known)?,
            train_cost_s: self.train_cost_s(extra_train),
            query_cost_s,
        };
        Ok((scored, FitTimes { fit_ns, predict_ns }))
    }

    fn stream(&self, what: &str) -> crate::rng::StreamRng {
        let Replicate { seed, number } = self.replicate;
        let (size, number) = (self.split.train.len().to_string(), number.to_string());
        let [benchmark, task] = &self.pool.name;
        let parts = ["bakeoff", what, benchmark, task, self.label, &size, &number];
        derive_rng(seed, &parts)
    }

    /// Predictions that are no numbers cannot be ordered.
    fn check(&self, found: &Predictions) -> Result<(), Error> {
        let Some(at) = found.mean.iter().position(|m| !m.is_finite()) else {
            return Ok(());
        };
        let arch = self
            .pool
            .space
            .display(&self.pool.archs[self.split.test[at]]);
        let problem = format!("predicts {} for `{arch}`", found.mean[at]);
        Err(Error::new(self.predictor.entry().name, problem))
    }

    fn calibrations(
        &self,
        found: &Predictions,
        truth: &[f64],
        known: &Known<'_>,
    ) -> Result<[Option<Calibration>; 2], Error> {
        let Some(std) = &found.std else {
            return Ok([None, None]);
        };
        let stated = calibration(&found.mean, std, truth);
        let mut rng = self.stream("recalibration");
        let folds = self.recalibration_folds;
        let honest = recalibration::recalibrate(self.predictor, known, folds, &mut rng)?;
        let recalibrated = honest.map(|honest| honest.scored(&found.mean, std, truth));
        Ok([Some(stated), recalibrated])
    }

    fn train_cost_s(&self, extra: Option<&ExtraFeatures>) -> Option<f64> {
        let cost_s = self.pool.cost_s.as_ref()?;
        let trained: f64 = self.split.train.iter().map(|&at| cost_s[at]).sum();
        Some(trained + extra.map_or(0.0, |e| e.cost_s().iter().sum()))
    }
}

/// Scores of all, and of the best.
fn subsets(predicted: &[f64], truth: &[f64]) -> [Scores; 1 + TOP_SHARES.len()] {
    let of_top = |share: f64| {
        let (predicted, truth) = top(share, predicted, truth);
        scores(&predicted, &truth)
    };
    let [five, one] = TOP_SHARES.map(of_top);
    [scores(predicted, truth), five, one]
}
