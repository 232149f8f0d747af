//! NATS-Bench's size search space: a fixed cell, and one of eight channel counts for each of five layers.
//!
//! Source: Dong, Liu, Musial, Gabrys, "NATS-Bench: Benchmarking NAS Algorithms for Architecture Topology and Size",
//! IEEE TPAMI 2021, arXiv 2009.00437. All 32,768 networks differ. An architecture prints as `8:16:24:32:64`.

use super::dense::{digits, number};
use super::graph::Graph;
use super::{Architecture, ClassId, Decision, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::sync::{Arc, LazyLock};

const NAME: &str = "nats-bench-size";
const LAYERS: usize = 5;
const CHANNELS: [&str; 8] = ["8", "16", "24", "32", "40", "48", "56", "64"];
const LABELS: &[&str] = &[
    "input", "output", "8", "16", "24", "32", "40", "48", "56", "64",
];
const RAW_SIZE: u32 = 8_u32.pow(LAYERS as u32);

/// The NATS-Bench size space.
pub struct NatsSize {
    decisions: Vec<Decision>,
}

impl NatsSize {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<NatsSize>> = LazyLock::new(|| {
            let decision = |layer| Decision {
                name: format!("channels of layer {layer}"),
                options: CHANNELS.to_vec(),
            };
            Arc::new(NatsSize {
                decisions: (1..=LAYERS).map(decision).collect(),
            })
        });
        SPACE.clone()
    }
}

fn index(arch: &Architecture) -> u32 {
    number::<8, LAYERS>(arch.leading())
}

fn at(index: u32) -> Architecture {
    Architecture::new(&digits::<8, LAYERS>(index))
}

impl SearchSpace for NatsSize {
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
        let layers: Option<Vec<u8>> = text
            .split(':')
            .map(|layer| CHANNELS.iter().position(|known| *known == layer))
            .map(|code| code.map(|code| code as u8))
            .collect();
        layers
            .filter(|layers| layers.len() == LAYERS)
            .map(|layers| Architecture::new(&layers))
            .ok_or_else(|| {
                Error::new(NAME, format!("`{text}` is not an architecture"))
                    .mend("expected five multiples of 8 up to 64, such as `8:16:24:32:64`")
            })
    }

    fn display(&self, arch: &Architecture) -> String {
        let layers = arch.decisions().iter();
        let names: Vec<&str> = layers.map(|&code| CHANNELS[usize::from(code)]).collect();
        names.join(":")
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
        let layers: Vec<u8> = arch.decisions().iter().map(|code| 2 + code).collect();
        Some(Graph::chain(LABELS, &layers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
