//! From the rows of a plain table to its tasks: first which schedules, seeds, epochs and figures there are, then their
//! values.

use super::known::Known;
use super::{ARCHITECTURE_KEYS, ARCHITECTURES, TRAINING_KEYS, TRAININGS};
use crate::error::Error;
use crate::space::POOL;
use crate::table::builder::{AttributeId, RowId, ScheduleId, SeriesId};
use crate::table::card::TaskCard;
use crate::table::{Attribute, Epochs, Meaning, Task, TaskBuilder};
use polars::prelude::*;
use std::collections::BTreeSet;

/// Makes the tasks on the card of the rows of the two files.
pub(super) fn fill(
    cards: &[TaskCard],
    trainings: Option<&DataFrame>,
    architectures: Option<&DataFrame>,
) -> Result<Vec<Task>, Error> {
    let mut drafts = cards
        .iter()
        .map(Draft::new)
        .collect::<Result<Vec<_>, _>>()?;
    let mut known = Known::new(cards);
    let of_trainings = |e: Error| e.within(TRAININGS);
    let of_architectures = |e: Error| e.within(ARCHITECTURES);
    let trainings = trainings
        .map(Trainings::new)
        .transpose()
        .map_err(of_trainings)?;
    let architectures = architectures
        .map(Architectures::new)
        .transpose()
        .map_err(of_architectures)?;
    let mut places = Vec::new();
    if let Some(rows) = &trainings {
        places = rows.scan(&mut drafts).map_err(of_trainings)?;
    }
    if let Some(rows) = &architectures {
        rows.scan(&mut drafts).map_err(of_architectures)?;
    }
    let meanings = trainings.as_ref().map_or(&[][..], |t| &t.series);
    let attributes = architectures.as_ref().map_or(&[][..], |a| &a.attributes);
    for draft in &mut drafts {
        draft.declare(meanings, attributes)?;
    }
    if let Some(rows) = &trainings {
        rows.fill(&mut drafts, &places, &mut known)
            .map_err(of_trainings)?;
    }
    if let Some(rows) = &architectures {
        rows.fill(&mut drafts, &mut known)
            .map_err(of_architectures)?;
    }
    drafts
        .into_iter()
        .map(|draft| draft.builder.finish())
        .collect()
}

/// A task under construction, with what was read of it so far.
struct Draft {
    name: String,
    builder: TaskBuilder,
    schedules: Vec<ScheduleDraft>,
    /// For each attribute that the task has: the position of the schedule whose seeds have a figure each.
    attributes: Vec<Option<Option<usize>>>,
    attribute_ids: Vec<Option<AttributeId>>,
    /// The row of each known text.
    rows: Vec<Option<RowId>>,
}

/// A schedule: its seeds, and the epochs at which each series has values.
struct ScheduleDraft {
    name: String,
    seeds: BTreeSet<u32>,
    epochs: Vec<BTreeSet<u32>>,
    /// The seeds in order, once all are known.
    ordered: Vec<u32>,
    id: Option<ScheduleId>,
    series: Vec<Option<SeriesId>>,
}

impl Draft {
    fn new(card: &TaskCard) -> Result<Self, Error> {
        let builder = match card.space == POOL {
            true => TaskBuilder::pool(&card.name, &card.metric)?,
            false => TaskBuilder::new(&card.name, &card.space, &card.metric)?,
        };
        Ok(Self {
            name: card.name.clone(),
            builder,
            schedules: Vec::new(),
            attributes: Vec::new(),
            attribute_ids: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// The position of a schedule, new at its first mention.
    fn schedule(&mut self, name: &str) -> usize {
        let known = self.schedules.iter().position(|s| s.name == name);
        known.unwrap_or_else(|| {
            self.schedules.push(ScheduleDraft {
                name: name.to_string(),
                seeds: BTreeSet::new(),
                epochs: Vec::new(),
                ordered: Vec::new(),
                id: None,
                series: Vec::new(),
            });
            self.schedules.len() - 1
        })
    }

    fn declare(
        &mut self,
        meanings: &[(Meaning, &Float64Chunked)],
        attributes: &[(Attribute, &Float64Chunked)],
    ) -> Result<(), Error> {
        for schedule in &mut self.schedules {
            schedule.ordered = schedule.seeds.iter().copied().collect();
            let id = self.builder.schedule(&schedule.name, &schedule.ordered);
            schedule.id = Some(id);
            for (epochs, (meaning, _)) in schedule.epochs.iter().zip(meanings) {
                let epochs: Vec<u32> = epochs.iter().copied().collect();
                schedule.series.push(match epochs.is_empty() {
                    true => None,
                    false => {
                        let epochs = Epochs::new(&epochs).map_err(|e| Error::new(&self.name, e))?;
                        Some(self.builder.series(id, meaning.clone(), epochs))
                    }
                });
            }
        }
        for (kind, (attribute, _)) in self.attributes.iter().zip(attributes) {
            let per_seed = kind.flatten().and_then(|at| self.schedules[at].id);
            self.attribute_ids.push(kind.map(|_| match per_seed {
                Some(schedule) => self.builder.attribute_per_seed(attribute.clone(), schedule),
                None => self.builder.attribute(attribute.clone()),
            }));
        }
        Ok(())
    }
}

/// The key columns both files have.
struct Keys<'f> {
    task: &'f StringChunked,
    arch: &'f StringChunked,
    schedule: Option<&'f StringChunked>,
    seed: Option<&'f UInt32Chunked>,
}

impl<'f> Keys<'f> {
    fn new(frame: &'f DataFrame) -> Result<Self, Error> {
        Ok(Self {
            task: text(frame, "task")?.ok_or_else(|| lacks("task"))?,
            arch: text(frame, "arch")?.ok_or_else(|| lacks("arch"))?,
            schedule: text(frame, "schedule")?,
            seed: whole(frame, "seed")?,
        })
    }

    /// The position of the task of a row; `last` is that of the row before.
    fn task(&self, at: usize, drafts: &[Draft], last: usize) -> Result<usize, Error> {
        let name = self.task.get(at).ok_or_else(|| empty(at, "task"))?;
        if drafts[last].name == name {
            return Ok(last);
        }
        drafts.iter().position(|d| d.name == name).ok_or_else(|| {
            let known = drafts.iter().map(|d| d.name.as_str());
            Error::unknown_name(row_place(at), "task", name, known)
        })
    }

    fn arch(&self, at: usize) -> Result<&'f str, Error> {
        self.arch.get(at).ok_or_else(|| empty(at, "arch"))
    }
}

fn lacks(name: &str) -> Error {
    let keys = TRAINING_KEYS.join(", ");
    Error::new("columns", format!("no column `{name}`"))
        .mend(format!("expected {keys}, then series"))
}

fn row_place(at: usize) -> String {
    format!("row {}", at + 1)
}

fn empty(at: usize, name: &str) -> Error {
    Error::new(row_place(at), format!("`{name}` is empty"))
}

fn text<'f>(frame: &'f DataFrame, name: &str) -> Result<Option<&'f StringChunked>, Error> {
    match frame.column(name) {
        Ok(column) => column.str().map(Some).map_err(|e| Error::new(name, e)),
        Err(_) => Ok(None),
    }
}

fn whole<'f>(frame: &'f DataFrame, name: &str) -> Result<Option<&'f UInt32Chunked>, Error> {
    match frame.column(name) {
        Ok(column) => column.u32().map(Some).map_err(|e| Error::new(name, e)),
        Err(_) => Ok(None),
    }
}

/// The columns that are no keys, with the meaning their names have.
fn meaningful<'f, T: std::str::FromStr<Err = String>>(
    frame: &'f DataFrame,
    keys: &[&str],
) -> Result<Vec<(T, &'f Float64Chunked)>, Error> {
    let mut found = Vec::new();
    for column in frame.columns() {
        let name = column.name().as_str();
        if !keys.contains(&name) {
            let meaning = name.parse().map_err(|e| Error::new("columns", e))?;
            found.push((meaning, column.f64().map_err(|e| Error::new(name, e))?));
        }
    }
    Ok(found)
}

/// The rows of `trainings`.
struct Trainings<'f> {
    keys: Keys<'f>,
    schedule: &'f StringChunked,
    seed: &'f UInt32Chunked,
    epoch: &'f UInt32Chunked,
    series: Vec<(Meaning, &'f Float64Chunked)>,
}

/// Where a row of `trainings` belongs: positions of its task and schedule, its seed and its epoch.
struct Place {
    task: usize,
    schedule: usize,
    seed: u32,
    epoch: u32,
}

impl<'f> Trainings<'f> {
    fn new(frame: &'f DataFrame) -> Result<Self, Error> {
        let keys = Keys::new(frame)?;
        Ok(Self {
            schedule: keys.schedule.ok_or_else(|| lacks("schedule"))?,
            seed: keys.seed.ok_or_else(|| lacks("seed"))?,
            epoch: whole(frame, "epoch")?.ok_or_else(|| lacks("epoch"))?,
            series: meaningful(frame, &TRAINING_KEYS)?,
            keys,
        })
    }

    fn scan(&self, drafts: &mut [Draft]) -> Result<Vec<Place>, Error> {
        let mut places = Vec::with_capacity(self.seed.len());
        let (mut task, mut schedule) = (0, 0);
        for at in 0..self.seed.len() {
            task = self.keys.task(at, drafts, task)?;
            let name = self.schedule.get(at).ok_or_else(|| empty(at, "schedule"))?;
            let draft = &mut drafts[task];
            if draft.schedules.get(schedule).is_none_or(|s| s.name != name) {
                schedule = draft.schedule(name);
            }
            let found = &mut draft.schedules[schedule];
            found.epochs.resize(self.series.len(), BTreeSet::new());
            let seed = self.seed.get(at).ok_or_else(|| empty(at, "seed"))?;
            let epoch = self.epoch.get(at).ok_or_else(|| empty(at, "epoch"))?;
            found.seeds.insert(seed);
            for (epochs, (_, values)) in found.epochs.iter_mut().zip(&self.series) {
                if values.get(at).is_some() {
                    epochs.insert(epoch);
                }
            }
            places.push(Place {
                task,
                schedule,
                seed,
                epoch,
            });
        }
        Ok(places)
    }

    fn fill(
        &self,
        drafts: &mut [Draft],
        places: &[Place],
        known: &mut Known<'f>,
    ) -> Result<(), Error> {
        for (at, place) in places.iter().enumerate() {
            let draft = &mut drafts[place.task];
            let (rows, text) = (&mut draft.rows, self.keys.arch(at)?);
            let row = (known.row(place.task, rows, &mut draft.builder, text))
                .map_err(|e| e.within(row_place(at)))?;
            let schedule = &draft.schedules[place.schedule];
            let seed = schedule
                .ordered
                .binary_search(&place.seed)
                .unwrap_or_default();
            for (id, (_, values)) in schedule.series.iter().zip(&self.series) {
                if let (Some(id), Some(value)) = (id, values.get(at)) {
                    draft.builder.set(*id, row, seed, place.epoch, value);
                }
            }
        }
        Ok(())
    }
}

/// The rows of `architectures`.
struct Architectures<'f> {
    keys: Keys<'f>,
    names: Option<&'f StringChunked>,
    attributes: Vec<(Attribute, &'f Float64Chunked)>,
}

impl<'f> Architectures<'f> {
    fn new(frame: &'f DataFrame) -> Result<Self, Error> {
        Ok(Self {
            keys: Keys::new(frame)?,
            names: text(frame, "published_name")?,
            attributes: meaningful(frame, &ARCHITECTURE_KEYS)?,
        })
    }

    /// The schedule and the seed of a row, where it is of a seed.
    fn part(&self, at: usize) -> Result<Option<(&'f str, u32)>, Error> {
        let schedule = self.keys.schedule.and_then(|s| s.get(at));
        let seed = self.keys.seed.and_then(|s| s.get(at));
        match (schedule, seed) {
            (Some(schedule), Some(seed)) => Ok(Some((schedule, seed))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(empty(at, "seed")),
            (None, Some(_)) => Err(empty(at, "schedule")),
        }
    }

    fn scan(&self, drafts: &mut [Draft]) -> Result<(), Error> {
        let mut task = 0;
        for at in 0..self.keys.arch.len() {
            task = self.keys.task(at, drafts, task)?;
            let draft = &mut drafts[task];
            draft.attributes.resize(self.attributes.len(), None);
            let schedule = self.part(at)?.map(|(name, seed)| {
                let schedule = draft.schedule(name);
                draft.schedules[schedule].seeds.insert(seed);
                schedule
            });
            for (kind, (attribute, values)) in draft.attributes.iter_mut().zip(&self.attributes) {
                if values.get(at).is_some() && *kind.get_or_insert(schedule) != schedule {
                    let problem = format!(
                        "{attribute} is per seed of a schedule in some rows and not in others"
                    );
                    return Err(Error::new(row_place(at), problem));
                }
            }
        }
        Ok(())
    }

    fn fill(&self, drafts: &mut [Draft], known: &mut Known<'f>) -> Result<(), Error> {
        let mut task = 0;
        for at in 0..self.keys.arch.len() {
            task = self.keys.task(at, drafts, task)?;
            let draft = &mut drafts[task];
            let (rows, text) = (&mut draft.rows, self.keys.arch(at)?);
            let row = (known.row(task, rows, &mut draft.builder, text))
                .map_err(|e| e.within(row_place(at)))?;
            if let Some(name) = self.names.and_then(|names| names.get(at)) {
                draft.builder.publish_as(row, name);
            }
            let seed = self.part(at)?.map_or(0, |(name, seed)| {
                let schedule = draft.schedules.iter().find(|s| s.name == name);
                schedule
                    .and_then(|s| s.ordered.binary_search(&seed).ok())
                    .unwrap_or_default()
            });
            for (id, (_, values)) in draft.attribute_ids.iter().zip(&self.attributes) {
                if let (Some(id), Some(value)) = (id, values.get(at)) {
                    draft.builder.put_for_seed(*id, row, seed, value);
                }
            }
        }
        Ok(())
    }
}
