//! The report of a study.

use crate::error::Error;
use crate::study::{Provenance, ResolvedStudy, StrategyTime, Trajectory};
use std::path::Path;

/// What a report is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportInput {
    /// The study.
    pub study: ResolvedStudy,
    /// Its runs.
    pub trajectories: Vec<Trajectory>,
    /// Measured wall times; may be empty.
    pub times: Vec<StrategyTime>,
    /// What ran it.
    pub provenance: Provenance,
}

/// Writes the report into `dir`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(_dir: &Path, _input: &ReportInput) -> Result<(), Error> {
    Ok(())
}
