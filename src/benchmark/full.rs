//! What every full training of a task gave, packed: the searches' most frequent question, answered from one place.

use super::Evaluation;
use crate::table::{SeedPolicy, Seeds};
use std::convert::Infallible;

/// The bits of what a training may lack.
const VALID: u8 = 1;
const TEST: u8 = 2;
const COST: u8 = 4;

/// The results of full trainings, by row × seeds + seed.
///
/// Sixteen bytes for a training without a cost, so that a task of some ten thousand architectures stays in the
/// processor's cache.
pub(super) struct FullTrainings {
    seeds: usize,
    /// Validation and test metric.
    metrics: Vec<[f64; 2]>,
    /// Training times; empty where no training has one.
    costs_s: Vec<f64>,
    /// What each training has; empty where all have the same.
    has: Vec<u8>,
    /// What the first training has.
    first_has: u8,
}

impl FullTrainings {
    /// Packs the results of all rows, each with so many seeds.
    pub(super) fn pack(seeds: usize, all: &[Option<Evaluation>]) -> Self {
        let has: Vec<u8> = all.iter().map(what_it_has).collect();
        let first_has = has.first().copied().unwrap_or(0);
        let timed = has.iter().any(|has| has & COST != 0);
        let metrics = |one: &Option<Evaluation>| {
            one.map_or([0.0; 2], |one| [one.valid, one.test.unwrap_or(0.0)])
        };
        let cost_s = |one: &Option<Evaluation>| one.and_then(|one| one.cost_s).unwrap_or(0.0);
        Self {
            seeds,
            metrics: all.iter().map(metrics).collect(),
            costs_s: match timed {
                true => all.iter().map(cost_s).collect(),
                false => Vec::new(),
            },
            has: match has.iter().all(|&has| has == first_has) {
                true => Vec::new(),
                false => has,
            },
            first_has,
        }
    }

    /// What the seeds of a row gave under a policy; none where one of them is missing. `raw` is the row's architecture,
    /// asked for only when a seed is drawn.
    #[inline]
    pub(super) fn under(
        &self,
        policy: SeedPolicy,
        row: usize,
        raw: impl FnOnce() -> u64,
    ) -> Option<Evaluation> {
        // One seed and no gap: every policy means it.
        if self.seeds == 1 && self.has.is_empty() {
            return match policy {
                SeedPolicy::Index(1..) => None,
                _ => self.at(row),
            };
        }
        self.among(policy, row * self.seeds, raw())
    }

    fn among(&self, policy: SeedPolicy, start: usize, raw: u64) -> Option<Evaluation> {
        let present = || {
            let bit = |seed: usize| u64::from(self.at(start + seed).is_some()) << seed;
            Ok::<u64, Infallible>((0..self.seeds).map(bit).fold(0, |a, b| a | b))
        };
        let Ok(chosen) = Seeds::choose(policy, self.seeds, raw, present);
        match chosen? {
            Seeds::One(seed) => self.at(start + seed),
            several => self.mean((0..self.seeds).filter(|&seed| several.has(seed)), start),
        }
    }

    fn mean(&self, seeds: impl Iterator<Item = usize>, start: usize) -> Option<Evaluation> {
        let add = |sum: Option<f64>, one: Option<f64>| Some(sum? + one?);
        let (mut sum, mut count) = ((0.0, Some(0.0), Some(0.0)), 0.0);
        for seed in seeds {
            let one = self.at(start + seed)?;
            sum = (
                sum.0 + one.valid,
                add(sum.1, one.test),
                add(sum.2, one.cost_s),
            );
            count += 1.0;
        }
        (count > 0.0).then(|| Evaluation {
            valid: sum.0 / count,
            test: sum.1.map(|sum| sum / count),
            cost_s: sum.2.map(|sum| sum / count),
        })
    }

    #[inline]
    fn at(&self, at: usize) -> Option<Evaluation> {
        let has = match self.has.is_empty() {
            true => self.first_has,
            false => self.has[at],
        };
        let [valid, test] = self.metrics[at];
        (has & VALID != 0).then(|| Evaluation {
            valid,
            test: (has & TEST != 0).then_some(test),
            cost_s: (has & COST != 0).then(|| self.costs_s[at]),
        })
    }
}

fn what_it_has(one: &Option<Evaluation>) -> u8 {
    let bit = |has: bool, bit: u8| u8::from(has) * bit;
    one.map_or(0, |one| {
        VALID | bit(one.test.is_some(), TEST) | bit(one.cost_s.is_some(), COST)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn evaluation() -> impl Strategy<Value = Option<Evaluation>> {
        let part = || prop::option::weighted(0.8, 0.0..1.0_f64);
        prop::option::weighted(
            0.9,
            (0.0..1.0_f64, part(), part()).prop_map(|(valid, test, cost_s)| Evaluation {
                valid,
                test,
                cost_s,
            }),
        )
    }

    proptest! {
        #[test]
        fn packing_loses_nothing(
            seeds in 1_usize..4,
            all in prop::collection::vec(evaluation(), 12),
        ) {
            let packed = FullTrainings::pack(seeds, &all);
            for (at, one) in all.iter().enumerate() {
                let policy = SeedPolicy::Index((at % seeds) as u32);
                prop_assert_eq!(packed.under(policy, at / seeds, || 0), *one);
            }
            prop_assert_eq!(packed.under(SeedPolicy::Index(seeds as u32), 0, || 0), None);
        }

        #[test]
        fn a_mean_needs_every_seed(all in prop::collection::vec(evaluation(), 3)) {
            let packed = FullTrainings::pack(3, &all);
            let expected: Option<f64> = all.iter().map(|one| one.map(|one| one.valid)).sum();
            let found = packed.under(SeedPolicy::Mean, 0, || 0).map(|mean| mean.valid);
            prop_assert_eq!(found, expected.map(|sum| sum / 3.0));
            let present: Vec<f64> = all.iter().flatten().map(|one| one.valid).collect();
            let found = packed.under(SeedPolicy::MeanOfPresent, 0, || 0).map(|mean| mean.valid);
            let expected = (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64);
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_draw_is_one_of_those_there_are(all in prop::collection::vec(evaluation(), 3), raw: u64, key: u64) {
            let packed = FullTrainings::pack(3, &all);
            let drawn = packed.under(SeedPolicy::Draw { key }, 0, || raw);
            prop_assert_eq!(drawn.is_some(), all.iter().any(Option::is_some));
            prop_assert!(drawn.is_none() || all.contains(&drawn));
        }
    }
}
