//! `archbench import`.

use super::Failure;
use crate::benchmark::home;
use crate::import::{read, store};
use clap::Args;
use std::path::PathBuf;

/// `archbench import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The format, or `auto`; see `archbench list importers`.
    format: String,
    /// The published file, folder or archive.
    path: PathBuf,
    /// The benchmark's name from now on; default: the published one.
    #[arg(long)]
    name: Option<String>,
    /// Write the table into this folder instead of the platform's data directory.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Import {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let (mut table, bytes) = read(&self.format, &self.path)?;
        if let Some(name) = &self.name {
            table.card.name.clone_from(name);
        }
        let folder = match &self.out {
            Some(out) => out.clone(),
            None => home().join("tables").join(&table.card.name),
        };
        store(&table.card, &bytes, &folder)?;
        println!(
            "{}: {} rows, {} tasks, {}",
            table.card.name,
            table.rows.len(),
            table.card.tasks.len(),
            folder.display()
        );
        Ok(())
    }
}
