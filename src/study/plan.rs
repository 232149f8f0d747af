//! A checked study: every name resolved, every mistake found before anything runs.

use super::engine::{Arena, CellRecord, run_cell};
use super::optima::seed_optima;
use super::resolved::{Budget, ResolvedStudy, ResolvedTask};
use super::strategies::{check_suitable, resolve_strategies};
use super::wire::{self, WireBenchmark, WireStudy};
use crate::benchmark::{self, Benchmark, SeedPolicy, TaskSpec};
use crate::error::Error;
use crate::rng::{derive_key, derive_rng};
use crate::space::SearchSpace;
use crate::strategy::StrategyConfig;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// Cells are numbered in 32 bits.
const MAX_CELLS: u64 = u32::MAX as u64;
/// Enough for any comparison, and few enough to be categories of one byte.
const MAX_STRATEGIES: usize = 200;

/// Opens a benchmark by name; [`benchmark::open`] outside tests.
pub type OpenBenchmark<'a> = &'a dyn Fn(&str) -> Result<Arc<dyn Benchmark>, Error>;

/// A study ready to run.
pub struct Study {
    resolved: ResolvedStudy,
    tasks: Vec<Task>,
    strategies: Vec<Arc<dyn StrategyConfig>>,
}

/// A task of a study, at hand.
pub(super) struct Task {
    benchmark: Arc<dyn Benchmark>,
    position: usize,
    spec: TaskSpec,
    pub(super) space: Arc<dyn SearchSpace>,
}

/// The place of a cell in its study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellPlace {
    /// Position of the task.
    pub task: usize,
    /// Position of the strategy.
    pub strategy: usize,
    /// The replicate.
    pub replicate: u32,
}

impl Study {
    /// Reads and checks the study file at `path`.
    ///
    /// # Errors
    /// Every mistake found, one line each.
    pub fn read(path: &Path) -> Result<Self, Vec<Error>> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            vec![Error::new(
                path.display(),
                format!("cannot read the study: {e}"),
            )]
        })?;
        Self::parse(&text, &benchmark::open).map_err(|errors| {
            errors
                .into_iter()
                .map(|e| e.within(path.display()))
                .collect()
        })
    }

    /// Checks a study given as text.
    ///
    /// # Errors
    /// Every mistake found, one line each.
    pub fn parse(text: &str, open: OpenBenchmark<'_>) -> Result<Self, Vec<Error>> {
        let wire = wire::parse(text).map_err(|e| vec![e])?;
        let mut errors = check_numbers(&wire);
        let seed_policy = parse_seed_policy(&wire.seed_policy)
            .map_err(|e| errors.push(e))
            .unwrap_or(SeedPolicy::Mean);
        let tasks = resolve_tasks(&wire, seed_policy, open, &mut errors);
        let strategies = resolve_strategies(&wire.strategies, &mut errors);
        check_suitable(&tasks, &strategies, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let (tasks, resolved_tasks) = tasks.into_iter().unzip();
        let (strategies, resolved_strategies) = strategies.into_iter().unzip();
        let resolved = ResolvedStudy {
            name: wire.name,
            seed: wire.seed,
            replicates: wire.replicates,
            workers: wire.workers,
            revisit: wire.revisit,
            seed_policy: wire.seed_policy,
            budget: wire.budget,
            tasks: resolved_tasks,
            strategies: resolved_strategies,
        };
        let study = Self {
            resolved,
            tasks,
            strategies,
        };
        match study.tasks.len() as u64 * study.runs_per_task() <= MAX_CELLS {
            true => Ok(study),
            false => Err(vec![Error::new("study", "has more than 2^32 runs")]),
        }
    }

    /// The study with every default filled in.
    pub fn resolved(&self) -> &ResolvedStudy {
        &self.resolved
    }

    /// Identifies the study and the tables it runs on.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.resolved.to_toml()).into()
    }

    /// The space of each task.
    pub(super) fn spaces(&self) -> Vec<Arc<dyn SearchSpace>> {
        self.tasks.iter().map(|t| t.space.clone()).collect()
    }

    fn runs_per_task(&self) -> u64 {
        self.strategies.len() as u64 * u64::from(self.resolved.replicates)
    }

    /// The number of cells: tasks × strategies × replicates.
    pub fn cells(&self) -> u32 {
        (self.tasks.len() as u64 * self.runs_per_task()) as u32
    }

    /// Where cell number `cell` stands: replicates vary fastest, then strategies, then tasks.
    pub fn place(&self, cell: u32) -> CellPlace {
        let replicates = self.resolved.replicates;
        let strategies = self.strategies.len() as u32;
        CellPlace {
            task: (cell / replicates / strategies) as usize,
            strategy: (cell / replicates % strategies) as usize,
            replicate: cell % replicates,
        }
    }

    /// Runs one cell. The result depends on the study and `place` alone.
    pub fn run_cell(&self, place: CellPlace) -> CellRecord {
        let study = &self.resolved;
        let task = &self.tasks[place.task];
        let names = &study.tasks[place.task];
        let replicate = place.replicate.to_string();
        let seed = match parse_seed_policy(&study.seed_policy) {
            Ok(SeedPolicy::Draw { .. }) => SeedPolicy::Draw {
                key: derive_key(
                    study.seed,
                    &["training-seed", &names.benchmark, &names.task, &replicate],
                ),
            },
            Ok(fixed) => fixed,
            Err(_) => SeedPolicy::Mean,
        };
        let arena = Arena {
            benchmark: task.benchmark.as_ref(),
            task: task.position,
            space: task.space.as_ref(),
            full_fidelity: task.spec.full_fidelity(),
            has_cost: task.spec.has_cost,
            seed,
            budget: study.budget,
            revisit: study.revisit,
            workers: study.workers,
        };
        let label = &study.strategies[place.strategy].label;
        let rng = derive_rng(
            study.seed,
            &["strategy", &names.benchmark, &names.task, label, &replicate],
        );
        let mut strategy = self.strategies[place.strategy].start(arena.space);
        run_cell(&arena, strategy.as_mut(), rng)
    }
}

fn check_numbers(wire: &WireStudy) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut check = |ok: bool, place: &str, problem: String| {
        if !ok {
            errors.push(Error::new(place, problem));
        }
    };
    check(!wire.name.trim().is_empty(), "name", "is empty".into());
    check(
        wire.replicates >= 1,
        "replicates",
        "expected at least 1, found 0".into(),
    );
    check(
        (1..=10_000).contains(&wire.workers),
        "workers",
        format!("expected 1 to 10000, found {}", wire.workers),
    );
    match wire.budget {
        Budget::Evaluations(n) => check(
            (1..=1 << 24).contains(&n),
            "budget.evaluations",
            format!("expected 1 to {}, found {n}", 1 << 24),
        ),
        Budget::SimulatedS(s) => check(
            s.is_finite() && s > 0.0,
            "budget.simulated_s",
            format!("expected a positive number of seconds, found {s}"),
        ),
    }
    check(
        !wire.benchmarks.is_empty(),
        "[[benchmark]]",
        "expected at least one".into(),
    );
    let count = wire.strategies.len();
    check(
        (1..=MAX_STRATEGIES).contains(&count),
        "[[strategy]]",
        format!("expected 1 to {MAX_STRATEGIES}, found {count}"),
    );
    errors
}

fn parse_seed_policy(text: &str) -> Result<SeedPolicy, Error> {
    let index = text.strip_prefix("index:").and_then(|k| k.parse().ok());
    match (text, index) {
        ("mean", _) => Ok(SeedPolicy::Mean),
        ("mean-of-present", _) => Ok(SeedPolicy::MeanOfPresent),
        ("draw", _) => Ok(SeedPolicy::Draw { key: 0 }),
        (_, Some(k)) => Ok(SeedPolicy::Index(k)),
        _ => Err(
            Error::new("seed_policy", format!("unknown policy `{text}`"))
                .mend("give `mean`, `mean-of-present`, `draw` or `index:K`"),
        ),
    }
}

fn resolve_tasks(
    wire: &WireStudy,
    seed: SeedPolicy,
    open: OpenBenchmark<'_>,
    errors: &mut Vec<Error>,
) -> Vec<(Task, ResolvedTask)> {
    let mut tasks: Vec<(Task, ResolvedTask)> = Vec::new();
    for entry in &wire.benchmarks {
        let place = format!("[[benchmark]] {}", entry.name);
        let opened = open(&entry.name).and_then(|benchmark| match &entry.schedule {
            Some(schedule) => benchmark.with_schedule(schedule),
            None => Ok(benchmark),
        });
        let benchmark = match opened {
            Ok(benchmark) => benchmark,
            Err(e) => {
                errors.push(e.within("[[benchmark]]"));
                continue;
            }
        };
        for position in chosen_tasks(entry, benchmark.as_ref(), &place, errors) {
            match resolve_task(wire.budget, seed, &benchmark, position) {
                // What one task lacks its neighbours usually lack too: one line is enough.
                Err(e) => {
                    errors.push(e.within(&place));
                    break;
                }
                Ok((_, r)) if tasks.iter().any(|(_, t)| same_task(t, &r)) => {
                    errors.push(Error::new(
                        &place,
                        format!("task `{}` is listed twice", r.task),
                    ));
                }
                Ok(task) => tasks.push(task),
            }
        }
    }
    tasks
}

fn same_task(a: &ResolvedTask, b: &ResolvedTask) -> bool {
    (&a.benchmark, &a.task) == (&b.benchmark, &b.task)
}

fn chosen_tasks(
    entry: &WireBenchmark,
    benchmark: &dyn Benchmark,
    place: &str,
    errors: &mut Vec<Error>,
) -> Vec<usize> {
    let known = &benchmark.spec().tasks;
    let Some(names) = &entry.tasks else {
        let searchable: Vec<usize> = (0..known.len())
            .filter(|&at| known[at].unsearchable.is_none())
            .collect();
        // Where none can be searched, the error of the first says why.
        return match searchable.is_empty() {
            true => vec![0],
            false => searchable,
        };
    };
    if names.is_empty() {
        errors.push(Error::new(place, "`tasks` is empty").mend("leave it out for all"));
    }
    let mut chosen = Vec::new();
    for name in names {
        match known.iter().position(|t| &t.name == name) {
            Some(position) => chosen.push(position),
            None => {
                let known = known.iter().map(|t| t.name.as_str());
                errors.push(Error::unknown_name(place, "task", name, known));
            }
        }
    }
    chosen
}

fn resolve_task(
    budget: Budget,
    seed: SeedPolicy,
    benchmark: &Arc<dyn Benchmark>,
    position: usize,
) -> Result<(Task, ResolvedTask), Error> {
    let spec = benchmark.spec();
    let task = spec.tasks[position].clone();
    if let Some(problem) = &task.unsearchable {
        return Err(Error::new("tasks", problem));
    }
    if matches!(budget, Budget::SimulatedS(_)) && !task.has_cost {
        return Err(Error::new(&task.name, "the table has no training times")
            .mend("give the budget in evaluations"));
    }
    if let SeedPolicy::Index(k) = seed
        && k >= task.seeds
    {
        let problem = format!(
            "seed_policy index:{k}, but the table has {} seed(s)",
            task.seeds
        );
        return Err(Error::new(&task.name, problem));
    }
    let optimum = (benchmark.optimum(position, seed)).map_err(|e| Error::new(&task.name, e))?;
    let space = benchmark.space(position);
    let resolved = ResolvedTask {
        benchmark: spec.name.clone(),
        task: task.name.clone(),
        metric: task.metric.clone(),
        schedule: task.schedule.clone(),
        space: space.name().to_string(),
        citation: spec.citation.clone(),
        table_sha256: spec.sha256.clone(),
        oracle: task.oracle,
        has_cost: task.has_cost,
        training_seeds: task.seeds,
        classes: space.class_count(),
        optimum,
        seed_optima: seed_optima(benchmark.as_ref(), position, seed),
    };
    let task = Task {
        benchmark: benchmark.clone(),
        position,
        spec: task,
        space,
    };
    Ok((task, resolved))
}
