//! Training our own tables: the recipe, which trainings it asks for, what each gave, and the shards that keep them.
//!
//! Nothing here needs PyTorch; the `torch` feature does the training.

mod cost;
mod curve;
mod frames;
mod merge;
mod plan;
mod quality;
mod recheck;
mod recipe;
mod shard;

pub use cost::{Cost, CostFile, Costs, Kind, gather_costs};
pub use curve::{Curve, Epoch, Tally};
pub use merge::{Coverage, table};
pub use plan::{Plan, Unit, network};
pub use quality::{Agreement, Quality, SeedNoise, agreement, of as quality};
pub use recheck::{Comparison, Finals, replay, sample, tabulated};
pub use recipe::{Data, NetworkSize, Recipe, Schedule, Seeds, Training};
pub use shard::{Results, ShardFile, gather, shard_path};
