//! `archbench table build`.

use super::Failure;
use crate::study::Shard;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `archbench table`.
#[derive(Debug, Args)]
pub(super) struct Table {
    #[command(subcommand)]
    command: TableCommand,
}

#[derive(Debug, Subcommand)]
enum TableCommand {
    /// Train what a recipe asks for (needs PyTorch).
    Build(Build),
}

/// `archbench table build`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "torch"),
    allow(dead_code, reason = "parsed, then refused")
)]
pub(super) struct Build {
    /// The recipe.
    recipe: PathBuf,
    /// Where the shards are written; default: `shards` beside the recipe.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Train only part I of N.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Go on with an interrupted build.
    #[arg(long)]
    resume: bool,
    /// Banks trained at once; default: all cores, or 1 on a GPU.
    #[arg(long)]
    threads: Option<usize>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    #[arg(long, default_value = "auto")]
    device: String,
    /// The folder of the data set, instead of the recipe's.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

impl Table {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match &self.command {
            TableCommand::Build(build) => build.execute(),
        }
    }
}

#[cfg(not(feature = "torch"))]
impl Build {
    fn execute(&self) -> Result<(), Failure> {
        Err(super::torch_missing::torch_missing("table build"))
    }
}

#[cfg(feature = "torch")]
impl Build {
    fn execute(&self) -> Result<(), Failure> {
        use crate::error::Error;
        use crate::torch::{Workshop, describe, open};
        use crate::training::{Plan, Recipe, ShardFile, gather, shard_path};

        let recipe = Recipe::read(&self.recipe)?;
        let plan = Plan::new(&recipe)?;
        let device = open(&self.device)?;
        let workshop = Workshop::open(&recipe, self.data.as_deref(), device)?;
        let folder = match &self.out {
            Some(out) => out.clone(),
            None => self.recipe.with_file_name("shards"),
        };
        let shard = self.shard.unwrap_or(Shard::WHOLE);
        let mut file = ShardFile::open(&folder, &recipe, shard, self.resume)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = match self.threads {
            Some(0) => return Err(Error::new("--threads", "expected at least 1, found 0").into()),
            Some(threads) => threads,
            None if !device.is_cuda() => cores,
            None => 1,
        };
        if !self.quiet {
            eprintln!("{}", describe(device));
        }
        let mut bar = super::progress::Progress::new(self.quiet);
        let outcome = workshop.build(&plan, (shard, &mut file), workers, &mut |done, total| {
            bar.show(done, total)
        });
        outcome?;
        if !self.quiet {
            println!("{}", shard_path(&folder, shard).display());
            match gather(&folder, &recipe, &plan) {
                Ok(_) => println!("all {} trainings are done", plan.trainings()),
                Err(open) => println!("{open}"),
            }
        }
        Ok(())
    }
}
