//! NAS-Bench-Graph: graph neural networks whose cell is a tree of four operations, one of nine link patterns and one
//! of nine operations per node.
//!
//! Source: Qin, Zhang, Zhang, Wang, Xie, Zhu, "NAS-Bench-Graph: Benchmarking Graph Neural Architecture Search",
//! NeurIPS 2022 Datasets and Benchmarks, arXiv 2206.09166. Isomorphic cells share the published canonical form, which
//! keys the published table by an integer: the pattern, then one decimal digit per operation. The cell of skip
//! connections alone has no entry and is not valid here. `nas-bench-graph-proteins` is the same space with the five
//! operations that were trained on ogbn-proteins; its published integers still use the digits of all nine.
//!
//! An architecture prints as its links and operations, `0012:gcn,gin,fc,cheb`; entry `i` of the links is the node that
//! feeds node `i + 1`, 0 being the input. This form is ours, because the paper prints tuples.

mod cell;

use super::dense::{DenseClasses, digits, extend_neighbors, mutant, number};
use super::graph::{Graph, INPUT, OUTPUT};
use super::{Architecture, ClassId, Decision, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use cell::{Cell, PATTERNS, SKIP};
use rand::RngExt;
use std::sync::{Arc, LazyLock};

/// The operations in the order of their published codes.
const OPERATIONS: [&str; 9] = [
    "gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip",
];
const LABELS: &[&str] = &[
    "input", "output", "gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip",
];
const PATTERN_NAMES: [&str; 9] = [
    "0000", "0001", "0011", "0012", "0013", "0111", "0112", "0122", "0123",
];
/// The codes of the operations trained on ogbn-proteins: gcn, sage, arma, fc, skip.
const PROTEINS: [u8; 5] = [1, 4, 5, 7, 8];

/// The NAS-Bench-Graph space, or its subset of operations for ogbn-proteins.
pub struct NbGraph {
    name: &'static str,
    /// The published codes of the operations, ascending.
    codes: &'static [u8],
    decisions: Vec<Decision>,
    raw_size: u32,
    classes: DenseClasses,
}

impl NbGraph {
    /// The space of all nine operations, built once.
    pub fn full() -> Arc<Self> {
        static SPACE: LazyLock<Arc<NbGraph>> = LazyLock::new(|| {
            const ALL: [u8; 9] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
            Arc::new(NbGraph::build("nas-bench-graph", &ALL))
        });
        SPACE.clone()
    }

    /// The space of the five operations trained on ogbn-proteins, built once.
    pub fn proteins() -> Arc<Self> {
        static SPACE: LazyLock<Arc<NbGraph>> =
            LazyLock::new(|| Arc::new(NbGraph::build("nas-bench-graph-proteins", &PROTEINS)));
        SPACE.clone()
    }

    fn build(name: &'static str, codes: &'static [u8]) -> Self {
        let pattern = Decision {
            name: "pattern".to_owned(),
            options: PATTERN_NAMES.to_vec(),
        };
        let operation = |node| Decision {
            name: format!("operation {node}"),
            options: codes.iter().map(|&c| OPERATIONS[c as usize]).collect(),
        };
        let raw_size = (PATTERNS.len() * codes.len().pow(4)) as u32;
        let canonical = |index| {
            let cell = cell_of(codes, &split(codes, index)).canonical();
            let choices = choices_of(codes, &cell).expect("no new operation, a known pattern");
            join(codes, &choices)
        };
        let trained = |index| cell_of(codes, &split(codes, index)).ops != [SKIP; 4];
        Self {
            name,
            codes,
            decisions: std::iter::once(pattern)
                .chain((1..=4).map(operation))
                .collect(),
            raw_size,
            classes: DenseClasses::build(raw_size, canonical, trained),
        }
    }

    /// The integer that keys the class of `arch` in the published table.
    pub fn hash_of(&self, arch: &Architecture) -> u32 {
        let canonical = self.canonical(arch);
        let cell = cell_of(self.codes, canonical.decisions());
        cell.hash().expect("an architecture has a pattern")
    }

    /// The architecture a published integer names.
    ///
    /// # Errors
    /// When a digit is not a pattern or operation of this space.
    pub fn from_hash(&self, hash: u32) -> Result<Architecture, Error> {
        let digits = digits::<10, 5>(hash);
        let known = hash < 100_000 && digits.iter().all(|&digit| digit <= 8);
        let cell = known.then(|| Cell {
            links: PATTERNS[digits[0] as usize],
            ops: [digits[1], digits[2], digits[3], digits[4]],
        });
        cell.and_then(|cell| choices_of(self.codes, &cell))
            .map(|choices| Architecture::new(&choices))
            .ok_or_else(|| {
                Error::new(self.name, format!("{hash} is not an architecture")).mend(format!(
                    "expected a pattern digit 0 to 8 and four operation digits out of {:?}",
                    self.codes
                ))
            })
    }

    fn index(&self, arch: &Architecture) -> u32 {
        join(self.codes, arch.leading())
    }

    fn at(&self, index: u32) -> Architecture {
        Architecture::new(&split(self.codes, index))
    }

    /// How many options each decision has.
    fn options(&self) -> [u8; 5] {
        let operations = self.codes.len() as u8;
        [
            PATTERNS.len() as u8,
            operations,
            operations,
            operations,
            operations,
        ]
    }

    fn malformed(&self, text: &str, why: &str) -> Error {
        Error::new(self.name, format!("`{text}` is not an architecture: {why}")).mend(
            "expected links and four operations such as `0012:gcn,gin,fc,skip`, or the published integer",
        )
    }

    fn parse_links(&self, text: &str, links: &str) -> Result<[u8; 4], Error> {
        let links: Option<Vec<u8>> = links
            .chars()
            .map(|c| c.to_digit(10).map(|digit| digit as u8))
            .collect();
        links
            .and_then(|links| <[u8; 4]>::try_from(links).ok())
            .filter(|links| (0..).zip(links).all(|(node, &link)| link <= node))
            .ok_or_else(|| {
                self.malformed(
                    text,
                    "the links must be four digits, each naming an earlier node",
                )
            })
    }

    fn parse_operation(&self, name: &str) -> Result<u8, Error> {
        self.codes
            .iter()
            .copied()
            .find(|&code| OPERATIONS[code as usize] == name)
            .ok_or_else(|| {
                let known = self.decisions[1].options.iter().copied();
                Error::unknown_name(self.name, "operation", name, known)
            })
    }
}

/// The choices of the raw architecture `index`.
fn split(codes: &[u8], index: u32) -> [u8; 5] {
    match codes.len() {
        9 => digits::<9, 5>(index),
        _ => digits::<5, 5>(index),
    }
}

/// The raw index that [`split`] splits.
fn join(codes: &[u8], choices: &[u8; 5]) -> u32 {
    match codes.len() {
        9 => number::<9, 5>(choices),
        _ => number::<5, 5>(choices),
    }
}

fn cell_of(codes: &[u8], choices: &[u8]) -> Cell {
    let op = |node: usize| codes[choices[node] as usize];
    Cell {
        links: PATTERNS[choices[0] as usize],
        ops: [op(1), op(2), op(3), op(4)],
    }
}

/// The choices that make `cell`, when its links are in a pattern and all its operations in the space.
fn choices_of(codes: &[u8], cell: &Cell) -> Option<[u8; 5]> {
    let mut choices = [cell.pattern()? as u8, 0, 0, 0, 0];
    for (choice, op) in choices[1..].iter_mut().zip(cell.ops) {
        *choice = codes.binary_search(&op).ok()? as u8;
    }
    Some(choices)
}

impl SearchSpace for NbGraph {
    fn name(&self) -> &str {
        self.name
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn canonical(&self, arch: &Architecture) -> Architecture {
        self.at(self.classes.canonical(self.index(arch)))
    }

    fn class_count(&self) -> u64 {
        self.classes.class_count()
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        let Some((links, operations)) = text.split_once(':') else {
            let digits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            return match text.parse() {
                Ok(hash) if digits => self.from_hash(hash),
                _ => Err(self.malformed(text, "no colon and no integer of five digits")),
            };
        };
        let links = self.parse_links(text, links)?;
        let operations: Vec<u8> = operations
            .split(',')
            .map(|name| self.parse_operation(name))
            .collect::<Result<_, _>>()?;
        <[u8; 4]>::try_from(operations)
            .ok()
            .and_then(|ops| Cell { links, ops }.in_pattern())
            .and_then(|cell| choices_of(self.codes, &cell))
            .map(|choices| Architecture::new(&choices))
            .ok_or_else(|| self.malformed(text, "there must be four operations"))
    }

    fn display(&self, arch: &Architecture) -> String {
        let choices = arch.decisions();
        let operations: Vec<&str> = cell_of(self.codes, choices)
            .ops
            .iter()
            .map(|&op| OPERATIONS[op as usize])
            .collect();
        format!(
            "{}:{}",
            PATTERN_NAMES[choices[0] as usize],
            operations.join(",")
        )
    }

    fn is_valid(&self, arch: &Architecture) -> bool {
        self.classes.is_valid(self.index(arch))
    }

    fn raw_size(&self) -> u64 {
        u64::from(self.raw_size)
    }

    fn index_of(&self, arch: &Architecture) -> u64 {
        u64::from(self.index(arch))
    }

    fn at_index(&self, index: u64) -> Architecture {
        self.at(index as u32)
    }

    fn class(&self, arch: &Architecture) -> ClassId {
        ClassId(u64::from(self.classes.canonical(self.index(arch))))
    }

    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        loop {
            let index = rng.random_range(0..self.raw_size);
            if self.classes.is_valid(index) {
                return self.at(index);
            }
        }
    }

    fn mutate(&self, arch: &Architecture, rng: &mut StreamRng) -> Architecture {
        loop {
            let mutant = mutant(arch, &self.options(), rng);
            if self.is_valid(&mutant) {
                return mutant;
            }
        }
    }

    fn neighbors(&self, arch: &Architecture, out: &mut Vec<Architecture>) {
        let first = out.len();
        extend_neighbors(arch, &self.options(), out);
        let invalid = out[first..].iter().position(|a| !self.is_valid(a));
        // At most one: only the cell of skip connections alone is no network.
        if let Some(at) = invalid {
            out.remove(first + at);
        }
    }

    /// Operations nobody reads feed the output.
    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let cell = cell_of(self.codes, arch.decisions());
        let [a, b, c, d] = cell.ops.map(|op| 2 + op);
        let mut edges = Vec::with_capacity(8);
        for (node, &link) in (1..).zip(&cell.links) {
            edges.push((usize::from(link), node));
            if !cell.links.contains(&(node as u8)) {
                edges.push((node, 5));
            }
        }
        Some(Graph::new(LABELS, &[INPUT, a, b, c, d, OUTPUT], &edges))
    }
}

#[cfg(test)]
mod tests;
