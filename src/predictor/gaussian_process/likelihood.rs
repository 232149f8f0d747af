//! The kernel's parameters by the marginal likelihood and their priors.

use super::kernel::{Kernel, Structure};
use crate::predictor::lbfgs::minimise;
use crate::predictor::product_kernel::Choices;
use crate::space::Architecture;

/// A gain of log likelihood not worth another step.
const TOLERANCE: f64 = 0.01;
/// No parameter leaves exp(±) of this.
const BOUND: f64 = 12.0;
/// Targets have variance near 1: the noise is a priori a tenth of it, the signal all of it.
const NOISE_PRIOR: (f64, f64) = (-2.5, 1.5);
const SIGNAL_PRIOR: (f64, f64) = (0.0, 1.0);
const VALUE_PRIOR: (f64, f64) = (-0.6931471805599453, 0.7);
const WEIGHT_DEVIATION: f64 = 1.0;

/// The most probable kernel for these targets, looked for from `start`.
pub(super) fn fit(
    start: Kernel,
    archs: &[Architecture],
    targets: &[f64],
    evaluations: usize,
) -> Kernel {
    let Kernel {
        structure,
        parameters: start,
    } = start;
    let points = Choices::new(archs);
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let centred: Vec<f64> = targets.iter().map(|t| t - mean).collect();
    let targets = points.arrange(&centred);
    let priors = priors(&structure);
    let parameters = minimise(start, evaluations, TOLERANCE, |parameters| {
        let kernel = Kernel {
            structure: structure.clone(),
            parameters: parameters.to_vec(),
        };
        let (mut value, mut gradient) = negative_log_likelihood(&kernel, &points, &targets)?;
        for ((slot, p), (mean, deviation)) in gradient.iter_mut().zip(parameters).zip(&priors) {
            if p.abs() > BOUND {
                return None;
            }
            let z = (p - mean) / deviation;
            value += z * z / 2.0;
            *slot += z / deviation;
        }
        Some((value, gradient))
    });
    Kernel {
        structure,
        parameters,
    }
}

/// Mean and standard deviation of the logarithm of each parameter.
pub(super) fn priors(structure: &Structure) -> Vec<(f64, f64)> {
    (0..structure.parameters)
        .map(|p| prior(structure, p))
        .collect()
}

/// Mean and standard deviation of the logarithm of a parameter.
fn prior(structure: &Structure, parameter: usize) -> (f64, f64) {
    if parameter + 1 == structure.parameters {
        return NOISE_PRIOR;
    }
    if parameter + 2 == structure.parameters {
        return SIGNAL_PRIOR;
    }
    if structure.is_weight(parameter) {
        // Architectures that share nothing have a correlation of exp(−2).
        return (
            (2.0 / structure.options.len() as f64).ln(),
            WEIGHT_DEVIATION,
        );
    }
    VALUE_PRIOR
}

/// −ln p(targets) and its gradient in the parameters; `None` where the covariance cannot be factored.
fn negative_log_likelihood(
    kernel: &Kernel,
    points: &Choices,
    targets: &[f64],
) -> Option<(f64, Vec<f64>)> {
    let n = points.len();
    let factor = kernel.factor(points).ok()?;
    let mut alpha = targets.to_vec();
    factor.solve(&mut alpha);
    let fit: f64 = targets.iter().zip(&alpha).map(|(y, a)| y * a).sum();
    let value = 0.5 * (fit + factor.log_det() + n as f64 * std::f64::consts::TAU.ln());
    let inverse = factor.inverse();
    let sums = PairSums::new(kernel, points, &alpha, &inverse);
    let structure = &kernel.structure;
    let mut gradient = vec![0.0; structure.parameters];
    for (d, &options) in structure.options.iter().enumerate() {
        let weight = kernel.weight(d);
        for a in 0..options {
            for b in 0..a {
                let pairs = sums.of[d][a * options + b] + sums.of[d][b * options + a];
                let (va, vb) = (kernel.value(d, a), kernel.value(d, b));
                gradient[structure.weight_of[d]] += pairs * weight * (va + vb);
                if let Some(first) = &structure.values_of {
                    gradient[first[d] + a] += pairs * weight * va;
                    gradient[first[d] + b] += pairs * weight * vb;
                }
            }
        }
    }
    gradient[structure.parameters - 2] = -(sums.all + 0.5 * sums.diagonal * kernel.signal());
    gradient[structure.parameters - 1] = -0.5 * sums.diagonal * kernel.noise();
    Some((value, gradient))
}

/// Sums over pairs of points i < j of (α αᵀ − K⁻¹) ∘ K, by their options in each decision.
struct PairSums {
    of: Vec<Vec<f64>>,
    all: f64,
    /// The sum of the diagonal of α αᵀ − K⁻¹.
    diagonal: f64,
}

impl PairSums {
    fn new(kernel: &Kernel, points: &Choices, alpha: &[f64], inverse: &[f64]) -> Self {
        let n = points.len();
        let options = &kernel.structure.options;
        let archs: Vec<Architecture> = (0..n)
            .map(|at| Architecture::new(points.point(at)))
            .collect();
        let rows = points.rows(&kernel.tables(), &archs);
        let signal = kernel.signal();
        let mut of: Vec<Vec<f64>> = options.iter().map(|o| vec![0.0; o * o]).collect();
        let (mut all, mut diagonal) = (0.0, 0.0);
        for i in 0..n {
            diagonal += alpha[i] * alpha[i] - inverse[i * n + i];
            let here = points.point(i);
            let mut by_option: Vec<Vec<f64>> = options.iter().map(|&o| vec![0.0; o]).collect();
            for j in 0..i {
                let term = (alpha[i] * alpha[j] - inverse[i * n + j]) * signal * rows[i * n + j];
                all += term;
                for (sums, &option) in by_option.iter_mut().zip(points.point(j)) {
                    sums[usize::from(option)] += term;
                }
            }
            for (d, sums) in by_option.iter().enumerate() {
                let first = usize::from(here[d]) * options[d];
                for (slot, sum) in of[d][first..].iter_mut().zip(sums) {
                    *slot += sum;
                }
            }
        }
        Self { of, all, diagonal }
    }
}

#[cfg(test)]
mod tests {
    use super::super::KernelName;
    use super::*;
    use crate::rng::derive_rng;
    use crate::space::{Nb201, SearchSpace};

    #[test]
    fn the_gradient_is_that_of_the_value() {
        let space = Nb201::shared();
        let mut rng = derive_rng(3, &["likelihood"]);
        let archs: Vec<Architecture> = (0..30).map(|_| space.sample(&mut rng)).collect();
        let points = Choices::new(&archs);
        let targets: Vec<f64> = (0..30)
            .map(|i| f64::from(i * 37 % 11) / 5.0 - 1.0)
            .collect();
        for name in [
            KernelName::Hamming,
            KernelName::ArdHamming,
            KernelName::SharedOperations,
        ] {
            let structure = Structure::new(space.decisions(), name);
            let parameters: Vec<f64> = (0..structure.parameters)
                .map(|p| -1.0 + 0.1 * (p % 7) as f64)
                .collect();
            let at = |parameters: &[f64]| {
                let kernel = Kernel {
                    structure: structure.clone(),
                    parameters: parameters.to_vec(),
                };
                negative_log_likelihood(&kernel, &points, &targets).expect("defined")
            };
            let gradient = at(&parameters).1;
            for p in 0..structure.parameters {
                let mut shifted = parameters.clone();
                shifted[p] += 1e-5;
                let above = at(&shifted).0;
                shifted[p] -= 2e-5;
                let slope = (above - at(&shifted).0) / 2e-5;
                assert!(
                    (slope - gradient[p]).abs() < 1e-5 * slope.abs().max(1.0),
                    "{name:?} {p}: {slope} {}",
                    gradient[p]
                );
            }
        }
    }
}
