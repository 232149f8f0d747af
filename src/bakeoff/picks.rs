//! How good the predicted best are: precision, best rank and regret, where predictions or truth may tie.
//!
//! A predictor that gives many architectures the same value does not say which of them to train. Whoever asks it draws among
//! them, so each score is the expectation over all ways to break ties of the prediction, all alike; it is worked out, not
//! sampled, in O(n log n). Ties of the truth are broken at random likewise, and independently: where g architectures share the
//! border of the true best k and s places are left, each is among the true best with probability s / g. With such a tie even
//! the truth itself falls short of a precision of 1, as nobody can know which of the g are meant. Ranks need no such rule: a true
//! rank is one more than how many are truly better.

use super::scores::best_first;

/// Predictions and truth, ready for picking.
pub(super) struct Picks<'a> {
    predicted: &'a [f64],
    truth: &'a [f64],
    /// The same in descending order.
    predictions: Vec<f64>,
    truths: Vec<f64>,
}

/// Who is among the best k of some values: all above the border, and as many of those at it as there are places left.
struct Best {
    border: f64,
    places: usize,
    tied: usize,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Above,
    Tied,
    Below,
}

impl Best {
    fn of(descending: &[f64], k: usize) -> Self {
        let border = descending[k - 1];
        let above = descending.partition_point(|v| *v > border);
        let upto = descending.partition_point(|v| *v >= border);
        Self {
            border,
            places: k - above,
            tied: upto - above,
        }
    }

    fn standing(&self, value: f64) -> Standing {
        match value {
            v if v > self.border => Standing::Above,
            v if v == self.border => Standing::Tied,
            _ => Standing::Below,
        }
    }

    /// The probability that one of those tied is among the best.
    fn share(&self) -> f64 {
        self.places as f64 / self.tied as f64
    }
}

impl<'a> Picks<'a> {
    /// Of the same length, at least one, all finite; higher is better.
    pub(super) fn new(predicted: &'a [f64], truth: &'a [f64]) -> Self {
        let descending = |values: &[f64]| -> Vec<f64> {
            best_first(values)
                .into_iter()
                .map(|at| values[at])
                .collect()
        };
        Self {
            predicted,
            truth,
            predictions: descending(predicted),
            truths: descending(truth),
        }
    }

    /// The expected share of the predicted best k, of at least that many, that are among the true best k.
    pub(super) fn precision(&self, k: usize) -> f64 {
        let picked = Best::of(&self.predictions, k);
        let best = Best::of(&self.truths, k);
        // Counts are exact in whatever order architectures come.
        let (mut sure, mut by_pick, mut by_truth, mut by_both) = (0u32, 0u32, 0u32, 0u32);
        for (predicted, truth) in self.predicted.iter().zip(self.truth) {
            match (picked.standing(*predicted), best.standing(*truth)) {
                (Standing::Above, Standing::Above) => sure += 1,
                (Standing::Tied, Standing::Above) => by_pick += 1,
                (Standing::Above, Standing::Tied) => by_truth += 1,
                (Standing::Tied, Standing::Tied) => by_both += 1,
                _ => {}
            }
        }
        let (pick, truth) = (picked.share(), best.share());
        let found = f64::from(sure)
            + f64::from(by_pick) * pick
            + f64::from(by_truth) * truth
            + f64::from(by_both) * pick * truth;
        found / k as f64
    }

    /// The expected true rank of the best among the predicted best k, of at least that many.
    pub(super) fn best_rank(&self, k: usize) -> f64 {
        let picked = Best::of(&self.predictions, k);
        let (mut sure, mut tied) = (f64::NEG_INFINITY, Vec::with_capacity(picked.tied));
        for (predicted, truth) in self.predicted.iter().zip(self.truth) {
            match picked.standing(*predicted) {
                Standing::Above => sure = sure.max(*truth),
                Standing::Tied => tied.push(*truth),
                Standing::Below => {}
            }
        }
        tied.sort_unstable_by(|a, b| b.total_cmp(a));
        // Each rank that is lost on the way down counts by the probability that nobody better was drawn.
        let rank = |at: usize| self.rank(tied[at].max(sure));
        let (mut expected, mut not_yet) = (rank(0), 1.0);
        for at in 1..=tied.len() - picked.places {
            let rest = (tied.len() - at + 1) as f64;
            not_yet *= (rest - picked.places as f64) / rest;
            expected += not_yet * (rank(at) - rank(at - 1));
        }
        expected
    }

    /// How far the predicted best is expected to be below the true best.
    pub(super) fn regret(&self) -> f64 {
        let picked = self.predicted.iter().zip(self.truth);
        let picked = picked.filter(|(predicted, _)| **predicted == self.predictions[0]);
        let (mut sum, mut count) = (0.0, 0.0);
        for (_, truth) in picked {
            sum += self.truths[0] - truth;
            count += 1.0;
        }
        sum / count
    }

    fn rank(&self, truth: f64) -> f64 {
        1.0 + self.truths.partition_point(|other| *other > truth) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By hand: two of the first three are picked. The true best two are the last and the first, which is picked in two of three
    /// ways; the best picked has rank 2, 2 or 3; of one, the first three lie 5, 6 and 7 below 9.
    #[test]
    fn a_worked_value() {
        let picks = Picks::new(&[1.0, 1.0, 1.0, 0.0], &[4.0, 3.0, 2.0, 9.0]);
        assert!((picks.precision(2) - 1.0 / 3.0).abs() < 1e-15);
        assert!((picks.best_rank(2) - 7.0 / 3.0).abs() < 1e-15);
        assert_eq!(picks.regret(), 6.0);
    }

    /// Who knows nothing finds what a random draw finds: k of n, and regret as the mean is below the best.
    #[test]
    fn a_constant_is_a_random_pick() {
        let truth: Vec<f64> = (0..100).map(f64::from).collect();
        let picks = Picks::new(&[0.5; 100], &truth);
        assert!((picks.precision(10) - 0.1).abs() < 1e-15);
        // The expected least of 10 of the ranks from 1 to 100 is 101 / 11.
        assert!((picks.best_rank(10) - 101.0 / 11.0).abs() < 1e-12);
        assert!((picks.regret() - 49.5).abs() < 1e-12);
        let constant = Picks::new(&[0.5; 100], &[0.7; 100]);
        assert!((constant.precision(10) - 0.1).abs() < 1e-15);
        assert_eq!((constant.best_rank(10), constant.regret()), (1.0, 0.0));
    }

    /// All orders of 0..n.
    fn orders(n: usize) -> Vec<Vec<usize>> {
        if n == 0 {
            return vec![Vec::new()];
        }
        let shorter = orders(n - 1).into_iter();
        let longer = shorter.flat_map(|order| {
            (0..n).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, n - 1);
                longer
            })
        });
        longer.collect()
    }

    /// The best k where of equals the one earlier in `order` wins.
    fn chosen(values: &[f64], order: &[usize], k: usize) -> Vec<usize> {
        let mut sorted = order.to_vec();
        sorted.sort_by(|a, b| values[*b].partial_cmp(&values[*a]).expect("finite"));
        sorted.truncate(k);
        sorted
    }

    fn values() -> impl Strategy<Value = Vec<(f64, f64)>> {
        let value = || (0..4i32).prop_map(f64::from);
        prop::collection::vec((value(), value()), 1..6)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn expectations_agree_with_all_ways_to_break_ties(values in values()) {
            let (predicted, truth): (Vec<f64>, Vec<f64>) = values.iter().copied().unzip();
            let orders = orders(truth.len());
            let ways = orders.len() as f64;
            let picks = Picks::new(&predicted, &truth);
            let best = truth.iter().copied().fold(f64::MIN, f64::max);
            let mut regret = 0.0;
            for order in &orders {
                regret += best - truth[chosen(&predicted, order, 1)[0]];
            }
            prop_assert!((picks.regret() - regret / ways).abs() < 1e-12);
            for k in 1..=truth.len() {
                let (mut shared, mut rank) = (0, 0);
                for order in &orders {
                    let picked = chosen(&predicted, order, k);
                    for other in &orders {
                        let best = chosen(&truth, other, k);
                        shared += picked.iter().filter(|at| best.contains(at)).count();
                    }
                    let better = |at: &usize| truth.iter().filter(|t| **t > truth[*at]).count();
                    rank += 1 + picked.iter().map(better).min().expect("some");
                }
                let precision = shared as f64 / (k as f64 * ways * ways);
                prop_assert!((picks.precision(k) - precision).abs() < 1e-12);
                prop_assert!((picks.best_rank(k) - rank as f64 / ways).abs() < 1e-12);
            }
        }

        /// What architectures are numbered plays no part.
        #[test]
        fn numbering_plays_no_part(values in prop::collection::vec((0..6i32, 0..6i32), 2..60), by in 0..60usize) {
            let unzip = |values: &[(i32, i32)]| -> (Vec<f64>, Vec<f64>) {
                values.iter().map(|(p, t)| (f64::from(*p), f64::from(*t))).unzip()
            };
            let mut turned = values.clone();
            turned.reverse();
            turned.rotate_left(by % values.len());
            let ((p, t), (q, u)) = (unzip(&values), unzip(&turned));
            let (a, b) = (Picks::new(&p, &t), Picks::new(&q, &u));
            let k = values.len() / 2;
            prop_assert_eq!(a.precision(k), b.precision(k));
            prop_assert_eq!(a.best_rank(k), b.best_rank(k));
            prop_assert_eq!(a.regret(), b.regret());
        }
    }
}
