//! `timings.parquet` of a bake-off: measured wall time of each fit and its predictions, kept beside the scores.

use super::plan::FitPlace;
use super::resolved::ResolvedBakeoff;
use super::results::{Fit, place_columns, read_places};
use crate::error::Error;
use crate::shield::shielded;
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

/// How long a fit took. Measured, so never reproducible to the byte.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitTime {
    /// Where it stands in the study.
    pub place: FitPlace,
    /// Seconds of the fit.
    pub fit_s: f64,
    /// Seconds of all predictions.
    pub predict_s: f64,
    /// Architectures predicted.
    pub asked: u32,
}

/// Writes the times of the fits that were made.
pub(super) fn write(path: &Path, study: &ResolvedBakeoff, fits: &[Fit]) -> Result<(), Error> {
    let failed = |e: PolarsError| Error::new(path.display(), format!("cannot write: {e}"));
    let times: Vec<FitTime> = fits
        .iter()
        .filter_map(|(place, fit)| {
            let scores = fit.outcome.as_ref().ok()?;
            Some(FitTime {
                place: *place,
                fit_s: fit.times.fit_ns as f64 * 1e-9,
                predict_s: fit.times.predict_ns as f64 * 1e-9,
                asked: scores.asked,
            })
        })
        .collect();
    let places: Vec<FitPlace> = times.iter().map(|t| t.place).collect();
    let seconds = |name: &str, of: fn(&FitTime) -> f64| {
        Column::new(name.into(), times.iter().map(of).collect::<Vec<f64>>())
    };
    let mut columns = place_columns(study, &places);
    columns.push(seconds("fit_s", |t| t.fit_s));
    columns.push(seconds("predict_s", |t| t.predict_s));
    let asked: Vec<u32> = times.iter().map(|t| t.asked).collect();
    columns.push(Column::new("test_size".into(), asked));
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
pub fn read_fit_times(path: &Path, study: &ResolvedBakeoff) -> Result<Vec<FitTime>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let broken =
        |e: String| Error::new(path.display(), format!("not the times of this study: {e}"));
    let file = File::open(path).map_err(|e| broken(e.to_string()))?;
    let frame = shielded(path.display(), || ParquetReader::new(file).finish())?;
    let frame = frame.map_err(|e| broken(e.to_string()))?;
    let read = || -> PolarsResult<Vec<FitTime>> {
        let places = read_places(&frame, study)?;
        let fit_s = frame.column("fit_s")?.f64()?;
        let predict_s = frame.column("predict_s")?.f64()?;
        let asked = frame.column("test_size")?.u32()?;
        let rows = places.into_iter().enumerate();
        Ok(rows
            .filter_map(|(row, place)| {
                Some(FitTime {
                    place: place?,
                    fit_s: fit_s.get(row)?,
                    predict_s: predict_s.get(row)?,
                    asked: asked.get(row)?,
                })
            })
            .collect())
    };
    read().map_err(|e| broken(e.to_string()))
}
