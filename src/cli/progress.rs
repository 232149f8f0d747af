//! Progress: a bar with the time left on a terminal, a plain line every few seconds elsewhere.

use crate::timing::Stopwatch;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// Shows how far a study is.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    last_line: Stopwatch,
    is_quiet: bool,
}

/// Seconds between two plain lines.
const LINE_EVERY_S: u64 = 5;

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = "{bar:40} {pos}/{len} runs, {eta} left";
            bar.set_style(
                ProgressStyle::with_template(style).unwrap_or(ProgressStyle::default_bar()),
            );
            bar
        });
        Self {
            bar,
            last_line: Stopwatch::start(),
            is_quiet,
        }
    }

    pub(super) fn show(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        } else if !self.is_quiet && self.last_line.elapsed().as_secs() >= LINE_EVERY_S {
            eprintln!("{done}/{total} runs");
            self.last_line = Stopwatch::start();
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
