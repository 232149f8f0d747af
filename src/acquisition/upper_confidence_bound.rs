//! Upper confidence bound: the mean and `factor` standard deviations.
//!
//! Srinivas, Krause, Kakade and Seeger, "Gaussian Process Optimization in the Bandit Setting: No Regret and Experimental
//! Design", ICML 2010, arXiv 0912.3995.

/// The optimistic value: μ + factor σ.
pub fn upper_confidence_bound(mean: f64, std: f64, factor: f64) -> f64 {
    mean + factor * std
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, Normal};

    /// With a factor of 1.6448536 it is the 95 % quantile: `scipy.stats.norm.ppf(0.95, 2, 3)` is 6.934561.
    #[test]
    fn it_is_a_quantile() {
        let factor = Normal::standard().inverse_cdf(0.95);
        assert!((upper_confidence_bound(2.0, 3.0, factor) - 6.934_560_880_854).abs() < 1e-7);
    }
}
