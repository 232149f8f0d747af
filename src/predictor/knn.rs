//! The k nearest neighbours: the mean target of the architectures that differ least.
//!
//! Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information Theory 1967; for
//! regression Altman, The American Statistician 1992. Distances are between architectures: the number of decisions
//! that differ, or Euclidean between encodings. Where several are equally far as the k-th, all share what is left of
//! the k places, so that the order of the training set does not matter.

use super::linear::check_columns;
use super::matrix::vectorised;
use super::product_kernel::in_order;
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use crate::space::Architecture;
use serde::{Deserialize, Serialize};

/// Points that are skipped at once when all are too far.
const LANES: usize = 32;
/// Ones that a byte has room for.
const BYTE_SUMS: usize = 224;

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

/// `before`, and one more where a point's option is not `option`.
#[inline(always)]
fn differ(before: &[u8], points: &[u8], option: u8, after: &mut [u8]) {
    for ((slot, before), point) in after.iter_mut().zip(before).zip(points) {
        *slot = before + u8::from(*point != option);
    }
}

/// How many distances are at most `farthest`.
#[inline(always)]
fn within(distances: &[u8], farthest: u8) -> usize {
    // Sums of a byte each, short enough not to overflow.
    let sums = distances.chunks(BYTE_SUMS).map(|part| {
        let ones = part.iter().map(|d| u8::from(*d <= farthest));
        usize::from(ones.fold(0_u8, |sum, one| sum + one))
    });
    sums.sum()
}

impl Neighbors {
    fn weight(&self, distance: f64) -> f64 {
        match self.config.weights {
            Weighting::Uniform => 1.0,
            Weighting::Distance => 1.0 / (1.0 + distance),
        }
    }

    /// The prediction from groups of equally far neighbours, nearest first: distance, number, sum of targets.
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

    /// For architectures, from how many decisions differ from each point. They are taken in order, and the numbers are
    /// kept for every prefix of decisions, so that most are one addition of bytes away from those of the one before.
    fn by_decisions(&self, points: &[Vec<u8>], archs: &[Architecture]) -> Vec<f64> {
        let n = self.targets.len();
        let mut levels = vec![vec![0_u8; n]; points.len() + 1];
        let mut prefix: Vec<u8> = Vec::new();
        let mut means = vec![0.0; archs.len()];
        for at in in_order(archs) {
            let choices = archs[at as usize].decisions();
            let both = prefix.iter().zip(choices);
            let shared = both.take_while(|(a, b)| a == b).count();
            for d in shared..choices.len() {
                let (before, after) = levels.split_at_mut(d + 1);
                vectorised!(differ(&before[d], &points[d], choices[d], &mut after[0]));
            }
            prefix.clear();
            prefix.extend_from_slice(choices);
            let distances = &levels[choices.len()];
            means[at as usize] = vectorised!(self.nearest(distances));
        }
        means
    }

    /// The mean target of the nearest of points at these distances.
    #[inline(always)]
    fn nearest(&self, distances: &[u8]) -> f64 {
        let k = self.config.k.min(distances.len());
        let mut farthest = 0;
        while within(distances, farthest) < k {
            farthest += 1;
        }
        let mut groups = [(0.0, 0.0); crate::space::MAX_DECISIONS + 1];
        let targets = self.targets.chunks(LANES);
        for (distances, targets) in distances.chunks(LANES).zip(targets) {
            if within(distances, farthest) > 0 {
                for (&distance, &target) in distances.iter().zip(targets) {
                    if distance <= farthest {
                        let group = &mut groups[usize::from(distance)];
                        group.0 += 1.0;
                        group.1 += target;
                    }
                }
            }
        }
        let groups = groups.iter().enumerate();
        let groups = groups.filter(|(_, (count, _))| *count > 0.0);
        self.blend(groups.map(|(distance, &(count, targets))| (distance as f64, count, targets)))
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
            Points::Decisions(points) => self.by_decisions(points, inputs.archs),
            Points::Rows(rows) => {
                let asked = (0..inputs.len()).map(|at| inputs.features.row(at));
                asked.map(|asked| self.by_features(rows, asked)).collect()
            }
        };
        Ok(Predictions { mean, std: None })
    }
}
