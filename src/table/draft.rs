//! Values under construction: they come in any order, one row after another or not.

use super::attribute::Attribute;
use super::epochs::Epochs;
use super::meaning::Meaning;
use super::task::AttributeColumn;
use super::values::Values;

/// Values that grow with the rows; NaN marks a missing one and is no value.
pub(super) struct Draft {
    pub(super) stride: usize,
    values: Vec<f64>,
}

impl Draft {
    pub(super) fn new(stride: usize) -> Self {
        Self {
            stride,
            values: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn set(&mut self, row: usize, at: usize, value: f64) -> Result<(), String> {
        if !value.is_finite() {
            return Err(format!("{value} is not a number; leave missing values out"));
        }
        let end = (row + 1) * self.stride;
        if self.values.len() < end {
            self.values.resize(end, f64::NAN);
        }
        let place = &mut self.values[row * self.stride + at];
        if !place.is_nan() && *place != value {
            return Err(format!("has two values, {place} and {value}"));
        }
        *place = value;
        Ok(())
    }

    /// Whether a row has a value.
    #[inline]
    pub(super) fn has(&self, row: usize) -> bool {
        let of_row = self.values.get(row * self.stride..(row + 1) * self.stride);
        of_row.is_some_and(|values| values.iter().any(|v| !v.is_nan()))
    }

    /// Whether any row has a value.
    pub(super) fn has_any(&self) -> bool {
        !self.values.is_empty()
    }

    /// Whether, in each row, all seeds that have a value have the same.
    pub(super) fn seeds_agree(&self) -> bool {
        self.values.chunks(self.stride).all(|seeds| {
            let mut there = seeds.iter().filter(|v| !v.is_nan());
            let first = there.next();
            there.all(|v| Some(v) == first)
        })
    }

    /// Keeps the first value of each row.
    pub(super) fn keep_first(&mut self) {
        let first = |seeds: &[f64]| {
            seeds
                .iter()
                .copied()
                .find(|v| !v.is_nan())
                .unwrap_or(f64::NAN)
        };
        self.values = self.values.chunks(self.stride).map(first).collect();
        self.stride = 1;
    }

    /// The values with row `order[i]` at place i.
    pub(super) fn finish(mut self, order: &[usize]) -> Values {
        self.values.resize(order.len() * self.stride, f64::NAN);
        let mut numbers = Vec::with_capacity(self.values.len());
        for &row in order {
            numbers.extend_from_slice(&self.values[row * self.stride..][..self.stride]);
        }
        drop(self.values);
        Values::from_nan(numbers)
    }
}

/// A series under construction, of the schedule at this position.
pub(super) struct SeriesDraft {
    pub(super) schedule: usize,
    pub(super) meaning: Meaning,
    pub(super) epochs: Epochs,
    pub(super) is_fraction: bool,
    pub(super) draft: Draft,
}

/// A figure of architectures under construction; with a schedule, one for each of its seeds.
pub(super) struct AttributeDraft {
    pub(super) attribute: Attribute,
    pub(super) schedule: Option<usize>,
    pub(super) draft: Draft,
}

impl AttributeDraft {
    /// The column in this order of rows; of one figure each where the seeds agree.
    pub(super) fn finish(mut self, order: &[usize]) -> AttributeColumn {
        if self.draft.seeds_agree() {
            self.draft.keep_first();
            self.schedule = None;
        }
        AttributeColumn {
            attribute: self.attribute,
            schedule: self.schedule,
            seeds: self.draft.stride,
            values: self.draft.finish(order),
        }
    }
}
