//! Training our own tables: the recipe, which trainings it asks for, what each gave, and the shards that keep them.
//!
//! Nothing here needs PyTorch; the `torch` feature does the training.

mod curve;
mod plan;
mod recipe;
mod shard;

pub use curve::{Curve, Epoch, Tally};
pub use plan::{Plan, Unit, network};
pub use recipe::{Data, NetworkSize, Recipe, Schedule, Seeds, Training};
pub use shard::{ShardFile, UnitResult, gather, shard_path};
