//! NAS-Bench-Macro: a network of eight layers, each one of three blocks, written as eight base-3 digits.
//!
//! Source: Su, Huang, Li, You, Wang, Qian, Zhang, Xu, "Prioritized Architecture Sampling with Monto-Carlo Tree Search",
//! CVPR 2021, arXiv 2103.11922. All 6,561 strings are architectures, as in the published table.
//!
//! Some of them are the same network: the layers form stages of 2, 3 and 3, and an identity block does nothing unless it
//! opens a stage. The authors trained 3,969 networks and copied their results to the other strings. Those networks are
//! the isomorphism classes; the canonical string, the one that was trained, has a stage's idle identity blocks last.

use super::Decision;
use super::graph::Graph;
use super::uniform::{Notation, UniformSpace};
use crate::error::Error;
use std::sync::{Arc, LazyLock};

const LAYERS: usize = 8;
/// The blocks in the order of their digits: identity, and inverted residuals of expansion 3 and kernel 3, 6 and 5.
const BLOCKS: [&str; 3] = ["identity", "mb3_k3", "mb6_k5"];
const LABELS: &[&str] = &["input", "output", "identity", "mb3_k3", "mb6_k5"];
const IDENTITY: u8 = 0;
/// The layers of each stage after the one that opens it.
const STAGE_TAILS: [std::ops::Range<usize>; 3] = [1..2, 3..5, 6..8];

/// The NAS-Bench-Macro space.
pub type NbMacro = UniformSpace<Blocks, 3, LAYERS>;

/// One digit for each layer's block.
pub enum Blocks {}

impl NbMacro {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<NbMacro>> = LazyLock::new(|| {
            let decision = |layer| Decision {
                name: format!("layer {layer}"),
                options: BLOCKS.to_vec(),
            };
            let trained: Vec<u32> = NbMacro::all()
                .map(|l| NbMacro::rank(&trained_as(l)))
                .collect();
            let decisions = (1..=LAYERS).map(decision).collect();
            Arc::new(NbMacro::build(decisions, |index| trained[index as usize]))
        });
        SPACE.clone()
    }
}

/// The layers whose training the published table reports for these: in each stage, identity blocks behind the opening
/// layer come last.
fn trained_as(mut layers: [u8; LAYERS]) -> [u8; LAYERS] {
    for tail in STAGE_TAILS {
        // A stable sort keeps the order of the other blocks.
        layers[tail].sort_by_key(|&block| block == IDENTITY);
    }
    layers
}

impl Notation<LAYERS> for Blocks {
    const NAME: &'static str = "nas-bench-macro";

    fn parse(text: &str) -> Result<[u8; LAYERS], Error> {
        let blocks: Option<Vec<u8>> = text
            .chars()
            .map(|c| c.to_digit(3).map(|digit| digit as u8))
            .collect();
        blocks
            .and_then(|blocks| blocks.try_into().ok())
            .ok_or_else(|| {
                Error::new(Self::NAME, format!("`{text}` is not an architecture"))
                    .mend("expected eight digits 0, 1 or 2, such as `22212220`")
            })
    }

    fn display(layers: &[u8; LAYERS]) -> String {
        layers.iter().map(u8::to_string).collect()
    }

    fn graph(layers: &[u8; LAYERS]) -> Graph {
        Graph::chain(LABELS, &trained_as(*layers).map(|block| 2 + block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SearchSpace;
    use crate::space::conformance::real_data;
    use std::collections::BTreeSet;

    #[test]
    fn the_published_best_reads_as_its_blocks() {
        let arch = NbMacro::shared().parse("22212220").expect("published");
        assert_eq!(arch.decisions(), [2, 2, 2, 1, 2, 2, 2, 0]);
    }

    #[test]
    fn malformed_texts_say_what_was_expected() {
        for text in ["", "2221222", "222122200", "22212223", "２2212220"] {
            let error = NbMacro::shared().parse(text).expect_err(text).to_string();
            assert!(error.contains("eight digits"), "{error}");
        }
    }

    /// By hand: stages of 2, 3 and 3 layers; identities after the first layer of a stage go last.
    #[test]
    fn idle_identities_come_last_in_their_stage() {
        let space = NbMacro::shared();
        let canonical = |text: &str| {
            let arch = space.parse(text).expect("a string");
            space.display(&space.canonical(&arch))
        };
        assert_eq!(canonical("22212202"), "22212220");
        assert_eq!(canonical("00001010"), "00010010");
        assert_eq!(canonical("02002001"), "02020010");
        assert_eq!(canonical("12021021"), "12021021");
    }

    /// The published number, which is (3 · 3) · (3 · 7) · (3 · 7): three opening blocks per stage, and behind them a tail
    /// of one layer (3) or of two, where only the blocks other than identity count (1 + 2 + 4).
    #[test]
    fn classes_are_the_trained_networks() {
        assert_eq!(NbMacro::shared().class_count(), 3_969);
    }

    #[test]
    fn the_published_table_has_every_architecture_and_repeats_the_trained_ones() {
        let Some(data) = real_data("nas-bench-macro/nas-bench-macro_cifar10.json") else {
            return;
        };
        let text = std::fs::read_to_string(data).expect("readable");
        let table: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let rows = table.as_object().expect("one object");
        let space = NbMacro::shared();
        let mut seen = BTreeSet::new();
        let mut results = BTreeSet::new();
        for (name, row) in rows {
            let arch = space.parse(name).expect("published");
            assert_eq!(&space.display(&arch), name);
            seen.insert(space.index_of(&arch));
            assert_eq!(row, &rows[&space.display(&space.canonical(&arch))]);
            results.insert(row["test_acc"].to_string());
        }
        assert_eq!(seen.len(), 6_561);
        assert_eq!(results.len(), 3_969);
    }
}
