//! The rows of a task under construction: an architecture gets the next one when it is first mentioned.

use super::rows::{MAX_DENSE, NO_ROW, key};
use crate::space::{Architecture, SearchSpace};
use std::collections::BTreeMap;

/// Rows by what identifies an architecture.
#[derive(Clone)]
pub(super) enum RowIndex {
    /// In a small space: the row of each raw architecture.
    Dense { rows: Vec<u32>, count: usize },
    /// In a large one: by key.
    Sparse(BTreeMap<u64, usize>),
    /// In a pool: by name.
    Named(BTreeMap<String, usize>),
}

impl RowIndex {
    pub(super) fn of_space(space: &dyn SearchSpace) -> Self {
        match space.raw_size() {
            size @ ..=MAX_DENSE => Self::Dense {
                rows: vec![NO_ROW; size as usize],
                count: 0,
            },
            _ => Self::Sparse(BTreeMap::new()),
        }
    }

    pub(super) fn pool() -> Self {
        Self::Named(BTreeMap::new())
    }

    /// How many rows there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Dense { count, .. } => *count,
            Self::Sparse(rows) => rows.len(),
            Self::Named(rows) => rows.len(),
        }
    }

    /// The row of an architecture, and whether it is new.
    ///
    /// # Panics
    /// When the rows have names.
    #[inline]
    pub(super) fn of_arch(
        &mut self,
        space: &dyn SearchSpace,
        arch: &Architecture,
    ) -> (usize, bool) {
        let key = key(space, arch);
        match self {
            Self::Dense { rows, count } => {
                let row = &mut rows[key as usize];
                let is_new = *row == NO_ROW;
                if is_new {
                    *row = *count as u32;
                    *count += 1;
                }
                (*row as usize, is_new)
            }
            Self::Sparse(rows) => {
                let next = rows.len();
                let row = *rows.entry(key).or_insert(next);
                (row, row == next)
            }
            Self::Named(_) => panic!("a pool's rows have names"),
        }
    }

    /// Gives every raw architecture its row, in order.
    ///
    /// # Panics
    /// When there is a row already, or the space is large.
    pub(super) fn add_all(&mut self) {
        match self {
            Self::Dense { rows, count: 0 } => {
                let all = rows.len();
                *self = Self::Dense {
                    rows: (0..all as u32).collect(),
                    count: all,
                };
            }
            _ => panic!("a small space without rows is expected"),
        }
    }

    /// The row of a name.
    ///
    /// # Panics
    /// When the rows are those of a space.
    pub(super) fn of_name(&mut self, name: &str) -> usize {
        let Self::Named(rows) = self else {
            panic!("only a pool's rows are names");
        };
        if let Some(row) = rows.get(name) {
            return *row;
        }
        rows.insert(name.to_string(), rows.len());
        rows.len() - 1
    }

    /// What a row is called in messages.
    pub(super) fn describe(&self, space: Option<&dyn SearchSpace>, row: usize) -> String {
        let key = match self {
            Self::Dense { rows, .. } => rows.iter().position(|r| *r as usize == row),
            Self::Sparse(rows) => {
                let found = rows.iter().find(|(_, at)| **at == row);
                found.map(|(key, _)| *key as usize)
            }
            Self::Named(rows) => {
                let found = rows.iter().find(|(_, at)| **at == row);
                return found.map_or(format!("row {row}"), |(name, _)| name.clone());
            }
        };
        match (key, space) {
            (Some(key), Some(space)) => space.display(&space.at_index(key as u64)),
            _ => format!("row {row}"),
        }
    }

    /// The keys in ascending order, each with its row; a pool's are the places of its names, which follow.
    pub(super) fn into_order(self) -> (Vec<u64>, Vec<usize>, Option<Vec<String>>) {
        match self {
            Self::Dense { rows, .. } => {
                let there = rows.iter().enumerate().filter(|(_, row)| **row != NO_ROW);
                let (keys, order) = there.map(|(key, row)| (key as u64, *row as usize)).unzip();
                (keys, order, None)
            }
            Self::Sparse(rows) => {
                let (keys, order) = rows.into_iter().unzip();
                (keys, order, None)
            }
            Self::Named(rows) => {
                let (names, order): (Vec<String>, Vec<usize>) = rows.into_iter().unzip();
                ((0..names.len() as u64).collect(), order, Some(names))
            }
        }
    }
}
