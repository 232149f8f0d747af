//! Studies: a file becomes a checked study, its cells run, their records are kept.

mod cells;
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
pub(crate) mod seal;
mod strategies;
pub(crate) mod tasks;
mod times;
mod trajectory;
pub(crate) mod wire;

pub use cells::{Cells, ReadCell, Resolved};
pub use engine::{Arena, CellRecord, Row, run_cell};
pub use folder::Folder;
pub use journal::{Record, Shard, Summary};
pub use lock::{Lock, Provenance, locked_kind};
pub use plan::{CellPlace, Study};
pub(crate) use records::RUN_FAILED;
pub use replay::{Replay, read_records};
pub use resolved::{Budget, ResolvedStrategy, ResolvedStudy, ResolvedTask, Revisit, SeedOptimum};
pub use run::{Existing, Outcome, Progress, merge, run};
pub use tasks::OpenBenchmark;
pub use times::read_times;
pub use trajectory::{Change, StrategyTime, Trajectory};
pub use wire::Kind;
