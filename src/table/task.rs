//! One task of a table: its architectures, what was published of their trainings, and of themselves.

use super::attribute::Attribute;
use super::blocks::Damaged;
use super::epochs::Epochs;
use super::meaning::{Meaning, Quantity, Split};
use super::names::Names;
use super::rows::Rows;
use super::values::{Slice, Values};
use crate::space::{Architecture, SearchSpace};
use std::sync::Arc;

/// A data set (and what is measured on it), with the architectures trained on it.
#[derive(Clone)]
pub struct Task {
    pub(super) name: String,
    pub(super) metric: String,
    pub(super) space: Arc<dyn SearchSpace>,
    pub(super) rows: Rows,
    pub(super) names: Option<Names>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) attributes: Vec<AttributeColumn>,
}

/// A way of training: another schedule is another training, never a part of this one.
#[derive(Clone)]
pub struct Schedule {
    /// The publication's name, usually its number of epochs: `200`.
    pub name: String,
    /// The published training seeds; a seed's position is its place here.
    pub seeds: Vec<u32>,
    /// What was measured.
    pub series: Vec<Series>,
}

/// A quantity of every architecture, seed and epoch of a schedule.
#[derive(Clone)]
pub struct Series {
    /// What it means.
    pub meaning: Meaning,
    /// The epochs it was measured at.
    pub epochs: Epochs,
    pub(super) seeds: usize,
    /// By (row × seeds + seed) × epochs + epoch.
    pub(super) values: Values,
}

/// A figure of every architecture.
#[derive(Clone)]
pub struct AttributeColumn {
    /// What it means.
    pub attribute: Attribute,
    /// The schedule whose seeds have a figure each, where they differ.
    pub schedule: Option<usize>,
    pub(super) seeds: usize,
    /// By row × seeds + seed.
    pub(super) values: Values,
}

impl Task {
    /// The same results as another task.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = name.to_string();
        self
    }

    /// Kebab-case name, usually the data set's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What [`Quantity::Metric`] is here, for example `accuracy`; higher is better.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// Where its architectures are from.
    pub fn space(&self) -> &Arc<dyn SearchSpace> {
        &self.space
    }

    /// The raw index of each row's architecture, ascending.
    pub fn archs(&self) -> &[u64] {
        self.rows.archs()
    }

    /// The row that answers for `arch`: its own, or that of a member of its isomorphism class.
    #[inline]
    pub fn row(&self, arch: &Architecture) -> Option<usize> {
        self.rows.find(self.space.as_ref(), arch)
    }

    /// The name the source gives a row's architecture, where it is kept.
    ///
    /// # Errors
    /// When the file is damaged there.
    pub fn published_name(&self, row: usize) -> Result<Option<&str>, Damaged> {
        self.names.as_ref().map(|names| names.get(row)).transpose()
    }

    /// The ways of training.
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// The figures of architectures.
    pub fn attributes(&self) -> &[AttributeColumn] {
        &self.attributes
    }

    /// The schedule of this name.
    pub fn schedule(&self, name: &str) -> Option<&Schedule> {
        self.schedules.iter().find(|s| s.name == name)
    }

    /// The column of this meaning.
    pub fn attribute(&self, attribute: &Attribute) -> Option<&AttributeColumn> {
        self.attributes.iter().find(|c| c.attribute == *attribute)
    }

    /// Whether a schedule of the task has this series.
    pub fn has(&self, meaning: &Meaning) -> bool {
        self.schedules.iter().any(|s| s.get(meaning).is_some())
    }

    /// Whether the task has test results and nothing that a search may honestly choose by.
    pub fn is_test_only(&self) -> bool {
        self.has(&Meaning::TEST) && !self.has(&Meaning::VALID)
    }
}

impl Schedule {
    /// The series of this meaning.
    pub fn get(&self, meaning: &Meaning) -> Option<&Series> {
        self.series.iter().find(|s| s.meaning == *meaning)
    }

    /// The last epoch of any series.
    pub fn last_epoch(&self) -> u32 {
        self.series
            .iter()
            .map(|s| s.epochs.last())
            .max()
            .unwrap_or(0)
    }
}

impl Series {
    /// The value of a row, a seed (its position) and an epoch (its position).
    ///
    /// # Errors
    /// When the file is damaged there.
    #[inline]
    pub fn at(&self, row: usize, seed: usize, epoch: usize) -> Result<Option<f64>, Damaged> {
        self.values
            .get((row * self.seeds + seed) * self.epochs.len() + epoch)
    }

    /// All epochs of one training, borrowed.
    ///
    /// # Errors
    /// When the file is damaged there.
    #[inline]
    pub fn curve(&self, row: usize, seed: usize) -> Result<Slice<'_>, Damaged> {
        let epochs = self.epochs.len();
        let start = (row * self.seeds + seed) * epochs;
        self.values.slice(start..start + epochs)
    }

    /// The number of seeds.
    pub fn seeds(&self) -> usize {
        self.seeds
    }

    /// Whether no value is missing.
    pub fn is_complete(&self) -> bool {
        self.values.is_complete()
    }

    /// Whether its values are fractions in 0 to 1, as a metric of this name is.
    pub fn is_fraction(&self, metric: &str) -> bool {
        match &self.meaning.quantity {
            Quantity::Metric => is_fraction(metric),
            Quantity::Other(name) => is_fraction(name),
            Quantity::Loss | Quantity::TimeS => false,
        }
    }

    /// Whether it is a cumulative time.
    pub fn is_cumulative_time(&self) -> bool {
        self.meaning.quantity == Quantity::TimeS && self.meaning.split == Split::Train
    }
}

/// Whether values of a metric of this name are fractions in 0 to 1.
pub fn is_fraction(metric: &str) -> bool {
    metric.ends_with("accuracy") || matches!(metric, "roc-auc" | "f1" | "miou")
}

impl AttributeColumn {
    /// The figure of a row: for each seed of its schedule, or a single one.
    ///
    /// # Errors
    /// When the file is damaged there.
    pub fn at(&self, row: usize) -> Result<Slice<'_>, Damaged> {
        self.values.slice(row * self.seeds..(row + 1) * self.seeds)
    }
}
