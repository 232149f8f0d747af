//! Runs one cell of a study: one strategy on one task in one replicate, against the simulated clock.
//!
//! The budget is complete: an evaluation charges the table's training time (only the extra epochs when
//! a trial is resumed), and one that would overshoot the budget is not counted and retires its worker.
//! Where a table has no training times every evaluation takes one unit of the clock, and records carry
//! no times.

use super::clock::EventQueue;
use super::resolved::{Budget, Revisit};
use crate::benchmark::{Benchmark, Query, SeedPolicy};
use crate::rng::StreamRng;
use crate::space::{Architecture, ClassId, SearchSpace};
use crate::strategy::{
    AskContext, Fidelity, Observation, Outcome, Proposal, Strategy, StrategyError, TrialId,
};
use std::collections::BTreeMap;

/// Free revisits in a row after which a run ends: the strategy has nothing new to propose.
const MAX_FREE_REVISITS: u32 = 100_000;

/// Failed evaluations in a row after which a run gives up; without a known cost they would never spend a
/// budget of simulated seconds.
const MAX_FAILURES: u32 = 10_000;

/// What a cell runs on.
pub struct Arena<'a> {
    /// Answers the queries.
    pub benchmark: &'a dyn Benchmark,
    /// Position of the task.
    pub task: usize,
    /// The task's space.
    pub space: &'a dyn SearchSpace,
    /// A full training.
    pub full_fidelity: Fidelity,
    /// Whether the task has training times.
    pub has_cost: bool,
    /// Which training seed answers.
    pub seed: SeedPolicy,
    /// What the run may spend.
    pub budget: Budget,
    /// Whether revisits cost.
    pub revisit: Revisit,
    /// Simulated parallel workers.
    pub workers: u32,
}

/// One charged evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Raw index of the architecture in its space.
    pub arch: u64,
    /// The trial, in order of start.
    pub trial: u32,
    /// How far it was trained.
    pub fidelity: u32,
    /// Simulated start and end, where the table has training times.
    pub span_s: Option<(f64, f64)>,
    /// The validation metric; absent when the evaluation failed.
    pub valid: Option<f64>,
    /// The test metric, where the table has it.
    pub test: Option<f64>,
}

/// Everything a cell left behind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellRecord {
    /// The evaluations, in order of finish.
    pub rows: Vec<Row>,
    /// Messages of failed evaluations: (position in `rows`, message).
    pub failures: Vec<(u32, String)>,
    /// Why the run ended early, if its strategy failed.
    pub error: Option<String>,
}

/// Runs `strategy` until its budget is spent or it is done.
///
/// A strategy's failure ends the run and becomes [`CellRecord::error`]; what was evaluated before stays.
pub fn run_cell(arena: &Arena<'_>, strategy: &mut dyn Strategy, rng: StreamRng) -> CellRecord {
    let mut run = Run {
        arena,
        rng,
        queue: EventQueue::new(),
        started: Vec::new(),
        free: Vec::new(),
        record: CellRecord::default(),
        first_seen: BTreeMap::new(),
        trials: 0,
        charged: 0,
        failures_in_a_row: 0,
        idle: arena.workers,
        free_revisits: 0,
        done: false,
    };
    if let Budget::Evaluations(n) = arena.budget {
        run.record.rows.reserve(n.min(1 << 20) as usize);
    }
    if let Err(StrategyError(message)) = run.run_out(strategy) {
        run.record.error = Some(message);
    }
    run.record
}

/// A started trial, waiting for its finish. It stays in its place, so that the queue moves only the place's number.
struct Started {
    row: Row,
    arch: Architecture,
    cost_s: Option<f64>,
    failure: Option<String>,
}

struct Run<'a> {
    arena: &'a Arena<'a>,
    rng: StreamRng,
    queue: EventQueue<u32>,
    /// The trials running, one place for each worker ever busy, and the places now free.
    started: Vec<Started>,
    free: Vec<u32>,
    record: CellRecord,
    /// Outcomes of known classes at each fidelity, kept only where revisits are free.
    first_seen: BTreeMap<(ClassId, Fidelity), (Architecture, Outcome)>,
    /// Trials so far: the next one's number.
    trials: u32,
    /// Evaluations charged so far.
    charged: u32,
    failures_in_a_row: u32,
    idle: u32,
    free_revisits: u32,
    done: bool,
}

impl Run<'_> {
    fn run_out(&mut self, strategy: &mut dyn Strategy) -> Result<(), StrategyError> {
        loop {
            while self.idle > 0 && !self.done {
                if self.is_spent() {
                    self.done = true;
                    break;
                }
                let proposal = strategy.ask(&mut self.context())?;
                match proposal {
                    Proposal::Start { arch, fidelity } => {
                        self.start(strategy, arch, fidelity, None)?;
                    }
                    Proposal::Resume { trial, fidelity } => {
                        let (arch, paid_s) = self.resumable(trial, fidelity)?;
                        self.start(strategy, arch, fidelity, Some((trial, paid_s)))?;
                    }
                    Proposal::Wait if self.queue.running() == 0 => {
                        return Err(StrategyError("waits although no trial is running".into()));
                    }
                    Proposal::Wait => break,
                    Proposal::Done => self.done = true,
                }
            }
            let Some(finished) = self.queue.pop() else {
                return Ok(());
            };
            self.idle += 1;
            self.free.push(finished);
            self.finish(strategy, finished as usize)?;
        }
    }

    fn context(&mut self) -> AskContext<'_> {
        AskContext {
            space: self.arena.space,
            rng: &mut self.rng,
            full_fidelity: self.arena.full_fidelity,
            running: self.queue.running(),
        }
    }

    fn next_trial(&mut self) -> u32 {
        self.trials += 1;
        self.trials - 1
    }

    fn is_spent(&self) -> bool {
        matches!(self.arena.budget, Budget::Evaluations(n) if self.charged >= n)
    }

    /// The architecture of a finished trial and the seconds paid for it so far.
    fn resumable(
        &self,
        trial: TrialId,
        fidelity: Fidelity,
    ) -> Result<(Architecture, f64), StrategyError> {
        let mut rows = self.record.rows.iter().filter(|r| r.trial == trial.0);
        let last = rows
            .next_back()
            .ok_or_else(|| StrategyError(format!("resumes trial {}, not finished", trial.0)))?;
        if Fidelity(last.fidelity) >= fidelity {
            return Err(StrategyError(format!(
                "resumes trial {} to {}, already at {}",
                trial.0, fidelity.0, last.fidelity
            )));
        }
        let paid_s = std::iter::once(last)
            .chain(rows)
            .filter_map(|r| r.span_s.map(|(start, end)| end - start))
            .sum();
        Ok((self.arena.space.at_index(last.arch), paid_s))
    }

    /// Starts a trial on an idle worker, or tells at once what a free revisit knows.
    fn start(
        &mut self,
        strategy: &mut dyn Strategy,
        arch: Architecture,
        fidelity: Fidelity,
        resumed: Option<(TrialId, f64)>,
    ) -> Result<(), StrategyError> {
        if self.arena.revisit == Revisit::Free && resumed.is_none() {
            let key = (self.arena.space.class(&arch), fidelity);
            if let Some(&(_, outcome)) = self.first_seen.get(&key) {
                return self.tell_again(strategy, arch, fidelity, outcome);
            }
        }
        let answer = self.arena.benchmark.query(&Query {
            task: self.arena.task,
            arch,
            fidelity,
            seed: self.arena.seed,
        });
        let paid_s = resumed.map_or(0.0, |(_, paid_s)| paid_s);
        let cost_s = match &answer {
            Ok(evaluation) => evaluation.cost_s.map(|total| (total - paid_s).max(0.0)),
            Err(_) => self.arena.has_cost.then_some(0.0),
        };
        let now = self.queue.now();
        let end = now + cost_s.unwrap_or(1.0);
        if matches!(self.arena.budget, Budget::SimulatedS(limit) if end > limit) {
            self.idle -= 1;
            return Ok(());
        }
        let trial = match resumed {
            Some((trial, _)) => trial.0,
            None => self.next_trial(),
        };
        let row = Row {
            arch: self.arena.space.index_of(&arch),
            trial,
            fidelity: fidelity.0,
            span_s: cost_s.map(|_| (now, end)),
            valid: answer.as_ref().ok().map(|e| e.valid),
            test: answer.as_ref().ok().and_then(|e| e.test),
        };
        self.free_revisits = 0;
        self.charged += 1;
        self.idle -= 1;
        let failure = answer.err().map(|e| e.0);
        let started = Started {
            row,
            arch,
            cost_s,
            failure,
        };
        let place = self.keep(started);
        self.queue.push(end, trial, place);
        Ok(())
    }

    /// Puts a trial in a place of its own.
    fn keep(&mut self, started: Started) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.started[place as usize] = started;
                place
            }
            None => {
                self.started.push(started);
                self.started.len() as u32 - 1
            }
        }
    }

    /// A revisit that costs nothing and leaves no record.
    fn tell_again(
        &mut self,
        strategy: &mut dyn Strategy,
        arch: Architecture,
        fidelity: Fidelity,
        outcome: Outcome,
    ) -> Result<(), StrategyError> {
        self.free_revisits += 1;
        if self.free_revisits >= MAX_FREE_REVISITS {
            self.done = true;
        }
        let observation = Observation {
            trial: TrialId(self.next_trial()),
            arch,
            fidelity,
            outcome,
            cost_s: self.arena.has_cost.then_some(0.0),
        };
        strategy.tell(&observation, &mut self.context())
    }

    /// Records a finished trial and tells its strategy.
    fn finish(&mut self, strategy: &mut dyn Strategy, place: usize) -> Result<(), StrategyError> {
        let finished = &mut self.started[place];
        let (row, arch, cost_s) = (finished.row, finished.arch, finished.cost_s);
        let failure = finished.failure.take();
        let outcome = match row.valid {
            Some(valid) => Outcome::Evaluated { valid },
            None => Outcome::Failed,
        };
        let fidelity = Fidelity(row.fidelity);
        let position = self.record.rows.len() as u32;
        self.record.rows.push(row);
        match failure {
            None => self.failures_in_a_row = 0,
            Some(message) => {
                self.failures_in_a_row += 1;
                if self.failures_in_a_row >= MAX_FAILURES {
                    return Err(StrategyError(format!(
                        "{MAX_FAILURES} evaluations in a row failed, the last with: {message}"
                    )));
                }
                self.record.failures.push((position, message));
            }
        }
        if self.arena.revisit == Revisit::Free {
            let key = (self.arena.space.class(&arch), fidelity);
            self.first_seen.entry(key).or_insert((arch, outcome));
        }
        let observation = Observation {
            trial: TrialId(row.trial),
            arch,
            fidelity,
            outcome,
            cost_s,
        };
        strategy.tell(&observation, &mut self.context())
    }
}
