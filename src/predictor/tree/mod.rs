//! Regression trees over binned features: how they are grown, and many of them predicted at once.

mod bins;
mod grow;

pub(super) use bins::{Binned, Bins};
pub(super) use grow::{Grower, Growth};

use serde::{Deserialize, Serialize};

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

/// A row whose bin in `column` is above `bin` goes to `child + 1`, others to `child`.
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
    fn leaf_of(&self, row: &[u8]) -> usize {
        let mut at = 0;
        for _ in 0..self.depth {
            let node = self.nodes[at];
            at = node.child as usize + usize::from(row[usize::from(node.column)] > node.bin);
        }
        at
    }

    /// The value of the leaf that a row of bins falls into.
    pub(super) fn at(&self, row: &[u8]) -> f64 {
        self.values[self.leaf_of(row)]
    }

    /// Multiplies all values.
    pub(super) fn scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|v| *v *= factor);
    }

    /// Calls `take` with the position and value of each row of a block.
    fn visit(&self, codes: &[u8], columns: usize, mut take: impl FnMut(usize, f64)) {
        let rows = codes.len() / columns;
        let whole = rows / LANES * LANES;
        for first in (0..whole).step_by(LANES) {
            let block = &codes[first * columns..(first + LANES) * columns];
            let mut at = [0_usize; LANES];
            for _ in 0..self.depth {
                for (lane, at) in at.iter_mut().enumerate() {
                    let node = self.nodes[*at];
                    let code = block[lane * columns + usize::from(node.column)];
                    *at = node.child as usize + usize::from(code > node.bin);
                }
            }
            for (lane, at) in at.into_iter().enumerate() {
                take(first + lane, self.values[at]);
            }
        }
        for row in whole..rows {
            take(row, self.at(&codes[row * columns..][..columns]));
        }
    }
}

/// The sum over all trees for each row of bins.
pub(super) fn sums(trees: &[Tree], binned: &Binned) -> Vec<f64> {
    let mut sums = vec![0.0; binned.rows()];
    for (codes, sums) in binned.blocks(BLOCK).zip(sums.chunks_mut(BLOCK)) {
        for tree in trees {
            tree.visit(codes, binned.columns(), |row, value| sums[row] += value);
        }
    }
    sums
}

/// Mean and standard deviation over all trees for each row of bins.
pub(super) fn moments(trees: &[Tree], binned: &Binned) -> (Vec<f64>, Vec<f64>) {
    let n = trees.len() as f64;
    let mean: Vec<f64> = sums(trees, binned).into_iter().map(|s| s / n).collect();
    let mut squares = vec![0.0; binned.rows()];
    let blocks = binned
        .blocks(BLOCK)
        .zip(squares.chunks_mut(BLOCK))
        .zip(mean.chunks(BLOCK));
    for ((codes, squares), mean) in blocks {
        for tree in trees {
            tree.visit(codes, binned.columns(), |row, value| {
                squares[row] += (value - mean[row]).powi(2);
            });
        }
    }
    let std = squares.into_iter().map(|s| (s / n).sqrt()).collect();
    (mean, std)
}
