//! `archbench verify`.

use super::Failure;
use crate::benchmark::{self, SeedPolicy};
use crate::error::Error;
use crate::study::Study;
use clap::Args;
use std::path::Path;

/// `archbench verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// A benchmark's name, or a study file.
    what: String,
}

impl Verify {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        if self.what.ends_with(".toml") {
            let study = Study::read(Path::new(&self.what))?;
            println!("{}: {} runs, nothing wrong", self.what, study.cells());
            return Ok(());
        }
        let benchmark = benchmark::open(&self.what)?;
        let spec = benchmark.spec();
        println!("{}: checksum {} holds", spec.name, spec.sha256);
        for (at, task) in spec.tasks.iter().enumerate() {
            let best = benchmark
                .optimum(at, SeedPolicy::Mean)
                .map_err(|e| Error::new(&spec.name, e))?;
            println!("{}: best valid {} by {}", task.name, best.valid, best.arch);
        }
        Ok(())
    }
}
