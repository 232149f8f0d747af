//! What a report needs of one run: the points at which the incumbent changed.

/// A change of incumbent: the best architecture on validation so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Evaluations charged so far, this one included.
    pub evaluations: u32,
    /// The simulated clock when it finished, where the table has training times.
    pub end_s: Option<f64>,
    /// Validation metric of the incumbent.
    pub valid: f64,
    /// Test metric of the incumbent, where the table has it.
    pub test: Option<f64>,
}

/// One run: a strategy on a task in a replicate.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// Position in [`super::ResolvedStudy::tasks`].
    pub task: usize,
    /// Position in [`super::ResolvedStudy::strategies`].
    pub strategy: usize,
    /// The replicate.
    pub replicate: u32,
    /// The changes of incumbent, in order.
    pub changes: Vec<Change>,
    /// Evaluations charged in all.
    pub evaluations: u32,
    /// Evaluations that failed.
    pub failed_evaluations: u32,
    /// The simulated clock at the end, where the table has training times.
    pub end_s: Option<f64>,
    /// Why the run failed, if it did.
    pub error: Option<String>,
}

/// Wall time a strategy itself took, summed over its runs of a task. Measured, so never reproducible
/// to the byte; kept beside the records, not in them.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyTime {
    /// Position in [`super::ResolvedStudy::tasks`].
    pub task: usize,
    /// Position in [`super::ResolvedStudy::strategies`].
    pub strategy: usize,
    /// Runs measured.
    pub runs: u32,
    /// Evaluations in those runs.
    pub evaluations: u64,
    /// Seconds in all.
    pub wall_s: f64,
}
