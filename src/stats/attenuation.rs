//! What a perfect predictor can reach against noisy measurements, from how well these agree with one another.
//!
//! Spearman, "The proof and measurement of association between two things", American Journal of Psychology 1904: where two
//! measurements correlate with ρ, their reliability, either correlates with what both measure by √ρ. Two measurements agree less
//! than the truth does with one of them, as both have noise. The mean of k is more reliable: kρ / (1 + (k − 1) ρ) (Spearman and
//! Brown, both British Journal of Psychology 1910). Kendall's τ is turned into ρ and back by Greiner's relation
//! ρ = sin(πτ/2) ("Über das Fehlersystem der Kollektivmaßlehre", Zeitschrift für Mathematik und Physik 1909). All of it
//! assumes that truth and noise are jointly normal and the noise alike for all; ties are not allowed for.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// The expected Kendall's τ of the truth with the mean of so many measurements, at least one, of which any two agree with the
/// τ `agreement`. Measurements that do not agree tell nothing: 0.
pub fn attainable_kendall(agreement: f64, measurements: f64) -> f64 {
    let one = (FRAC_PI_2 * agreement).sin().max(0.0);
    let mean = measurements * one / (1.0 + (measurements - 1.0) * one);
    FRAC_2_PI * mean.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use crate::stats::correlation::kendall;
    use rand::RngExt;
    use statrs::distribution::{ContinuousCDF, Normal};

    /// In Python: `rho = math.sin(math.pi / 2 * .264); 2 / math.pi * math.asin(math.sqrt(k * rho / (1 + (k - 1) * rho)))`
    #[test]
    fn worked_values() {
        for (measurements, expected) in [(1.0, 0.4377931009694367), (2.0, 0.5475334514172022)] {
            let found = attainable_kendall(0.264, measurements);
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        assert_eq!(attainable_kendall(1.0, 3.0), 1.0);
        assert_eq!(attainable_kendall(0.0, 3.0), 0.0);
        assert_eq!(attainable_kendall(-0.1, 1.0), 0.0);
    }

    /// Normal truth measured with normal noise: the truth itself reaches what the measurements' agreement says.
    #[test]
    fn the_truth_of_a_simulation_reaches_it() {
        let mut rng = derive_rng(1, &["attenuation"]);
        let standard = Normal::standard();
        let mut normal = || standard.inverse_cdf(rng.random::<f64>().clamp(1e-12, 1.0 - 1e-12));
        let truth: Vec<f64> = (0..20_000).map(|_| normal()).collect();
        let mut measured =
            |noise: f64| -> Vec<f64> { truth.iter().map(|t| t + noise * normal()).collect() };
        for noise in [0.3, 1.0, 1.5] {
            let all = [measured(noise), measured(noise), measured(noise)];
            let agreement = kendall(&all[0], &all[1]).expect("varied");
            for count in 1..=3 {
                let mean: Vec<f64> = (0..truth.len())
                    .map(|at| all[..count].iter().map(|one| one[at]).sum())
                    .collect();
                let reached = kendall(&truth, &mean).expect("varied");
                let expected = attainable_kendall(agreement, count as f64);
                assert!(
                    (reached - expected).abs() < 0.01,
                    "{noise} {count}: {reached} {expected}"
                );
            }
        }
    }
}
