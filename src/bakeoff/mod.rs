//! The bake-off: predictors compared on the same training sets.
//!
//! All predictors see the same splits (they are paired), training and test architectures are never the same network,
//! and every random stream is derived by name, so that cells can run in any order on any number of threads. A study
//! file becomes a checked [`Bakeoff`], which runs as every study does ([`crate::study::Cells`]).

mod calibration;
pub(crate) mod ceiling;
mod cell;
mod measure;
mod measured;
mod picks;
mod plan;
mod pool;
mod recalibration;
mod record;
mod reopen;
pub(crate) mod resolved;
mod results;
mod scores;
mod timings;
mod training;
mod variants;
mod wire;

pub use calibration::{Calibration, LEVELS, calibration};
pub use cell::{FitScores, FitTimes, Job, TOP_SHARES};
pub use measure::{Measure, Score, Spread, Stage};
pub use measured::{Measured, Source};
pub use plan::{Bakeoff, FitPlace};
pub use pool::{Pool, Replicate, Split, Twins};
pub use record::FitRecord;
pub use resolved::{ResolvedBakeoff, ResolvedPool, ResolvedPredictor};
pub(crate) use results::FAILED;
pub use results::{ScoreRow, Scoreboard, read_scores};
pub use scores::{PICKS, Scores, scores, top};
pub use timings::{FitTime, read_fit_times};
pub use training::Training;
