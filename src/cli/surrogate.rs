//! `archbench surrogate`.

use super::Failure;
use crate::benchmark;
use crate::surrogate::{self, SurrogateStudy, TaskScores};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `archbench surrogate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Surrogate {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fit a surrogate to a table and judge it.
    Fit(Fit),
}

#[derive(Debug, Args)]
struct Fit {
    /// The study file, with kind = "surrogate".
    study: PathBuf,
    /// Where to write; default: the surrogate's place, where it is a benchmark by its name.
    #[arg(long)]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  archbench surrogate fit surrogates/nas-bench-graph-surrogate/study.toml
  archbench query nas-bench-graph-surrogate 0123:gcn,gat,gcn,fc --task arxiv";

impl Surrogate {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let Command::Fit(fit) = &self.command;
        let study = SurrogateStudy::read(&fit.study)?;
        let benchmark = benchmark::open(&study.benchmark)?;
        let (card, model) = surrogate::fit(&study, &benchmark)?;
        let folder = match &fit.out {
            Some(out) => out.clone(),
            None => surrogate::folder(&study.name),
        };
        surrogate::store(&folder, &card, &model)?;
        for scores in &card.scores {
            say(scores);
        }
        println!("{}", folder.join("surrogate.toml").display());
        Ok(())
    }
}

fn say(scores: &TaskScores) {
    let TaskScores {
        task,
        held_out,
        r2,
        kendall_tau,
        sparse_kendall_tau,
        ..
    } = scores;
    println!(
        "{task}: R² {r2:.3}, τ {kendall_tau:.3}, sparse τ {sparse_kendall_tau:.3} on {held_out} held out"
    );
    if let Some(tau) = scores.ranking_kendall_tau {
        println!("{task}: strategies are ranked as on the table with τ {tau:.2}");
    }
}
