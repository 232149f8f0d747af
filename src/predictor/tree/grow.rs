//! Growing one tree on weighted targets.
//!
//! Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016, arXiv 1603.02754: gain and leaf values with
//! an L2 penalty, second-order for squared error. Encodings are sparse, so a histogram lists, for each row, only the
//! bins above 0; those of bin 0 are what is missing from the node's total.

use super::{Binned, Bins, Node, Tree};
use crate::rng::StreamRng;
use rand::RngExt;

/// When a node is split, and how.
#[derive(Debug, Clone)]
pub(in crate::predictor) struct Growth {
    /// Most splits from root to leaf.
    pub(in crate::predictor) max_depth: u32,
    /// Most leaves; the split that gains most is made first. `None`: no limit.
    pub(in crate::predictor) max_leaves: Option<usize>,
    /// Least weight of a leaf.
    pub(in crate::predictor) min_leaf: f64,
    /// L2 penalty of leaf values.
    pub(in crate::predictor) lambda: f64,
    /// L1 penalty of leaf values.
    pub(in crate::predictor) alpha: f64,
    /// Least gain of a split.
    pub(in crate::predictor) min_gain: f64,
    /// Columns tried at each split.
    pub(in crate::predictor) columns: usize,
    /// Whether a column's cut is drawn instead of searched (extremely randomised trees).
    pub(in crate::predictor) random_cut: bool,
}

/// A binned training set from which trees are grown.
pub(in crate::predictor) struct Grower<'a> {
    binned: &'a Binned,
    /// First slot of each column in a histogram, and the end of the last.
    first_slot: Vec<usize>,
    /// For each row, the slots of its bins above 0.
    slots: Vec<u32>,
    /// Where each row's slots begin, and the end of the last.
    slot_starts: Vec<usize>,
}

/// Sum of weighted targets, and of weights.
type Sums = [f64; 2];

#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    bin: u8,
}

/// A leaf that may be split: its node, its rows, and the best split found.
struct Open {
    node: usize,
    rows: std::ops::Range<usize>,
    depth: u32,
    split: Split,
}

/// What one tree's growth needs room for.
struct Work<'a> {
    growth: &'a Growth,
    targets: &'a [f64],
    weights: Option<&'a [f64]>,
    /// Columns that may be drawn, in the order of the last draw.
    columns: Vec<usize>,
    rows: Vec<u32>,
    spare: Vec<u32>,
    histogram: Vec<Sums>,
    /// The tree so far, and its leaves that may be split.
    tree: Tree,
    open: Vec<Open>,
}

impl<'a> Grower<'a> {
    pub(in crate::predictor) fn new(bins: &Bins, binned: &'a Binned) -> Self {
        let mut first_slot = vec![0];
        for count in bins.counts() {
            first_slot.push(first_slot.last().expect("begins with one") + count);
        }
        let mut slots = Vec::new();
        let mut slot_starts = vec![0];
        for row in 0..binned.rows() {
            let codes = binned.row(row)[1..]
                .iter()
                .enumerate()
                .filter(|(_, code)| **code > 0);
            slots.extend(
                codes.map(|(column, &code)| (first_slot[column] + usize::from(code)) as u32),
            );
            slot_starts.push(slots.len());
        }
        Self {
            binned,
            first_slot,
            slots,
            slot_starts,
        }
    }

    /// A tree on `rows` (which may repeat) of the training set; `weights` are 1 where not given.
    pub(in crate::predictor) fn grow(
        &self,
        rows: Vec<u32>,
        columns: Vec<usize>,
        targets: &[f64],
        weights: Option<&[f64]>,
        growth: &Growth,
        rng: &mut StreamRng,
    ) -> Tree {
        let mut work = Work {
            growth,
            targets,
            weights,
            columns,
            spare: Vec::with_capacity(rows.len()),
            rows,
            histogram: vec![[0.0; 2]; *self.first_slot.last().unwrap_or(&0)],
            tree: Tree::leaf(0.0),
            open: Vec::new(),
        };
        let all = 0..work.rows.len();
        self.close_or_open(&mut work, 0, all, 0, rng);
        let mut leaves = 1;
        while growth.max_leaves.is_none_or(|most| leaves < most) {
            let Some(next) = take_next(&mut work.open, growth) else {
                break;
            };
            leaves += 1;
            self.split(&mut work, next, rng);
        }
        work.tree
    }

    /// Splits an open leaf in two.
    fn split(&self, work: &mut Work<'_>, open: Open, rng: &mut StreamRng) {
        let Split { column, bin, .. } = open.split;
        let middle = self.partition(work, open.rows.clone(), column, bin);
        let child = work.tree.push(0.0);
        work.tree.push(0.0);
        work.tree.nodes[open.node] = Node {
            child: child as u32,
            column: column as u16 + 1,
            bin,
        };
        let depth = open.depth + 1;
        work.tree.depth = work.tree.depth.max(depth);
        self.close_or_open(work, child, open.rows.start..middle, depth, rng);
        self.close_or_open(work, child + 1, middle..open.rows.end, depth, rng);
    }

    /// Gives a node its value, and keeps it open if it can be split.
    fn close_or_open(
        &self,
        work: &mut Work<'_>,
        node: usize,
        rows: std::ops::Range<usize>,
        depth: u32,
        rng: &mut StreamRng,
    ) {
        let total = self.fill(work, rows.clone());
        work.tree.values[node] = leaf_value(total, work.growth);
        if depth >= work.growth.max_depth || total[1] < 2.0 * work.growth.min_leaf {
            return;
        }
        if let Some(split) = self.best_split(work, total, rng) {
            work.open.push(Open {
                node,
                rows,
                depth,
                split,
            });
        }
    }

    /// Fills the histogram with `rows` and gives their total.
    fn fill(&self, work: &mut Work<'_>, rows: std::ops::Range<usize>) -> Sums {
        work.histogram.fill([0.0; 2]);
        let mut total = [0.0; 2];
        for &row in &work.rows[rows] {
            let row = row as usize;
            let weight = work.weights.map_or(1.0, |w| w[row]);
            let target = weight * work.targets[row];
            total[0] += target;
            total[1] += weight;
            for &slot in &self.slots[self.slot_starts[row]..self.slot_starts[row + 1]] {
                let sums = &mut work.histogram[slot as usize];
                sums[0] += target;
                sums[1] += weight;
            }
        }
        total
    }

    fn best_split(&self, work: &mut Work<'_>, total: Sums, rng: &mut StreamRng) -> Option<Split> {
        let mut best: Option<Split> = None;
        let count = work.columns.len();
        let limited = work.growth.columns < count;
        let parent = score(total, work.growth);
        let mut tried = 0;
        for drawn in 0..count {
            // As scikit-learn does: go on past the limit until a column can be cut at all.
            if drawn >= work.growth.columns && tried > 0 {
                break;
            }
            if limited {
                let other = rng.random_range(drawn..count);
                work.columns.swap(drawn, other);
            }
            let column = work.columns[drawn];
            let found = if work.growth.random_cut {
                self.drawn_cut(work, column, total, rng)
            } else {
                self.best_cut(work, column, total)
            };
            let Some((sum, bin)) = found else { continue };
            tried += 1;
            let gain = sum - parent;
            // Equal gains go to the earlier column, whatever order they are drawn in.
            let better =
                best.is_none_or(|b| gain > b.gain || (gain == b.gain && column < b.column));
            if gain > work.growth.min_gain.max(1e-12 * parent.abs()) && better {
                best = Some(Split { gain, column, bin });
            }
        }
        best
    }

    /// The sum of the children's scores and the bin of the best cut of a column.
    fn best_cut(&self, work: &Work<'_>, column: usize, total: Sums) -> Option<(f64, u8)> {
        let slots = &work.histogram[self.first_slot[column]..self.first_slot[column + 1]];
        let mut above = total;
        above = minus(above, zero_bin(slots, total));
        let mut best: Option<(f64, u8)> = None;
        let cuts = slots.len().saturating_sub(1);
        for (bin, &slot) in slots[..cuts].iter().enumerate() {
            if bin > 0 {
                above = minus(above, slot);
            }
            if let Some(sum) = work.growth.score_of(minus(total, above), above)
                && best.is_none_or(|b| sum > b.0)
            {
                best = Some((sum, bin as u8));
            }
        }
        best
    }

    /// A random cut between the least and the greatest bin of the node's rows.
    fn drawn_cut(
        &self,
        work: &Work<'_>,
        column: usize,
        total: Sums,
        rng: &mut StreamRng,
    ) -> Option<(f64, u8)> {
        let slots = &work.histogram[self.first_slot[column]..self.first_slot[column + 1]];
        let zero = zero_bin(slots, total);
        let taken = |bin: usize| (if bin == 0 { zero[1] } else { slots[bin][1] }) > 0.5;
        let least = (0..slots.len()).find(|&bin| taken(bin))?;
        let greatest = (0..slots.len()).rev().find(|&bin| taken(bin))?;
        if least == greatest {
            return None;
        }
        let bin = if greatest == least + 1 {
            least
        } else {
            rng.random_range(least..greatest)
        };
        let below = (1..=bin).fold(zero, |sum, bin| {
            [sum[0] + slots[bin][0], sum[1] + slots[bin][1]]
        });
        let sum = work.growth.score_of(below, minus(total, below))?;
        Some((sum, bin as u8))
    }

    /// Moves the rows above the cut behind the others, keeping their order, and gives where they begin.
    fn partition(
        &self,
        work: &mut Work<'_>,
        rows: std::ops::Range<usize>,
        column: usize,
        bin: u8,
    ) -> usize {
        work.spare.clear();
        let mut kept = rows.start;
        for at in rows.clone() {
            let row = work.rows[at];
            if self.binned.row(row as usize)[column + 1] > bin {
                work.spare.push(row);
            } else {
                work.rows[kept] = row;
                kept += 1;
            }
        }
        work.rows[kept..rows.end].copy_from_slice(&work.spare);
        kept
    }
}

impl Growth {
    /// Plain least squares on all columns, down to single rows.
    pub(in crate::predictor) fn whole(max_depth: u32) -> Self {
        Self {
            max_depth,
            max_leaves: None,
            min_leaf: 1.0,
            lambda: 0.0,
            alpha: 0.0,
            min_gain: 0.0,
            columns: usize::MAX,
            random_cut: false,
        }
    }

    /// The sum of the scores of two children, if both may be.
    fn score_of(&self, below: Sums, above: Sums) -> Option<f64> {
        let least = self.min_leaf.max(0.5);
        (below[1] >= least && above[1] >= least).then(|| score(below, self) + score(above, self))
    }
}

/// The open leaf to split next.
fn take_next(open: &mut Vec<Open>, growth: &Growth) -> Option<Open> {
    if growth.max_leaves.is_none() {
        return open.pop();
    }
    let gains = open.iter().map(|o| o.split.gain).enumerate();
    let best = gains
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?
        .0;
    Some(open.remove(best))
}

/// What is in bin 0: all that is in no other.
fn zero_bin(slots: &[Sums], total: Sums) -> Sums {
    slots
        .iter()
        .skip(1)
        .fold(total, |left, slot| minus(left, *slot))
}

fn minus(a: Sums, b: Sums) -> Sums {
    [a[0] - b[0], a[1] - b[1]]
}

/// The sum of targets after the L1 penalty.
fn shrunk(sum: f64, growth: &Growth) -> f64 {
    sum.signum() * (sum.abs() - growth.alpha).max(0.0)
}

fn score(sums: Sums, growth: &Growth) -> f64 {
    shrunk(sums[0], growth).powi(2) / (sums[1] + growth.lambda)
}

fn leaf_value(sums: Sums, growth: &Growth) -> f64 {
    shrunk(sums[0], growth) / (sums[1] + growth.lambda)
}
