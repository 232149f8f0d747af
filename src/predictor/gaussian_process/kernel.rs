//! The kernel: k(x, x') = signal × exp(−Σ_d w_d ρ(x_d, x'_d)), with ρ(a, b) = v_a + v_b for options that differ; with
//! paths, plus a second signal × exp(−w × the number of paths that only one of the two has).
//!
//! v_a + v_b is the squared distance of options put on axes of their own, so k is positive definite.

use super::KernelName;
use super::likelihood::priors;
use super::points::{Asked, Points};
use crate::error::Error;
use crate::predictor::TrainingSet;
use crate::predictor::cholesky::Cholesky;
use crate::predictor::matrix::vectorised;
use crate::predictor::product_kernel::OptionKernel;
use crate::space::{Architecture, Decision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which parameters there are, and for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Structure {
    /// Options of each decision.
    pub(super) options: Vec<usize>,
    /// The weight of each decision: a position among the parameters.
    pub(super) weight_of: Vec<usize>,
    /// The first option value of each decision among the parameters; none where options are alike.
    pub(super) values_of: Option<Vec<usize>>,
    /// The first of the two parameters of the kernel over paths: its weight and its signal.
    pub(super) paths: Option<usize>,
    /// The number of parameters, the last two being signal and noise.
    pub(super) parameters: usize,
}

impl Structure {
    /// The structure for these decisions, whose graphs are there or not.
    pub(super) fn new(decisions: &[Decision], has_graphs: bool, name: KernelName) -> Self {
        let weights = match name {
            KernelName::Hamming => 1.min(decisions.len()),
            KernelName::ArdHamming
            | KernelName::SharedOperations
            | KernelName::OperationsAndPaths => decisions.len(),
        };
        let mut parameters = weights;
        let values_of = matches!(
            name,
            KernelName::SharedOperations | KernelName::OperationsAndPaths
        )
        .then(|| {
            let mut values: Vec<usize> = Vec::with_capacity(decisions.len());
            for (at, decision) in decisions.iter().enumerate() {
                let same = decisions[..at]
                    .iter()
                    .position(|d| d.options == decision.options);
                values.push(match same {
                    Some(earlier) => values[earlier],
                    None => {
                        parameters += decision.options.len();
                        parameters - decision.options.len()
                    }
                });
            }
            values
        });
        let paths = (has_graphs && name == KernelName::OperationsAndPaths).then(|| {
            parameters += 2;
            parameters - 2
        });
        Self {
            paths,
            options: decisions.iter().map(|d| d.options.len()).collect(),
            weight_of: (0..decisions.len()).map(|d| d.min(weights - 1)).collect(),
            values_of,
            parameters: parameters + 2,
        }
    }

    /// Whether a parameter is a decision's weight.
    pub(super) fn is_weight(&self, parameter: usize) -> bool {
        self.weight_of.contains(&parameter)
    }
}

/// A kernel with its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kernel {
    pub(super) structure: Structure,
    /// Logarithms.
    pub(super) parameters: Vec<f64>,
}

impl Kernel {
    /// The most probable kernel before any data.
    pub(super) fn prior(structure: Structure) -> Self {
        let parameters = priors(&structure).iter().map(|p| p.0).collect();
        Self {
            structure,
            parameters,
        }
    }

    /// Variance of the function.
    pub(super) fn signal(&self) -> f64 {
        self.parameters[self.structure.parameters - 2].exp()
    }

    /// Variance of the noise.
    pub(super) fn noise(&self) -> f64 {
        self.parameters[self.structure.parameters - 1].exp()
    }

    /// The weight of a decision.
    pub(super) fn weight(&self, decision: usize) -> f64 {
        self.parameters[self.structure.weight_of[decision]].exp()
    }

    /// What an option adds to its distance from others of the same decision.
    pub(super) fn value(&self, decision: usize, option: usize) -> f64 {
        match &self.structure.values_of {
            None => 0.5,
            Some(first) => self.parameters[first[decision] + option].exp(),
        }
    }

    /// The factor exp(−w ρ) of each decision.
    pub(super) fn tables(&self) -> Vec<OptionKernel> {
        let options = self.structure.options.iter().enumerate();
        options
            .map(|(d, &options)| {
                let weight = self.weight(d);
                let mut table = vec![1.0; options * options];
                for a in 0..options {
                    for b in 0..a {
                        let factor = (-weight * (self.value(d, a) + self.value(d, b))).exp();
                        table[a * options + b] = factor;
                        table[b * options + a] = factor;
                    }
                }
                table
            })
            .collect()
    }

    /// The points at these positions of a training set, and their targets less the mean, in the points' order.
    pub(super) fn points(
        &self,
        data: &TrainingSet<'_>,
        rows: &[usize],
    ) -> Result<(Points, Vec<f64>), Error> {
        let archs: Vec<Architecture> = rows.iter().map(|&at| data.inputs.archs[at]).collect();
        let points = Points::new(data.inputs.space, &archs, self.structure.paths.is_some())?;
        let mean = rows.iter().map(|&at| data.targets[at]).sum::<f64>() / rows.len() as f64;
        let centred: Vec<f64> = rows.iter().map(|&at| data.targets[at] - mean).collect();
        let targets = points.choices.arrange(&centred);
        Ok((points, targets))
    }

    /// Weight and signal of the kernel over paths.
    pub(super) fn paths(&self) -> Option<(f64, f64)> {
        let first = self.structure.paths?;
        Some((
            self.parameters[first].exp(),
            self.parameters[first + 1].exp(),
        ))
    }

    /// Variance of a new training of any architecture.
    pub(super) fn variance(&self) -> f64 {
        self.signal() + self.paths().map_or(0.0, |(_, signal)| signal) + self.noise()
    }

    /// The path kernel's value at every distance.
    fn path_table(&self, most: usize) -> Vec<f64> {
        let (weight, signal) = self.paths().unwrap_or((0.0, 0.0));
        (0..=most)
            .map(|d| signal * (-weight * d as f64).exp())
            .collect()
    }

    /// The covariance of each architecture asked about with each point, row-major.
    pub(super) fn rows(&self, points: &Points, asked: &Asked<'_>) -> Vec<f64> {
        let mut rows = points.choices.rows(&self.tables(), asked.archs);
        let signal = self.signal();
        rows.iter_mut().for_each(|k| *k *= signal);
        if let Some((bits, other)) = points.paths.as_ref().zip(asked.paths.as_ref()) {
            let table = self.path_table(other.most_distance(bits));
            vectorised(|| {
                for (at, row) in rows.chunks_exact_mut(points.len()).enumerate() {
                    for (i, slot) in row.iter_mut().enumerate() {
                        *slot += table[other.distance(at, bits, i) as usize];
                    }
                }
            });
        }
        rows
    }

    /// Σ_i weights_i k(arch, x_i) for each architecture asked about.
    pub(super) fn weighted_sums(
        &self,
        points: &Points,
        weights: &[f64],
        asked: &Asked<'_>,
    ) -> Vec<f64> {
        let mut sums = points
            .choices
            .weighted_sums(&self.tables(), weights, asked.archs);
        let signal = self.signal();
        sums.iter_mut().for_each(|s| *s *= signal);
        if let Some((bits, other)) = points.paths.as_ref().zip(asked.paths.as_ref()) {
            let table = self.path_table(other.most_distance(bits));
            // Many architectures have the same paths.
            let mut known: BTreeMap<(&[u64], u32), f64> = BTreeMap::new();
            for (at, sum) in sums.iter_mut().enumerate() {
                *sum += *known.entry(other.key(at)).or_insert_with(|| {
                    vectorised(|| {
                        let terms = weights.iter().enumerate();
                        terms
                            .map(|(i, w)| w * table[other.distance(at, bits, i) as usize])
                            .sum::<f64>()
                    })
                });
            }
        }
        sums
    }

    /// The factor of the points' covariance with `extra` on its diagonal.
    pub(super) fn factor(&self, points: &Points, extra: f64) -> Result<Cholesky, Error> {
        let n = points.len();
        let mut covariance = self.covariance(points);
        for i in 0..n {
            covariance[i * n + i] += extra;
        }
        factored(covariance, n)
    }

    /// The points' covariance without noise, row-major.
    pub(super) fn covariance(&self, points: &Points) -> Vec<f64> {
        let archs = points.choices.architectures();
        let asked = Asked {
            archs: &archs,
            paths: points.paths.clone(),
        };
        self.rows(points, &asked)
    }
}

/// The factor of a covariance.
pub(super) fn factored(covariance: Vec<f64>, n: usize) -> Result<Cholesky, Error> {
    Cholesky::new(covariance, n).ok_or_else(|| {
        Error::new(
            "gaussian process",
            "the covariance is not positive definite",
        )
    })
}
