//! The command line: one file per subcommand.
//!
//! Exit codes: 0 all went well, 1 a run of a study failed, 2 bad usage or input.

mod import;
mod list;
mod progress;
mod proxy;
mod query;
mod report;
mod study;
mod table;
#[cfg(not(feature = "torch"))]
mod torch_missing;
mod train;
mod verify;

use crate::error::Error;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// Compare neural-architecture-search strategies on tabular benchmarks.
#[derive(Debug, Parser)]
#[command(name = "archbench", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  archbench run reports/quickstart/study.toml
  archbench list strategies
  archbench query nas-bench-graph 0123:gcn,gat,gcn,fc --task cora
  archbench run study.toml --out part1 --shard 1/2   (then 2/2 elsewhere, then merge)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a study and write its records and report.
    Run(study::Run),
    /// Put the finished shards of a study together.
    Merge(study::Merge),
    /// Write the report of a finished study again, from its records.
    Report(report::Report),
    /// List what there is to study with.
    List(list::List),
    /// Ask a benchmark about one architecture.
    Query(query::Query),
    /// Read a published benchmark into a table.
    Import(import::Import),
    /// Check a table or a study file without running anything.
    Verify(verify::Verify),
    /// Train architectures as a recipe says (needs PyTorch).
    Train(train::Train),
    /// Score architectures without training them: parameters and operations.
    Proxy(proxy::Proxy),
    /// Train a table of our own.
    Table(table::Table),
    /// Print shell completions.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Manual,
}

/// What went wrong: every message goes to standard error on a line of its own.
#[derive(Debug)]
enum Failure {
    /// Bad usage or input.
    Input(Vec<Error>),
    /// Runs of a study failed; their records say why.
    Runs(u64),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Input(vec![error])
    }
}

impl From<Vec<Error>> for Failure {
    fn from(errors: Vec<Error>) -> Self {
        Self::Input(errors)
    }
}

/// Runs the program on its command line.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(run) => run.execute(),
        Command::Merge(merge) => merge.execute(),
        Command::Report(report) => report.execute(),
        Command::List(list) => list.execute(),
        Command::Query(query) => query.execute(),
        Command::Import(import) => import.execute(),
        Command::Verify(verify) => verify.execute(),
        Command::Train(train) => train.execute(),
        Command::Proxy(proxy) => proxy.execute(),
        Command::Table(table) => table.execute(),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "archbench", &mut std::io::stdout());
            Ok(())
        }
        Command::Manual => manual(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(errors)) => {
            errors.iter().for_each(|e| eprintln!("error: {e}"));
            ExitCode::from(2)
        }
        Err(Failure::Runs(count)) => {
            eprintln!("error: {count} runs failed; the rows with status `run-failed` say why");
            ExitCode::from(1)
        }
    }
}

fn manual() -> Result<(), Failure> {
    clap_mangen::Man::new(Cli::command())
        .render(&mut std::io::stdout())
        .map_err(|e| Error::new("manual", e).into())
}
