//! Small trees on one-hot features, summed for many architectures at once by masks of leaves.
//!
//! As in Lucchese et al., "QuickScorer: A Fast Algorithm to Rank Documents with Additive Ensembles of Regression Trees",
//! SIGIR 2015, a tree of up to 64 leaves is a word per test; here a word per option of a decision, whose intersection over
//! decisions is the leaf. The architectures are taken in order, so that those with the same leading options share
//! the intersection, and trees whose leaf is settled by them are added once for all of them.

use super::Tree;
use crate::predictor::matrix::vectorised;
use crate::space::Architecture;

/// The most leaves a word has room for.
const MOST_LEAVES: usize = 64;

/// Sums kept side by side.
const LANES: usize = 4;

/// What every option leaves of every tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Masks {
    /// By decision, option and tree.
    left: Vec<Vec<Vec<u64>>>,
    /// Of each tree, the values of its leaves.
    values: Vec<[f64; MOST_LEAVES]>,
    /// All leaves of each tree.
    all: Vec<u64>,
}

impl Masks {
    /// The masks of `trees` on the one-hot encoding of decisions with these numbers of options; `None` when a tree is too
    /// large.
    pub(super) fn new(trees: &[Tree], options: &[usize]) -> Option<Self> {
        let mut masks = Self {
            left: options
                .iter()
                .map(|&o| vec![vec![u64::MAX; trees.len()]; o])
                .collect(),
            values: vec![[0.0; MOST_LEAVES]; trees.len()],
            all: vec![0; trees.len()],
        };
        // Decision and option of each column; column 0 belongs to leaves.
        let columns = options.iter().enumerate();
        let columns: Vec<(usize, usize)> = columns
            .flat_map(|(d, &o)| (0..o).map(move |option| (d, option)))
            .collect();
        for (at, tree) in trees.iter().enumerate() {
            if tree.nodes.len() > 2 * MOST_LEAVES - 1 {
                return None;
            }
            masks.all[at] = masks.add(tree, at, 0, &mut 0, &columns);
        }
        Some(masks)
    }

    /// Enters the part of a tree below `node`, whose leaves are numbered from `leaves` on, and gives their mask.
    fn add(
        &mut self,
        tree: &Tree,
        at: usize,
        node: usize,
        leaves: &mut usize,
        columns: &[(usize, usize)],
    ) -> u64 {
        let child = tree.nodes[node].child as usize;
        if child == node {
            let leaf = *leaves;
            *leaves += 1;
            self.values[at][leaf] = tree.values[node];
            return 1 << leaf;
        }
        let below = self.add(tree, at, child, leaves, columns);
        let above = self.add(tree, at, child + 1, leaves, columns);
        let (decision, tested) = columns[usize::from(tree.nodes[node].column) - 1];
        for (option, left) in self.left[decision].iter_mut().enumerate() {
            left[at] &= !if option == tested { below } else { above };
        }
        below | above
    }

    /// The sum over all trees for each architecture.
    pub(super) fn sums(&self, archs: &[Architecture]) -> Vec<f64> {
        let mut order: Vec<u32> = (0..archs.len() as u32).collect();
        if !archs.is_sorted() {
            order.sort_by_key(|&at| archs[at as usize]);
        }
        let mut sums = vec![0.0; archs.len()];
        let mut levels = vec![Level::default(); self.left.len() + 1];
        let all = self.all.iter().enumerate();
        for (tree, &leaves) in all {
            levels[0].add(self, tree as u32, leaves);
        }
        let mut prefix: Vec<u8> = Vec::new();
        for at in order {
            let choices = archs[at as usize].decisions();
            let shared = prefix
                .iter()
                .zip(choices)
                .take_while(|(a, b)| a == b)
                .count();
            let last = choices.len().saturating_sub(1);
            for d in shared..last {
                let (before, after) = levels.split_at_mut(d + 1);
                let left = &self.left[d][usize::from(choices[d])];
                after[0].settled = before[d].settled;
                after[0].open.clear();
                vectorised!({
                    for &(tree, leaves) in &before[d].open {
                        after[0].add(self, tree, leaves & left[tree as usize]);
                    }
                });
            }
            prefix.clear();
            prefix.extend_from_slice(&choices[..last]);
            let level = &levels[last];
            sums[at as usize] = level.settled
                + match choices.last() {
                    Some(&option) => {
                        let left = &self.left[last][usize::from(option)];
                        vectorised!(self.last_sum(&level.open, left))
                    }
                    None => 0.0,
                };
        }
        sums
    }

    /// The sum over trees that the last decision settles; in lanes, so that no addition waits for the one before.
    #[inline(always)]
    fn last_sum(&self, open: &[(u32, u64)], left: &[u64]) -> f64 {
        let value = |&(tree, leaves): &(u32, u64)| {
            let leaf = (leaves & left[tree as usize]).trailing_zeros() as usize;
            self.values[tree as usize][leaf % MOST_LEAVES]
        };
        let (blocks, rest) = open.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for block in blocks {
            for (lane, open) in lanes.iter_mut().zip(block) {
                *lane += value(open);
            }
        }
        lanes.iter().sum::<f64>() + rest.iter().map(value).sum::<f64>()
    }
}

/// After some leading decisions: the sum over trees that are settled, and the others with the leaves they have left.
#[derive(Clone, Default)]
struct Level {
    settled: f64,
    open: Vec<(u32, u64)>,
}

impl Level {
    #[inline(always)]
    fn add(&mut self, masks: &Masks, tree: u32, leaves: u64) {
        if leaves & (leaves - 1) == 0 {
            self.settled += masks.values[tree as usize][leaves.trailing_zeros() as usize];
        } else {
            self.open.push((tree, leaves));
        }
    }
}
