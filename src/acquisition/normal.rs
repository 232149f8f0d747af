//! The standard normal distribution.

use crate::rng::StreamRng;
use rand::RngExt;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Its density.
pub(super) fn density(x: f64) -> f64 {
    Normal::standard().pdf(x)
}

/// Its distribution function.
pub(super) fn cumulative(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// A draw, by inversion: one uniform number each, so that streams do not depend on what is drawn.
pub(super) fn draw(rng: &mut StreamRng) -> f64 {
    // The middle of one of 2^52 equal parts: never 0 or 1.
    let part = (rng.random::<u64>() >> 12) as f64;
    Normal::standard().inverse_cdf((part + 0.5) / (1_u64 << 52) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;

    /// Moments of 100,000 draws within five standard errors of 0, 1, 0 and 3.
    #[test]
    fn draws_have_the_moments_of_a_normal() {
        let mut rng = derive_rng(1, &["normal"]);
        let draws: Vec<f64> = (0..100_000).map(|_| draw(&mut rng)).collect();
        let n = draws.len() as f64;
        for (power, expected, variance) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)]
        {
            let moment = draws.iter().map(|d: &f64| d.powi(power)).sum::<f64>() / n;
            let error = (variance / n).sqrt();
            assert!((moment - expected).abs() < 5.0 * error, "{power}: {moment}");
        }
    }
}
