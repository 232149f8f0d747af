//! A checked bake-off: every name resolved, every mistake found before anything runs.

use super::cell::Job;
use super::measured::{Measured, Source};
use super::pool::{Pool, Replicate, Twins};
use super::record::FitRecord;
use super::resolved::{ResolvedBakeoff, ResolvedPool, ResolvedPredictor};
use super::training::Training;
use super::variants::{Variant, resolve_predictors};
use super::{ceiling, results, timings, wire};
use crate::benchmark::{self, Benchmark, SeedPolicy};
use crate::error::Error;
use crate::study::tasks::{self, parse_seed_policy};
use crate::study::{Cells, Folder, Kind, OpenBenchmark, ReadCell, Summary};
use std::path::Path;
use std::sync::Arc;

/// Cells are numbered in 32 bits.
const MAX_CELLS: u64 = u32::MAX as u64;

/// A bake-off ready to run.
pub struct Bakeoff {
    resolved: ResolvedBakeoff,
    tasks: Vec<Task>,
    variants: Vec<Variant>,
    training: Training,
    seed: SeedPolicy,
}

/// A task of a bake-off, at hand.
pub(super) struct Task {
    pub(super) benchmark: Arc<dyn Benchmark>,
    pub(super) position: usize,
    pub(super) pool: Pool,
}

/// The place of a cell in its study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FitPlace {
    /// Position of the task.
    pub task: usize,
    /// Position of the predictor.
    pub predictor: usize,
    /// Position of the training size.
    pub size: usize,
    /// The replicate.
    pub replicate: u32,
}

impl Bakeoff {
    /// Reads and checks the study file at `path`.
    ///
    /// # Errors
    /// Every mistake found, one line each.
    pub fn read(path: &Path) -> Result<Self, Vec<Error>> {
        let failed = |e| {
            vec![Error::new(
                path.display(),
                format!("cannot read the study: {e}"),
            )]
        };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let within = |e: Error| e.within(path.display());
        Self::parse(&text, &benchmark::open)
            .map_err(|errors| errors.into_iter().map(within).collect())
    }

    /// Checks a bake-off given as text.
    ///
    /// # Errors
    /// Every mistake found, one line each.
    pub fn parse(text: &str, open: OpenBenchmark<'_>) -> Result<Self, Vec<Error>> {
        let wire = wire::parse(text).map_err(|e| vec![e])?;
        let mut errors = check_numbers(&wire);
        let seed = fixed_seed(&wire.seed_policy)
            .map_err(|e| errors.push(e))
            .unwrap_or(SeedPolicy::Mean);
        let training = Training::named(&wire.training)
            .map_err(|e| errors.push(e))
            .unwrap_or(Training::Random);
        let largest = wire.train_sizes.iter().copied().max().unwrap_or(0);
        let found = tasks::resolve(
            &wire.benchmarks,
            open,
            &mut errors,
            &|benchmark, position| resolve_task(benchmark, position, seed, largest),
        );
        let (tasks, resolved_tasks): (Vec<Task>, Vec<ResolvedPool>) = found.into_iter().unzip();
        let found = resolve_predictors(&wire, &tasks, seed, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let (variants, predictors): (Vec<Variant>, Vec<ResolvedPredictor>) =
            found.into_iter().unzip();
        let resolved = ResolvedBakeoff {
            kind: Kind::Bakeoff,
            name: wire.name,
            seed: wire.seed,
            replicates: wire.replicates,
            train_sizes: wire.train_sizes,
            training: wire.training,
            test_size: wire.test_size,
            recalibration_folds: wire.recalibration_folds,
            seed_policy: wire.seed_policy,
            tasks: resolved_tasks,
            predictors,
        };
        if resolved.fits() > MAX_CELLS {
            return Err(vec![Error::new("study", "has more than 2^32 fits")]);
        }
        Ok(Self {
            resolved,
            tasks,
            variants,
            training,
            seed,
        })
    }

    /// Where cell number `cell` stands.
    pub fn place(&self, cell: u32) -> FitPlace {
        self.resolved.place(cell)
    }

    /// Runs one cell. The result but for its times depends on the study and `place` alone.
    pub fn run_cell(&self, place: FitPlace) -> FitRecord {
        FitRecord::of(self.fit(place))
    }

    fn fit(
        &self,
        place: FitPlace,
    ) -> Result<(super::cell::FitScores, super::cell::FitTimes), Error> {
        let study = &self.resolved;
        let Task {
            benchmark,
            position,
            pool,
        } = &self.tasks[place.task];
        let variant = &self.variants[place.predictor];
        let replicate = Replicate {
            seed: study.seed,
            number: place.replicate,
        };
        let source = Source {
            benchmark: benchmark.as_ref(),
            task: *position,
            seed: self.seed,
        };
        let size = study.train_sizes[place.size] as usize;
        let answers = (benchmark.as_ref(), *position, self.seed);
        let order = self.training.order(pool, answers, replicate, size)?;
        let asked = study.test_size.map(|count| (count as usize, replicate));
        let split = pool.split(&order, size, Twins::LeftOut, asked)?;
        let measure = |rows: &[usize], are_trained| {
            let of = (pool, rows);
            source.measure(&variant.features, variant.fidelity, of, are_trained)
        };
        let extra = match variant.features.is_empty() {
            true => None,
            false => Some([measure(&split.train, true)?, measure(&split.test, false)?]),
        };
        let job = Job {
            pool,
            split: &split,
            predictor: &variant.predictor,
            label: &variant.stream,
            replicate,
            extra: extra.as_ref(),
            with_std: true,
            recalibration_folds: study.recalibration_folds as usize,
        };
        job.run()
    }
}

impl Cells for Bakeoff {
    type Resolved = ResolvedBakeoff;
    type Record = FitRecord;

    fn resolved(&self) -> &ResolvedBakeoff {
        &self.resolved
    }

    fn cells(&self) -> u32 {
        // No more than 2^32: the study was refused otherwise.
        self.resolved.fits() as u32
    }

    fn run(&self, cell: u32) -> FitRecord {
        self.run_cell(self.place(cell))
    }

    fn write(
        &self,
        folder: &Folder,
        cells: &[Summary],
        read: ReadCell<'_, FitRecord>,
    ) -> Result<(), Error> {
        let fits = cells
            .iter()
            .map(|summary| Ok((self.place(summary.cell), read(summary.cell)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        folder.write_whole(&folder.scores(), |path| {
            results::write(path, &self.resolved, &fits)
        })?;
        folder.write_whole(&folder.timings(), |path| {
            timings::write(path, &self.resolved, &fits)
        })
    }
}

fn check_numbers(wire: &wire::WireBakeoff) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut check = |ok: bool, place: &str, problem: String| {
        if !ok {
            errors.push(Error::new(place, problem));
        }
    };
    check(!wire.name.trim().is_empty(), "name", "is empty".into());
    let at_least_one = "expected at least 1, found 0".to_string();
    check(wire.replicates >= 1, "replicates", at_least_one.clone());
    check(wire.test_size != Some(0), "test_size", at_least_one.clone());
    let sizes = &wire.train_sizes;
    check(
        !sizes.is_empty() && sizes[0] >= 1 && sizes.is_sorted_by(|a, b| a < b),
        "train_sizes",
        format!("expected ascending sizes of at least 1, found {sizes:?}"),
    );
    let folds = wire.recalibration_folds;
    check(
        folds != 1 && folds <= 100,
        "recalibration_folds",
        format!("expected 0 for none, or 2 to 100, found {folds}"),
    );
    check(
        !wire.benchmarks.is_empty(),
        "[[benchmark]]",
        "expected at least one".into(),
    );
    check(
        !wire.predictors.is_empty(),
        "[[predictor]]",
        "expected at least one".into(),
    );
    errors
}

/// A policy under which an architecture has one metric.
fn fixed_seed(text: &str) -> Result<SeedPolicy, Error> {
    match parse_seed_policy(text)? {
        SeedPolicy::Draw { .. } => Err(Error::new("seed_policy", "`draw` gives no one metric")
            .mend("give `mean`, `mean-of-present` or `index:K`")),
        fixed => Ok(fixed),
    }
}

fn resolve_task(
    benchmark: &Arc<dyn Benchmark>,
    position: usize,
    seed: SeedPolicy,
    largest: u32,
) -> Result<(Task, ResolvedPool), Error> {
    let spec = benchmark.spec();
    let task = &spec.tasks[position];
    if let Some(problem) = &task.unsearchable {
        return Err(Error::new("tasks", problem));
    }
    let pool = Pool::open(benchmark.as_ref(), position, seed)?;
    let classes = pool.class_count();
    if largest as usize >= classes {
        let problem = format!("{largest} of {classes} architectures leave nothing to predict");
        return Err(Error::new(&task.name, problem).mend("give smaller train_sizes"));
    }
    let agreement = ceiling::seed_agreement(benchmark.as_ref(), position, &pool.archs);
    let resolved = ResolvedPool {
        benchmark: spec.name.clone(),
        task: task.name.clone(),
        metric: task.metric.clone(),
        schedule: task.schedule.clone(),
        space: pool.space.name().to_string(),
        citation: spec.citation.clone(),
        table_sha256: spec.sha256.clone(),
        oracle: task.oracle,
        has_cost: pool.cost_s.is_some(),
        training_seeds: task.seeds,
        architectures: pool.archs.len() as u64,
        classes: classes as u64,
        seed_agreement: agreement,
        noise_ceiling: agreement.map(|tau| {
            ceiling::noise_ceiling(tau, benchmark.as_ref(), position, &pool.archs, seed)
        }),
    };
    let task = Task {
        benchmark: benchmark.clone(),
        position,
        pool,
    };
    Ok((task, resolved))
}

impl Task {
    /// Whether every architecture has a measurement, up to a fidelity.
    pub(super) fn check(
        &self,
        measured: &Measured,
        fidelity: Option<crate::strategy::Fidelity>,
        seed: SeedPolicy,
    ) -> Result<(), Error> {
        let source = Source {
            benchmark: self.benchmark.as_ref(),
            task: self.position,
            seed,
        };
        source.check(measured, fidelity)
    }
}
