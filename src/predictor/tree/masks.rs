//! Trees on one-hot features, summed for many architectures at once by masks of leaves.
//!
//! As in Lucchese et al., "QuickScorer: A Fast Algorithm to Rank Documents with Additive Ensembles of Regression Trees",
//! SIGIR 2015, the leaves of a tree are the bits of words; here every option of a decision says which of them it leaves possible,
//! and what all decisions leave is the leaf. The architectures are taken in order, so that those with the same leading options
//! share the intersection: words without a leaf left are dropped, and trees whose leaf no later decision can rule out are added
//! once for all of them. The last two decisions are made together, for all architectures that differ in them only.

use super::Tree;
use crate::predictor::fixed_point::Unit;
use crate::predictor::matrix::vectorised;
use crate::predictor::product_kernel::in_order;
use crate::space::Architecture;
use std::ops::Range;

/// The leaves of a word.
const WORD: usize = 64;
/// Decisions that are made together at the end,
const TOGETHER: usize = 2;
/// where they can be made in no more ways than this.
const MOST_WAYS: usize = 128;
/// Where there are no more than this, they are kept side by side.
const LANES: usize = 28;
/// The most masks, 64 MiB: larger ensembles are asked in another way.
const MOST_MASKS: usize = 1 << 23;

/// What every option leaves of every tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Masks {
    /// By decision: for every word, option after option, the leaves that are left.
    left: Vec<Vec<u64>>,
    /// The number of options of each decision.
    options: Vec<usize>,
    /// Decisions made one by one.
    leading: usize,
    /// The leaves of every word.
    all: Vec<u64>,
    /// By number of leading decisions: the leaves of every word that no decision after them can rule out.
    certain: Vec<Vec<u64>>,
    /// For every word, what each way to make the other decisions leaves.
    last: Vec<u64>,
    /// The number of these ways.
    ways: usize,
    /// Of each word, the values of its leaves in units.
    values: Vec<[i64; WORD]>,
    /// The ways that lead to each leaf of a word, where they fit.
    ways_to: Vec<[u32; WORD]>,
    unit: Unit,
}

impl Masks {
    /// The masks of `trees` on the one-hot encoding of decisions with these numbers of options; `None` when there are too many
    /// leaves.
    pub(super) fn new(trees: &[Tree], options: &[usize]) -> Option<Self> {
        let count: usize = trees.iter().map(|t| t.leaf_count().div_ceil(WORD)).sum();
        let ways = |leading: usize| options[leading..].iter().product::<usize>();
        let leading = options.len().saturating_sub(TOGETHER);
        let leading = match ways(leading) {
            0..=MOST_WAYS => leading,
            _ => options.len() - 1,
        };
        let each = options.iter().sum::<usize>() + ways(leading) + leading + WORD;
        if count.saturating_mul(each) > MOST_MASKS {
            return None;
        }
        let values = trees.iter().flat_map(|t| &t.values);
        let largest = values.fold(0.0, |m: f64, v| m.max(v.abs()));
        let mut masks = Self {
            left: options.iter().map(|&o| vec![u64::MAX; count * o]).collect(),
            options: options.to_vec(),
            leading,
            all: Vec::with_capacity(count),
            certain: Vec::new(),
            last: Vec::new(),
            ways: ways(leading),
            values: Vec::with_capacity(count),
            ways_to: Vec::with_capacity(count),
            unit: Unit::for_sums(trees.len(), largest),
        };
        let columns = masks.columns();
        for tree in trees {
            let first = masks.values.len();
            let leaves = first * WORD..first * WORD + tree.leaf_count();
            masks.all.extend(words(leaves).map(|(_, bits)| bits));
            masks.values.resize(masks.all.len(), [0; WORD]);
            masks.ways_to.resize(masks.all.len(), [0; WORD]);
            masks.add(tree, 0, (first * WORD, u32::MAX), &columns);
        }
        masks.certain = masks.certain();
        masks.last = masks.last();
        Some(masks)
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        let mut later = self.ways;
        for (decision, &options) in self.options.iter().enumerate() {
            let is_last = decision >= self.leading;
            if is_last {
                later /= options.max(1);
            }
            for option in 0..options {
                let leads = |way: &usize| !is_last || way / later % options == option;
                let ways = (0..self.ways.min(LANES)).filter(leads);
                columns.push(Column {
                    decision,
                    option,
                    ways: ways.fold(0, |all, way| all | 1 << way),
                });
            }
        }
        columns
    }

    /// Enters the part of a tree below `node`, whose leaves are numbered from `from` on over all words and reached in these ways,
    /// and gives the number after the last.
    fn add(
        &mut self,
        tree: &Tree,
        node: usize,
        (from, ways): (usize, u32),
        columns: &[Column],
    ) -> usize {
        let child = tree.nodes[node].child as usize;
        if child == node {
            self.values[from / WORD][from % WORD] = self.unit.whole(tree.values[node]);
            self.ways_to[from / WORD][from % WORD] = ways;
            return from + 1;
        }
        // Column 0 belongs to leaves.
        let column = columns[usize::from(tree.nodes[node].column) - 1];
        let (not_there, there) = match column.decision < self.leading {
            true => (ways, ways),
            false => (ways & !column.ways, ways & column.ways),
        };
        let middle = self.add(tree, child, (from, not_there), columns);
        let end = self.add(tree, child + 1, (middle, there), columns);
        let options = self.options[column.decision];
        let left = &mut self.left[column.decision];
        for (word, bits) in words(from..middle) {
            left[word * options + column.option] &= !bits;
        }
        for (word, bits) in words(middle..end) {
            let left = &mut left[word * options..][..options];
            let kept = left[column.option];
            left.iter_mut().for_each(|left| *left &= !bits);
            left[column.option] = kept;
        }
        end
    }

    /// By number of leading decisions, the leaves that no option of the others rules out.
    fn certain(&self) -> Vec<Vec<u64>> {
        let mut later = self.all.clone();
        let mut certain = Vec::with_capacity(self.leading + 1);
        for d in (0..self.options.len()).rev() {
            if d < self.leading {
                certain.push(later.clone());
            }
            let words = self.left[d].chunks_exact(self.options[d].max(1));
            for (later, left) in later.iter_mut().zip(words) {
                *later = left.iter().fold(*later, |a, l| a & l);
            }
        }
        certain.push(later);
        certain.reverse();
        certain
    }

    /// For every word what each way to make the last decisions leaves; the last of them changes first.
    fn last(&self) -> Vec<u64> {
        let mut last = Vec::with_capacity(self.ways * self.values.len());
        let (mut ways, mut further) = (Vec::new(), Vec::new());
        for word in 0..self.values.len() {
            ways.clear();
            ways.push(u64::MAX);
            for (left, &options) in self.left.iter().zip(&self.options).skip(self.leading) {
                let left = &left[word * options..][..options];
                further.clear();
                for &leaves in &ways {
                    further.extend(left.iter().map(|left| leaves & left));
                }
                std::mem::swap(&mut ways, &mut further);
            }
            last.append(&mut ways);
        }
        last
    }

    /// The sum over all trees for each architecture.
    pub(super) fn sums(&self, archs: &[Architecture]) -> Vec<f64> {
        let mut sums = vec![0.0; archs.len()];
        let mut levels = vec![Level::default(); self.leading + 1];
        levels[0].start(self);
        let mut prefix: Vec<u8> = Vec::new();
        let (mut ways, mut found) = (Vec::new(), Vec::new());
        let leading = |at: &u32| &archs[*at as usize].decisions()[..self.leading];
        let order = in_order(archs);
        for group in order.chunk_by(|a, b| leading(a) == leading(b)) {
            let here = leading(&group[0]);
            let both = prefix.iter().zip(here);
            let shared = both.take_while(|(a, b)| a == b).count();
            for d in shared..self.leading {
                let (before, after) = levels.split_at_mut(d + 1);
                let option = usize::from(here[d]);
                vectorised!(after[0].follow(self, &before[d], d, option));
            }
            prefix.clear();
            prefix.extend_from_slice(here);
            ways.clear();
            ways.extend(group.iter().map(|&at| self.way(&archs[at as usize])));
            found.clear();
            found.resize(group.len(), 0);
            vectorised!(self.decide(&levels[self.leading], &ways, &mut found));
            for (&at, &sum) in group.iter().zip(&found) {
                sums[at as usize] = self.unit.value(sum);
            }
        }
        sums
    }

    /// The way in which an architecture makes the last decisions.
    fn way(&self, arch: &Architecture) -> usize {
        let choices = arch.decisions().iter().zip(&self.options);
        let last = choices.skip(self.leading);
        last.fold(0, |way, (&choice, options)| {
            way * options + usize::from(choice)
        })
    }

    /// The sums for these ways to make the last decisions.
    #[inline(always)]
    fn decide(&self, level: &Level, ways: &[usize], sums: &mut [i64]) {
        if self.ways <= LANES && ways.len() > self.ways / 4 {
            let all = self.decide_all(level);
            let found = ways.iter().map(|&way| all[way]);
            return sums.iter_mut().zip(found).for_each(|(s, f)| *s = f);
        }
        sums.fill(level.settled);
        for &(word, leaves) in &level.open[..level.len] {
            let word = word as usize;
            let left = &self.last[word * self.ways..][..self.ways];
            let values = &self.values[word];
            for (sum, &way) in sums.iter_mut().zip(ways) {
                *sum += value(values, leaves & left[way]);
            }
        }
    }

    /// The sums for all ways to make the last decisions: every leaf that is left is added to those that lead to it.
    #[inline(always)]
    fn decide_all(&self, level: &Level) -> [i64; LANES] {
        let mut sums = [level.settled; LANES];
        for &(word, mut leaves) in &level.open[..level.len] {
            let (values, ways_to) = (&self.values[word as usize], &self.ways_to[word as usize]);
            while leaves != 0 {
                let leaf = leaves.trailing_zeros() as usize % WORD;
                leaves &= leaves - 1;
                let (value, ways) = (values[leaf], ways_to[leaf]);
                for (way, sum) in sums.iter_mut().enumerate() {
                    *sum += value & -i64::from(ways >> way & 1);
                }
            }
        }
        sums
    }
}

/// What a feature says.
#[derive(Clone, Copy)]
struct Column {
    decision: usize,
    option: usize,
    /// The ways to make the last decisions in which it is 1, where they fit.
    ways: u32,
}

/// The words of these leaves, and the bits of them there.
fn words(leaves: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
    let all = leaves.start / WORD..leaves.end.div_ceil(WORD);
    all.map(move |word| {
        let first = word * WORD;
        let start = leaves.start.max(first) - first;
        let end = leaves.end.min(first + WORD) - first;
        (word, u64::MAX >> (WORD - (end - start)) << start)
    })
}

/// The value of the first of these leaves; 0 without any.
#[inline(always)]
fn value(values: &[i64; WORD], leaves: u64) -> i64 {
    values[leaves.trailing_zeros() as usize % WORD] & -i64::from(leaves != 0)
}

/// After some leading decisions: the sum over trees that are settled, and the words of the others with the leaves they have left.
#[derive(Clone, Default)]
struct Level {
    settled: i64,
    /// The first `len` count.
    open: Vec<(u32, u64)>,
    len: usize,
}

impl Level {
    /// Before any decision. What is certain then is a tree's only leaf.
    fn start(&mut self, masks: &Masks) {
        for (word, (&leaves, &certain)) in masks.all.iter().zip(&masks.certain[0]).enumerate() {
            self.settled += value(&masks.values[word], certain);
            if certain == 0 {
                self.open.push((word as u32, leaves));
            }
        }
        self.len = self.open.len();
    }

    /// `before`, and this option of decision `d`. Which words stay is as good as random, so it is all without branches.
    #[inline(always)]
    fn follow(&mut self, masks: &Masks, before: &Self, d: usize, option: usize) {
        let (left, options) = (&masks.left[d], masks.options[d]);
        let certain = &masks.certain[d + 1];
        if self.open.len() < before.len {
            self.open.resize(before.len, (0, 0));
        }
        (self.settled, self.len) = (before.settled, 0);
        for &(word, leaves) in &before.open[..before.len] {
            let at = word as usize;
            let leaves = leaves & left[at * options + option];
            let settled = leaves & certain[at];
            self.settled += value(&masks.values[at], settled);
            self.open[self.len] = (word, leaves);
            self.len += usize::from(leaves != 0 && settled == 0);
        }
    }
}
