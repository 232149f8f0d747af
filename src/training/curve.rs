//! What a training gave: counts and fixed-point losses per epoch.

/// Steps of a stored loss per unit.
pub const LOSS_STEPS: f64 = 10_000.0;

/// Correct answers, and the mean loss in steps of 1/10,000; no loss where it was not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Images answered correctly.
    pub correct: u32,
    /// The mean cross-entropy in 1/10,000.
    pub loss_e4: Option<u32>,
}

impl Tally {
    /// Rounds the mean loss.
    pub fn new(correct: u32, loss: f64) -> Self {
        let steps = (loss * LOSS_STEPS).round();
        let fits = steps.is_finite() && steps < f64::from(u32::MAX);
        Self {
            correct,
            loss_e4: fits.then_some(steps as u32),
        }
    }
}

/// The splits after one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// Tallied while training, before each step.
    pub train: Tally,
    /// After the epoch.
    pub valid: Tally,
    /// After the epoch.
    pub test: Tally,
}

/// The epochs of one network. A training whose loss is no longer finite has diverged: its curve ends there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Curve {
    /// In order.
    pub epochs: Vec<Epoch>,
    /// Whether the epoch after the last had no finite loss.
    pub diverged: bool,
}

impl Curve {
    /// Appends an epoch, or notes the divergence.
    pub fn push(&mut self, epoch: Epoch) {
        let tallies = [epoch.train, epoch.valid, epoch.test];
        self.diverged |= tallies.iter().any(|tally| tally.loss_e4.is_none());
        if !self.diverged {
            self.epochs.push(epoch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_where_the_loss_does() {
        let epoch = |loss| Epoch {
            train: Tally::new(5, loss),
            valid: Tally::new(4, 1.0),
            test: Tally::new(3, 1.0),
        };
        let mut curve = Curve::default();
        curve.push(epoch(1.234_56));
        assert_eq!(curve.epochs[0].train.loss_e4, Some(12_346));
        curve.push(epoch(f64::NAN));
        curve.push(epoch(1.0));
        assert!(curve.diverged);
        assert_eq!(curve.epochs.len(), 1);
    }
}
