//! The row-major matrix of features.

use crate::error::Error;
use std::sync::OnceLock;

/// A dense row-major matrix of finite numbers: one row for each architecture.
///
/// One that is known by its ones is written out when it is first read: many models look at the architectures instead.
#[derive(Debug, Clone, Default)]
pub struct Features {
    rows: usize,
    columns: usize,
    /// Where no values are yet: as many columns for each row, in which it is 1, elsewhere 0.
    ones: Vec<u32>,
    values: OnceLock<Vec<f64>>,
}

impl PartialEq for Features {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.columns) == (other.rows, other.columns) && self.values() == other.values()
    }
}

impl Features {
    /// The matrix that is 1 in these columns, as many for each row, row after row, and 0 elsewhere.
    pub(super) fn of_ones(rows: usize, columns: usize, ones: Vec<u32>) -> Self {
        Self {
            rows,
            columns,
            ones,
            values: OnceLock::new(),
        }
    }

    fn dense(rows: usize, columns: usize, values: Vec<f64>) -> Self {
        Self {
            rows,
            columns,
            ones: Vec::new(),
            values: OnceLock::from(values),
        }
    }

    /// The matrix of `rows` × `columns` zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self::dense(rows, columns, vec![0.0; rows * columns])
    }

    /// The matrix with these values, row after row.
    ///
    /// # Errors
    /// When their number is not `rows × columns`, or one is not finite.
    pub fn from_rows(rows: usize, columns: usize, values: Vec<f64>) -> Result<Self, Error> {
        if values.len() != rows * columns {
            let problem = format!("{} values", values.len());
            return Err(
                Error::new("features", problem).mend(format!("expected {rows} × {columns}"))
            );
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            let (row, column) = (at / columns, at % columns);
            let problem = format!("row {row}, column {column} is {}", values[at]);
            return Err(Error::new("features", problem)
                .mend("expected finite numbers: leave out what is missing"));
        }
        Ok(Self::dense(rows, columns, values))
    }

    /// The number of architectures.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of features of each.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f64] {
        self.values.get_or_init(|| {
            let mut values = vec![0.0; self.rows * self.columns];
            let each = self.ones.len() / self.rows.max(1);
            let rows = values.chunks_exact_mut(self.columns.max(1));
            for (row, ones) in rows.zip(self.ones.chunks_exact(each.max(1))) {
                ones.iter().for_each(|&at| row[at as usize] = 1.0);
            }
            values
        })
    }

    /// The features of one architecture.
    pub fn row(&self, at: usize) -> &[f64] {
        &self.values()[at * self.columns..][..self.columns]
    }

    /// The features of one architecture, to be set. What is set must be finite.
    pub(super) fn row_mut(&mut self, at: usize) -> &mut [f64] {
        self.values();
        let values = self.values.get_mut().expect("written out");
        &mut values[at * self.columns..][..self.columns]
    }

    /// Each row in turn; none where there are no columns.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values().chunks_exact(self.columns.max(1))
    }

    /// The rows at these positions, in this order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        for &row in rows {
            values.extend_from_slice(self.row(row));
        }
        Self::dense(rows.len(), self.columns, values)
    }

    /// These columns followed by those of `other`, which has as many rows.
    ///
    /// # Errors
    /// When the numbers of rows differ.
    pub fn beside(&self, other: &Self) -> Result<Self, Error> {
        if self.rows != other.rows {
            let problem = format!("{} rows beside {}", self.rows, other.rows);
            return Err(Error::new("features", problem).mend("one row for each architecture"));
        }
        let columns = self.columns + other.columns;
        let mut values = Vec::with_capacity(self.rows * columns);
        for row in 0..self.rows {
            values.extend_from_slice(self.row(row));
            values.extend_from_slice(other.row(row));
        }
        Ok(Self::dense(self.rows, columns, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_gathered_and_put_beside_each_other() {
        let a = Features::from_rows(3, 2, vec![1., 2., 3., 4., 5., 6.]).expect("finite");
        let b = Features::from_rows(3, 1, vec![7., 8., 9.]).expect("finite");
        let both = a.beside(&b).expect("three rows");
        assert_eq!(both.gather(&[2, 0]).values(), [5., 6., 9., 1., 2., 7.]);
        assert_eq!(both.iter().count(), 3);
    }

    #[test]
    fn ones_are_written_out() {
        let written = [0., 1., 1., 1., 0., 1.];
        let features = Features::of_ones(2, 3, vec![1, 2, 0, 2]);
        assert_eq!(features.row(1), &written[3..]);
        let dense = Features::from_rows(2, 3, written.to_vec()).expect("finite");
        assert_eq!(features, dense);
        assert!(Features::of_ones(0, 3, Vec::new()).values().is_empty());
        assert_eq!(Features::of_ones(1, 1, Vec::new()).values(), [0.0]);
    }

    #[test]
    fn what_is_not_finite_or_does_not_fit_is_refused() {
        let error = Features::from_rows(1, 2, vec![0.0, f64::NAN]).expect_err("a NaN");
        assert!(error.to_string().contains("row 0, column 1 is NaN"));
        assert!(Features::from_rows(2, 2, vec![0.0]).is_err());
        assert!(
            Features::zeros(1, 1)
                .beside(&Features::zeros(2, 1))
                .is_err()
        );
    }
}
