//! `archbench run` and `archbench merge`.

use super::Failure;
use super::output::{Output, noun};
use super::progress::Progress;
use super::report::write_report;
use crate::bakeoff::{Bakeoff, FAILED as FAILED_FIT, ResolvedBakeoff};
use crate::benchmark;
use crate::error::Error;
use crate::study::{
    Cells, Existing, Folder, Kind, Lock, Outcome, RUN_FAILED, Resolved, ResolvedStudy, Shard,
    Study, locked_kind, merge, run,
};
use clap::Args;
use std::path::{Path, PathBuf};

/// `archbench run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub(super) struct Run {
    /// The study file.
    study: PathBuf,
    /// Where to write; default: the study file's folder.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads to use; default: all cores. Results do not depend on it.
    #[arg(long)]
    threads: Option<usize>,
    /// Run only part I of N; `archbench merge` puts the parts together.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Go on with an interrupted run.
    #[arg(long, conflicts_with = "overwrite")]
    resume: bool,
    /// Replace whatever results are in the output folder.
    #[arg(long)]
    overwrite: bool,
    /// Write records but no report.
    #[arg(long)]
    no_report: bool,
    #[command(flatten)]
    output: Output,
}

const RUN_EXAMPLES: &str = "Examples:
  archbench run study.toml
  archbench run study.toml --out results --threads 4
  archbench run study.toml --out results --resume
  archbench run study.toml --out part1 --shard 1/2 --json";
const MERGE_EXAMPLES: &str = "Examples:
  archbench merge part1 part2 --out results
  archbench merge part1 part2 --out results --study study.toml";

impl Run {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        check_threads(self.threads)?;
        match kind_of(&self.study)? {
            Kind::Search => self.study(&Study::read(&self.study)?, Kind::Search),
            Kind::Bakeoff => self.study(&Bakeoff::read(&self.study)?, Kind::Bakeoff),
        }
    }

    fn study<S: Cells>(&self, study: &S, kind: Kind) -> Result<(), Failure> {
        let out = match &self.out {
            Some(out) => out.clone(),
            None => folder_of(&self.study),
        };
        let shard = self.shard.unwrap_or(Shard::WHOLE);
        let (folder, outcome) = into_folder(&out, |folder| {
            in_pool(self.threads, || self.run(study, folder, shard))?
        })?;
        self.say(kind, &outcome, &folder, shard);
        failed_runs(kind, &outcome)
    }

    fn run<S: Cells>(&self, study: &S, folder: &Folder, shard: Shard) -> Result<Outcome, Error> {
        let existing = match (self.resume, self.overwrite) {
            (true, _) => Existing::Resume,
            (_, true) => Existing::Overwrite,
            _ => Existing::Refuse,
        };
        let mut progress = Progress::new("runs", self.output.quiet);
        let outcome = run(study, folder, shard, existing, &mut |done, total| {
            progress.show(done, total)
        });
        progress.finish();
        let outcome = outcome?;
        if outcome.is_complete && !self.no_report {
            write_report(folder)?;
        }
        Ok(outcome)
    }

    fn say(&self, kind: Kind, outcome: &Outcome, folder: &Folder, shard: Shard) {
        if outcome.is_complete || !self.output.wants_text() {
            let has_report = outcome.is_complete && !self.no_report;
            self.output.outcome(kind, outcome, folder, has_report);
            return;
        }
        let Shard { index, count } = shard;
        self.output.line(&format!(
            "shard {}/{count}: {} {} in {}; `archbench merge` puts the shards together",
            index + 1,
            outcome.rows,
            noun(kind),
            folder.path().display()
        ));
    }
}

/// `archbench merge`.
#[derive(Debug, Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub(super) struct Merge {
    /// The folders of the finished shards.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Where to write.
    #[arg(long)]
    out: PathBuf,
    /// The study file, to make sure that the shards are of it; default: the study in the shards' lock files.
    #[arg(long)]
    study: Option<PathBuf>,
    /// Write records but no report.
    #[arg(long)]
    no_report: bool,
    #[command(flatten)]
    output: Output,
}

impl Merge {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let folders: Vec<Folder> = self.folders.iter().map(|f| Folder::at(f)).collect();
        let first = folders
            .first()
            .ok_or_else(|| Error::new("merge", "no folder is given"))?;
        match locked_kind(&first.lock()).map_err(name_shards)? {
            Kind::Search => {
                let locked: ResolvedStudy = common_lock(&folders)?;
                let study = match &self.study {
                    Some(file) => Study::read(file)?,
                    None => Study::reopen(&locked, &benchmark::open)?,
                };
                self.merge(&study, &folders, Kind::Search)
            }
            Kind::Bakeoff => {
                let locked: ResolvedBakeoff = common_lock(&folders)?;
                let study = match &self.study {
                    Some(file) => Bakeoff::read(file)?,
                    None => Bakeoff::reopen(&locked, &benchmark::open)?,
                };
                self.merge(&study, &folders, Kind::Bakeoff)
            }
        }
    }

    fn merge<S: Cells>(&self, study: &S, folders: &[Folder], kind: Kind) -> Result<(), Failure> {
        let (out, outcome) = into_folder(&self.out, |out| {
            let outcome = merge(study, folders, out)?;
            if !self.no_report {
                write_report(out)?;
            }
            Ok(outcome)
        })?;
        self.output.outcome(kind, &outcome, &out, !self.no_report);
        failed_runs(kind, &outcome)
    }
}

fn name_shards(error: Error) -> Error {
    error.mend("name the folders that `archbench run --shard I/N` wrote")
}

/// The kind of the study in a file.
pub(super) fn kind_of(path: &Path) -> Result<Kind, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::new(path.display(), format!("cannot read the study: {e}")))?;
    Kind::of(&text).map_err(|e| e.within(path.display()))
}

/// The study that all `folders` hold shards of.
fn common_lock<R: Resolved>(folders: &[Folder]) -> Result<R, Error> {
    let mut common: Option<R> = None;
    for folder in folders {
        let lock = Lock::<R>::read(&folder.lock()).map_err(name_shards)?;
        match &common {
            Some(study) if *study != lock.study => {
                let problem = format!(
                    "holds a shard of another study (`{}`, not this `{}`)",
                    lock.study.name(),
                    study.name()
                );
                return Err(Error::new(folder.path().display(), problem)
                    .mend("merge the shards of one study and one set of tables"));
            }
            Some(_) => {}
            None => common = Some(lock.study),
        }
    }
    common.ok_or_else(|| Error::new("merge", "no folder is given"))
}

/// Works in the output folder, and removes it again when it was made for nothing.
fn into_folder<T>(
    path: &Path,
    work: impl FnOnce(&Folder) -> Result<T, Error>,
) -> Result<(Folder, T), Error> {
    let is_new = !path.exists();
    let result = Folder::create(path).and_then(|folder| work(&folder).map(|done| (folder, done)));
    if result.is_err() && is_new {
        // Only an empty folder goes: what a run has computed stays, for --resume.
        let _ = std::fs::remove_dir(path);
    }
    result
}

fn folder_of(study: &Path) -> PathBuf {
    match study.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

fn failed_runs(kind: Kind, outcome: &Outcome) -> Result<(), Failure> {
    let status = match kind {
        Kind::Search => RUN_FAILED,
        Kind::Bakeoff => FAILED_FIT,
    };
    match outcome.failed_runs {
        0 => Ok(()),
        count => Err(Failure::Runs(count, status)),
    }
}

/// More threads than any machine has are a slip of the pen.
const MAX_THREADS: usize = 1024;

fn check_threads(threads: Option<usize>) -> Result<(), Error> {
    match threads {
        Some(n) if !(1..=MAX_THREADS).contains(&n) => {
            let problem = format!("expected 1 to {MAX_THREADS}, found {n}");
            Err(Error::new("--threads", problem).mend("leave it out for all cores"))
        }
        _ => Ok(()),
    }
}

fn in_pool<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|e| Error::new("--threads", e))?;
    Ok(pool.install(work))
}
