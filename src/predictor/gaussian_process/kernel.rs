//! The kernel: k(x, x') = signal × exp(−Σ_d w_d ρ(x_d, x'_d)), with ρ(a, b) = v_a + v_b for options that differ.
//!
//! v_a + v_b is the squared distance of options put on axes of their own, so k is positive definite.

use super::KernelName;
use super::likelihood::priors;
use crate::error::Error;
use crate::predictor::cholesky::Cholesky;
use crate::predictor::product_kernel::{Choices, OptionKernel};
use crate::space::Decision;
use serde::{Deserialize, Serialize};

/// Which parameters there are, and for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Structure {
    /// Options of each decision.
    pub(super) options: Vec<usize>,
    /// The weight of each decision: a position among the parameters.
    pub(super) weight_of: Vec<usize>,
    /// The first option value of each decision among the parameters; none where options are alike.
    pub(super) values_of: Option<Vec<usize>>,
    /// The number of parameters, the last two being signal and noise.
    pub(super) parameters: usize,
}

impl Structure {
    pub(super) fn new(decisions: &[Decision], name: KernelName) -> Self {
        let weights = match name {
            KernelName::Hamming => 1.min(decisions.len()),
            KernelName::ArdHamming | KernelName::SharedOperations => decisions.len(),
        };
        let mut parameters = weights;
        let values_of = (name == KernelName::SharedOperations).then(|| {
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
        Self {
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

    /// The factor of the points' covariance, noise included.
    pub(super) fn factor(&self, points: &Choices) -> Result<Cholesky, Error> {
        let n = points.len();
        let archs: Vec<_> = (0..n)
            .map(|at| crate::space::Architecture::new(points.point(at)))
            .collect();
        let mut covariance = points.rows(&self.tables(), &archs);
        let (signal, noise) = (self.signal(), self.noise());
        covariance.iter_mut().for_each(|k| *k *= signal);
        for i in 0..n {
            covariance[i * n + i] += noise;
        }
        Cholesky::new(covariance, n).ok_or_else(|| {
            Error::new(
                "gaussian process",
                "the covariance is not positive definite",
            )
        })
    }
}
