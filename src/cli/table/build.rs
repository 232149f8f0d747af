//! `archbench table build`: train, measure, merge.

use super::super::Failure;
use crate::benchmark::{folder, is_shipped, open_table};
use crate::error::Error;
use crate::study::Shard;
use crate::table::{self, Format, Meaning, Table};
use crate::training::{self, Coverage, Plan, Recipe, gather, gather_costs};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `archbench table build`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "torch"),
    allow(dead_code, reason = "parsed, then refused")
)]
pub(super) struct Build {
    /// The recipe.
    pub(super) recipe: PathBuf,
    /// Where the shards lie; default: `shards` beside the recipe.
    #[arg(long)]
    pub(super) out: Option<PathBuf>,
    /// Train and measure only part I of N.
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,
    /// Go on with an interrupted build.
    #[arg(long)]
    pub(super) resume: bool,
    /// Only this step; may be given several times. Default: all three, or the first two of a shard.
    #[arg(long, value_name = "STEP")]
    step: Vec<Step>,
    /// Banks trained at once; default: all cores, or 1 on a GPU.
    #[arg(long)]
    pub(super) threads: Option<usize>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    #[arg(long, default_value = "auto")]
    pub(super) device: String,
    /// The folder of the data set, instead of the recipe's.
    #[arg(long)]
    pub(super) data: Option<PathBuf>,
    /// Make a table of what is trained, although something is missing.
    #[arg(long)]
    partial: bool,
    /// Write the table as Parquet into this folder (as tables are shipped) instead of the data directory.
    #[arg(long)]
    table: Option<PathBuf>,
    /// Report the rank correlation with this task of a benchmark on the same space.
    #[arg(long, value_name = "BENCHMARK/TASK")]
    against: Option<String>,
    /// Print nothing but errors.
    #[arg(long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Train the networks.
    Train,
    /// Measure what each costs alone: latency, time of a training step. Nothing else should run meanwhile.
    Measure,
    /// Make a table of all shards.
    Merge,
}

impl Build {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let does = |step: Step| match self.step.is_empty() {
            true => step != Step::Merge || self.shard.is_none(),
            false => self.step.contains(&step),
        };
        let recipe = Recipe::read(&self.recipe)?;
        let plan = Plan::new(&recipe)?;
        if does(Step::Train) || does(Step::Measure) {
            self.work(&recipe, &plan, (does(Step::Train), does(Step::Measure)))?;
        }
        match does(Step::Merge) {
            true => self.merge(&recipe, &plan),
            false => Ok(()),
        }
    }

    pub(super) fn shards(&self) -> PathBuf {
        match &self.out {
            Some(out) => out.clone(),
            None => self.recipe.with_file_name("shards"),
        }
    }

    fn merge(&self, recipe: &Recipe, plan: &Plan) -> Result<(), Failure> {
        let results = gather(&self.shards(), recipe, plan)?;
        let costs = gather_costs(&self.shards(), recipe)?;
        let coverage = Coverage::of(plan, &results, &costs);
        if !coverage.is_complete() && !self.partial {
            return Err(
                Error::new(self.shards().display(), format!("not whole: {coverage}"))
                    .mend("go on with `archbench table build --resume`, or give --partial")
                    .into(),
            );
        }
        let mut table = training::table(recipe, plan, &results, &costs)?;
        if let Some(against) = &self.against {
            let line = agreement(&table, against)?;
            table.about.seeds = format!("{}; {line}", table.about.seeds);
        }
        let place = self.store(&table)?;
        if !self.quiet {
            println!("{coverage}\n{}", table.about.seeds);
            println!("{}: {}", table.about.name, place.display());
        }
        Ok(())
    }

    fn store(&self, table: &Table) -> Result<PathBuf, Error> {
        if let Some(folder) = &self.table {
            table::export(table, Format::Parquet, true, folder)?;
            return Ok(folder.clone());
        }
        let name = &table.about.name;
        if is_shipped(name) {
            return Err(Error::new(name, "is shipped with the program").mend("give --table"));
        }
        let place = folder(name);
        table::store(table, &place)?;
        Ok(place)
    }
}

/// The agreement of our task with that of another benchmark, in words.
fn agreement(table: &Table, against: &str) -> Result<String, Error> {
    let usage = || {
        Error::new(
            "--against",
            format!("`{against}` names no task of a benchmark"),
        )
        .mend("give BENCHMARK/TASK")
    };
    let (benchmark, task) = against.split_once('/').ok_or_else(usage)?;
    let other = open_table(benchmark)?.table;
    let view = other
        .series(task, None, &Meaning::VALID)
        .or_else(|_| other.series(task, None, &Meaning::TEST))
        .map_err(|e| Error::new(benchmark, e))?;
    let ours = &table.tasks[0];
    if view.task.space().name() != ours.space().name() {
        let problem = format!(
            "{against} is on another space, {}",
            view.task.space().name()
        );
        return Err(Error::new("--against", problem));
    }
    let found = training::agreement(ours, &view)
        .ok_or_else(|| Error::new("--against", "too few architectures in common"))?;
    Ok(format!(
        "rank correlation of final validation accuracy with {} of {against} (schedule {}) over {} cells: Kendall's tau \
         {:.3}, Spearman's rho {:.3}",
        view.series.meaning, view.schedule.name, found.architectures, found.kendall, found.spearman
    ))
}

#[cfg(not(feature = "torch"))]
impl Build {
    fn work(&self, _: &Recipe, _: &Plan, _: (bool, bool)) -> Result<(), Failure> {
        Err(super::super::torch_missing::torch_missing("table build"))
    }
}

#[cfg(feature = "torch")]
mod with_torch {
    use super::super::super::progress::Progress;
    use super::{Build, Failure};
    use crate::error::Error;
    use crate::study::Shard;
    use crate::torch::{Device, Workshop, describe, open};
    use crate::training::{CostFile, Kind, Plan, Recipe, ShardFile, Unit};

    impl Build {
        /// Trains and measures, each if it is asked for.
        pub(super) fn work(
            &self,
            recipe: &Recipe,
            plan: &Plan,
            (train, measure): (bool, bool),
        ) -> Result<(), Failure> {
            let device = open(&self.device)?;
            let workshop = Workshop::open(recipe, self.data.as_deref(), device)?;
            if !self.quiet {
                eprintln!("{}", describe(device));
            }
            if train {
                self.train(recipe, plan, &workshop, device)?;
            }
            if measure {
                self.measure(recipe, plan, &workshop, device)?;
            }
            Ok(())
        }

        fn train(
            &self,
            recipe: &Recipe,
            plan: &Plan,
            workshop: &Workshop<'_>,
            device: Device,
        ) -> Result<(), Error> {
            let shard = self.shard.unwrap_or(Shard::WHOLE);
            let mut file = ShardFile::open(&self.shards(), recipe, shard, self.resume)?;
            let mine: Vec<(u32, &Unit)> = (0..)
                .zip(&plan.units)
                .filter(|(number, _)| shard.holds(*number))
                .collect();
            let is_open = |(number, _): &(u32, &Unit)| !file.done().contains_key(number);
            let open: Vec<(u32, &Unit)> = mine.iter().copied().filter(is_open).collect();
            let workers = workers(self.threads, device)?;
            let mut progress = Progress::new("banks", self.quiet);
            let total = mine.len() as u64;
            progress.show(total - open.len() as u64, total);
            workshop.train(plan.space.as_ref(), &open, workers, &mut |unit, curves| {
                file.append(unit, curves)?;
                progress.show(file.done().len() as u64, total);
                Ok(())
            })?;
            progress.finish();
            let path = file.finish()?;
            if !self.quiet {
                println!("{}: {total} banks", path.display());
            }
            Ok(())
        }

        /// Measures one network after the other, whatever the number of cores.
        fn measure(
            &self,
            recipe: &Recipe,
            plan: &Plan,
            workshop: &Workshop<'_>,
            device: Device,
        ) -> Result<(), Error> {
            let shard = self.shard.unwrap_or(Shard::WHOLE);
            let kind = match device.is_cuda() {
                true => Kind::Cuda,
                false => Kind::Cpu,
            };
            let named = (kind, describe(device));
            let named = (named.0, named.1.as_str());
            let mut file = CostFile::open(&self.shards(), recipe, shard, named, self.resume)?;
            let units = (0..).zip(&plan.units);
            let mine: Vec<_> = units
                .filter(|(number, unit)| shard.holds(*number) && unit.seed == 0)
                .flat_map(|(_, unit)| &unit.archs)
                .collect();
            let mut progress = Progress::new("networks measured", self.quiet);
            for arch in &mine {
                let raw = plan.space.index_of(arch) as u32;
                if !file.done().contains_key(&raw) {
                    file.append(raw, workshop.cost(arch)?)?;
                }
                progress.show(file.done().len() as u64, mine.len() as u64);
            }
            progress.finish();
            if !self.quiet {
                println!("{}: {} networks", file.path().display(), mine.len());
            }
            Ok(())
        }
    }

    /// Banks trained at once.
    pub(in super::super) fn workers(
        threads: Option<usize>,
        device: Device,
    ) -> Result<usize, Error> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        match threads {
            Some(0) => Err(Error::new("--threads", "expected at least 1, found 0")),
            Some(threads) => Ok(threads),
            None if device.is_cuda() => Ok(1),
            None => Ok(cores),
        }
    }
}

#[cfg(feature = "torch")]
pub(super) use with_torch::workers;
