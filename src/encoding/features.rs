//! The row-major matrix of features.

use crate::error::Error;

/// A dense row-major matrix of finite numbers: one row for each architecture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Features {
    /// The matrix of `rows` × `columns` zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            values: vec![0.0; rows * columns],
        }
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
        Ok(Self {
            rows,
            columns,
            values,
        })
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
        &self.values
    }

    /// The features of one architecture.
    pub fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.columns..][..self.columns]
    }

    /// The features of one architecture, to be set. What is set must be finite.
    pub(super) fn row_mut(&mut self, at: usize) -> &mut [f64] {
        &mut self.values[at * self.columns..][..self.columns]
    }

    /// Each row in turn; none where there are no columns.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns.max(1))
    }

    /// The rows at these positions, in this order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        for &row in rows {
            values.extend_from_slice(self.row(row));
        }
        Self {
            rows: rows.len(),
            columns: self.columns,
            values,
        }
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
        Ok(Self {
            rows: self.rows,
            columns,
            values,
        })
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
