//! Weighted sums of a kernel that is a product over decisions, evaluated for many architectures at once.
//!
//! With k(x, x') = Π_d κ_d(x_d, x'_d), the factors of the leading decisions are shared by all architectures with the
//! same leading options. The architectures are taken in order, products are kept for every prefix, and the last
//! decision needs one sum per option: about n multiplications in all for the architectures that differ only there,
//! instead of n exponentials for each.

use super::matrix::vectorised;
use crate::space::Architecture;
use serde::{Deserialize, Serialize};

/// Sums kept side by side.
const LANES: usize = 8;

/// Training points as option codes, in order of their last decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Choices {
    /// Row-major: one option code for each decision.
    codes: Vec<u8>,
    decisions: usize,
    /// The position each point had before it was put in order.
    order: Vec<u32>,
}

/// κ of one decision: row-major, options × options.
pub(super) type OptionKernel = Vec<f64>;

impl Choices {
    /// The points `archs`.
    pub(super) fn new(archs: &[Architecture]) -> Self {
        let decisions = archs.first().map_or(0, |arch| arch.decisions().len());
        let mut order: Vec<u32> = (0..archs.len() as u32).collect();
        order.sort_by_key(|&at| {
            (
                archs[at as usize].decisions().last().copied(),
                archs[at as usize],
            )
        });
        let codes = order
            .iter()
            .flat_map(|&at| archs[at as usize].decisions().iter().copied())
            .collect();
        Self {
            codes,
            decisions,
            order,
        }
    }

    /// The number of points.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The option codes of the point at `at`, in the order kept here.
    pub(super) fn point(&self, at: usize) -> &[u8] {
        &self.codes[at * self.decisions..][..self.decisions]
    }

    /// The points, in the order kept here.
    pub(super) fn architectures(&self) -> Vec<Architecture> {
        (0..self.len())
            .map(|at| Architecture::new(self.point(at)))
            .collect()
    }

    /// `values`, given in the order of the architectures, in the order kept here.
    pub(super) fn arrange(&self, values: &[f64]) -> Vec<f64> {
        self.order.iter().map(|&at| values[at as usize]).collect()
    }

    /// Rows of values in the order kept here, in the order of the architectures.
    pub(super) fn in_given_order(&self, rows: &[f64]) -> Vec<f64> {
        let mut given = vec![0.0; rows.len()];
        let n = self.len().max(1);
        for (row, given) in rows.chunks_exact(n).zip(given.chunks_exact_mut(n)) {
            for (value, &at) in row.iter().zip(&self.order) {
                given[at as usize] = *value;
            }
        }
        given
    }

    /// For each decision and option, the column of factors of all points.
    fn columns(&self, kernels: &[OptionKernel]) -> Vec<Vec<Vec<f64>>> {
        let column = |d: usize, kernel: &OptionKernel, option: usize, options: usize| {
            (0..self.len())
                .map(|i| kernel[option * options + usize::from(self.point(i)[d])])
                .collect()
        };
        kernels
            .iter()
            .enumerate()
            .map(|(d, kernel)| {
                let options = kernel.len().isqrt();
                (0..options)
                    .map(|option| column(d, kernel, option, options))
                    .collect()
            })
            .collect()
    }

    /// The ranges of points that share the option of their last decision, with that option.
    fn last_groups(&self) -> Vec<(usize, std::ops::Range<usize>)> {
        let mut groups: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
        for at in 0..self.len() {
            let option = usize::from(*self.point(at).last().unwrap_or(&0));
            match groups.last_mut() {
                Some((last, range)) if *last == option => range.end = at + 1,
                _ => groups.push((option, at..at + 1)),
            }
        }
        groups
    }

    /// Σ_i weights_i k(arch, x_i) for each architecture.
    pub(super) fn weighted_sums(
        &self,
        kernels: &[OptionKernel],
        weights: &[f64],
        archs: &[Architecture],
    ) -> Vec<f64> {
        let mut sums = vec![0.0; archs.len()];
        let Some(last) = self.decisions.checked_sub(1) else {
            return sums;
        };
        let columns = self.columns(kernels);
        let groups = self.last_groups();
        let options = kernels[last].len().isqrt();
        let mut group_sums = vec![0.0; groups.len()];
        let mut walk = Walk::new(weights, last);
        for at in in_order(archs) {
            let choices = archs[at as usize].decisions();
            if walk.follow(&columns, &choices[..last]) {
                for (sum, (_, range)) in group_sums.iter_mut().zip(&groups) {
                    *sum = vectorised!(lane_sum(&walk.products()[range.clone()]));
                }
            }
            let row = &kernels[last][usize::from(choices[last]) * options..][..options];
            let terms = groups.iter().zip(&group_sums);
            sums[at as usize] = terms.map(|((option, _), sum)| row[*option] * sum).sum();
        }
        sums
    }

    /// The row-major matrix of k(arch, x_i), points in the order kept here.
    pub(super) fn rows(&self, kernels: &[OptionKernel], archs: &[Architecture]) -> Vec<f64> {
        let n = self.len();
        let columns = self.columns(kernels);
        let mut rows = vec![0.0; archs.len() * n];
        let mut walk = Walk::new(&vec![1.0; n], self.decisions);
        for at in in_order(archs) {
            walk.follow(&columns, archs[at as usize].decisions());
            rows[at as usize * n..][..n].copy_from_slice(walk.products());
        }
        rows
    }
}

/// Positions of the architectures in their order.
pub(super) fn in_order(archs: &[Architecture]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..archs.len() as u32).collect();
    if !archs.is_sorted() {
        order.sort_by_key(|&at| archs[at as usize]);
    }
    order
}

/// The products of the factors of a growing prefix of decisions, for every point.
struct Walk {
    /// Element 0 holds the weights; element d the products after d decisions.
    levels: Vec<Vec<f64>>,
    /// The options followed so far.
    prefix: Vec<u8>,
}

impl Walk {
    fn new(weights: &[f64], decisions: usize) -> Self {
        Self {
            levels: vec![weights.to_vec(); decisions + 1],
            prefix: Vec::new(),
        }
    }

    /// Goes to another prefix; false when it is the same.
    fn follow(&mut self, columns: &[Vec<Vec<f64>>], prefix: &[u8]) -> bool {
        let shared = self
            .prefix
            .iter()
            .zip(prefix)
            .take_while(|(a, b)| a == b)
            .count();
        if shared == prefix.len() && self.prefix.len() == prefix.len() && !prefix.is_empty() {
            return false;
        }
        for d in shared..prefix.len() {
            let (before, after) = self.levels.split_at_mut(d + 1);
            let factors = &columns[d][usize::from(prefix[d])];
            vectorised!(multiply(&before[d], factors, &mut after[0]));
        }
        self.prefix.clear();
        self.prefix.extend_from_slice(prefix);
        true
    }

    /// The products after all decisions of the prefix.
    fn products(&self) -> &[f64] {
        &self.levels[self.prefix.len()]
    }
}

#[inline(always)]
fn multiply(a: &[f64], b: &[f64], out: &mut [f64]) {
    for ((slot, a), b) in out.iter_mut().zip(a).zip(b) {
        *slot = a * b;
    }
}

/// The sum in a fixed order of lanes, so that it vectorises and is the same everywhere.
#[inline(always)]
fn lane_sum(values: &[f64]) -> f64 {
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        for (lane, v) in lanes.iter_mut().zip(block) {
            *lane += v;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use crate::space::{Nb201, SearchSpace};

    #[test]
    fn sums_and_rows_agree_with_the_definition() {
        let space = Nb201::shared();
        let mut rng = derive_rng(1, &["product kernel"]);
        let points: Vec<Architecture> = (0..37).map(|_| space.sample(&mut rng)).collect();
        let asked: Vec<Architecture> = (0..50).map(|_| space.sample(&mut rng)).collect();
        let kernels: Vec<OptionKernel> = (0..6)
            .map(|d| {
                (0..25)
                    .map(|at| {
                        if at % 6 == 0 {
                            1.0
                        } else {
                            (-0.1 * (d + at % 3) as f64).exp()
                        }
                    })
                    .collect()
            })
            .collect();
        let weights: Vec<f64> = (0..37).map(|i| (i % 5) as f64 - 1.5).collect();
        let choices = Choices::new(&points);
        let sums = choices.weighted_sums(&kernels, &choices.arrange(&weights), &asked);
        let rows = choices.rows(&kernels, &asked);
        for (q, arch) in asked.iter().enumerate() {
            let k = |point: &[u8]| -> f64 {
                let pairs = arch.decisions().iter().zip(point).enumerate();
                pairs
                    .map(|(d, (&a, &b))| kernels[d][usize::from(a) * 5 + usize::from(b)])
                    .product()
            };
            let expected: f64 = points
                .iter()
                .zip(&weights)
                .map(|(p, w)| w * k(p.decisions()))
                .sum();
            assert!((sums[q] - expected).abs() < 1e-12);
            for i in 0..37 {
                assert!((rows[q * 37 + i] - k(choices.point(i))).abs() < 1e-15);
            }
        }
    }
}
