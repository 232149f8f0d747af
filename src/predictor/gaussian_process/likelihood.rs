//! The kernel's parameters by the marginal likelihood and their priors.

use super::kernel::{Kernel, Structure, distance_table};
use super::points::{Members, Points};
use crate::predictor::lbfgs::minimise;
use crate::predictor::matrix::vectorised;

/// A gain of log likelihood not worth another step.
const TOLERANCE: f64 = 0.01;
/// No parameter leaves exp(±) of this.
const BOUND: f64 = 12.0;
/// Targets have variance near 1: the noise is a priori a tenth of it, the signal all of it.
const NOISE_PRIOR: (f64, f64) = (-2.5, 1.5);
const SIGNAL_PRIOR: (f64, f64) = (0.0, 1.0);
const VALUE_PRIOR: (f64, f64) = (-std::f64::consts::LN_2, 0.7);
const PATH_WEIGHT_PRIOR: (f64, f64) = (-1.5, 1.0);
const SET_SIGNAL_PRIOR: (f64, f64) = (-1.0, 1.0);
const WEIGHT_DEVIATION: f64 = 1.0;

/// The most probable kernel for these targets (in the order of the points, less their mean), looked for from `start`.
pub(super) fn fit(start: Kernel, points: &Points, targets: &[f64], evaluations: usize) -> Kernel {
    let Kernel {
        structure,
        parameters: start,
    } = start;
    let priors = priors(&structure);
    let parameters = minimise(start, evaluations, TOLERANCE, |parameters| {
        let kernel = Kernel {
            structure: structure.clone(),
            parameters: parameters.to_vec(),
        };
        let (mut value, mut gradient) = negative_log_likelihood(&kernel, points, targets)?;
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
    for &(members, first) in &structure.sets {
        if parameter == first + 1 {
            return SET_SIGNAL_PRIOR;
        }
        if parameter == first {
            return match members {
                Members::Paths => PATH_WEIGHT_PRIOR,
                // Architectures that share no operation differ twice per decision: a correlation of exp(−1).
                Members::Occurrences => (
                    (0.5 / structure.options.len() as f64).ln(),
                    WEIGHT_DEVIATION,
                ),
            };
        }
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
    points: &Points,
    targets: &[f64],
) -> Option<(f64, Vec<f64>)> {
    let n = points.len();
    let factor = kernel.factor(points, kernel.noise()).ok()?;
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
    let sets = structure.sets.iter().zip(kernel.sets()).zip(&sums.sets);
    for (((_, first), (_, signal)), (sum, by_distance)) in sets {
        gradient[*first] = *by_distance;
        gradient[first + 1] = -sum - 0.5 * sums.diagonal * signal;
    }
    gradient[structure.parameters - 2] = -sums.all - 0.5 * sums.diagonal * kernel.signal();
    gradient[structure.parameters - 1] = -0.5 * sums.diagonal * kernel.noise();
    Some((value, gradient))
}

/// Sums over pairs of points i < j of (α αᵀ − K⁻¹) ∘ K.
struct PairSums {
    /// Of the kernel over decisions, by the points' options in each.
    of: Vec<Vec<f64>>,
    /// Of the kernel over decisions.
    all: f64,
    /// Of each kernel over sets, and the same times weight and distance.
    sets: Vec<(f64, f64)>,
    /// The sum of the diagonal of α αᵀ − K⁻¹.
    diagonal: f64,
}

impl PairSums {
    fn new(kernel: &Kernel, points: &Points, alpha: &[f64], inverse: &[f64]) -> Self {
        let n = points.len();
        let options = &kernel.structure.options;
        let rows = points
            .choices
            .rows(&kernel.tables(), &points.choices.architectures());
        let signal = kernel.signal();
        let tables: Vec<(f64, Vec<f64>)> = points
            .sets
            .iter()
            .zip(kernel.sets())
            .map(|(sets, set)| (set.0, distance_table(set, sets.most_distance(sets))))
            .collect();
        let mut sums = Self {
            of: options.iter().map(|o| vec![0.0; o * o]).collect(),
            all: 0.0,
            sets: vec![(0.0, 0.0); points.sets.len()],
            diagonal: 0.0,
        };
        for i in 0..n {
            sums.diagonal += alpha[i] * alpha[i] - inverse[i * n + i];
            let here = points.choices.point(i);
            let mut by_option: Vec<Vec<f64>> = options.iter().map(|&o| vec![0.0; o]).collect();
            let shares = alpha[..i]
                .iter()
                .zip(&inverse[i * n..])
                .map(|(a, inverse)| alpha[i] * a - inverse);
            let shares: Vec<f64> = shares.collect();
            for (j, (share, k)) in shares.iter().zip(&rows[i * n..]).enumerate() {
                let term = share * signal * k;
                sums.all += term;
                for (sums, &option) in by_option.iter_mut().zip(points.choices.point(j)) {
                    sums[usize::from(option)] += term;
                }
            }
            for (d, by_option) in by_option.iter().enumerate() {
                let first = usize::from(here[d]) * options[d];
                for (slot, sum) in sums.of[d][first..].iter_mut().zip(by_option) {
                    *slot += sum;
                }
            }
            sums.add_sets(points, &tables, i, &shares);
        }
        sums
    }

    /// `tables` has weight and values of each kernel over sets.
    fn add_sets(&mut self, points: &Points, tables: &[(f64, Vec<f64>)], i: usize, shares: &[f64]) {
        let kernels = points.sets.iter().zip(tables).zip(&mut self.sets);
        for ((sets, (weight, table)), (sum, by_distance)) in kernels {
            vectorised!({
                for (j, share) in shares.iter().enumerate() {
                    let distance = sets.distance(i, sets, j);
                    let term = share * table[distance as usize];
                    *sum += term;
                    *by_distance += term * weight * f64::from(distance);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::KernelName;
    use super::*;
    use crate::rng::derive_rng;
    use crate::space::{Architecture, Nb201, SearchSpace};

    /// `-.5 * ((y - y.mean()) @ a + np.linalg.slogdet(K)[1] + 60 * np.log(2 * np.pi))` of the test of the posterior
    #[test]
    fn the_value_agrees_with_numpy() {
        let structure = Structure::new(Nb201::shared().decisions(), true, KernelName::ArdHamming);
        let weights = (0..6).map(|d| (0.2 + 0.1 * f64::from(d)).ln());
        let parameters = weights.chain([1.3_f64.ln(), 0.2_f64.ln()]).collect();
        let (archs, targets) = crate::predictor::reference_values::training_set();
        let mean = targets.iter().sum::<f64>() / 60.0;
        let centred: Vec<f64> = targets.iter().map(|t| t - mean).collect();
        let points = Points::new(&*Nb201::shared(), &archs, &[]).expect("of the space");
        let kernel = Kernel {
            structure,
            parameters,
        };
        let found = negative_log_likelihood(&kernel, &points, &points.choices.arrange(&centred))
            .expect("defined")
            .0;
        assert!((found - 68.6284322158).abs() < 1e-8, "{found}");
    }

    #[test]
    fn the_gradient_is_that_of_the_value() {
        let space = Nb201::shared();
        let mut rng = derive_rng(3, &["likelihood"]);
        let archs: Vec<Architecture> = (0..30).map(|_| space.sample(&mut rng)).collect();
        let targets: Vec<f64> = (0..30)
            .map(|i| f64::from(i * 37 % 11) / 5.0 - 1.0)
            .collect();
        for name in [
            KernelName::Hamming,
            KernelName::ArdHamming,
            KernelName::SharedOperations,
            KernelName::OperationsAndPaths,
            KernelName::OperationsCountsAndPaths,
        ] {
            let structure = Structure::new(space.decisions(), true, name);
            let points = Points::new(&*space, &archs, &structure.members()).expect("has graphs");
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
