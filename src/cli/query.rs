//! `archbench query`.

use super::Failure;
use crate::benchmark::{self, SeedPolicy};
use crate::error::Error;
use crate::strategy::Fidelity;
use clap::Args;

/// `archbench query`.
#[derive(Debug, Args)]
pub(super) struct Query {
    /// The benchmark.
    benchmark: String,
    /// The architecture, as its paper writes it.
    arch: String,
    /// The task.
    #[arg(long)]
    task: String,
    /// Epochs trained; default: a full training.
    #[arg(long)]
    epoch: Option<u32>,
    /// `mean` or `index:K`.
    #[arg(long, default_value = "mean")]
    seed: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Query {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let benchmark = benchmark::open(&self.benchmark)?;
        let tasks = &benchmark.spec().tasks;
        let known = tasks.iter().map(|t| t.name.as_str());
        let task = (tasks.iter().position(|t| t.name == self.task))
            .ok_or_else(|| Error::unknown_name(&self.benchmark, "task", &self.task, known))?;
        let space = benchmark.space(task);
        let arch = space.parse(&self.arch)?;
        let answer = benchmark
            .query(&benchmark::Query {
                task,
                arch,
                fidelity: self.epoch.map_or(tasks[task].full_fidelity(), Fidelity),
                seed: self.seed()?,
            })
            .map_err(|e| Error::new(&self.benchmark, e))?;
        if self.json {
            let json = serde_json::json!({
                "benchmark": self.benchmark,
                "task": self.task,
                "arch": space.display(&arch),
                "canonical": space.display(&space.canonical(&arch)),
                "valid": answer.valid,
                "test": answer.test,
                "cost_s": answer.cost_s,
            });
            println!("{json}");
            return Ok(());
        }
        println!("arch   {}", space.display(&arch));
        println!("valid  {}", answer.valid);
        if let Some(test) = answer.test {
            println!("test   {test}");
        }
        if let Some(cost_s) = answer.cost_s {
            println!("cost_s {cost_s}");
        }
        Ok(())
    }

    fn seed(&self) -> Result<SeedPolicy, Error> {
        let index = self
            .seed
            .strip_prefix("index:")
            .and_then(|k| k.parse().ok());
        match (self.seed.as_str(), index) {
            ("mean", _) => Ok(SeedPolicy::Mean),
            (_, Some(k)) => Ok(SeedPolicy::Index(k)),
            _ => Err(Error::new("--seed", format!("found `{}`", self.seed))
                .mend("give `mean` or `index:K`")),
        }
    }
}
