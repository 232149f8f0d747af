//! TransNAS-Bench-101, network level: four to six modules, each of which may double the channels or halve the
//! resolution.
//!
//! Source: Duan, Chen, Xu, Chen, Liang, Zhang, Li, "TransNAS-Bench-101: Improving Transferability and Generalizability
//! of Cross-Task Neural Architecture Search", CVPR 2021, arXiv 2105.11871. Of all sequences, the 3,256 valid ones
//! halve the resolution one to four times and double the channels one to three times. An architecture prints as
//! `64-1234-basic`: base channels and the kind of block are fixed, with a digit for each module between.

use super::graph::Graph;
use super::{Architecture, Decision, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::sync::{Arc, LazyLock};

const NAME: &str = "transnas-bench-101-macro";
/// The modules in the order of their digits, 1 to 4; the last two places may be left empty.
const MODULES: [&str; 5] = [
    "normal",
    "channels x2",
    "resolution /2",
    "channels x2, resolution /2",
    "absent",
];
const LABELS: &[&str] = &[
    "input",
    "output",
    "normal",
    "channels x2",
    "resolution /2",
    "channels x2, resolution /2",
];
const ABSENT: u8 = 4;
const PLACES: usize = 6;
/// Modules that every network has.
const REQUIRED: usize = 4;
const CLASSES: usize = 3_256;

/// The network-level space of TransNAS-Bench-101.
pub struct TransnasMacro {
    decisions: Vec<Decision>,
    /// The raw index of every valid network.
    valid: Vec<u16>,
}

impl TransnasMacro {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<TransnasMacro>> = LazyLock::new(|| {
            let decision = |place| Decision {
                name: format!("module {}", place + 1),
                options: match place < REQUIRED {
                    true => MODULES[..4].to_vec(),
                    false => MODULES.to_vec(),
                },
            };
            let mut space = TransnasMacro {
                decisions: (0..PLACES).map(decision).collect(),
                valid: Vec::with_capacity(CLASSES),
            };
            let is_valid = |&index: &u64| space.is_valid(&space.at_index(index));
            let valid = (0..space.raw_size()).filter(is_valid);
            space.valid = valid.map(|index| index as u16).collect();
            Arc::new(space)
        });
        SPACE.clone()
    }
}

/// The modules of a network, without the places left empty at its end.
fn modules(arch: &Architecture) -> &[u8] {
    let places = arch.decisions();
    let present = places.iter().rposition(|&module| module != ABSENT);
    &places[..present.map_or(0, |last| last + 1)]
}

impl SearchSpace for TransnasMacro {
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
        self.valid.len() as u64
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        let digits = text
            .strip_prefix("64-")
            .and_then(|rest| rest.strip_suffix("-basic"))
            .unwrap_or_default();
        let mut places = [ABSENT; PLACES];
        let fits = (REQUIRED..=PLACES).contains(&digits.len());
        if !fits || !digits.bytes().all(|digit| (b'1'..=b'4').contains(&digit)) {
            return Err(Error::new(NAME, format!("`{text}` is not an architecture"))
                .mend("expected four to six digits 1 to 4, such as `64-1234-basic`"));
        }
        for (place, digit) in places.iter_mut().zip(digits.bytes()) {
            *place = digit - b'1';
        }
        Ok(Architecture::new(&places))
    }

    fn display(&self, arch: &Architecture) -> String {
        let digit = |&module: &u8| char::from(b'1' + module);
        let digits: String = modules(arch).iter().map(digit).collect();
        format!("64-{digits}-basic")
    }

    fn is_valid(&self, arch: &Architecture) -> bool {
        let modules = modules(arch);
        let doubled = modules.iter().filter(|&&module| module & 1 == 1).count();
        let halved = modules.iter().filter(|&&module| module >= 2).count();
        !modules.contains(&ABSENT) && (1..=3).contains(&doubled) && (1..=4).contains(&halved)
    }

    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        let at = rng.random_range(0..self.valid.len() as u32);
        self.at_index(u64::from(self.valid[at as usize]))
    }

    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let modules: Vec<u8> = modules(arch).iter().map(|module| 2 + module).collect();
        Some(Graph::chain(LABELS, &modules))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_networks_are_as_many_as_published() {
        assert_eq!(TransnasMacro::shared().class_count(), 3_256);
    }

    #[test]
    fn the_published_examples_read_as_their_modules() {
        let space = TransnasMacro::shared();
        for (text, modules) in [
            ("64-1234-basic", [0, 1, 2, 3, 4, 4]),
            ("64-2311-basic", [1, 2, 0, 0, 4, 4]),
            ("64-4111-basic", [3, 0, 0, 0, 4, 4]),
        ] {
            let arch = space.parse(text).expect("published");
            assert_eq!(arch.decisions(), modules);
            assert!(space.is_valid(&arch));
            assert_eq!(space.display(&arch), text);
        }
    }

    #[test]
    fn malformed_texts_say_what_was_expected() {
        for text in [
            "",
            "64-123-basic",
            "64-1234567-basic",
            "64-1235-basic",
            "64-1204-basic",
            "1234",
        ] {
            let error = TransnasMacro::shared().parse(text).expect_err(text);
            assert!(error.to_string().contains("digits 1 to 4"), "{error}");
        }
    }
}
