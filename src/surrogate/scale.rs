//! The way back from the scale that models are fitted on to the unit of a quantity.
//!
//! Every target transform increases with the quantity, so a few knots of the pairs seen in training say all of it: models
//! of an ensemble share one scale, and a file holds hundreds of numbers instead of one for each architecture.

use crate::predictor::{TargetTransform, ascending_pairs};
use serde::{Deserialize, Serialize};

/// Knots at most.
const KNOTS: usize = 257;

/// An increasing function, linear between knots and beyond them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    /// Transformed and own values of the first and last knot; those between are evenly spaced in the transformed one.
    from: f64,
    to: f64,
    values: Vec<f64>,
}

impl Scale {
    /// What `transform` learns from `targets`, and these transformed.
    pub(super) fn fit(transform: TargetTransform, targets: &[f64]) -> (Self, Vec<f64>) {
        let transformed = transform.apply(targets);
        let pairs = ascending_pairs(&transformed, targets);
        let (from, to) = (pairs[0].0, pairs[pairs.len() - 1].0);
        let knots = if pairs.len() == 1 { 1 } else { KNOTS };
        let step = (to - from) / (knots.max(2) - 1) as f64;
        let knot = |at: usize| match at + 1 == knots {
            true => pairs[pairs.len() - 1].1,
            false => between(&pairs, from + at as f64 * step),
        };
        let values = (0..knots).map(knot).collect();
        (Self { from, to, values }, transformed)
    }

    /// The quantity at a transformed value. Beyond the ends it goes on with the slope of the whole.
    pub(super) fn value(&self, transformed: f64) -> f64 {
        let (first, last) = (self.values[0], self.values[self.values.len() - 1]);
        if self.values.len() == 1 {
            return first;
        }
        let width = self.to - self.from;
        let slope = (last - first) / width;
        if transformed <= self.from {
            return first + (transformed - self.from) * slope;
        }
        if transformed >= self.to {
            return last + (transformed - self.to) * slope;
        }
        let place = (transformed - self.from) / width * (self.values.len() - 1) as f64;
        let at = (place as usize).min(self.values.len() - 2);
        let (below, above) = (self.values[at], self.values[at + 1]);
        below + (place - at as f64) * (above - below)
    }
}

/// The value at `x` between the neighbouring pairs, ascending in both.
fn between(pairs: &[(f64, f64)], x: f64) -> f64 {
    let above = pairs
        .partition_point(|pair| pair.0 < x)
        .clamp(1, pairs.len() - 1);
    let ((x0, y0), (x1, y1)) = (pairs[above - 1], pairs[above]);
    y0 + (x - x0) / (x1 - x0) * (y1 - y0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand values of long tails through each transform and back: linear ones to rounding, the others to a
    /// hundredth of the neighbouring knots' distance.
    #[test]
    fn every_transform_is_taken_back() {
        let targets: Vec<f64> = (1..1000)
            .map(|i| 0.9 - 0.5 / (1.0 + 0.05 * f64::from(i)))
            .collect();
        for (name, close) in [
            ("plain", 1e-12),
            ("standardised", 1e-12),
            ("log-error", 1e-4),
            ("normal-scores", 2e-3),
        ] {
            let transform = TargetTransform::named(name).expect("known");
            let (scale, transformed) = Scale::fit(transform, &targets);
            let mut last = f64::NEG_INFINITY;
            for (z, target) in transformed.iter().zip(&targets) {
                let found = scale.value(*z);
                assert!((found - target).abs() < close, "{name}: {found} {target}");
                assert!(found > last, "{name} increases");
                last = found;
            }
            assert!(scale.value(1e3) > targets[998] && scale.value(-1e3) < targets[0]);
        }
    }

    #[test]
    fn constants_stay() {
        for name in ["plain", "standardised", "log-error", "normal-scores"] {
            let transform = TargetTransform::named(name).expect("known");
            let (scale, transformed) = Scale::fit(transform, &[0.25; 4]);
            assert_eq!(scale.value(transformed[0]), 0.25);
            assert_eq!(scale.value(transformed[0] + 1.0), 0.25);
        }
    }
}
