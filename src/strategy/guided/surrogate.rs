//! A predictor chosen by its name in the registry, as strategies use it: fitted to a run's history, asked about candidates.

use super::history::History;
use crate::acquisition::{Acquisition, Belief};
use crate::predictor::{Fitted, Predictor};
use crate::rng::derive_rng;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::{AskContext, StrategyError};
use serde::{Deserialize, Serialize};

/// A predictor as written in a study: `{ name = "…", … }`, its parameters, encoding and target transform beside the name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PredictorChoice {
    name: String,
    #[serde(flatten)]
    parameters: toml::Table,
}

impl PredictorChoice {
    /// The predictor `name` with these parameters, given as TOML.
    pub(super) fn new(name: &str, parameters: &str) -> Self {
        Self {
            name: name.to_owned(),
            parameters: parameters.parse().expect("a table"),
        }
    }

    /// Ten extra trees on ranks, each split chosen among two fifths of the features: fitted in a millisecond, and they disagree
    /// where little is known.
    pub(super) fn quick_forest() -> Self {
        Self::new(
            "extra-trees",
            "trees = 10\nmax_features = 0.4\ntarget = \"normal-scores\"",
        )
    }

    fn configure(&self) -> Result<Predictor, String> {
        let configured = Predictor::configure(&self.name, self.parameters.clone());
        configured.map_err(|e| e.to_string())
    }

    /// Checks name and parameters.
    pub(super) fn check(&self) -> Result<(), String> {
        self.configure().map(|_| ())
    }

    /// Checks name and parameters, and that candidates can be ranked by `acquisition`.
    pub(super) fn check_ranked_by(&self, acquisition: Acquisition) -> Result<(), String> {
        match acquisition {
            Acquisition::IndependentThompsonSampling
            | Acquisition::ExpectedImprovement
            | Acquisition::Mean => self.check(),
            _ => Err("acquisition: expected independent-thompson-sampling, \
                 expected-improvement or mean"
                .to_owned()),
        }
    }

    /// Checks by a trial on two architectures that it can be fitted on `space` and has what `acquisition` needs.
    pub(super) fn suits(
        &self,
        space: &dyn SearchSpace,
        acquisition: Acquisition,
    ) -> Result<(), String> {
        let mut rng = derive_rng(0, &["trial", space.name()]);
        let archs = [space.sample(&mut rng), space.sample(&mut rng)];
        let (fitted, _) = self
            .configure()?
            .fit_transformed(space, &archs, &[0.0, 1.0], &mut rng)
            .map_err(|e| e.to_string())?;
        let belief = believe(&fitted, space, &archs, acquisition, 1.0)?;
        acquisition.worth(&belief, 1.0, &mut rng).map(|_| ())
    }

    /// The predictor; [`PredictorChoice::check`] has passed.
    pub(super) fn surrogate(&self) -> Surrogate {
        Surrogate(self.configure().expect("checked"))
    }
}

/// A configured predictor.
pub(super) struct Surrogate(Predictor);

/// A predictor fitted to a history; it answers on the scale of the transformed metric.
pub(super) struct Model {
    fitted: Fitted,
    best: f64,
}

impl Surrogate {
    /// Fits to everything told; there is something.
    pub(super) fn fit(
        &self,
        ctx: &mut AskContext<'_>,
        history: &History,
    ) -> Result<Model, StrategyError> {
        let (fitted, targets) = self
            .0
            .fit_transformed(ctx.space, history.archs(), history.values(), ctx.rng)
            .map_err(|e| StrategyError(e.to_string()))?;
        Ok(Model {
            fitted,
            best: targets.into_iter().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl Model {
    /// What it is worth to train each of `archs`.
    pub(super) fn worth(
        &self,
        ctx: &mut AskContext<'_>,
        archs: &[Architecture],
        acquisition: Acquisition,
    ) -> Result<Vec<f64>, StrategyError> {
        // No upper confidence bound is offered with these models, so that its factor does not matter.
        believe(&self.fitted, ctx.space, archs, acquisition, self.best)
            .and_then(|belief| acquisition.worth(&belief, 0.0, ctx.rng))
            .map_err(StrategyError)
    }
}

fn believe(
    fitted: &Fitted,
    space: &dyn SearchSpace,
    archs: &[Architecture],
    acquisition: Acquisition,
    best: f64,
) -> Result<Belief, String> {
    let mut belief = Belief {
        best,
        ..Belief::default()
    };
    if acquisition.needs_std() {
        let predicted = fitted
            .predict(space, archs, None)
            .map_err(|e| e.to_string())?;
        (belief.mean, belief.std) = (predicted.mean, predicted.std);
    } else {
        let mean = fitted.predict_mean(space, archs, None);
        belief.mean = mean.map_err(|e| e.to_string())?;
    }
    Ok(belief)
}
