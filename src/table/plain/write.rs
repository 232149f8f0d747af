//! Writing a table in its plain form.

use super::frame::{to_csv, to_parquet};
use super::{ARCHITECTURES, TRAININGS};
use crate::error::Error;
use crate::table::card::{Card, FileCard, sha256_hex};
use crate::table::folder::write_durably;
use crate::table::{Attribute, Damaged, Meaning, Schedule, Table, Task};
use polars::prelude::*;
use std::io;
use std::ops::Range;
use std::path::Path;

/// Rows that are made before they are written, at least.
const CHUNK_ROWS: usize = 1 << 20;

/// How the plain form is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// Parquet, compressed.
    Parquet,
}

/// Writes a table in its plain form into `folder`, which must not hold one.
///
/// With `sealed`, the card holds the files' checksums and a seal, as those of shipped tables do; without, it may be
/// edited.
///
/// # Errors
/// When the folder cannot be written or holds a table, or the table's file is damaged.
pub fn export(table: &Table, format: Format, sealed: bool, folder: &Path) -> Result<(), Error> {
    let failed = |e: io::Error| Error::new(folder.display(), format!("cannot write: {e}"));
    if folder.join("card.toml").exists() {
        return Err(
            Error::new(folder.display(), "holds a table already").mend("give another folder")
        );
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    let extension = match format {
        Format::Csv => "csv",
        Format::Parquet => "parquet",
    };
    let has_trainings = |task: &Task| task.schedules().iter().any(|s| !s.series.is_empty());
    let has_figures = |task: &Task| !task.attributes().is_empty() || task.names.is_some();
    let mut frames: Vec<(&str, Frames<'_>)> = Vec::new();
    if table.tasks.iter().any(has_trainings) {
        frames.push((TRAININGS, trainings(table)));
    }
    if table.tasks.iter().any(has_figures) {
        frames.push((ARCHITECTURES, architectures(table)));
    }
    if frames.is_empty() {
        return Err(Error::new(&table.about.name, "the table is empty"));
    }
    let mut files = Vec::new();
    for (name, frames) in frames {
        let name = format!("{name}.{extension}");
        write_file(frames, format, folder, &name)?;
        let bytes = std::fs::read(folder.join(&name)).map_err(failed)?;
        files.push(FileCard {
            name,
            bytes: bytes.len() as u64,
            sha256: sha256_hex(&bytes),
            footer_sha256: None,
        });
    }
    let card = match sealed {
        true => Card::sealed(table, files),
        false => Card::unsealed(table),
    };
    write_durably(folder, "card.toml", |out| {
        out.write_all(card.to_toml().as_bytes())
    })
    .map_err(failed)
}

/// The rows of a file, made piece by piece.
type Frames<'t> = Box<dyn Iterator<Item = Result<DataFrame, Error>> + 't>;

fn write_file(
    mut frames: Frames<'_>,
    format: Format,
    folder: &Path,
    name: &str,
) -> Result<(), Error> {
    let mut problem = None;
    let outcome = write_durably(folder, name, |out| {
        let written = match (format, frames.next()) {
            (_, None) => Err(Error::new(name, "the table is empty")),
            (_, Some(Err(e))) => Err(e),
            (Format::Parquet, Some(Ok(first))) => {
                let schema = first.clear();
                to_parquet(&schema, std::iter::once(Ok(first)).chain(&mut frames), out)
            }
            (Format::Csv, Some(Ok(first))) => to_csv(&first, true, out)
                .and_then(|()| frames.try_for_each(|frame| to_csv(&frame?, false, out))),
        };
        written.map_err(|e| {
            problem = Some(e);
            io::Error::other("not written")
        })
    });
    match (problem, outcome) {
        (Some(problem), _) => Err(problem),
        (None, outcome) => outcome
            .map_err(|e| Error::new(folder.join(name).display(), format!("cannot write: {e}"))),
    }
}

fn damaged(task: &Task) -> impl Fn(Damaged) -> Error + '_ {
    |d| {
        Error::new(
            format!("task {}", task.name()),
            format!("damaged near byte {}", d.offset),
        )
        .mend("import it again")
    }
}

fn frame(rows: usize, columns: Vec<Column>) -> Result<DataFrame, Error> {
    DataFrame::new(rows, columns).map_err(|e| Error::new("export", e))
}

/// Each once, in order of first mention.
fn distinct<T: PartialEq + Clone>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

fn arch_name(task: &Task, row: usize) -> String {
    task.space()
        .display(&task.space().at_index(task.archs()[row]))
}

fn trainings(table: &Table) -> Frames<'_> {
    let series = (table.tasks.iter()).flat_map(|t| t.schedules().iter().flat_map(|s| &s.series));
    let meanings = distinct(series.map(|s| s.meaning.clone()));
    let mut pieces: Vec<(&Task, &Schedule, Range<usize>)> = Vec::new();
    for task in &table.tasks {
        for schedule in task.schedules() {
            let per_row = schedule.seeds.len() * epochs_of(schedule).len();
            let step = CHUNK_ROWS.div_ceil(per_row.max(1));
            let all = task.archs().len();
            pieces.extend(
                (0..all)
                    .step_by(step)
                    .map(|at| (task, schedule, at..all.min(at + step))),
            );
        }
    }
    Box::new(
        pieces
            .into_iter()
            .map(move |(task, schedule, rows)| training_rows(task, schedule, rows, &meanings)),
    )
}

fn epochs_of(schedule: &Schedule) -> Vec<u32> {
    let mut epochs: Vec<u32> = schedule
        .series
        .iter()
        .flat_map(|s| s.epochs.as_slice())
        .copied()
        .collect();
    epochs.sort_unstable();
    epochs.dedup();
    epochs
}

fn training_rows(
    task: &Task,
    schedule: &Schedule,
    rows: Range<usize>,
    meanings: &[Meaning],
) -> Result<DataFrame, Error> {
    let epochs = epochs_of(schedule);
    let series: Vec<_> = meanings.iter().map(|m| schedule.get(m)).collect();
    let mut archs: Vec<String> = Vec::new();
    let (mut seeds, mut at_epoch) = (Vec::new(), Vec::new());
    let mut values: Vec<Vec<Option<f64>>> = vec![Vec::new(); meanings.len()];
    for row in rows {
        let arch = arch_name(task, row);
        for (seed_at, seed) in schedule.seeds.iter().enumerate() {
            let mut curves = Vec::with_capacity(series.len());
            for one in &series {
                let curve = one.map(|s| s.curve(row, seed_at)).transpose();
                curves.push(one.zip(curve.map_err(damaged(task))?));
            }
            for epoch in &epochs {
                let value = |(s, curve): (&crate::table::Series, crate::table::Slice<'_>)| {
                    curve.get(s.epochs.position(*epoch)?)
                };
                let of_row: Vec<Option<f64>> = curves.iter().map(|c| c.and_then(value)).collect();
                if of_row.iter().all(Option::is_none) {
                    continue;
                }
                archs.push(arch.clone());
                seeds.push(*seed);
                at_epoch.push(*epoch);
                values
                    .iter_mut()
                    .zip(of_row)
                    .for_each(|(column, value)| column.push(value));
            }
        }
    }
    let height = archs.len();
    let mut columns = vec![
        Column::new("task".into(), vec![task.name(); height]),
        Column::new("schedule".into(), vec![schedule.name.as_str(); height]),
        Column::new("arch".into(), archs),
        Column::new("seed".into(), seeds),
        Column::new("epoch".into(), at_epoch),
    ];
    let named = meanings.iter().zip(values);
    columns.extend(named.map(|(meaning, values)| Column::new(meaning.to_string().into(), values)));
    frame(height, columns)
}

fn architectures(table: &Table) -> Frames<'_> {
    let all = (table.tasks.iter()).flat_map(|t| t.attributes().iter());
    let attributes = distinct(all.map(|a| a.attribute.clone()));
    Box::new(
        table
            .tasks
            .iter()
            .map(move |task| architecture_rows(table, task, &attributes)),
    )
}

fn architecture_rows(
    table: &Table,
    task: &Task,
    attributes: &[Attribute],
) -> Result<DataFrame, Error> {
    let is_per_seed = |t: &Task| t.attributes().iter().any(|a| a.schedule.is_some());
    let mut archs: Vec<String> = Vec::new();
    let mut names: Vec<Option<String>> = Vec::new();
    let mut seeds: Vec<Option<(usize, usize)>> = Vec::new();
    let mut values: Vec<Vec<Option<f64>>> = vec![Vec::new(); attributes.len()];
    for row in 0..task.archs().len() {
        let arch = arch_name(task, row);
        let schedules = task.attributes().iter().filter_map(|a| a.schedule);
        let mut parts: Vec<Option<(usize, usize)>> = vec![None];
        for at in distinct(schedules) {
            parts.extend((0..task.schedules()[at].seeds.len()).map(|seed| Some((at, seed))));
        }
        for part in parts {
            for (column, attribute) in values.iter_mut().zip(attributes) {
                let found = task
                    .attribute(attribute)
                    .filter(|c| c.schedule == part.map(|(at, _)| at));
                let slice = found
                    .map(|c| c.at(row))
                    .transpose()
                    .map_err(damaged(task))?;
                column.push(slice.and_then(|s| s.get(part.map_or(0, |(_, seed)| seed))));
            }
            archs.push(arch.clone());
            let name = task.published_name(row).map_err(damaged(task))?;
            names.push(name.filter(|_| part.is_none()).map(String::from));
            seeds.push(part);
        }
    }
    let height = archs.len();
    let mut columns = vec![
        Column::new("task".into(), vec![task.name(); height]),
        Column::new("arch".into(), archs),
    ];
    let is_published = |t: &Task| t.names.is_some() && t.space().name() != crate::space::POOL;
    if table.tasks.iter().any(is_published) {
        columns.push(Column::new("published_name".into(), names));
    }
    if table.tasks.iter().any(is_per_seed) {
        let schedule = |&(at, _): &(usize, usize)| task.schedules()[at].name.as_str();
        let seed = |&(at, seed): &(usize, usize)| task.schedules()[at].seeds[seed];
        let schedules: Vec<Option<&str>> = seeds.iter().map(|p| p.as_ref().map(schedule)).collect();
        let seeds: Vec<Option<u32>> = seeds.iter().map(|p| p.as_ref().map(seed)).collect();
        columns.push(Column::new("schedule".into(), schedules));
        columns.push(Column::new("seed".into(), seeds));
    }
    let named = attributes.iter().zip(values);
    columns
        .extend(named.map(|(attribute, values)| Column::new(attribute.to_string().into(), values)));
    frame(height, columns)
}
