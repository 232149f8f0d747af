//! Thompson sampling: one draw of the function at all candidates together; the best of it is trained.
//!
//! Thompson, "On the Likelihood that One Unknown Probability Exceeds Another in View of the Evidence of Two Samples",
//! Biometrika 1933; for Gaussian processes Russo and Van Roy, "Learning to Optimize via Posterior Sampling", Mathematics of
//! Operations Research 2014, arXiv 1301.2609.

use super::normal;
use crate::predictor::Cholesky;
use crate::rng::StreamRng;

/// First share of the largest variance that is added to the diagonal of a covariance that rounding left singular.
const JITTER: f64 = 1e-10;
/// Tenfold steps of it before giving up.
const ATTEMPTS: i32 = 7;

/// One draw from N(mean, covariance); `covariance` is row-major, and its lower half is read.
///
/// # Errors
/// When the covariance is not positive semidefinite.
pub fn joint_draw(
    mean: &[f64],
    covariance: &[f64],
    rng: &mut StreamRng,
) -> Result<Vec<f64>, String> {
    let n = mean.len();
    let largest = (0..n).fold(0.0_f64, |most, i| most.max(covariance[i * n + i]));
    let draws: Vec<f64> = (0..n).map(|_| normal::draw(rng)).collect();
    if largest == 0.0 {
        return Ok(mean.to_vec());
    }
    for attempt in 0..ATTEMPTS {
        let mut matrix = covariance.to_vec();
        let jitter = largest * JITTER * 10_f64.powi(attempt);
        for i in 0..n {
            matrix[i * n + i] += jitter;
        }
        if let Some(factor) = Cholesky::new(matrix, n) {
            let noise = factor.multiply_lower(&draws);
            return Ok(mean.iter().zip(noise).map(|(m, z)| m + z).collect());
        }
    }
    Err("the covariances of the candidates are not positive semidefinite".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;

    /// Sample covariances of 50,000 draws within five standard errors, by Isserlis: (c_ij² + c_ii c_jj) / n.
    #[test]
    fn draws_have_the_covariance() {
        let mean = [1.0, 2.0, 3.0];
        let covariance = [2.0, 1.0, -0.5, 1.0, 1.0, 0.0, -0.5, 0.0, 0.5];
        let mut rng = derive_rng(1, &["thompson"]);
        let n = 50_000;
        let mut sums = [0.0; 9];
        for _ in 0..n {
            let draw = joint_draw(&mean, &covariance, &mut rng).expect("definite");
            for (at, sum) in sums.iter_mut().enumerate() {
                *sum += (draw[at / 3] - mean[at / 3]) * (draw[at % 3] - mean[at % 3]);
            }
        }
        for (at, sum) in sums.iter().enumerate() {
            let (variance_i, variance_j) = (covariance[at / 3 * 4], covariance[at % 3 * 4]);
            let error = ((covariance[at].powi(2) + variance_i * variance_j) / f64::from(n)).sqrt();
            let found = sum / f64::from(n);
            assert!(
                (found - covariance[at]).abs() < 5.0 * error,
                "{at}: {found}"
            );
        }
    }

    #[test]
    fn equal_architectures_get_equal_values() {
        let mut rng = derive_rng(2, &["thompson"]);
        let draw = joint_draw(&[0.0; 3], &[1.0; 9], &mut rng).expect("semidefinite");
        assert!((draw[0] - draw[1]).abs() < 1e-3 && (draw[0] - draw[2]).abs() < 1e-3);
        let none = joint_draw(&[0.5, 0.25], &[0.0; 4], &mut rng);
        assert_eq!(none, Ok(vec![0.5, 0.25]));
    }

    #[test]
    fn what_is_no_covariance_is_refused() {
        let mut rng = derive_rng(3, &["thompson"]);
        assert!(joint_draw(&[0.0; 2], &[1.0, 2.0, 2.0, 1.0], &mut rng).is_err());
    }
}
