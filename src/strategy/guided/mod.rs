//! Strategies guided by a model: fit a predictor to what was paid for, and train next what it finds promising.
//!
//! | file | model | what is trained next |
//! |---|---|---|
//! | `bayesian_optimization` | Gaussian process, grown with every result | the best mutant by an acquisition function |
//! | `smac` | forest, every step | the most expected improvement over random architectures and local search |
//! | `bananas` | ensemble of perceptrons on paths, every ten | mutants of the best by independent Thompson sampling |
//! | `npenas` | graph convolutional network, every ten | mutants of the best by predicted value |
//! | `guided_evolution` | any predictor, every five | as BANANAS, of more mutants |
//! | `guided_local_search` | any predictor | the neighbours of the current architecture in order of prediction |
//! | `pnas` | any predictor, at every size | the best predicted with a block more; then, of all sizes, by Thompson sampling |
//!
//! They share `history` (what was proposed and told), `candidates` (mutants and random architectures without
//! repetition), `surrogate` (a predictor by its name in the registry) and, where they work in batches, `batched`.
//!
//! None proposes an isomorphism class twice, and all are done when every class was proposed. Until enough is told for a
//! first model they draw at random; a failed evaluation is never told to the model. With several simulated workers no one
//! waits: a model is fitted to whatever is told when it is needed.

mod bananas;
mod batched;
mod bayesian_optimization;
mod candidates;
mod growth;
mod guided_evolution;
mod guided_local_search;
mod history;
mod npenas;
mod pnas;
mod smac;
mod surrogate;

pub(super) use bananas::ENTRY as BANANAS;
pub(super) use bayesian_optimization::ENTRY as BAYESIAN_OPTIMIZATION;
pub(super) use guided_evolution::ENTRY as GUIDED_EVOLUTION;
pub(super) use guided_local_search::ENTRY as GUIDED_LOCAL_SEARCH;
pub(super) use npenas::ENTRY as NPENAS;
pub(super) use pnas::ENTRY as PNAS;
pub(super) use smac::ENTRY as SMAC;

use crate::space::Architecture;

/// Checks that each parameter lies from 1 to a million.
fn check_counts(counts: &[(&str, u32)]) -> Result<(), String> {
    match counts.iter().find(|(_, n)| !(1..=1_000_000).contains(n)) {
        None => Ok(()),
        Some((name, n)) => Err(format!("{name} = {n}: expected 1 to 1000000")),
    }
}

/// Positions of the largest values first; of equals, the smaller architecture first.
fn best_first(worth: &[f64], archs: &[Architecture]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..archs.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        let by_worth = worth[b].total_cmp(&worth[a]);
        by_worth.then_with(|| archs[a].cmp(&archs[b]))
    });
    order
}
