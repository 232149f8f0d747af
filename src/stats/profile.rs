//! Distributions over runs and tasks: the ECDF of final regrets, the share of runs that reached a
//! target, and performance profiles of ratios to the best.
//!
//! Performance profiles: Dolan and Moré, "Benchmarking optimization software with performance
//! profiles", Mathematical Programming 2002, arXiv cs/0102001. Runs to a target: the data profiles
//! of Moré and Wild, "Benchmarking derivative-free optimization algorithms", SIAM Journal on
//! Optimization 2009, in evaluations rather than simplex gradients. A run that never reached its
//! target stays in the denominator. Expected running time: Auger and Hansen, "Performance evaluation
//! of an advanced local search evolutionary algorithm", CEC 2005.

use super::anytime::Step;
use super::{by_value, sorted, usable};

/// A step of an empirical distribution function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EcdfStep {
    /// A value that occurs, in the values' unit.
    pub value: f64,
    /// The share of values at most `value`, above 0 and up to 1.
    pub share: f64,
}

/// The empirical distribution function of `values`, ascending, one step for each distinct value.
///
/// `None` without values or with one that is not finite.
pub fn ecdf(values: &[f64]) -> Option<Vec<EcdfStep>> {
    if !usable(values) {
        return None;
    }
    let mut seen = 0;
    let steps = sorted(values)
        .chunk_by(|a, b| a == b)
        .map(|group| {
            seen += group.len();
            EcdfStep {
                value: group[0],
                share: seen as f64 / values.len() as f64,
            }
        })
        .collect();
    Some(steps)
}

/// The first x at which the trajectory's value is at most `target`; `None` if it never is.
pub fn first_hit(steps: &[Step], target: f64) -> Option<f64> {
    steps.iter().find(|s| s.y <= target).map(|s| s.x)
}

/// The share of runs that had reached their target at each point of `grid`; a run is the x of its
/// hit, or `None` if it never hit, over all tasks, replicates and targets to be pooled.
///
/// `None` without runs or with a hit that is not finite.
pub fn share_reached(hits: &[Option<f64>], grid: &[f64]) -> Option<Vec<f64>> {
    if hits.is_empty() || hits.iter().flatten().any(|x| !x.is_finite()) {
        return None;
    }
    let mut reached: Vec<f64> = hits.iter().flatten().copied().collect();
    reached.sort_unstable_by(by_value);
    let share = |x: &f64| reached.partition_point(|hit| hit <= x) as f64 / hits.len() as f64;
    Some(grid.iter().map(share).collect())
}

/// The expected running time to a target: what all runs spent, each until its hit or else until its end,
/// per run that hit. `runs` are pairs of hit and end, in evaluations or seconds.
///
/// `None` when no run hit its target or a value is not finite.
pub fn expected_running_time(runs: &[(Option<f64>, f64)]) -> Option<f64> {
    let hits = runs.iter().filter(|(hit, _)| hit.is_some()).count();
    let spent: f64 = runs.iter().map(|(hit, end)| hit.unwrap_or(*end)).sum();
    (hits > 0 && spent.is_finite()).then(|| spent / hits as f64)
}

/// The ratio of every strategy's cost to the best cost on each task, at least 1; `None` where a
/// strategy did not solve the task. `costs[task][strategy]` are positive (evaluations, seconds).
///
/// `None` for an empty or ragged table, or a cost that is not finite and positive.
pub fn performance_ratios<R: AsRef<[Option<f64>]>>(costs: &[R]) -> Option<Vec<Vec<Option<f64>>>> {
    let strategies = costs.first()?.as_ref().len();
    let positive = |cost: &f64| cost.is_finite() && *cost > 0.0;
    let good = |row: &[Option<f64>]| row.len() == strategies && row.iter().flatten().all(positive);
    if strategies == 0 || !costs.iter().all(|row| good(row.as_ref())) {
        return None;
    }
    let ratios = |row: &R| {
        let row = row.as_ref();
        let best = row.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        // A ratio beyond a double's range is held at the largest one: solved, at no useful τ.
        let ratio = |cost: f64| (cost / best).min(f64::MAX);
        row.iter().map(|cost| cost.map(ratio)).collect()
    };
    Some(costs.iter().map(ratios).collect())
}

/// The performance profile: for each strategy and each τ of `taus`, the share of tasks it solved
/// within τ times the best cost. `result[strategy][tau]`; at τ = 1 it is the share of tasks on
/// which the strategy was (joint) best, and a task that none solved counts against all.
///
/// `None` as for [`performance_ratios`].
pub fn performance_profile<R: AsRef<[Option<f64>]>>(
    costs: &[R],
    taus: &[f64],
) -> Option<Vec<Vec<f64>>> {
    let ratios = performance_ratios(costs)?;
    let strategies = ratios.first()?.len();
    (0..strategies)
        .map(|strategy| {
            let own: Vec<Option<f64>> = ratios.iter().map(|row| row[strategy]).collect();
            share_reached(&own, taus)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `scipy.stats.ecdf([3,1,2,1]).cdf`: quantiles [1,2,3], probabilities [.5,.75,1]
    #[test]
    fn ecdf_agrees_with_scipy() {
        let steps = ecdf(&[3.0, 1.0, 2.0, 1.0]).expect("defined");
        let pairs: Vec<(f64, f64)> = steps.iter().map(|s| (s.value, s.share)).collect();
        assert_eq!(pairs, [(1.0, 0.5), (2.0, 0.75), (3.0, 1.0)]);
        assert_eq!(ecdf(&[]), None);
        assert_eq!(ecdf(&[f64::NAN]), None);
    }

    #[test]
    fn runs_that_never_hit_stay_in_the_denominator() {
        let run = [(1.0, 9.0), (4.0, 2.0), (6.0, 1.0)].map(|(x, y)| Step { x, y });
        assert_eq!(first_hit(&run, 2.0), Some(4.0));
        assert_eq!(first_hit(&run, 0.5), None);
        let hits = [Some(4.0), None, Some(2.0), Some(4.0)];
        let shares = share_reached(&hits, &[1.0, 2.0, 4.0, 99.0]);
        assert_eq!(shares, Some(vec![0.0, 0.25, 0.75, 0.75]));
        assert_eq!(share_reached(&[], &[1.0]), None);
        assert_eq!(share_reached(&[Some(f64::NAN)], &[1.0]), None);
    }

    /// Auger and Hansen's SP2/ERT: with success rate p, mean length R_s of successful and R_u of unsuccessful
    /// runs, it is R_s + (1 − p) / p · R_u. Here p = 1/2, R_s = 3, R_u = 10: 13.
    #[test]
    fn the_expected_running_time_charges_restarts_for_failures() {
        let runs = [
            (Some(4.0), 10.0),
            (None, 10.0),
            (Some(2.0), 10.0),
            (None, 10.0),
        ];
        assert_eq!(expected_running_time(&runs), Some(13.0));
        assert_eq!(expected_running_time(&[(Some(4.0), 9.0)]), Some(4.0));
        assert_eq!(expected_running_time(&[(None, 9.0)]), None);
        assert_eq!(expected_running_time(&[]), None);
        assert_eq!(expected_running_time(&[(Some(f64::NAN), 9.0)]), None);
    }

    /// By hand: ratios (1, 2), (3, 1), (1, 1), (1, unsolved), (unsolved, unsolved).
    #[test]
    fn profiles_are_shares_of_tasks_within_tau_of_the_best() {
        let costs = [
            [Some(10.0), Some(20.0)],
            [Some(15.0), Some(5.0)],
            [Some(7.0), Some(7.0)],
            [Some(2.0), None],
            [None, None],
        ];
        let profile = performance_profile(&costs, &[1.0, 2.0, 3.0]).expect("defined");
        assert_eq!(profile, [vec![0.6, 0.6, 0.8], vec![0.4, 0.6, 0.6]]);
        assert_eq!(performance_profile(&[[Some(0.0)]], &[1.0]), None);
        assert_eq!(
            performance_profile(&[vec![Some(1.0)], vec![]], &[1.0]),
            None
        );
        assert_eq!(performance_profile::<Vec<Option<f64>>>(&[], &[1.0]), None);
        let alone = performance_profile(&[[Some(3.0)]], &[1.0]);
        assert_eq!(alone, Some(vec![vec![1.0]]));
    }

    /// `scipy.stats.ecdf(scipy.stats.CensoredData.right_censored([4,99,2,4,7],[0,1,0,0,0]))`
    /// `.cdf.evaluate([1,2,4,6.9,7,50])`: a run that never hit is censored at its end.
    #[test]
    fn shares_reached_agree_with_scipys_censored_distribution() {
        let hits = [Some(4.0), None, Some(2.0), Some(4.0), Some(7.0)];
        let shares = share_reached(&hits, &[1.0, 2.0, 4.0, 6.9, 7.0, 50.0]);
        assert_eq!(shares, Some(vec![0.0, 0.2, 0.6, 0.6, 0.8, 0.8]));
    }

    /// `c=np.array([[10,20,inf],[15,5,30],[7,7,8],[2,inf,2.5],[inf]*3]); b=c.min(axis=1,keepdims=True)`
    /// `r=np.where(np.isfinite(c),c/np.where(np.isfinite(b),b,1),inf); [[(r[:,s]<=t).mean() for t in (1,1.2,2,3,6)] for s in range(3)]`
    #[test]
    fn profiles_agree_with_the_definition_in_numpy() {
        let costs = [
            [Some(10.0), Some(20.0), None],
            [Some(15.0), Some(5.0), Some(30.0)],
            [Some(7.0), Some(7.0), Some(8.0)],
            [Some(2.0), None, Some(2.5)],
            [None; 3],
        ];
        let profile = performance_profile(&costs, &[1.0, 1.2, 2.0, 3.0, 6.0]).expect("defined");
        let expected = [
            vec![0.6, 0.6, 0.6, 0.8, 0.8],
            vec![0.4, 0.4, 0.6, 0.6, 0.6],
            vec![0.0, 0.2, 0.4, 0.4, 0.6],
        ];
        assert_eq!(profile, expected);
    }

    proptest! {
        #[test]
        fn shares_rise_with_tau_and_someone_is_best_everywhere(
            costs in prop::collection::vec(prop::array::uniform3(prop::option::of(0.1..9.0f64)), 1..15)
        ) {
            let profile = performance_profile(&costs, &[1.0, 1.5, 2.0, 100.0]).expect("defined");
            for shares in &profile {
                prop_assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]));
                prop_assert!(shares.iter().all(|s| (0.0..=1.0).contains(s)));
            }
            let solved = costs.iter().filter(|row| row.iter().any(Option::is_some)).count();
            let best: f64 = profile.iter().map(|shares| shares[0]).sum();
            prop_assert!(best >= solved as f64 / costs.len() as f64 - 1e-12);
        }
    }
}
