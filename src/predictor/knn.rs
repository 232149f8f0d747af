//! The k nearest neighbours: the mean target of the architectures that differ least.
//!
//! Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information Theory 1967; for
//! regression Altman, The American Statistician 1992. Distances are between architectures: the number of decisions
//! that differ, or Euclidean between encodings. Where several are equally far as the k-th, all share what is left of
//! the k places, so that the order of the training set does not matter. Own code: smartcore's takes 160 µs for one
//! architecture among 200, as it compares features instead of decisions, and leaves ties to the order.

use super::linear::check_columns;
use super::matrix::vectorised;
use super::product_kernel::in_order;
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<Knn>(
    "k-nearest-neighbors",
    "the mean of the architectures that differ least",
    "Cover & Hart, IEEE Transactions on Information Theory 1967",
);

/// How far apart two architectures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// The number of decisions that differ.
    #[default]
    Hamming,
    /// The root of the sum of squared differences of features.
    Euclidean,
}

/// How much each neighbour counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// All the same.
    #[default]
    Uniform,
    /// By the inverse of one plus their distance.
    Distance,
}

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Knn {
    /// Neighbours.
    pub k: usize,
    /// How far apart two architectures are.
    pub distance: Distance,
    /// How much each neighbour counts.
    pub weights: Weighting,
}

impl Default for Knn {
    fn default() -> Self {
        Self {
            k: 5,
            distance: Distance::default(),
            weights: Weighting::default(),
        }
    }
}

impl PredictorConfig for Knn {
    type Fitted = Neighbors;

    fn check(&self) -> Result<(), String> {
        if self.k == 0 {
            return Err("k = 0: expected 1 or more".into());
        }
        Ok(())
    }

    fn fit(&self, data: &TrainingSet<'_>, _: &mut StreamRng) -> Result<Neighbors, Error> {
        let points = match self.distance {
            Distance::Hamming => Points::Decisions(by_decision(data.inputs)),
            Distance::Euclidean => Points::Rows(data.inputs.features.values().to_vec()),
        };
        Ok(Neighbors {
            config: self.clone(),
            columns: data.inputs.features.columns(),
            points,
            targets: data.targets.to_vec(),
        })
    }
}

/// A training set to look up in.
#[derive(Debug, Serialize, Deserialize)]
pub struct Neighbors {
    config: Knn,
    columns: usize,
    points: Points,
    targets: Vec<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Points {
    /// Of each decision, every point's option.
    Decisions(Vec<Vec<u8>>),
    /// Features, row after row.
    Rows(Vec<f64>),
}

/// Of each decision, every architecture's option.
fn by_decision(inputs: Inputs<'_>) -> Vec<Vec<u8>> {
    let decisions = 0..inputs.space.decisions().len();
    let of = |d: usize| inputs.archs.iter().map(|a| a.decisions()[d]).collect();
    decisions.map(of).collect()
}

/// A bit for each point: whether it has another option.
fn others(points: &[u8], option: u8) -> Vec<u64> {
    let word = |points: &[u8]| {
        let bits = points.iter().enumerate();
        bits.fold(0, |word, (at, &p)| word | u64::from(p != option) << at)
    };
    points.chunks(64).map(word).collect()
}

/// In how many decisions each point differs, as the digits of a binary number: a bit for each point in every digit.
struct Differences<'a> {
    /// Of each decision and option, the points that have another one.
    others: &'a [Vec<Vec<u64>>],
    /// After each number of leading decisions: digit after digit, the lowest first.
    levels: Vec<Vec<u64>>,
    /// The decisions they are of.
    prefix: Vec<u8>,
    /// Words of a digit.
    words: usize,
    /// All points.
    all: Vec<u64>,
}

impl<'a> Differences<'a> {
    fn new(others: &'a [Vec<Vec<u64>>], n: usize) -> Self {
        let words = n.div_ceil(64);
        let digits = (others.len() + 1).next_power_of_two().trailing_zeros() as usize;
        let mut all = vec![u64::MAX; words];
        if let Some(last) = all.last_mut().filter(|_| !n.is_multiple_of(64)) {
            *last = (1 << (n % 64)) - 1;
        }
        Self {
            others,
            levels: vec![vec![0; digits * words]; others.len() + 1],
            prefix: Vec::new(),
            words,
            all,
        }
    }

    /// Goes to an architecture; what it shares with the one before in leading decisions is kept.
    fn follow(&mut self, choices: &[u8]) {
        let both = self.prefix.iter().zip(choices);
        let shared = both.take_while(|(a, b)| a == b).count();
        for d in shared..choices.len() {
            let (before, after) = self.levels.split_at_mut(d + 1);
            let others = &self.others[d][usize::from(choices[d])];
            vectorised!(add_one(&before[d], others, &mut after[0]));
        }
        self.prefix.clear();
        self.prefix.extend_from_slice(choices);
    }

    /// Fills `points` with those that differ in `distance` decisions, and counts them.
    #[inline(always)]
    fn at(&self, distance: usize, points: &mut [u64]) -> u32 {
        points.copy_from_slice(&self.all);
        let level = &self.levels[self.prefix.len()];
        for (place, digit) in level.chunks_exact(self.words).enumerate() {
            let flip = if distance >> place & 1 == 1 {
                0
            } else {
                u64::MAX
            };
            for (slot, word) in points.iter_mut().zip(digit) {
                *slot &= word ^ flip;
            }
        }
        points.iter().map(|word| word.count_ones()).sum()
    }
}

/// `before`, and one more for `points`.
#[inline(always)]
fn add_one(before: &[u64], points: &[u64], after: &mut [u64]) {
    let words = points.len();
    for (word, &points) in points.iter().enumerate() {
        let mut carried = points;
        for place in (word..before.len()).step_by(words) {
            after[place] = before[place] ^ carried;
            carried &= before[place];
        }
    }
}

impl Neighbors {
    fn weight(&self, distance: f64) -> f64 {
        match self.config.weights {
            Weighting::Uniform => 1.0,
            Weighting::Distance => 1.0 / (1.0 + distance),
        }
    }

    /// The prediction from groups of equally far neighbours, nearest first: distance, number, sum of targets.
    #[inline(always)]
    fn blend(&self, groups: impl Iterator<Item = (f64, f64, f64)>) -> f64 {
        let mut left = self.config.k.min(self.targets.len()) as f64;
        let (mut sum, mut total) = (0.0, 0.0);
        for (distance, count, targets) in groups {
            let weight = self.weight(distance) * left.min(count);
            sum += weight * (targets / count);
            total += weight;
            left -= count;
            if left <= 0.0 {
                break;
            }
        }
        sum / total
    }

    /// For architectures, from how many decisions differ from each point. They are taken in order, so that most are one
    /// addition away from the one before.
    fn by_decisions(&self, points: &[Vec<u8>], inputs: &Inputs<'_>) -> Vec<f64> {
        let n = self.targets.len();
        let decisions = points.iter().zip(inputs.space.decisions());
        let others: Vec<Vec<Vec<u64>>> = decisions
            .map(|(points, decision)| {
                let options = 0..decision.options.len();
                options.map(|o| others(points, o as u8)).collect()
            })
            .collect();
        let mut differences = Differences::new(&others, n);
        let mut room = vec![0; differences.words];
        let mut means = vec![0.0; inputs.len()];
        for at in in_order(inputs.archs) {
            differences.follow(inputs.archs[at as usize].decisions());
            means[at as usize] = vectorised!(self.nearest(&differences, &mut room));
        }
        means
    }

    /// The mean target of the nearest points.
    #[inline(always)]
    fn nearest(&self, differences: &Differences<'_>, room: &mut [u64]) -> f64 {
        self.blend((0..differences.levels.len()).filter_map(|distance| {
            let count = differences.at(distance, room);
            if count == 0 {
                return None;
            }
            let mut sum = 0.0;
            for (targets, points) in self.targets.chunks(64).zip(room.iter()) {
                let mut points = *points;
                while points != 0 {
                    sum += targets[points.trailing_zeros() as usize];
                    points &= points - 1;
                }
            }
            Some((distance as f64, f64::from(count), sum))
        }))
    }

    fn by_features(&self, rows: &[f64], asked: &[f64]) -> f64 {
        let square = |row: &[f64]| {
            row.iter()
                .zip(asked)
                .map(|(a, b)| (a - b) * (a - b))
                .sum::<f64>()
        };
        let mut near: Vec<(f64, f64)> = rows
            .chunks_exact(self.columns.max(1))
            .zip(&self.targets)
            .map(|(row, &target)| (square(row), target))
            .collect();
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        self.blend(near.chunk_by(|a, b| a.0 == b.0).map(|group| {
            let targets = group.iter().map(|n| n.1).sum();
            (group[0].0.sqrt(), group.len() as f64, targets)
        }))
    }
}

impl FittedPredictor for Neighbors {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        check_columns(inputs.features, self.columns)?;
        let mean = match &self.points {
            Points::Decisions(points) => self.by_decisions(points, inputs),
            Points::Rows(rows) => {
                let asked = (0..inputs.len()).map(|at| inputs.features.row(at));
                asked.map(|asked| self.by_features(rows, asked)).collect()
            }
        };
        Ok(Predictions { mean, std: None })
    }
}
