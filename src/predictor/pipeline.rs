//! A predictor with what surrounds it: encoding and extra features in front, the target transform around.

use super::entry::{Model, SavedModel};
use super::target::FittedTransform;
use super::{Inputs, Predictions, PredictorEntry, TargetTransform, TrainingSet, named, saved};
use crate::encoding::{Encoding, ExtraFeatures, Features};
use crate::error::Error;
use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};
use std::borrow::Cow;
use std::sync::Arc;

/// A configured predictor.
#[derive(Clone)]
pub struct Predictor {
    entry: &'static PredictorEntry,
    encoding: Encoding,
    target: TargetTransform,
    model: Arc<dyn Model>,
}

impl Predictor {
    /// The predictor called `name` with `parameters`, where `encoding` and `target` may stand beside the model's own;
    /// they default to `one-hot` and to what the model prefers.
    ///
    /// # Errors
    /// For an unknown name or key, a wrong type, a value out of range, or an encoding that the model would not read.
    pub fn configure(name: &str, mut parameters: toml::Table) -> Result<Self, Error> {
        let entry = named(name)?;
        let place = || format!("predictor {name}");
        let names_encoding = parameters.contains_key("encoding");
        let mut text = |key: &str, default: &str| match parameters.remove(key) {
            None => Ok(default.to_owned()),
            Some(toml::Value::String(text)) => Ok(text),
            Some(other) => Err(Error::new(place(), format!("{key} = {other}"))
                .mend("expected a name between quotes")),
        };
        let encoding = text("encoding", "one-hot")?;
        let target = text("target", entry.target.name())?;
        let model = entry.configure(parameters);
        let configured = Self {
            entry,
            encoding: Encoding::named(&encoding).map_err(|e| e.within(place()))?,
            target: TargetTransform::named(&target).map_err(|e| e.within(place()))?,
            model: model.map_err(|problem| Error::new(place(), problem))?,
        };
        if names_encoding {
            configured.reads(&format!("encoding = \"{encoding}\""))?;
        }
        Ok(configured)
    }

    /// What the model looks at, if it reads neither the encoding nor extra features.
    pub fn sees_instead(&self) -> Option<&'static str> {
        self.model.sees_instead()
    }

    /// Refuses what the model would ignore.
    fn reads(&self, what: &str) -> Result<(), Error> {
        let Some(instead) = self.sees_instead() else {
            return Ok(());
        };
        let place = format!("predictor {}", self.entry.name);
        Err(Error::new(place, format!("{what} would be ignored")).mend(instead))
    }

    /// Its line in the registry.
    pub fn entry(&self) -> &'static PredictorEntry {
        self.entry
    }

    /// How it encodes architectures.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// How it transforms targets.
    pub fn target(&self) -> TargetTransform {
        self.target
    }

    /// Fits to architectures and their metric; higher is better. `extra` has a row for each architecture.
    ///
    /// # Errors
    /// When the data is empty, of unequal lengths, not of `space` or not finite, `extra` would be ignored, or the model cannot
    /// be fitted.
    pub fn fit(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
        extra: Option<&ExtraFeatures>,
        targets: &[f64],
        rng: &mut StreamRng,
    ) -> Result<Fitted, Error> {
        Ok(self.fit_both(space, archs, extra, targets, rng)?.0)
    }

    /// As [`Predictor::fit`], but what is fitted answers on the scale of the transformed targets; they come with it.
    ///
    /// # Errors
    /// As [`Predictor::fit`].
    pub(crate) fn fit_transformed(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
        targets: &[f64],
        rng: &mut StreamRng,
    ) -> Result<(Fitted, Vec<f64>), Error> {
        let (fitted, transformed) = self.fit_both(space, archs, None, targets, rng)?;
        let fitted = Fitted {
            transform: FittedTransform::Plain,
            ..fitted
        };
        Ok((fitted, transformed))
    }

    fn fit_both(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
        extra: Option<&ExtraFeatures>,
        targets: &[f64],
        rng: &mut StreamRng,
    ) -> Result<(Fitted, Vec<f64>), Error> {
        if let Some(extra) = extra {
            self.reads(&format!("features {}", extra.names().join(", ")))?;
        }
        let features = self.encoding.encode(space, archs)?;
        let features = with_extra(&features, extra)?;
        let inputs = Inputs {
            space,
            archs,
            features: &features,
        };
        let place = || format!("predictor {}", self.entry.name);
        if features.columns() == 0 {
            return Err(Error::new(place(), "there are no features")
                .mend("name an encoding, or features to be measured"));
        }
        let data = TrainingSet::new(inputs, targets).map_err(|e| e.within(place()))?;
        let (transform, targets) = self.target.fit(data.targets);
        let data = TrainingSet {
            inputs,
            targets: &targets,
        };
        let model = self.model.fit(&data, rng).map_err(|e| e.within(place()))?;
        let fitted = Fitted {
            entry: self.entry,
            encoding: self.encoding.clone(),
            space: space.name().to_owned(),
            extra: extra.map_or_else(Vec::new, |extra| extra.names().to_vec()),
            transform,
            model,
        };
        Ok((fitted, targets))
    }
}

/// A fitted predictor: asked about architectures, it answers in the metric's own unit.
pub struct Fitted {
    pub(super) entry: &'static PredictorEntry,
    pub(super) encoding: Encoding,
    pub(super) space: String,
    pub(super) extra: Vec<String>,
    pub(super) transform: FittedTransform,
    pub(super) model: Box<dyn SavedModel>,
}

impl Fitted {
    /// Mean and, where the model has one, standard deviation of the metric for each architecture.
    ///
    /// # Errors
    /// When an architecture is not of the space it was fitted on, or extra features are not those it was fitted with.
    pub fn predict(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
        extra: Option<&ExtraFeatures>,
    ) -> Result<Predictions, Error> {
        let features = self.encode(space, archs, extra)?;
        let inputs = Inputs {
            space,
            archs,
            features: &features,
        };
        Ok(self.transform.invert(self.model.predict(&inputs)?))
    }

    /// The mean alone, cheaper where the standard deviation is not.
    ///
    /// # Errors
    /// As [`Fitted::predict`].
    pub fn predict_mean(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
        extra: Option<&ExtraFeatures>,
    ) -> Result<Vec<f64>, Error> {
        let features = self.encode(space, archs, extra)?;
        let inputs = Inputs {
            space,
            archs,
            features: &features,
        };
        self.predict_mean_encoded(&inputs)
    }

    /// How it encodes architectures.
    pub(crate) fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// As [`Fitted::predict_mean`], of architectures of its space already in its [`Fitted::encoding`]: many models can
    /// be asked about what was encoded once.
    ///
    /// # Errors
    /// When the features are not those it was fitted with.
    pub(crate) fn predict_mean_encoded(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let mean = self.model.predict_mean(inputs)?;
        Ok(self.transform.invert(Predictions { mean, std: None }).mean)
    }

    /// The bytes of its file: versioned, with a checksum.
    ///
    /// # Errors
    /// When the model cannot be written.
    pub fn save(&self) -> Result<Vec<u8>, Error> {
        saved::write(self)
    }

    /// Reads what [`Fitted::save`] wrote; predictions are the same to the bit.
    ///
    /// # Errors
    /// When the bytes are damaged, of another version, or name what this program does not know.
    pub fn load(bytes: &[u8]) -> Result<Self, Error> {
        saved::read(bytes)
    }

    fn encode(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
        extra: Option<&ExtraFeatures>,
    ) -> Result<Features, Error> {
        let place = || format!("predictor {}", self.entry.name);
        if space.name() != self.space {
            let problem = format!("asked about {}, fitted on {}", space.name(), self.space);
            return Err(Error::new(place(), problem));
        }
        let names = extra.map_or(&[][..], ExtraFeatures::names);
        if names != self.extra {
            let problem = format!("asked with extra features {names:?}");
            return Err(
                Error::new(place(), problem).mend(format!("it was fitted with {:?}", self.extra))
            );
        }
        let features = self.encoding.encode(space, archs)?;
        Ok(with_extra(&features, extra)?.into_owned())
    }
}

fn with_extra<'a>(
    features: &'a Features,
    extra: Option<&ExtraFeatures>,
) -> Result<Cow<'a, Features>, Error> {
    Ok(match extra {
        None => Cow::Borrowed(features),
        Some(extra) => Cow::Owned(features.beside(extra.features())?),
    })
}
