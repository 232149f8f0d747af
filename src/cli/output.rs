//! What a command that makes results says on standard output: lines for people, or one JSON object.

use crate::study::{Folder, Kind, Outcome};
use clap::Args;
use serde_json::{Value, json};

/// How much to say, and to whom.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Output {
    /// Print nothing but errors.
    #[arg(long)]
    pub(super) quiet: bool,
    /// Print one JSON object in place of text.
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Says what a run or merge came to; `report` when one was written.
    pub(super) fn outcome(self, kind: Kind, outcome: &Outcome, folder: &Folder, report: bool) {
        let report = report.then(|| folder.path().join("report.html").display().to_string());
        let noun = noun(kind);
        let (file, results) = match kind {
            Kind::Search => ("records", folder.records()),
            Kind::Bakeoff => ("scores", folder.scores()),
        };
        let results = results.display().to_string();
        if self.json {
            self.print(&json!({
                (noun): outcome.rows,
                "runs_now": outcome.cells_run,
                "failed_runs": outcome.failed_runs,
                "complete": outcome.is_complete,
                (file): outcome.is_complete.then_some(results),
                "report": report,
            }));
            return;
        }
        self.line(&format!("{} {noun}: {results}", outcome.rows));
        if let Some(report) = report {
            self.line(&format!("report: {report}"));
        }
    }

    /// Says where a report was written.
    pub(super) fn report(self, folder: &Folder) {
        let report = folder.path().join("report.html").display().to_string();
        match self.json {
            true => self.print(&json!({ "report": report })),
            false => self.line(&format!("report: {report}")),
        }
    }

    /// Whether a line of text is wanted.
    pub(super) fn wants_text(self) -> bool {
        !self.quiet && !self.json
    }

    /// A line for people.
    pub(super) fn line(self, text: &str) {
        if self.wants_text() {
            println!("{text}");
        }
    }

    fn print(self, value: &Value) {
        if !self.quiet {
            println!("{value}");
        }
    }
}

/// What a row of results is.
pub(super) fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Search => "evaluations",
        Kind::Bakeoff => "fits",
    }
}
