//! Adjacency encoding: one column for a decision of two options, such as an edge that is there or not, and one for each
//! option of the others.
//!
//! The one-hot adjacency encoding of White, Neiswanger, Nolen and Savani, "A Study on Encodings for Neural Architecture
//! Search", NeurIPS 2020, arXiv 2007.04965: the upper triangle of the adjacency matrix, then the nodes' operations.

use super::{EncodingEntry, Features};
use crate::error::Error;
use crate::space::{Architecture, SearchSpace};

/// Its line in the registry.
pub const ENTRY: EncodingEntry = EncodingEntry {
    name: "adjacency",
    summary: "a column for each edge, and for each operation of each node",
    citation: "White, Neiswanger, Nolen & Savani, NeurIPS 2020, arXiv 2007.04965",
    encode,
};

fn encode(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Features, Error> {
    let mut first = Vec::with_capacity(space.decisions().len());
    let mut columns = 0;
    for decision in space.decisions() {
        let options = decision.options.len();
        first.push((columns, options));
        columns += if options <= 2 { 1 } else { options };
    }
    let mut features = Features::zeros(archs.len(), columns);
    for (at, arch) in archs.iter().enumerate() {
        let row = features.row_mut(at);
        for (&choice, &(first, options)) in arch.decisions().iter().zip(&first) {
            if options <= 2 {
                row[first] = f64::from(choice);
            } else {
                row[first + usize::from(choice)] = 1.0;
            }
        }
    }
    Ok(features)
}
