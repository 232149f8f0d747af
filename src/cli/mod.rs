//! The command line: one file per subcommand.
//!
//! Exit codes: 0 all went well, 1 a run of a study or a check of a table failed, 2 bad usage or input.

mod export;
mod fetch;
mod import;
mod list;
mod output;
mod progress;
mod proxy;
mod query;
mod query_surrogate;
mod report;
mod study;
mod surrogate;
mod table;
#[cfg(not(feature = "torch"))]
mod torch_missing;
mod train;
mod usage;
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
  archbench run study.toml --out part1 --shard 1/2   (then 2/2 elsewhere, then merge)
  archbench merge part1 part2 --out results

Exit codes: 0 all well, 1 a run of a study failed, 2 bad usage or input.";
const LIST_EXAMPLES: &str = "Examples:
  archbench list
  archbench list strategies";
const QUERY_EXAMPLES: &str = "Examples:
  archbench query nas-bench-graph 0123:gcn,gat,gcn,fc --task cora
  archbench query nas-bench-graph 0123:gcn,gat,gcn,fc --task cora --json
  archbench query NAME ARCH --task T --schedule 200 --curve --seed seed:777";
const IMPORT_EXAMPLES: &str = "Examples:
  archbench import auto nas-bench-macro_cifar10.json
  archbench import nas-bench-graph nas_bench_graph-1.4.0-py3-none-any.whl --out folder";
const FETCH_EXAMPLES: &str = "Examples:
  archbench list recipes
  archbench fetch nas-bench-101
  archbench fetch help-latency --name nats-bench-topology   (adds its columns to that table)
  archbench fetch nas-bench-macro --only folder

A fetch that was cut goes on where it ended. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE are
honoured.";
const EXPORT_EXAMPLES: &str = "Examples:
  archbench export nas-bench-graph --to csv folder
  archbench import plain folder --name mine";
const VERIFY_EXAMPLES: &str = "Examples:
  archbench verify nas-bench-graph
  archbench verify study.toml";
const COMPLETIONS_EXAMPLES: &str = "Examples:
  archbench completions bash > ~/.local/share/bash-completion/completions/archbench
  archbench completions zsh > ~/.zfunc/_archbench";
const MANUAL_EXAMPLES: &str = "Examples:
  archbench manual > archbench.1
  archbench manual | man -l -";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a study and write its records and report.
    Run(study::Run),
    /// Put the finished shards of a study together.
    Merge(study::Merge),
    /// Write the report of a finished study again, from its records.
    Report(report::Report),
    /// List what there is to study with.
    #[command(after_help = LIST_EXAMPLES)]
    List(list::List),
    /// Fit a surrogate benchmark.
    Surrogate(surrogate::Surrogate),
    /// Ask a benchmark about one architecture.
    #[command(after_help = QUERY_EXAMPLES)]
    Query(query::Query),
    /// Read a published benchmark into a table, or add to one.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(import::Import),
    /// Get a published benchmark from where it is published, and import it.
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(fetch::Fetch),
    /// Write a table as CSV or Parquet.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(export::Export),
    /// Check a table or a study file without running anything.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(verify::Verify),
    /// Train architectures as a recipe says (needs PyTorch).
    Train(train::Train),
    /// Score architectures without training them: parameters and operations.
    Proxy(proxy::Proxy),
    /// Train a table of our own.
    Table(table::Table),
    /// Print shell completions.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(after_help = MANUAL_EXAMPLES)]
    Manual,
}

/// What went wrong: every message goes to standard error on a line of its own.
#[derive(Debug)]
enum Failure {
    /// Bad usage or input.
    Input(Vec<Error>),
    /// Runs of a study failed; their rows, which have this status, say why.
    Runs(u64, &'static str),
    /// Checks of a table failed; their lines say which.
    Checks(u64),
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

/// A reader that has seen enough (`archbench list | head`) is no failure: printing to it ends the program quietly.
fn end_with_the_reader() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let is_reader_gone = |text: &str| {
            text.starts_with("failed printing to stdout") && text.contains("Broken pipe")
        };
        if info.payload_as_str().is_some_and(is_reader_gone) {
            std::process::exit(0);
        }
        report(info);
    }));
}

/// Runs the program on its command line.
pub fn main() -> ExitCode {
    end_with_the_reader();
    crate::shield::silence();
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return usage::exit(&error),
    };
    let result = match command {
        Command::Run(run) => run.execute(),
        Command::Merge(merge) => merge.execute(),
        Command::Report(report) => report.execute(),
        Command::List(list) => list.execute(),
        Command::Surrogate(surrogate) => surrogate.execute(),
        Command::Query(query) => query.execute(),
        Command::Import(import) => import.execute(),
        Command::Fetch(fetch) => fetch.execute(),
        Command::Export(export) => export.execute(),
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
        Err(Failure::Runs(count, status)) => {
            let noun = if count == 1 { "run" } else { "runs" };
            eprintln!("error: {count} {noun} failed; the rows with status `{status}` say why");
            ExitCode::from(1)
        }
        Err(Failure::Checks(count)) => {
            let noun = if count == 1 { "check" } else { "checks" };
            eprintln!("error: {count} {noun} failed; the lines that begin with FAIL say which");
            ExitCode::from(1)
        }
    }
}

fn manual() -> Result<(), Failure> {
    clap_mangen::Man::new(Cli::command())
        .render(&mut std::io::stdout())
        .map_err(|e| Error::new("manual", e).into())
}
