//! How an importer builds a task: rows in any order, values in any order, checked at the end.

mod finish;
mod grow;

use super::attribute::Attribute;
use super::draft::{AttributeDraft, Draft, SeriesDraft};
use super::epochs::Epochs;
use super::meaning::Meaning;
use super::row_index::RowIndex;
use super::task::is_fraction;
use crate::error::Error;
use crate::space::{self, Architecture, POOL, SearchSpace};
use std::sync::Arc;

/// The most seeds of a schedule: a bit each when those that are there are counted.
const MAX_SEEDS: usize = 64;

/// A row of a task under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowId(usize);

impl RowId {
    /// The row's place in the order of first mention.
    pub(crate) fn index(self) -> usize {
        self.0
    }
}

/// A schedule of a task under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleId(usize);

/// A series of a task under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesId(usize);

/// An attribute of a task under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeId(usize);

/// A task under construction.
///
/// Setting never fails: the first thing that cannot be (a value that is no number, a fraction outside 0 to 1, an
/// epoch off the grid, two values for one place) is remembered, and [`TaskBuilder::finish`] says it.
pub struct TaskBuilder {
    name: String,
    metric: String,
    /// `None`: a pool, known when all its names are.
    space: Option<Arc<dyn SearchSpace>>,
    rows: RowIndex,
    names: Vec<Option<String>>,
    schedules: Vec<(String, Vec<u32>)>,
    series: Vec<SeriesDraft>,
    attributes: Vec<AttributeDraft>,
    problem: Option<String>,
}

impl TaskBuilder {
    /// A task on architectures of the registered search space `space`, measured by `metric`: `accuracy`, `roc-auc`,
    /// `negative-loss`; higher is better.
    ///
    /// # Errors
    /// When a name is not kebab-case, or the space is unknown.
    pub fn new(name: &str, space: &str, metric: &str) -> Result<Self, Error> {
        let space = space::open(space)?;
        Self::start(name, Some(space), metric)
    }

    /// A task on a pool: architectures without structure, each only a name.
    ///
    /// # Errors
    /// When a name is not kebab-case.
    pub fn pool(name: &str, metric: &str) -> Result<Self, Error> {
        Self::start(name, None, metric)
    }

    /// Another task on the same space and rows, measured by the same metric.
    ///
    /// # Errors
    /// When the name is not kebab-case.
    pub(crate) fn sibling(&self, name: &str) -> Result<Self, Error> {
        let mut sibling = Self::start(name, self.space.clone(), &self.metric)?;
        sibling.rows = self.rows.clone();
        Ok(sibling)
    }

    fn start(name: &str, space: Option<Arc<dyn SearchSpace>>, metric: &str) -> Result<Self, Error> {
        for text in [name, metric] {
            if !super::is_name(text) {
                return Err(Error::new("task", format!("`{text}` is not a name"))
                    .mend("give lower-case letters, digits, `-`, `_` and `.`"));
            }
        }
        Ok(Self {
            name: name.into(),
            metric: metric.into(),
            rows: match &space {
                Some(space) => RowIndex::of_space(space.as_ref()),
                None => RowIndex::pool(),
            },
            space,
            names: Vec::new(),
            schedules: Vec::new(),
            series: Vec::new(),
            attributes: Vec::new(),
            problem: None,
        })
    }

    /// The row of an architecture, new at its first mention.
    ///
    /// In a space with at most 2^20 raw architectures each of them has a row of its own; in a larger one, each
    /// isomorphism class has.
    ///
    /// # Panics
    /// When the task is a pool: its rows have names only.
    #[inline]
    pub fn row(&mut self, arch: &Architecture) -> RowId {
        let space = self.space.as_deref().expect("a pool's rows have names");
        let (row, is_new) = self.rows.of_arch(space, arch);
        if is_new && !space.is_valid(arch) {
            let problem = format!("`{}` is not valid in {}", space.display(arch), space.name());
            self.problem.get_or_insert(problem);
        }
        RowId(row)
    }

    /// Gives every architecture of a space with at most 2^20 raw ones its row, in the order of the space; there is none yet.
    ///
    /// # Panics
    /// When the space is larger, or there are rows already.
    pub fn add_all_rows(&mut self) {
        let space = self.space.as_deref().expect("a pool's rows have names");
        let all = 0..space.raw_size();
        if !(all.clone()).all(|index| space.is_valid(&space.at_index(index))) {
            let problem = format!("not every architecture is valid in {}", space.name());
            self.problem.get_or_insert(problem);
        }
        self.rows.add_all();
    }

    /// The row of an architecture as its paper writes it.
    ///
    /// # Errors
    /// When `text` is not an architecture of the space.
    ///
    /// # Panics
    /// When the task is a pool: its rows have names only.
    pub fn parse_row(&mut self, text: &str) -> Result<RowId, Error> {
        let arch = self.parse(text)?;
        Ok(self.row(&arch))
    }

    /// The architecture that a text stands for in the task's space.
    ///
    /// # Errors
    /// When it stands for none.
    ///
    /// # Panics
    /// When the task is a pool.
    pub(super) fn parse(&self, text: &str) -> Result<Architecture, Error> {
        let space = self.space.as_ref().expect("a pool's rows have names");
        space.parse(text)
    }

    /// The row of a pool's architecture, new at its first mention.
    ///
    /// # Panics
    /// When the task is not a pool.
    pub fn named_row(&mut self, name: &str) -> RowId {
        RowId(self.rows.of_name(name))
    }

    /// Keeps the name that the source gives a row's architecture (a module hash, a file): not for pools, which have
    /// it already. All rows must get one, or none.
    pub fn publish_as(&mut self, row: RowId, name: &str) {
        if self.names.len() <= row.0 {
            self.names.resize(row.0 + 1, None);
        }
        self.names[row.0] = Some(name.to_string());
    }

    /// A schedule: a way of training, with its published seeds in order.
    pub fn schedule(&mut self, name: &str, seeds: &[u32]) -> ScheduleId {
        let distinct = |seeds: &[u32]| (1..seeds.len()).all(|at| !seeds[..at].contains(&seeds[at]));
        if !super::is_name(name) || !(1..=MAX_SEEDS).contains(&seeds.len()) || !distinct(seeds) {
            let problem = format!(
                "schedule `{name}`: expected a name and 1 to 64 distinct seeds, found {seeds:?}"
            );
            self.problem.get_or_insert(problem);
        }
        if self.schedules.iter().any(|(known, _)| known == name) {
            self.problem
                .get_or_insert(format!("schedule `{name}` is declared twice"));
        }
        self.schedules.push((name.into(), seeds.to_vec()));
        ScheduleId(self.schedules.len() - 1)
    }

    /// A series of a schedule, measured at these epochs.
    pub fn series(&mut self, schedule: ScheduleId, meaning: Meaning, epochs: Epochs) -> SeriesId {
        let known = |s: &SeriesDraft| s.schedule == schedule.0 && s.meaning == meaning;
        if self.series.iter().any(known) {
            self.problem
                .get_or_insert(format!("series {meaning} is declared twice"));
        }
        if meaning.to_string().parse().as_ref() != Ok(&meaning) {
            self.problem
                .get_or_insert(format!("{meaning} is not the name of a series"));
        }
        let is_fraction = match &meaning.quantity {
            super::Quantity::Metric => is_fraction(&self.metric),
            super::Quantity::Other(name) => is_fraction(name),
            super::Quantity::Loss | super::Quantity::TimeS => false,
        };
        let stride = self.schedules[schedule.0].1.len() * epochs.len();
        self.series.push(SeriesDraft {
            schedule: schedule.0,
            meaning,
            epochs,
            is_fraction,
            draft: Draft::new(stride),
        });
        SeriesId(self.series.len() - 1)
    }

    /// Sets one value: the seed by its position in its schedule, the epoch by its number.
    pub fn set(&mut self, series: SeriesId, row: RowId, seed: usize, epoch: u32, value: f64) {
        self.set_points(series, row, seed, &[(epoch, value)]);
    }

    /// Sets values of one training, each with its epoch's number.
    pub fn set_points(&mut self, series: SeriesId, row: RowId, seed: usize, points: &[(u32, f64)]) {
        let rows = self.rows.len();
        let s = &mut self.series[series.0];
        if s.set_points(row.0, seed, points, rows) {
            return;
        }
        let mut failed = None;
        for &(epoch, value) in points {
            if let Err(problem) = s.set(row.0, seed, epoch, value, rows) {
                failed.get_or_insert(problem);
            }
        }
        if let Some(problem) = failed {
            let meaning = s.meaning.to_string();
            self.report(&meaning, row, &problem);
        }
    }

    /// Sets a whole training, one value for each epoch of the series in order.
    pub fn set_curve(&mut self, series: SeriesId, row: RowId, seed: usize, values: &[f64]) {
        let rows = self.rows.len();
        let s = &mut self.series[series.0];
        if s.set_curve(row.0, seed, values, rows) {
            return;
        }
        if values.len() != s.epochs.len() {
            let problem = format!("{} values for {} epochs", values.len(), s.epochs.len());
            let meaning = s.meaning.to_string();
            return self.report(&meaning, row, &problem);
        }
        let epochs = s.epochs.as_slice().iter().copied();
        let points: Vec<(u32, f64)> = epochs.zip(values.iter().copied()).collect();
        self.set_points(series, row, seed, &points);
    }

    /// A figure of every architecture.
    pub fn attribute(&mut self, attribute: Attribute) -> AttributeId {
        self.add_attribute(attribute, None, 1)
    }

    /// A figure of every architecture and seed of a schedule. Where the seeds agree throughout, one figure each
    /// is kept; where they do not, the table says so.
    pub fn attribute_per_seed(
        &mut self,
        attribute: Attribute,
        schedule: ScheduleId,
    ) -> AttributeId {
        let seeds = self.schedules[schedule.0].1.len();
        self.add_attribute(attribute, Some(schedule.0), seeds)
    }

    fn add_attribute(
        &mut self,
        attribute: Attribute,
        schedule: Option<usize>,
        stride: usize,
    ) -> AttributeId {
        if self.attributes.iter().any(|a| a.attribute == attribute) {
            self.problem
                .get_or_insert(format!("attribute {attribute} is declared twice"));
        }
        if attribute.to_string().parse().as_ref() != Ok(&attribute) {
            self.problem
                .get_or_insert(format!("{attribute} is not the name of a figure"));
        }
        self.attributes.push(AttributeDraft {
            attribute,
            schedule,
            draft: Draft::new(stride),
        });
        AttributeId(self.attributes.len() - 1)
    }

    /// Sets a figure of an architecture, the same for every seed.
    #[inline]
    pub fn put(&mut self, attribute: AttributeId, row: RowId, value: f64) {
        for seed in 0..self.attributes[attribute.0].draft.stride {
            self.put_for_seed(attribute, row, seed, value);
        }
    }

    /// Sets a figure of all architectures, in the order of their rows; what is no number is missing. Faster than one
    /// after the other.
    ///
    /// # Panics
    /// When the figure is one of each seed, or has values already.
    pub fn put_all(&mut self, attribute: AttributeId, values: Vec<f64>) {
        let a = &mut self.attributes[attribute.0];
        let (found, expected) = (values.len(), self.rows.len());
        if found != expected {
            let problem = format!("{}: {found} figures for {expected} rows", a.attribute);
            self.problem.get_or_insert(problem);
            return;
        }
        a.draft.set_all(values);
    }

    /// Sets a figure of an architecture, unless it has one already.
    #[inline]
    pub fn put_first(&mut self, attribute: AttributeId, row: RowId, value: f64) {
        if !self.attributes[attribute.0].draft.has(row.0) {
            self.put(attribute, row, value);
        }
    }

    /// Sets a figure of an architecture for one seed, by its position.
    #[inline]
    pub fn put_for_seed(&mut self, attribute: AttributeId, row: RowId, seed: usize, value: f64) {
        let a = &mut self.attributes[attribute.0];
        if let Err(problem) = a.draft.set(row.0, seed, value, self.rows.len()) {
            let meaning = a.attribute.to_string();
            self.report(&meaning, row, &problem);
        }
    }

    #[cold]
    fn report(&mut self, meaning: &str, row: RowId, problem: &str) {
        if self.problem.is_none() {
            let arch = self.rows.describe(self.space.as_deref(), row.0);
            self.problem = Some(format!("{meaning} of `{arch}`: {problem}"));
        }
    }

    /// The name of the space: a registered one, or `pool`.
    pub fn space_name(&self) -> &str {
        self.space.as_ref().map_or(POOL, |space| space.name())
    }
}
