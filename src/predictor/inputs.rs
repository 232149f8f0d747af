//! What a model is given, and what it gives back.

use crate::encoding::{Encoding, Features};
use crate::error::Error;
use crate::space::{Architecture, SearchSpace};

/// Architectures as a model sees them: themselves, and encoded.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The space they are from.
    pub space: &'a dyn SearchSpace,
    /// The architectures.
    pub archs: &'a [Architecture],
    /// One row for each architecture: the encoding, then extra features.
    pub features: &'a Features,
}

impl Inputs<'_> {
    /// The number of architectures.
    pub fn len(&self) -> usize {
        self.archs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.archs.is_empty()
    }

    /// Whether the features are exactly the one-hot encoding of the architectures, for which there are short cuts.
    pub(super) fn is_one_hot(&self) -> bool {
        let encoding = Encoding::named("one-hot");
        let encoded = encoding.and_then(|e| e.encode(self.space, self.archs));
        encoded.is_ok_and(|encoded| encoded == *self.features)
    }
}

/// Architectures with a known metric. There is at least one, and all numbers are finite.
#[derive(Clone, Copy)]
pub struct TrainingSet<'a> {
    /// The architectures.
    pub inputs: Inputs<'a>,
    /// What is predicted, one for each architecture, after the target transform; higher is better.
    pub targets: &'a [f64],
}

impl<'a> TrainingSet<'a> {
    /// Pairs architectures with targets.
    ///
    /// # Errors
    /// When there is none, their numbers differ, or a target is not finite.
    pub fn new(inputs: Inputs<'a>, targets: &'a [f64]) -> Result<Self, Error> {
        let place = "training set";
        if inputs.is_empty() {
            return Err(Error::new(place, "is empty").mend("a predictor needs one point or more"));
        }
        if inputs.len() != targets.len() || inputs.len() != inputs.features.rows() {
            let (archs, rows) = (inputs.len(), inputs.features.rows());
            let problem = format!(
                "{archs} architectures, {rows} rows of features, {} targets",
                targets.len()
            );
            return Err(Error::new(place, problem).mend("expected as many of each"));
        }
        if let Some(at) = targets.iter().position(|t| !t.is_finite()) {
            let arch = inputs.space.display(&inputs.archs[at]);
            let problem = format!("the target of `{arch}` is {}", targets[at]);
            return Err(Error::new(place, problem).mend("leave out what has no finite metric"));
        }
        Ok(Self { inputs, targets })
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is none. Never, after [`TrainingSet::new`].
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// Predicted metrics, one for each architecture asked about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Predictions {
    /// The expected target.
    pub mean: Vec<f64>,
    /// The standard deviation of the target, where the model has one. Gaussian processes, Bayesian regression, NGBoost and stacks
    /// state that of a new training, noise included; forests and ensembles of networks the spread of their members alone.
    pub std: Option<Vec<f64>>,
}
