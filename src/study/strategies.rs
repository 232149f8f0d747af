//! The strategies of a study: known by name, their parameters checked, each fit for the spaces it is to search.

use super::plan::Task;
use super::resolved::{ResolvedStrategy, ResolvedTask};
use super::wire::WireStrategy;
use crate::error::Error;
use crate::strategy::{STRATEGIES, StrategyConfig};
use std::sync::Arc;

/// The strategies as given, with every default filled in.
pub(super) fn resolve_strategies(
    wire: &[WireStrategy],
    errors: &mut Vec<Error>,
) -> Vec<(Arc<dyn StrategyConfig>, ResolvedStrategy)> {
    let mut strategies: Vec<(Arc<dyn StrategyConfig>, ResolvedStrategy)> = Vec::new();
    for entry in wire {
        match resolve_strategy(entry) {
            Err(e) => errors.push(e),
            Ok((_, r)) if strategies.iter().any(|(_, s)| s.label == r.label) => {
                let problem = format!("label `{}` is used twice", r.label);
                errors.push(Error::new("[[strategy]]", problem).mend("give each a `label`"));
            }
            Ok(strategy) => strategies.push(strategy),
        }
    }
    strategies
}

/// Checks that each strategy can search each space.
pub(super) fn check_suitable(
    tasks: &[(Task, ResolvedTask)],
    strategies: &[(Arc<dyn StrategyConfig>, ResolvedStrategy)],
    errors: &mut Vec<Error>,
) {
    for (config, strategy) in strategies {
        let mut checked: Vec<&str> = Vec::new();
        for (task, resolved) in tasks {
            if !checked.contains(&resolved.space.as_str()) {
                checked.push(&resolved.space);
                if let Err(why) = config.suits(task.space.as_ref()) {
                    let place = format!("[[strategy]] {}", strategy.label);
                    errors.push(Error::new(place, why));
                }
            }
        }
    }
}

fn resolve_strategy(
    wire: &WireStrategy,
) -> Result<(Arc<dyn StrategyConfig>, ResolvedStrategy), Error> {
    let known = STRATEGIES.iter().map(|s| s.name);
    let entry = (STRATEGIES.iter().find(|s| s.name == wire.name))
        .ok_or_else(|| Error::unknown_name("[[strategy]]", "strategy", &wire.name, known))?;
    let place = format!("[[strategy]] {}", wire.name);
    let mut parameters = entry.defaults();
    for (key, value) in &wire.parameters {
        if parameters.insert(key.clone(), value.clone()).is_none() {
            let defaults = entry.defaults();
            let known = defaults.keys().map(String::as_str).chain(["label"]);
            return Err(Error::unknown_name(&place, "parameter", key, known));
        }
    }
    let config = entry
        .configure(parameters.clone())
        .map_err(|e| Error::new(&place, e))?;
    let resolved = ResolvedStrategy {
        name: wire.name.clone(),
        label: wire.label.clone().unwrap_or_else(|| wire.name.clone()),
        citation: entry.citation.to_string(),
        parameters,
    };
    Ok((config, resolved))
}
