//! Ranks within a block, ties sharing the average of the ranks they span.
//!
//! Midranks as in Friedman, "The use of ranks to avoid the assumption of normality", JASA 1937;
//! the smallest value (the lowest regret) has rank 1.

use super::{by_value, shape, usable};

/// The average ranks of `values`, 1 for the smallest, and the sizes of the groups of equal values
/// in ascending order of value. The values must be finite.
pub(super) fn ranks_and_ties(values: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| by_value(&values[a], &values[b]).then(a.cmp(&b)));
    let mut ranks = vec![0.0; values.len()];
    let mut ties = Vec::new();
    let mut done = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = done as f64 + (group.len() as f64 + 1.0) / 2.0;
        for &index in group {
            ranks[index] = rank;
        }
        done += group.len();
        ties.push(group.len());
    }
    (ranks, ties)
}

/// Σ (t³ − t) over the sizes t of tied groups, the term of every tie correction.
pub(super) fn tie_term(ties: &[usize]) -> f64 {
    ties.iter()
        .map(|&t| (t as f64).powi(3) - t as f64)
        .sum::<f64>()
}

/// The average ranks of `values`, 1 for the smallest; they sum to n (n + 1) / 2.
///
/// `None` without values or with one that is not finite.
pub fn average_ranks(values: &[f64]) -> Option<Vec<f64>> {
    usable(values).then(|| ranks_and_ties(values).0)
}

/// The ranks within every row (a block: a task or replicate), one column a strategy.
///
/// `None` for an empty or ragged table or a value that is not finite.
pub fn row_ranks<R: AsRef<[f64]>>(rows: &[R]) -> Option<Vec<Vec<f64>>> {
    shape(rows)?;
    rows.iter().map(|row| average_ranks(row.as_ref())).collect()
}

/// The mean over the rows of the rank within the row, one for each column.
///
/// `None` as for [`row_ranks`].
pub fn mean_ranks<R: AsRef<[f64]>>(rows: &[R]) -> Option<Vec<f64>> {
    let (blocks, columns) = shape(rows)?;
    let mut sums = vec![0.0; columns];
    for row in row_ranks(rows)? {
        for (sum, rank) in sums.iter_mut().zip(row) {
            *sum += rank;
        }
    }
    Some(sums.into_iter().map(|sum| sum / blocks as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `scipy.stats.rankdata([[9,7,6,8],[4,4,5,1],[3,2,2,2],[8,8,8,8]], axis=1)`
    #[test]
    fn agrees_with_rankdata() {
        let rows = [
            [9.0, 7.0, 6.0, 8.0],
            [4.0, 4.0, 5.0, 1.0],
            [3.0, 2.0, 2.0, 2.0],
            [8.0; 4],
        ];
        let expected = [
            vec![4.0, 2.0, 1.0, 3.0],
            vec![2.5, 2.5, 4.0, 1.0],
            vec![4.0, 2.0, 2.0, 2.0],
            vec![2.5; 4],
        ];
        assert_eq!(row_ranks(&rows), Some(expected.to_vec()));
        assert_eq!(mean_ranks(&rows), Some(vec![3.25, 2.25, 2.375, 2.125]));
    }

    #[test]
    fn degenerate_tables() {
        assert_eq!(average_ranks(&[]), None);
        assert_eq!(average_ranks(&[f64::NAN]), None);
        assert_eq!(average_ranks(&[0.0, -0.0]), Some(vec![1.5, 1.5]));
        assert_eq!(mean_ranks(&[vec![1.0], vec![1.0, 2.0]]), None);
        assert_eq!(mean_ranks::<Vec<f64>>(&[]), None);
        assert_eq!(mean_ranks(&[[5.0]]), Some(vec![1.0]));
    }

    proptest! {
        #[test]
        fn ranks_sum_to_the_triangle_and_follow_the_order(
            v in prop::collection::vec((0..12i32).prop_map(f64::from), 1..30)
        ) {
            let ranks = average_ranks(&v).expect("finite");
            let n = v.len() as f64;
            prop_assert_eq!(ranks.iter().sum::<f64>(), n * (n + 1.0) / 2.0);
            for i in 0..v.len() {
                let below = v.iter().filter(|x| **x < v[i]).count() as f64;
                let equal = v.iter().filter(|x| **x == v[i]).count() as f64;
                prop_assert_eq!(ranks[i], below + (equal + 1.0) / 2.0);
            }
        }
    }
}
