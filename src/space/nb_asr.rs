//! NAS-Bench-ASR: a cell of three nodes for speech recognition, each with one of six operations and skip connections
//! from what came before.
//!
//! Source: Mehrotra, Ramos, Bhattacharya, Dudziak, Vipperla, Chau, Abdelfattah, Ishtiaq, Lane, "NAS-Bench-ASR:
//! Reproducible Neural Architecture Search for Speech Recognition", ICLR 2021 (OpenReview CU0APx9LMaL; no arXiv id).
//! Node `n` reads node `n - 1` and, where the skip connections of node `n - 1` say so, earlier ones; those of node 3
//! lead to the output. Classes are the 8,242 published ones: cells without `zero` nodes and dangling parts, up to
//! isomorphism. The cells that let nothing through are one of them, trained like the others.
//!
//! An architecture prints as the published list, `[[0, 1], [5, 0, 1], [3, 1, 0, 1]]`: for each node the code of its
//! operation, then its skip connections.

use super::dense::DenseClasses;
use super::graph::{Graph, INPUT, OUTPUT};
use super::module::{Degree, Module};
use super::{Architecture, Decision, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

const NAME: &str = "nas-bench-asr";
/// The operations in the order of their codes.
const OPERATIONS: [&str; 6] = ["linear", "conv5", "conv5d2", "conv7", "conv7d2", "zero"];
const LABELS: &[&str] = &[
    "input", "output", "linear", "conv5", "conv5d2", "conv7", "conv7d2",
];
const ZERO: u8 = 5;
const NODES: usize = 3;
/// Where each node's operation stands among the decisions; its skip connections follow.
const STARTS: [usize; NODES] = [0, 2, 5];
const DECISIONS: usize = 9;
const RAW_SIZE: u32 = 6_u32.pow(3) * 2_u32.pow(6);

/// The NAS-Bench-ASR space.
pub struct NbAsr {
    decisions: Vec<Decision>,
    classes: DenseClasses,
}

impl NbAsr {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<NbAsr>> = LazyLock::new(|| Arc::new(NbAsr::build()));
        SPACE.clone()
    }

    fn build() -> Self {
        let mut first = BTreeMap::new();
        let smallest: Vec<u32> = (0..RAW_SIZE)
            .map(|index| {
                let module = module_of(&at(index)).pruned();
                let class = module.map(|module| module.canonical());
                *first.entry(class).or_insert(index)
            })
            .collect();
        let mut decisions = Vec::with_capacity(DECISIONS);
        for node in 1..=NODES {
            decisions.push(Decision {
                name: format!("operation {node}"),
                options: OPERATIONS.to_vec(),
            });
            decisions.extend((0..node).map(|source| Decision {
                name: format!("skip {source}→{}", node + 1),
                options: vec!["absent", "present"],
            }));
        }
        Self {
            decisions,
            classes: DenseClasses::build(RAW_SIZE, |index| smallest[index as usize], |_| true),
        }
    }

    /// The published model hash, 32 hex digits.
    pub fn model_hash(&self, arch: &Architecture) -> String {
        match module_of(arch).pruned() {
            Some(module) => module.hash(Degree::Decimal),
            // The MD5 of `[]`: no vertex is left.
            None => "d751713988987e9331980363e24189ce".to_owned(),
        }
    }
}

/// Input, three nodes and output, unpruned; a `zero` node is not fed.
fn module_of(arch: &Architecture) -> Module {
    let choices = arch.decisions();
    let operations = STARTS.map(|start| choices[start]);
    let mut feeders = [0, 1, 0, 0, 0];
    for (node, start) in (1..).zip(STARTS) {
        let skips = choices[start + 1..][..node].iter().enumerate();
        let earlier = skips.fold(0, |bits, (source, &skip)| bits | skip << source);
        feeders[node + 1] = 1 << node | earlier;
    }
    for (node, &operation) in (1..).zip(&operations) {
        if operation == ZERO {
            feeders[node] = 0;
        }
    }
    Module::new(&feeders, &operations)
}

fn at(mut index: u32) -> Architecture {
    let mut choices = [0; DECISIONS];
    for (place, choice) in choices.iter_mut().enumerate().rev() {
        let options = if STARTS.contains(&place) { 6 } else { 2 };
        *choice = (index % options) as u8;
        index /= options;
    }
    Architecture::new(&choices)
}

impl SearchSpace for NbAsr {
    fn name(&self) -> &str {
        NAME
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn canonical(&self, arch: &Architecture) -> Architecture {
        at(self.classes.canonical(self.index_of(arch) as u32))
    }

    fn class_count(&self) -> u64 {
        self.classes.class_count()
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        let nodes: Option<Vec<Vec<u8>>> = serde_json::from_str(text).ok();
        nodes
            .filter(|nodes| (2..).zip(nodes).all(|(len, node)| node.len() == len))
            .filter(|nodes| nodes.len() == NODES)
            .map(|nodes| nodes.concat())
            .filter(|choices| {
                let options = self.decisions.iter().map(|decision| decision.options.len());
                let mut pairs = choices.iter().zip(options);
                pairs.all(|(&choice, options)| usize::from(choice) < options)
            })
            .map(|choices| Architecture::new(&choices))
            .ok_or_else(|| {
                Error::new(NAME, format!("`{text}` is not an architecture")).mend(
                    "expected for three nodes an operation 0 to 5 and one, two and three skip \
                     connections 0 or 1, such as `[[0, 1], [5, 0, 1], [3, 1, 0, 1]]`",
                )
            })
    }

    fn display(&self, arch: &Architecture) -> String {
        let choices = arch.decisions();
        let node = |(len, start)| format!("{:?}", &choices[start..][..len]);
        let nodes: Vec<String> = (2..).zip(STARTS).map(node).collect();
        format!("[{}]", nodes.join(", "))
    }

    fn raw_size(&self) -> u64 {
        u64::from(RAW_SIZE)
    }

    fn at_index(&self, index: u64) -> Architecture {
        at(index as u32)
    }

    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        at(rng.random_range(0..RAW_SIZE))
    }

    /// A skip connection is an edge.
    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let module = module_of(arch);
        // The label of a `zero` node never shows, as nothing feeds it.
        let [a, b, c] = STARTS.map(|start| 2 + arch.decisions()[start]);
        let edges: Vec<_> = module.edges().collect();
        Some(Graph::new(LABELS, &[INPUT, a, b, c, OUTPUT], &edges))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::conformance::sha256_of_text;
    use crate::space::graph::refined_colours;

    /// From the published code:
    /// ```python
    /// for a in itertools.product(range(6), *[range(2)], range(6), *[range(2)] * 2, range(6), *[range(2)] * 3):
    ///     h.update(get_model_hash([list(a[:2]), list(a[2:5]), list(a[5:])]).encode())
    /// ```
    #[test]
    fn hashes_are_the_published_ones() {
        let space = NbAsr::shared();
        let hashes = (0..space.raw_size()).map(|i| space.model_hash(&space.at_index(i)));
        assert_eq!(
            sha256_of_text(hashes),
            "820646d6848179eb720f274b4ccd50490486cf08d6cb9d25ecd88ca54b55a1e5"
        );
    }

    #[test]
    fn classes_are_the_published_hashes() {
        let space = NbAsr::shared();
        assert_eq!(space.class_count(), 8_242);
        for index in 0..space.raw_size() {
            let arch = space.at_index(index);
            let canonical = space.canonical(&arch);
            assert_eq!(space.model_hash(&arch), space.model_hash(&canonical));
            let colours = |arch| refined_colours(&space.graph(arch).expect("a structure"));
            assert_eq!(colours(&arch), colours(&canonical));
        }
    }

    #[test]
    fn zero_nodes_and_what_hangs_on_them_are_not_in_the_graph() {
        let space = NbAsr::shared();
        let arch = space.parse("[[2, 1], [5, 0, 1], [3, 1, 0, 1]]");
        let graph = space
            .graph(&arch.expect("published form"))
            .expect("a graph");
        assert_eq!(graph.nodes(), [INPUT, 4, 5, OUTPUT]);
        // `get_model_graph` of the published code has the same matrix.
        assert_eq!(graph.edges(), [(0, 1), (1, 2), (0, 3), (2, 3)]);
    }

    #[test]
    fn malformed_texts_say_what_was_expected() {
        for text in [
            "",
            "[]",
            "[[0, 1], [5, 0, 1]]",
            "[[0, 1], [5, 0, 1], [3, 1, 0]]",
            "[[6, 1], [5, 0, 1], [3, 1, 0, 1]]",
            "[[0, 2], [5, 0, 1], [3, 1, 0, 1]]",
            "[[0, -1], [5, 0, 1], [3, 1, 0, 1]]",
        ] {
            let error = NbAsr::shared().parse(text).expect_err(text).to_string();
            assert!(error.contains("three nodes"), "{error}");
        }
    }
}
