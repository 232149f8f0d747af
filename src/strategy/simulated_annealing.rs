//! Simulated annealing: walk from neighbour to neighbour, always accepting improvements and accepting a
//! loss Δ with probability exp(−Δ / T), while the temperature T falls geometrically.
//!
//! Kirkpatrick, Gelatt, Vecchi: Optimization by Simulated Annealing, Science 1983, with its acceptance rule and
//! geometric cooling. The temperature, in units of the metric, is the knob of exploration.
//!
//! Deviations: the paper holds each temperature for many moves and has no values for architectures; here
//! every evaluation cools, so that a budget of some hundred suffices, and the defaults are ours: at the
//! start a loss of 1.4 points of accuracy is accepted half the time, after `steps` evaluations and from then
//! on one of 0.035 points. Known architectures are proposed again as they come, so the search never ends by
//! itself. With several simulated workers all neighbours are of the architecture that was current when asked.

use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::space::{Architecture, SearchSpace};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<SimulatedAnnealing>(
    "simulated-annealing",
    "a random walk that accepts losses ever more rarely",
    "Kirkpatrick, Gelatt & Vecchi, Science 1983",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulatedAnnealing {
    /// Temperature at the start, in units of the metric.
    pub initial_temperature: f64,
    /// Temperature after `steps` evaluations and from then on.
    pub final_temperature: f64,
    /// Evaluations over which the temperature falls.
    pub steps: u32,
}

impl Default for SimulatedAnnealing {
    fn default() -> Self {
        Self {
            initial_temperature: 0.02,
            final_temperature: 0.0005,
            steps: 300,
        }
    }
}

impl SimulatedAnnealing {
    fn temperature(&self, told: u32) -> f64 {
        let share = f64::from(told.min(self.steps)) / f64::from(self.steps);
        self.initial_temperature * (self.final_temperature / self.initial_temperature).powf(share)
    }
}

impl StrategyConfig for SimulatedAnnealing {
    fn check(&self) -> Result<(), String> {
        let (from, to) = (self.initial_temperature, self.final_temperature);
        if !(to.is_finite() && to > 0.0) {
            return Err(format!("final_temperature = {to}: expected above 0"));
        }
        if !(from.is_finite() && from >= to) {
            return Err(format!(
                "initial_temperature = {from}: expected at least final_temperature = {to}"
            ));
        }
        if self.steps == 0 {
            return Err("steps = 0: expected at least 1".into());
        }
        Ok(())
    }

    fn start(&self, _: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Walk {
            config: self.clone(),
            current: None,
            told: 0,
        })
    }
}

struct Walk {
    config: SimulatedAnnealing,
    current: Option<(Architecture, f64)>,
    told: u32,
}

impl Strategy for Walk {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        let next = match &self.current {
            Some((arch, _)) => ctx.space.mutate(arch, ctx.rng),
            None => ctx.space.sample(ctx.rng),
        };
        Ok(ctx.start(next))
    }

    fn tell(
        &mut self,
        observation: &Observation,
        ctx: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        let temperature = self.config.temperature(self.told);
        self.told = self.told.saturating_add(1);
        if let Outcome::Evaluated { valid } = observation.outcome {
            let is_accepted = self.current.is_none_or(|(_, now)| {
                valid >= now || ctx.rng.random::<f64>() < ((valid - now) / temperature).exp()
            });
            if is_accepted {
                self.current = Some((observation.arch, valid));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `0.02 * (0.0005 / 0.02) ** (i / 300)` for i = 0, 150, 300, 900 (capped at 300)
    #[test]
    fn the_temperature_falls_geometrically() {
        let config = SimulatedAnnealing::default();
        for (told, expected) in [
            (0, 0.02),
            (150, 0.0031622776601683794),
            (300, 0.0005),
            (900, 0.0005),
        ] {
            assert!(
                (config.temperature(told) - expected).abs() < 1e-12,
                "{told}"
            );
        }
    }
}
