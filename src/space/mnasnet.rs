//! Accel-NASBench's MnasNet space: seven blocks, each with an expansion, a kernel, a number of layers and perhaps
//! squeeze-and-excitation.
//!
//! Source: Ahmad, Du, Xie, Zhang, "Accel-NASBench: Sustainable Benchmarking for Accelerator-Aware NAS", DAC 2024,
//! arXiv 2404.08005. The 104,485,552,128 networks differ. An architecture prints as the published JSON
//! object, `{"block0_e": 4, "block0_k": 5, "block0_l": 1, "block0_se": false, …}`.

use super::graph::Graph;
use super::{Architecture, Decision, SearchSpace};
use crate::error::Error;
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::{Arc, LazyLock};

const NAME: &str = "accel-nasbench";
const BLOCKS: usize = 7;
/// The one block that may have four layers.
const LONG_BLOCK: usize = 5;
/// The end of each key and its values, as JSON writes them.
const CHOICES: [(&str, &[&str]); 4] = [
    ("e", &["1", "4", "6"]),
    ("k", &["3", "5"]),
    ("l", &["1", "2", "3", "4"]),
    ("se", &["false", "true"]),
];
/// `block` opens a block; its layers follow, labelled by expansion, kernel and squeeze-and-excitation.
const LABELS: &[&str] = &[
    "input",
    "output",
    "block",
    "mb1_k3",
    "mb1_k3_se",
    "mb1_k5",
    "mb1_k5_se",
    "mb4_k3",
    "mb4_k3_se",
    "mb4_k5",
    "mb4_k5_se",
    "mb6_k3",
    "mb6_k3_se",
    "mb6_k5",
    "mb6_k5_se",
];
const BLOCK: u8 = 2;

/// The MnasNet space.
pub struct MnasNet {
    decisions: Vec<Decision>,
}

impl MnasNet {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<MnasNet>> = LazyLock::new(|| {
            let decision = |block, (key, values): (&str, &[&'static str])| Decision {
                name: format!("block{block}_{key}"),
                options: match (key, block) {
                    ("l", block) if block != LONG_BLOCK => values[..3].to_vec(),
                    _ => values.to_vec(),
                },
            };
            let blocks = 0..BLOCKS;
            let decisions = blocks.flat_map(|block| CHOICES.map(|choice| decision(block, choice)));
            Arc::new(MnasNet {
                decisions: decisions.collect(),
            })
        });
        SPACE.clone()
    }

    /// Which decision a key names. Keys mostly stand in the decisions' order.
    fn decision(&self, key: &str, next: usize) -> Result<usize, Error> {
        let is_it = |decision: &Decision| decision.name == key;
        if self.decisions.get(next).is_some_and(is_it) {
            return Ok(next);
        }
        self.decisions.iter().position(is_it).ok_or_else(|| {
            let known = self.decisions.iter().map(|d| d.name.as_str());
            Error::unknown_name(NAME, "key", key, known)
        })
    }

    /// The code of a value.
    fn code(&self, at: usize, value: &Value) -> Result<u8, Error> {
        let decision = &self.decisions[at];
        let is_it = |option: &&str| match value {
            Value::Bool(flag) => *option == if *flag { "true" } else { "false" },
            Value::Number(number) => option.parse().ok() == number.as_u64() && number.is_u64(),
            _ => false,
        };
        let code = decision.options.iter().position(is_it);
        code.map(|code| code as u8).ok_or_else(|| {
            Error::new(NAME, format!("{} is {value}", decision.name))
                .mend(format!("expected one of {}", decision.options.join(", ")))
        })
    }
}

/// Reads a published `architecture` object: an architecture, or the key that is missing or unknown, or the value that is
/// no option.
impl<'de> DeserializeSeed<'de> for &MnasNet {
    type Value = Result<Architecture, Error>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &MnasNet {
    type Value = Result<Architecture, Error>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `block0_e`, `block0_k`, `block0_l`, `block0_se` to `block6_se`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut codes = [None; BLOCKS * CHOICES.len()];
        let mut problem = None;
        let mut next = 0;
        while let Some((key, value)) = map.next_entry::<Key<'de>, Value>()? {
            let read = self
                .decision(&key.0, next)
                .and_then(|at| Ok((at, self.code(at, &value)?)));
            match read {
                Ok((at, code)) => {
                    codes[at] = Some(code);
                    next = at + 1;
                }
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        if let Some(error) = problem {
            return Ok(Err(error));
        }
        let mut choices = [0; BLOCKS * CHOICES.len()];
        for (at, (choice, code)) in choices.iter_mut().zip(codes).enumerate() {
            match code {
                Some(code) => *choice = code,
                None => return Ok(self.code(at, &Value::Null).map(|_| Architecture::new(&[]))),
            }
        }
        Ok(Ok(Architecture::new(&choices)))
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'k>(#[serde(borrow)] Cow<'k, str>);

impl SearchSpace for MnasNet {
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
        self.raw_size()
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let arch = (self.deserialize(&mut deserializer))
            .and_then(|arch| deserializer.end().map(|()| arch));
        arch.unwrap_or_else(|e| {
            Err(Error::new(NAME, format!("`{text}` is not an architecture: {e}"))
                .mend("expected a JSON object with `block0_e`, `block0_k`, `block0_l`, `block0_se` to `block6_se`"))
        })
    }

    fn display(&self, arch: &Architecture) -> String {
        let mut text = String::with_capacity(480);
        for (decision, &choice) in self.decisions.iter().zip(arch.decisions()) {
            text.push_str(if text.is_empty() { "{" } else { ", " });
            let option = decision.options[usize::from(choice)];
            write!(text, "\"{}\": {option}", decision.name).expect("a string takes all");
        }
        text + "}"
    }

    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let mut layers = Vec::with_capacity(30);
        for block in arch.decisions().chunks_exact(CHOICES.len()) {
            let label = BLOCK + 1 + 4 * block[0] + 2 * block[1] + block[3];
            layers.push(BLOCK);
            layers.extend((0..=block[2]).map(|_| label));
        }
        Some(Graph::chain(LABELS, &layers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::conformance::real_data;
    use std::collections::BTreeSet;
    use std::io::Read;

    /// EfficientNet-B0 as the published code gives it: expansions, kernels, layers, squeeze-and-excitation of seven
    /// blocks (`manual_sample` of the README).
    #[test]
    fn the_published_example_reads_and_prints() {
        let blocks = [
            (1, 3, 1),
            (6, 3, 2),
            (6, 5, 2),
            (6, 3, 3),
            (6, 5, 3),
            (6, 5, 4),
            (6, 3, 1),
        ];
        let block = |(at, (e, k, l)): (usize, (u8, u8, u8))| {
            format!(
                r#""block{at}_e": {e}, "block{at}_k": {k}, "block{at}_l": {l}, "block{at}_se": true"#
            )
        };
        let blocks: Vec<String> = blocks.into_iter().enumerate().map(block).collect();
        let text = format!("{{{}}}", blocks.join(", "));
        let space = MnasNet::shared();
        let arch = space.parse(&text).expect("an architecture");
        assert_eq!(arch.decisions()[20..24], [2, 1, 3, 1]);
        assert_eq!(space.display(&arch), text);
        // Sixteen layers in seven blocks between input and output.
        assert_eq!(space.graph(&arch).expect("a chain").nodes().len(), 25);
    }

    /// The 5,125 different networks of the published results.
    #[test]
    fn published_architectures_read_and_print() {
        let Some(path) = real_data("accel-nasbench/anb_dataset_jsons.tar.gz") else {
            return;
        };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).expect("readable");
        let mut archive = flate2::read::GzDecoder::new(file);
        archive.read_to_end(&mut bytes).expect("gzip");
        // Every file in the archive is one JSON object; what lies between them is not text.
        let text = String::from_utf8_lossy(&bytes);
        let space = MnasNet::shared();
        let mut classes = BTreeSet::new();
        for part in text.split("{\"architecture\": ").skip(1) {
            let object = &part[..=part.find('}').expect("an object")];
            let arch = space.parse(object).expect("published");
            assert_eq!(space.display(&arch), object);
            classes.insert(space.class(&arch));
        }
        assert_eq!(classes.len(), 5_125);
    }

    /// `3**7 * 2**7 * 3**6 * 4 * 2**7`
    #[test]
    fn networks_are_counted() {
        assert_eq!(MnasNet::shared().class_count(), 104_485_552_128);
    }

    #[test]
    fn malformed_texts_say_what_was_expected() {
        let space = MnasNet::shared();
        let error = |text: &str| space.parse(text).expect_err(text).to_string();
        assert!(error("1234").contains("JSON object"));
        assert!(error("{}").contains("block0_e is null"));
        assert!(error(r#"{"block7_e": 1}"#).contains("did you mean"));
        let text = space.display(&space.at_index(0));
        let long = text.replace(r#""block4_l": 1"#, r#""block4_l": 4"#);
        assert!(error(&long).ends_with("expected one of 1, 2, 3"));
    }
}
