//! `archbench run` and `archbench merge`.

use super::Failure;
use super::progress::Progress;
use super::report::write_report;
use crate::error::Error;
use crate::study::{Existing, Folder, Outcome, Shard, Study, merge, run};
use clap::Args;
use std::path::{Path, PathBuf};

/// `archbench run`.
#[derive(Debug, Args)]
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
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

impl Run {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let study = Study::read(&self.study)?;
        let folder = Folder::create(&match &self.out {
            Some(out) => out.clone(),
            None => folder_of(&self.study),
        })?;
        let existing = match (self.resume, self.overwrite) {
            (true, _) => Existing::Resume,
            (_, true) => Existing::Overwrite,
            _ => Existing::Refuse,
        };
        let shard = self.shard.unwrap_or(Shard::WHOLE);
        let outcome = in_pool(self.threads, || -> Result<Outcome, Error> {
            let mut progress = Progress::new(self.quiet);
            let outcome = run(&study, &folder, shard, existing, &mut |done, total| {
                progress.show(done, total)
            });
            progress.finish();
            let outcome = outcome?;
            if outcome.is_complete && !self.no_report {
                write_report(&folder)?;
            }
            Ok(outcome)
        })??;
        self.say(&outcome, &folder, shard);
        failed_runs(&outcome)
    }

    fn say(&self, outcome: &Outcome, folder: &Folder, shard: Shard) {
        if self.quiet {
            return;
        }
        if !outcome.is_complete {
            let Shard { index, count } = shard;
            println!(
                "shard {}/{count}: {} evaluations in {}; `archbench merge` puts the shards together",
                index + 1,
                outcome.evaluations,
                folder.path().display()
            );
            return;
        }
        println!(
            "{} evaluations: {}",
            outcome.evaluations,
            folder.records().display()
        );
        if !self.no_report {
            println!("report: {}", folder.path().join("report.html").display());
        }
    }
}

/// `archbench merge`.
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The folders of the finished shards.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Where to write.
    #[arg(long)]
    out: PathBuf,
    /// The study file the shards were run from.
    #[arg(long)]
    study: PathBuf,
    /// Write records but no report.
    #[arg(long)]
    no_report: bool,
}

impl Merge {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let study = Study::read(&self.study)?;
        let folders: Vec<Folder> = self.folders.iter().map(|f| Folder::at(f)).collect();
        let out = Folder::create(&self.out)?;
        let outcome = merge(&study, &folders, &out)?;
        if !self.no_report {
            write_report(&out)?;
            println!("report: {}", out.path().join("report.html").display());
        }
        println!(
            "{} evaluations: {}",
            outcome.evaluations,
            out.records().display()
        );
        failed_runs(&outcome)
    }
}

fn folder_of(study: &Path) -> PathBuf {
    match study.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

fn failed_runs(outcome: &Outcome) -> Result<(), Failure> {
    match outcome.failed_runs {
        0 => Ok(()),
        count => Err(Failure::Runs(count)),
    }
}

fn in_pool<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    if threads == Some(0) {
        return Err(Error::new("--threads", "expected at least 1, found 0").into());
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|e| Error::new("--threads", e))?;
    Ok(pool.install(work))
}
