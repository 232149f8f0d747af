//! Regression trees over binned features: how they are grown, and many of them predicted at once.

mod bins;
mod grow;
mod masks;

pub(super) use bins::{Binned, Bins};
pub(super) use grow::{Grower, Growth};

use super::Inputs;
use super::linear::check_columns;
use super::matrix::vectorised;
use crate::error::Error;
use masks::Masks;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::OnceLock;

/// Rows whose bins stay in cache while all trees pass over them.
const BLOCK: usize = 4096;
/// Rows that walk down a tree side by side, to hide the wait for memory.
const LANES: usize = 8;

/// A binary tree; node 0 is the root. A leaf is its own child.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Of each node; of use in leaves.
    values: Vec<f64>,
    depth: u32,
}

/// A row whose bin in `column` (counted from 1) is above `bin` goes to `child + 1`, others to `child`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Node {
    child: u32,
    column: u16,
    bin: u8,
}

impl Tree {
    fn leaf(value: f64) -> Self {
        let mut tree = Self::default();
        tree.push(value);
        tree
    }

    /// Appends a leaf and gives its position.
    fn push(&mut self, value: f64) -> usize {
        let at = self.nodes.len();
        self.nodes.push(Node {
            child: at as u32,
            column: 0,
            bin: u8::MAX,
        });
        self.values.push(value);
        at
    }

    /// The leaf that a row of bins falls into.
    #[inline(always)]
    fn leaf_of(&self, row: &[u8]) -> usize {
        let mut at = 0;
        for _ in 0..self.depth {
            let node = self.nodes[at];
            at = node.child as usize + usize::from(row[usize::from(node.column)] > node.bin);
        }
        at
    }

    /// The value of the leaf that a row of bins falls into.
    #[inline(always)]
    pub(super) fn at(&self, row: &[u8]) -> f64 {
        self.values[self.leaf_of(row)]
    }

    /// Multiplies all values.
    pub(super) fn scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|v| *v *= factor);
    }

    /// Calls `take` with the position and value of each row of a block of bits.
    #[inline(always)]
    fn visit_words(&self, words: &[u64], mut take: impl FnMut(usize, f64)) {
        let (blocks, rest) = words.as_chunks::<LANES>();
        for (block, words) in blocks.iter().enumerate() {
            let mut at = [0_usize; LANES];
            for _ in 0..self.depth {
                for (at, word) in at.iter_mut().zip(words) {
                    let node = self.nodes[*at];
                    *at = node.child as usize + (word >> (node.column & 63) & 1) as usize;
                }
            }
            for (lane, at) in at.into_iter().enumerate() {
                take(block * LANES + lane, self.values[at]);
            }
        }
        for (row, word) in rest.iter().enumerate() {
            let mut at = 0;
            for _ in 0..self.depth {
                let node = self.nodes[at];
                at = node.child as usize + (word >> (node.column & 63) & 1) as usize;
            }
            take(blocks.len() * LANES + row, self.values[at]);
        }
    }

    /// Calls `take` with the position and value of each row of a range of rows.
    #[inline(always)]
    fn visit(&self, binned: &Binned, rows: Range<usize>, mut take: impl FnMut(usize, f64)) {
        if let Some(words) = binned.words(rows.clone()) {
            return self.visit_words(words, take);
        }
        for (row, codes) in binned.codes(rows).chunks_exact(binned.stride()).enumerate() {
            take(row, self.at(codes));
        }
    }
}

/// Trees on the same features, to be summed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ensemble {
    bins: Bins,
    trees: Vec<Tree>,
    /// Options of each decision, where the features are their one-hot encoding.
    one_hot: Option<Vec<usize>>,
    /// Made when architectures are first asked about, where trees are small.
    #[serde(skip)]
    masks: OnceLock<Option<Masks>>,
}

impl Ensemble {
    /// Trees grown on these inputs.
    pub(super) fn new(bins: Bins, trees: Vec<Tree>, inputs: &Inputs<'_>) -> Self {
        let options = || {
            inputs
                .space
                .decisions()
                .iter()
                .map(|d| d.options.len())
                .collect()
        };
        Self {
            bins,
            trees,
            one_hot: inputs.is_one_hot().then(options),
            masks: OnceLock::new(),
        }
    }

    /// The number of trees.
    pub(super) fn len(&self) -> usize {
        self.trees.len()
    }

    /// The sum over all trees for each architecture.
    ///
    /// # Errors
    /// When there are more or fewer features.
    pub(super) fn sums(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        check_columns(inputs.features, self.bins.columns())?;
        let masks = self.masks.get_or_init(|| {
            let options = self.one_hot.as_ref()?;
            Masks::new(&self.trees, options)
        });
        if let Some(masks) = masks {
            return Ok(masks.sums(inputs.archs));
        }
        let binned = self.bins.apply(inputs.features)?;
        let mut sums = vec![0.0; binned.rows()];
        for (block, sums) in sums.chunks_mut(BLOCK).enumerate() {
            let rows = block * BLOCK..block * BLOCK + sums.len();
            for tree in &self.trees {
                let rows = rows.clone();
                vectorised!(tree.visit(&binned, rows, |row, value| sums[row] += value));
            }
        }
        Ok(sums)
    }

    /// The standard deviation over all trees for each architecture, whose mean is known.
    ///
    /// # Errors
    /// When there are more or fewer features.
    pub(super) fn deviations(&self, inputs: &Inputs<'_>, mean: &[f64]) -> Result<Vec<f64>, Error> {
        let binned = self.bins.apply(inputs.features)?;
        let mut squares = vec![0.0; binned.rows()];
        for (block, squares) in squares.chunks_mut(BLOCK).enumerate() {
            let first = block * BLOCK;
            let rows = first..first + squares.len();
            for tree in &self.trees {
                tree.visit(&binned, rows.clone(), |row, value| {
                    squares[row] += (value - mean[first + row]).powi(2);
                });
            }
        }
        let n = self.trees.len() as f64;
        Ok(squares.into_iter().map(|s| (s / n).sqrt()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Encoding;
    use crate::rng::derive_rng;
    use crate::space::{Architecture, Nb201, SearchSpace};

    /// Masks, bits and bins lead to the same leaves as walking down each tree.
    #[test]
    fn all_ways_to_sum_agree() {
        let space = Nb201::shared();
        let archs: Vec<Architecture> = (0..300).map(|i| space.at_index(i * 7919 % 15625)).collect();
        let features = Encoding::named("one-hot")
            .and_then(|e| e.encode(&*space, &archs))
            .expect("of the space");
        let inputs = Inputs {
            space: &*space,
            archs: &archs,
            features: &features,
        };
        let targets: Vec<f64> = (0..300).map(|i| f64::from(i * 37 % 101)).collect();
        let bins = Bins::of(&features);
        let binned = bins.apply(&features).expect("as many columns");
        let grower = Grower::new(&bins, &binned);
        for depth in [3, 6, 30] {
            let mut rng = derive_rng(1, &["masks"]);
            let growth = Growth {
                columns: 5,
                ..Growth::whole(depth)
            };
            let grow = |_| {
                grower.grow(
                    (0..300).collect(),
                    (0..30).collect(),
                    &targets,
                    None,
                    &growth,
                    &mut rng,
                )
            };
            let trees: Vec<Tree> = (0..20).map(grow).collect();
            let expected: Vec<f64> = (0..300)
                .map(|row| trees.iter().map(|t| t.at(binned.row(row))).sum())
                .collect();
            let mut ensemble = Ensemble::new(bins.clone(), trees, &inputs);
            assert!(ensemble.one_hot.is_some());
            let close = |found: &[f64]| {
                found
                    .iter()
                    .zip(&expected)
                    .all(|(f, e)| (f - e).abs() < 1e-9)
            };
            assert!(close(&ensemble.sums(&inputs).expect("fits")));
            ensemble.one_hot = None;
            ensemble.masks = OnceLock::new();
            assert!(close(&ensemble.sums(&inputs).expect("fits")));
        }
    }
}
