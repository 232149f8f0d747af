//! Correlation of two sequences: Kendall's τ-b, Spearman's ρ and Pearson's r.
//!
//! Kendall, "The treatment of ties in ranking problems", Biometrika 1945, by the algorithm of
//! Knight, "A computer method for calculating Kendall's tau with ungrouped data", JASA 1966, in
//! O(n log n) with exact integer counts; Spearman, "The proof and measurement of association
//! between two things", American Journal of Psychology 1904. A constant sequence has no
//! correlation.

use super::rank::ranks_and_ties;
use super::usable;

/// Whether the two are paired, finite and at least two long.
fn comparable(x: &[f64], y: &[f64]) -> bool {
    x.len() == y.len() && x.len() >= 2 && usable(x) && usable(y)
}

/// Kendall's τ-b from −1 to 1.
///
/// `None` when the lengths differ, with fewer than two values, with one that is not finite, or
/// when either is constant.
pub fn kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    if !comparable(x, y) {
        return None;
    }
    let mut pairs: Vec<(u64, u64)> = x.iter().zip(y).map(|(x, y)| (key(*x), key(*y))).collect();
    pairs.sort_unstable();
    let tied = |groups: &mut dyn Iterator<Item = usize>| -> i128 {
        groups.map(|t| t as i128 * (t as i128 - 1) / 2).sum()
    };
    let tied_x = tied(&mut pairs.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len));
    let tied_both = tied(&mut pairs.chunk_by(|a, b| a == b).map(<[_]>::len));
    let mut ys: Vec<u64> = pairs.iter().map(|pair| pair.1).collect();
    let discordant = sort_counting_swaps(&mut ys);
    let tied_y = tied(&mut ys.chunk_by(|a, b| a == b).map(<[_]>::len));
    let all = tied(&mut std::iter::once(x.len()));
    let (free_x, free_y) = (all - tied_x, all - tied_y);
    if free_x == 0 || free_y == 0 {
        return None;
    }
    let difference = all - tied_x - tied_y + tied_both - 2 * discordant;
    let scale = (free_x as f64 * free_y as f64).sqrt();
    Some((difference as f64 / scale).clamp(-1.0, 1.0))
}

/// An integer in the order of finite numbers, −0 being 0: it sorts several times faster.
fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

/// Sorts by merging from the bottom up and counts the pairs that were out of order.
fn sort_counting_swaps(values: &mut Vec<u64>) -> i128 {
    let n = values.len();
    let mut swaps = 0;
    for run in values.chunks_mut(RUN) {
        swaps += insert_counting_swaps(run);
    }
    let mut merged = vec![0; n];
    let mut width = RUN;
    while width < n {
        for (from, into) in values.chunks(2 * width).zip(merged.chunks_mut(2 * width)) {
            let (left, right) = from.split_at(width.min(from.len()));
            swaps += merge_counting_swaps(left, right, into);
        }
        std::mem::swap(values, &mut merged);
        width *= 2;
    }
    swaps as i128
}

/// Values sorted by insertion before merging begins.
const RUN: usize = 16;

fn insert_counting_swaps(run: &mut [u64]) -> u64 {
    let mut swaps = 0;
    for at in 1..run.len() {
        let value = run[at];
        let mut to = at;
        while to > 0 && run[to - 1] > value {
            run[to] = run[to - 1];
            to -= 1;
        }
        run[to] = value;
        swaps += (at - to) as u64;
    }
    swaps
}

fn merge_counting_swaps(left: &[u64], right: &[u64], into: &mut [u64]) -> u64 {
    let (mut l, mut r, mut swaps) = (0, 0, 0);
    for slot in into {
        // No branch on the comparison, which cannot be predicted.
        let from_left = l < left.len() && (r == right.len() || left[l] <= right[r]);
        *slot = if from_left { left[l] } else { right[r] };
        swaps += u64::from(!from_left) * (left.len() - l) as u64;
        l += usize::from(from_left);
        r += usize::from(!from_left);
    }
    swaps
}

/// Pearson's r from −1 to 1.
///
/// `None` as for [`kendall`].
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    if !comparable(x, y) {
        return None;
    }
    let (x, y) = (centred(x)?, centred(y)?);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (dot(&x, &x) * dot(&y, &y)).sqrt();
    Some((dot(&x, &y) / scale).clamp(-1.0, 1.0))
}

/// The deviations from the mean divided by the largest; `None` for a constant. The scaling keeps
/// tiny and huge units from under- and overflowing; that before the mean is by a power of two, so
/// it rounds nothing and reversed ranks stay exactly opposite.
fn centred(values: &[f64]) -> Option<Vec<f64>> {
    let size = values.iter().fold(0.0f64, |size, v| size.max(v.abs()));
    if values.iter().all(|v| *v == values[0]) {
        return None;
    }
    let power = size.log2().clamp(-1000.0, 1000.0) as i32;
    let unit: Vec<f64> = values.iter().map(|v| v * 2f64.powi(-power)).collect();
    let mean = unit.iter().sum::<f64>() / unit.len() as f64;
    let largest = unit
        .iter()
        .fold(0.0f64, |largest, v| largest.max((v - mean).abs()));
    (largest > 0.0).then(|| unit.iter().map(|v| (v - mean) / largest).collect())
}

/// Spearman's ρ from −1 to 1: Pearson's r of the average ranks.
///
/// `None` as for [`kendall`].
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if !comparable(x, y) {
        return None;
    }
    pearson(&ranks_and_ties(x).0, &ranks_and_ties(y).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: Option<f64>, b: f64) {
        let a = a.expect("defined");
        assert!((a - b).abs() < 1e-14, "{a} is not {b}");
    }

    /// `kendalltau(x, y).statistic, spearmanr(x, y).statistic, pearsonr(x, y).statistic` of
    /// scipy.stats with x=[1,2,2,3,5,5,5,8,9,0], y=[2,1,3,3,4,4,9,7,7,1], and with
    /// x=[(i*37)%101%17 for i in range(200)], y=[(i*53)%97%13+(i%3) for i in range(200)].
    #[test]
    fn agrees_with_scipy_with_ties() {
        let x = [1.0, 2.0, 2.0, 3.0, 5.0, 5.0, 5.0, 8.0, 9.0, 0.0];
        let y = [2.0, 1.0, 3.0, 3.0, 4.0, 4.0, 9.0, 7.0, 7.0, 1.0];
        close(kendall(&x, &y), 0.7804878048780488);
        close(spearman(&x, &y), 0.8847394956456275);
        close(pearson(&x, &y), 0.8167547171489912);
        let x: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 101 % 17)).collect();
        let y: Vec<f64> = (0..200)
            .map(|i| f64::from(i * 53 % 97 % 13 + i % 3))
            .collect();
        close(kendall(&x, &y), 0.14387415611197304);
        close(spearman(&x, &y), 0.16292491272497084);
        close(pearson(&x, &y), 0.1672622067054293);
    }

    #[test]
    fn degenerate_inputs() {
        for correlation in [kendall, spearman, pearson] {
            assert_eq!(correlation(&[], &[]), None);
            assert_eq!(correlation(&[1.0], &[1.0]), None);
            assert_eq!(correlation(&[1.0, 2.0], &[1.0]), None);
            assert_eq!(correlation(&[1.0, 2.0], &[3.0, 3.0]), None);
            assert_eq!(correlation(&[1.0, f64::NAN], &[1.0, 2.0]), None);
            assert_eq!(correlation(&[0.0, -0.0], &[1.0, 2.0]), None);
            assert_eq!(correlation(&[1e-300, 2e-300], &[1e300, -1e300]), Some(-1.0));
        }
    }

    fn many() -> impl Strategy<Value = Vec<(f64, f64)>> {
        let value = || (0..8i32).prop_map(f64::from);
        prop::collection::vec((value(), value()), 2..40)
    }

    proptest! {
        #[test]
        fn kendall_agrees_with_counting_all_pairs(pairs in many()) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
            let (mut sum, mut free_x, mut free_y) = (0.0, 0.0, 0.0);
            for i in 0..pairs.len() {
                for j in 0..i {
                    let sign = |v: f64| if v == 0.0 { 0.0 } else { v.signum() };
                    let (dx, dy) = (sign(x[i] - x[j]), sign(y[i] - y[j]));
                    sum += dx * dy;
                    free_x += dx * dx;
                    free_y += dy * dy;
                }
            }
            let expected = (free_x * free_y > 0.0).then(|| sum / (free_x * free_y).sqrt());
            prop_assert_eq!(kendall(&x, &y), expected);
        }

        #[test]
        fn correlations_are_symmetric_bounded_and_one_with_itself(pairs in many()) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
            let minus: Vec<f64> = x.iter().map(|v| -v).collect();
            for correlation in [kendall, spearman, pearson] {
                prop_assert_eq!(correlation(&x, &y), correlation(&y, &x));
                prop_assert!(correlation(&x, &y).is_none_or(|r| (-1.0..=1.0).contains(&r)));
                prop_assert!(correlation(&x, &x).is_none_or(|r| r == 1.0));
                prop_assert!(correlation(&x, &minus).is_none_or(|r| r == -1.0));
            }
        }
    }
}
