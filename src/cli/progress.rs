//! Progress: a bar with the time left on a terminal, a plain line every few seconds elsewhere.

use crate::timing::Stopwatch;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Shows how far something is.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    /// What is counted: `runs`.
    noun: &'static str,
    start: Stopwatch,
    /// How many were done at the start.
    first: Option<u64>,
    last_line: Stopwatch,
    is_quiet: bool,
}

/// Seconds between two plain lines.
const LINE_EVERY_S: u64 = 5;

impl Progress {
    pub(super) fn new(noun: &'static str, is_quiet: bool) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = format!("{{bar:40}} {{pos}}/{{len}} {noun}, {{eta}} left");
            bar.set_style(
                ProgressStyle::with_template(&style).unwrap_or(ProgressStyle::default_bar()),
            );
            bar
        });
        Self {
            bar,
            noun,
            start: Stopwatch::start(),
            first: None,
            last_line: Stopwatch::start(),
            is_quiet,
        }
    }

    pub(super) fn show(&mut self, done: u64, total: u64) {
        let first = *self.first.get_or_insert(done);
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        } else if !self.is_quiet && self.last_line.elapsed().as_secs() >= LINE_EVERY_S {
            let left = left(self.start.elapsed(), done - first.min(done), total - done);
            eprintln!("{done}/{total} {}{left}", self.noun);
            self.last_line = Stopwatch::start();
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `, 5 min left`, once something tells the pace.
fn left(elapsed: Duration, done: u64, open: u64) -> String {
    if done == 0 {
        return String::new();
    }
    let seconds = elapsed.as_secs_f64() * open as f64 / done as f64;
    match seconds {
        s if s < 90.0 => format!(", {s:.0} s left"),
        s if s < 5400.0 => format!(", {:.0} min left", s / 60.0),
        s => format!(", {:.1} h left", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_the_pace() {
        let elapsed = Duration::from_secs(60);
        assert_eq!(left(elapsed, 0, 10), "");
        assert_eq!(left(elapsed, 6, 4), ", 40 s left");
        assert_eq!(left(elapsed, 1, 10), ", 10 min left");
        assert_eq!(left(elapsed, 1, 180), ", 3.0 h left");
    }
}
