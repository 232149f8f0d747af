//! `archbench import`.

use super::Failure;
use crate::benchmark::{folder, is_shipped};
use crate::error::Error;
use crate::import::read;
use crate::table::{self, Coverage, Format, Overlap, Table};
use clap::Args;
use std::path::{Path, PathBuf};

/// `archbench import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The format, or `auto`; see `archbench list importers`.
    format: String,
    /// The published file, folder or archive; several are joined into one table.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The benchmark's name from now on; default: the published one. An existing table of this name is added to.
    #[arg(long)]
    name: Option<String>,
    /// Replace an existing table of this name instead of adding to it.
    #[arg(long)]
    replace: bool,
    /// Keep what an existing table has already, and add only the rest; without this it is an error.
    #[arg(long, conflicts_with = "replace")]
    skip_existing: bool,
    /// Write the table as Parquet into this folder (as tables are shipped) instead of the data directory.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Import {
    /// The import of fetched files.
    pub(super) fn of(format: &str, path: PathBuf, name: Option<String>, replace: bool) -> Self {
        Self {
            format: format.into(),
            paths: vec![path],
            name,
            replace,
            skip_existing: false,
            out: None,
        }
    }

    pub(super) fn execute(&self) -> Result<(), Failure> {
        let mut table: Option<Table> = None;
        let mut coverage = Vec::new();
        for path in &self.paths {
            let read = read(&self.format, path)?;
            table = Some(match table {
                None => read,
                Some(table) => self.joined(table, &read, &mut coverage)?,
            });
        }
        let Some(mut table) = table else {
            return Err(Error::new("import", "no path given").into());
        };
        if let Some(name) = &self.name {
            table.about.name.clone_from(name);
        }
        if !table::is_name(&table.about.name) {
            let problem = format!("`{}` is not a name", table.about.name);
            return Err(Error::new("--name", problem)
                .mend("give lower-case letters, digits, `-`, `_` and `.`")
                .into());
        }
        let (table, place) = match &self.out {
            Some(out) => {
                table::export(&table, Format::Parquet, true, out)?;
                (table, out.clone())
            }
            None => self.store(table, &mut coverage)?,
        };
        report(&table, &coverage, &place);
        Ok(())
    }

    /// Stores a table under its name, adding to the one that is there.
    fn store(&self, table: Table, coverage: &mut Vec<Coverage>) -> Result<(Table, PathBuf), Error> {
        let name = table.about.name.clone();
        if is_shipped(&name) {
            return Err(
                Error::new(&name, "is shipped with the program").mend("give another --name")
            );
        }
        let place = folder(&name);
        let table = match table::is_table(&place) && !self.replace {
            true => self.joined(table::open(&place)?.table, &table, coverage)?,
            false => table,
        };
        table::store(&table, &place)?;
        Ok((table, place))
    }

    fn joined(
        &self,
        table: Table,
        addition: &Table,
        coverage: &mut Vec<Coverage>,
    ) -> Result<Table, Error> {
        let known = match self.skip_existing {
            true => Overlap::Keep,
            false => Overlap::Refuse,
        };
        let (table, covered) = table::join(table, addition, known).map_err(|e| {
            e.mend("give --skip-existing to add only the rest, another --name, or --replace to start anew")
        })?;
        coverage.extend(covered);
        Ok(table)
    }
}

fn report(table: &Table, coverage: &[Coverage], place: &Path) {
    for c in coverage {
        if !c.kept.is_empty() {
            println!("{}: kept {}", c.task, c.kept.join(", "));
        }
        if c.added.is_empty() {
            println!("{}: added nothing", c.task);
            continue;
        }
        let percent = 100.0 * c.covered as f64 / c.architectures as f64;
        println!(
            "{}: added {} to {} of {} architectures ({percent:.1} %); {} of the addition are not in the table",
            c.task,
            c.added.join(", "),
            c.covered,
            c.architectures,
            c.unmatched
        );
    }
    for task in &table.tasks {
        let schedules: Vec<&str> = task.schedules().iter().map(|s| s.name.as_str()).collect();
        let trainings = match schedules.is_empty() {
            true => "no trainings".to_string(),
            false => format!("schedules {}", schedules.join(", ")),
        };
        println!(
            "{}: {} architectures, {trainings}, {} attributes",
            task.name(),
            task.archs().len(),
            task.attributes().len()
        );
    }
    for defect in &table.about.defects {
        println!("note: {defect}");
    }
    println!("{}: {}", table.about.name, place.display());
}
