//! `scores.parquet`: one row for each fit, in the study's order; a fit that failed is a row with its error.
//!
//! The resolved study travels in the file's metadata, so that a report needs no other file, and a checksum of all this with it.

use super::measure::Measure;
use super::plan::FitPlace;
use super::record::FitRecord;
use super::resolved::ResolvedBakeoff;
use crate::error::Error;
use crate::shield::shielded;
use crate::study::Resolved;
use crate::study::seal::{self, CHECKSUM_KEY, Summed, UNKNOWN};
use polars::prelude::*;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Key of the resolved study in the file's metadata.
const STUDY_KEY: &str = "archbench.bakeoff";
/// What the file is.
const WHAT: &str = "the scores of a bake-off";
/// Status of a row.
const OK: &str = "ok";
pub(crate) const FAILED: &str = "failed";

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
    let failed =
        |e: &dyn std::fmt::Display| Error::new(path.display(), format!("cannot write: {e}"));
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
    let mut frame = DataFrame::new(fits.len(), columns).map_err(|e| failed(&e))?;
    let file = File::create(path)
        .map_err(|e| Error::new(path.display(), format!("cannot create: {e}")))?;
    let mut file = Summed::new(BufWriter::new(file));
    let metadata = KeyValueMetadata::from_static(vec![
        (STUDY_KEY.into(), study.to_toml()),
        (CHECKSUM_KEY.into(), UNKNOWN.into()),
    ]);
    let writer = ParquetWriter::new(&mut file)
        .with_compression(ParquetCompression::Lz4Raw)
        .with_row_group_size(Some(1 << 16))
        .with_key_value_metadata(Some(metadata));
    writer.finish(&mut frame).map_err(|e| failed(&e))?;
    let sum = file.finish().map_err(|e| failed(&e))?;
    seal::put(path, sum).map_err(|e| failed(&e))
}

/// Reads the scores at `path`.
///
/// # Errors
/// When the file is missing, damaged, or not the scores of a bake-off: a row for each of its fits, in their order.
pub fn read_scores(path: &Path) -> Result<Scoreboard, Error> {
    let broken = |e: String| {
        // Errors of libraries have several lines.
        let problem = e.lines().next().unwrap_or_default();
        Error::new(path.display(), format!("not {WHAT}: {problem}")).mend("run the study again")
    };
    seal::verify(path, WHAT)?;
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
    if frame.height() == 0 || study.fits() != frame.height() as u64 {
        let (fits, found) = (study.fits(), frame.height());
        return Err(broken(format!(
            "expected a row for each of {fits} fits, found {found}"
        )));
    }
    let rows = read_rows(&frame, &study).map_err(|e| broken(e.to_string()))?;
    let rows = rows.into_iter().zip(0..).map(|(row, at)| {
        row.filter(|row| row.place == study.place(at))
            .ok_or_else(|| broken(format!("row {at} is not the fit that the study has there")))
    });
    let rows = rows.collect::<Result<_, _>>()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bakeoff::cell::{FitScores, FitTimes};
    use crate::bakeoff::resolved::tests::made_up;
    use crate::bakeoff::scores;

    /// A study, each of its fits, and a folder to write them into.
    fn made() -> (ResolvedBakeoff, Vec<Fit>, tempfile::TempDir) {
        let study = made_up(&["a", "b"], 3);
        let fit = |at: u32| {
            let score = scores(&[0.1, 0.2, 0.3], &[0.1, 0.3, f64::from(at)]);
            let found = FitScores {
                asked: 3,
                scores: [score; 3],
                calibration: [None, None],
                train_cost_s: None,
                query_cost_s: 0.0,
            };
            let record = FitRecord {
                outcome: match at {
                    4 => Err("failed for a test".into()),
                    _ => Ok(found),
                },
                times: FitTimes::default(),
            };
            (study.place(at), record)
        };
        let fits = (0..6).map(fit).collect();
        (study, fits, tempfile::tempdir().expect("a folder"))
    }

    fn read_back(
        study: &ResolvedBakeoff,
        fits: &[Fit],
        folder: &Path,
    ) -> Result<Scoreboard, Error> {
        let path = folder.join("scores.parquet");
        write(&path, study, fits).expect("written");
        read_scores(&path)
    }

    #[test]
    fn what_was_written_is_read() {
        let (study, fits, dir) = made();
        let board = read_back(&study, &fits, dir.path()).expect("whole");
        assert_eq!(board.study, study);
        let tau = |row: &ScoreRow| row.values[0];
        let taus: Vec<Option<f64>> = board.rows.iter().map(tau).collect();
        // Of 3 values in order .1, .3 and 0, one pair of three is in order; in all others the last is the best.
        let third = Some(-1.0 / 3.0);
        assert_eq!(
            taus,
            [third, Some(1.0), Some(1.0), Some(1.0), None, Some(1.0)]
        );
        assert_eq!(board.rows[4].error.as_deref(), Some("failed for a test"));
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let (study, fits, dir) = made();
        read_back(&study, &fits, dir.path()).expect("whole");
        let path = dir.path().join("scores.parquet");
        let bytes = std::fs::read(&path).expect("there");
        for at in (0..bytes.len()).step_by(41) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&path, damaged).expect("written");
            assert!(read_scores(&path).is_err(), "byte {at}");
        }
        for length in [0, 7, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).expect("written");
            assert!(read_scores(&path).is_err(), "{length} bytes");
        }
    }

    /// With a sound checksum, too: doubled, missing, strange and no rows, and studies without fits.
    #[test]
    fn rows_that_are_not_the_study_are_refused() {
        let (study, fits, dir) = made();
        let complaint = |study: &ResolvedBakeoff, fits: &[Fit]| {
            let error = read_back(study, fits, dir.path())
                .expect_err("refused")
                .to_string();
            assert!(!error.contains('\n'), "{error}");
            error
        };
        let doubled = [&fits[..5], &fits[..1]].concat();
        assert!(complaint(&study, &doubled).contains("row 5 is not the fit"));
        let longer = [&fits[..], &fits[5..]].concat();
        assert!(complaint(&study, &longer).contains("each of 6 fits, found 7"));
        assert!(complaint(&study, &fits[..5]).contains("each of 6 fits, found 5"));
        assert!(complaint(&study, &[]).contains("each of 6 fits, found 0"));
        let swapped = [&fits[1..2], &fits[..1], &fits[2..]].concat();
        assert!(complaint(&study, &swapped).contains("row 0 is not the fit"));
        let mut empty = study.clone();
        empty.train_sizes.clear();
        assert!(complaint(&empty, &[]).contains("each of 0 fits, found 0"));
        empty.replicates = 0;
        assert!(complaint(&empty, &[]).contains("each of 0 fits"));
    }
}
