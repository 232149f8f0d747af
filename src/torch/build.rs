//! Building a table: the units of a shard, trained one bank after the other on each worker.

use super::{Bank, Cancel, DataSet, Device, Ended, Streams, Trainer};
use crate::error::Error;
use crate::images::{Splits, read, split};
use crate::network::{Network, Shape};
use crate::space::SearchSpace;
use crate::study::Shard;
use crate::timing::Stopwatch;
use crate::training::{Curve, Plan, Recipe, ShardFile, Unit, UnitResult, network};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// What training needs besides the architectures: read once, shared by all workers.
pub struct Workshop<'a> {
    recipe: &'a Recipe,
    data: DataSet,
    input: Shape,
    classes: usize,
    device: Device,
}

impl<'a> Workshop<'a> {
    /// Reads the recipe's data set (from `folder`, if given) and moves it to the device.
    ///
    /// # Errors
    /// When the data set is missing, damaged or too small, or does not fit the device.
    pub fn open(recipe: &'a Recipe, folder: Option<&Path>, device: Device) -> Result<Self, Error> {
        let data = &recipe.data;
        let published = read(data.source, folder.unwrap_or(Path::new(&data.folder)))?;
        let classes = published.train.classes().max(published.test.classes());
        let sizes = (data.train, data.valid, data.test);
        let splits = split(&published, &data.name, recipe.seed, sizes)?;
        let splits = Splits {
            train: splits.train.resized(data.side)?,
            valid: splits.valid.resized(data.side)?,
            test: splits.test.resized(data.side)?,
        };
        Ok(Self {
            recipe,
            input: Shape {
                channels: splits.train.channels,
                height: data.side,
                width: data.side,
            },
            classes,
            data: DataSet::new(&splits, device)?,
            device,
        })
    }

    /// The network of an architecture at the recipe's scale.
    ///
    /// # Errors
    /// When the space has no networks.
    pub fn network(&self, arch: &crate::space::Architecture) -> Result<Network, Error> {
        network(self.recipe, arch, self.input, self.classes)
    }

    /// A trainer of these architectures with one seed.
    ///
    /// # Errors
    /// When their networks do not fit the images, or memory runs out.
    pub fn trainer(&self, space: &dyn SearchSpace, unit: &Unit) -> Result<Trainer<'_>, Error> {
        if let Some(arch) = unit.archs.iter().find(|arch| !space.is_valid(arch)) {
            let name = space.display(arch);
            return Err(Error::new(name, "is no network that can be trained"));
        }
        let names: Vec<String> = unit.archs.iter().map(|arch| space.display(arch)).collect();
        let networks: Result<Vec<Network>, Error> =
            unit.archs.iter().map(|arch| self.network(arch)).collect();
        let streams = Streams {
            root: self.recipe.seed,
            seed: unit.seed,
            names: &names,
        };
        let bank = Bank::new(&networks?, &streams, self.device)?;
        let seeds = (self.recipe.seed, unit.seed);
        Trainer::new(bank, &self.data, &self.recipe.training, seeds)
    }

    fn train(
        &self,
        space: &dyn SearchSpace,
        unit: &Unit,
        cancel: &Cancel,
    ) -> Result<Option<UnitResult>, Error> {
        let watch = Stopwatch::start();
        let mut trainer = self.trainer(space, unit)?;
        let ended = trainer.run(cancel, &mut |_| Ok(()))?;
        let curves: Vec<Curve> = trainer.curves().to_vec();
        Ok((ended == Ended::Finished).then_some(UnitResult {
            wall_ms: watch.elapsed().as_millis() as u32,
            curves,
        }))
    }

    /// Trains what the shard still lacks, on `workers` threads; `progress` is told how many units are done, of how many.
    /// The first failure stops all workers; what was finished is on the disk.
    ///
    /// # Errors
    /// When a bank cannot be trained or the shard not be written.
    pub fn build<'b>(
        &self,
        plan: &'b Plan,
        (shard, file): (Shard, &'b mut ShardFile),
        workers: usize,
        progress: &'b mut Progress<'b>,
    ) -> Result<(), Error> {
        let units = 0..plan.units.len() as u32;
        let mine: Vec<u32> = units.filter(|&unit| shard.holds(unit)).collect();
        let open: VecDeque<u32> = mine
            .iter()
            .copied()
            .filter(|u| !file.done().contains_key(u))
            .collect();
        progress((mine.len() - open.len()) as u64, mine.len() as u64);
        let line = Line {
            plan,
            queue: Mutex::new(open),
            sink: Mutex::new((file, progress)),
            total: mine.len() as u64,
            cancel: Cancel::new(false),
        };
        // Tensors cannot be shared between threads, but handles to the same memory can be given to each.
        let shops: Vec<Self> = (0..workers).map(|_| self.share()).collect();
        let outcomes: Vec<Result<(), Error>> = std::thread::scope(|scope| {
            let line = &line;
            let workers: Vec<_> = shops
                .into_iter()
                .map(|shop| scope.spawn(move || shop.work(line)))
                .collect();
            workers
                .into_iter()
                .map(|worker| {
                    let panicked = |_| Err(Error::new("training", "a worker panicked"));
                    worker.join().unwrap_or_else(panicked)
                })
                .collect()
        });
        outcomes.into_iter().collect()
    }

    fn share(&self) -> Self {
        Self {
            data: self.data.share(),
            ..*self
        }
    }

    fn work(&self, line: &Line<'_>) -> Result<(), Error> {
        // The library's own threads would only get in the workers' way.
        tch::set_num_threads(1);
        let next = || lock(&line.queue).pop_front();
        while let Some(unit) = next() {
            let space = line.plan.space.as_ref();
            let trained = self.train(space, &line.plan.units[unit as usize], &line.cancel);
            let appended = trained.and_then(|result| {
                let Some(result) = result else {
                    return Ok(());
                };
                let mut sink = lock(&line.sink);
                sink.0.append(unit, result)?;
                let done = sink.0.done().len() as u64;
                (sink.1)(done, line.total);
                Ok(())
            });
            if appended.is_err() {
                line.cancel.store(true, Ordering::Relaxed);
                return appended;
            }
            if line.cancel.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(())
    }
}

/// Told how many units are done, of how many.
pub type Progress<'a> = dyn FnMut(u64, u64) + Send + 'a;

/// What the workers of a build share.
struct Line<'a> {
    plan: &'a Plan,
    queue: Mutex<VecDeque<u32>>,
    sink: Mutex<(&'a mut ShardFile, &'a mut Progress<'a>)>,
    total: u64,
    cancel: Cancel,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
