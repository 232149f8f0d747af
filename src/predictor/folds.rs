//! Folds of a training set for cross-validation, cut between networks.
//!
//! Architectures that are the same network in other words have the same metric: one of them in the training part gives the
//! answer for another that is left out, and errors look smaller than they are on new networks. Classes are therefore dealt
//! out whole, one to each fold in turn; where no two architectures are isomorphic these are the folds by position.

use crate::space::{Architecture, ClassId, SearchSpace};
use std::collections::BTreeMap;

/// The fold of each architecture of a training set.
pub(crate) struct Folds {
    of: Vec<usize>,
    /// Whether it is the first of its class.
    first: Vec<bool>,
    classes: usize,
}

impl Folds {
    /// `count` folds; classes are dealt out as `order`, which names each position once, first comes to them.
    pub(crate) fn new(
        space: &dyn SearchSpace,
        archs: &[Architecture],
        count: usize,
        order: impl IntoIterator<Item = usize>,
    ) -> Self {
        let mut numbers: BTreeMap<ClassId, usize> = BTreeMap::new();
        let (mut of, mut first) = (vec![0; archs.len()], vec![false; archs.len()]);
        for at in order {
            let next = numbers.len();
            let number = *numbers.entry(space.class(&archs[at])).or_insert(next);
            of[at] = number % count;
            first[at] = number == next;
        }
        let classes = numbers.len();
        Self { of, first, classes }
    }

    /// Whether an architecture stands for its network in errors. Of large classes some member is nearly always trained, so
    /// that they are rarely asked about, and their many equal errors would be most of what is seen.
    pub(crate) fn counts(&self, at: usize) -> bool {
        self.first[at]
    }

    /// The number of different networks: with fewer than folds, some fold is empty.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// Whether the architecture at a position is of a fold.
    pub(crate) fn has(&self, fold: usize, at: usize) -> bool {
        self.of[at] == fold
    }

    /// The positions in a fold and those in all others, ascending.
    pub(crate) fn split(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.of.len()).partition(|&at| self.has(fold, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use crate::space::{Nb201, open};
    use rand::seq::SliceRandom;

    /// All of NAS-Bench-201's 15,625 cells are 6,466 networks (Dong and Yang, ICLR 2020): none is in two folds.
    #[test]
    fn a_network_is_in_one_fold() {
        let space = Nb201::shared();
        let archs: Vec<Architecture> = (0..space.raw_size()).map(|at| space.at_index(at)).collect();
        let mut order: Vec<usize> = (0..archs.len()).collect();
        order.shuffle(&mut derive_rng(1, &["folds"]));
        let folds = Folds::new(&*space, &archs, 5, order);
        assert_eq!(folds.classes(), 6466);
        assert_eq!(
            (0..archs.len()).filter(|&at| folds.counts(at)).count(),
            6466
        );
        let mut counts = Vec::new();
        let mut seen: BTreeMap<ClassId, usize> = BTreeMap::new();
        for fold in 0..5 {
            let (within, others) = folds.split(fold);
            assert_eq!(within.len() + others.len(), archs.len());
            for &at in &within {
                assert_eq!(*seen.entry(space.class(&archs[at])).or_insert(fold), fold);
            }
            counts.push(seen.values().filter(|&&f| f == fold).count());
        }
        assert_eq!(counts, [1294, 1293, 1293, 1293, 1293]);
    }

    /// Every architecture of NATS-Bench's size space is a network of its own.
    #[test]
    fn without_twins_folds_go_by_position() {
        let space = open("nats-bench-size").expect("registered");
        let archs: Vec<Architecture> = (0..50).map(|at| space.at_index(at)).collect();
        let folds = Folds::new(&*space, &archs, 4, 0..50);
        assert!((0..50).all(|at| folds.has(at % 4, at) && folds.counts(at)));
        let turned = Folds::new(&*space, &archs, 4, (0..50).rev());
        assert!((0..50).all(|at| turned.has((49 - at) % 4, at)));
    }
}
