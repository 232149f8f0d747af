//! One cell of the bake-off: one predictor, one training set, all the rest predicted.

use super::{Calibration, Pool, Scores, Twins, calibration, scores};
use crate::error::Error;
use crate::predictor::{Predictions, Predictor};
use crate::rng::derive_rng;
use crate::space::Architecture;
use crate::timing::Stopwatch;
use std::time::Duration;

/// What a cell gave. Times are reported beside the scores, never mixed into them.
#[derive(Debug, Clone, PartialEq)]
pub struct CellResult {
    /// On all architectures that are left.
    pub scores: Scores,
    /// Where the predictor states a standard deviation and it was asked for.
    pub calibration: Option<Calibration>,
    /// How many architectures were predicted.
    pub predicted: usize,
    /// Wall time of the fit.
    pub fit: Duration,
    /// Wall time of all predictions.
    pub predict: Duration,
}

/// Fits `predictor` (called `label`) to a replicate's training set and scores it on the rest.
///
/// # Errors
/// When the split is impossible or the predictor fails.
pub fn run_cell(
    pool: &Pool,
    (label, predictor): (&str, &Predictor),
    (seed, replicate): (u64, u32),
    train_size: usize,
    twins: Twins,
    with_std: bool,
) -> Result<CellResult, Error> {
    let split = pool.split((seed, replicate), train_size, twins)?;
    let archs = |rows: &[usize]| {
        rows.iter()
            .map(|&at| pool.archs[at])
            .collect::<Vec<Architecture>>()
    };
    let metric = |rows: &[usize]| rows.iter().map(|&at| pool.metric[at]).collect::<Vec<f64>>();
    let (size, replicate) = (train_size.to_string(), replicate.to_string());
    let parts = [
        "bakeoff",
        "fit",
        &pool.name[0],
        &pool.name[1],
        label,
        &size,
        &replicate,
    ];
    let mut rng = derive_rng(seed, &parts);
    let (train, targets) = (archs(&split.train), metric(&split.train));
    let (asked, truth) = (archs(&split.test), metric(&split.test));
    let watch = Stopwatch::start();
    let fitted = predictor.fit(&*pool.space, &train, None, &targets, &mut rng)?;
    let fit = watch.elapsed();
    let watch = Stopwatch::start();
    let found = match with_std {
        true => fitted.predict(&*pool.space, &asked, None)?,
        false => Predictions {
            mean: fitted.predict_mean(&*pool.space, &asked, None)?,
            std: None,
        },
    };
    let predict = watch.elapsed();
    let std = found.std.as_ref();
    Ok(CellResult {
        scores: scores(&found.mean, &truth),
        calibration: std.map(|std| calibration(&found.mean, std, &truth)),
        predicted: asked.len(),
        fit,
        predict,
    })
}
