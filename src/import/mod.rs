//! Importers: published files, read natively into a table. One file each, one line in [`IMPORTERS`].

mod files;
mod nas_bench_graph;
mod nas_bench_macro;
pub mod pickle;
mod plain;
mod suite_zero;

pub use files::Files;

use crate::error::Error;
use crate::table::{Fact, Table};
use std::path::Path;

/// Every importer `archbench` knows.
pub const IMPORTERS: &[ImporterEntry] = &[
    nas_bench_graph::ENTRY,
    nas_bench_macro::ENTRY,
    suite_zero::ENTRY,
    plain::ENTRY,
];

/// An importer's line in the registry.
pub struct ImporterEntry {
    /// Kebab-case name of the format.
    pub name: &'static str,
    /// What it reads, in one line.
    pub summary: &'static str,
    detect: fn(&Files) -> bool,
    import: fn(&Files) -> Result<Table, Error>,
    /// What must hold for its table: counts, optima, hashes, from outside this code.
    facts: &'static [Fact],
}

impl ImporterEntry {
    /// The facts that hold for what this importer read.
    pub fn facts(&self) -> &'static [Fact] {
        self.facts
    }
}

/// Reads published files into a table.
///
/// `format` is an importer's name, or `auto`.
///
/// # Errors
/// When no importer knows the files, or they are not what they seem.
pub fn read(format: &str, path: &Path) -> Result<Table, Error> {
    let files = Files::open(path)?;
    let known = || IMPORTERS.iter().map(|i| i.name);
    let importer = if format == "auto" {
        IMPORTERS
            .iter()
            .find(|i| (i.detect)(&files))
            .ok_or_else(|| {
                let names: Vec<&str> = known().collect();
                Error::new(path.display(), "no importer knows these files")
                    .mend(format!("formats: {}", names.join(", ")))
            })?
    } else {
        (IMPORTERS.iter().find(|i| i.name == format))
            .ok_or_else(|| Error::unknown_name("import", "format", format, known()))?
    };
    (importer.import)(&files)
}
