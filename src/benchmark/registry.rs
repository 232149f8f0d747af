//! Which benchmarks there are: those compiled into the binary, then those imported.

use super::{Benchmark, TabularBenchmark};
use crate::error::Error;
use crate::table::{Card, decode};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A shipped table: its name, card and Parquet file.
struct Shipped {
    name: &'static str,
    card: &'static str,
    table: &'static [u8],
}

/// The tables compiled into the binary.
const SHIPPED: &[Shipped] = &[Shipped {
    name: "nas-bench-graph",
    card: include_str!("../../datasets/nas-bench-graph/card.toml"),
    table: include_bytes!("../../datasets/nas-bench-graph/table.parquet"),
}];

/// Opened benchmarks: a table is decoded once per process.
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

/// The names of all benchmarks, shipped first.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = SHIPPED.iter().map(|s| s.name.to_string()).collect();
    let mut imported: Vec<String> = std::fs::read_dir(home().join("tables"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("card.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !names.contains(name))
        .collect();
    imported.sort();
    names.extend(imported);
    names
}

/// Opens a benchmark by name.
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
    let benchmark: Arc<dyn Benchmark> = match SHIPPED.iter().find(|s| s.name == name) {
        Some(shipped) => Arc::new(from_parts(shipped.name, shipped.card, shipped.table)?),
        None => {
            let known = names();
            if !known.iter().any(|n| n == name) {
                let known = known.iter().map(String::as_str);
                return Err(Error::unknown_name("benchmark", "benchmark", name, known));
            }
            Arc::new(open_folder(&home().join("tables").join(name))?)
        }
    };
    opened.insert(name.to_string(), benchmark.clone());
    Ok(benchmark)
}

/// Opens the table in a folder.
///
/// # Errors
/// When it is not there or damaged.
pub fn open_folder(folder: &Path) -> Result<TabularBenchmark, Error> {
    let failed = |e: std::io::Error| {
        Error::new(folder.display(), format!("cannot read the table: {e}")).mend("import it again")
    };
    let card = std::fs::read_to_string(folder.join("card.toml")).map_err(failed)?;
    let table = std::fs::read(folder.join("table.parquet")).map_err(failed)?;
    from_parts(&folder.display().to_string(), &card, &table)
}

fn from_parts(name: &str, card: &str, table: &[u8]) -> Result<TabularBenchmark, Error> {
    let card: Card =
        toml::from_str(card).map_err(|e| Error::new(format!("{name}: card.toml"), e.message()))?;
    TabularBenchmark::new(&decode(card, table)?)
}
