//! The only place that reads the wall clock. What it measures is reported beside results, never mixed
//! into them.

#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

/// Measures wall time from its creation.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Wall time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
