//! TransNAS-Bench-101, cell level: a cell of four nodes with one of four operations on each of its six edges.
//!
//! Source: Duan, Chen, Xu, Chen, Liang, Zhang, Li, "TransNAS-Bench-101: Improving Transferability and Generalizability
//! of Cross-Task Neural Architecture Search", CVPR 2021, arXiv 2105.11871. All 4,096 cells were trained, each is a
//! class of its own. An architecture prints as `64-41414-1_02_333`: base channels and modules, which are fixed, then
//! for each node one digit per edge from an earlier one.

use super::Decision;
use super::graph::Graph;
use super::uniform::{Notation, UniformSpace};
use crate::error::Error;
use std::sync::{Arc, LazyLock};

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
/// What stands before every cell: base channels and modules.
const NETWORK: &str = "64-41414-";

/// The cell-level space of TransNAS-Bench-101.
pub type TransnasMicro = UniformSpace<CellDigits, 4, 6>;

/// One digit for each edge, behind the network's fixed part.
pub enum CellDigits {}

impl TransnasMicro {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<TransnasMicro>> = LazyLock::new(|| {
            let decision = |(source, target)| Decision {
                name: format!("edge {source}→{target}"),
                options: OPERATIONS.to_vec(),
            };
            let decisions = EDGES.map(decision).to_vec();
            Arc::new(TransnasMicro::build(decisions, |index| index))
        });
        SPACE.clone()
    }
}

impl Notation<6> for CellDigits {
    const NAME: &'static str = "transnas-bench-101-micro";

    fn parse(text: &str) -> Result<[u8; 6], Error> {
        let cell = text.strip_prefix(NETWORK).unwrap_or_default();
        let is_separated = cell.char_indices().all(|(at, c)| match at {
            1 | 4 => c == '_',
            _ => ('0'..='3').contains(&c),
        });
        let edges = cell.bytes().filter(u8::is_ascii_digit);
        <[u8; 6]>::try_from(edges.map(|digit| digit - b'0').collect::<Vec<_>>())
            .ok()
            .filter(|_| is_separated && cell.len() == 8)
            .ok_or_else(|| {
                Error::new(Self::NAME, format!("`{text}` is not an architecture"))
                    .mend("expected `64-41414-` and six digits 0 to 3, such as `64-41414-1_02_333`")
            })
    }

    fn display(ops: &[u8; 6]) -> String {
        let mut text = String::with_capacity(NETWORK.len() + 8);
        text.push_str(NETWORK);
        for (&(source, target), &op) in EDGES.iter().zip(ops) {
            if source == 0 && target > 1 {
                text.push('_');
            }
            text.push(char::from(b'0' + op));
        }
        text
    }

    fn graph(ops: &[u8; 6]) -> Graph {
        let edges = EDGES.iter().zip(ops);
        let edges = edges.map(|(&(from, to), &op)| (from, to, (op != NONE).then_some(op + 1)));
        Graph::of_edges(LABELS, edges, 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SearchSpace;

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
