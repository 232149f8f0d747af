//! What a command that makes results says on standard output: lines for people, or one JSON object.

use crate::study::{Folder, Outcome};
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
    pub(super) fn outcome(self, outcome: &Outcome, folder: &Folder, report: bool) {
        let report = report.then(|| folder.path().join("report.html").display().to_string());
        let records = folder.records().display().to_string();
        if self.json {
            self.print(&json!({
                "evaluations": outcome.evaluations,
                "runs_now": outcome.cells_run,
                "failed_runs": outcome.failed_runs,
                "complete": outcome.is_complete,
                "records": outcome.is_complete.then_some(records),
                "report": report,
            }));
            return;
        }
        self.line(&format!("{} evaluations: {records}", outcome.evaluations));
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
