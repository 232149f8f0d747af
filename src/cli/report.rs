//! `archbench report`.

use super::Failure;
use super::output::Output;
use crate::bakeoff::{read_fit_times, read_scores};
use crate::error::Error;
use crate::report::{self, BakeoffInput, ReportInput};
use crate::study::{Folder, Provenance, read_records, read_times};
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

Needs `records.parquet` or `scores.parquet` alone; `timings.parquet` and `study.lock.toml` add measured times and what ran the study.";

impl Report {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let folder = Folder::at(&self.folder);
        write_report(&folder)?;
        self.output.report(&folder);
        Ok(())
    }
}

/// Writes the report of the records or scores in `folder`.
pub(super) fn write_report(folder: &Folder) -> Result<(), Error> {
    let provenance = Provenance::read(&folder.lock()).ok();
    if folder.scores().exists() {
        let board = read_scores(&folder.scores())?;
        let times = read_fit_times(&folder.timings(), &board.study)?;
        let input = BakeoffInput {
            board,
            times,
            provenance,
        };
        report::write_bakeoff(folder.path(), &input)?;
        return Ok(());
    }
    let replay = read_records(&folder.records())?;
    let times = read_times(&folder.timings(), &replay.study)?;
    let input = ReportInput {
        study: replay.study,
        trajectories: replay.trajectories,
        times,
        provenance,
    };
    report::write(folder.path(), &input)?;
    Ok(())
}
