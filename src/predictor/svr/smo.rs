//! The dual of ε-SVR by sequential minimal optimisation.
//!
//! Platt 1998; the pair that violates most, its second chosen by second-order information: Fan, Chen and Lin, "Working Set
//! Selection Using Second Order Information for Training Support Vector Machines", JMLR 2005, as in LIBSVM. Here the
//! two multipliers of a point are one coefficient β in [−c, c], and a step ends at 0, where ε's slope changes.

/// A step for every point this many times is more than any real problem takes.
const MOST_PASSES: usize = 2000;
/// The least curvature of a pair.
const LEAST_CURVATURE: f64 = 1e-12;

/// Kernel matrix (row-major), targets and penalty.
pub(super) struct Problem<'a> {
    matrix: &'a [f64],
    targets: &'a [f64],
    c: f64,
    tolerance: f64,
}

/// Coefficients that sum to 0, the slopes K β − y that go with them, and the intercept.
pub(super) struct Solution {
    pub(super) coefficients: Vec<f64>,
    slopes: Vec<f64>,
    pub(super) intercept: f64,
}

impl Solution {
    /// No support vector.
    pub(super) fn zero(targets: &[f64]) -> Self {
        Self {
            coefficients: vec![0.0; targets.len()],
            slopes: targets.iter().map(|t| -t).collect(),
            intercept: 0.0,
        }
    }
}

impl<'a> Problem<'a> {
    pub(super) fn new(matrix: &'a [f64], targets: &'a [f64], c: f64, tolerance: f64) -> Self {
        Self {
            matrix,
            targets,
            c,
            tolerance,
        }
    }

    /// The solution for this ε, from that for another.
    pub(super) fn solve(&self, epsilon: f64, from: Solution) -> Solution {
        let mut solution = from;
        let most = MOST_PASSES * self.targets.len().max(10);
        for _ in 0..most {
            let Some((up, down)) = self.pair(epsilon, &solution) else {
                break;
            };
            self.step(epsilon, &mut solution, up, down);
        }
        solution.intercept = self.intercept(epsilon, &solution);
        solution
    }

    /// How fast the objective falls when β grows; `None` at the upper bound.
    #[inline(always)]
    fn gain_up(&self, epsilon: f64, beta: f64, slope: f64) -> Option<f64> {
        (beta < self.c).then(|| -slope - if beta >= 0.0 { epsilon } else { -epsilon })
    }

    /// Minus how fast the objective falls when β shrinks; `None` at the lower bound.
    #[inline(always)]
    fn gain_down(&self, epsilon: f64, beta: f64, slope: f64) -> Option<f64> {
        (beta > -self.c).then(|| -slope - if beta > 0.0 { epsilon } else { -epsilon })
    }

    /// The point to raise and the point to lower, if the violation is worth it.
    fn pair(&self, epsilon: f64, solution: &Solution) -> Option<(usize, usize)> {
        let n = self.targets.len();
        let (mut up, mut highest) = (0, f64::NEG_INFINITY);
        let mut lowest = f64::INFINITY;
        for (i, (&beta, &slope)) in solution
            .coefficients
            .iter()
            .zip(&solution.slopes)
            .enumerate()
        {
            if let Some(gain) = self.gain_up(epsilon, beta, slope)
                && gain > highest
            {
                (up, highest) = (i, gain);
            }
            if let Some(gain) = self.gain_down(epsilon, beta, slope) {
                lowest = lowest.min(gain);
            }
        }
        if highest - lowest <= self.tolerance {
            return None;
        }
        let row = &self.matrix[up * n..][..n];
        let (mut down, mut best) = (None, 0.0);
        let points = solution.coefficients.iter().zip(&solution.slopes).zip(row);
        for (j, ((&beta, &slope), &k)) in points.enumerate() {
            let Some(gain) = self.gain_down(epsilon, beta, slope) else {
                continue;
            };
            let violation = highest - gain;
            if violation > 0.0 && j != up {
                let curvature = (row[up] + self.matrix[j * n + j] - 2.0 * k).max(LEAST_CURVATURE);
                let decrease = violation * violation / curvature;
                if decrease > best {
                    (down, best) = (Some(j), decrease);
                }
            }
        }
        down.map(|down| (up, down))
    }

    /// Raises one coefficient and lowers the other by the same, as far as the objective falls, a bound or 0 is met.
    fn step(&self, epsilon: f64, solution: &mut Solution, up: usize, down: usize) {
        let n = self.targets.len();
        let (raised, lowered) = (&self.matrix[up * n..][..n], &self.matrix[down * n..][..n]);
        let curvature = (raised[up] + lowered[down] - 2.0 * raised[down]).max(LEAST_CURVATURE);
        let (from_up, from_down) = (solution.coefficients[up], solution.coefficients[down]);
        let gain = |solution: &Solution| {
            let up = self.gain_up(epsilon, from_up, solution.slopes[up]);
            let down = self.gain_down(epsilon, from_down, solution.slopes[down]);
            up.unwrap_or(0.0) - down.unwrap_or(0.0)
        };
        let room_up = if from_up < 0.0 {
            -from_up
        } else {
            self.c - from_up
        };
        let room_down = if from_down > 0.0 {
            from_down
        } else {
            self.c + from_down
        };
        let step = (gain(solution) / curvature).min(room_up).min(room_down);
        // Met exactly, so that the kink at 0 and the bounds are seen as such.
        let settle = |from: f64, to: f64, room: f64| match step == room {
            true if from != 0.0 && (from < 0.0) != (to < from) => 0.0,
            true => to.clamp(-self.c, self.c),
            false => to,
        };
        solution.coefficients[up] = settle(from_up, from_up + step, room_up);
        solution.coefficients[down] = settle(from_down, from_down - step, room_down);
        for ((slope, r), l) in solution.slopes.iter_mut().zip(raised).zip(lowered) {
            *slope += step * (r - l);
        }
    }

    /// Half way between the two sides of the optimality condition.
    fn intercept(&self, epsilon: f64, solution: &Solution) -> f64 {
        let points = || solution.coefficients.iter().zip(&solution.slopes);
        let free: Vec<f64> = points()
            .filter(|(b, _)| **b != 0.0 && b.abs() < self.c)
            .map(|(&b, &s)| -s - epsilon * b.signum())
            .collect();
        if !free.is_empty() {
            return free.iter().sum::<f64>() / free.len() as f64;
        }
        let highest = points()
            .filter_map(|(&b, &s)| self.gain_up(epsilon, b, s))
            .fold(f64::MIN, f64::max);
        let lowest = points()
            .filter_map(|(&b, &s)| self.gain_down(epsilon, b, s))
            .fold(f64::MAX, f64::min);
        (highest + lowest) / 2.0
    }
}
