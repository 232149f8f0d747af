//! `archbench export`.

use super::Failure;
use crate::benchmark::open_table;
use crate::error::Error;
use crate::surrogate;
use crate::table::{self, Format};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `archbench export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The benchmark.
    name: String,
    /// The format.
    #[arg(long)]
    to: To,
    /// The folder to write, with card.toml, trainings and architectures; `archbench import plain` reads it again.
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum To {
    Csv,
    Parquet,
}

impl Export {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        if surrogate::names().contains(&self.name) {
            let problem = "is a surrogate, which has no table to export";
            return Err(Error::new(&self.name, problem)
                .mend("export the table it was fitted to, or `archbench query` it")
                .into());
        }
        let format = match self.to {
            To::Csv => Format::Csv,
            To::Parquet => Format::Parquet,
        };
        table::export(&open_table(&self.name)?.table, format, false, &self.folder)?;
        println!("{}", self.folder.display());
        Ok(())
    }
}
