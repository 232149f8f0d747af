//! Training many units: one bank after the other on each worker.

use super::{Cancel, Ended, Workshop};
use crate::error::Error;
use crate::space::SearchSpace;
use crate::training::{Curve, Unit};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Takes the curves of a finished unit, by its number.
pub type Sink<'a> = dyn FnMut(u32, Vec<Curve>) -> Result<(), Error> + Send + 'a;

impl Workshop<'_> {
    /// Trains units on `workers` threads and gives each to `sink` as soon as it is finished. The first failure, of a
    /// training or of the sink, stops all workers.
    ///
    /// # Errors
    /// When a bank cannot be trained, or the sink fails.
    pub fn train(
        &self,
        space: &dyn SearchSpace,
        units: &[(u32, &Unit)],
        workers: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        let line = Line {
            space,
            queue: Mutex::new(units.iter().copied().collect()),
            sink: Mutex::new(sink),
            cancel: Cancel::new(false),
        };
        let shops: Vec<Self> = (0..workers).map(|_| self.share()).collect();
        let outcomes: Vec<Result<(), Error>> = std::thread::scope(|scope| {
            let line = &line;
            let workers: Vec<_> = shops
                .into_iter()
                .map(|shop| scope.spawn(move || line.work(&shop)))
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

    fn curves(
        &self,
        space: &dyn SearchSpace,
        unit: &Unit,
        cancel: &Cancel,
    ) -> Result<Option<Vec<Curve>>, Error> {
        let mut trainer = self.trainer(space, unit)?;
        let ended = trainer.run(cancel, &mut |_| Ok(()))?;
        Ok((ended == Ended::Finished).then(|| trainer.curves().to_vec()))
    }
}

/// What the workers share.
struct Line<'a, 's> {
    space: &'a dyn SearchSpace,
    queue: Mutex<VecDeque<(u32, &'a Unit)>>,
    sink: Mutex<&'a mut Sink<'s>>,
    cancel: Cancel,
}

impl Line<'_, '_> {
    fn work(&self, shop: &Workshop<'_>) -> Result<(), Error> {
        // The library's own threads would only get in the workers' way, and change the order of sums.
        tch::set_num_threads(1);
        let next = || lock(&self.queue).pop_front();
        while let Some((number, unit)) = next() {
            let trained = shop.curves(self.space, unit, &self.cancel);
            let taken = trained.and_then(|curves| match curves {
                Some(curves) => lock(&self.sink)(number, curves),
                None => Ok(()),
            });
            if taken.is_err() {
                self.cancel.store(true, Ordering::Relaxed);
                return taken;
            }
            if self.cancel.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
