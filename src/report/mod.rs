//! The report of a study: one page, the same as Markdown, and every table and figure as a file.
//!
//! Numbers are worked out once (`analysis`), put into sections (`contents`), and written in each format. The report depends on
//! the records and the program alone, so the same records give the same bytes; measured times have a page of their own.

mod analysis;
mod bakeoff;
mod contents;
mod csv;
mod document;
mod figures;
mod html;
mod latex;
mod markdown;
mod text;

use crate::bakeoff::{FitTime, Scoreboard};
use crate::error::Error;
use crate::study::{Provenance, ResolvedStudy, StrategyTime, Trajectory};
use document::Document;
use figures::Figure;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// What a report is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportInput {
    /// The study.
    pub study: ResolvedStudy,
    /// Its runs.
    pub trajectories: Vec<Trajectory>,
    /// Measured wall times; may be empty.
    pub times: Vec<StrategyTime>,
    /// What ran it, where the lock file says so.
    pub provenance: Option<Provenance>,
}

/// What the report of a bake-off is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct BakeoffInput {
    /// The study and its scores.
    pub board: Scoreboard,
    /// Measured wall times; may be empty.
    pub times: Vec<FitTime>,
    /// What ran it, where the lock file says so.
    pub provenance: Option<Provenance>,
}

/// Writes the report of a search into `dir`; returns the files written, `report.html` first.
///
/// # Errors
/// When a file cannot be written or a figure cannot be drawn.
pub fn write(dir: &Path, input: &ReportInput) -> Result<Vec<PathBuf>, Error> {
    let analysis = analysis::analyse(input);
    let document = contents::document(input, &analysis);
    let figures = figures::draw(&analysis)?;
    write_files(dir, &document, contents::times(input).as_ref(), &figures)
}

/// Writes the report of a bake-off into `dir`; returns the files written, `report.html` first.
///
/// # Errors
/// As [`write()`].
pub fn write_bakeoff(dir: &Path, input: &BakeoffInput) -> Result<Vec<PathBuf>, Error> {
    let analysis = bakeoff::analyse(input);
    let document = bakeoff::document(input, &analysis);
    let figures = figures::draw_bakeoff(&analysis)?;
    write_files(dir, &document, None, &figures)
}

/// Writes a document in each format, its tables and its figures, and the page of measured times.
fn write_files(
    dir: &Path,
    document: &Document,
    times: Option<&Document>,
    figures: &[Figure],
) -> Result<Vec<PathBuf>, Error> {
    let mut files = vec![
        ("report.html".into(), html::render(document, figures)),
        ("report.md".into(), markdown::render(document, figures)),
    ];
    if let Some(times) = times {
        files.push(("times.md".into(), markdown::render(times, &[])));
    }
    for table in document
        .tables()
        .chain(times.into_iter().flat_map(Document::tables))
    {
        files.push((format!("tables/{}.csv", table.id), csv::render(table)?));
        files.push((format!("tables/{}.tex", table.id), latex::render(table)));
    }
    for name in ["figures", "tables"] {
        std::fs::create_dir_all(dir.join(name))
            .map_err(|e| Error::new(dir.join(name).display(), format!("cannot create: {e}")))?;
    }
    let mut written = Vec::new();
    for (name, text) in files {
        written.push(put(dir, &name, |to| {
            std::fs::write(to, &text).map_err(|e| e.to_string())
        })?);
    }
    let drawn: Vec<[PathBuf; 2]> = figures
        .par_iter()
        .map(|figure| {
            let svg = put(dir, &format!("figures/{}.svg", figure.id), |to| {
                std::fs::write(to, &figure.svg).map_err(|e| e.to_string())
            })?;
            let png = put(dir, &format!("figures/{}.png", figure.id), |to| {
                figure.png(to).map_err(|e| e.to_string())
            })?;
            Ok([svg, png])
        })
        .collect::<Result<_, Error>>()?;
    written.extend(drawn.into_iter().flatten());
    Ok(written)
}

/// Writes a file through a neighbour of the same extension: it is there whole or not at all. A report can be made again from
/// the records, so nothing waits for the disk.
fn put(
    dir: &Path,
    name: &str,
    write: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, Error> {
    let path = dir.join(name);
    let failed = |e: String| Error::new(path.display(), format!("cannot write: {e}"));
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    let suffix = format!(".{extension}");
    let mut builder = tempfile::Builder::new();
    builder.suffix(&suffix);
    #[cfg(unix)]
    {
        // Temporary files are private; a report is for everybody the folder lets in.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let temporary = builder
        .tempfile_in(path.parent().unwrap_or(dir))
        .map_err(|e| failed(e.to_string()))?;
    write(temporary.path()).map_err(failed)?;
    temporary
        .persist(&path)
        .map_err(|e| failed(e.to_string()))?;
    Ok(path)
}
