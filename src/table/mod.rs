//! Tables: rows of published training results, and the card that says what they mean.

mod card;
mod storage;

pub use card::{Card, ColumnCard, TaskCard};
pub use storage::{decode, encode, sha256_hex};

/// One training of one architecture on one task with one seed, to one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableRow {
    /// Position of the task on the card.
    pub task: u32,
    /// Raw index of the architecture in the task's space.
    pub arch: u64,
    /// Epochs trained.
    pub epoch: u32,
    /// Position of the training seed.
    pub seed: u32,
    /// Validation metric, a fraction.
    pub valid: Option<f64>,
    /// Test metric, a fraction.
    pub test: Option<f64>,
    /// Training time from scratch, seconds.
    pub cost_s: Option<f64>,
    /// Inference latency, seconds.
    pub latency_s: Option<f64>,
    /// Parameters.
    pub params: Option<f64>,
    /// Floating-point operations of one forward pass.
    pub flops: Option<f64>,
}

/// A table at rest: its card and its rows, sorted by (task, architecture, epoch, seed).
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it means.
    pub card: Card,
    /// What it holds.
    pub rows: Vec<TableRow>,
}
