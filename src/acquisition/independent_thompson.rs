//! Independent Thompson sampling: a draw from each architecture's own normal distribution, none knowing of another.
//!
//! White, Neiswanger and Savani, "BANANAS", AAAI 2021, arXiv 1910.11858, §4: with a batch to choose from few candidates it
//! explores more than a joint draw, and needs no covariances.

use super::normal;
use crate::rng::StreamRng;

/// One draw from N(mean, std²) for each.
pub fn independent_draws(mean: &[f64], std: &[f64], rng: &mut StreamRng) -> Vec<f64> {
    let pairs = mean.iter().zip(std);
    pairs
        .map(|(mean, std)| mean + std * normal::draw(rng))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;

    /// Two architectures: means, variances and covariance of 50,000 draws within five standard errors.
    #[test]
    fn draws_are_normal_and_independent() {
        let mut rng = derive_rng(1, &["its"]);
        let (mean, std) = ([1.0, -2.0], [0.5, 3.0]);
        let n = 50_000;
        let draws: Vec<Vec<f64>> = (0..n)
            .map(|_| independent_draws(&mean, &std, &mut rng))
            .collect();
        let average =
            |of: &dyn Fn(&[f64]) -> f64| draws.iter().map(|d| of(d)).sum::<f64>() / f64::from(n);
        let root = f64::from(n).sqrt();
        for at in 0..2 {
            let centre = average(&|d| d[at]);
            assert!((centre - mean[at]).abs() < 5.0 * std[at] / root);
            let variance = average(&|d| (d[at] - mean[at]).powi(2));
            assert!((variance / std[at].powi(2) - 1.0).abs() < 5.0 * 2.0_f64.sqrt() / root);
        }
        let covariance = average(&|d| (d[0] - mean[0]) * (d[1] - mean[1]));
        assert!((covariance / (std[0] * std[1])).abs() < 5.0 / root);
    }
}
