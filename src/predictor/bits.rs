//! Rows of features that are all 0 or 1, packed into words.

use crate::encoding::Features;
use serde::{Deserialize, Serialize};

/// Packed rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct BitRows {
    /// Words of a row.
    words: usize,
    bits: Vec<u64>,
}

impl BitRows {
    /// The rows of `features`, if they are all 0 or 1.
    pub(super) fn of(features: &Features) -> Option<Self> {
        let words = features.columns().div_ceil(64).max(1);
        let mut bits = Vec::with_capacity(features.rows() * words);
        for at in 0..features.rows() {
            for part in features.row(at).chunks(64) {
                let mut word = 0;
                for (bit, &v) in part.iter().enumerate() {
                    if v != 0.0 && v != 1.0 {
                        return None;
                    }
                    word |= u64::from(v == 1.0) << bit;
                }
                bits.push(word);
            }
        }
        Some(Self { words, bits })
    }

    /// The first `columns` features of each row, row after row, as numbers.
    pub(super) fn to_rows(&self, columns: usize) -> Vec<f64> {
        let rows = self.bits.chunks_exact(self.words);
        let bit = |row: &[u64], at: usize| f64::from((row[at / 64] >> (at % 64) & 1) as u8);
        rows.flat_map(|row| (0..columns).map(move |at| bit(row, at)))
            .collect()
    }

    #[inline(always)]
    fn row(&self, at: usize) -> &[u64] {
        &self.bits[at * self.words..][..self.words]
    }

    /// In how many features row `at` differs from row `other_at` of `other`; fastest inside `vectorised!`.
    #[inline(always)]
    pub(super) fn distance(&self, at: usize, other: &Self, other_at: usize) -> u32 {
        let words = self.row(at).iter().zip(other.row(other_at));
        words.map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}
