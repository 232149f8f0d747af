//! `timings.parquet`: measured wall time per task and strategy, kept beside the records.

use super::journal::Summary;
use super::plan::CellPlace;
use super::resolved::ResolvedStudy;
use super::trajectory::StrategyTime;
use crate::error::Error;
use crate::shield::shielded;
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

/// Adds a cell; cells come in the study's order, so those of a task and strategy follow one another.
pub(super) fn add(times: &mut Vec<StrategyTime>, place: CellPlace, cell: &Summary) {
    let is_same = |t: &StrategyTime| (t.task, t.strategy) == (place.task, place.strategy);
    if !times.last().is_some_and(is_same) {
        times.push(StrategyTime {
            task: place.task,
            strategy: place.strategy,
            runs: 0,
            evaluations: 0,
            wall_s: 0.0,
        });
    }
    if let Some(time) = times.last_mut() {
        time.runs += 1;
        time.evaluations += u64::from(cell.rows);
        time.wall_s += cell.wall_ns as f64 * 1e-9;
    }
}

/// Writes the times to `path`.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(
    path: &Path,
    study: &ResolvedStudy,
    times: &[StrategyTime],
) -> Result<(), Error> {
    let failed = |e: PolarsError| Error::new(path.display(), format!("cannot write: {e}"));
    let text = |name: &str, of: &dyn Fn(&StrategyTime) -> String| {
        Column::new(name.into(), times.iter().map(of).collect::<Vec<_>>())
    };
    let columns = vec![
        text("benchmark", &|t| study.tasks[t.task].benchmark.clone()),
        text("task", &|t| study.tasks[t.task].task.clone()),
        text("strategy", &|t| study.strategies[t.strategy].label.clone()),
        Column::new(
            "runs".into(),
            times.iter().map(|t| t.runs).collect::<Vec<_>>(),
        ),
        Column::new(
            "evaluations".into(),
            times.iter().map(|t| t.evaluations).collect::<Vec<_>>(),
        ),
        Column::new(
            "wall_s".into(),
            times.iter().map(|t| t.wall_s).collect::<Vec<_>>(),
        ),
    ];
    let mut frame = DataFrame::new(times.len(), columns).map_err(failed)?;
    let file = File::create(path)
        .map_err(|e| Error::new(path.display(), format!("cannot create: {e}")))?;
    let writer = ParquetWriter::new(file).with_compression(ParquetCompression::Lz4Raw);
    writer.finish(&mut frame).map_err(failed)?;
    Ok(())
}

/// Reads the times at `path`; none when the file is not there.
///
/// # Errors
/// When the file is damaged or of another study.
pub fn read_times(path: &Path, study: &ResolvedStudy) -> Result<Vec<StrategyTime>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let broken =
        |e: String| Error::new(path.display(), format!("not the times of this study: {e}"));
    let file = File::open(path).map_err(|e| broken(e.to_string()))?;
    let frame = shielded(path.display(), || ParquetReader::new(file).finish())?
        .map_err(|e| broken(e.to_string()))?;
    let read = || -> PolarsResult<Vec<StrategyTime>> {
        let (benchmark, task) = (
            frame.column("benchmark")?.str()?,
            frame.column("task")?.str()?,
        );
        let strategy = frame.column("strategy")?.str()?;
        let (runs, evaluations) = (
            frame.column("runs")?.u32()?,
            frame.column("evaluations")?.u64()?,
        );
        let wall_s = frame.column("wall_s")?.f64()?;
        Ok((0..frame.height())
            .filter_map(|row| {
                let (benchmark, task) = (benchmark.get(row)?, task.get(row)?);
                let label = strategy.get(row)?;
                Some(StrategyTime {
                    task: (study.tasks.iter())
                        .position(|t| t.benchmark == benchmark && t.task == task)?,
                    strategy: study.strategies.iter().position(|s| s.label == label)?,
                    runs: runs.get(row)?,
                    evaluations: evaluations.get(row)?,
                    wall_s: wall_s.get(row)?,
                })
            })
            .collect())
    };
    read().map_err(|e| broken(e.to_string()))
}
