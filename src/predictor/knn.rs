//! The k nearest neighbours: the mean target of the architectures that differ least.
//!
//! Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information Theory 1967; for
//! regression Altman, The American Statistician 1992. Distances are between architectures: the number of decisions
//! that differ, or Euclidean between encodings. Where several are equally far as the k-th, all share what is left of
//! the k places, so that the order of the training set does not matter. Own code: smartcore's takes 160 µs for one
//! architecture among 200, as it compares features instead of decisions, and leaves ties to the order.

use super::fixed_point::Unit;
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

    fn sees_instead(&self) -> Option<&'static str> {
        (self.distance == Distance::Hamming).then_some(
            "it counts the decisions that differ; with distance = \"euclidean\" it reads them",
        )
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

/// In how many leading decisions each point differs from the architecture followed.
struct Differences<'a> {
    /// Of each decision, every point's option.
    points: &'a [Vec<u8>],
    /// After each number of leading decisions, of every point.
    levels: Vec<Vec<u8>>,
    /// The decisions followed.
    prefix: Vec<u8>,
}

impl<'a> Differences<'a> {
    fn new(points: &'a [Vec<u8>], n: usize) -> Self {
        Self {
            points,
            levels: vec![vec![0; n]; points.len() + 1],
            prefix: Vec::new(),
        }
    }

    /// Goes to these leading decisions; what they share with the ones before is kept.
    #[inline(always)]
    fn follow(&mut self, choices: &[u8]) -> &[u8] {
        let both = self.prefix.iter().zip(choices);
        let shared = both.take_while(|(a, b)| a == b).count();
        for d in shared..choices.len() {
            let (before, after) = self.levels.split_at_mut(d + 1);
            let points = before[d].iter().zip(&self.points[d]);
            for (slot, (before, option)) in after[0].iter_mut().zip(points) {
                *slot = before + u8::from(*option != choices[d]);
            }
        }
        self.prefix.clear();
        self.prefix.extend_from_slice(choices);
        &self.levels[choices.len()]
    }
}

/// Points of which some number is wanted: how many, and the sum of their targets in units.
#[derive(Clone, Copy, Default)]
struct Group {
    count: u32,
    sum: i64,
}

impl Group {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
    }
}

/// Points by the number of leading decisions that differ and by their last option, up to one more than the nearest k are away.
struct Near {
    /// Room for the points.
    points: Vec<u32>,
    /// By distance and option.
    groups: Vec<Group>,
    /// By distance.
    all: Vec<Group>,
    options: usize,
}

impl Near {
    /// From how far away each point is without the last decision, its option there, and its target.
    #[inline(always)]
    fn fill(&mut self, differences: &[u8], last: &[u8], targets: &[i64], k: usize) {
        let mut bound = 0;
        while within(differences, bound) < k {
            bound += 1;
        }
        let bound = bound.saturating_add(1);
        self.all.clear();
        self.all.resize(usize::from(bound) + 1, Group::default());
        self.groups.clear();
        let groups = self.all.len() * self.options;
        self.groups.resize(groups, Group::default());
        // Who is near is as good as random: all are written, and only counted where they are.
        self.points.resize(differences.len(), 0);
        let mut found = 0;
        for (point, &distance) in differences.iter().enumerate() {
            self.points[found] = point as u32;
            found += usize::from(distance <= bound);
        }
        for &point in &self.points[..found] {
            let point = point as usize;
            let at = usize::from(differences[point]) * self.options + usize::from(last[point]);
            self.groups[at].add(Group {
                count: 1,
                sum: targets[point],
            });
        }
        let by_distance = self.groups.chunks_exact(self.options);
        for (all, groups) in self.all.iter_mut().zip(by_distance) {
            groups.iter().for_each(|&group| all.add(group));
        }
    }

    /// The points this far from an architecture whose last option this is.
    #[inline(always)]
    fn at(&self, distance: usize, option: usize) -> Group {
        let mut group = self.groups[distance * self.options + option];
        if distance > 0 {
            let nearer = self.groups[(distance - 1) * self.options + option];
            group.add(Group {
                count: self.all[distance - 1].count - nearer.count,
                sum: self.all[distance - 1].sum - nearer.sum,
            });
        }
        group
    }
}

/// How many points are at most so far away.
#[inline(always)]
fn within(differences: &[u8], distance: u8) -> usize {
    // So few at a time that a byte can count them.
    let near = |some: &[u8]| -> u8 { some.iter().map(|&d| u8::from(d <= distance)).sum() };
    differences.chunks(255).map(|c| usize::from(near(c))).sum()
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
            let weight = self.weight(distance);
            let share = if count <= left { 1.0 } else { left / count };
            sum += weight * share * targets;
            total += weight * share * count;
            left -= count;
            if left <= 0.0 {
                break;
            }
        }
        sum / total
    }

    /// For architectures, from how many decisions differ from each point. Those that differ in the last decision only are answered
    /// together.
    fn by_decisions(&self, points: &[Vec<u8>], inputs: &Inputs<'_>) -> Vec<f64> {
        let k = self.config.k.min(self.targets.len());
        let Some((last, _)) = points.split_last() else {
            let mean = self.targets.iter().map(|t| t / self.targets.len() as f64);
            return vec![mean.sum(); inputs.len()];
        };
        let largest = self.targets.iter().fold(0.0, |m: f64, t| m.max(t.abs()));
        let unit = Unit::for_sums(self.targets.len(), largest);
        let targets: Vec<i64> = self.targets.iter().map(|&t| unit.whole(t)).collect();
        let leading = points.len() - 1;
        let mut differences = Differences::new(points, targets.len());
        let mut near = Near {
            points: Vec::new(),
            groups: Vec::new(),
            all: Vec::new(),
            options: inputs.space.decisions()[leading].options.len(),
        };
        let mut means = vec![0.0; inputs.len()];
        let choices = |at: &u32| inputs.archs[*at as usize].decisions();
        let order = in_order(inputs.archs);
        for group in order.chunk_by(|a, b| choices(a)[..leading] == choices(b)[..leading]) {
            let here = &choices(&group[0])[..leading];
            vectorised!(near.fill(differences.follow(here), last, &targets, k));
            for at in group {
                let option = usize::from(choices(at)[leading]);
                let groups = (0..near.all.len()).map(|distance| {
                    let Group { count, sum } = near.at(distance, option);
                    (distance as f64, f64::from(count), unit.value(sum))
                });
                means[*at as usize] = self.blend(groups.filter(|(_, count, _)| *count > 0.0));
            }
        }
        means
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
