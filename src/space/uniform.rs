//! What spaces of `LEN` decisions with `BASE` options each have in common: numbering, isomorphism classes from a dense
//! table, draws, mutants and neighbours. A space's own file says how its paper writes an architecture and what network
//! that is.

use super::dense::{DenseClasses, digits, extend_neighbors, mutant, number};
use super::graph::Graph;
use super::{Architecture, ClassId, Decision, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::marker::PhantomData;

/// How a paper writes the architectures of a space of `LEN` decisions.
pub trait Notation<const LEN: usize>: Send + Sync {
    /// The space's name.
    const NAME: &'static str;

    /// Reads the paper's own string.
    ///
    /// # Errors
    /// When it is not one, saying what was expected.
    fn parse(text: &str) -> Result<[u8; LEN], Error>;

    /// The paper's own string.
    fn display(choices: &[u8; LEN]) -> String;

    /// The network as a typed graph.
    fn graph(choices: &[u8; LEN]) -> Graph;
}

/// A space of `LEN` decisions with `BASE` options each, every architecture of which is valid.
pub struct UniformSpace<N, const BASE: u32, const LEN: usize> {
    decisions: Vec<Decision>,
    classes: DenseClasses,
    notation: PhantomData<N>,
}

impl<N: Notation<LEN>, const BASE: u32, const LEN: usize> UniformSpace<N, BASE, LEN> {
    const RAW_SIZE: u32 = BASE.pow(LEN as u32);
    const OPTIONS: [u8; LEN] = [BASE as u8; LEN];

    /// `canonical` gives the raw index of the canonical member of a raw index's class.
    pub(super) fn build(decisions: Vec<Decision>, canonical: impl Fn(u32) -> u32) -> Self {
        debug_assert!(decisions.len() == LEN);
        Self {
            decisions,
            classes: DenseClasses::build(Self::RAW_SIZE, canonical, |_| true),
            notation: PhantomData,
        }
    }

    /// The choices of every raw index, in order.
    pub(super) fn all() -> impl Iterator<Item = [u8; LEN]> {
        (0..Self::RAW_SIZE).map(digits::<BASE, LEN>)
    }

    /// The raw index of choices.
    pub(super) fn rank(choices: &[u8; LEN]) -> u32 {
        number::<BASE, LEN>(choices)
    }

    fn index(arch: &Architecture) -> u32 {
        Self::rank(arch.leading())
    }

    fn at(index: u32) -> Architecture {
        Architecture::new(&digits::<BASE, LEN>(index))
    }
}

impl<N: Notation<LEN>, const BASE: u32, const LEN: usize> SearchSpace
    for UniformSpace<N, BASE, LEN>
{
    fn name(&self) -> &str {
        N::NAME
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn canonical(&self, arch: &Architecture) -> Architecture {
        Self::at(self.classes.canonical(Self::index(arch)))
    }

    fn class_count(&self) -> u64 {
        self.classes.class_count()
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        N::parse(text).map(|choices| Architecture::new(&choices))
    }

    fn display(&self, arch: &Architecture) -> String {
        N::display(arch.leading())
    }

    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        Some(N::graph(arch.leading()))
    }

    fn raw_size(&self) -> u64 {
        u64::from(Self::RAW_SIZE)
    }

    fn index_of(&self, arch: &Architecture) -> u64 {
        u64::from(Self::index(arch))
    }

    fn at_index(&self, index: u64) -> Architecture {
        Self::at(index as u32)
    }

    fn class(&self, arch: &Architecture) -> ClassId {
        ClassId(u64::from(self.classes.canonical(Self::index(arch))))
    }

    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        Self::at(rng.random_range(0..Self::RAW_SIZE))
    }

    fn mutate(&self, arch: &Architecture, rng: &mut StreamRng) -> Architecture {
        mutant(arch, &Self::OPTIONS, rng)
    }

    fn neighbors(&self, arch: &Architecture, out: &mut Vec<Architecture>) {
        extend_neighbors(arch, &Self::OPTIONS, out);
    }
}
