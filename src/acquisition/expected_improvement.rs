//! Expected improvement: E[max(f − best, 0)] for normal f, which is (μ − best) Φ(z) + σ φ(z) with z = (μ − best) / σ.
//!
//! Mockus, Tiesis and Zilinskas, "The Application of Bayesian Methods for Seeking the Extremum", 1978; Jones, Schonlau and
//! Welch, "Efficient Global Optimization of Expensive Black-Box Functions", Journal of Global Optimization 1998.

use super::normal;

/// The expected improvement on `best`; without uncertainty, the improvement.
pub fn expected_improvement(mean: f64, std: f64, best: f64) -> f64 {
    let gain = mean - best;
    if std <= 0.0 {
        return gain.max(0.0);
    }
    let z = gain / std;
    // Rounding may leave a trace below 0 far out.
    (gain * normal::cumulative(z) + std * normal::density(z)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// from statistics import NormalDist
    /// def ei(m, s, b, n=200000):   # Simpson's rule over what exceeds b
    ///     d = NormalDist(m, s); h = (max(m, b) + 12 * s - b) / n
    ///     weight = lambda i: 1 if i in (0, n) else 4 if i % 2 else 2
    ///     return sum(weight(i) * i * h * d.pdf(b + i * h) for i in range(n + 1)) * h / 3
    /// ```
    #[test]
    fn it_is_the_integral() {
        for (mean, std, best, expected) in [
            (0.0, 1.0, 0.0, 0.398_942_280_401_432_7),
            (1.0, 1.0, 0.0, 1.083_315_470_587_686_4),
            (-1.0, 0.5, 0.0, 0.004_245_351_308_414_82),
            (0.3, 0.2, 0.9, 0.000_076_430_863_409_538),
        ] {
            let found = expected_improvement(mean, std, best);
            assert!((found - expected).abs() < 1e-10, "{mean} {std}: {found}");
        }
    }

    #[test]
    fn without_uncertainty_it_is_the_improvement() {
        assert_eq!(expected_improvement(1.5, 0.0, 1.0), 0.5);
        assert_eq!(expected_improvement(0.5, 0.0, 1.0), 0.0);
        assert_eq!(expected_improvement(-50.0, 1.0, 0.0), 0.0);
    }
}
