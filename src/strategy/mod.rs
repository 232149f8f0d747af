//! Search strategies: ask for a proposal, tell what it cost and scored.
//!
//! A strategy sees validation results it paid for and nothing else. It has no handle to the benchmark,
//! and no type that reaches it can carry a test metric. To add one: a file in this folder and a line in
//! [`STRATEGIES`].
//!
//! **When a space is exhausted.** A strategy either never proposes an isomorphism class twice, and then says
//! [`Proposal::Done`] once it has proposed every class; or it proposes known ones again as its paper has it,
//! and never ends by itself. The budget ends the latter: revisits are charged by default, and where a study
//! makes them free the engine ends a run that proposes nothing new for a long time. Each file's header says
//! which of the two it is.

mod genetic_algorithm;
mod guided;
mod known;
mod local_search;
mod random_search;
mod regularized_evolution;
mod reinforce;
mod simulated_annealing;
mod tpe;

use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Every strategy `archbench` knows, in the order `archbench list strategies` shows them.
pub const STRATEGIES: &[StrategyEntry] = &[
    random_search::ENTRY,
    local_search::ENTRY,
    regularized_evolution::ENTRY,
    genetic_algorithm::ENTRY,
    simulated_annealing::ENTRY,
    reinforce::ENTRY,
    tpe::ENTRY,
    guided::BAYESIAN_OPTIMIZATION,
    guided::SMAC,
    guided::BANANAS,
    guided::NPENAS,
    guided::GUIDED_EVOLUTION,
    guided::GUIDED_LOCAL_SEARCH,
    guided::PNAS,
];

/// Training epochs, or whatever unit the benchmark's fidelity has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fidelity(pub u32);

/// The number of a trial within its run, in the order trials were started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrialId(pub u32);

/// What a strategy wants next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Proposal {
    /// Train `arch` from scratch to `fidelity`.
    Start {
        /// What to train.
        arch: Architecture,
        /// How far.
        fidelity: Fidelity,
    },
    /// Train an earlier trial on to a higher `fidelity`; only the extra epochs are charged.
    Resume {
        /// The trial to go on with.
        trial: TrialId,
        /// How far in all.
        fidelity: Fidelity,
    },
    /// Nothing until a running trial reports. An error when none is running.
    Wait,
    /// Nothing more, ever.
    Done,
}

/// How a trial ended, as its strategy sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The validation metric; higher is better.
    Evaluated {
        /// A fraction in [0, 1], or the metric's own unit.
        valid: f64,
    },
    /// The evaluation failed. It was charged all the same.
    Failed,
}

/// What a strategy is told of a finished trial. There is no test metric here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The trial.
    pub trial: TrialId,
    /// What was trained.
    pub arch: Architecture,
    /// How far.
    pub fidelity: Fidelity,
    /// How it ended.
    pub outcome: Outcome,
    /// Simulated training seconds charged, where the table has them.
    pub cost_s: Option<f64>,
}

/// What a strategy may use when asked.
pub struct AskContext<'a> {
    /// The space to propose from.
    pub space: &'a dyn SearchSpace,
    /// The run's own random stream.
    pub rng: &'a mut StreamRng,
    /// The highest fidelity of the task: a full training.
    pub full_fidelity: Fidelity,
    /// Trials started and not yet told, across the simulated workers.
    pub running: usize,
}

impl AskContext<'_> {
    /// The proposal to train `arch` fully.
    pub fn start(&self, arch: Architecture) -> Proposal {
        Proposal::Start {
            arch,
            fidelity: self.full_fidelity,
        }
    }
}

/// A strategy that cannot go on; the run is recorded as failed with this message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StrategyError(pub String);

/// One run of a search strategy.
///
/// With several simulated workers `ask` may be called again before earlier trials are told.
pub trait Strategy: Send {
    /// What to do next. Called only while a worker is free and budget is left.
    ///
    /// # Errors
    /// When the strategy cannot go on.
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError>;

    /// Reports a finished trial, in the order of the simulated clock.
    ///
    /// # Errors
    /// When the strategy cannot go on.
    fn tell(
        &mut self,
        observation: &Observation,
        ctx: &mut AskContext<'_>,
    ) -> Result<(), StrategyError>;
}

/// A strategy's parameters as written in a study; `Default` holds the paper's values.
pub trait StrategyConfig: Send + Sync {
    /// Checks what the types cannot: ranges and relations between parameters.
    ///
    /// # Errors
    /// One line naming the parameter, its value and what is allowed.
    fn check(&self) -> Result<(), String>;

    /// Checks that the strategy can search `space`.
    ///
    /// # Errors
    /// One line saying why not.
    fn suits(&self, _space: &dyn SearchSpace) -> Result<(), String> {
        Ok(())
    }

    /// A fresh run of the strategy on `space`.
    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy>;
}

/// A strategy's line in the registry.
pub struct StrategyEntry {
    /// Kebab-case name, the paper's.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Authors, venue, year, arXiv id.
    pub citation: &'static str,
    configure: fn(toml::Table) -> Result<Arc<dyn StrategyConfig>, String>,
    defaults: fn() -> toml::Table,
}

impl StrategyEntry {
    /// The entry of the strategy configured by `C`.
    pub const fn of<C>(name: &'static str, summary: &'static str, citation: &'static str) -> Self
    where
        C: StrategyConfig + Serialize + DeserializeOwned + Default + 'static,
    {
        Self {
            name,
            summary,
            citation,
            configure: |table| {
                let config: C = table.try_into().map_err(|e| e.to_string())?;
                config.check()?;
                Ok(Arc::new(config))
            },
            defaults: || {
                toml::Table::try_from(C::default()).expect("a config is a table of plain values")
            },
        }
    }

    /// Reads and checks the parameters a study gives; those it leaves out take the paper's values.
    ///
    /// # Errors
    /// One line: an unknown key, a wrong type or a value out of range.
    pub fn configure(&self, parameters: toml::Table) -> Result<Arc<dyn StrategyConfig>, String> {
        (self.configure)(parameters)
    }

    /// The parameters and their default values.
    pub fn defaults(&self) -> toml::Table {
        (self.defaults)()
    }
}
