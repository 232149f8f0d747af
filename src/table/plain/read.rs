//! Reading a table from its plain form.

use super::frame::{from_csv, from_parquet};
use super::{ARCHITECTURE_KEYS, ARCHITECTURES, TRAINING_KEYS, TRAININGS};
use crate::error::Error;
use crate::space::POOL;
use crate::table::builder::{AttributeId, RowId, ScheduleId, SeriesId};
use crate::table::card::{Card, TaskCard, sha256_hex};
use crate::table::{Attribute, Epochs, Meaning, Stored, Table, TaskBuilder};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Opens the plain table in `folder`.
///
/// # Errors
/// When it is not there, or is not as documented.
pub fn open_plain(folder: &Path) -> Result<Stored, Error> {
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    from_bytes(&folder.display().to_string(), &read)
}

/// Makes a plain table of its files, which `read` gives by name.
///
/// # Errors
/// When a file is missing, not as documented, or not what a sealed card says.
pub fn from_bytes(place: &str, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Stored, Error> {
    let card_place = format!("{place}: card.toml");
    let text = read("card.toml").ok_or_else(|| Error::new(&card_place, "is not there"))?;
    let text = String::from_utf8(text).map_err(|_| Error::new(&card_place, "is not UTF-8"))?;
    let card = Card::parse(&card_place, &text)?;
    if !card.seal.is_empty() {
        card.check_seal(&card_place)?;
    }
    let trainings = read_frame(place, TRAININGS, &card, read)?;
    let architectures = read_frame(place, ARCHITECTURES, &card, read)?;
    if trainings.is_none() && architectures.is_none() {
        return Err(
            Error::new(place, "holds neither trainings nor architectures")
                .mend("expected trainings.csv or trainings.parquet beside card.toml"),
        );
    }
    let mut drafts = Vec::with_capacity(card.tasks.len());
    for task in &card.tasks {
        drafts.push(Draft::new(task)?);
    }
    if let Some(frame) = &trainings {
        read_trainings(frame, &mut drafts)
            .map_err(|e| e.within(format!("{place}: {TRAININGS}")))?;
    }
    if let Some(frame) = &architectures {
        read_architectures(frame, &mut drafts)
            .map_err(|e| e.within(format!("{place}: {ARCHITECTURES}")))?;
    }
    let tasks: Result<Vec<_>, Error> = drafts.into_iter().map(|d| d.builder.finish()).collect();
    let table = Table {
        about: card.about.clone(),
        sources: card.sources.clone(),
        tasks: tasks.map_err(|e| e.within(place))?,
    };
    Ok(Stored { card, table })
}

fn read_frame(
    place: &str,
    stem: &str,
    card: &Card,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<Option<DataFrame>, Error> {
    for extension in ["parquet", "csv"] {
        let name = format!("{stem}.{extension}");
        let listed = card.files.iter().find(|f| f.name == name);
        let Some(bytes) = read(&name) else {
            match listed {
                Some(_) => return Err(Error::new(format!("{place}: {name}"), "is not there")),
                None => continue,
            }
        };
        let place = format!("{place}: {name}");
        if let Some(file) = listed {
            let found = sha256_hex(&bytes);
            if found != file.sha256 {
                let problem = format!("checksum is {found}, its card says {}", file.sha256);
                return Err(Error::new(place, problem)
                    .mend("the file is damaged or of another card: import it again"));
            }
        }
        return match extension {
            "parquet" => from_parquet(&place, &bytes),
            _ => from_csv(&place, &bytes),
        }
        .map(Some);
    }
    Ok(None)
}

/// A task under construction, with what was read of it so far.
struct Draft {
    name: String,
    builder: TaskBuilder,
    is_pool: bool,
    schedules: Vec<(String, ScheduleId, Vec<u32>)>,
    /// The architecture of the row before, which is often that of the next.
    last: Option<(String, RowId)>,
}

impl Draft {
    fn new(card: &TaskCard) -> Result<Self, Error> {
        let is_pool = card.space == POOL;
        let builder = match is_pool {
            true => TaskBuilder::pool(&card.name, &card.metric)?,
            false => TaskBuilder::new(&card.name, &card.space, &card.metric)?,
        };
        Ok(Self {
            name: card.name.clone(),
            builder,
            is_pool,
            schedules: Vec::new(),
            last: None,
        })
    }

    fn row(&mut self, arch: &str) -> Result<RowId, Error> {
        if let Some((known, row)) = &self.last
            && known == arch
        {
            return Ok(*row);
        }
        let row = match self.is_pool {
            true => self.builder.named_row(arch),
            false => self.builder.parse_row(arch)?,
        };
        self.last = Some((arch.to_string(), row));
        Ok(row)
    }
}

/// The key columns of a frame, and where each row belongs.
struct Keys<'f> {
    task: &'f StringChunked,
    schedule: Option<&'f StringChunked>,
    arch: &'f StringChunked,
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

    /// Position of the task of a row.
    fn task_at(&self, at: usize, drafts: &[Draft], last: usize) -> Result<usize, Error> {
        let name = self.task.get(at).ok_or_else(|| empty(at, "task"))?;
        if drafts[last].name == name {
            return Ok(last);
        }
        drafts.iter().position(|d| d.name == name).ok_or_else(|| {
            let known = drafts.iter().map(|d| d.name.as_str());
            Error::unknown_name(row_place(at), "task", name, known)
        })
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

/// The seeds of a schedule, and the epochs at which each series has values.
#[derive(Default)]
struct Grid {
    seeds: BTreeSet<u32>,
    epochs: Vec<BTreeSet<u32>>,
}

fn read_trainings(frame: &DataFrame, drafts: &mut [Draft]) -> Result<(), Error> {
    let keys = Keys::new(frame)?;
    let schedules = keys.schedule.ok_or_else(|| lacks("schedule"))?;
    let seeds = keys.seed.ok_or_else(|| lacks("seed"))?;
    let epochs = whole(frame, "epoch")?.ok_or_else(|| lacks("epoch"))?;
    let series: Vec<(Meaning, _)> = meaningful(frame, &TRAINING_KEYS)?;
    // Where each row belongs: its task, its schedule (in order of mention), its seed and its epoch.
    let mut places = Vec::with_capacity(frame.height());
    let mut grids: Vec<Vec<(String, Grid)>> = drafts.iter().map(|_| Vec::new()).collect();
    let (mut task, mut known) = (0, 0);
    for at in 0..frame.height() {
        task = keys.task_at(at, drafts, task)?;
        let name = schedules.get(at).ok_or_else(|| empty(at, "schedule"))?;
        let of_task = &mut grids[task];
        if of_task.get(known).is_none_or(|(known, _)| known != name) {
            known = of_task
                .iter()
                .position(|(known, _)| known == name)
                .unwrap_or_else(|| {
                    let epochs = vec![BTreeSet::new(); series.len()];
                    of_task.push((
                        name.to_string(),
                        Grid {
                            epochs,
                            ..Grid::default()
                        },
                    ));
                    of_task.len() - 1
                });
        }
        let grid = &mut of_task[known].1;
        let seed = seeds.get(at).ok_or_else(|| empty(at, "seed"))?;
        let epoch = epochs.get(at).ok_or_else(|| empty(at, "epoch"))?;
        grid.seeds.insert(seed);
        for (of_series, (_, values)) in grid.epochs.iter_mut().zip(&series) {
            if values.get(at).is_some() {
                of_series.insert(epoch);
            }
        }
        places.push((task, known, seed, epoch));
    }
    let ids = declare(drafts, &grids, &series)?;
    for (at, (task, schedule, seed, epoch)) in places.into_iter().enumerate() {
        let draft = &mut drafts[task];
        let arch = keys.arch.get(at).ok_or_else(|| empty(at, "arch"))?;
        let row = draft.row(arch).map_err(|e| e.within(row_place(at)))?;
        let seed = draft.schedules[schedule]
            .2
            .binary_search(&seed)
            .unwrap_or_default();
        for (id, (_, values)) in ids[task][schedule].iter().zip(&series) {
            if let (Some(id), Some(value)) = (id, values.get(at)) {
                draft.builder.set(*id, row, seed, epoch, value);
            }
        }
    }
    Ok(())
}

/// Declares the schedules and their series; returns, by task and schedule, the id of each series it has.
fn declare(
    drafts: &mut [Draft],
    grids: &[Vec<(String, Grid)>],
    series: &[(Meaning, &Float64Chunked)],
) -> Result<Vec<Vec<Vec<Option<SeriesId>>>>, Error> {
    let mut ids = Vec::with_capacity(drafts.len());
    for (draft, grids) in drafts.iter_mut().zip(grids) {
        let mut of_task = Vec::with_capacity(grids.len());
        for (name, grid) in grids {
            let seeds: Vec<u32> = grid.seeds.iter().copied().collect();
            let schedule = draft.builder.schedule(name, &seeds);
            draft.schedules.push((name.clone(), schedule, seeds));
            let mut of_schedule = Vec::with_capacity(series.len());
            for (epochs, (meaning, _)) in grid.epochs.iter().zip(series) {
                let epochs: Vec<u32> = epochs.iter().copied().collect();
                of_schedule.push(match epochs.is_empty() {
                    true => None,
                    false => {
                        let epochs = Epochs::new(&epochs).map_err(|e| Error::new(name, e))?;
                        Some(draft.builder.series(schedule, meaning.clone(), epochs))
                    }
                });
            }
            of_task.push(of_schedule);
        }
        ids.push(of_task);
    }
    Ok(ids)
}

fn read_architectures(frame: &DataFrame, drafts: &mut [Draft]) -> Result<(), Error> {
    let keys = Keys::new(frame)?;
    let names = text(frame, "published_name")?;
    let attributes: Vec<(Attribute, _)> = meaningful(frame, &ARCHITECTURE_KEYS)?;
    let mut ids: BTreeMap<(usize, usize), (AttributeId, Option<usize>)> = BTreeMap::new();
    let mut task = 0;
    for at in 0..frame.height() {
        task = keys.task_at(at, drafts, task)?;
        let draft = &mut drafts[task];
        let arch = keys.arch.get(at).ok_or_else(|| empty(at, "arch"))?;
        let row = draft.row(arch).map_err(|e| e.within(row_place(at)))?;
        if let Some(name) = names.and_then(|names| names.get(at)) {
            draft.builder.publish_as(row, name);
        }
        let part = match keys.schedule.and_then(|s| s.get(at)) {
            None => None,
            Some(schedule) => Some(seed_of(
                draft,
                schedule,
                keys.seed.and_then(|s| s.get(at)),
                at,
            )?),
        };
        for (which, (attribute, values)) in attributes.iter().enumerate() {
            let Some(value) = values.get(at) else {
                continue;
            };
            let (id, schedule) = *ids.entry((task, which)).or_insert_with(|| match part {
                None => (draft.builder.attribute(attribute.clone()), None),
                Some((schedule, _)) => {
                    let id = draft.schedules[schedule].1;
                    (
                        draft.builder.attribute_per_seed(attribute.clone(), id),
                        Some(schedule),
                    )
                }
            });
            match part {
                None if schedule.is_none() => draft.builder.put(id, row, value),
                Some((of, seed)) if schedule == Some(of) => {
                    draft.builder.put_for_seed(id, row, seed, value);
                }
                _ => {
                    let problem = format!(
                        "{attribute} is per seed of a schedule in some rows and not in others"
                    );
                    return Err(Error::new(row_place(at), problem));
                }
            }
        }
    }
    Ok(())
}

/// The positions of a schedule and a seed in their task.
fn seed_of(
    draft: &Draft,
    schedule: &str,
    seed: Option<u32>,
    at: usize,
) -> Result<(usize, usize), Error> {
    let seed = seed.ok_or_else(|| empty(at, "seed"))?;
    let found = draft
        .schedules
        .iter()
        .position(|(name, ..)| name == schedule);
    let seed_at = found.and_then(|s| draft.schedules[s].2.binary_search(&seed).ok());
    found.zip(seed_at).ok_or_else(|| {
        Error::new(
            row_place(at),
            format!("no training with seed {seed} in schedule `{schedule}`"),
        )
    })
}
