//! Reads `records.parquet` back into the trajectories a report is made of.

use super::records::{FAILED, RUN_FAILED, STUDY_KEY};
use super::resolved::{ResolvedStudy, ResolvedTask};
use super::seal;
use super::trajectory::{Change, Trajectory};
use crate::error::Error;
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

/// Rows read at once, so that memory does not grow with the study.
const CHUNK_ROWS: usize = 1 << 20;
const COLUMNS: [&str; 10] = [
    "benchmark",
    "task",
    "strategy",
    "replicate",
    "end_s",
    "incumbent_valid",
    "incumbent_test",
    "evaluations",
    "status",
    "error",
];

/// A study's records, as far as a report needs them.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The study the records are of.
    pub study: ResolvedStudy,
    /// One per run, in the study's order.
    pub trajectories: Vec<Trajectory>,
}

/// Reads the records at `path`.
///
/// # Errors
/// When the file is missing, damaged, or not the records of a study.
pub fn read_records(path: &Path) -> Result<Replay, Error> {
    let broken = |e: String| {
        Error::new(path.display(), format!("not the records of a study: {e}"))
            .mend("run the study again")
    };
    seal::verify(path, "the records of a study")?;
    let file =
        File::open(path).map_err(|e| Error::new(path.display(), format!("cannot open: {e}")))?;
    let mut reader = ParquetReader::new(file);
    let metadata = reader.get_metadata().map_err(|e| broken(e.to_string()))?;
    let study = metadata
        .key_value_metadata()
        .iter()
        .flatten()
        .find(|pair| pair.key == STUDY_KEY)
        .and_then(|pair| pair.value.clone())
        .ok_or_else(|| broken(format!("no `{STUDY_KEY}` in its metadata")))?;
    let study: ResolvedStudy =
        toml::from_str(&study).map_err(|e| broken(e.message().to_string()))?;
    let rows = reader.num_rows().map_err(|e| broken(e.to_string()))?;
    let mut replay = Replay {
        study,
        trajectories: Vec::new(),
    };
    for start in (0..rows).step_by(CHUNK_ROWS) {
        let file = File::open(path)
            .map_err(|e| Error::new(path.display(), format!("cannot open: {e}")))?;
        let frame = ParquetReader::new(file)
            .with_columns(Some(COLUMNS.map(String::from).to_vec()))
            .with_slice(Some((start, CHUNK_ROWS)))
            .finish()
            .map_err(|e| broken(e.to_string()))?;
        let rows = Rows::new(&frame).map_err(|e| broken(e.to_string()))?;
        for row in 0..frame.height() {
            replay
                .append(&rows, row)
                .ok_or_else(|| broken(format!("row {} names no cell of it", start + row)))?;
        }
    }
    Ok(replay)
}

impl Replay {
    /// Takes in one row, which goes on with the last trajectory or begins the next. `None` when the row
    /// does not belong to the study.
    fn append(&mut self, rows: &Rows, row: usize) -> Option<()> {
        let is_same = row > 0 && rows.key(row) == rows.key(row - 1);
        if !is_same {
            let (task, strategy) = self.place(rows, row)?;
            let replicate = rows.replicate[row];
            let goes_on = self
                .trajectories
                .last()
                .is_some_and(|t| (t.task, t.strategy, t.replicate) == (task, strategy, replicate));
            if !goes_on {
                self.trajectories.push(Trajectory {
                    task,
                    strategy,
                    replicate,
                    changes: Vec::new(),
                    evaluations: 0,
                    failed_evaluations: 0,
                    end_s: None,
                    error: None,
                });
            }
        }
        let trajectory = self.trajectories.last_mut()?;
        let status = rows.status.get(row)?;
        if status == RUN_FAILED {
            trajectory.error = Some(rows.error.get(row).unwrap_or_default().to_string());
            return Some(());
        }
        trajectory.evaluations = rows.evaluations[row];
        trajectory.failed_evaluations += u32::from(status == FAILED);
        trajectory.end_s = rows.end_s.get(row);
        if let Some(valid) = rows.valid.get(row)
            && trajectory.changes.last().is_none_or(|c| valid != c.valid)
        {
            trajectory.changes.push(Change {
                evaluations: rows.evaluations[row],
                end_s: rows.end_s.get(row),
                valid,
                test: rows.test.get(row),
            });
        }
        Some(())
    }

    /// Positions of the row's task and strategy in the study.
    fn place(&self, rows: &Rows, row: usize) -> Option<(usize, usize)> {
        let (benchmark, task) = (rows.benchmark.get(row)?, rows.task.get(row)?);
        let label = rows.strategy.get(row)?;
        let task = |t: &ResolvedTask| t.benchmark == benchmark && t.task == task;
        Some((
            self.study.tasks.iter().position(task)?,
            self.study
                .strategies
                .iter()
                .position(|s| s.label == label)?,
        ))
    }
}

/// The columns of a chunk, typed.
struct Rows {
    benchmark: StringChunked,
    task: StringChunked,
    strategy: StringChunked,
    status: StringChunked,
    replicate: Vec<u32>,
    evaluations: Vec<u32>,
    end_s: Float64Chunked,
    valid: Float64Chunked,
    test: Float64Chunked,
    error: StringChunked,
}

impl Rows {
    fn new(frame: &DataFrame) -> PolarsResult<Self> {
        let floats =
            |name: &str| PolarsResult::Ok(frame.column(name)?.f64()?.rechunk().into_owned());
        let integers = |name: &str| {
            let column = frame.column(name)?.u32()?.rechunk();
            PolarsResult::Ok(column.iter().map(Option::unwrap_or_default).collect())
        };
        let strings =
            |name: &str| PolarsResult::Ok(frame.column(name)?.str()?.rechunk().into_owned());
        Ok(Self {
            benchmark: strings("benchmark")?,
            task: strings("task")?,
            strategy: strings("strategy")?,
            status: strings("status")?,
            replicate: integers("replicate")?,
            evaluations: integers("evaluations")?,
            end_s: floats("end_s")?,
            valid: floats("incumbent_valid")?,
            test: floats("incumbent_test")?,
            error: strings("error")?,
        })
    }

    fn key(&self, row: usize) -> (u32, Option<&str>, Option<&str>, Option<&str>) {
        (
            self.replicate[row],
            self.strategy.get(row),
            self.task.get(row),
            self.benchmark.get(row),
        )
    }
}
