//! Runs a study's cells on all threads into the journal, then writes the results in the study's order.

use super::cells::{Cells, Resolved};
use super::folder::Folder;
use super::journal::{Entry, Journal, Shard, Summary, encode};
use super::lock::{Lock, Provenance};
use crate::error::Error;
use crate::timing::Stopwatch;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A thread hands its finished cells to the journal when they take this many bytes,
const HAND_OVER_BYTES: usize = 1 << 18;
/// or when this long has passed since it last did.
const HAND_OVER_AFTER: Duration = Duration::from_millis(50);
/// How often the journal is made safe from a power cut.
const SYNC_AFTER: Duration = Duration::from_secs(5);

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
pub type Progress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Rows of results: evaluations of a search, fits of a bake-off.
    pub rows: u64,
    /// Cells that failed.
    pub failed_runs: u64,
    /// Cells computed now, not taken from an earlier run.
    pub cells_run: u64,
    /// Whether results were written; a shard leaves its journal for `merge`.
    pub is_complete: bool,
}

/// Runs `study`, or its `shard`, into `folder` on the current thread pool.
///
/// # Errors
/// When the folder holds something else, or cannot be written.
pub fn run<S: Cells>(
    study: &S,
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
    let outcome = Outcome {
        cells_run,
        is_complete: shard == Shard::WHOLE,
        ..Outcome::of(journal.summaries())
    };
    if outcome.is_complete {
        finish(study, folder, std::slice::from_ref(&journal))?;
        remove(&folder.journal())?;
    } else {
        journal.sync()?;
    }
    Ok(outcome)
}

impl Outcome {
    fn of(cells: impl Iterator<Item = Summary>) -> Self {
        let mut outcome = Self {
            rows: 0,
            failed_runs: 0,
            cells_run: 0,
            is_complete: true,
        };
        for cell in cells {
            outcome.rows += u64::from(cell.rows);
            outcome.failed_runs += u64::from(cell.failed);
        }
        outcome
    }
}

/// Puts the finished shards in `folders` together into `out`.
///
/// # Errors
/// When a folder holds no shard of `study`, or cells are missing.
pub fn merge<S: Cells>(study: &S, folders: &[Folder], out: &Folder) -> Result<Outcome, Error> {
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
    let summaries = finish(study, out, &journals)?;
    Ok(Outcome::of(summaries.into_iter()))
}

fn open_journal<S: Cells>(
    study: &S,
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
fn refuse_other<S: Cells>(study: &S, folder: &Folder, overwrite: bool) -> Result<(), Error> {
    let holds_results = folder.has_results() || folder.journal().exists();
    if overwrite || !holds_results {
        return Ok(());
    }
    let mend = "give another --out, or --overwrite to replace them";
    match Lock::<S::Resolved>::read(&folder.lock()) {
        Ok(lock) if lock.study == *study.resolved() => Ok(()),
        Ok(lock) => {
            let what = match lock.study.name() == study.resolved().name() {
                true => "another version of this study".to_string(),
                false => format!("the study `{}`", lock.study.name()),
            };
            let problem = format!("holds results of {what}");
            Err(Error::new(folder.path().display(), problem).mend(mend))
        }
        Err(_) => {
            let problem = "holds results without a study.lock.toml of this kind of study";
            Err(Error::new(folder.path().display(), problem).mend(mend))
        }
    }
}

/// Runs the cells the journal lacks; returns how many.
fn run_cells<S: Cells>(
    study: &S,
    journal: &mut Journal,
    progress: Progress<'_>,
) -> Result<u64, Error> {
    let shard = journal.shard;
    let todo: Vec<u32> = (0..study.cells())
        .filter(|cell| shard.holds(*cell) && !journal.has(*cell))
        .collect();
    let sink = Mutex::new(Sink {
        total: (journal.len() + todo.len()) as u64,
        journal,
        progress,
        since_sync: Stopwatch::start(),
    });
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let work = |_: rayon::BroadcastContext<'_>| -> Result<(), Error> {
        let mut hand = Hand::new();
        while !stop.load(Ordering::Relaxed)
            && let Some(&cell) = todo.get(next.fetch_add(1, Ordering::Relaxed))
        {
            hand.run(study, cell);
            if hand.is_full() {
                hand.give(&sink)
                    .inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
            }
        }
        hand.give(&sink)
    };
    rayon::broadcast(work)
        .into_iter()
        .collect::<Result<(), Error>>()?;
    Ok(todo.len() as u64)
}

/// The journal as the threads share it.
struct Sink<'a> {
    journal: &'a mut Journal,
    progress: Progress<'a>,
    total: u64,
    since_sync: Stopwatch,
}

/// Cells a thread has finished and not yet handed to the journal.
struct Hand {
    frames: Vec<u8>,
    summaries: Vec<Summary>,
    since: Stopwatch,
}

impl Hand {
    fn new() -> Self {
        Self {
            frames: Vec::new(),
            summaries: Vec::new(),
            since: Stopwatch::start(),
        }
    }

    fn run<S: Cells>(&mut self, study: &S, cell: u32) {
        let watch = Stopwatch::start();
        let record = study.run(cell);
        let wall_ns = watch.elapsed().as_nanos() as u64;
        let entry = Entry { record, wall_ns };
        self.summaries.push(encode(cell, &entry, &mut self.frames));
    }

    fn is_full(&self) -> bool {
        self.frames.len() >= HAND_OVER_BYTES || self.since.elapsed() >= HAND_OVER_AFTER
    }

    fn give(&mut self, sink: &Mutex<Sink<'_>>) -> Result<(), Error> {
        let to_sync = {
            let mut sink = sink.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            sink.journal.append(&self.frames, &self.summaries)?;
            let (done, total) = (sink.journal.len() as u64, sink.total);
            (sink.progress)(done, total);
            if sink.since_sync.elapsed() >= SYNC_AFTER {
                sink.since_sync = Stopwatch::start();
                Some(sink.journal.handle()?)
            } else {
                None
            }
        };
        self.frames.clear();
        self.summaries.clear();
        self.since = Stopwatch::start();
        // Without the lock: the others go on meanwhile.
        let synced = to_sync.map_or(Ok(()), |file| file.sync_data());
        synced.map_err(|e| Error::new("cells.journal", format!("cannot sync: {e}")))
    }
}

/// Writes the results of complete journals; returns what is known of each cell.
fn finish<S: Cells>(
    study: &S,
    folder: &Folder,
    journals: &[Journal],
) -> Result<Vec<Summary>, Error> {
    let (summaries, holders): (Vec<Summary>, Vec<&Journal>) = (0..study.cells())
        .filter_map(|cell| journals.iter().find_map(|j| Some((j.summary(cell)?, j))))
        .unzip();
    let read = |cell: u32| Ok(holders[cell as usize].read(cell)?.record);
    study.write(folder, &summaries, &read)?;
    Ok(summaries)
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
