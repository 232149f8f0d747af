//! How honest predicted standard deviations are, read as normal distributions.
//!
//! The continuous ranked probability score is that of Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction,
//! and Estimation", JASA 2007, in its closed form for the normal distribution.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// The nominal coverages of the intervals that are counted.
pub const LEVELS: [f64; 3] = [0.5, 0.9, 0.95];

/// Scores of predictive distributions, in the metric's unit where they have one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean negative log density.
    pub nll: f64,
    /// Mean continuous ranked probability score.
    pub crps: f64,
    /// The share of the truth within the central 50, 90 and 95 % intervals.
    pub coverage: [f64; 3],
}

/// Scores normal distributions against the truth. A standard deviation of 0 counts as the smallest positive one.
pub fn calibration(mean: &[f64], std: &[f64], truth: &[f64]) -> Calibration {
    let normal = Normal::standard();
    let n = truth.len() as f64;
    let half_widths = LEVELS.map(|level| normal.inverse_cdf(0.5 + level / 2.0));
    let mut found = Calibration {
        nll: 0.0,
        crps: 0.0,
        coverage: [0.0; 3],
    };
    for ((mean, std), truth) in mean.iter().zip(std).zip(truth) {
        let std = std.max(f64::MIN_POSITIVE);
        let z = (truth - mean) / std;
        found.nll += (0.5 * (z * z + std::f64::consts::TAU.ln()) + std.ln()) / n;
        let spread = z * (2.0 * normal.cdf(z) - 1.0) + 2.0 * normal.pdf(z);
        found.crps += std * (spread - std::f64::consts::PI.sqrt().recip()) / n;
        for (share, half_width) in found.coverage.iter_mut().zip(half_widths) {
            *share += f64::from(u8::from(z.abs() <= half_width)) / n;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-scipy.stats.norm(.5, .2).logpdf(.8)`; the CRPS by numerical integration:
    /// `scipy.integrate.quad(lambda x: (norm(.5, .2).cdf(x) - (x >= .8)) ** 2, -2, 3, points=[.8])[0]`
    #[test]
    fn scores_agree_with_scipy() {
        let found = calibration(&[0.5], &[0.2], &[0.8]);
        assert!(
            (found.nll - 0.43450062077057283).abs() < 1e-12,
            "{}",
            found.nll
        );
        assert!(
            (found.crps - 0.19888480079549067).abs() < 1e-8,
            "{}",
            found.crps
        );
        assert_eq!(found.coverage, [0.0, 1.0, 1.0]);
    }
}
