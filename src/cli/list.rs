//! `archbench list`.

use super::Failure;
use crate::benchmark;
use crate::encoding::ENCODINGS;
use crate::import::IMPORTERS;
use crate::predictor::PREDICTORS;
use crate::space::SPACES;
use crate::strategy::STRATEGIES;
use clap::{Args, ValueEnum};

/// `archbench list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to list; default: everything.
    what: Option<What>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Benchmarks,
    Strategies,
    Predictors,
    Encodings,
    Spaces,
    Importers,
}

impl List {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let wants = |what| self.what.is_none() || self.what == Some(what);
        if wants(What::Benchmarks) {
            println!("benchmarks");
            for name in benchmark::names() {
                let benchmark = benchmark::open(&name)?;
                let spec = benchmark.spec();
                println!("  {name}: {}. {}", spec.title, spec.citation);
                for task in &spec.tasks {
                    let oracle = if task.oracle {
                        ", oracle: test metric only"
                    } else {
                        ""
                    };
                    println!(
                        "    {} ({}, {} seed(s){oracle})",
                        task.name, task.metric, task.seeds
                    );
                }
            }
        }
        if wants(What::Strategies) {
            println!("strategies");
            for entry in STRATEGIES {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
                for (key, value) in entry.defaults() {
                    println!("    {key} = {value}");
                }
            }
        }
        if wants(What::Predictors) {
            println!("predictors");
            for entry in PREDICTORS {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
                println!("    target = \"{}\"", entry.target.name());
                for (key, value) in entry.defaults() {
                    println!("    {key} = {value}");
                }
            }
        }
        if wants(What::Encodings) {
            println!("encodings");
            for entry in ENCODINGS {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
            }
        }
        if wants(What::Spaces) {
            println!("spaces");
            for entry in SPACES {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
            }
        }
        if wants(What::Importers) {
            println!("importers");
            for entry in IMPORTERS {
                println!("  {}: {}", entry.name, entry.summary);
            }
        }
        Ok(())
    }
}
