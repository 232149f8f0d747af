//! `scores.parquet`: one row for each fit, in the study's order; a fit that failed is a row with its error.
//!
//! The resolved study travels in the file's metadata, so that a report needs no other file.

use super::measure::Measure;
use super::plan::FitPlace;
use super::record::FitRecord;
use super::resolved::ResolvedBakeoff;
use crate::error::Error;
use crate::shield::shielded;
use crate::study::Resolved;
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

/// Key of the resolved study in the file's metadata.
const STUDY_KEY: &str = "archbench.bakeoff";
/// Status of a row.
const OK: &str = "ok";
const FAILED: &str = "failed";

/// A fit with its place, as it is written.
pub(super) type Fit = (FitPlace, FitRecord);

/// A fit as a report reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Where it stands in the study.
    pub place: FitPlace,
    /// How many architectures were predicted; none where it failed.
    pub asked: Option<u32>,
    /// What was measured, in the order of [`Measure::all`].
    pub values: Vec<Option<f64>>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// The scores of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoreboard {
    /// The study.
    pub study: ResolvedBakeoff,
    /// One for each fit, in the study's order.
    pub rows: Vec<ScoreRow>,
}

/// The columns that say which fit a row is of.
pub(super) fn place_columns(study: &ResolvedBakeoff, places: &[FitPlace]) -> Vec<Column> {
    let text = |name: &str, of: &dyn Fn(&FitPlace) -> String| {
        Column::new(name.into(), places.iter().map(of).collect::<Vec<String>>())
    };
    let predictor = |p: &FitPlace| &study.predictors[p.predictor];
    let fidelities: Vec<Option<u32>> = places.iter().map(|p| predictor(p).fidelity).collect();
    let sizes: Vec<u32> = places.iter().map(|p| study.train_sizes[p.size]).collect();
    let replicates: Vec<u32> = places.iter().map(|p| p.replicate).collect();
    vec![
        text("benchmark", &|p| study.tasks[p.task].benchmark.clone()),
        text("task", &|p| study.tasks[p.task].task.clone()),
        text("predictor", &|p| predictor(p).label.clone()),
        text("encoding", &|p| predictor(p).encoding.clone()),
        Column::new("fidelity".into(), fidelities),
        Column::new("train_size".into(), sizes),
        Column::new("replicate".into(), replicates),
    ]
}

/// Writes scores to `path`.
pub(super) fn write(path: &Path, study: &ResolvedBakeoff, fits: &[Fit]) -> Result<(), Error> {
    let failed = |e: PolarsError| Error::new(path.display(), format!("cannot write: {e}"));
    let places: Vec<FitPlace> = fits.iter().map(|(place, _)| *place).collect();
    let scored = || fits.iter().map(|(_, fit)| fit.outcome.as_ref().ok());
    let mut columns = place_columns(study, &places);
    let asked: Vec<Option<u32>> = scored().map(|s| Some(s?.asked)).collect();
    columns.push(Column::new("test_size".into(), asked));
    for measure in Measure::all() {
        let values: Vec<Option<f64>> = scored().map(|s| measure.of(s?)).collect();
        columns.push(Column::new(measure.name().into(), values));
    }
    let status: Vec<&str> = scored()
        .map(|s| if s.is_some() { OK } else { FAILED })
        .collect();
    columns.push(Column::new("status".into(), status));
    let errors: Vec<Option<&str>> = fits
        .iter()
        .map(|(_, fit)| fit.outcome.as_ref().err().map(String::as_str))
        .collect();
    columns.push(Column::new("error".into(), errors));
    let mut frame = DataFrame::new(fits.len(), columns).map_err(failed)?;
    let file = File::create(path)
        .map_err(|e| Error::new(path.display(), format!("cannot create: {e}")))?;
    let metadata = KeyValueMetadata::from_static(vec![(STUDY_KEY.into(), study.to_toml())]);
    let writer = ParquetWriter::new(file)
        .with_compression(ParquetCompression::Lz4Raw)
        .with_row_group_size(Some(1 << 16))
        .with_key_value_metadata(Some(metadata));
    writer.finish(&mut frame).map_err(failed)?;
    Ok(())
}

/// Reads the scores at `path`.
///
/// # Errors
/// When the file is missing, damaged, or not the scores of a bake-off.
pub fn read_scores(path: &Path) -> Result<Scoreboard, Error> {
    let broken = |e: String| {
        Error::new(path.display(), format!("not the scores of a bake-off: {e}"))
            .mend("run the study again")
    };
    let open =
        || File::open(path).map_err(|e| Error::new(path.display(), format!("cannot open: {e}")));
    let mut reader = ParquetReader::new(open()?);
    let metadata = shielded(path.display(), || reader.get_metadata().cloned())?;
    let metadata = metadata.map_err(|e| broken(e.to_string()))?;
    let pairs = metadata.key_value_metadata().iter().flatten();
    let study = pairs
        .filter(|pair| pair.key == STUDY_KEY)
        .find_map(|pair| pair.value.clone())
        .ok_or_else(|| broken(format!("no `{STUDY_KEY}` in its metadata")))?;
    let study: ResolvedBakeoff =
        toml::from_str(&study).map_err(|e| broken(e.message().to_string()))?;
    let file = open()?;
    let frame = shielded(path.display(), || ParquetReader::new(file).finish())?;
    let frame = frame.map_err(|e| broken(e.to_string()))?;
    let rows = read_rows(&frame, &study).map_err(|e| broken(e.to_string()))?;
    let rows = rows.into_iter().enumerate();
    let rows = rows
        .map(|(at, row)| row.ok_or_else(|| broken(format!("row {at} names no fit of it"))))
        .collect::<Result<_, _>>()?;
    Ok(Scoreboard { study, rows })
}

fn read_rows(frame: &DataFrame, study: &ResolvedBakeoff) -> PolarsResult<Vec<Option<ScoreRow>>> {
    let places = read_places(frame, study)?;
    let measures = Measure::all();
    let mut values: Vec<Vec<Option<f64>>> =
        vec![Vec::with_capacity(measures.len()); frame.height()];
    for measure in measures {
        let column = frame.column(&measure.name())?.f64()?;
        for (row, value) in values.iter_mut().zip(column.iter()) {
            row.push(value);
        }
    }
    let asked = frame.column("test_size")?.u32()?;
    let errors = frame.column("error")?.str()?;
    let rows = places.into_iter().zip(values).enumerate();
    Ok(rows
        .map(|(at, (place, values))| {
            Some(ScoreRow {
                place: place?,
                asked: asked.get(at),
                values,
                error: errors.get(at).map(str::to_owned),
            })
        })
        .collect())
}

/// Where each row stands in the study; `None` for one that does not belong to it.
pub(super) fn read_places(
    frame: &DataFrame,
    study: &ResolvedBakeoff,
) -> PolarsResult<Vec<Option<FitPlace>>> {
    let text = |name: &str| frame.column(name)?.str();
    let number = |name: &str| frame.column(name)?.u32();
    let (benchmark, task) = (text("benchmark")?, text("task")?);
    let (label, encoding) = (text("predictor")?, text("encoding")?);
    let (fidelity, size) = (number("fidelity")?, number("train_size")?);
    let replicate = number("replicate")?;
    Ok((0..frame.height())
        .map(|row| {
            let (benchmark, task) = (benchmark.get(row)?, task.get(row)?);
            let identity = (label.get(row)?, encoding.get(row)?, fidelity.get(row));
            let size = size.get(row)?;
            Some(FitPlace {
                task: (study.tasks.iter())
                    .position(|t| t.benchmark == benchmark && t.task == task)?,
                predictor: (study.predictors.iter()).position(|p| p.identity() == identity)?,
                size: study.train_sizes.iter().position(|s| *s == size)?,
                replicate: replicate.get(row)?,
            })
        })
        .collect())
}
