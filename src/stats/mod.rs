//! The statistics of a strategy comparison: pure, deterministic functions over slices.
//!
//! No function here panics or returns NaN on user data. Where a quantity is undefined (no values,
//! a value that is not finite, rows of different lengths) the result is `None`; degenerate but
//! defined cases (one block, all values tied) have the result their documentation names. Smaller
//! is better wherever a direction matters, as for regret and error.

pub mod anytime;
pub mod attenuation;
pub mod bootstrap;
pub mod correlation;
pub mod effect;
pub mod friedman;
pub mod holm;
pub mod nemenyi;
pub mod profile;
pub mod rank;
pub mod summary;
pub mod wilcoxon;

use std::cmp::Ordering;

/// The order of finite numbers, in which −0 equals 0.
fn by_value(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

/// Whether there is at least one value and all of them are finite.
fn usable(values: &[f64]) -> bool {
    !values.is_empty() && values.iter().all(|v| v.is_finite())
}

/// The values in ascending order.
fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(by_value);
    sorted
}

/// The number of rows and columns of a rectangular table of finite numbers with at least one of
/// each.
fn shape<R: AsRef<[f64]>>(rows: &[R]) -> Option<(usize, usize)> {
    let columns = rows.first()?.as_ref().len();
    rows.iter()
        .all(|row| row.as_ref().len() == columns && usable(row.as_ref()))
        .then_some((rows.len(), columns))
}

/// The cumulative distribution function of the standard normal, to a relative error of about 1e-10 in
/// both tails.
fn normal_cdf(z: f64) -> f64 {
    0.5 * statrs::function::erf::erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::normal_cdf;

    /// `scipy.stats.norm.cdf([-8, -1.5, 0, .3, 4])`
    #[test]
    fn the_normal_distribution_agrees_with_scipy() {
        for (z, p) in [
            (-8.0, 6.22096057427174e-16),
            (-1.5, 0.06680720126885807),
            (0.0, 0.5),
            (0.3, 0.6179114221889526),
            (4.0, 0.9999683287581669),
        ] {
            assert!((normal_cdf(z) / p - 1.0).abs() < 1e-9, "{z}");
        }
    }
}
