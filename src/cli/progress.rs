//! Progress: a bar with the time left on a terminal, a plain line every few seconds elsewhere.

use crate::timing::Stopwatch;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Runs,
    Bytes,
}

/// Shows how far long work is.
pub(super) struct Progress {
    unit: Unit,
    bar: Option<ProgressBar>,
    last_line: Stopwatch,
    is_quiet: bool,
}

/// Seconds between two plain lines.
const LINE_EVERY_S: u64 = 5;

impl Progress {
    pub(super) fn new(is_quiet: bool, unit: Unit) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = match unit {
                Unit::Runs => "{bar:40} {pos}/{len} runs, {eta} left",
                Unit::Bytes => "{bar:40} {bytes}/{total_bytes}, {eta} left",
            };
            bar.set_style(
                ProgressStyle::with_template(style).unwrap_or(ProgressStyle::default_bar()),
            );
            bar
        });
        Self {
            unit,
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
            match self.unit {
                Unit::Runs => eprintln!("{done}/{total} runs"),
                Unit::Bytes => eprintln!("{:.1}/{:.1} MB", done as f64 / 1e6, total as f64 / 1e6),
            }
            self.last_line = Stopwatch::start();
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
