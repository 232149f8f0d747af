//! NATS-Bench's size search space: a fixed cell, and one of eight channel counts for each of five layers.
//!
//! Source: Dong, Liu, Musial, Gabrys, "NATS-Bench: Benchmarking NAS Algorithms for Architecture Topology and Size",
//! IEEE TPAMI 2021, arXiv 2009.00437. All 32,768 networks differ. An architecture prints as `8:16:24:32:64`.

use super::Decision;
use super::graph::Graph;
use super::uniform::{Notation, UniformSpace};
use crate::error::Error;
use std::sync::{Arc, LazyLock};

const LAYERS: usize = 5;
const CHANNELS: [&str; 8] = ["8", "16", "24", "32", "40", "48", "56", "64"];
const LABELS: &[&str] = &[
    "input", "output", "8", "16", "24", "32", "40", "48", "56", "64",
];

/// The NATS-Bench size space.
pub type NatsSize = UniformSpace<Channels, 8, LAYERS>;

/// Channel counts between colons.
pub enum Channels {}

impl NatsSize {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<NatsSize>> = LazyLock::new(|| {
            let decision = |layer| Decision {
                name: format!("channels of layer {layer}"),
                options: CHANNELS.to_vec(),
            };
            let decisions = (1..=LAYERS).map(decision).collect();
            Arc::new(NatsSize::build(decisions, |index| index))
        });
        SPACE.clone()
    }
}

impl Notation<LAYERS> for Channels {
    const NAME: &'static str = "nats-bench-size";

    fn parse(text: &str) -> Result<[u8; LAYERS], Error> {
        let layers: Option<Vec<u8>> = text
            .split(':')
            .map(|layer| CHANNELS.iter().position(|known| *known == layer))
            .map(|code| code.map(|code| code as u8))
            .collect();
        layers
            .and_then(|layers| layers.try_into().ok())
            .ok_or_else(|| {
                Error::new(Self::NAME, format!("`{text}` is not an architecture"))
                    .mend("expected five multiples of 8 up to 64, such as `8:16:24:32:64`")
            })
    }

    fn display(layers: &[u8; LAYERS]) -> String {
        layers.map(|code| CHANNELS[usize::from(code)]).join(":")
    }

    fn graph(layers: &[u8; LAYERS]) -> Graph {
        Graph::chain(LABELS, &layers.map(|code| 2 + code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SearchSpace;
    use crate::space::conformance::sha256_of_text;

    #[test]
    fn malformed_texts_say_what_was_expected() {
        for text in [
            "",
            "8:16:24:32",
            "8:16:24:32:64:8",
            "8:16:24:32:65",
            "08:16:24:32:64",
        ] {
            let error = NatsSize::shared().parse(text).expect_err(text).to_string();
            assert!(error.contains("multiples of 8"), "{error}");
        }
    }

    /// From the official release, `meta.pickle.pbz2`:
    /// `hashlib.sha256(''.join(a + '\n' for a in meta['meta_archs']).encode()).hexdigest()`
    #[test]
    fn raw_order_is_the_published_order_of_names() {
        let space = NatsSize::shared();
        let names = (0..space.raw_size()).map(|i| space.display(&space.at_index(i)) + "\n");
        assert_eq!(
            sha256_of_text(names),
            "5f44ac682201a4932904284a4b8e05a2e6f884481c009e1aa655ae7bd378b1df"
        );
    }
}
