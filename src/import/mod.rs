//! Importers: published files, read natively into a table. One file each, one line in [`IMPORTERS`].

mod accel_nas_bench;
mod curves;
mod files;
mod help_latency;
mod hw_nas_bench;
mod json;
mod mini_nas_bench_201;
mod nas_bench_101;
mod nas_bench_201;
mod nas_bench_301;
mod nas_bench_graph;
mod nas_bench_graph_full;
mod nas_bench_macro;
mod nas_bench_nlp;
mod nats_bench;
mod nb201_csv;
mod nb201_order;
mod nb201_tuple;
pub mod pickle;
mod plain;
mod results_count;
mod runs;
mod suite_zero;
mod tfrecord;
mod torch;
mod transnas_bench_101;

pub use files::Files;

use crate::error::Error;
use crate::table::{Fact, Source, Table};
use std::path::Path;

/// Every importer `archbench` knows.
pub const IMPORTERS: &[ImporterEntry] = &[
    nas_bench_graph::ENTRY,
    nas_bench_graph_full::ENTRY,
    nas_bench_macro::ENTRY,
    nas_bench_101::ENTRY,
    nats_bench::TOPOLOGY,
    nats_bench::SIZE,
    nas_bench_201::ENTRY,
    mini_nas_bench_201::ENTRY,
    nas_bench_301::ENTRY,
    nas_bench_nlp::ENTRY,
    transnas_bench_101::ENTRY,
    accel_nas_bench::ENTRY,
    suite_zero::ENTRY,
    nb201_csv::PROXIES,
    nb201_csv::HARDWARE,
    hw_nas_bench::ENTRY,
    help_latency::ENTRY,
    curves::baker::ENTRY,
    curves::naap_440::ENTRY,
    curves::lcbench::ENTRY,
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
    read_files(format, &Files::open(path)?)
}

/// As [`read`], from files that are open already.
///
/// # Errors
/// As [`read`].
pub fn read_files(format: &str, files: &Files) -> Result<Table, Error> {
    let known = || IMPORTERS.iter().map(|i| i.name);
    let importer = if format == "auto" {
        IMPORTERS
            .iter()
            .find(|i| (i.detect)(files))
            .ok_or_else(|| {
                let names: Vec<&str> = known().collect();
                let one_by_one = match files.names().nth(1) {
                    Some(_) => "import publications one by one; ",
                    None => "",
                };
                Error::new(files.root_name(), "no importer knows these files")
                    .mend(format!("{one_by_one}formats: {}", names.join(", ")))
            })?
    } else {
        (IMPORTERS.iter().find(|i| i.name == format))
            .ok_or_else(|| Error::unknown_name("import", "format", format, known()))?
    };
    let table = (importer.import)(files)?;
    check_tasks(&table).map_err(|e| e.within(files.root_name()))?;
    Ok(table)
}

/// A table has tasks, each under a name of its own.
fn check_tasks(table: &Table) -> Result<(), Error> {
    if table.tasks.is_empty() {
        return Err(Error::new("import", "nothing was measured: no task"));
    }
    let mut names: Vec<&str> = table.tasks.iter().map(|t| t.name()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            let problem = format!("two tasks are called `{}`", pair[0]);
            Err(Error::new("import", problem).mend("import the files one by one"))
        }
    }
}

/// What a table was made from: all that was read, and its checksum.
fn source(importer: &str, files: &Files) -> Result<Source, Error> {
    Ok(Source {
        importer: importer.into(),
        files: files.root_name(),
        sha256: files.checksum()?,
    })
}
