//! A graph convolutional network over the network's own graph: information flows along its edges and against them.
//!
//! Wen, Liu, Li, Chen, Bender and Kindermans, "Neural Predictor for Neural Architecture Search", ECCV 2020, arXiv
//! 1912.00848, after Kipf and Welling, ICLR 2017: H' = ½ ReLU(Â H W⁺) + ½ ReLU(Âᵀ H W⁻), the mean over nodes, a linear
//! output. Deviations: three layers of 64 instead of 144 and no hidden layer after the mean, AdamW with a cosine rate, and
//! an ensemble whose spread is the uncertainty. It reads graphs, whatever the encoding.

mod graphs;
mod network;

use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use graphs::Graphs;
use network::{GraphNetwork, Training};
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<Gcn>(
    "gcn",
    "graph convolutions along and against the edges of the network's graph",
    "Wen et al., ECCV 2020, arXiv 1912.00848",
);

/// Architectures predicted at a time.
const BLOCK: usize = 64;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gcn {
    /// Networks.
    pub members: usize,
    /// Graph convolutions.
    pub layers: usize,
    /// Units of each.
    pub units: usize,
    /// Passes over the training set.
    pub epochs: usize,
    /// The fewest steps; small training sets are passed more often.
    pub min_steps: usize,
    /// Architectures of one step.
    pub batch: usize,
    /// The first learning rate; it falls to 0 by a half cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

impl Default for Gcn {
    fn default() -> Self {
        Self {
            members: 3,
            layers: 3,
            units: 64,
            epochs: 60,
            min_steps: 300,
            batch: 32,
            learning_rate: 0.01,
            weight_decay: 0.01,
        }
    }
}

impl PredictorConfig for Gcn {
    type Fitted = GraphEnsemble;

    fn check(&self) -> Result<(), String> {
        for (name, value, most) in [
            ("members", self.members, 1000),
            ("layers", self.layers, 32),
            ("units", self.units, 4096),
            ("epochs", self.epochs, 1_000_000),
            ("batch", self.batch, 1_000_000),
        ] {
            if !(1..=most).contains(&value) {
                return Err(format!("{name} = {value}: expected 1 to {most}"));
            }
        }
        for (name, value, most) in [
            ("learning_rate", self.learning_rate, 1.0),
            ("weight_decay", self.weight_decay, 100.0),
        ] {
            if !(0.0..=most).contains(&value) {
                return Err(format!("{name} = {value}: expected 0 to {most}"));
            }
        }
        Ok(())
    }

    fn sees_instead(&self) -> Option<&'static str> {
        Some("it looks at the network's graph alone")
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<GraphEnsemble, Error> {
        let graphs = Graphs::of(data.inputs.space, data.inputs.archs)?;
        let targets: Vec<f32> = data.targets.iter().map(|&t| t as f32).collect();
        let steps_per_epoch = data.len().div_ceil(self.batch);
        let training = Training {
            epochs: self.epochs.max(self.min_steps.div_ceil(steps_per_epoch)),
            batch: self.batch,
            learning_rate: self.learning_rate as f32,
            weight_decay: self.weight_decay as f32,
        };
        let members = (0..self.members).map(|_| {
            let mut network = GraphNetwork::new(graphs.labels(), self.layers, self.units, rng);
            network.train(&graphs, &targets, &training, rng);
            network
        });
        let members = members.collect();
        let constant = data.targets.iter().all(|t| *t == data.targets[0]);
        Ok(GraphEnsemble {
            members,
            constant: constant.then(|| data.targets[0]),
        })
    }
}

/// Trained graph networks.
#[derive(Debug, Serialize, Deserialize)]
pub struct GraphEnsemble {
    members: Vec<GraphNetwork>,
    /// The target, where all were the same.
    constant: Option<f64>,
}

impl FittedPredictor for GraphEnsemble {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        let mut mean = Vec::with_capacity(inputs.len());
        let mut std = Vec::with_capacity(inputs.len());
        if let Some(constant) = self.constant {
            mean.resize(inputs.len(), constant);
            std.resize(inputs.len(), 0.0);
        } else {
            for block in inputs.archs.chunks(BLOCK) {
                let batch = Graphs::of(inputs.space, block)?.all();
                let outputs: Vec<Vec<f32>> =
                    self.members.iter().map(|m| m.outputs(&batch)).collect();
                for at in 0..block.len() {
                    let values = outputs.iter().map(|o| f64::from(o[at]));
                    let n = outputs.len() as f64;
                    let centre = values.clone().sum::<f64>() / n;
                    let squares: f64 = values.map(|v| (v - centre).powi(2)).sum();
                    mean.push(centre);
                    std.push((squares / (n - 1.0).max(1.0)).sqrt());
                }
            }
        }
        Ok(Predictions {
            mean,
            std: Some(std),
        })
    }
}
