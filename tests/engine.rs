//! The simulated clock and the budget, on a made-up benchmark whose every figure is known by hand.

use archbench::benchmark::{
    Benchmark, BenchmarkSpec, Evaluation, Optimum, Query, QueryError, SeedPolicy, TabularBenchmark,
};
use archbench::rng::derive_rng;
use archbench::space::{Architecture, SearchSpace, open};
use archbench::strategy::{
    AskContext, Fidelity, Observation, Outcome, Proposal, Strategy, StrategyError, TrialId,
};
use archbench::study::{Arena, Budget, CellRecord, Revisit, run_cell};
use archbench::table::{About, Epochs, Meaning, Table, TaskBuilder};
use std::sync::Arc;

/// Training to epoch e costs 10 e seconds for architectures with a first digit of 0, 25 e for others;
/// validation is raw index / 10,000 plus epoch / 10; one ending in 2 fails.
struct MadeUp {
    spec: BenchmarkSpec,
    space: Arc<dyn SearchSpace>,
}

impl MadeUp {
    fn new() -> Self {
        let spec = BenchmarkSpec {
            name: "made-up".into(),
            title: String::new(),
            citation: String::new(),
            sha256: String::new(),
            tasks: Vec::new(),
        };
        let space = open("nas-bench-macro").expect("registered");
        Self { spec, space }
    }
}

impl Benchmark for MadeUp {
    fn spec(&self) -> &BenchmarkSpec {
        &self.spec
    }

    fn space(&self, _: usize) -> Arc<dyn SearchSpace> {
        self.space.clone()
    }

    fn query(&self, query: &Query) -> Result<Evaluation, QueryError> {
        if query.arch.decisions()[7] == 2 {
            return Err(QueryError("no such row".into()));
        }
        let epochs = f64::from(query.fidelity.0);
        let per_epoch_s = if query.arch.decisions()[0] == 0 {
            10.0
        } else {
            25.0
        };
        Ok(Evaluation {
            valid: self.space.index_of(&query.arch) as f64 / 10_000.0 + epochs / 10.0,
            test: Some(0.5),
            cost_s: Some(epochs * per_epoch_s),
        })
    }

    fn optimum(&self, _: usize, _: SeedPolicy) -> Result<Optimum, QueryError> {
        Err(QueryError("not asked".into()))
    }
}

/// Proposes from a script, then is done, and keeps what it is told.
#[derive(Default)]
struct Script {
    proposals: Vec<Proposal>,
    told: Vec<Observation>,
}

impl Strategy for Script {
    fn ask(&mut self, _: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        match self.proposals.is_empty() {
            true => Ok(Proposal::Done),
            false => Ok(self.proposals.remove(0)),
        }
    }

    fn tell(&mut self, told: &Observation, _: &mut AskContext<'_>) -> Result<(), StrategyError> {
        self.told.push(*told);
        Ok(())
    }
}

fn start(digits: &str, epochs: u32) -> Proposal {
    let choices: Vec<u8> = digits.bytes().map(|b| b - b'0').collect();
    Proposal::Start {
        arch: Architecture::new(&choices),
        fidelity: Fidelity(epochs),
    }
}

fn resume(trial: u32, epochs: u32) -> Proposal {
    Proposal::Resume {
        trial: TrialId(trial),
        fidelity: Fidelity(epochs),
    }
}

const FAST: &str = "00000000";
const SLOW: &str = "10000000";
const FAILS: &str = "00000002";

fn play(
    proposals: Vec<Proposal>,
    budget: Budget,
    workers: u32,
    revisit: Revisit,
) -> (CellRecord, Vec<Observation>) {
    let benchmark = MadeUp::new();
    let space = benchmark.space(0);
    let arena = Arena {
        benchmark: &benchmark,
        task: 0,
        space: space.as_ref(),
        full_fidelity: Fidelity(4),
        has_cost: true,
        seed: SeedPolicy::Mean,
        budget,
        revisit,
        workers,
    };
    let mut script = Script {
        proposals,
        told: Vec::new(),
    };
    let record = run_cell(&arena, &mut script, derive_rng(1, &["engine"]));
    (record, script.told)
}

/// (trial, fidelity, start, end) of each row.
fn spans(record: &CellRecord) -> Vec<(u32, u32, f64, f64)> {
    let span = |row: &archbench::study::Row| {
        let (start_s, end_s) = row.span_s.expect("the task has costs");
        (row.trial, row.fidelity, start_s, end_s)
    };
    record.rows.iter().map(span).collect()
}

#[test]
fn an_evaluation_that_would_overshoot_is_not_counted() {
    let three = vec![start(FAST, 4), start(SLOW, 4), start(FAST, 1)];
    let run = |limit_s| {
        play(
            three.clone(),
            Budget::SimulatedS(limit_s),
            1,
            Revisit::Charge,
        )
        .0
    };
    assert_eq!(spans(&run(140.0)), [(0, 4, 0.0, 40.0), (1, 4, 40.0, 140.0)]);
    assert_eq!(spans(&run(139.0)), [(0, 4, 0.0, 40.0)]);
    assert_eq!(spans(&run(39.0)), []);
    let (two, _) = play(three, Budget::Evaluations(2), 1, Revisit::Charge);
    assert_eq!(two.rows.len(), 2);
}

#[test]
fn workers_finish_in_the_order_of_the_clock() {
    let script = vec![
        start(SLOW, 4),
        start(FAST, 4),
        start(FAST, 4),
        start(FAST, 2),
    ];
    let (record, told) = play(script, Budget::Evaluations(4), 2, Revisit::Charge);
    let expected = [
        (1, 4, 0.0, 40.0),
        (2, 4, 40.0, 80.0),
        (0, 4, 0.0, 100.0),
        (3, 2, 80.0, 100.0),
    ];
    assert_eq!(spans(&record), expected);
    let order: Vec<u32> = told.iter().map(|o| o.trial.0).collect();
    assert_eq!(order, [1, 2, 0, 3]);
}

#[test]
fn resuming_charges_the_extra_epochs_only() {
    let script = vec![start(FAST, 1), start(SLOW, 1), resume(0, 3), resume(0, 4)];
    let (record, told) = play(script, Budget::Evaluations(9), 1, Revisit::Charge);
    let expected = [
        (0, 1, 0.0, 10.0),
        (1, 1, 10.0, 35.0),
        (0, 3, 35.0, 55.0),
        (0, 4, 55.0, 65.0),
    ];
    assert_eq!(spans(&record), expected);
    assert_eq!(told[3].cost_s, Some(10.0));
    let (record, _) = play(
        vec![start(FAST, 2), resume(0, 2)],
        Budget::Evaluations(9),
        1,
        Revisit::Charge,
    );
    assert!(record.error.expect("an error").contains("already at 2"));
}

#[test]
fn free_revisits_cost_nothing_and_leave_no_record() {
    let script = || {
        vec![
            start(FAST, 4),
            start(FAST, 4),
            start(SLOW, 4),
            start(FAST, 4),
        ]
    };
    let (charged, _) = play(script(), Budget::Evaluations(9), 1, Revisit::Charge);
    assert_eq!(charged.rows.len(), 4);
    let (free, told) = play(script(), Budget::Evaluations(9), 1, Revisit::Free);
    assert_eq!(spans(&free).len(), 2);
    assert_eq!(told.len(), 4);
    assert_eq!(
        (told[1].outcome, told[1].cost_s),
        (told[0].outcome, Some(0.0))
    );
}

#[test]
fn failures_are_data() {
    let script = vec![start(FAILS, 4), start(FAST, 4), Proposal::Wait];
    let (record, told) = play(script, Budget::Evaluations(9), 1, Revisit::Charge);
    assert_eq!(told[0].outcome, Outcome::Failed);
    assert_eq!(record.failures, [(0, "no such row".to_string())]);
    assert_eq!(record.rows.len(), 2);
    assert_eq!(
        record.error.as_deref(),
        Some("waits although no trial is running")
    );
    let endless = vec![start(FAILS, 4); 20_000];
    let (record, _) = play(endless, Budget::SimulatedS(1.0), 1, Revisit::Charge);
    assert!(record.error.expect("gives up").contains("in a row failed"));
}

fn seeded_table() -> Table {
    let space = open("nas-bench-macro").expect("registered");
    let mut task = TaskBuilder::new("only", space.name(), "accuracy").expect("a task");
    let schedule = task.schedule("1", &[0, 1, 2]);
    let valid = task.series(schedule, Meaning::VALID, Epochs::one(1));
    let cost = task.series(schedule, Meaning::COST, Epochs::one(1));
    for arch in 0..space.raw_size() {
        let row = task.row(&space.at_index(arch));
        for seed in 0..3 {
            if arch != 5 || seed != 1 {
                task.set(valid, row, seed, 1, seed as f64 / 10.0);
                task.set(cost, row, seed, 1, 1.0);
            }
        }
    }
    Table {
        about: About::default(),
        sources: Vec::new(),
        tasks: vec![task.finish().expect("sound")],
    }
}

#[test]
fn draws_depend_on_key_and_architecture_alone_and_missing_seeds_are_errors() {
    let benchmark = TabularBenchmark::new(Arc::new(seeded_table()), "");
    let space = benchmark.space(0);
    let ask = |index: u64, seed| {
        let query = Query {
            task: 0,
            arch: space.at_index(index),
            fidelity: Fidelity(1),
            seed,
        };
        benchmark.query(&query).map(|e| e.valid)
    };
    let mut counts = [0; 3];
    for index in 0..6561 {
        let drawn = ask(index, SeedPolicy::Draw { key: 9 }).expect("a seed");
        assert_eq!(ask(index, SeedPolicy::Draw { key: 9 }), Ok(drawn));
        counts[(drawn * 10.0).round() as usize] += 1;
    }
    // Five standard deviations of a fair draw around 2,187.
    assert!(
        counts.iter().all(|c: &i32| (c - 2187).abs() < 191),
        "{counts:?}"
    );
    assert_eq!(ask(7, SeedPolicy::Index(2)), Ok(0.2));
    assert_eq!(ask(7, SeedPolicy::Mean), Ok((0.0 + 0.1 + 0.2) / 3.0));
    let missing = ask(5, SeedPolicy::Mean).expect_err("a seed is missing");
    assert!(missing.to_string().contains("seeds 0, 2"), "{missing}");
}
