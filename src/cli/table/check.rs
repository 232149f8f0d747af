//! `archbench table check`: can the table be trusted?

use super::super::Failure;
use clap::Args;
use std::path::PathBuf;

/// `archbench table check`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "torch"),
    allow(dead_code, reason = "parsed, then refused")
)]
pub(super) struct Check {
    /// The recipe.
    recipe: PathBuf,
    /// Where the shards lie; default: `shards` beside the recipe.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Random cells to train again, in banks put together anew.
    #[arg(long, default_value_t = 16)]
    sample: usize,
    /// The training seed of these.
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Random banks to train again as they were: the same bits on the same kind of processor.
    #[arg(long, default_value_t = 0)]
    replay: usize,
    /// Draw another sample.
    #[arg(long, default_value_t = 0)]
    draw: u64,
    /// Banks trained at once; default: all cores, or 1 on a GPU.
    #[arg(long)]
    threads: Option<usize>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    #[arg(long, default_value = "auto")]
    device: String,
    /// The folder of the data set, instead of the recipe's.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[cfg(not(feature = "torch"))]
impl Check {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        Err(super::super::torch_missing::torch_missing("table check"))
    }
}

#[cfg(feature = "torch")]
mod with_torch {
    use super::super::build::workers;
    use super::{Check, Failure};
    use crate::cli::progress::Progress;
    use crate::error::Error;
    use crate::table::Task;
    use crate::torch::{Workshop, open};
    use crate::training::{
        Comparison, Finals, Plan, Recipe, Results, Unit, gather, replay, sample, table, tabulated,
    };

    impl Check {
        pub(in super::super) fn execute(&self) -> Result<(), Failure> {
            let recipe = Recipe::read(&self.recipe)?;
            let plan = Plan::new(&recipe)?;
            let folder = match &self.out {
                Some(out) => out.clone(),
                None => self.recipe.with_file_name("shards"),
            };
            let results = gather(&folder, &recipe, &plan)?;
            let table = table(&recipe, &plan, &results, &[])?;
            let device = open(&self.device)?;
            let shop = Workshop::open(&recipe, self.data.as_deref(), device)?;
            let workers = workers(self.threads, device)?;
            let train = |units: &[(u32, &Unit)]| -> Result<Results, Error> {
                let mut again = Results::new();
                let mut progress = Progress::new("banks", false);
                shop.train(
                    plan.space.as_ref(),
                    units,
                    workers,
                    &mut |number, curves| {
                        again.insert(number, curves);
                        progress.show(again.len() as u64, units.len() as u64);
                        Ok(())
                    },
                )?;
                progress.finish();
                Ok(again)
            };
            let mut failed = 0;
            if self.replay > 0 {
                let drawn = replay(&plan, results.keys().copied(), self.replay, self.draw);
                let units: Vec<(u32, &Unit)> = drawn
                    .iter()
                    .map(|unit| (*unit, &plan.units[*unit as usize]))
                    .collect();
                let again = train(&units)?;
                failed += u64::from(!is_same(&results, &again));
            }
            if self.sample > 0 {
                let task = &table.tasks[0];
                let bank = (self.seed, recipe.training.networks);
                let units = sample(task, self.sample, self.draw, bank);
                let numbered: Vec<(u32, &Unit)> = (0..).zip(&units).collect();
                let again = train(&numbered)?;
                let comparison = compare(&recipe, task, &units, &again)?;
                println!("{comparison}");
                failed += u64::from(!comparison.holds());
            }
            match failed {
                0 => Ok(()),
                failed => Err(Failure::Checks(failed)),
            }
        }
    }

    /// Says for each bank whether its curves came out the same.
    fn is_same(results: &Results, again: &Results) -> bool {
        let mut is_same = true;
        for (unit, curves) in again {
            let pairs = curves.iter().zip(&results[unit]);
            let same = pairs.filter(|(new, old)| new == old).count();
            let (all, word) = (
                curves.len(),
                if same == curves.len() { "pass" } else { "FAIL" },
            );
            println!("{word}  bank {unit}: {same} of {all} curves are the same to the bit");
            is_same &= same == all;
        }
        is_same
    }

    /// Prints each cell and gives the sum of it.
    fn compare(
        recipe: &Recipe,
        task: &Task,
        units: &[Unit],
        again: &Results,
    ) -> Result<Comparison, Error> {
        let mut pairs: Vec<(Finals, Finals)> = Vec::new();
        for (unit, curves) in units.iter().zip(again.values()) {
            for (arch, curve) in unit.archs.iter().zip(curves) {
                let name = task.space().display(arch);
                let Some(last) = curve.epochs.last().filter(|_| !curve.diverged) else {
                    println!("{name}: diverged");
                    continue;
                };
                let fraction = |correct: u32, images| f64::from(correct) / images as f64;
                let new = [
                    fraction(last.valid.correct, recipe.data.valid),
                    fraction(last.test.correct, recipe.data.test),
                ];
                let Some(old) = tabulated(task, arch) else {
                    continue;
                };
                println!(
                    "{name}: valid {:.4} was {:.4}, test {:.4} was {:.4}",
                    new[0], old[0], new[1], old[1]
                );
                pairs.push((old, new));
            }
        }
        Comparison::of(task, &pairs)
    }
}
