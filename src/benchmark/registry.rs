//! Which benchmarks there are: those compiled into the binary, then those imported.

use super::{Benchmark, TabularBenchmark};
use crate::error::Error;
use crate::surrogate;
use crate::table::{self, Stored};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A shipped table: its name, and its files in the plain form.
struct Shipped {
    name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

/// The table in the folder `datasets/NAME`.
macro_rules! shipped {
    ($name:literal) => {
        Shipped {
            name: $name,
            files: &[
                shipped!($name, "card.toml"),
                shipped!($name, "trainings.parquet"),
                shipped!($name, "architectures.parquet"),
            ],
        }
    };
    ($name:literal, $file:literal) => {
        (
            $file,
            include_bytes!(concat!("../../datasets/", $name, "/", $file)),
        )
    };
}

/// The tables compiled into the binary.
const SHIPPED: &[Shipped] = &[shipped!("nas-bench-graph"), shipped!("fmnist-nb201-mini")];

/// Opened benchmarks: a table is opened once per process.
static OPENED: Mutex<BTreeMap<String, Arc<dyn Benchmark>>> = Mutex::new(BTreeMap::new());

/// Where imported tables live: `$ARCHBENCH_HOME`, or the platform's data directory.
pub fn home() -> PathBuf {
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    from("ARCHBENCH_HOME")
        .or_else(|| from("XDG_DATA_HOME").map(|d| d.join("archbench")))
        .or_else(|| from("HOME").map(|h| h.join(".local/share/archbench")))
        .unwrap_or_else(|| PathBuf::from(".archbench"))
}

/// The folder of the imported table of this name.
pub fn folder(name: &str) -> PathBuf {
    home().join("tables").join(name)
}

/// The names of all benchmarks, shipped first.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = SHIPPED.iter().map(|s| s.name.to_string()).collect();
    let mut imported: Vec<String> = std::fs::read_dir(home().join("tables"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| table::is_table(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !names.contains(name))
        .collect();
    imported.sort();
    names.extend(imported);
    names
}

/// Whether a table of this name is compiled into the binary.
pub fn is_shipped(name: &str) -> bool {
    SHIPPED.iter().any(|s| s.name == name)
}

/// Opens a benchmark by name: a table, or a surrogate of one.
///
/// # Errors
/// When there is none of that name, or its table is damaged.
pub fn open(name: &str) -> Result<Arc<dyn Benchmark>, Error> {
    let mut opened = OPENED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(benchmark) = opened.get(name) {
        return Ok(benchmark.clone());
    }
    let (tables, surrogates) = (names(), surrogate::names());
    let is_in = |names: &[String]| names.iter().any(|n| n == name);
    let benchmark: Arc<dyn Benchmark> = if is_in(&tables) {
        Arc::new(searchable(open_table(name)?))
    } else if is_in(&surrogates) {
        surrogate::open(name)?
    } else {
        let known = tables.iter().chain(&surrogates).map(String::as_str);
        return Err(Error::unknown_name("benchmark", "benchmark", name, known));
    };
    opened.insert(name.to_string(), benchmark.clone());
    Ok(benchmark)
}

/// Opens a table by name.
///
/// # Errors
/// When there is none of that name, or it is damaged.
pub fn open_table(name: &str) -> Result<Stored, Error> {
    if let Some(shipped) = SHIPPED.iter().find(|s| s.name == name) {
        let read = |name: &str| {
            let found = shipped.files.iter().find(|(known, _)| *known == name);
            found.map(|(_, bytes)| bytes.to_vec())
        };
        return table::from_bytes(shipped.name, &read);
    }
    let known = names();
    if !known.iter().any(|n| n == name) {
        let known = known.iter().map(String::as_str);
        return Err(Error::unknown_name("benchmark", "benchmark", name, known));
    }
    open_stored(&folder(name))
}

/// Opens the table in a folder, in either form.
fn open_stored(folder: &Path) -> Result<Stored, Error> {
    match table::is_plain(folder) {
        true => table::open_plain(folder),
        false => table::open(folder),
    }
}

/// Opens the table in a folder, as it is imported or as it is exported.
///
/// # Errors
/// When it is not there or damaged.
pub fn open_folder(folder: &Path) -> Result<TabularBenchmark, Error> {
    open_stored(folder).map(searchable)
}

/// A table, ready to be searched.
fn searchable(stored: Stored) -> TabularBenchmark {
    let Stored { card, table } = stored;
    TabularBenchmark::new(Arc::new(table), &card.seal)
}
