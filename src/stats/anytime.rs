//! Anytime performance: the incumbent's regret as a step function of evaluations or time, its
//! values on a grid, the area under it, and ranks over time across strategies.
//!
//! The exact counterpart of plots that sample curves: nothing is interpolated between the moments
//! an incumbent changes. A trajectory is a slice of [`Step`] ascending in x; of several steps at
//! one x the last counts. Before the first step there is no incumbent, so the value is `None`,
//! never a made-up one, and a statistic over replicates is `None` while any of them has no value.

use super::rank::mean_ranks;
use super::summary::{mean, quantile_sorted};
use super::{sorted, usable};

/// A change of the incumbent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Evaluations, or seconds, at which the incumbent changes.
    pub x: f64,
    /// The incumbent's regret from `x` on, in the benchmark's unit.
    pub y: f64,
}

/// Whether the steps are finite and ascending in x, as every function here needs.
pub fn is_trajectory(steps: &[Step]) -> bool {
    steps.iter().all(|s| s.x.is_finite() && s.y.is_finite())
        && steps.windows(2).all(|pair| pair[0].x <= pair[1].x)
}

/// The value at `x`; `None` before the first step.
pub fn value_at(steps: &[Step], x: f64) -> Option<f64> {
    let passed = steps.partition_point(|step| step.x <= x);
    passed.checked_sub(1).map(|last| steps[last].y)
}

/// The values at the points of `grid`; `None` at those before the first step.
pub fn on_grid(steps: &[Step], grid: &[f64]) -> Vec<Option<f64>> {
    grid.iter().map(|x| value_at(steps, *x)).collect()
}

/// `points` evenly spaced values from `from` to `to`, both included.
///
/// Empty unless `from` < `to`, both finite, and at least two points.
pub fn linear_grid(from: f64, to: f64, points: usize) -> Vec<f64> {
    if points < 2 || !usable(&[from, to]) || from >= to {
        return Vec::new();
    }
    let last = points - 1;
    (0..points)
        .map(|i| {
            let share = i as f64 / last as f64;
            (from * (1.0 - share) + to * share).clamp(from, to)
        })
        .collect()
}

/// `points` values from `from` to `to`, both included, evenly spaced in their logarithm.
///
/// Empty as for [`linear_grid`] and unless `from` > 0.
pub fn log_grid(from: f64, to: f64, points: usize) -> Vec<f64> {
    if from.is_nan() || from <= 0.0 {
        return Vec::new();
    }
    let mut grid: Vec<f64> = linear_grid(from.ln(), to.ln(), points)
        .into_iter()
        .map(|x| x.exp().clamp(from, to))
        .collect();
    // exp(ln x) may miss x by a rounding, and the ends must be the budget exactly.
    if let [first, .., last] = grid.as_mut_slice() {
        (*first, *last) = (from, to);
    }
    grid
}

/// The scale of x along which an area is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// x itself: every evaluation or second weighs the same.
    Linear,
    /// The natural logarithm of x: every doubling weighs the same.
    Log,
}

impl Scale {
    fn length(self, from: f64, to: f64) -> f64 {
        match self {
            Self::Linear => to - from,
            Self::Log => (to / from).ln(),
        }
    }
}

/// The exact area under the step function between `from` and `to`, in regret times x (or times
/// the logarithm of x).
///
/// `None` when the steps are no trajectory, the value at `from` is undefined, `to` is below `from`
/// or either is not finite, or, on the log scale, `from` is not positive.
pub fn area(steps: &[Step], from: f64, to: f64, scale: Scale) -> Option<f64> {
    let ordered = usable(&[from, to]) && from <= to && (scale == Scale::Linear || from > 0.0);
    if !ordered || !is_trajectory(steps) {
        return None;
    }
    let mut y = value_at(steps, from)?;
    let mut x = from;
    let mut sum = 0.0;
    for step in &steps[steps.partition_point(|step| step.x <= from)..] {
        if step.x >= to {
            break;
        }
        sum += y * scale.length(x, step.x);
        (x, y) = (step.x, step.y);
    }
    sum += y * scale.length(x, to);
    sum.is_finite().then_some(sum)
}

/// The mean regret between `from` and `to`: the [`area`] over the length, in the unit of regret;
/// the value itself when they are equal.
///
/// `None` as for [`area`].
pub fn mean_over(steps: &[Step], from: f64, to: f64, scale: Scale) -> Option<f64> {
    let area = area(steps, from, to, scale)?;
    let length = scale.length(from, to);
    if length > 0.0 {
        Some(area / length)
    } else {
        value_at(steps, from)
    }
}

/// Statistics across replicates at one point of the grid, in the unit of regret.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Across {
    /// The mean.
    pub mean: f64,
    /// The lower quartile.
    pub lower_quartile: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub upper_quartile: f64,
}

/// The statistics across replicates at every point; each curve is one replicate on the same grid,
/// as from [`on_grid`]. A point is `None` while any replicate has no value there.
///
/// `None` without curves, when their lengths differ, or with a value that is not finite.
pub fn across_replicates<R: AsRef<[Option<f64>]>>(curves: &[R]) -> Option<Vec<Option<Across>>> {
    let points = grid_length(curves)?;
    let at = |point: usize| {
        let values = column(curves, point)?;
        let ascending = sorted(&values);
        Some(Across {
            mean: mean(&values)?,
            lower_quartile: quantile_sorted(&ascending, 0.25)?,
            median: quantile_sorted(&ascending, 0.5)?,
            upper_quartile: quantile_sorted(&ascending, 0.75)?,
        })
    };
    Some((0..points).map(at).collect())
}

/// The common length of the curves, if there is one and every value is finite.
pub(super) fn grid_length<R: AsRef<[Option<f64>]>>(curves: &[R]) -> Option<usize> {
    let points = curves.first()?.as_ref().len();
    curves
        .iter()
        .all(|curve| {
            let curve = curve.as_ref();
            curve.len() == points && curve.iter().flatten().all(|v| v.is_finite())
        })
        .then_some(points)
}

/// The values of all replicates at a point; `None` when any has none.
pub(super) fn column<R: AsRef<[Option<f64>]>>(curves: &[R], point: usize) -> Option<Vec<f64>> {
    curves.iter().map(|curve| curve.as_ref()[point]).collect()
}

/// The mean rank of every strategy at every point of the grid, 1 being best: at each point the
/// strategies are ranked within each replicate, ties sharing their average, and the ranks are
/// averaged over replicates. `curves[strategy][replicate]` is on the same grid throughout, and
/// replicates are paired across strategies. A point is `None` while any run has no value there.
///
/// `None` without strategies or replicates, when the numbers of replicates or the lengths of
/// curves differ, or with a value that is not finite.
pub fn rank_over_time<S, R>(curves: &[S]) -> Option<Vec<Option<Vec<f64>>>>
where
    S: AsRef<[R]>,
    R: AsRef<[Option<f64>]>,
{
    let replicates = curves.first()?.as_ref().len();
    let points = grid_length(curves.first()?.as_ref())?;
    for strategy in curves {
        let strategy = strategy.as_ref();
        if strategy.len() != replicates || grid_length(strategy)? != points {
            return None;
        }
    }
    let at = |point: usize| {
        let block = |replicate: usize| {
            let run = |s: &S| s.as_ref()[replicate].as_ref()[point];
            curves.iter().map(run).collect::<Option<Vec<f64>>>()
        };
        mean_ranks(&(0..replicates).map(block).collect::<Option<Vec<_>>>()?)
    };
    Some((0..points).map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps(points: &[(f64, f64)]) -> Vec<Step> {
        points.iter().map(|&(x, y)| Step { x, y }).collect()
    }

    #[test]
    fn values_hold_from_a_step_to_the_next() {
        let run = steps(&[(1.0, 9.0), (3.0, 5.0), (3.0, 4.0), (10.0, 1.0)]);
        let values = on_grid(&run, &[0.5, 1.0, 2.9, 3.0, 9.9, 10.0, 99.0]);
        let expected = [
            None,
            Some(9.0),
            Some(9.0),
            Some(4.0),
            Some(4.0),
            Some(1.0),
            Some(1.0),
        ];
        assert_eq!(values, expected);
    }

    /// By hand: 9 over [1, 3), 4 over [3, 10), 1 over [10, 12]; and with logarithms.
    #[test]
    fn areas_are_exact() {
        let run = steps(&[(1.0, 9.0), (3.0, 4.0), (10.0, 1.0)]);
        assert_eq!(
            area(&run, 1.0, 12.0, Scale::Linear),
            Some(18.0 + 28.0 + 2.0)
        );
        assert_eq!(area(&run, 2.0, 3.0, Scale::Linear), Some(9.0));
        assert_eq!(mean_over(&run, 4.0, 6.0, Scale::Linear), Some(4.0));
        assert_eq!(mean_over(&run, 4.0, 4.0, Scale::Log), Some(4.0));
        let log = area(&run, 1.0, 20.0, Scale::Log).expect("defined");
        let by_hand = 9.0 * 3f64.ln() + 4.0 * (10f64 / 3.0).ln() + 2f64.ln();
        assert!((log - by_hand).abs() < 1e-13);
        assert_eq!(area(&run, 0.5, 2.0, Scale::Linear), None);
        assert_eq!(area(&run, 5.0, 2.0, Scale::Linear), None);
        assert_eq!(area(&run, 1.0, f64::NAN, Scale::Linear), None);
        assert_eq!(area(&[], 1.0, 2.0, Scale::Linear), None);
        assert_eq!(area(&steps(&[(-2.0, 1.0)]), -1.0, 2.0, Scale::Log), None);
        assert_eq!(
            area(&steps(&[(2.0, 1.0), (1.0, 1.0)]), 2.0, 3.0, Scale::Linear),
            None
        );
    }

    #[test]
    fn grids_include_their_ends() {
        assert_eq!(linear_grid(1.0, 5.0, 5), [1.0, 2.0, 3.0, 4.0, 5.0]);
        let log = log_grid(1.0, 1000.0, 4);
        assert_eq!((log[0], log[3]), (1.0, 1000.0));
        assert!((log[1] - 10.0).abs() < 1e-12 && (log[2] - 100.0).abs() < 1e-11);
        assert!(linear_grid(2.0, 2.0, 5).is_empty());
        assert!(linear_grid(0.0, 1.0, 1).is_empty());
        assert!(linear_grid(0.0, f64::NAN, 3).is_empty());
        assert!(log_grid(0.0, 1.0, 3).is_empty());
    }

    /// `np.quantile([[4,1],[2,1],[9,1]], [.25,.5,.75], axis=0)`: [[3,1],[4,1],[6.5,1]]
    #[test]
    fn statistics_across_replicates() {
        let curves = [
            vec![None, Some(4.0), Some(1.0)],
            vec![Some(5.0), Some(2.0), Some(1.0)],
            vec![None, Some(9.0), Some(1.0)],
        ];
        let across = across_replicates(&curves).expect("rectangular");
        assert_eq!(across[0], None);
        let at = across[1].expect("defined");
        let quartiles = (at.lower_quartile, at.median, at.upper_quartile);
        assert_eq!((at.mean, quartiles), (5.0, (3.0, 4.0, 6.5)));
        assert_eq!(across_replicates::<Vec<Option<f64>>>(&[]), None);
        assert_eq!(across_replicates(&[vec![Some(1.0)], vec![]]), None);
        assert_eq!(across_replicates(&[[Some(f64::NAN)]]), None);
    }

    #[test]
    fn ranks_average_ties_and_replicates() {
        let a = vec![vec![Some(3.0), Some(1.0)], vec![Some(3.0), Some(2.0)]];
        let b = vec![vec![Some(3.0), Some(2.0)], vec![None, Some(1.0)]];
        let c = vec![vec![Some(9.0), Some(3.0)], vec![Some(1.0), Some(1.0)]];
        let ranks = rank_over_time(&[a, b, c]).expect("rectangular");
        assert_eq!(ranks, [None, Some(vec![2.0, 1.75, 2.25])]);
        assert_eq!(rank_over_time::<Vec<Vec<Option<f64>>>, _>(&[]), None);
        let ragged = [vec![vec![Some(1.0)]], vec![]];
        assert_eq!(rank_over_time(&ragged), None);
    }

    /// `x=np.array([1,3,4,9]); y=np.array([9,4,2.5,1]); g=np.geomspace(1,20,6)`
    /// `y[np.searchsorted(x,g,side='right')-1]; np.linspace(1,20,5); t=np.append(x,20)`
    /// `np.sum(np.diff(t)*y); np.sum(np.diff(np.log(t))*y)/np.log(20)`
    #[test]
    fn grids_and_areas_agree_with_numpy() {
        let run = steps(&[(1.0, 9.0), (3.0, 4.0), (4.0, 2.5), (9.0, 1.0)]);
        let grid = log_grid(1.0, 20.0, 6);
        let geomspace = [
            1.0,
            1.8205642030260802,
            3.314454017339987,
            6.034176336545162,
            10.985605433061178,
            20.0,
        ];
        for (ours, numpy) in grid.iter().zip(geomspace) {
            assert!((ours / numpy - 1.0).abs() < 1e-14, "{ours} is not {numpy}");
        }
        let held = [9.0, 9.0, 4.0, 2.5, 1.0, 1.0].map(Some);
        assert_eq!(on_grid(&run, &grid), held);
        assert_eq!(linear_grid(1.0, 20.0, 5), [1.0, 5.75, 10.5, 15.25, 20.0]);
        assert_eq!(area(&run, 1.0, 20.0, Scale::Linear), Some(45.5));
        let mean = mean_over(&run, 1.0, 20.0, Scale::Log).expect("defined");
        assert!((mean - 4.627940970215955).abs() < 1e-13);
    }

    /// `r=np.array([[5,2,1],[4,4,.5],[6,1,1],[3,2.5,0]]); r.mean(0); np.quantile(r,[.25,.5,.75],axis=0)`
    /// `c=np.array([[[5,3],[4,3],[6,1]],[[5,2],[3,3],[7,0]],[[1,3],[4,9],[6,1]]])`
    /// `scipy.stats.rankdata(c,axis=0).mean(axis=1)`
    #[test]
    fn replicates_and_ranks_agree_with_numpy_and_scipy() {
        let some = |row: &[f64]| row.iter().copied().map(Some).collect::<Vec<_>>();
        let rows = [
            [5.0, 2.0, 1.0],
            [4.0, 4.0, 0.5],
            [6.0, 1.0, 1.0],
            [3.0, 2.5, 0.0],
        ];
        let across = across_replicates(&rows.map(|r| some(&r))).expect("defined");
        let expected = [
            [4.5, 3.75, 4.5, 5.25],
            [2.375, 1.75, 2.25, 2.875],
            [0.625, 0.375, 0.75, 1.0],
        ];
        for (point, expected) in across.into_iter().zip(expected) {
            let p = point.expect("defined");
            assert_eq!(
                [p.mean, p.lower_quartile, p.median, p.upper_quartile],
                expected
            );
        }
        let curves = [
            [[5.0, 3.0], [4.0, 3.0], [6.0, 1.0]],
            [[5.0, 2.0], [3.0, 3.0], [7.0, 0.0]],
            [[1.0, 3.0], [4.0, 9.0], [6.0, 1.0]],
        ];
        let curves = curves.map(|strategy| strategy.map(|r| some(&r)));
        let ranks = rank_over_time(&curves).expect("defined");
        let expected = [[13.0, 13.0, 10.0], [13.0, 7.0, 16.0]];
        for (ours, sixths) in ranks.into_iter().zip(expected) {
            for (ours, sixths) in ours.expect("defined").into_iter().zip(sixths) {
                assert!((ours - sixths / 6.0).abs() < 1e-14);
            }
        }
    }

    proptest! {
        #[test]
        fn areas_add_up_and_lie_between_the_extremes(
            deltas in prop::collection::vec((0.0..5.0f64, 0.0..9.0f64), 1..20),
            cut in 0.0..1.0f64,
        ) {
            let mut x = 1.0;
            let run: Vec<Step> = deltas.iter().map(|&(d, y)| { let s = Step { x, y }; x += d; s }).collect();
            let (from, to) = (1.0, x + 1.0);
            let middle = from + cut * (to - from);
            for scale in [Scale::Linear, Scale::Log] {
                let whole = area(&run, from, to, scale).expect("defined");
                let parts = area(&run, from, middle, scale).expect("defined")
                    + area(&run, middle, to, scale).expect("defined");
                prop_assert!((whole - parts).abs() < 1e-9 * (1.0 + whole));
                let mean = mean_over(&run, from, to, scale).expect("defined");
                let highest = run.iter().fold(0.0f64, |h, s| h.max(s.y));
                prop_assert!((-1e-12..=highest + 1e-9).contains(&mean));
            }
        }
    }
}
