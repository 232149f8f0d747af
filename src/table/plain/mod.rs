//! The plain form of a table, for anybody's own data, for export, and for the tables shipped with the program: a folder
//! with `card.toml`, `trainings` and, if there are figures of architectures, `architectures`, both as `.csv` or `.parquet`.
//!
//! `trainings` has one row for each training and epoch: `task`, `schedule`, `arch` (as its paper writes it; a name in a
//! pool), `seed` (as published), `epoch`, then one column for each series, named by its meaning: `valid/metric`,
//! `test/metric`, `train/loss`, `train/time_s`, `valid/top5-accuracy`. `architectures` has one row for each architecture:
//! `task`, `arch`, then attributes: `params`, `flops`, `latency_ms/DEVICE`, `proxy_score/NAME`, …; a figure that differs
//! between seeds stands in rows of its own that fill `schedule` and `seed`. An empty cell is a missing value.

mod fill;
mod frame;
mod known;
mod parquet_guard;
mod read;
mod write;

pub use read::{from_bytes, open_plain};
pub use write::{Format, export};

/// Names of the two files, without their extension.
const TRAININGS: &str = "trainings";
const ARCHITECTURES: &str = "architectures";

/// The columns of `trainings` that say which training a row is of.
const TRAINING_KEYS: [&str; 5] = ["task", "schedule", "arch", "seed", "epoch"];
/// The columns of `architectures` that say what a row is of; the last three may be left out.
const ARCHITECTURE_KEYS: [&str; 5] = ["task", "arch", "published_name", "schedule", "seed"];
