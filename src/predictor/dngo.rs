//! DNGO: Bayesian linear regression on the last hidden layer of a network.
//!
//! Snoek et al., "Scalable Bayesian Optimization Using Deep Neural Networks", ICML 2015, arXiv 1502.05700: three hidden
//! layers of 50. Deviations: ReLU instead of tanh units, AdamW, and the precisions of weights and noise by evidence
//! maximisation instead of sampling.

use super::bayesian_ridge::{BayesianLinear, BayesianRidge};
use super::mlp::{Mlp, Network, Scaling};
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::encoding::Features;
use crate::error::Error;
use crate::rng::StreamRng;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<Dngo>(
    "dngo",
    "Bayesian linear regression on a network's last hidden layer",
    "Snoek et al., ICML 2015, arXiv 1502.05700",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dngo {
    /// Units of each hidden layer; the last gives the features.
    pub hidden: Vec<usize>,
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

impl Default for Dngo {
    fn default() -> Self {
        let mlp = Mlp::default();
        Self {
            hidden: vec![50, 50, 50],
            epochs: mlp.epochs,
            min_steps: mlp.min_steps,
            batch: mlp.batch,
            learning_rate: mlp.learning_rate,
            weight_decay: mlp.weight_decay,
        }
    }
}

impl Dngo {
    /// One network of these parameters.
    fn network(&self) -> Mlp {
        Mlp {
            members: 1,
            hidden: self.hidden.clone(),
            epochs: self.epochs,
            min_steps: self.min_steps,
            batch: self.batch,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
        }
    }
}

impl PredictorConfig for Dngo {
    type Fitted = LastLayer;

    fn check(&self) -> Result<(), String> {
        self.network().check()
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<LastLayer, Error> {
        let (scaling, mut networks) = self.network().train(data, rng);
        let network = networks.remove(0);
        let features = last_layer(&scaling, &network, data.inputs.features)?;
        let inputs = Inputs {
            features: &features,
            ..data.inputs
        };
        let head = BayesianRidge::default().fit(&TrainingSet { inputs, ..*data }, rng)?;
        Ok(LastLayer {
            scaling,
            network,
            head,
        })
    }
}

fn last_layer(
    scaling: &Scaling,
    network: &Network,
    features: &Features,
) -> Result<Features, Error> {
    let rows = features.rows();
    let hidden = network.last_hidden(&scaling.apply(features)?, rows);
    let units = network.hidden_units();
    Features::from_rows(rows, units, hidden.into_iter().map(f64::from).collect())
}

/// A network and the regression on its last hidden layer.
#[derive(Debug, Serialize, Deserialize)]
pub struct LastLayer {
    scaling: Scaling,
    network: Network,
    head: BayesianLinear,
}

impl LastLayer {
    fn ask<R>(
        &self,
        inputs: &Inputs<'_>,
        question: impl FnOnce(&Inputs<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let features = last_layer(&self.scaling, &self.network, inputs.features)?;
        question(&Inputs {
            features: &features,
            ..*inputs
        })
    }
}

impl FittedPredictor for LastLayer {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        self.ask(inputs, |inputs| self.head.predict(inputs))
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        self.ask(inputs, |inputs| self.head.predict_mean(inputs))
    }
}
