//! The bake-off's core: which architectures there are, how they are split, and how predictions are scored.
//!
//! All predictors see the same splits (they are paired), training and test architectures are never the same network,
//! and every random stream is derived by name, so that cells can run in any order on any number of threads.

mod calibration;
mod cell;
mod pool;
mod scores;

pub use calibration::{Calibration, calibration};
pub use cell::{CellResult, run_cell};
pub use pool::{Pool, Split, Twins};
pub use scores::{Scores, precision_at, scores};
