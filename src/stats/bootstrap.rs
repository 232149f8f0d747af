//! Bootstrap confidence intervals of a statistic over replicates, and bands of anytime curves.
//!
//! Percentile and BCa intervals as in Efron, "Better bootstrap confidence intervals", JASA 1987,
//! and Efron and Tibshirani, "An introduction to the bootstrap", 1993. A resample is held as the
//! number of times each replicate was drawn, so a band resamples whole replicates: every point of
//! the grid sees the same draws. Sums run in a fixed order, so a band is the same everywhere.

use super::anytime::{column, grid_length};
use super::summary::{interquartile_mean, mean, median, quantile_sorted, range};
use super::{by_value, normal_cdf, usable};
use crate::rng::StreamRng;
use rand::Rng;
use statrs::distribution::{ContinuousCDF, Normal};

/// The statistic of replicates that is bootstrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The median.
    Median,
    /// The interquartile mean.
    InterquartileMean,
}

impl Statistic {
    /// The statistic of `values`; `None` without values or with one that is not finite.
    pub fn of(self, values: &[f64]) -> Option<f64> {
        match self {
            Self::Mean => mean(values),
            Self::Median => median(values),
            Self::InterquartileMean => interquartile_mean(values),
        }
    }

    /// How many of `n` ascending values are left out at each end before averaging the rest: all
    /// three statistics are trimmed means.
    fn trim(self, n: usize) -> usize {
        match self {
            Self::Mean => 0,
            Self::Median => (n - 1) / 2,
            Self::InterquartileMean => n / 4,
        }
    }
}

/// How an interval's ends are taken from the resampled statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Their plain quantiles.
    Percentile,
    /// Their quantiles corrected for bias and skewness (BCa).
    BiasCorrected,
}

/// A statistic with its confidence interval, in the values' unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The statistic of the values themselves.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The bootstrap interval of `statistic` at confidence `level` (such as 0.95) from `resamples`
/// draws of `rng`.
///
/// BCa falls back to percentile ends where its corrections are undefined: when all values are
/// equal, or all resampled statistics lie on one side of the estimate. One value gives an interval
/// of no width. `None` without values, with one that is not finite, with no resamples, or with a
/// level not strictly between 0 and 1.
pub fn interval(
    values: &[f64],
    statistic: Statistic,
    ends: Ends,
    level: f64,
    resamples: usize,
    rng: &mut StreamRng,
) -> Option<Interval> {
    let estimate = statistic.of(values)?;
    let tails = tails(level)?;
    let ordered = Ordered::new(values);
    let draws = Draws::new(values.len(), resamples, rng)?;
    let mut resampled: Vec<f64> = draws
        .rows()
        .map(|counts| ordered.resampled(counts, statistic))
        .collect();
    resampled.sort_unstable_by(by_value);
    let tails = match ends {
        Ends::Percentile => tails,
        Ends::BiasCorrected => {
            corrected_tails(values, statistic, estimate, &resampled, tails).unwrap_or(tails)
        }
    };
    Some(Interval {
        estimate,
        low: quantile_sorted(&resampled, tails.0)?,
        high: quantile_sorted(&resampled, tails.1)?,
    })
}

/// The pointwise percentile band of `statistic` over replicates; each curve is one replicate on
/// the same grid, as from [`super::anytime::on_grid`]. A point is `None` while any replicate has
/// no value there.
///
/// `None` without curves, when their lengths differ, with a value that is not finite, with no
/// resamples, or with a level not strictly between 0 and 1.
pub fn band<R: AsRef<[Option<f64>]>>(
    curves: &[R],
    statistic: Statistic,
    level: f64,
    resamples: usize,
    rng: &mut StreamRng,
) -> Option<Vec<Option<Interval>>> {
    let points = grid_length(curves)?;
    let tails = tails(level)?;
    let draws = Draws::new(curves.len(), resamples, rng)?;
    let mut resampled = vec![0.0; resamples];
    let at = |point: usize| {
        let values = column(curves, point)?;
        let ordered = Ordered::new(&values);
        if statistic == Statistic::Mean {
            draws.means(&values, &mut resampled);
        } else {
            for (slot, counts) in resampled.iter_mut().zip(draws.rows()) {
                *slot = ordered.resampled(counts, statistic);
            }
        }
        Some(Interval {
            estimate: statistic.of(&values)?,
            low: select_quantile(&mut resampled, tails.0)?,
            high: select_quantile(&mut resampled, tails.1)?,
        })
    };
    Some((0..points).map(at).collect())
}

/// The type-7 quantile without sorting all of `values`, which are left in another order.
fn select_quantile(values: &mut [f64], probability: f64) -> Option<f64> {
    let position = probability * (values.len() - 1) as f64;
    let (_, low, above) = values.select_nth_unstable_by(position.floor() as usize, by_value);
    let high = above.iter().copied().min_by(by_value).unwrap_or(*low);
    quantile_sorted(&[*low, high], position.fract())
}

/// The probabilities of the two ends of a central interval.
fn tails(level: f64) -> Option<(f64, f64)> {
    (level > 0.0 && level < 1.0).then_some((0.5 - level / 2.0, 0.5 + level / 2.0))
}

/// Resamples as counts: row after row, how often each of the replicates was drawn.
struct Draws {
    replicates: usize,
    counts: Vec<u32>,
}

impl Draws {
    fn new(replicates: usize, resamples: usize, rng: &mut StreamRng) -> Option<Self> {
        let bound = u32::try_from(replicates).ok()?;
        let mut counts = vec![0; replicates.checked_mul(resamples)?];
        if counts.is_empty() {
            return None;
        }
        for row in counts.chunks_exact_mut(replicates) {
            for _ in 0..replicates {
                row[below(bound, rng) as usize] += 1;
            }
        }
        Some(Self { replicates, counts })
    }

    fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.counts.chunks_exact(self.replicates)
    }

    /// The mean of every resample. Four partial sums, always added in the same order, keep the
    /// processor busy without making the result depend on it.
    fn means(&self, values: &[f64], means: &mut [f64]) {
        let (low, high) = range(values);
        for (mean, counts) in means.iter_mut().zip(self.rows()) {
            let mut sums = [0.0; 4];
            let (blocks, rest) = counts.as_chunks::<4>();
            let (value_blocks, value_rest) = values.as_chunks::<4>();
            for (block, v) in blocks.iter().zip(value_blocks) {
                for lane in 0..4 {
                    sums[lane] += f64::from(block[lane]) * v[lane];
                }
            }
            for (count, v) in rest.iter().zip(value_rest) {
                sums[0] += f64::from(*count) * v;
            }
            let sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
            *mean = (sum / values.len() as f64).clamp(low, high);
        }
    }
}

/// A uniform integer below `bound`, without bias (Lemire, "Fast random integer generation in an
/// interval", ACM TOMACS 2019, arXiv 1805.10941).
fn below(bound: u32, rng: &mut StreamRng) -> u32 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(rng.next_u32()) * u64::from(bound);
        if product as u32 >= threshold {
            return (product >> 32) as u32;
        }
    }
}

/// Values in ascending order with the replicate each came from.
struct Ordered {
    values: Vec<f64>,
    replicates: Vec<u32>,
}

impl Ordered {
    fn new(values: &[f64]) -> Self {
        let mut replicates: Vec<u32> = (0..values.len() as u32).collect();
        replicates.sort_by(|&a, &b| by_value(&values[a as usize], &values[b as usize]));
        Self {
            values: replicates.iter().map(|&r| values[r as usize]).collect(),
            replicates,
        }
    }

    /// How many leading values can be passed over, eight at a time, before `first` draws are seen,
    /// and how many draws those are.
    fn skip(&self, counts: &[u32], first: usize) -> (usize, usize) {
        let (mut skipped, mut seen) = (0, 0);
        for eight in self.replicates.as_chunks::<8>().0 {
            let drawn: u32 = eight.iter().map(|r| counts[*r as usize]).sum();
            if seen + drawn as usize > first {
                break;
            }
            skipped += 8;
            seen += drawn as usize;
        }
        (skipped, seen)
    }

    /// The statistic of the resample in which replicate r occurs `counts[r]` times.
    fn resampled(&self, counts: &[u32], statistic: Statistic) -> f64 {
        let n = self.values.len();
        let trim = statistic.trim(n);
        let (first, end) = (trim, n - trim);
        let (skipped, mut seen) = self.skip(counts, first);
        let mut sum = 0.0;
        let (mut low, mut high) = (None, 0.0);
        let rest = self.values[skipped..]
            .iter()
            .zip(&self.replicates[skipped..]);
        for (value, &replicate) in rest {
            let before = seen;
            seen += counts[replicate as usize] as usize;
            if seen <= first || seen == before {
                continue;
            }
            let used = seen.min(end) - before.max(first);
            sum += used as f64 * value;
            low = low.or(Some(*value));
            high = *value;
            if seen >= end {
                break;
            }
        }
        (sum / (end - first) as f64).clamp(low.unwrap_or(high), high)
    }
}

/// The probabilities at which BCa reads the sorted `resampled` statistics; `None` where the
/// corrections are undefined.
fn corrected_tails(
    values: &[f64],
    statistic: Statistic,
    estimate: f64,
    resampled: &[f64],
    tails: (f64, f64),
) -> Option<(f64, f64)> {
    let less = resampled.partition_point(|v| *v < estimate) as f64;
    let up_to = resampled.partition_point(|v| *v <= estimate) as f64;
    let share = (less + up_to) / (2.0 * resampled.len() as f64);
    if !(share > 0.0 && share < 1.0) {
        return None;
    }
    let normal = Normal::standard();
    let bias = normal.inverse_cdf(share);
    let skew = acceleration(values, statistic)?;
    let corrected = |tail: f64| {
        let shifted = bias + normal.inverse_cdf(tail);
        let room = 1.0 - skew * shifted;
        (room > 0.0).then(|| normal_cdf(bias + shifted / room))
    };
    Some((corrected(tails.0)?, corrected(tails.1)?))
}

/// The acceleration of BCa from the jackknife; `None` when leaving one value out never matters.
fn acceleration(values: &[f64], statistic: Statistic) -> Option<f64> {
    let left_out: Vec<f64> = (0..values.len())
        .map(|i| statistic.of(&[&values[..i], &values[i + 1..]].concat()))
        .collect::<Option<_>>()?;
    if !usable(&left_out) {
        return None;
    }
    let centre = mean(&left_out)?;
    let powers = |power: i32| {
        left_out
            .iter()
            .map(|v| (centre - v).powi(power))
            .sum::<f64>()
    };
    let squares = powers(2);
    let skew = powers(3) / (6.0 * squares.powf(1.5));
    (squares > 0.0 && skew.is_finite()).then_some(skew)
}

#[cfg(test)]
mod tests;
