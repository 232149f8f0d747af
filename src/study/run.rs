//! Runs a study's cells on all threads into the journal, then writes the records in the study's order.

use super::folder::Folder;
use super::journal::{Entry, Journal, Shard, encode};
use super::lock::{Lock, Provenance};
use super::plan::Study;
use super::records::{self, Names};
use super::times;
use super::trajectory::StrategyTime;
use crate::error::Error;
use crate::space::SearchSpace;
use crate::timing::Stopwatch;
use rayon::prelude::*;
use std::sync::Arc;

/// Evaluations' worth of cells computed between two writes to the journal.
const BATCH_EVALUATIONS: u64 = 1 << 18;

/// How a run meets what is already in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Results of the same study are made anew; an interrupted run or another study is an error.
    Refuse,
    /// An interrupted run of the same study goes on.
    Resume,
    /// Whatever is there is replaced.
    Overwrite,
}

/// What a run reports while it goes: cells done, cells in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Evaluations recorded.
    pub evaluations: u64,
    /// Runs whose strategy failed.
    pub failed_runs: u64,
    /// Cells computed now, not taken from an earlier run.
    pub cells_run: u64,
    /// Whether records were written; a shard leaves its journal for `merge`.
    pub is_complete: bool,
}

/// Runs `study`, or its `shard`, into `folder` on the current thread pool.
///
/// # Errors
/// When the folder holds something else, or cannot be written.
pub fn run(
    study: &Study,
    folder: &Folder,
    shard: Shard,
    existing: Existing,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let mut journal = open_journal(study, folder, shard, existing)?;
    let lock = Lock {
        provenance: Provenance::this_binary(),
        study: study.resolved().clone(),
    };
    write_text(folder, &folder.lock(), &lock.to_toml())?;
    let cells_run = run_cells(study, &mut journal, progress)?;
    if shard != Shard::WHOLE {
        let (evaluations, failed_runs) = count(&mut journal)?;
        return Ok(Outcome {
            evaluations,
            failed_runs,
            cells_run,
            is_complete: false,
        });
    }
    let outcome = finish(
        study.resolved(),
        study,
        folder,
        std::slice::from_mut(&mut journal),
    )?;
    remove(&folder.journal())?;
    Ok(Outcome {
        cells_run,
        ..outcome
    })
}

/// Puts the finished shards in `folders` together into `out`.
///
/// # Errors
/// When a folder holds no shard of `study`, or cells are missing.
pub fn merge(study: &Study, folders: &[Folder], out: &Folder) -> Result<Outcome, Error> {
    let mut journals = Vec::with_capacity(folders.len());
    for folder in folders {
        journals.push(Journal::open(&folder.journal(), study.hash())?);
    }
    for cell in 0..study.cells() {
        if !journals.iter().any(|j| j.has(cell)) {
            let total = (0..study.cells()).filter(|c| !journals.iter().any(|j| j.has(*c)));
            let count = journals[0].shard.count;
            return Err(Error::new(
                "merge",
                format!("{} of {} runs are missing", total.count(), study.cells()),
            )
            .mend(format!(
                "finish shard {}/{count} with --resume, and name its folder",
                cell % count + 1
            )));
        }
    }
    let lock = Lock {
        provenance: Provenance::this_binary(),
        study: study.resolved().clone(),
    };
    refuse_other(study, out, false)?;
    write_text(out, &out.lock(), &lock.to_toml())?;
    finish(study.resolved(), study, out, &mut journals)
}

fn open_journal(
    study: &Study,
    folder: &Folder,
    shard: Shard,
    existing: Existing,
) -> Result<Journal, Error> {
    let path = folder.journal();
    refuse_other(study, folder, existing == Existing::Overwrite)?;
    if path.exists() && existing != Existing::Overwrite {
        let journal = Journal::open(&path, study.hash())?;
        if existing == Existing::Refuse {
            let problem = format!(
                "holds an interrupted run of this study ({} of its runs done)",
                journal.len()
            );
            return Err(Error::new(folder.path().display(), problem)
                .mend("give --resume to go on, or --overwrite to start anew"));
        }
        if journal.shard != shard {
            let Shard { index, count } = journal.shard;
            let problem = format!("holds shard {}/{count} of this study", index + 1);
            return Err(Error::new(folder.path().display(), problem)
                .mend("give the same --shard, or another --out"));
        }
        return Ok(journal);
    }
    Journal::create(&path, study.hash(), shard)
}

/// Results of another study are never overwritten unasked.
fn refuse_other(study: &Study, folder: &Folder, overwrite: bool) -> Result<(), Error> {
    let holds_results = folder.records().exists() || folder.journal().exists();
    if overwrite || !holds_results {
        return Ok(());
    }
    let mend = "give another --out, or --overwrite to replace them";
    match Lock::read(&folder.lock()) {
        Ok(lock) if lock.study == *study.resolved() => Ok(()),
        Ok(lock) => {
            let what = match lock.study.name == study.resolved().name {
                true => "another version of this study".to_string(),
                false => format!("the study `{}`", lock.study.name),
            };
            let problem = format!("holds results of {what}");
            Err(Error::new(folder.path().display(), problem).mend(mend))
        }
        Err(_) => {
            let problem = "holds results without a readable study.lock.toml";
            Err(Error::new(folder.path().display(), problem).mend(mend))
        }
    }
}

/// Runs the cells the journal lacks; returns how many.
fn run_cells(study: &Study, journal: &mut Journal, progress: Progress<'_>) -> Result<u64, Error> {
    let shard = journal.shard;
    let todo: Vec<u32> = (0..study.cells())
        .filter(|cell| shard.holds(*cell) && !journal.has(*cell))
        .collect();
    let total = (journal.len() + todo.len()) as u64;
    let mut done = journal.len() as u64;
    let threads = rayon::current_num_threads();
    let mut batch = threads;
    let mut rest = &todo[..];
    let mut since_sync = Stopwatch::start();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(batch.min(rest.len()));
        rest = later;
        let frames: Vec<Frame> = now
            .par_iter()
            .with_min_len(1)
            .map(|&cell| run_one(study, cell))
            .collect();
        let evaluations: u64 = frames.iter().map(|f| f.evaluations).sum();
        for frame in &frames {
            journal.append(&frame.bytes, frame.cell, frame.size)?;
        }
        batch = next_batch(now.len(), &frames, evaluations, threads);
        if since_sync.elapsed().as_secs() >= 1 {
            journal.sync()?;
            since_sync = Stopwatch::start();
        }
        done += now.len() as u64;
        progress(done, total);
    }
    journal.sync()?;
    Ok(todo.len() as u64)
}

/// An encoded cell on its way to the journal.
struct Frame {
    cell: u32,
    bytes: Vec<u8>,
    size: u32,
    evaluations: u64,
    wall_ns: u64,
}

fn run_one(study: &Study, cell: u32) -> Frame {
    let watch = Stopwatch::start();
    let record = study.run_cell(study.place(cell));
    let wall_ns = watch.elapsed().as_nanos() as u64;
    let evaluations = record.rows.len() as u64;
    let mut bytes = Vec::with_capacity(64 + 40 * record.rows.len());
    let size = encode(cell, &Entry { record, wall_ns }, &mut bytes);
    Frame {
        cell,
        bytes,
        size,
        evaluations,
        wall_ns,
    }
}

/// Cells for the next batch: few when cells are slow, so that little is lost and progress shows; many
/// when they are fast, so that threads seldom wait for each other. Results do not depend on it.
fn next_batch(cells: usize, frames: &[Frame], evaluations: u64, threads: usize) -> usize {
    let wall_ns: u64 = frames.iter().map(|f| f.wall_ns).sum();
    let per_cell_ns = (wall_ns / cells as u64).max(1);
    let by_time = 250_000_000 * threads as u64 / per_cell_ns;
    let by_size = BATCH_EVALUATIONS * threads as u64 / (evaluations / cells as u64).max(1);
    (by_time.min(by_size) as usize).clamp(threads, cells * 8)
}

fn count(journal: &mut Journal) -> Result<(u64, u64), Error> {
    let cells: Vec<u32> = journal.cells().collect();
    let (mut evaluations, mut failed) = (0, 0);
    for cell in cells {
        let record = journal.read(cell)?.record;
        evaluations += record.rows.len() as u64;
        failed += u64::from(record.error.is_some());
    }
    Ok((evaluations, failed))
}

/// Writes records and timings from complete journals.
fn finish(
    resolved: &super::ResolvedStudy,
    study: &Study,
    folder: &Folder,
    journals: &mut [Journal],
) -> Result<Outcome, Error> {
    let spaces: Vec<Arc<dyn SearchSpace>> = study.spaces();
    let names = Names::new(resolved, &spaces)?;
    let mut outcome = Outcome {
        evaluations: 0,
        failed_runs: 0,
        cells_run: 0,
        is_complete: true,
    };
    let mut times: Vec<StrategyTime> = Vec::new();
    let mut cells = 0..study.cells();
    folder.write_whole(&folder.records(), |path| {
        records::write(path, &names, || {
            let cell = cells.next()?;
            let journal = journals.iter_mut().find(|j| j.has(cell))?;
            Some(journal.read(cell).map(|entry| {
                outcome.evaluations += entry.record.rows.len() as u64;
                outcome.failed_runs += u64::from(entry.record.error.is_some());
                let place = study.place(cell);
                times::add(&mut times, place, &entry);
                records::Cell {
                    task: place.task,
                    strategy: place.strategy,
                    replicate: place.replicate,
                    record: entry.record,
                }
            }))
        })
    })?;
    folder.write_whole(&folder.timings(), |path| {
        times::write(path, resolved, &times)
    })?;
    Ok(outcome)
}

fn write_text(folder: &Folder, path: &std::path::Path, text: &str) -> Result<(), Error> {
    folder.write_whole(path, |temporary| {
        std::fs::write(temporary, text)
            .map_err(|e| Error::new(path.display(), format!("cannot write: {e}")))
    })
}

fn remove(path: &std::path::Path) -> Result<(), Error> {
    std::fs::remove_file(path)
        .map_err(|e| Error::new(path.display(), format!("cannot remove: {e}")))
}
