//! How honest predicted standard deviations are, read as normal distributions or as Student's t.
//!
//! The continuous ranked probability score is that of Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction,
//! and Estimation", JASA 2007; in its closed forms for the normal distribution (there) and for Student's t (Jordan, Krüger and Lerch,
//! Journal of Statistical Software 2019, arXiv 1709.04743).

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use statrs::function::gamma::ln_gamma;

/// The nominal coverages of the intervals that are counted.
pub const LEVELS: [f64; 3] = [0.5, 0.9, 0.95];

/// Scores of predictive distributions, in the metric's unit where they have one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean negative log density; `None` where a deviation is 0, or so small that the mean is not finite.
    pub nll: Option<f64>,
    /// Mean continuous ranked probability score.
    pub crps: f64,
    /// The share of the truth within the central 50, 90 and 95 % intervals.
    pub coverage: [f64; 3],
}

/// A predictive distribution of mean 0 and scale 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Student's t and its degrees of freedom, above 1; otherwise normal.
    student: Option<(StudentsT, f64)>,
    /// ln of what its density is multiplied by.
    ln_constant: f64,
    /// What its continuous ranked probability score subtracts: half the mean distance of two draws.
    spread: f64,
}

impl Shape {
    /// Student's t with so many degrees of freedom, above 1; infinitely many are the normal distribution.
    pub(super) fn new(degrees: f64) -> Self {
        let student = StudentsT::new(0.0, 1.0, degrees).ok();
        let Some(student) = student.filter(|_| degrees.is_finite() && degrees > 1.0) else {
            return Self {
                student: None,
                ln_constant: -0.5 * std::f64::consts::TAU.ln(),
                spread: std::f64::consts::PI.sqrt().recip(),
            };
        };
        let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
        let ratio = (ln_beta(0.5, degrees - 0.5) - 2.0 * ln_beta(0.5, degrees / 2.0)).exp();
        Self {
            student: Some((student, degrees)),
            ln_constant: -0.5 * degrees.ln() - ln_beta(0.5, degrees / 2.0),
            spread: 2.0 * degrees.sqrt() / (degrees - 1.0) * ratio,
        }
    }

    /// ln of the density at `z`.
    pub(super) fn ln_density(&self, z: f64) -> f64 {
        self.ln_constant
            - match self.student {
                None => 0.5 * z * z,
                Some((_, degrees)) => (degrees + 1.0) / 2.0 * (z * z / degrees).ln_1p(),
            }
    }

    /// The continuous ranked probability score when `z` comes out, of scale 1.
    fn crps(&self, z: f64) -> f64 {
        let normal = Normal::standard();
        let (below, density) = match self.student {
            None => (normal.cdf(z), normal.pdf(z)),
            Some((student, v)) => (student.cdf(z), student.pdf(z) * (v + z * z) / (v - 1.0)),
        };
        z * (2.0 * below - 1.0) + 2.0 * density - self.spread
    }

    /// Half the width of the central interval of this probability.
    fn half_width(&self, level: f64) -> f64 {
        let upper = 0.5 + level / 2.0;
        match self.student {
            None => Normal::standard().inverse_cdf(upper),
            Some((student, _)) => student.inverse_cdf(upper),
        }
    }
}

/// Deviations up to this share of the mean's size are rounding, and count as 0.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Scores normal distributions against the truth.
pub fn calibration(mean: &[f64], std: &[f64], truth: &[f64]) -> Calibration {
    scored(Shape::new(f64::INFINITY), mean, std, truth)
}

/// Scores distributions of this shape against the truth.
pub(super) fn scored(shape: Shape, mean: &[f64], scale: &[f64], truth: &[f64]) -> Calibration {
    let n = truth.len() as f64;
    let half_widths = LEVELS.map(|level| shape.half_width(level));
    let (mut nll, mut crps, mut coverage) = (0.0, 0.0, [0.0; 3]);
    for ((mean, scale), truth) in mean.iter().zip(scale).zip(truth) {
        let error = (truth - mean).abs();
        for (within, half_width) in coverage.iter_mut().zip(half_widths) {
            *within += f64::from(u8::from(error <= half_width * scale));
        }
        let z = error / scale;
        if *scale <= ROUNDING * mean.abs() || !z.is_finite() {
            nll = f64::INFINITY;
            crps += error / n;
            continue;
        }
        nll += (scale.ln() - shape.ln_density(z)) / n;
        crps += scale * shape.crps(z) / n;
    }
    Calibration {
        nll: nll.is_finite().then_some(nll),
        crps,
        coverage: coverage.map(|within| within / n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-scipy.stats.norm(.5, .2).logpdf(.8)`; the CRPS by numerical integration:
    /// `scipy.integrate.quad(lambda x: (norm(.5, .2).cdf(x) - (x >= .8)) ** 2, -2, 3, points=[.8])[0]`
    #[test]
    fn scores_agree_with_scipy() {
        let found = calibration(&[0.5], &[0.2], &[0.8]);
        let nll = found.nll.expect("a density");
        assert!((nll - 0.43450062077057283).abs() < 1e-12, "{nll}");
        assert!(
            (found.crps - 0.19888480079549067).abs() < 1e-8,
            "{}",
            found.crps
        );
        assert_eq!(found.coverage, [0.0, 1.0, 1.0]);
    }

    /// `-scipy.stats.t(3, .5, .2).logpdf(.8)`, `.ppf(.95)`, and the CRPS by numerical integration:
    /// `quad(lambda x: (t(3, .5, .2).cdf(x) - (x >= .8)) ** 2, -200, 200, points=[.5, .8], limit=500)[0]`
    #[test]
    fn scores_of_students_t_agree_with_scipy() {
        let shape = Shape::new(3.0);
        let found = scored(shape, &[0.5], &[0.2], &[0.8]);
        let expected = (0.510682513060255, 0.19144420503928225);
        let nll = found.nll.expect("a density");
        assert!((nll - expected.0).abs() < 1e-9, "{nll}");
        assert!((found.crps - expected.1).abs() < 1e-6, "{}", found.crps);
        assert!((shape.half_width(0.9) - 2.353363434801824).abs() < 1e-6);
        assert_eq!(found.coverage, [0.0, 1.0, 1.0]);
    }

    /// A point has no density. Its continuous ranked probability score is the absolute error: the limit of ever smaller
    /// deviations, and by the definition as an integral over a step.
    #[test]
    fn a_point_has_no_density_but_the_other_scores() {
        let (mean, truth) = ([0.5, 0.7, 0.9], [0.8, 0.7, 0.8]);
        let found = calibration(&mean, &[0.0; 3], &truth);
        assert_eq!(found.nll, None);
        assert!((found.crps - 0.4 / 3.0).abs() < 1e-15);
        assert!(found.coverage.iter().all(|c| (c - 1.0 / 3.0).abs() < 1e-15));
        let near = calibration(&mean, &[1e-12; 3], &truth);
        assert!((near.crps - found.crps).abs() < 1e-11);
        assert!(near.nll.is_some_and(f64::is_finite));
        // What is left of equal values after rounding is no deviation either; one point among densities is enough.
        assert_eq!(calibration(&mean, &[0.1, 0.1, 1e-17], &truth).nll, None);
        assert_eq!(calibration(&[0.0], &[1e-200], &[1.0]).nll, None);
    }
}
