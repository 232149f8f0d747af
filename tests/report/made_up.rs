//! Studies that never ran: every case a report must cope with, from a fixed stream of numbers.

use archbench::benchmark::Optimum;
use archbench::report::ReportInput;
use archbench::study::{
    Budget, Change, ResolvedStrategy, ResolvedStudy, ResolvedTask, Revisit, SeedOptimum, Trajectory,
};

/// The optimum of every task.
const BEST: f64 = 0.9;

/// What a made-up study is like.
pub struct Shape {
    pub strategies: usize,
    pub tasks: usize,
    pub replicates: u32,
    pub has_cost: bool,
    pub oracle: bool,
    pub seeds: u32,
    pub simulated_s: Option<f64>,
    /// What every evaluation of every run answers.
    pub constant: Option<f64>,
    pub metric: &'static str,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            strategies: 2,
            tasks: 2,
            replicates: 12,
            has_cost: false,
            oracle: false,
            seeds: 1,
            simulated_s: None,
            constant: None,
            metric: "accuracy",
        }
    }
}

/// The report's input of such a study.
pub fn input(shape: Shape) -> ReportInput {
    let mut trajectories = Vec::new();
    let mut state = 1_u64;
    for task in 0..shape.tasks {
        for strategy in 0..shape.strategies {
            for replicate in 0..shape.replicates {
                trajectories.push(run(&shape, (task, strategy, replicate), &mut state));
            }
        }
    }
    ReportInput {
        study: study(&shape),
        trajectories,
        times: Vec::new(),
        provenance: None,
    }
}

/// Uniform in [0, 1): the generator of Knuth's MMIX.
fn uniform(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

fn run(shape: &Shape, place: (usize, usize, u32), state: &mut u64) -> Trajectory {
    let (task, strategy, replicate) = place;
    let mut changes: Vec<Change> = Vec::new();
    let evaluations = 60;
    for evaluation in 1..=evaluations {
        let skill = 1.0 + 0.2 * strategy as f64;
        let value = (BEST - 0.4 * uniform(state).powf(skill)).min(BEST);
        let valid = shape.constant.unwrap_or(value);
        if changes.last().is_none_or(|c| valid > c.valid) {
            changes.push(Change {
                evaluations: evaluation,
                end_s: shape.has_cost.then_some(50.0 * f64::from(evaluation)),
                valid,
                test: Some(valid - 0.02),
            });
        }
    }
    Trajectory {
        task,
        strategy,
        replicate,
        changes,
        evaluations,
        failed_evaluations: 0,
        end_s: shape.has_cost.then_some(50.0 * f64::from(evaluations)),
        error: None,
    }
}

fn study(shape: &Shape) -> ResolvedStudy {
    let optimum = |arch: &str, valid, test_of_best_valid, best_test| Optimum {
        arch: arch.into(),
        valid,
        test_of_best_valid: Some(test_of_best_valid),
        best_test,
    };
    let task = |index: usize| ResolvedTask {
        benchmark: "made-up".into(),
        task: format!("t{index}"),
        metric: shape.metric.into(),
        space: "made-up".into(),
        citation: "nobody, nowhere, never".into(),
        table_sha256: "0123456789abcdef".repeat(4),
        oracle: shape.oracle,
        has_cost: shape.has_cost,
        training_seeds: shape.seeds,
        classes: 1000,
        optimum: optimum("best", BEST, 0.88, Some(0.89)),
        seed_optima: (0..shape.seeds)
            .filter(|_| shape.seeds > 1)
            .map(|k| SeedOptimum {
                seed_policy: format!("index:{k}"),
                optimum: optimum("seed best", 0.91, 0.87, None),
            })
            .collect(),
    };
    let strategy = |index: usize| ResolvedStrategy {
        name: if index == 0 {
            "random-search"
        } else {
            "local-search"
        }
        .into(),
        label: format!("strategy {index}"),
        citation: "nobody".into(),
        parameters: toml::Table::new(),
    };
    ResolvedStudy {
        name: "made-up".into(),
        seed: 1,
        replicates: shape.replicates,
        workers: 1,
        revisit: Revisit::Charge,
        seed_policy: "mean".into(),
        budget: shape
            .simulated_s
            .map_or(Budget::Evaluations(60), Budget::SimulatedS),
        tasks: (0..shape.tasks).map(task).collect(),
        strategies: (0..shape.strategies).map(strategy).collect(),
    }
}
