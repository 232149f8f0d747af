//! The report of a study: one page, the same as Markdown, and every table and figure as a file.
//!
//! Numbers are worked out once (`analysis`), put into sections (`contents`), and written in each format.

mod analysis;
mod contents;
mod csv;
mod document;
mod figures;
mod html;
mod latex;
mod markdown;
mod text;

use crate::error::Error;
use crate::study::{Folder, Provenance, ResolvedStudy, StrategyTime, Trajectory};
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
    /// What ran it.
    pub provenance: Provenance,
}

/// Writes the report into `dir`; returns the files written, `report.html` first.
///
/// # Errors
/// When a file cannot be written or a figure cannot be drawn.
pub fn write(dir: &Path, input: &ReportInput) -> Result<Vec<PathBuf>, Error> {
    let analysis = analysis::analyse(input);
    let document = contents::document(input, &analysis);
    let figures = figures::draw(&analysis)?;
    let folder = Folder::at(dir);
    for name in ["figures", "tables"] {
        std::fs::create_dir_all(dir.join(name))
            .map_err(|e| Error::new(dir.join(name).display(), format!("cannot create: {e}")))?;
    }
    let mut written = Vec::new();
    let mut put = |name: String, bytes: &[u8]| -> Result<(), Error> {
        let path = dir.join(name);
        folder.write_whole(&path, |temporary| {
            std::fs::write(temporary, bytes)
                .map_err(|e| Error::new(path.display(), format!("cannot write: {e}")))
        })?;
        written.push(path);
        Ok(())
    };
    put(
        "report.html".into(),
        html::render(&document, &figures).as_bytes(),
    )?;
    put(
        "report.md".into(),
        markdown::render(&document, &figures).as_bytes(),
    )?;
    for table in document.tables() {
        put(
            format!("tables/{}.csv", table.id),
            csv::render(table)?.as_bytes(),
        )?;
        put(
            format!("tables/{}.tex", table.id),
            latex::render(table).as_bytes(),
        )?;
    }
    for figure in &figures {
        put(format!("figures/{}.svg", figure.id), figure.svg.as_bytes())?;
        let path = dir.join(format!("figures/{}.png", figure.id));
        figure.png(&path)?;
    }
    Ok(written)
}
