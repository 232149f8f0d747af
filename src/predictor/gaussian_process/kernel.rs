//! The kernel: k(x, x') = signal × exp(−Σ_d w_d ρ(x_d, x'_d)), with ρ(a, b) = v_a + v_b for options that differ; for each
//! kind of set that is compared, plus another signal × exp(−w × the number of members that only one of the two has).
//!
//! v_a + v_b is the squared distance of options put on axes of their own, as is the number of members, so k is positive
//! definite.

use super::KernelName;
use super::likelihood::priors;
use super::points::{Asked, Members, Points};
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
    /// The kernels over sets, each with two parameters, the first of which is given: its weight and its signal.
    pub(super) sets: Vec<(Members, usize)>,
    /// The number of parameters, the last two being signal and noise.
    pub(super) parameters: usize,
}

impl Structure {
    /// The structure for these decisions, whose graphs are there or not.
    pub(super) fn new(decisions: &[Decision], has_graphs: bool, name: KernelName) -> Self {
        let weights = match name {
            KernelName::Hamming => 1.min(decisions.len()),
            _ => decisions.len(),
        };
        let mut parameters = weights;
        let has_values = !matches!(name, KernelName::Hamming | KernelName::ArdHamming);
        let values_of = has_values.then(|| {
            let (firsts, options) = shared_options(decisions);
            parameters += options;
            firsts.iter().map(|first| first + weights).collect()
        });
        let members: &[Members] = match name {
            KernelName::OperationsAndPaths => &[Members::Paths],
            KernelName::OperationsCountsAndPaths => &[Members::Paths, Members::Occurrences],
            _ => &[],
        };
        let usable = members
            .iter()
            .filter(|m| has_graphs || **m != Members::Paths);
        let sets = usable.map(|&members| {
            parameters += 2;
            (members, parameters - 2)
        });
        let sets = sets.collect();
        Self {
            sets,
            options: decisions.iter().map(|d| d.options.len()).collect(),
            weight_of: (0..decisions.len()).map(|d| d.min(weights - 1)).collect(),
            values_of,
            parameters: parameters + 2,
        }
    }

    /// What is compared as sets.
    pub(super) fn members(&self) -> Vec<Members> {
        self.sets.iter().map(|(members, _)| *members).collect()
    }

    /// Whether a parameter is a decision's weight.
    pub(super) fn is_weight(&self, parameter: usize) -> bool {
        self.weight_of.contains(&parameter)
    }
}

/// Where each decision's options are numbered from, the same for decisions with the same options; and how many options there
/// are in all.
pub(super) fn shared_options(decisions: &[Decision]) -> (Vec<usize>, usize) {
    let (mut firsts, mut options) = (Vec::with_capacity(decisions.len()), 0);
    for (at, decision) in decisions.iter().enumerate() {
        let same = decisions[..at]
            .iter()
            .position(|d| d.options == decision.options);
        firsts.push(same.map_or(options, |earlier| firsts[earlier]));
        if same.is_none() {
            options += decision.options.len();
        }
    }
    (firsts, options)
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
        let points = Points::new(data.inputs.space, &archs, &self.structure.members())?;
        let mean = rows.iter().map(|&at| data.targets[at]).sum::<f64>() / rows.len() as f64;
        let centred: Vec<f64> = rows.iter().map(|&at| data.targets[at] - mean).collect();
        let targets = points.choices.arrange(&centred);
        Ok((points, targets))
    }

    /// Weight and signal of each kernel over sets.
    pub(super) fn sets(&self) -> impl Iterator<Item = (f64, f64)> {
        let firsts = self.structure.sets.iter().map(|(_, first)| *first);
        firsts.map(|at| (self.parameters[at].exp(), self.parameters[at + 1].exp()))
    }

    /// Variance of a new training of any architecture.
    pub(super) fn variance(&self) -> f64 {
        self.signal() + self.sets().map(|(_, signal)| signal).sum::<f64>() + self.noise()
    }

    /// The covariance of each architecture asked about with each point, row-major.
    pub(super) fn rows(&self, points: &Points, asked: &Asked<'_>) -> Vec<f64> {
        let mut rows = points.choices.rows(&self.tables(), asked.archs);
        let signal = self.signal();
        rows.iter_mut().for_each(|k| *k *= signal);
        for ((sets, other), kernel) in points.sets.iter().zip(&asked.sets).zip(self.sets()) {
            let table = distance_table(kernel, other.most_distance(sets));
            vectorised!({
                for (at, row) in rows.chunks_exact_mut(points.len()).enumerate() {
                    for (i, slot) in row.iter_mut().enumerate() {
                        *slot += table[other.distance(at, sets, i) as usize];
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
        for ((sets, other), kernel) in points.sets.iter().zip(&asked.sets).zip(self.sets()) {
            let table = distance_table(kernel, other.most_distance(sets));
            // Many architectures have the same set.
            let mut known: BTreeMap<(&[u64], u32), f64> = BTreeMap::new();
            for (at, sum) in sums.iter_mut().enumerate() {
                *sum += *known.entry(other.key(at)).or_insert_with(|| {
                    vectorised!({
                        let terms = weights.iter().enumerate();
                        terms
                            .map(|(i, w)| w * table[other.distance(at, sets, i) as usize])
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
            sets: points.sets.clone(),
        };
        self.rows(points, &asked)
    }
}

/// The value at every distance of the kernel over sets of this weight and signal.
pub(super) fn distance_table((weight, signal): (f64, f64), most: usize) -> Vec<f64> {
    (0..=most)
        .map(|d| signal * (-weight * d as f64).exp())
        .collect()
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
