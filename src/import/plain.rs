//! The plain form: anybody's own table as CSV or Parquet beside a card, as [`crate::table`] documents it and
//! `archbench export` writes it.

use super::{Files, ImporterEntry};
use crate::error::Error;
use crate::table::{Source, Table, from_bytes, hex};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "plain",
    summary: "anybody's own table: card.toml with trainings and architectures as .csv or .parquet (folder or zip)",
    detect: |files| {
        let has = |name: &str| files.names().any(|n| n == name);
        let stems = ["trainings", "architectures"];
        let is_data = |stem: &str| has(&format!("{stem}.csv")) || has(&format!("{stem}.parquet"));
        has("card.toml") && stems.into_iter().any(is_data)
    },
    import,
    facts: &[],
};

fn import(files: &Files) -> Result<Table, Error> {
    let mut hash = Sha256::new();
    for name in files.names() {
        hash.update(&files.read(name)?);
    }
    let read = |name: &str| files.read(name).ok().map(Cow::into_owned);
    let mut table = from_bytes(&files.place(""), &read)?.table;
    // The sources of an exported table stand, and their facts are checked; this is where it came by.
    table.sources.push(Source {
        importer: ENTRY.name.into(),
        files: "card.toml, trainings, architectures".into(),
        sha256: hex(&hash.finalize()),
    });
    Ok(table)
}
