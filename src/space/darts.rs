//! DARTS, as tabulated by NAS-Bench-301: a normal and a reduction cell, each of four nodes that sum two operations.
//!
//! Source: Liu, Simonyan, Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, arXiv 1806.09055; Zela, Siems,
//! Zimmer, Lukasik, Keuper, Hutter, "Surrogate NAS Benchmarks: Going Beyond the Limits of Tabular NAS Benchmarks",
//! ICLR 2022, arXiv 2008.09777. There are 7^16 × 180² ≈ 10^18 raw architectures, one for each configuration of
//! NAS-Bench-301. The cells' nodes are concatenated, so that exchanging nodes renames channels only: cells are a class
//! up to graph isomorphism, which the DARTS paper leaves uncounted.
//!
//! An architecture prints as the authors' `Genotype(normal=[('sep_conv_3x3', 0), …`; NAS-Bench-301's configurations,
//! JSON objects with keys `edge_normal_0` or `NetworkSelectorDatasetInfo:darts:edge_normal_0`, read as well.

mod cell;
mod text;

use super::graph::{Graph, INPUT, OUTPUT};
use super::{Architecture, Decision, SearchSpace};
use crate::error::Error;
use cell::{CHOICES, Cell, NODES, PAIRS};
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

const NAME: &str = "darts";
/// The operations in the order of their published codes.
pub(crate) const OPERATIONS: [&str; 7] = [
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
];
/// The cells, as the published configurations call them.
const CELLS: [&str; 2] = ["normal", "reduce"];
/// For each cell: its two inputs (the outputs of the two cells before), then its operations.
const LABELS: &[&str] = &[
    "input",
    "output",
    "normal c_{k-2}",
    "normal c_{k-1}",
    "normal max_pool_3x3",
    "normal avg_pool_3x3",
    "normal skip_connect",
    "normal sep_conv_3x3",
    "normal sep_conv_5x5",
    "normal dil_conv_3x3",
    "normal dil_conv_5x5",
    "reduce c_{k-2}",
    "reduce c_{k-1}",
    "reduce max_pool_3x3",
    "reduce avg_pool_3x3",
    "reduce skip_connect",
    "reduce sep_conv_3x3",
    "reduce sep_conv_5x5",
    "reduce dil_conv_3x3",
    "reduce dil_conv_5x5",
];
const LABELS_PER_CELL: u8 = 9;
/// The pairs of inputs of the last node; those of earlier nodes are its first three or six.
const PAIR_NAMES: [&str; 10] = [
    "0_1", "0_2", "1_2", "0_3", "1_3", "2_3", "0_4", "1_4", "2_4", "3_4",
];

/// The DARTS space.
pub struct Darts {
    decisions: Vec<Decision>,
    class_count: u64,
}

impl Darts {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<Darts>> = LazyLock::new(|| {
            let mut decisions = Vec::with_capacity(2 * CHOICES);
            for cell in CELLS {
                for (node, &pairs) in (2..).zip(&PAIRS) {
                    if pairs > 1 {
                        decisions.push(Decision {
                            name: format!("inputs_node_{cell}_{node}"),
                            options: PAIR_NAMES[..pairs].to_vec(),
                        });
                    }
                    decisions.extend(["first", "second"].map(|input| Decision {
                        name: format!("{cell} node {node}, operation on its {input} input"),
                        options: OPERATIONS.to_vec(),
                    }));
                }
            }
            let cells = cell::class_count(OPERATIONS.len() as u64);
            Arc::new(Darts {
                decisions,
                class_count: cells * cells,
            })
        });
        SPACE.clone()
    }

    /// The architecture of a NAS-Bench-301 configuration; keys may carry the prefix
    /// `NetworkSelectorDatasetInfo:darts:`, and others are passed over.
    ///
    /// # Errors
    /// When an edge or the inputs of a node are missing, or a value is not an option.
    pub fn from_config(&self, config: &Map<String, Value>) -> Result<Architecture, Error> {
        let cells = CELLS.map(|cell| text::cell_of_config(cell, config));
        let [normal, reduce] = cells;
        Ok(architecture_of([normal?, reduce?]))
    }
}

fn cells_of(arch: &Architecture) -> [Cell; 2] {
    let (normal, reduce) = arch.decisions().split_at(CHOICES);
    [Cell::from_choices(normal), Cell::from_choices(reduce)]
}

fn architecture_of(cells: [Cell; 2]) -> Architecture {
    let mut choices = [0; 2 * CHOICES];
    for (choices, cell) in choices.chunks_exact_mut(CHOICES).zip(cells) {
        choices.copy_from_slice(&cell.choices());
    }
    Architecture::new(&choices)
}

impl SearchSpace for Darts {
    fn name(&self) -> &str {
        NAME
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn canonical(&self, arch: &Architecture) -> Architecture {
        architecture_of(cells_of(arch).map(|cell| cell.canonical()))
    }

    fn class_count(&self) -> u64 {
        self.class_count
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        if !text.trim_start().starts_with('{') {
            return text::parse_genotype(text).map(architecture_of);
        }
        let config: Map<String, Value> = serde_json::from_str(text)
            .map_err(|e| text::malformed(&format!("not a JSON object: {e}")))?;
        self.from_config(&config)
    }

    fn display(&self, arch: &Architecture) -> String {
        text::genotype(&cells_of(arch))
    }

    /// The cells side by side. The operations of a node are nodes; each reads what feeds it, and all of a cell feed
    /// the output, because a cell's nodes are concatenated.
    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let mut nodes = vec![INPUT];
        let mut edges = Vec::with_capacity(64);
        let output = 2 * (2 + 2 * NODES) + 1;
        for (cell, first_label) in cells_of(arch).iter().zip([2, 2 + LABELS_PER_CELL]) {
            let start = nodes.len();
            nodes.extend([first_label, first_label + 1]);
            edges.extend([(0, start), (0, start + 1)]);
            for (at, node) in cell.nodes.iter().enumerate() {
                for (source, operation) in *node {
                    let this = nodes.len();
                    nodes.push(first_label + 2 + operation);
                    match usize::from(source) {
                        source @ (0 | 1) => edges.push((start + source, this)),
                        source => {
                            let operations = start + 2 * (source - 1);
                            edges.extend([(operations, this), (operations + 1, this)]);
                        }
                    }
                    edges.push((this, output));
                }
                debug_assert_eq!(nodes.len(), start + 2 * (at + 2));
            }
        }
        nodes.push(OUTPUT);
        Some(Graph::new(LABELS, &nodes, &edges))
    }
}

#[cfg(test)]
mod tests;
