//! A study as the runner sees it, whatever it compares: numbered cells, and the result files made of them.

use super::folder::Folder;
use super::journal::{Record, Summary};
use crate::error::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fmt::Debug;

/// A study with every default filled in: what identifies it, and what its lock file holds.
pub trait Resolved: Clone + Debug + PartialEq + Serialize + DeserializeOwned {
    /// The study's name.
    fn name(&self) -> &str;

    /// As TOML.
    ///
    /// # Panics
    /// Never: implementations hold plain values only.
    fn to_toml(&self) -> String {
        toml::to_string(self).expect("a resolved study is plain values")
    }
}

/// Reads a finished cell back.
pub type ReadCell<'a, R> = &'a (dyn Fn(u32) -> Result<R, Error> + Sync);

/// A checked study. What a cell gives depends on the study and the cell's number alone.
pub trait Cells: Sync {
    /// The study's resolved form.
    type Resolved: Resolved;
    /// What a cell leaves behind.
    type Record: Record;

    /// The study with every default filled in.
    fn resolved(&self) -> &Self::Resolved;

    /// The number of cells.
    fn cells(&self) -> u32;

    /// Runs one cell. Its failure is part of its record.
    fn run(&self, cell: u32) -> Self::Record;

    /// Writes results and times of all cells, given in order.
    ///
    /// # Errors
    /// When a cell cannot be read or a file not be written.
    fn write(
        &self,
        folder: &Folder,
        cells: &[Summary],
        read: ReadCell<'_, Self::Record>,
    ) -> Result<(), Error>;

    /// Identifies the study and the tables it runs on.
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.resolved().to_toml()).into()
    }
}
