//! The trainer: epochs of one bank on one data set, tallied per network.
//!
//! Shuffles and augmentation come from streams named by root, training seed and epoch, so a training can go on from any
//! epoch's end without keeping a generator's state, and all networks of a bank (and of all banks of a seed) see the same
//! batches.

use super::augment::{Normalisation, Split};
use super::bank::Bank;
use super::forward::Mode;
use super::sgd::Sgd;
use crate::error::Error;
use crate::images::Splits;
use crate::rng::{StreamRng, derive_rng};
use crate::training::{Curve, Epoch, Tally, Training};
use rand::seq::SliceRandom;
use std::sync::atomic::{AtomicBool, Ordering};
use tch::{Device, Kind, Reduction, Tensor, no_grad};

/// Images per step of an evaluation.
const EVALUATION_BATCH: usize = 250;

/// Asks a training to stop at the next batch.
pub type Cancel = AtomicBool;

/// The three splits on a device.
pub struct DataSet {
    train: Split,
    valid: Split,
    test: Split,
}

impl DataSet {
    /// Normalises the splits by the training split and moves them.
    ///
    /// # Errors
    /// When the device's memory does not hold them.
    pub fn new(splits: &Splits, device: Device) -> Result<Self, Error> {
        let by = Normalisation::of(&splits.train);
        Ok(Self {
            train: Split::new(&splits.train, &by, device)?,
            valid: Split::new(&splits.valid, &by, device)?,
            test: Split::new(&splits.test, &by, device)?,
        })
    }

    /// Another handle to the same memory, for another thread.
    pub(super) fn share(&self) -> Self {
        Self {
            train: self.train.share(),
            valid: self.valid.share(),
            test: self.test.share(),
        }
    }
}

/// Why a training returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All epochs are trained.
    Finished,
    /// It was cancelled; the trainer stands at the end of the last whole epoch.
    Cancelled,
}

/// A training under way.
pub struct Trainer<'a> {
    pub(super) bank: Bank,
    pub(super) sgd: Sgd,
    pub(super) curves: Vec<Curve>,
    pub(super) epochs_done: u32,
    data: &'a DataSet,
    training: &'a Training,
    root: u64,
    seed: u32,
}

/// Correct answers and summed losses per network, kept on the device.
struct Tallies {
    correct: Tensor,
    loss: Tensor,
    images: u32,
}

impl<'a> Trainer<'a> {
    /// A training of `bank` from its first epoch.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(
        mut bank: Bank,
        data: &'a DataSet,
        training: &'a Training,
        (root, seed): (u64, u32),
    ) -> Result<Self, Error> {
        bank.set_mixed_precision(training.mixed_precision);
        let sgd = Sgd::new(
            &bank,
            training.momentum,
            training.nesterov,
            training.weight_decay,
        )?;
        Ok(Self {
            curves: vec![Curve::default(); bank.networks()],
            bank,
            sgd,
            epochs_done: 0,
            data,
            training,
            root,
            seed,
        })
    }

    /// Trains to the last epoch; `after_epoch` is called at the end of each.
    ///
    /// # Errors
    /// When memory runs out, or `after_epoch` fails.
    pub fn run(
        &mut self,
        cancel: &Cancel,
        after_epoch: &mut dyn FnMut(&Self) -> Result<(), Error>,
    ) -> Result<Ended, Error> {
        while self.epochs_done < self.training.epochs {
            let state = self.state()?;
            let Some(train) = self.train_epoch(cancel)? else {
                self.restore(&state)?;
                return Ok(Ended::Cancelled);
            };
            let data = self.data;
            let valid = self.evaluate(&data.valid)?;
            let test = self.evaluate(&data.test)?;
            for (at, curve) in self.curves.iter_mut().enumerate() {
                curve.push(Epoch {
                    train: train[at],
                    valid: valid[at],
                    test: test[at],
                });
            }
            self.epochs_done += 1;
            after_epoch(self)?;
        }
        Ok(Ended::Finished)
    }

    /// The curves so far, one per network.
    pub fn curves(&self) -> &[Curve] {
        &self.curves
    }

    /// Epochs trained.
    pub fn epochs_done(&self) -> u32 {
        self.epochs_done
    }

    /// Everything that an epoch changes: parameters, running statistics, momentum.
    pub(super) fn state(&self) -> Result<[Tensor; 3], Error> {
        let all = [
            &self.bank.flat,
            &self.bank.running,
            &self.sgd.momentum_buffer,
        ];
        let [a, b, c] = all.map(|tensor| no_grad(|| tensor.f_detach_copy()));
        Ok([a?, b?, c?])
    }

    pub(super) fn restore(&mut self, state: &[Tensor; 3]) -> Result<(), Error> {
        no_grad(|| {
            self.bank.flat.f_copy_(&state[0])?;
            self.bank.running.f_copy_(&state[1])?;
            self.sgd.momentum_buffer.f_copy_(&state[2])
        })?;
        Ok(())
    }

    fn stream(&self, what: &str) -> StreamRng {
        let (seed, epoch) = (self.seed.to_string(), self.epochs_done.to_string());
        derive_rng(self.root, &[what, &seed, &epoch])
    }

    /// One pass over the training images, tallied as they were seen; `None` when cancelled.
    fn train_epoch(&mut self, cancel: &Cancel) -> Result<Option<Vec<Tally>>, Error> {
        let mut order: Vec<i64> = (0..self.data.train.len() as i64).collect();
        order.shuffle(&mut self.stream("shuffle"));
        let mut draws = self.stream("augment");
        let mut tallies = Tallies::new(&self.bank)?;
        let steps = order.len().div_ceil(self.training.batch) as u64;
        for (step, places) in order.chunks(self.training.batch).enumerate() {
            if cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let Training { crop, flip, .. } = *self.training;
            let (images, labels) = self.data.train.batch(places, crop, flip, &mut draws)?;
            let scores = self.bank.forward(&images, Mode::Train)?;
            let plain = losses(&scores, &labels, 0.0)?;
            tallies.add(&scores, &labels, &plain)?;
            let aim = match self.training.label_smoothing {
                0.0 => plain,
                smoothing => losses(&scores, &labels, smoothing)?,
            };
            // The mean over the images, the sum over the networks: each has its own loss's gradient.
            let loss = aim
                .f_mean_dim(&[1_i64][..], false, Kind::Float)?
                .f_sum(Kind::Float)?;
            let done = u64::from(self.epochs_done) * steps + step as u64;
            let rate = self.training.rate(done, steps);
            self.sgd.step(&mut self.bank, &loss, rate)?;
        }
        tallies.finish().map(Some)
    }

    fn evaluate(&self, split: &Split) -> Result<Vec<Tally>, Error> {
        no_grad(|| {
            let mut tallies = Tallies::new(&self.bank)?;
            for start in (0..split.len()).step_by(EVALUATION_BATCH) {
                let length = EVALUATION_BATCH.min(split.len() - start) as i64;
                let images = split.images.f_narrow(0, start as i64, length)?;
                let labels = split.labels.f_narrow(0, start as i64, length)?;
                let scores = self.bank.forward(&images, Mode::Evaluate)?;
                tallies.add(&scores, &labels, &losses(&scores, &labels, 0.0)?)?;
            }
            tallies.finish()
        })
    }
}

/// The cross-entropy `[network, image]`.
pub(super) fn losses(scores: &Tensor, labels: &Tensor, smoothing: f64) -> Result<Tensor, Error> {
    let [networks, images] = [scores.size()[0], scores.size()[1]];
    let labels = labels.f_repeat([networks])?;
    let none: Option<&Tensor> = None;
    let flat = scores.f_flatten(0, 1)?;
    let losses = flat.f_cross_entropy_loss(&labels, none, Reduction::None, -100, smoothing)?;
    Ok(losses.f_view([networks, images])?)
}

impl Tallies {
    fn new(bank: &Bank) -> Result<Self, Error> {
        let zeros = |kind| Tensor::f_zeros([bank.networks() as i64], (kind, bank.device));
        Ok(Self {
            correct: zeros(Kind::Int64)?,
            loss: zeros(Kind::Double)?,
            images: 0,
        })
    }

    fn add(&mut self, scores: &Tensor, labels: &Tensor, losses: &Tensor) -> Result<(), Error> {
        no_grad(|| {
            let right = scores.f_argmax(2, false)?.f_eq_tensor(labels)?;
            let right = right.f_sum_dim_intlist(&[1_i64][..], false, Kind::Int64)?;
            let _ = self.correct.f_add_(&right)?;
            let loss = losses.f_sum_dim_intlist(&[1_i64][..], false, Kind::Double)?;
            let _ = self.loss.f_add_(&loss)?;
            self.images += labels.size()[0] as u32;
            Ok(())
        })
    }

    fn finish(self) -> Result<Vec<Tally>, Error> {
        let correct = Vec::<i64>::try_from(&self.correct)?;
        let losses = Vec::<f64>::try_from(&self.loss)?;
        let tally =
            |(correct, loss): (i64, f64)| Tally::new(correct as u32, loss / f64::from(self.images));
        Ok(correct.into_iter().zip(losses).map(tally).collect())
    }
}
