//! A Gaussian process whose points come one by one, as in Bayesian optimisation: what was worked out for the points so far
//! is used again, exactly.
//!
//! A new point adds a row to the Cholesky factor of the covariance, O(n²) instead of O(n³); the factor does not depend on
//! targets, so these may be transformed anew at every step. Only a new fit of the kernel's parameters starts over.

use super::kernel::{Kernel, Structure, factored};
use super::likelihood;
use super::points::{Asked, Points};
use super::{FEWEST, GaussianProcess};
use crate::acquisition::Belief;
use crate::error::Error;
use crate::predictor::cholesky::Cholesky;
use crate::predictor::matrix::{Strided, multiply_add, vectorised};
use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};
use rand::seq::SliceRandom;

/// Architectures whose variance is computed at once.
const BLOCK: usize = 64;
/// Rows of a strip of their covariance.
const STRIP: usize = 64;

/// The process.
#[derive(Debug, Clone)]
pub(crate) struct GrowingProcess {
    settings: GaussianProcess,
    kernel: Kernel,
    /// In order of arrival.
    archs: Vec<Architecture>,
    /// Of K + σ² I, in the same order.
    factor: Cholesky,
}

impl GrowingProcess {
    /// A process without points, its kernel the most probable one before any data.
    pub(crate) fn new(settings: &GaussianProcess, space: &dyn SearchSpace) -> Self {
        let has_graphs = space.graph(&space.at_index(0)).is_some();
        let structure = Structure::new(space.decisions(), has_graphs, settings.kernel);
        Self {
            settings: settings.clone(),
            kernel: Kernel::prior(structure),
            archs: Vec::new(),
            factor: Cholesky::empty(),
        }
    }

    /// The number of points.
    fn len(&self) -> usize {
        self.archs.len()
    }

    /// The points, in order of arrival.
    pub(crate) fn archs(&self) -> &[Architecture] {
        &self.archs
    }

    /// One more point; O(n²).
    ///
    /// # Errors
    /// When it is so much like another that the covariance cannot be factored.
    pub(crate) fn push(
        &mut self,
        space: &dyn SearchSpace,
        arch: Architecture,
    ) -> Result<(), Error> {
        let row = self.covariances(space, &[arch])?;
        let extended = self.factor.extend(row, self.kernel.variance());
        extended.ok_or_else(|| {
            let problem = format!("`{}` is too much like another", space.display(&arch));
            Error::new("gaussian process", problem)
        })?;
        self.archs.push(arch);
        Ok(())
    }

    /// Keeps these points alone, in this order, with the kernel as it is; O(n³).
    ///
    /// # Errors
    /// When the covariance cannot be factored.
    pub(crate) fn reset(
        &mut self,
        space: &dyn SearchSpace,
        archs: Vec<Architecture>,
    ) -> Result<(), Error> {
        self.archs = archs;
        let n = self.archs.len();
        let mut covariance = self.covariances(space, &self.archs)?;
        for i in 0..n {
            covariance[i * n + i] += self.kernel.noise();
        }
        self.factor = factored(covariance, n)?;
        Ok(())
    }

    /// Fits the kernel's parameters to the marginal likelihood of `targets`, given in order of arrival, from where they
    /// are; O(n³).
    ///
    /// # Errors
    /// When the covariance cannot be factored.
    pub(crate) fn refit(
        &mut self,
        space: &dyn SearchSpace,
        targets: &[f64],
        rng: &mut StreamRng,
    ) -> Result<(), Error> {
        let mut chosen: Vec<usize> = (0..self.len()).collect();
        if chosen.len() > self.settings.fit_points {
            chosen.shuffle(rng);
            chosen.truncate(self.settings.fit_points.max(FEWEST));
        }
        let archs: Vec<Architecture> = chosen.iter().map(|&at| self.archs[at]).collect();
        let values: Vec<f64> = chosen.iter().map(|&at| targets[at]).collect();
        let points = self.points(space, &archs)?;
        let centred = points.choices.arrange(&centred(&values).1);
        let start = self.kernel.clone();
        self.kernel = likelihood::fit(start, &points, &centred, self.settings.evaluations);
        let all = std::mem::take(&mut self.archs);
        self.reset(space, all)
    }

    /// What is believed of the function, noise left out, at the architectures `asked` about; `targets` in order of arrival.
    ///
    /// Those in `running` lower the uncertainty as if they had come out as expected: the mean stays, and a worker does not
    /// look where another does (Desautels, Krause and Burdick, JMLR 2014, arXiv 1206.6402).
    ///
    /// There is one point at least.
    ///
    /// # Errors
    /// When the covariance cannot be factored.
    pub(crate) fn belief(
        &self,
        space: &dyn SearchSpace,
        targets: &[f64],
        running: &[Architecture],
        asked: &[Architecture],
        with_covariance: bool,
    ) -> Result<Belief, Error> {
        let (centre, mut weights) = centred(targets);
        self.factor.solve(&mut weights);
        let mut informed = None;
        for &arch in running {
            informed
                .get_or_insert_with(|| self.clone())
                .push(space, arch)?;
        }
        let informed = informed.as_ref().unwrap_or(self);
        let rows = informed.covariances(space, asked)?;
        let n = informed.len();
        let weighted = |row: &[f64]| row.iter().zip(&weights).map(|(k, w)| k * w).sum::<f64>();
        let mut belief = Belief {
            mean: rows
                .chunks_exact(n)
                .map(|row| centre + weighted(row))
                .collect(),
            best: targets.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ..Belief::default()
        };
        if with_covariance {
            belief.covariance = Some(informed.covariance_given(space, asked, &rows)?);
        } else {
            let prior = self.kernel.variance() - self.kernel.noise();
            let blocks = rows.chunks(BLOCK * n);
            let explained =
                blocks.flat_map(|block| informed.factor.quadratic_forms(block, block.len() / n));
            belief.std = Some(explained.map(|e| (prior - e).max(0.0).sqrt()).collect());
        }
        Ok(belief)
    }

    /// The lower half of the covariance of architectures, given the points; `rows` are their covariances with these.
    fn covariance_given(
        &self,
        space: &dyn SearchSpace,
        asked: &[Architecture],
        rows: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let count = asked.len();
        let points = self.points(space, asked)?;
        let prior = self
            .kernel
            .rows(&points, &Asked::new(space, asked, &points)?);
        let mut covariance = points.choices.in_given_order(&prior);
        let across = self.factor.solve_across(rows, count);
        let negated: Vec<f64> = across.iter().map(|v| -v).collect();
        // Strip by strip, and of each only what is not above the diagonal: the rest is the same again.
        vectorised(|| {
            for start in (0..count).step_by(STRIP) {
                let end = (start + STRIP).min(count);
                let left = Strided::transposed(&negated[start..], count);
                let shape = (end - start, end, self.len());
                let strip = &mut covariance[start * count..];
                multiply_add(strip, count, left, &across, count, shape);
            }
        });
        Ok(covariance)
    }

    /// The covariances of architectures with the points, row-major, points in order of arrival.
    fn covariances(
        &self,
        space: &dyn SearchSpace,
        asked: &[Architecture],
    ) -> Result<Vec<f64>, Error> {
        if self.archs.is_empty() {
            return Ok(Vec::new());
        }
        let points = self.points(space, &self.archs)?;
        let rows = self
            .kernel
            .rows(&points, &Asked::new(space, asked, &points)?);
        Ok(points.choices.in_given_order(&rows))
    }

    fn points(&self, space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Points, Error> {
        Points::new(space, archs, self.kernel.structure.paths.is_some())
    }
}

/// The mean, and what is left of each.
fn centred(values: &[f64]) -> (f64, Vec<f64>) {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    (mean, values.iter().map(|v| v - mean).collect())
}

#[cfg(test)]
mod tests {
    use super::super::KernelName;
    use super::*;
    use crate::encoding::Features;
    use crate::predictor::gaussian_process::Posterior;
    use crate::predictor::reference_values::{queries, training_set};
    use crate::predictor::{FittedPredictor, Inputs, TrainingSet};
    use crate::rng::derive_rng;
    use crate::space::Nb201;

    fn settings(kernel: KernelName) -> GaussianProcess {
        GaussianProcess {
            kernel,
            ..GaussianProcess::default()
        }
    }

    /// Grown point by point, refitted on the way, it believes what a process conditioned at once does (which is held
    /// against NumPy), less the noise.
    #[test]
    fn a_grown_process_is_the_one_conditioned_at_once() {
        let space = Nb201::shared();
        let (archs, targets) = training_set();
        let features = Features::default();
        let inputs = Inputs {
            space: &*space,
            archs: &archs,
            features: &features,
        };
        let data = TrainingSet {
            inputs,
            targets: &targets,
        };
        let asked = queries();
        for kernel in [KernelName::ArdHamming, KernelName::OperationsAndPaths] {
            let mut grown = GrowingProcess::new(&settings(kernel), &*space);
            for (at, &arch) in archs.iter().enumerate() {
                grown.push(&*space, arch).expect("positive definite");
                if at == 30 {
                    let mut rng = derive_rng(1, &["growing"]);
                    grown
                        .refit(&*space, &targets[..=at], &mut rng)
                        .expect("fits");
                }
            }
            let whole = Posterior::exact(grown.kernel.clone(), &data).expect("positive definite");
            let expected = whole
                .predict(&Inputs {
                    archs: &asked,
                    ..inputs
                })
                .expect("of the space");
            let belief = |covariance| grown.belief(&*space, &targets, &[], &asked, covariance);
            let found = belief(false).expect("of the space");
            let joint = belief(true)
                .expect("of the space")
                .covariance
                .expect("asked for");
            let (found_std, std) = (found.std.expect("has one"), expected.std.expect("has one"));
            for at in 0..asked.len() {
                assert!((found.mean[at] - expected.mean[at]).abs() < 1e-9);
                let noisy = found_std[at].powi(2) + grown.kernel.noise();
                assert!((noisy - std[at].powi(2)).abs() < 1e-9, "{noisy}");
                let variance = joint[at * asked.len() + at];
                assert!((variance - found_std[at].powi(2)).abs() < 1e-9);
            }
        }
    }

    /// A running trial takes uncertainty from its neighbourhood, as an observation would, and leaves the mean.
    #[test]
    fn running_trials_lower_the_uncertainty_alone() {
        let space = Nb201::shared();
        let (archs, targets) = training_set();
        let mut process = GrowingProcess::new(&settings(KernelName::ArdHamming), &*space);
        for &arch in &archs[..20] {
            process.push(&*space, arch).expect("positive definite");
        }
        let asked = queries();
        let of = |running: &[Architecture]| {
            process
                .belief(&*space, &targets[..20], running, &asked, false)
                .expect("of the space")
        };
        let (idle, busy) = (of(&[]), of(&asked[..2]));
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(&idle.mean, &busy.mean));
        let (idle, busy) = (idle.std.expect("has one"), busy.std.expect("has one"));
        assert!(idle.iter().zip(&busy).all(|(i, b)| *b <= *i + 1e-12));
        assert!(busy[0] < 0.9 * idle[0]);
        let mut observed = process.clone();
        for &arch in &asked[..2] {
            observed.push(&*space, arch).expect("positive definite");
        }
        let after = observed
            .belief(&*space, &targets[..22], &[], &asked, false)
            .expect("of the space");
        assert!(close(&after.std.expect("has one"), &busy));
    }
}
