//! Studies: a file becomes a checked study, its cells run, their records are kept.

mod clock;
mod engine;
mod folder;
mod journal;
mod lock;
mod optima;
mod plan;
mod records;
mod reopen;
mod replay;
mod resolved;
mod run;
mod strategies;
mod times;
mod trajectory;
mod wire;

pub use engine::{Arena, CellRecord, Row, run_cell};
pub use folder::Folder;
pub use journal::Shard;
pub use lock::{Lock, Provenance};
pub use plan::{CellPlace, OpenBenchmark, Study};
pub use replay::{Replay, read_records};
pub use resolved::{Budget, ResolvedStrategy, ResolvedStudy, ResolvedTask, Revisit, SeedOptimum};
pub use run::{Existing, Outcome, Progress, merge, run};
pub use times::read_times;
pub use trajectory::{Change, StrategyTime, Trajectory};
