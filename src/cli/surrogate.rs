//! `archbench surrogate`.

use super::Failure;
use crate::benchmark;
use crate::surrogate::{self, Ranking, SurrogateStudy, TaskScores};
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
        let mut benchmark = benchmark::open(&study.benchmark)?;
        if let Some(schedule) = &study.schedule {
            benchmark = benchmark.with_schedule(schedule)?;
        }
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
    let TaskScores { task, held_out, .. } = scores;
    println!(
        "{task}: R² {:.3}, τ {:.3}, sparse τ {:.3} on {held_out} held out",
        scores.r2, scores.kendall_tau, scores.sparse_kendall_tau
    );
    if let Some(curve) = &scores.curve {
        let (r2, tau) = (
            curve.r2.unwrap_or(f64::NAN),
            curve.kendall_tau.unwrap_or(f64::NAN),
        );
        println!("{task}: learning curves R² {r2:.3}, τ {tau:.3}, means over epochs");
    }
    if let Some(r2) = scores.cost_r2 {
        println!("{task}: training time R² {r2:.3}");
    }
    let noise = &scores.noise;
    println!(
        "{task}: noise of {} {:.2e}, stated {:.2e}; {:.0} % within the stated 95 %",
        noise.from,
        noise.measured,
        noise.stated,
        100.0 * noise.within_95
    );
    match &scores.ranking {
        Some(ranking) => {
            let Ranking {
                told_apart,
                contradicted,
                ..
            } = ranking;
            let agreement = ranking.agreement.zip(ranking.interval);
            let agreement = agreement.map_or_else(String::new, |(found, [low, high])| {
                format!(": agreement {found:.2} ({low:.2} to {high:.2})")
            });
            println!(
                "{task}: of {told_apart} pairs of strategies that the table tells apart, {contradicted} are contradicted{agreement}"
            );
        }
        None => println!(
            "{task}: strategies are not compared, the table lacks architectures they ask for"
        ),
    }
}
