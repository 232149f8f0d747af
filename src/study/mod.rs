//! Studies: a file becomes a checked study, its cells run, their records are kept.

mod resolved;
mod trajectory;

pub use resolved::{Budget, ResolvedStrategy, ResolvedStudy, ResolvedTask, Revisit};
pub use trajectory::{Change, StrategyTime, Trajectory};
