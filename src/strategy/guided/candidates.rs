//! Candidates for the next training: mutants of good architectures and random ones, each isomorphism class once and
//! none that was proposed before.

use super::history::History;
use crate::space::Architecture;
use crate::strategy::AskContext;
use crate::strategy::known::KnownClasses;

/// Random draws for each candidate wanted, as in naszilla; a space nearly exhausted yields fewer.
const PATIENCE: usize = 5;

/// The candidates of one step.
pub(super) struct Candidates {
    archs: Vec<Architecture>,
    classes: KnownClasses,
}

impl Candidates {
    pub(super) fn new() -> Self {
        Self {
            archs: Vec::new(),
            classes: KnownClasses::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.archs.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.archs.is_empty()
    }

    pub(super) fn into_architectures(self) -> Vec<Architecture> {
        self.archs
    }

    /// Adds `arch`, unless its class is here or was proposed.
    pub(super) fn add(&mut self, ctx: &AskContext<'_>, history: &History, arch: Architecture) {
        if !history.is_known(ctx.space, &arch) && self.classes.insert(ctx.space.class(&arch)) {
            self.archs.push(arch);
        }
    }

    /// Tries `tries` mutants of `parent`, each mutated `edits` times.
    pub(super) fn add_mutants(
        &mut self,
        ctx: &mut AskContext<'_>,
        history: &History,
        parent: &Architecture,
        edits: u32,
        tries: u32,
    ) {
        for _ in 0..tries {
            let mut mutant = *parent;
            for _ in 0..edits {
                mutant = ctx.space.mutate(&mutant, ctx.rng);
            }
            self.add(ctx, history, mutant);
        }
    }

    /// Adds random architectures until there are `count`, or too many draws in vain.
    pub(super) fn add_random(&mut self, ctx: &mut AskContext<'_>, history: &History, count: usize) {
        for _ in 0..PATIENCE * count {
            if self.len() >= count {
                break;
            }
            let arch = ctx.space.sample(ctx.rng);
            self.add(ctx, history, arch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use crate::space::{Nb201, SearchSpace};
    use crate::strategy::Fidelity;
    use std::collections::BTreeSet;

    #[test]
    fn no_class_comes_twice_and_none_that_was_proposed() {
        let space = Nb201::shared();
        let mut rng = derive_rng(1, &["candidates"]);
        let mut ctx = AskContext {
            space: &*space,
            rng: &mut rng,
            full_fidelity: Fidelity(1),
            running: 0,
        };
        let mut history = History::new(&*space);
        for _ in 0..50 {
            history.propose_random(&mut ctx);
        }
        let parent = space.at_index(12_345);
        let mut candidates = Candidates::new();
        candidates.add_mutants(&mut ctx, &history, &parent, 1, 500);
        let mutants = candidates.len();
        let mut neighbors = Vec::new();
        space.neighbors(&parent, &mut neighbors);
        let fresh = neighbors
            .iter()
            .filter(|arch| !history.is_known(&*space, arch));
        let fresh: BTreeSet<_> = fresh.map(|arch| space.class(arch)).collect();
        assert_eq!(mutants, fresh.len(), "500 tries find all");
        candidates.add_random(&mut ctx, &history, 200);
        let archs = candidates.into_architectures();
        assert_eq!(archs.len(), 200);
        let one_edit = |arch: &Architecture| arch.agreements(&parent) == 5;
        assert!(archs[..mutants].iter().all(one_edit));
        let mut classes: Vec<_> = archs.iter().map(|arch| space.class(arch)).collect();
        classes.sort_unstable();
        classes.dedup();
        assert_eq!(classes.len(), 200);
        assert!(archs.iter().all(|arch| !history.is_known(&*space, arch)));
    }
}
