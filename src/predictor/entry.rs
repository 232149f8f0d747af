//! The registry's types: a typed configuration fits a typed model, which the rest of the crate sees through
//! [`FittedPredictor`].

use super::{Inputs, Predictions, TargetTransform, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::sync::Arc;

/// A predictor's parameters as written in a study; `Default` holds the paper's values.
pub trait PredictorConfig: Serialize + DeserializeOwned + Default + Send + Sync + 'static {
    /// The fitted model.
    type Fitted: FittedPredictor + Serialize + DeserializeOwned + 'static;

    /// What is done to targets where a study does not say.
    const TARGET: TargetTransform = TargetTransform::Standardised;

    /// Checks what the types cannot: ranges and relations between parameters.
    ///
    /// # Errors
    /// One line naming the parameter, its value and what is allowed.
    fn check(&self) -> Result<(), String>;

    /// What the model looks at, if it reads neither the encoding nor extra features: those would be ignored.
    fn sees_instead(&self) -> Option<&'static str> {
        None
    }

    /// Fits the model. One point, a constant target and repeated rows are all legal input.
    ///
    /// # Errors
    /// When the model cannot be fitted to this data; the message says why and what could be done.
    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Self::Fitted, Error>;

    /// Fits to a part of what `whole` was fitted to, to be asked about the rest: as cross-validation does. A model may take
    /// over what a few points more or less do not change.
    ///
    /// # Errors
    /// As [`PredictorConfig::fit`].
    fn fit_part(
        &self,
        _whole: &Self::Fitted,
        part: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> Result<Self::Fitted, Error> {
        self.fit(part, rng)
    }
}

/// A fitted model. The same inputs give the same bits, also after saving and loading.
pub trait FittedPredictor: Send + Sync {
    /// The mean and, where the model has one, the standard deviation for each architecture.
    ///
    /// # Errors
    /// When the inputs do not fit the model.
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error>;

    /// The mean alone: cheaper where the standard deviation is not.
    ///
    /// # Errors
    /// As [`FittedPredictor::predict`].
    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        Ok(self.predict(inputs)?.mean)
    }
}

/// A checked configuration, its type forgotten.
pub(super) trait Model: Send + Sync {
    /// See [`PredictorConfig::sees_instead`].
    fn sees_instead(&self) -> Option<&'static str>;

    /// See [`PredictorConfig::fit`].
    fn fit(
        &self,
        data: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> Result<Box<dyn SavedModel>, Error>;

    /// See [`PredictorConfig::fit_part`]; `whole` is what [`Model::fit`] gave.
    fn fit_part(
        &self,
        whole: &dyn SavedModel,
        part: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> Result<Box<dyn SavedModel>, Error>;
}

/// A fitted model that can be written, its type forgotten.
pub(super) trait SavedModel: FittedPredictor + Any {
    /// Its state, for [`PredictorEntry::restore`].
    fn state(&self) -> Result<Vec<u8>, Error>;
}

impl<C: PredictorConfig> Model for C {
    fn sees_instead(&self) -> Option<&'static str> {
        PredictorConfig::sees_instead(self)
    }

    fn fit(
        &self,
        data: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> Result<Box<dyn SavedModel>, Error> {
        Ok(Box::new(PredictorConfig::fit(self, data, rng)?))
    }

    fn fit_part(
        &self,
        whole: &dyn SavedModel,
        part: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> Result<Box<dyn SavedModel>, Error> {
        let whole: &dyn Any = whole;
        Ok(match whole.downcast_ref::<C::Fitted>() {
            Some(whole) => Box::new(PredictorConfig::fit_part(self, whole, part, rng)?),
            None => Box::new(PredictorConfig::fit(self, part, rng)?),
        })
    }
}

impl<F: FittedPredictor + Serialize + 'static> SavedModel for F {
    fn state(&self) -> Result<Vec<u8>, Error> {
        postcard::to_allocvec(self).map_err(|e| Error::new("fitted predictor", e))
    }
}

/// A model read back from its state.
type Restored = Result<Box<dyn SavedModel>, postcard::Error>;

/// A predictor's line in the registry.
pub struct PredictorEntry {
    /// Kebab-case name, the paper's.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Authors, venue, year, arXiv id.
    pub citation: &'static str,
    /// What is done to targets where a study does not say.
    pub target: TargetTransform,
    configure: fn(toml::Table) -> Result<Arc<dyn Model>, String>,
    defaults: fn() -> toml::Table,
    restore: fn(&[u8]) -> Restored,
}

impl PredictorEntry {
    /// The entry of the predictor configured by `C`.
    pub const fn of<C: PredictorConfig>(
        name: &'static str,
        summary: &'static str,
        citation: &'static str,
    ) -> Self {
        Self {
            name,
            summary,
            citation,
            target: C::TARGET,
            configure: |table| {
                let config: C = table.try_into().map_err(|e| e.to_string())?;
                config.check()?;
                Ok(Arc::new(config))
            },
            defaults: || {
                toml::Table::try_from(C::default()).expect("a config is a table of plain values")
            },
            restore: |state| Ok(Box::new(postcard::from_bytes::<C::Fitted>(state)?)),
        }
    }

    /// The parameters and their default values.
    pub fn defaults(&self) -> toml::Table {
        (self.defaults)()
    }

    /// Reads and checks parameters; those left out take the paper's values.
    pub(super) fn configure(&self, parameters: toml::Table) -> Result<Arc<dyn Model>, String> {
        (self.configure)(parameters)
    }

    /// The model that wrote this state.
    pub(super) fn restore(&self, state: &[u8]) -> Restored {
        (self.restore)(state)
    }
}
