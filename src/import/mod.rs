//! Importers: published files, read natively into a table. One file each, one line in [`IMPORTERS`].

mod files;
mod nas_bench_graph;
mod nas_bench_macro;
pub mod pickle;
mod suite_zero;

pub use files::Files;

use crate::benchmark::TabularBenchmark;
use crate::error::Error;
use crate::table::{Card, Table, encode, sha256_hex};
use std::path::{Path, PathBuf};

/// Every importer `archbench` knows.
pub const IMPORTERS: &[ImporterEntry] = &[
    nas_bench_graph::ENTRY,
    nas_bench_macro::ENTRY,
    suite_zero::ENTRY,
];

/// An importer's line in the registry.
pub struct ImporterEntry {
    /// Kebab-case name of the format.
    pub name: &'static str,
    /// What it reads, in one line.
    pub summary: &'static str,
    detect: fn(&Files) -> bool,
    import: fn(&Files) -> Result<Table, Error>,
}

/// Reads published files into a table, its card complete with the checksum of its Parquet file.
///
/// `format` is an importer's name, or `auto`.
///
/// # Errors
/// When no importer knows the files, or they are not what they seem.
pub fn read(format: &str, path: &Path) -> Result<(Table, Vec<u8>), Error> {
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
    let mut table = (importer.import)(&files)?;
    let bytes = encode(&table)?;
    table.card.sha256 = sha256_hex(&bytes);
    TabularBenchmark::new(&table)?;
    Ok((table, bytes))
}

/// Writes a table as `folder`/card.toml and `folder`/table.parquet: both or neither.
///
/// # Errors
/// When the folder is there already with another table, or cannot be written.
pub fn store(card: &Card, bytes: &[u8], folder: &Path) -> Result<PathBuf, Error> {
    let failed = |e: std::io::Error| Error::new(folder.display(), format!("cannot write: {e}"));
    if let Ok(there) = std::fs::read(folder.join("table.parquet")) {
        if there == bytes {
            return Ok(folder.to_path_buf());
        }
        return Err(
            Error::new(folder.display(), "holds another table of this name")
                .mend("give another --name, or remove the folder"),
        );
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(failed)?;
    let temporary = tempfile::Builder::new()
        .prefix(".import-")
        .tempdir_in(parent)
        .map_err(failed)?;
    let text = toml::to_string(card).map_err(|e| Error::new(&card.name, e))?;
    std::fs::write(temporary.path().join("card.toml"), text).map_err(failed)?;
    std::fs::write(temporary.path().join("table.parquet"), bytes).map_err(failed)?;
    for name in ["card.toml", "table.parquet"] {
        let path = temporary.path().join(name);
        std::fs::File::open(path)
            .and_then(|f| f.sync_all())
            .map_err(failed)?;
    }
    std::fs::rename(temporary.keep(), folder).map_err(failed)?;
    Ok(folder.to_path_buf())
}
