//! NAS-Bench-101: a cell of at most seven vertices and nine edges, with one of three operations on each inner vertex.
//!
//! Source: Ying, Klein, Christiansen, Real, Murphy, Hutter, "NAS-Bench-101: Towards Reproducible Neural Architecture
//! Search", ICML 2019, arXiv 1902.09635. Decisions are the 21 possible edges of seven vertices and five operations.
//! As in the published code, vertices on no path from input to output are pruned; a cell is valid when such a path
//! exists and at most nine edges are left. Classes are the 423,624 published ones: pruned cells up to isomorphism.
//!
//! An architecture prints as the two published fields, the adjacency matrix row by row and the operations, with a
//! colon between. Smaller modules read too: their inner vertices come first, the others stay unconnected.

use super::graph::{Graph, INPUT, OUTPUT};
use super::module::{Degree, MAX_VERTICES, Module, on_paths};
use super::{Architecture, Decision, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::sync::{Arc, LazyLock};

const NAME: &str = "nas-bench-101";
/// The operations in the order of the published labels.
const OPERATIONS: [&str; 3] = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"];
const LABELS: &[&str] = &[
    "input",
    "output",
    "conv3x3-bn-relu",
    "conv1x1-bn-relu",
    "maxpool3x3",
];
const EDGES: usize = 21;
const INNER: usize = MAX_VERTICES - 2;
const MAX_EDGES: u32 = 9;
/// Choices of the five operations.
const LABELLINGS: u32 = 3_u32.pow(INNER as u32);

/// The NAS-Bench-101 space.
pub struct Nb101 {
    decisions: Vec<Decision>,
}

impl Nb101 {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<Nb101>> = LazyLock::new(|| {
            let edge = |(source, target)| Decision {
                name: format!("edge {source}→{target}"),
                options: vec!["absent", "present"],
            };
            let operation = |vertex| Decision {
                name: format!("operation {vertex}"),
                options: OPERATIONS.to_vec(),
            };
            let edges = (1..MAX_VERTICES).flat_map(|to| (0..to).map(move |from| (from, to)));
            Arc::new(Nb101 {
                decisions: edges.map(edge).chain((1..=INNER).map(operation)).collect(),
            })
        });
        SPACE.clone()
    }

    /// The published module hash, 32 hex digits; `None` for a cell without a path from input to output.
    pub fn module_hash(&self, arch: &Architecture) -> Option<String> {
        let module = module_of(arch).pruned()?;
        Some(module.hash(Degree::Whole))
    }

    /// The architecture of a published row: the adjacency matrix row by row, and operations joined by commas.
    ///
    /// # Errors
    /// When they are not a module of two to seven vertices of this space.
    pub fn from_published(&self, matrix: &str, operations: &str) -> Result<Architecture, Error> {
        let operations: Vec<&str> = operations.split(',').collect();
        let vertices = operations.len();
        let ends = (operations.first(), operations.last());
        if !(2..=MAX_VERTICES).contains(&vertices) || ends != (Some(&"input"), Some(&"output")) {
            return Err(malformed(
                "operations must be `input`, up to five, `output`",
            ));
        }
        let bits = matrix.as_bytes();
        if bits.len() != vertices * vertices || bits.iter().any(|bit| !b"01".contains(bit)) {
            let why = format!(
                "{vertices} operations need {} zeros or ones",
                vertices * vertices
            );
            return Err(malformed(&why));
        }
        let mut feeders = [0_u8; MAX_VERTICES];
        for (from, row) in bits.chunks(vertices).enumerate() {
            for (to, _) in row.iter().enumerate().filter(|(_, bit)| **bit == b'1') {
                if to <= from {
                    return Err(malformed("an edge must lead to a later vertex"));
                }
                feeders[to] |= 1 << from;
            }
        }
        let codes: Vec<u8> = operations[1..vertices - 1]
            .iter()
            .map(|name| code_of(name))
            .collect::<Result<_, _>>()?;
        Ok(architecture_of(&Module::new(&feeders[..vertices], &codes)))
    }
}

fn malformed(why: &str) -> Error {
    Error::new(NAME, format!("not an architecture: {why}")).mend(
        "expected an upper triangular matrix and operations such as `010001000:input,conv3x3-bn-relu,output`",
    )
}

fn code_of(name: &str) -> Result<u8, Error> {
    OPERATIONS
        .iter()
        .position(|known| *known == name)
        .map(|code| code as u8)
        .ok_or_else(|| Error::unknown_name(NAME, "operation", name, OPERATIONS))
}

/// The vertices that feed each vertex; bit `i` of `edges` is decision `i`.
fn feeders_of(edges: u32) -> [u8; MAX_VERTICES] {
    let mut feeders = [0; MAX_VERTICES];
    for (vertex, feeders) in feeders.iter_mut().enumerate().skip(1) {
        let below = vertex * (vertex - 1) / 2;
        *feeders = (edges >> below) as u8 & ((1 << vertex) - 1);
    }
    feeders
}

/// Bit `i` is decision `i`.
fn edges_of(arch: &Architecture) -> u32 {
    let edges = arch.decisions()[..EDGES].iter().enumerate();
    edges.fold(0, |bits, (at, &edge)| bits | u32::from(edge) << at)
}

/// All seven vertices, unpruned.
fn module_of(arch: &Architecture) -> Module {
    Module::new(&feeders_of(edges_of(arch)), &arch.decisions()[EDGES..])
}

/// The architecture of a module: inner vertices first, then unconnected ones, then the output.
fn architecture_of(module: &Module) -> Architecture {
    let mut decisions = [0; EDGES + INNER];
    for (from, to) in module.edges() {
        let to = if to + 1 == module.len() {
            MAX_VERTICES - 1
        } else {
            to
        };
        decisions[to * (to - 1) / 2 + from] = 1;
    }
    let operations = module.operations();
    decisions[EDGES..][..operations.len()].copy_from_slice(operations);
    Architecture::new(&decisions)
}

/// Whether the edges left after pruning are a path or more, and at most nine.
fn are_valid(edges: u32) -> bool {
    let feeders = feeders_of(edges);
    let kept = on_paths(&feeders);
    let left = (0..MAX_VERTICES).filter(|vertex| kept >> vertex & 1 == 1);
    kept != 0 && left.map(|v| (feeders[v] & kept).count_ones()).sum::<u32>() <= MAX_EDGES
}

/// The architecture of these edges (bit `i` is decision `i`) and the labelling of this rank.
fn architecture(edges: u32, mut labelling: u32) -> Architecture {
    let mut decisions = [0; EDGES + INNER];
    for (at, edge) in decisions[..EDGES].iter_mut().enumerate() {
        *edge = (edges >> at & 1) as u8;
    }
    for operation in decisions[EDGES..].iter_mut().rev() {
        *operation = (labelling % 3) as u8;
        labelling /= 3;
    }
    Architecture::new(&decisions)
}

impl SearchSpace for Nb101 {
    fn name(&self) -> &str {
        NAME
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// A cell that is not valid is canonical only as far as it can be pruned.
    fn canonical(&self, arch: &Architecture) -> Architecture {
        match module_of(arch).pruned() {
            Some(module) => architecture_of(&module.canonical()),
            None => architecture(0, 0),
        }
    }

    fn class_count(&self) -> u64 {
        423_624
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        let (matrix, operations) = text
            .split_once(':')
            .ok_or_else(|| malformed("no colon between matrix and operations"))?;
        self.from_published(matrix, operations)
    }

    fn display(&self, arch: &Architecture) -> String {
        let feeders = feeders_of(edges_of(arch));
        let mut text = String::with_capacity(160);
        for from in 0..MAX_VERTICES {
            for feeders in feeders {
                text.push(if feeders >> from & 1 == 1 { '1' } else { '0' });
            }
        }
        text.push_str(":input,");
        for &operation in &arch.decisions()[EDGES..] {
            text.push_str(OPERATIONS[usize::from(operation)]);
            text.push(',');
        }
        text.push_str("output");
        text
    }

    fn is_valid(&self, arch: &Architecture) -> bool {
        are_valid(edges_of(arch))
    }

    fn raw_size(&self) -> u64 {
        (1 << EDGES) * u64::from(LABELLINGS)
    }

    fn index_of(&self, arch: &Architecture) -> u64 {
        let edges = edges_of(arch).reverse_bits() >> (u32::BITS as usize - EDGES);
        let labels = arch.decisions()[EDGES..].iter();
        let labelling = labels.fold(0, |rank, &label| rank * 3 + u64::from(label));
        u64::from(edges) * u64::from(LABELLINGS) + labelling
    }

    fn at_index(&self, index: u64) -> Architecture {
        let labellings = u64::from(LABELLINGS);
        let edges = ((index / labellings) as u32).reverse_bits() >> (u32::BITS as usize - EDGES);
        architecture(edges, (index % labellings) as u32)
    }

    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        loop {
            let edges = rng.random::<u32>() >> (u32::BITS as usize - EDGES);
            if are_valid(edges) {
                return architecture(edges, rng.random_range(0..LABELLINGS));
            }
        }
    }

    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let mut nodes = [INPUT; MAX_VERTICES];
        for (node, operation) in nodes[1..].iter_mut().zip(&arch.decisions()[EDGES..]) {
            *node = 2 + operation;
        }
        nodes[MAX_VERTICES - 1] = OUTPUT;
        let edges: Vec<_> = module_of(arch).edges().collect();
        Some(Graph::new(LABELS, &nodes, &edges))
    }
}

#[cfg(test)]
mod tests;
