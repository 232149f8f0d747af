//! Categorical encoding: one column for each decision, its option's code as a share of the largest.
//!
//! The compact categorical encoding of White, Zela, Ru, Liu and Hutter, "How Powerful are Performance Predictors in Neural
//! Architecture Search?", NeurIPS 2021, arXiv 2104.01177. The order of options means nothing; trees cope.

use super::{EncodingEntry, Features};
use crate::error::Error;
use crate::space::{Architecture, SearchSpace};

/// Its line in the registry.
pub const ENTRY: EncodingEntry = EncodingEntry {
    name: "categorical",
    summary: "a column for each decision, its option's code",
    citation: "White, Zela, Ru, Liu & Hutter, NeurIPS 2021, arXiv 2104.01177",
    encode,
};

fn encode(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Features, Error> {
    let decisions = space.decisions();
    let mut features = Features::zeros(archs.len(), decisions.len());
    for (at, arch) in archs.iter().enumerate() {
        let slots = features.row_mut(at).iter_mut().zip(arch.decisions());
        for ((slot, &choice), decision) in slots.zip(decisions) {
            let largest = (decision.options.len() - 1).max(1);
            *slot = f64::from(choice) / largest as f64;
        }
    }
    Ok(features)
}
