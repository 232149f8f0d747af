//! `archbench surrogate`.

use super::Failure;
use crate::benchmark::{self, Benchmark};
use crate::error::Error;
use crate::surrogate::{self, Ranking, SurrogateStudy, TaskScores};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::sync::Arc;

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
        let benchmark = open_benchmark(&study)?;
        let folder = match &fit.out {
            Some(out) => out.clone(),
            None => free_folder(&study.name)?,
        };
        if folder.exists() && !folder.is_dir() {
            return Err(Error::new(folder.display(), "is no folder").into());
        }
        let (card, model) = surrogate::fit(&study, &benchmark)?;
        surrogate::store(&folder, &card, &model)?;
        for scores in &card.scores {
            say(scores, study.strategies.len());
        }
        println!("{}", folder.join("surrogate.toml").display());
        Ok(())
    }
}

/// The benchmark of a study, under its schedule.
pub(super) fn open_benchmark(study: &SurrogateStudy) -> Result<Arc<dyn Benchmark>, Error> {
    let benchmark = benchmark::open(&study.benchmark)?;
    match &study.schedule {
        Some(schedule) => benchmark.with_schedule(schedule),
        None => Ok(benchmark),
    }
}

/// The place of a surrogate of this name: a surrogate fitted before is replaced, a table or shipped surrogate never.
fn free_folder(name: &str) -> Result<PathBuf, Error> {
    let is_taken = surrogate::is_shipped(name) || benchmark::names().iter().any(|n| n == name);
    match is_taken {
        true => Err(
            Error::new("name", format!("`{name}` is a benchmark already"))
                .mend("give another name, or a folder by --out"),
        ),
        false => Ok(surrogate::folder(name)),
    }
}

fn say(scores: &TaskScores, strategies: usize) {
    let TaskScores { task, held_out, .. } = scores;
    println!(
        "{task}: R² {:.3}, τ {:.3}, sparse τ {:.3} on {held_out} held out",
        scores.r2, scores.kendall_tau, scores.sparse_kendall_tau
    );
    if let (Some(agreement), Some(attainable)) =
        (scores.seed_kendall_tau, scores.attainable_kendall_tau)
    {
        println!(
            "{task}: two trainings agree with τ {agreement:.3}; a model of true means is expected to reach {attainable:.3}"
        );
    }
    if let Some(curve) = &scores.curve {
        let (r2, tau) = (
            curve.r2.unwrap_or(f64::NAN),
            curve.kendall_tau.unwrap_or(f64::NAN),
        );
        println!("{task}: learning curves R² {r2:.3}, τ {tau:.3}");
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
        None => {
            let why = match strategies {
                0 => "the study names none",
                1 => "the study names one alone",
                _ => "the table lacks architectures they ask for",
            };
            println!("{task}: strategies are not compared, {why}");
        }
    }
}
