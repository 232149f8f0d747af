//! Studies: a file becomes a checked study, its cells run, their records are kept.

mod clock;
mod engine;
mod journal;
mod records;
mod resolved;
mod trajectory;

pub use engine::{Arena, CellRecord, Row, run_cell};
pub use journal::Shard;
pub use resolved::{Budget, ResolvedStrategy, ResolvedStudy, ResolvedTask, Revisit};
pub use trajectory::{Change, StrategyTime, Trajectory};
