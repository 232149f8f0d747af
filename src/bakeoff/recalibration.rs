//! Predicted standard deviations made honest, from the training set alone.
//!
//! Gneiting, Raftery, Westveld and Goldman, "Calibrated Probabilistic Forecasting Using Ensemble Model Output Statistics and
//! Minimum CRPS Estimation", Monthly Weather Review 2005: the variance becomes a constant plus a multiple of the stated one, chosen on
//! points the model was not fitted to. Deviations: the distribution is Student's t, whose degrees of freedom are chosen
//! too, since some architectures train badly whatever their neighbours do; chosen is what is likeliest, as the least CRPS gives
//! intervals that are too narrow. They forecast from earlier days; here the folds of a cross-validation take
//! turns, so that no further architecture has to be trained.

use super::Calibration;
use super::calibration::{Shape, scored};
use crate::encoding::ExtraFeatures;
use crate::error::Error;
use crate::predictor::{Folds, Predictor};
use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};

/// Scales are powers of this,
const FINEST: f64 = 1.1;
/// up to this one, and down to its inverse, times the errors' own.
const STEPS: i32 = 31;
/// Shares of the variance that are the same for all architectures.
const CONSTANT_SHARES: [f64; 6] = [0.02, 0.1, 0.25, 0.5, 0.75, 1.0];
/// Degrees of freedom, the heaviest tails first.
const DEGREES: [f64; 7] = [2.0, 3.0, 4.0, 6.0, 10.0, 30.0, f64::INFINITY];

/// A training set to recalibrate on.
pub(super) struct Known<'a> {
    pub(super) space: &'a dyn SearchSpace,
    pub(super) archs: &'a [Architecture],
    pub(super) extra: Option<&'a ExtraFeatures>,
    pub(super) targets: &'a [f64],
}

/// What makes a distribution of a mean and a stated standard deviation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recalibration {
    /// The variance that all have,
    constant: f64,
    /// and what multiplies the stated one.
    factor: f64,
    shape: Shape,
}

impl Recalibration {
    /// Scores what has become of stated deviations.
    pub(super) fn scored(&self, mean: &[f64], std: &[f64], truth: &[f64]) -> Calibration {
        let scale = std.iter().map(|s| self.scale(*s));
        scored(self.shape, mean, &scale.collect::<Vec<f64>>(), truth)
    }

    fn scale(&self, std: f64) -> f64 {
        (self.constant + self.factor * std * std).sqrt()
    }

    /// The likeliest for predictions of points that the models were not fitted to.
    fn likeliest(held_out: &HeldOut) -> Option<Self> {
        let n = held_out.errors.len() as f64;
        let mean_square = |values: &[f64]| values.iter().map(|v| v * v / n).sum::<f64>();
        let (stated, squared) = (mean_square(&held_out.stds), mean_square(&held_out.errors));
        if !(squared > 0.0 && squared.is_finite() && stated.is_finite()) {
            return None;
        }
        let mut best: Option<(f64, Self)> = None;
        for share in CONSTANT_SHARES {
            if stated == 0.0 && share < 1.0 {
                continue;
            }
            let whole = Self {
                constant: share * squared,
                factor: if share < 1.0 {
                    (1.0 - share) * squared / stated
                } else {
                    0.0
                },
                shape: Shape::new(f64::INFINITY),
            };
            let scales: Vec<f64> = held_out.stds.iter().map(|s| whole.scale(*s)).collect();
            let ln_scales: f64 = scales.iter().map(|s| s.ln()).sum();
            for shape in DEGREES.map(Shape::new) {
                for scale in (-STEPS..=STEPS).map(|step| FINEST.powi(step)) {
                    let terms = held_out.errors.iter().zip(&scales);
                    let fit: f64 = terms.map(|(e, s)| shape.ln_density(e / (s * scale))).sum();
                    let nll = ln_scales + n * scale.ln() - fit;
                    if best.is_none_or(|(least, _)| nll < least) {
                        let (constant, factor) = (whole.constant, whole.factor);
                        let square = scale * scale;
                        let found = Self {
                            constant: constant * square,
                            factor: factor * square,
                            shape,
                        };
                        best = Some((nll, found));
                    }
                }
            }
        }
        best.map(|(_, found)| found)
    }
}

/// Predictions of points that the models were not fitted to.
#[derive(Default)]
struct HeldOut {
    stds: Vec<f64>,
    /// Truth less mean.
    errors: Vec<f64>,
}

/// What makes the deviations of `predictor` honest, judged on `known`; `None` where it states none, where there are fewer
/// networks than twice the folds, or where nothing is wrong. Folds take every `folds`-th network: training sets come in random
/// order.
pub(super) fn recalibrate(
    predictor: &Predictor,
    known: &Known<'_>,
    folds: usize,
    rng: &mut StreamRng,
) -> Result<Option<Recalibration>, Error> {
    let n = known.targets.len();
    if folds < 2 || n < 2 * folds {
        return Ok(None);
    }
    let cut = Folds::new(known.space, known.archs, folds, 0..n);
    if cut.classes() < 2 * folds {
        return Ok(None);
    }
    let mut held_out = HeldOut::default();
    for fold in 0..folds {
        let (out, kept) = cut.split(fold);
        let archs = |rows: &[usize]| -> Vec<Architecture> {
            rows.iter().map(|&at| known.archs[at]).collect()
        };
        let extra = |rows: &[usize]| known.extra.map(|extra| extra.gather(rows));
        let targets: Vec<f64> = kept.iter().map(|&at| known.targets[at]).collect();
        let (space, features) = (known.space, extra(&kept));
        let fitted = predictor.fit(space, &archs(&kept), features.as_ref(), &targets, rng)?;
        let found = fitted.predict(space, &archs(&out), extra(&out).as_ref())?;
        let Some(std) = found.std else {
            return Ok(None);
        };
        let found = out.iter().zip(&found.mean).zip(std);
        for ((&at, mean), std) in found.filter(|((at, _), _)| cut.counts(**at)) {
            held_out.errors.push(known.targets[at] - mean);
            held_out.stds.push(std);
        }
    }
    Ok(Recalibration::likeliest(&held_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use crate::stats::summary::mean;
    use rand::RngExt;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    /// Deviations stated three times too small, of errors with heavy tails: the intervals cover what they should again, and both
    /// proper scores gain.
    #[test]
    fn what_is_too_narrow_becomes_honest() {
        let student = StudentsT::new(0.0, 1.0, 3.0).expect("legal");
        let mut rng = derive_rng(1, &["recalibration"]);
        let mut draw = |n: usize| -> (Vec<f64>, Vec<f64>) {
            let stds = (0..n).map(|i| 0.1 + 0.1 * (i % 5) as f64);
            let both = stds.map(|std| (std, 3.0 * std * student.inverse_cdf(rng.random())));
            both.unzip()
        };
        let (stds, errors) = draw(200);
        let found = Recalibration::likeliest(&HeldOut { stds, errors });
        let found = found.expect("errors are not 0");
        let (stds, truth) = draw(20_000);
        let means = vec![0.0; truth.len()];
        let after = found.scored(&means, &stds, &truth);
        let before = super::super::calibration(&means, &stds, &truth);
        for (coverage, level) in after.coverage.iter().zip(super::super::calibration::LEVELS) {
            assert!((coverage - level).abs() < 0.05, "{coverage} of {level}");
        }
        let nll = |of: &Calibration| of.nll.expect("no deviation is 0");
        assert!(nll(&after) < nll(&before) && after.crps < before.crps);
    }

    /// Every network stands twice in the training set and its metric is drawn: of new networks nothing can be known, so that the
    /// deviation is that of the draw, 1/√12, though each network's twin could be looked up.
    #[test]
    fn twins_do_not_make_errors_small() {
        let space = crate::space::Nb201::shared();
        let mut rng = derive_rng(2, &["twins"]);
        let mut archs: Vec<Architecture> = (0..30).map(|_| space.sample(&mut rng)).collect();
        let mut targets: Vec<f64> = (0..30).map(|_| rng.random()).collect();
        archs.extend(archs.clone());
        targets.extend(targets.clone());
        let known = Known {
            space: &*space,
            archs: &archs,
            extra: None,
            targets: &targets,
        };
        let predictor = Predictor::configure("random-forest", toml::Table::new()).expect("legal");
        let found = recalibrate(&predictor, &known, 7, &mut rng).expect("fits");
        let found = found.expect("it states deviations");
        let stated = found.scale(0.15) * 12_f64.sqrt();
        assert!((0.7..1.6).contains(&stated), "{stated}");
    }

    /// Where nothing is known of single deviations, all become the errors' own.
    #[test]
    fn without_stated_deviations_all_are_alike() {
        let errors: Vec<f64> = (0..50)
            .map(|i| f64::from(i * 37 % 50) / 50.0 - 0.49)
            .collect();
        let square = mean(&errors.iter().map(|e| e * e).collect::<Vec<f64>>()).expect("some");
        let stds = vec![0.0; 50];
        let found = Recalibration::likeliest(&HeldOut { stds, errors }).expect("defined");
        assert!((found.scale(0.0) / square.sqrt() - 1.0).abs() < 0.1);
        assert_eq!(found.scale(0.0), found.scale(9.0));
        let exact = HeldOut {
            stds: vec![0.1; 9],
            errors: vec![0.0; 9],
        };
        assert!(Recalibration::likeliest(&exact).is_none());
    }
}
