//! Regression trees over binned features: how they are grown, and many of them predicted at once.
//!
//! Trees on one-hot features are summed by masks of leaves. Others on bits, and the spread over trees, are found for 64 architectures at a
//! time: a word says which of them are at a node, so that those that go the same way take one step together. Taken in order,
//! neighbours differ in their last decisions only, and a block of them meets few of a tree's nodes.

mod bins;
mod grow;
mod masks;

use bins::{BLOCK_ROWS, Blocks};
pub(super) use bins::{Binned, Bins};
pub(super) use grow::{Grower, Growth};

use super::Inputs;
use super::linear::check_columns;
use super::matrix::vectorised;
use super::product_kernel::in_order;
use crate::error::Error;
use masks::Masks;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Blocks of rows that stay in cache while all trees pass over them.
const BLOCKS: usize = 64;

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

    /// The number of leaves.
    fn leaf_count(&self) -> usize {
        self.nodes.len().div_ceil(2)
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

    /// Calls `take` with each of `rows` of a block and the value of the leaf that it falls into. `stack` is room to work in.
    #[inline(always)]
    fn visit(
        &self,
        columns: &[u64],
        rows: u64,
        stack: &mut Vec<(u32, u64)>,
        mut take: impl FnMut(usize, f64),
    ) {
        stack.clear();
        stack.push((0, rows));
        while let Some((at, mut rows)) = stack.pop() {
            let mut at = at as usize;
            loop {
                let node = self.nodes[at];
                let child = node.child as usize;
                if child == at {
                    break;
                }
                // A bin of 0 is never above, one of 1 always but in a leaf.
                let above = rows & columns[usize::from(node.column)];
                let below = rows & !above;
                if below == 0 {
                    at = child + 1;
                    continue;
                }
                if above != 0 {
                    stack.push((node.child + 1, above));
                }
                (at, rows) = (child, below);
            }
            let value = self.values[at];
            while rows != 0 {
                take(rows.trailing_zeros() as usize, value);
                rows &= rows - 1;
            }
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
    /// Made when architectures are first asked about, where the features are one-hot.
    #[serde(skip)]
    masks: OnceLock<Option<Masks>>,
}

impl Ensemble {
    /// Trees grown on these inputs.
    pub(super) fn new(bins: Bins, trees: Vec<Tree>, inputs: &Inputs<'_>) -> Self {
        let decisions = inputs.space.decisions().iter();
        let options = decisions.map(|d| d.options.len()).collect();
        Self {
            bins,
            trees,
            one_hot: inputs.is_one_hot().then_some(options),
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
        let order = in_order(inputs.archs);
        let mut sums = vec![0.0; order.len()];
        self.visit(inputs, &order, |at, value| sums[at] += value)?;
        Ok(put_back(&order, &sums))
    }

    /// The standard deviation over all trees for each architecture, whose mean is known.
    ///
    /// # Errors
    /// When there are more or fewer features.
    pub(super) fn deviations(&self, inputs: &Inputs<'_>, mean: &[f64]) -> Result<Vec<f64>, Error> {
        let order = in_order(inputs.archs);
        let mean: Vec<f64> = order.iter().map(|&at| mean[at as usize]).collect();
        let mut squares = vec![0.0; order.len()];
        self.visit(inputs, &order, |at, value| {
            squares[at] += (value - mean[at]).powi(2);
        })?;
        let n = self.trees.len() as f64;
        let squares = put_back(&order, &squares);
        Ok(squares.into_iter().map(|s| (s / n).sqrt()).collect())
    }

    /// Calls `take` for each architecture and tree, with the architecture's place in `order` and the tree's value, tree after
    /// tree for every architecture.
    fn visit(
        &self,
        inputs: &Inputs<'_>,
        order: &[u32],
        mut take: impl FnMut(usize, f64),
    ) -> Result<(), Error> {
        check_columns(inputs.features, self.bins.columns())?;
        let blocks = match &self.one_hot {
            Some(options) => Blocks::one_hot(inputs.archs, order, options),
            None => {
                let binned = self.bins.apply(inputs.features)?;
                let Some(blocks) = binned.blocks(order) else {
                    for (place, &row) in order.iter().enumerate() {
                        let row = binned.row(row as usize);
                        self.trees.iter().for_each(|tree| take(place, tree.at(row)));
                    }
                    return Ok(());
                };
                blocks
            }
        };
        let mut stack = Vec::new();
        for first in (0..blocks.len()).step_by(BLOCKS) {
            let last = (first + BLOCKS).min(blocks.len());
            for tree in &self.trees {
                vectorised!({
                    for block in first..last {
                        let (columns, rows) = (blocks.columns(block), blocks.rows(block));
                        tree.visit(columns, rows, &mut stack, |row, value| {
                            take(block * BLOCK_ROWS + row, value)
                        });
                    }
                });
            }
        }
        Ok(())
    }
}

/// Values in the order `order`, in the order it was made of.
fn put_back(order: &[u32], values: &[f64]) -> Vec<f64> {
    let mut back = vec![0.0; values.len()];
    for (&at, value) in order.iter().zip(values) {
        back[at as usize] = *value;
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Encoding;
    use crate::rng::derive_rng;
    use crate::space::{Architecture, Nb201, SearchSpace};

    /// Masks and blocks lead to the same leaves as walking down each tree, in any order of architectures, many and few; blocks to the
    /// same bits, as trees are added in the same order.
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
            let mut rng = derive_rng(1, &["blocks"]);
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
            let found = ensemble.sums(&inputs).expect("fits");
            let mut both = found.iter().zip(&expected);
            assert!(both.all(|(f, e)| (f - e).abs() < 1e-9));
            assert!(ensemble.masks.get().is_some_and(Option::is_some));
            for (at, expected) in found.iter().enumerate().step_by(17) {
                let alone = ensemble.sums(&Inputs {
                    archs: &archs[at..=at],
                    features: &Encoding::named("one-hot")
                        .and_then(|e| e.encode(&*space, &archs[at..=at]))
                        .expect("of the space"),
                    ..inputs
                });
                assert_eq!(alone.expect("fits"), [*expected]);
            }
            ensemble.masks = OnceLock::from(None);
            assert_eq!(ensemble.sums(&inputs).expect("fits"), expected);
            ensemble.one_hot = None;
            assert_eq!(ensemble.sums(&inputs).expect("fits"), expected);
            let mean: Vec<f64> = expected.iter().map(|sum| sum / 20.0).collect();
            let found = ensemble.deviations(&inputs, &mean).expect("fits");
            for (row, deviation) in found.iter().enumerate() {
                let trees = ensemble.trees.iter().map(|t| t.at(binned.row(row)));
                let square: f64 = trees.map(|v| (v - mean[row]).powi(2)).sum();
                assert_eq!(*deviation, (square / 20.0).sqrt());
            }
        }
    }
}
