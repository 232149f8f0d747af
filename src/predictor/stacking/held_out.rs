//! Out-of-fold predictions, and the weights and the scale of deviations that follow from them.

use super::{Candidate, Member};
use crate::encoding::Features;
use crate::error::Error;
use crate::predictor::linear::dot;
use crate::predictor::{Folds, Inputs, TrainingSet};
use crate::rng::StreamRng;
use crate::space::Architecture;

/// Passes over the weights at most.
const PASSES: usize = 1000;

/// What each member predicts for points it was not fitted to; of each network one.
pub(super) struct HeldOut {
    targets: Vec<f64>,
    /// Of each member, less the mean target of its fit.
    means: Vec<Vec<f64>>,
    /// The mean target that each point's models were fitted to.
    bases: Vec<f64>,
    /// Of the first member that has one; empty where none has.
    std: Vec<f64>,
}

impl HeldOut {
    pub(super) fn new(
        candidates: &[(&Candidate, &Member)],
        data: &TrainingSet<'_>,
        folds: (usize, &Folds),
        rng: &mut StreamRng,
    ) -> Result<Self, Error> {
        let n = data.len();
        let (count, folds) = folds;
        let mut held_out = Self {
            targets: Vec::new(),
            means: vec![vec![0.0; n]; candidates.len()],
            bases: vec![0.0; n],
            std: Vec::new(),
        };
        for fold in 0..count {
            let (mut out, within) = folds.split(fold);
            out.retain(|&i| folds.counts(i));
            let (part, asked) = (Part::new(data, &within), Part::new(data, &out));
            let base = part.targets.iter().sum::<f64>() / within.len() as f64;
            out.iter().for_each(|&i| held_out.bases[i] = base);
            let mut std = None;
            for (means, (candidate, whole)) in held_out.means.iter_mut().zip(candidates) {
                let fitted = candidate.fit(&part.training_set(data), Some(whole), rng)?;
                let found = fitted.predict(&asked.inputs(data))?;
                for (&i, mean) in out.iter().zip(&found.mean) {
                    means[i] = mean - base;
                }
                std = std.or(found.std);
            }
            if let Some(std) = std {
                held_out.std.resize(n, 0.0);
                for (&i, std) in out.iter().zip(std) {
                    held_out.std[i] = std;
                }
            }
        }
        let counted = |values: &[f64]| -> Vec<f64> {
            let both = values.iter().enumerate();
            both.filter(|(i, _)| folds.counts(*i))
                .map(|(_, v)| *v)
                .collect()
        };
        Ok(Self {
            targets: counted(data.targets),
            means: held_out.means.iter().map(|means| counted(means)).collect(),
            bases: counted(&held_out.bases),
            std: counted(&held_out.std),
        })
    }

    /// The non-negative weights of least squared error, drawn towards `given` ones.
    pub(super) fn weights(&self, given: &[f64], prior_points: f64) -> Vec<f64> {
        let members = self.means.len();
        let n = self.targets.len() as f64;
        let errors: Vec<f64> = (self.targets)
            .iter()
            .zip(&self.bases)
            .map(|(t, base)| t - base)
            .collect();
        let mean_product = |a: &[f64], b: &[f64]| dot(a, b) / n;
        let gram: Vec<Vec<f64>> = (0..members)
            .map(|a| {
                (0..members)
                    .map(|b| mean_product(&self.means[a], &self.means[b]))
                    .collect()
            })
            .collect();
        // The penalty is in the unit of how much members differ from the given blend: that is what a point tells apart.
        let blend: Vec<f64> = (0..self.targets.len())
            .map(|i| self.means.iter().zip(given).map(|(m, w)| w * m[i]).sum())
            .collect();
        let apart =
            |m: &Vec<f64>| -> f64 { m.iter().zip(&blend).map(|(a, b)| (a - b).powi(2) / n).sum() };
        let scale = self.means.iter().map(apart).sum::<f64>() / members as f64;
        let penalty = (scale * prior_points / n).max(f64::MIN_POSITIVE);
        let mut weights = given.to_vec();
        for _ in 0..PASSES {
            for m in 0..members {
                let others: f64 = (0..members)
                    .filter(|&o| o != m)
                    .map(|o| gram[m][o] * weights[o])
                    .sum();
                let pull = mean_product(&self.means[m], &errors) - others + penalty * given[m];
                weights[m] = (pull / (gram[m][m] + penalty)).max(0.0);
            }
        }
        weights
    }

    /// The factor that gives out-of-fold errors the variance that was stated for them.
    pub(super) fn std_scale(&self, weights: &[f64]) -> f64 {
        if self.std.is_empty() {
            return 1.0;
        }
        let squares = (0..self.targets.len()).map(|i| {
            let means = self.means.iter().zip(weights);
            let found = self.bases[i] + means.map(|(m, w)| w * m[i]).sum::<f64>();
            ((self.targets[i] - found) / self.std[i].max(1e-9)).powi(2)
        });
        (squares.sum::<f64>() / self.targets.len() as f64)
            .sqrt()
            .clamp(0.1, 10.0)
    }
}

/// Some points of a training set.
struct Part {
    archs: Vec<Architecture>,
    features: Features,
    targets: Vec<f64>,
}

impl Part {
    fn new(data: &TrainingSet<'_>, rows: &[usize]) -> Self {
        Self {
            archs: rows.iter().map(|&i| data.inputs.archs[i]).collect(),
            features: data.inputs.features.gather(rows),
            targets: rows.iter().map(|&i| data.targets[i]).collect(),
        }
    }

    fn inputs<'a>(&'a self, of: &TrainingSet<'a>) -> Inputs<'a> {
        Inputs {
            space: of.inputs.space,
            archs: &self.archs,
            features: &self.features,
        }
    }

    fn training_set<'a>(&'a self, of: &TrainingSet<'a>) -> TrainingSet<'a> {
        TrainingSet {
            inputs: self.inputs(of),
            targets: &self.targets,
        }
    }
}
