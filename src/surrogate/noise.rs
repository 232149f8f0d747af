//! The noise of a training about its network's mean: how much there is depends on how good the network is.
//!
//! Bad networks differ between training seeds far more than good ones (on NAS-Bench-201 by an order of magnitude), so one standard
//! deviation for all would drown the best in noise and make the worst too certain. Here it is a function of the
//! predicted mean, linear between the means of equally large groups. Nor is it normal: most trainings are near the mean and a few
//! far below, so that a normal draw goes through the quantiles that the table's deviations have. The test metric and each
//! epoch of a learning curve have a noise of their own, as large as in the table and correlated as there with that of the
//! final validation metric.

use crate::stats::summary::{mean, quantile_sorted};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// Groups at most, and trainings in each at least.
const GROUPS: usize = 20;
const LEAST: usize = 30;
/// Normal quantiles at which the shape of the noise is kept: from −END to END.
const END: f64 = 3.5;
const STEPS: usize = 28;

/// What one training of an architecture deviates from its mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deviation {
    /// The predicted mean of the architecture.
    pub(super) level: f64,
    /// Of the final validation metric.
    pub(super) valid: f64,
    /// Of the final test metric.
    pub(super) test: Option<f64>,
    /// Of the validation metric at each fidelity before the last.
    pub(super) epochs: Vec<f64>,
}

/// A quantity's noise beside that of the final validation metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Beside {
    /// Its standard deviation, in that of the final validation metric.
    size: f64,
    /// Its correlation with the noise of the final validation metric.
    correlation: f64,
}

/// The noise of a task's trainings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Noise {
    /// Predicted means, ascending, and the standard deviation of the final validation metric at each.
    levels: Vec<f64>,
    deviations: Vec<f64>,
    /// What normal quantiles, evenly spaced, are in deviations of the table, in standard deviations about their mean.
    shape: Vec<f64>,
    test: Beside,
    epochs: Vec<Beside>,
    /// Whether it was learnt from training seeds, or else from what the models get wrong.
    pub(super) from_seeds: bool,
}

/// Which metric of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The final validation metric.
    Valid,
    /// The final test metric.
    Test,
    /// The validation metric at this position among the fidelities.
    Epoch(usize),
}

impl Noise {
    /// The noise behind these deviations, at least one; in whatever order they come.
    pub(super) fn of(mut all: Vec<Deviation>, from_seeds: bool) -> Self {
        all.sort_by(|a, b| a.level.total_cmp(&b.level));
        let groups = (all.len() / LEAST).clamp(1, GROUPS);
        let (mut levels, mut deviations) = (Vec::new(), Vec::new());
        for group in 0..groups {
            let members = &all[group * all.len() / groups..(group + 1) * all.len() / groups];
            let n = members.len() as f64;
            let level = members.iter().map(|d| d.level / n).sum::<f64>();
            // Groups of the same prediction, such as of networks at chance, are one.
            if levels.last().is_some_and(|last| level - last <= 1e-12) {
                continue;
            }
            levels.push(level);
            deviations.push(root_mean_square(members.iter().map(|d| d.valid)));
        }
        let mut noise = Self {
            levels,
            deviations,
            shape: (0..=STEPS).map(quantile_at).collect(),
            test: Beside::SAME,
            epochs: Vec::new(),
            from_seeds,
        };
        let epochs = all.iter().map(|d| d.epochs.len()).min().unwrap_or(0);
        noise.shape = noise.shape_of(&all).unwrap_or(noise.shape);
        noise.test = noise.beside(&all, |d| d.test);
        noise.epochs = (0..epochs)
            .map(|at| noise.beside(&all, |d| d.epochs.get(at).copied()))
            .collect();
        noise
    }

    /// The quantiles of the final validation metric's deviations, where there are enough to tell.
    fn shape_of(&self, all: &[Deviation]) -> Option<Vec<f64>> {
        let scaled = all.iter().filter_map(|d| {
            let deviation = self.deviation(d.level);
            (deviation > 0.0).then(|| d.valid / deviation)
        });
        let mut scaled: Vec<f64> = scaled.collect();
        if scaled.len() < LEAST {
            return None;
        }
        let centre = mean(&scaled)?;
        scaled.iter_mut().for_each(|v| *v -= centre);
        scaled.sort_by(f64::total_cmp);
        let normal = Normal::standard();
        let at = |step| quantile_sorted(&scaled, normal.cdf(quantile_at(step)));
        (0..=STEPS).map(at).collect()
    }

    /// What a standard normal draw is in the shape of the table's deviations.
    fn shaped(&self, draw: f64) -> f64 {
        let place = ((draw + END) / (2.0 * END) * STEPS as f64).clamp(0.0, STEPS as f64);
        let at = (place as usize).min(STEPS - 1);
        let (below, above) = (self.shape[at], self.shape[at + 1]);
        below + (place - at as f64) * (above - below)
    }

    /// The ends of the central interval at `level` that a deviation of the final validation metric lies in, with the
    /// probability that a normal draw has of being within `deviations` of its mean.
    pub(super) fn interval(&self, level: f64, deviations: f64) -> [f64; 2] {
        let size = self.deviation(level);
        [-deviations, deviations].map(|draw| size * self.shaped(draw))
    }

    /// Size and correlation of a quantity's deviations, both in the standard deviation that the level has.
    fn beside(&self, all: &[Deviation], of: impl Fn(&Deviation) -> Option<f64>) -> Beside {
        let scaled = all.iter().filter_map(|d| {
            let deviation = self.deviation(d.level);
            (deviation > 0.0).then_some(())?;
            Some((d.valid / deviation, of(d)? / deviation))
        });
        let (valid, other): (Vec<f64>, Vec<f64>) = scaled.unzip();
        let (of_valid, size) = (
            root_mean_square(valid.iter().copied()),
            root_mean_square(other.iter().copied()),
        );
        if size == 0.0 || of_valid == 0.0 {
            return Beside {
                size,
                correlation: 0.0,
            };
        }
        let n = valid.len() as f64;
        let product = valid
            .iter()
            .zip(&other)
            .map(|(v, o)| v * o / n)
            .sum::<f64>();
        Beside {
            size,
            correlation: (product / (size * of_valid)).clamp(-1.0, 1.0),
        }
    }

    /// The standard deviation of the final validation metric where the mean is `level`.
    pub(super) fn deviation(&self, level: f64) -> f64 {
        let above = self.levels.partition_point(|l| *l < level);
        if above == 0 {
            return self.deviations[0];
        }
        if above == self.levels.len() {
            return self.deviations[above - 1];
        }
        let (low, high) = (self.levels[above - 1], self.levels[above]);
        let share = (level - low) / (high - low);
        self.deviations[above - 1] + share * (self.deviations[above] - self.deviations[above - 1])
    }

    /// The noise of a metric where the final mean is `level`, made of two standard normal draws: the training's, which
    /// all its metrics share, and the metric's own.
    pub(super) fn drawn(&self, of: Of, level: f64, shared: f64, own: f64) -> f64 {
        let beside = match of {
            Of::Valid => Beside::SAME,
            Of::Test => self.test,
            Of::Epoch(at) => self.epochs.get(at).copied().unwrap_or(Beside::SAME),
        };
        let rest = (1.0 - beside.correlation * beside.correlation).sqrt();
        let draw = beside.correlation * shared + rest * own;
        self.deviation(level) * beside.size * self.shaped(draw)
    }
}

impl Beside {
    /// The noise of the final validation metric itself.
    const SAME: Self = Self {
        size: 1.0,
        correlation: 1.0,
    };
}

/// The normal quantile at a step of the shape.
fn quantile_at(step: usize) -> f64 {
    2.0 * END * step as f64 / STEPS as f64 - END
}

/// 0 of nothing.
fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0_f64);
    for value in values {
        sum += value * value;
        n += 1.0;
    }
    (sum / n.max(1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use rand::RngExt;

    fn normal(rng: &mut crate::rng::StreamRng) -> f64 {
        Normal::standard().inverse_cdf(rng.random::<f64>().clamp(1e-9, 1.0 - 1e-9))
    }

    /// Trainings whose noise falls from .1 to .01 with the level, twice as large on test with correlation .6, and half as
    /// large and independent at an early epoch: all is found again, and drawn again.
    #[test]
    fn what_the_table_has_is_found_and_drawn() {
        let mut rng = derive_rng(1, &["noise"]);
        let sd = |level: f64| 0.1 - 0.09 * level;
        let made = |rng: &mut _| {
            let level =
                f64::from(u32::try_from(RngExt::random_range(rng, 0..1000)).unwrap_or(0)) / 1000.0;
            let (shared, other, early) = (normal(rng), normal(rng), normal(rng));
            Deviation {
                level,
                valid: sd(level) * shared,
                test: Some(2.0 * sd(level) * (0.6 * shared + 0.8 * other)),
                epochs: vec![0.5 * sd(level) * early],
            }
        };
        let noise = Noise::of((0..20_000).map(|_| made(&mut rng)).collect(), true);
        for level in [0.1, 0.5, 0.9] {
            assert!(
                (noise.deviation(level) / sd(level) - 1.0).abs() < 0.1,
                "{level}"
            );
        }
        assert!(
            (noise.test.size - 2.0).abs() < 0.05 && (noise.test.correlation - 0.6).abs() < 0.02
        );
        assert!(
            (noise.epochs[0].size - 0.5).abs() < 0.02 && noise.epochs[0].correlation.abs() < 0.03
        );
        let (mut squares, mut products) = (0.0, 0.0);
        let n = 20_000;
        for _ in 0..n {
            let (shared, own) = (normal(&mut rng), normal(&mut rng));
            let valid = noise.drawn(Of::Valid, 0.5, shared, own);
            let test = noise.drawn(Of::Test, 0.5, shared, own);
            squares += test * test / f64::from(n);
            products += valid * test / f64::from(n);
        }
        let (valid, test) = (noise.deviation(0.5), squares.sqrt());
        assert!((test / (2.0 * sd(0.5)) - 1.0).abs() < 0.1);
        assert!((products / (valid * test) - 0.6).abs() < 0.03);
        // Beyond the first and last level it stays.
        assert_eq!(noise.deviation(-5.0), noise.deviations[0]);
        assert_eq!(noise.deviation(5.0), noise.deviations[GROUPS - 1]);
    }

    #[test]
    fn few_and_equal_trainings_are_enough() {
        let of = |level, valid| Deviation {
            level,
            valid,
            test: None,
            epochs: Vec::new(),
        };
        let one = Noise::of(vec![of(0.5, 0.1)], false);
        assert!((one.drawn(Of::Valid, 0.7, 1.0, 0.0) - 0.1).abs() < 1e-12);
        let none = Noise::of((0..100).map(|_| of(0.1, 0.0)).collect(), false);
        assert_eq!(none.levels.len(), 1);
        for of in [Of::Valid, Of::Test, Of::Epoch(3)] {
            assert_eq!(none.drawn(of, 0.1, 1.0, 1.0), 0.0);
        }
    }

    /// Deviations of a Laplace distribution: half of them within ln 2 of its scale, 95 % within ln 20, which no normal
    /// distribution of the same standard deviation says.
    #[test]
    fn the_shape_is_the_tables() {
        let mut rng = derive_rng(2, &["noise"]);
        let all = (0..20_000).map(|_| {
            let share = rng.random::<f64>() - 0.5;
            Deviation {
                level: 0.5,
                valid: -0.01 * share.signum() * (1.0 - 2.0 * share.abs()).ln(),
                test: None,
                epochs: Vec::new(),
            }
        });
        let noise = Noise::of(all.collect(), true);
        for (deviations, end) in [
            (0.674_49, 0.01 * 2_f64.ln()),
            (1.959_96, 0.01 * 20_f64.ln()),
        ] {
            let [low, high] = noise.interval(0.5, deviations);
            assert!((high / end - 1.0).abs() < 0.06, "{high} {end}");
            assert!((low / end + 1.0).abs() < 0.06, "{low} {end}");
        }
    }
}
