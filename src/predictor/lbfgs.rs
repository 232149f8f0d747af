//! Minimisation of a smooth function by limited-memory BFGS with a backtracking line search.
//!
//! Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical Programming 1989.
//! The line search only asks for sufficient decrease (Armijo); a pair that would break positive definiteness is left out.

use super::linear::dot;
use std::collections::VecDeque;

/// Pairs of steps and gradient changes remembered.
const MEMORY: usize = 8;
/// Share of the slope that a step must achieve.
const SUFFICIENT: f64 = 1e-4;
/// A first step no longer than this, in the units of the parameters.
const FIRST_STEP: f64 = 0.5;
/// The longest step of a single parameter.
const LONGEST: f64 = 2.0;

/// Minimises `function`, which gives a value and its gradient, or `None` where it is undefined.
///
/// Ends after `evaluations` calls, or when a step gains less than `tolerance`.
pub(super) fn minimise(
    start: Vec<f64>,
    evaluations: usize,
    tolerance: f64,
    mut function: impl FnMut(&[f64]) -> Option<(f64, Vec<f64>)>,
) -> Vec<f64> {
    let mut x = start;
    let Some((mut value, mut gradient)) = function(&x) else {
        return x;
    };
    let mut left = evaluations.saturating_sub(1);
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    while left > 0 {
        let direction = direction(&gradient, &memory);
        let slope = dot(&direction, &gradient);
        if slope >= 0.0 || !slope.is_finite() {
            break;
        }
        let longest = direction.iter().fold(0.0f64, |m, d| m.max(d.abs()));
        let bound = if memory.is_empty() {
            FIRST_STEP
        } else {
            LONGEST
        };
        let mut step = (bound / longest).min(1.0);
        let found = loop {
            if left == 0 || step < 1e-6 {
                break None;
            }
            left -= 1;
            let next: Vec<f64> = x
                .iter()
                .zip(&direction)
                .map(|(x, d)| x + step * d)
                .collect();
            match function(&next) {
                Some((v, g)) if v <= value + SUFFICIENT * step * slope => break Some((next, v, g)),
                _ => step *= 0.4,
            }
        };
        let Some((next, next_value, next_gradient)) = found else {
            break;
        };
        let s: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = next_gradient
            .iter()
            .zip(&gradient)
            .map(|(a, b)| a - b)
            .collect();
        if dot(&s, &y) > 1e-10 * dot(&y, &y) {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back((s, y));
        }
        let gain = value - next_value;
        (x, value, gradient) = (next, next_value, next_gradient);
        if gain < tolerance {
            break;
        }
    }
    x
}

/// Minus the gradient through the remembered inverse curvature (the two-loop recursion).
fn direction(gradient: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for (s, y) in memory.iter().rev() {
        let share = dot(s, &q) / dot(s, y);
        for (q, y) in q.iter_mut().zip(y) {
            *q -= share * y;
        }
        shares.push(share);
    }
    if let Some((s, y)) = memory.back() {
        let scale = dot(s, y) / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y), share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = share - dot(y, &q) / dot(s, y);
        for (q, s) in q.iter_mut().zip(s) {
            *q += back * s;
        }
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's function has its minimum at (1, 1).
    #[test]
    fn finds_the_minimum_of_rosenbrock() {
        let found = minimise(vec![-1.2, 1.0], 500, 0.0, |x| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            let gradient = vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b];
            Some((a * a + 100.0 * b * b, gradient))
        });
        assert!(found.iter().all(|x| (x - 1.0).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn stays_where_the_function_is_defined() {
        let found = minimise(vec![1.0], 200, 0.0, |x| {
            (x[0] > 0.0).then(|| (x[0] - x[0].ln(), vec![1.0 - 1.0 / x[0]]))
        });
        assert!((found[0] - 1.0).abs() < 1e-6);
    }
}
