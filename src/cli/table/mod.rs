//! `archbench table`: tables of our own, trained.

mod build;
mod check;

use super::Failure;
use clap::{Args, Subcommand};

/// `archbench table`.
#[derive(Debug, Args)]
pub(super) struct Table {
    #[command(subcommand)]
    command: TableCommand,
}

const BUILD_EXAMPLES: &str = "Examples:
  archbench table build recipe.toml --shard 1/20           (then 2/20 …; each goes on with --resume)
  archbench table build recipe.toml --step merge           (of all shards: a benchmark to study)
  archbench table build recipe.toml --step merge --partial --table folder
  archbench table build recipe.toml --step merge --against mini-nas-bench-201/cifar10-valid";
const CHECK_EXAMPLES: &str = "Examples:
  archbench table check recipe.toml --sample 16            (random cells, held against the seed noise)
  archbench table check recipe.toml --sample 0 --replay 1  (a bank as it was trained: the same bits)";

#[derive(Debug, Subcommand)]
enum TableCommand {
    /// Train what a recipe asks for and make a table of it (training needs PyTorch).
    #[command(after_help = BUILD_EXAMPLES)]
    Build(build::Build),
    /// Train a random sample of a table's cells again and compare (needs PyTorch).
    #[command(after_help = CHECK_EXAMPLES)]
    Check(check::Check),
}

impl Table {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match &self.command {
            TableCommand::Build(build) => build.execute(),
            TableCommand::Check(check) => check.execute(),
        }
    }
}
