//! TransNAS-Bench-101, cell level: a cell of four nodes with one of four operations on each of its six edges.
//!
//! Source: Duan, Chen, Xu, Chen, Liang, Zhang, Li, "TransNAS-Bench-101: Improving Transferability and Generalizability
//! of Cross-Task Neural Architecture Search", CVPR 2021, arXiv 2105.11871. All 4,096 cells were trained, each is a
//! class of its own. An architecture prints as `64-41414-1_02_333`: base channels and modules, which are fixed, then
//! for each node one digit per edge from an earlier one.

use super::dense::{digits, number};
use super::graph::Graph;
use super::{Architecture, ClassId, Decision, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::sync::{Arc, LazyLock};

const NAME: &str = "transnas-bench-101-micro";
/// The operations in the order of their digits.
const OPERATIONS: [&str; 4] = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"];
const LABELS: &[&str] = &[
    "input",
    "output",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
];
const NONE: u8 = 0;
/// Source and target node, in the order of the published string.
const EDGES: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];
const RAW_SIZE: u32 = 4_u32.pow(EDGES.len() as u32);
/// What stands before every cell: base channels and modules.
const NETWORK: &str = "64-41414-";

/// The cell-level space of TransNAS-Bench-101.
pub struct TransnasMicro {
    decisions: Vec<Decision>,
}

impl TransnasMicro {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<TransnasMicro>> = LazyLock::new(|| {
            let decision = |(source, target)| Decision {
                name: format!("edge {source}→{target}"),
                options: OPERATIONS.to_vec(),
            };
            Arc::new(TransnasMicro {
                decisions: EDGES.map(decision).to_vec(),
            })
        });
        SPACE.clone()
    }
}

fn index(arch: &Architecture) -> u32 {
    number::<4, 6>(arch.leading())
}

fn at(index: u32) -> Architecture {
    Architecture::new(&digits::<4, 6>(index))
}

impl SearchSpace for TransnasMicro {
    fn name(&self) -> &str {
        NAME
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn canonical(&self, arch: &Architecture) -> Architecture {
        *arch
    }

    fn class_count(&self) -> u64 {
        u64::from(RAW_SIZE)
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        let cell = text.strip_prefix(NETWORK).unwrap_or_default();
        let is_separated = cell.char_indices().all(|(at, c)| match at {
            1 | 4 => c == '_',
            _ => ('0'..='3').contains(&c),
        });
        if !is_separated || cell.len() != 8 {
            return Err(Error::new(NAME, format!("`{text}` is not an architecture"))
                .mend("expected `64-41414-` and six digits 0 to 3, such as `64-41414-1_02_333`"));
        }
        let edges: Vec<u8> = cell
            .bytes()
            .filter(u8::is_ascii_digit)
            .map(|digit| digit - b'0')
            .collect();
        Ok(Architecture::new(&edges))
    }

    fn display(&self, arch: &Architecture) -> String {
        let mut text = String::with_capacity(NETWORK.len() + 8);
        text.push_str(NETWORK);
        for (&(source, target), &op) in EDGES.iter().zip(arch.decisions()) {
            if source == 0 && target > 1 {
                text.push('_');
            }
            text.push(char::from(b'0' + op));
        }
        text
    }

    fn raw_size(&self) -> u64 {
        u64::from(RAW_SIZE)
    }

    fn index_of(&self, arch: &Architecture) -> u64 {
        u64::from(index(arch))
    }

    fn at_index(&self, index: u64) -> Architecture {
        at(index as u32)
    }

    fn class(&self, arch: &Architecture) -> ClassId {
        ClassId(u64::from(index(arch)))
    }

    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        at(rng.random_range(0..RAW_SIZE))
    }

    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let edges = EDGES.iter().zip(arch.decisions());
        let edges = edges.map(|(&(from, to), &op)| (from, to, (op != NONE).then_some(op + 1)));
        Some(Graph::of_edges(LABELS, edges, 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_reads_as_its_edges() {
        let space = TransnasMicro::shared();
        let arch = space.parse("64-41414-1_02_333").expect("published");
        assert_eq!(arch.decisions(), [1, 0, 2, 3, 3, 3]);
        assert_eq!(space.display(&arch), "64-41414-1_02_333");
        assert_eq!(space.class_count(), 4_096);
    }

    #[test]
    fn malformed_texts_say_what_was_expected() {
        for text in [
            "",
            "64-41414-",
            "64-4141-1_02_333",
            "64-41414-1_02_33",
            "64-41414-1_02_3333",
            "64-41414-1_02_334",
            "64-41414-1002_333",
            "64-41414-1_02_3é",
        ] {
            let error = TransnasMicro::shared().parse(text).expect_err(text);
            assert!(error.to_string().contains("six digits"), "{error}");
        }
    }
}
