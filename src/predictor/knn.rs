//! The k nearest neighbours: the mean target of the architectures that differ least.
//!
//! Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information Theory 1967; for
//! regression Altman, The American Statistician 1992. Distances are between architectures: the number of decisions
//! that differ, or Euclidean between encodings. Where several are equally far as the k-th, all share what is left of
//! the k places, so that the order of the training set does not matter.

use super::linear::check_columns;
use super::matrix::vectorised;
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
            Distance::Hamming => Points::Nibbles(nibbles(data.inputs)?),
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
    /// Four bits for each decision.
    Nibbles(Vec<u128>),
    /// Features, row after row.
    Rows(Vec<f64>),
}

/// Each architecture's options, four bits apiece.
fn nibbles(inputs: Inputs<'_>) -> Result<Vec<u128>, Error> {
    if let Some(decision) = inputs
        .space
        .decisions()
        .iter()
        .find(|d| d.options.len() > 16)
    {
        let problem = format!("{} has {} options", decision.name, decision.options.len());
        return Err(Error::new("k-nearest-neighbors", problem)
            .mend("expected at most 16: set distance = \"euclidean\""));
    }
    let pack = |decisions: &[u8]| {
        decisions
            .iter()
            .fold(0, |word, &d| word << 4 | u128::from(d))
    };
    Ok(inputs
        .archs
        .iter()
        .map(|arch| pack(arch.decisions()))
        .collect())
}

/// In how many nibbles two words differ.
#[inline(always)]
fn differing(a: u128, b: u128) -> u32 {
    const LOWEST: u128 = u128::MAX / 15;
    let bits = a ^ b;
    let pairs = bits | bits >> 1;
    ((pairs | pairs >> 2) & LOWEST).count_ones()
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

    #[inline(always)]
    fn by_decisions(&self, words: &[u128], asked: u128) -> f64 {
        let mut groups = [(0.0, 0.0); crate::space::MAX_DECISIONS + 1];
        for (&word, &target) in words.iter().zip(&self.targets) {
            let group = &mut groups[differing(word, asked) as usize];
            group.0 += 1.0;
            group.1 += target;
        }
        let groups = groups
            .iter()
            .enumerate()
            .filter(|(_, (count, _))| *count > 0.0);
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
            Points::Nibbles(words) => {
                let asked = nibbles(*inputs)?;
                asked
                    .into_iter()
                    .map(|asked| vectorised(|| self.by_decisions(words, asked)))
                    .collect()
            }
            Points::Rows(rows) => {
                let asked = (0..inputs.len()).map(|at| inputs.features.row(at));
                asked.map(|asked| self.by_features(rows, asked)).collect()
            }
        };
        Ok(Predictions { mean, std: None })
    }
}
