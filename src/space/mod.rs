//! Search spaces: what an architecture is, which ones are the same network, and how to move between them.

mod architecture;
#[cfg(test)]
pub(crate) mod conformance;
mod darts;
mod dense;
mod graph;
mod mnasnet;
mod module;
mod nats_size;
mod nb101;
mod nb201;
mod nb_asr;
mod nb_graph;
mod nb_macro;
mod nb_nlp;
mod pool;
mod transnas_macro;
mod transnas_micro;
mod uniform;

pub use architecture::{Architecture, MAX_DECISIONS};
pub use darts::Darts;
pub(crate) use darts::OPERATIONS as DARTS_OPERATIONS;
pub use graph::{Graph, INPUT, OUTPUT};
pub use mnasnet::MnasNet;
pub use nats_size::NatsSize;
pub use nb_asr::NbAsr;
pub use nb_graph::NbGraph;
pub use nb_macro::NbMacro;
pub use nb_nlp::RecurrentCell;
pub use nb101::Nb101;
pub use nb201::Nb201;
pub use pool::{POOL, Pool};
pub use transnas_macro::TransnasMacro;
pub use transnas_micro::TransnasMicro;
pub use uniform::{Notation, UniformSpace};

use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::sync::Arc;

/// A search space that can be opened by name.
#[derive(Debug, Clone, Copy)]
pub struct SpaceEntry {
    /// Kebab-case name.
    pub name: &'static str,
    /// One line on what an architecture is.
    pub summary: &'static str,
    /// Authors, venue and arXiv id of the paper.
    pub citation: &'static str,
    /// The space; built on the first call, shared by all.
    pub open: fn() -> Arc<dyn SearchSpace>,
}

/// Every search space.
pub const SPACES: &[SpaceEntry] = &[
    SpaceEntry {
        name: "nas-bench-graph",
        summary: "graph neural networks: a tree of four nodes, nine operations",
        citation: "Qin et al., NeurIPS 2022 Datasets and Benchmarks, arXiv 2206.09166",
        open: || NbGraph::full(),
    },
    SpaceEntry {
        name: "nas-bench-graph-proteins",
        summary: "nas-bench-graph with the five operations trained on ogbn-proteins",
        citation: "Qin et al., NeurIPS 2022 Datasets and Benchmarks, arXiv 2206.09166",
        open: || NbGraph::proteins(),
    },
    SpaceEntry {
        name: "nas-bench-201",
        summary: "image classification cell: six edges, five operations",
        citation: "Dong and Yang, ICLR 2020, arXiv 2001.00326",
        open: || Nb201::shared(),
    },
    SpaceEntry {
        name: "nas-bench-macro",
        summary: "image classification network: eight layers, three blocks",
        citation: "Su et al., CVPR 2021, arXiv 2103.11922",
        open: || NbMacro::shared(),
    },
    SpaceEntry {
        name: "nas-bench-101",
        summary: "image classification cell: seven vertices, nine edges, three operations",
        citation: "Ying et al., ICML 2019, arXiv 1902.09635",
        open: || Nb101::shared(),
    },
    SpaceEntry {
        name: "nats-bench-size",
        summary: "image classification network: eight channel counts for each of five layers",
        citation: "Dong et al., IEEE TPAMI 2021, arXiv 2009.00437",
        open: || NatsSize::shared(),
    },
    SpaceEntry {
        name: "transnas-bench-101-micro",
        summary: "cell for seven vision tasks: six edges, four operations",
        citation: "Duan et al., CVPR 2021, arXiv 2105.11871",
        open: || TransnasMicro::shared(),
    },
    SpaceEntry {
        name: "transnas-bench-101-macro",
        summary: "network for seven vision tasks: four to six modules of four kinds",
        citation: "Duan et al., CVPR 2021, arXiv 2105.11871",
        open: || TransnasMacro::shared(),
    },
    SpaceEntry {
        name: "darts",
        summary: "image classification: a normal and a reduction cell, seven operations (NAS-Bench-301)",
        citation: "Liu et al., ICLR 2019, arXiv 1806.09055; Zela et al., ICLR 2022, arXiv 2008.09777",
        open: || Darts::shared(),
    },
    SpaceEntry {
        name: "accel-nasbench",
        summary: "MnasNet for image classification: seven blocks of four decisions",
        citation: "Ahmad et al., DAC 2024, arXiv 2404.08005",
        open: || MnasNet::shared(),
    },
    SpaceEntry {
        name: "nas-bench-asr",
        summary: "speech recognition cell: three nodes, six operations, skip connections",
        citation: "Mehrotra et al., ICLR 2021, OpenReview CU0APx9LMaL",
        open: || NbAsr::shared(),
    },
];

/// The search space called `name`.
///
/// # Errors
/// When no space of [`SPACES`] has this name.
pub fn open(name: &str) -> Result<Arc<dyn SearchSpace>, Error> {
    SPACES
        .iter()
        .find(|entry| entry.name == name)
        .map(|entry| (entry.open)())
        .ok_or_else(|| {
            let known = SPACES.iter().map(|entry| entry.name);
            Error::unknown_name("space", "search space", name, known)
        })
}

/// One choice an architecture makes, for example the operation on an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is decided, for example `edge 0→1`.
    pub name: String,
    /// The options, in the order of their codes.
    pub options: Vec<&'static str>,
}

/// An isomorphism class: the raw index of its canonical member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u64);

/// A finite space of architectures, each a short list of categorical decisions.
///
/// The raw space is the product of the decisions' options. Several raw architectures may be the same
/// network (an isomorphism class), and some may be no network at all (not valid).
pub trait SearchSpace: Send + Sync {
    /// Kebab-case name.
    fn name(&self) -> &str;

    /// The decisions, in the order an [`Architecture`] stores them.
    fn decisions(&self) -> &[Decision];

    /// The canonical member of the isomorphism class of `arch`. Idempotent.
    fn canonical(&self, arch: &Architecture) -> Architecture;

    /// The number of isomorphism classes of valid architectures.
    fn class_count(&self) -> u64;

    /// Reads the paper's own string.
    ///
    /// # Errors
    /// When `text` is not an architecture of this space, saying what was expected.
    fn parse(&self, text: &str) -> Result<Architecture, Error>;

    /// The paper's own string; [`SearchSpace::parse`] reads it back where `arch` is valid.
    fn display(&self, arch: &Architecture) -> String;

    /// The network as a typed graph, or `None` where the space has no structure. Its labels are the same for all
    /// architectures of the space.
    fn graph(&self, _arch: &Architecture) -> Option<Graph> {
        None
    }

    /// Whether `arch` is a network that can be trained.
    fn is_valid(&self, _arch: &Architecture) -> bool {
        true
    }

    /// The number of raw architectures: the product of the decisions' option counts.
    fn raw_size(&self) -> u64 {
        self.decisions()
            .iter()
            .map(|d| d.options.len() as u64)
            .product()
    }

    /// The rank of `arch` among the raw architectures, in lexicographic order of decisions.
    fn index_of(&self, arch: &Architecture) -> u64 {
        self.decisions()
            .iter()
            .zip(arch.decisions())
            .fold(0, |index, (d, &choice)| {
                index * d.options.len() as u64 + u64::from(choice)
            })
    }

    /// The raw architecture of rank `index` (below [`SearchSpace::raw_size`]).
    fn at_index(&self, mut index: u64) -> Architecture {
        let decisions = self.decisions();
        let mut choices = [0; MAX_DECISIONS];
        for (choice, d) in choices.iter_mut().zip(decisions).rev() {
            *choice = (index % d.options.len() as u64) as u8;
            index /= d.options.len() as u64;
        }
        Architecture::new(&choices[..decisions.len()])
    }

    /// The isomorphism class of `arch`.
    fn class(&self, arch: &Architecture) -> ClassId {
        ClassId(self.index_of(&self.canonical(arch)))
    }

    /// A uniform draw from the valid raw architectures: every valid list of decisions is as likely as another, so a
    /// class is as likely as it has valid members.
    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        loop {
            let mut choices = [0; MAX_DECISIONS];
            let decisions = self.decisions();
            for (choice, d) in choices.iter_mut().zip(decisions) {
                *choice = rng.random_range(0..d.options.len() as u32) as u8;
            }
            let arch = Architecture::new(&choices[..decisions.len()]);
            if self.is_valid(&arch) {
                return arch;
            }
        }
    }

    /// `arch` with one decision changed to another option, valid: the decision uniform, then the option, drawn anew
    /// until the outcome is valid.
    fn mutate(&self, arch: &Architecture, rng: &mut StreamRng) -> Architecture {
        loop {
            let decisions = self.decisions();
            let at = rng.random_range(0..decisions.len() as u32) as usize;
            let others = decisions[at].options.len() as u32 - 1;
            if others == 0 {
                continue;
            }
            let shift = 1 + rng.random_range(0..others) as u8;
            let old = arch.decisions()[at];
            let new = (u32::from(old) + u32::from(shift)) % (others + 1);
            let mutant = arch.with(at, new as u8);
            if self.is_valid(&mutant) {
                return mutant;
            }
        }
    }

    /// Appends every valid architecture that differs from `arch` in one decision, in a fixed order.
    fn neighbors(&self, arch: &Architecture, out: &mut Vec<Architecture>) {
        for (at, d) in self.decisions().iter().enumerate() {
            for option in 0..d.options.len() as u8 {
                let neighbor = arch.with(at, option);
                if option != arch.decisions()[at] && self.is_valid(&neighbor) {
                    out.push(neighbor);
                }
            }
        }
    }
}
