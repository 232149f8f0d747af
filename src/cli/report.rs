//! `archbench report`.

use super::Failure;
use super::output::Output;
use crate::error::Error;
use crate::report::{ReportInput, write};
use crate::study::{Folder, Lock, read_records, read_times};
use clap::Args;
use std::path::PathBuf;

/// `archbench report`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Report {
    /// The folder a study was run into.
    folder: PathBuf,
    #[command(flatten)]
    output: Output,
}

const EXAMPLES: &str = "Examples:
  archbench report reports/quickstart
  archbench report results --json

Needs `records.parquet` alone; `timings.parquet` and `study.lock.toml` add measured times and what ran the study.";

impl Report {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let folder = Folder::at(&self.folder);
        write_report(&folder)?;
        self.output.report(&folder);
        Ok(())
    }
}

/// Writes the report of the records in `folder`.
pub(super) fn write_report(folder: &Folder) -> Result<(), Error> {
    let replay = read_records(&folder.records())?;
    let times = read_times(&folder.timings(), &replay.study)?;
    let provenance = Lock::read(&folder.lock()).ok().map(|l| l.provenance);
    let input = ReportInput {
        study: replay.study,
        trajectories: replay.trajectories,
        times,
        provenance,
    };
    write(folder.path(), &input)?;
    Ok(())
}
