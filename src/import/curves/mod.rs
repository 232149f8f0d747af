//! Collections of learning curves: trainings of many networks that are no search space of ours. Each training is a
//! member of a pool, called by its row and its configuration.

pub mod baker;
pub mod lcbench;
pub mod naap_440;

use crate::error::Error;
use crate::import::Files;
use crate::table::Attribute;

/// A CSV's header and rows, each with its line number.
pub(super) struct Rows {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<(u64, csv::StringRecord)>,
}

impl Rows {
    /// # Errors
    /// When the file is no CSV of equally long rows.
    pub(super) fn read(files: &Files, name: &str) -> Result<Self, Error> {
        let wrong = |e: csv::Error| {
            let line = e.position().map_or(1, csv::Position::line);
            Error::new(format!("{}: line {line}", files.place(name)), e)
        };
        let bytes = files.read(name)?;
        let mut reader = csv::Reader::from_reader(&*bytes);
        let header = reader
            .headers()
            .map_err(wrong)?
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader.records().map(|row| {
            let row = row.map_err(wrong)?;
            Ok((row.position().map_or(0, csv::Position::line), row))
        });
        Ok(Self {
            header,
            rows: rows.collect::<Result<_, Error>>()?,
        })
    }

    /// Whether a file's header has these columns.
    pub(super) fn has_columns(files: &Files, name: &str, columns: &[&str]) -> bool {
        let Ok(reader) = files.reader(name) else {
            return false;
        };
        match csv::Reader::from_reader(reader).headers() {
            Ok(header) => columns.iter().all(|c| header.iter().any(|h| h == *c)),
            Err(_) => false,
        }
    }
}

/// A cell's number; an empty cell and what is no number (`nan`) are missing.
///
/// # Errors
/// When it is something else.
pub(super) fn number(text: &str, column: &str, line: u64) -> Result<Option<f64>, Error> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) => Ok(Some(value).filter(|v| v.is_finite())),
        Err(_) => Err(Error::new(
            format!("line {line}"),
            format!("`{column}`: `{text}` is no number"),
        )),
    }
}

/// What a numeric column of a configuration is.
pub(super) fn attribute(column: &str) -> Attribute {
    match column {
        "num_params" | "NumParams" => Attribute::Params,
        other => {
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || c == '_' {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            };
            Attribute::Other(other.chars().map(plain).collect())
        }
    }
}
