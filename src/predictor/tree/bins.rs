//! Features in at most 256 bins: bit-like features have two, others are cut between their training values.

use crate::encoding::Features;
use crate::error::Error;
use crate::predictor::linear::check_columns;
use crate::space::Architecture;
use serde::{Deserialize, Serialize};

/// The most cuts of a column, so that a bin fits a byte and the last value is free to mean "never above".
const MOST_CUTS: usize = 254;

/// Where each column is cut: the bin of a value is the number of cuts below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::predictor) struct Bins {
    cuts: Vec<Vec<f64>>,
}

impl Bins {
    /// Cuts half way between neighbouring training values, or between quantiles where there are too many.
    pub(in crate::predictor) fn of(features: &Features) -> Self {
        let cuts = (0..features.columns())
            .map(|column| {
                let mut values: Vec<f64> = features.iter().map(|row| row[column]).collect();
                values.sort_unstable_by(f64::total_cmp);
                values.dedup();
                let between = values.windows(2).map(|w| w[0] + (w[1] - w[0]) / 2.0);
                let cuts: Vec<f64> = between.collect();
                if cuts.len() <= MOST_CUTS {
                    return cuts;
                }
                let step = cuts.len() as f64 / MOST_CUTS as f64;
                (0..MOST_CUTS)
                    .map(|at| cuts[((at as f64 + 0.5) * step) as usize])
                    .collect()
            })
            .collect();
        Self { cuts }
    }

    /// The number of columns.
    pub(in crate::predictor) fn columns(&self) -> usize {
        self.cuts.len()
    }

    /// The number of bins of each column.
    pub(super) fn counts(&self) -> impl Iterator<Item = usize> {
        self.cuts.iter().map(|cuts| cuts.len() + 1)
    }

    /// The bins of all features.
    ///
    /// # Errors
    /// When there are more or fewer columns.
    pub(in crate::predictor) fn apply(&self, features: &Features) -> Result<Binned, Error> {
        check_columns(features, self.cuts.len())?;
        let stride = self.cuts.len() + 1;
        let mut codes = Vec::with_capacity(features.rows() * stride);
        for at in 0..features.rows() {
            codes.push(0);
            let columns = features.row(at).iter().zip(&self.cuts);
            codes.extend(columns.map(|(v, cuts)| match cuts.as_slice() {
                [] => 0,
                [cut] => u8::from(v > cut),
                cuts => cuts.partition_point(|cut| cut < v) as u8,
            }));
        }
        Ok(Binned {
            rows: features.rows(),
            stride,
            is_binary: self.cuts.iter().all(|cuts| cuts.len() <= 1),
            codes,
        })
    }
}

/// Row-major bins. Before the first column stands one that is always 0: what a leaf tests.
#[derive(Debug, Clone)]
pub(in crate::predictor) struct Binned {
    rows: usize,
    /// Columns and the one before them.
    stride: usize,
    codes: Vec<u8>,
    /// Whether no column has more than two bins.
    is_binary: bool,
}

impl Binned {
    /// The number of rows.
    pub(in crate::predictor) fn rows(&self) -> usize {
        self.rows
    }

    /// The bins of one row, one place behind their columns.
    pub(in crate::predictor) fn row(&self, at: usize) -> &[u8] {
        &self.codes[at * self.stride..][..self.stride]
    }

    /// The rows in this order, by column, where no column has more than two bins.
    pub(super) fn blocks(&self, order: &[u32]) -> Option<Blocks> {
        if !self.is_binary {
            return None;
        }
        let mut words = vec![0; order.len().div_ceil(BLOCK_ROWS) * self.stride];
        for (at, &row) in order.iter().enumerate() {
            let block = &mut words[at / BLOCK_ROWS * self.stride..][..self.stride];
            for (word, &code) in block.iter_mut().zip(self.row(row as usize)) {
                *word |= u64::from(code) << (at % BLOCK_ROWS);
            }
        }
        Some(Blocks {
            stride: self.stride,
            rows: order.len(),
            words,
        })
    }
}

/// Rows of a block, a bit for each.
pub(super) const BLOCK_ROWS: usize = 64;

/// Blocks of rows, for each column the rows of the block whose bin in it is 1.
pub(super) struct Blocks {
    /// Columns and the one before them.
    stride: usize,
    rows: usize,
    words: Vec<u64>,
}

impl Blocks {
    /// Architectures in this order, in the one-hot encoding of decisions with these numbers of options.
    pub(super) fn one_hot(archs: &[Architecture], order: &[u32], options: &[usize]) -> Self {
        let stride = options.iter().sum::<usize>() + 1;
        let mut words = vec![0; order.len().div_ceil(BLOCK_ROWS) * stride];
        for (at, &row) in order.iter().enumerate() {
            let block = &mut words[at / BLOCK_ROWS * stride..][..stride];
            let mut first = 1;
            for (&option, options) in archs[row as usize].decisions().iter().zip(options) {
                block[first + usize::from(option)] |= 1 << (at % BLOCK_ROWS);
                first += options;
            }
        }
        Self {
            stride,
            rows: order.len(),
            words,
        }
    }

    /// The number of blocks.
    pub(super) fn len(&self) -> usize {
        self.rows.div_ceil(BLOCK_ROWS)
    }

    /// The columns of a block.
    pub(super) fn columns(&self, block: usize) -> &[u64] {
        &self.words[block * self.stride..][..self.stride]
    }

    /// The rows there are in a block.
    pub(super) fn rows(&self, block: usize) -> u64 {
        match self.rows - block * BLOCK_ROWS {
            rest if rest < BLOCK_ROWS => (1 << rest) - 1,
            _ => u64::MAX,
        }
    }
}
