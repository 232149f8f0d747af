//! Location and spread of a sample: mean, standard deviation, quantiles, interquartile mean.
//!
//! The textbook estimators. Quantiles are type 7 of Hyndman and Fan, "Sample quantiles in
//! statistical packages", The American Statistician 1996, as numpy's default; the interquartile
//! mean trims whole observations, as Agarwal et al., "Deep reinforcement learning at the edge of
//! the statistical precipice", NeurIPS 2021, arXiv 2108.13264.

use super::{sorted, usable};

/// The mean, in the values' unit; it always lies within the values' range.
///
/// `None` without values or with one that is not finite.
pub fn mean(values: &[f64]) -> Option<f64> {
    if !usable(values) {
        return None;
    }
    let (low, high) = range(values);
    let n = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let mean = if sum.is_finite() {
        sum / n
    } else {
        values.iter().map(|v| v / n).sum()
    };
    Some(mean.clamp(low, high))
}

/// The smallest and the largest of finite `values`, (+∞, −∞) without any.
pub(super) fn range(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(*v), high.max(*v))
        })
}

/// The sample standard deviation (divisor n − 1), in the values' unit.
///
/// `None` with fewer than two values, with one that is not finite, or when it is too large for a
/// double.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    let deviation = (squares / (values.len() - 1) as f64).sqrt();
    deviation.is_finite().then_some(deviation)
}

/// The standard error of the mean, in the values' unit.
///
/// `None` where [`standard_deviation`] is.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    standard_deviation(values).map(|sd| sd / (values.len() as f64).sqrt())
}

/// The type-7 quantile at `probability` of values in ascending order.
///
/// `None` without values or with a probability outside 0 to 1.
pub fn quantile_sorted(ascending: &[f64], probability: f64) -> Option<f64> {
    if ascending.is_empty() || !(0.0..=1.0).contains(&probability) {
        return None;
    }
    let position = probability * (ascending.len() - 1) as f64;
    let below = position.floor();
    let (low, high) = (
        ascending[below as usize],
        ascending[position.ceil() as usize],
    );
    let weight = position - below;
    Some((low * (1.0 - weight) + high * weight).clamp(low, high))
}

/// The type-7 quantile at `probability`, in the values' unit.
///
/// `None` without values, with one that is not finite, or with a probability outside 0 to 1.
pub fn quantile(values: &[f64], probability: f64) -> Option<f64> {
    if !usable(values) {
        return None;
    }
    quantile_sorted(&sorted(values), probability)
}

/// The median, in the values' unit. `None` as for [`quantile`].
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The interquartile mean: the mean without the lowest and the highest ⌊n / 4⌋ values.
///
/// `None` without values or with one that is not finite.
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    if !usable(values) {
        return None;
    }
    let trimmed = values.len() / 4;
    mean(&sorted(values)[trimmed..values.len() - trimmed])
}

/// What a table shows of a sample, all in the values' unit except `count`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The number of values.
    pub count: usize,
    /// The mean.
    pub mean: f64,
    /// The sample standard deviation; `None` with one value.
    pub standard_deviation: Option<f64>,
    /// The standard error of the mean; `None` with one value.
    pub standard_error: Option<f64>,
    /// The smallest value.
    pub minimum: f64,
    /// The lower quartile.
    pub lower_quartile: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub upper_quartile: f64,
    /// The largest value.
    pub maximum: f64,
    /// The interquartile mean.
    pub interquartile_mean: f64,
}

/// The summary of a sample. `None` without values or with one that is not finite.
pub fn summarize(values: &[f64]) -> Option<Summary> {
    if !usable(values) {
        return None;
    }
    let ascending = sorted(values);
    let at = |p| quantile_sorted(&ascending, p);
    Some(Summary {
        count: values.len(),
        mean: mean(values)?,
        standard_deviation: standard_deviation(values),
        standard_error: standard_error(values),
        minimum: at(0.0)?,
        lower_quartile: at(0.25)?,
        median: at(0.5)?,
        upper_quartile: at(0.75)?,
        maximum: at(1.0)?,
        interquartile_mean: interquartile_mean(values)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const V: [f64; 9] = [3.1, 0.2, 5.5, 2.2, 9.7, 1.4, 4.8, 0.9, 7.3];

    /// `v=[3.1,.2,5.5,2.2,9.7,1.4,4.8,.9,7.3]; np.mean(v), np.std(v,ddof=1), scipy.stats.sem(v),
    /// np.quantile(v,[0,.1,.25,.5,.75,.9,1]), scipy.stats.trim_mean(v,.25)`
    #[test]
    fn agrees_with_numpy_and_scipy() {
        let close =
            |a: Option<f64>, b: f64| assert!((a.expect("defined") - b).abs() < 1e-14 * 10.0);
        close(mean(&V), 3.9);
        close(standard_deviation(&V), 3.1827660925679098);
        close(standard_error(&V), 1.06092203085597);
        let probabilities = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
        let quantiles = [0.2, 0.76, 1.4, 3.1, 5.5, 7.78, 9.7];
        for (p, q) in probabilities.into_iter().zip(quantiles) {
            close(quantile(&V, p), q);
        }
        close(interquartile_mean(&V), 3.4);
        let all = summarize(&V).expect("defined");
        assert_eq!((all.count, all.minimum, all.maximum), (9, 0.2, 9.7));
    }

    #[test]
    fn degenerate_samples_are_none_or_the_value() {
        assert_eq!(mean(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(summarize(&[f64::INFINITY]), None);
        assert_eq!(quantile(&V, 1.5), None);
        assert_eq!(quantile(&V, f64::NAN), None);
        assert_eq!(standard_deviation(&[2.0]), None);
        assert_eq!(standard_deviation(&[f64::MAX, -f64::MAX]), None);
        assert_eq!(mean(&[f64::MAX, f64::MAX]), Some(f64::MAX));
        assert_eq!(summarize(&[2.0]).and_then(|s| s.standard_error), None);
        assert_eq!(mean(&[0.1; 3]), Some(0.1));
    }

    proptest! {
        #[test]
        fn every_location_lies_in_the_range(v in prop::collection::vec(-1e9..1e9f64, 1..40)) {
            let s = summarize(&v).expect("defined");
            for x in [s.mean, s.median, s.interquartile_mean, s.lower_quartile] {
                prop_assert!(s.minimum <= x && x <= s.maximum);
            }
            prop_assert!(s.lower_quartile <= s.median && s.median <= s.upper_quartile);
        }
    }
}
