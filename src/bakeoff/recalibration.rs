//! One factor on all predicted standard deviations, from the training set alone.
//!
//! Gneiting, Raftery, Westveld and Goldman, "Calibrated Probabilistic Forecasting Using Ensemble Model Output Statistics and
//! Minimum CRPS Estimation", Monthly Weather Review 2005: the factor with the least continuous ranked probability score on
//! points the model was not fitted to; the likeliest factor would follow the few architectures that train badly.
//! They forecast from earlier days; here the folds of a cross-validation take turns, so that no further architecture has to
//! be trained.

use super::calibration;
use crate::encoding::ExtraFeatures;
use crate::error::Error;
use crate::predictor::Predictor;
use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};

/// Factors are powers of this,
const FINEST: f64 = 1.1;
/// up to this one, and down to its inverse: from a twentieth to twenty.
const STEPS: i32 = 31;

/// A training set to recalibrate on.
pub(super) struct Known<'a> {
    pub(super) space: &'a dyn SearchSpace,
    pub(super) archs: &'a [Architecture],
    pub(super) extra: Option<&'a ExtraFeatures>,
    pub(super) targets: &'a [f64],
}

/// The factor for `predictor` fitted to `known`; `None` where it states no deviation or there are fewer points than twice
/// the folds. Folds take every `folds`-th point: training sets come in random order.
pub(super) fn factor(
    predictor: &Predictor,
    known: &Known<'_>,
    folds: usize,
    rng: &mut StreamRng,
) -> Result<Option<f64>, Error> {
    let n = known.targets.len();
    if folds < 2 || n < 2 * folds {
        return Ok(None);
    }
    let (mut means, mut stds, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    for fold in 0..folds {
        let (held_out, kept): (Vec<usize>, Vec<usize>) = (0..n).partition(|at| at % folds == fold);
        let archs = |rows: &[usize]| -> Vec<Architecture> {
            rows.iter().map(|&at| known.archs[at]).collect()
        };
        let extra = |rows: &[usize]| known.extra.map(|extra| extra.gather(rows));
        let targets: Vec<f64> = kept.iter().map(|&at| known.targets[at]).collect();
        let extra_kept = extra(&kept);
        let fitted = predictor.fit(
            known.space,
            &archs(&kept),
            extra_kept.as_ref(),
            &targets,
            rng,
        )?;
        let extra_held_out = extra(&held_out);
        let found = fitted.predict(known.space, &archs(&held_out), extra_held_out.as_ref())?;
        let Some(std) = found.std else {
            return Ok(None);
        };
        for ((&at, mean), std) in held_out.iter().zip(&found.mean).zip(std) {
            means.push(*mean);
            stds.push(std);
            truth.push(known.targets[at]);
        }
    }
    let crps = |factor: f64| {
        let scaled: Vec<f64> = stds.iter().map(|s| s * factor).collect();
        calibration(&means, &scaled, &truth).crps
    };
    let scored = (-STEPS..=STEPS).map(|step| {
        let factor = FINEST.powi(step);
        (factor, crps(factor))
    });
    let best = scored.min_by(|a, b| a.1.total_cmp(&b.1));
    Ok(best.map(|(factor, _)| factor))
}
