//! One factor on all predicted standard deviations, from the training set alone.
//!
//! Laves et al., "Well-Calibrated Regression Uncertainty in Medical Imaging with Deep Learning", MIDL 2020: the factor
//! that maximises the likelihood of errors on points the model was not fitted to is the root of the mean squared
//! standardised error. They hold out a calibration set; here the folds of a cross-validation take turns, so that no
//! further architecture has to be trained.

use crate::encoding::ExtraFeatures;
use crate::error::Error;
use crate::predictor::Predictor;
use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};

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
    let mut squares = 0.0;
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
            squares += ((known.targets[at] - mean) / std.max(f64::MIN_POSITIVE)).powi(2);
        }
    }
    let factor = (squares / n as f64).sqrt();
    Ok((factor.is_finite() && factor > 0.0).then_some(factor))
}
