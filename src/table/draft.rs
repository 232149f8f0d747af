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
    /// How many there are.
    known: usize,
}

/// Places that a series has without being asked how many of them are filled.
const FREE: usize = 1 << 26;
/// The least share of places that are filled: one in so many.
const SPARSEST: usize = 1 << 16;
/// Places that are made at once for all rows that are known.
const AT_ONCE: usize = 1 << 22;

impl Draft {
    pub(super) fn new(stride: usize) -> Self {
        Self {
            stride,
            values: Vec::new(),
            known: 0,
        }
    }

    /// Sets a value; `rows` are known so far.
    #[inline]
    pub(super) fn set(
        &mut self,
        row: usize,
        at: usize,
        value: f64,
        rows: usize,
    ) -> Result<(), String> {
        // The way of nearly every value.
        if let Some(place) = self.values.get_mut(row * self.stride + at)
            && place.is_nan()
            && value.is_finite()
        {
            *place = value;
            self.known += 1;
            return Ok(());
        }
        self.set_slowly(row, at, value, rows)
    }

    #[cold]
    fn set_slowly(&mut self, row: usize, at: usize, value: f64, rows: usize) -> Result<(), String> {
        if !value.is_finite() {
            return Err(format!("{value} is not a number; leave missing values out"));
        }
        let end = (row + 1) * self.stride;
        if self.values.len() < end {
            self.grow(end, rows)?;
        }
        let place = &mut self.values[row * self.stride + at];
        if !place.is_nan() && *place != value {
            return Err(format!("has two values, {place} and {value}"));
        }
        self.known += usize::from(place.is_nan());
        *place = value;
        Ok(())
    }

    /// Sets values that are next to each other, at once; `false`, and nothing is set, where that cannot be.
    fn set_run(
        &mut self,
        row: usize,
        at: usize,
        values: impl ExactSizeIterator<Item = f64> + Clone,
        rows: usize,
    ) -> bool {
        let (from, end) = (row * self.stride + at, (row + 1) * self.stride);
        if self.values.len() < end && self.grow(end, rows).is_err() {
            return false;
        }
        let places = &mut self.values[from..from + values.len()];
        // Without branches many are looked at in one step.
        let (mut fit, mut added) = (true, 0);
        for (place, value) in places.iter().zip(values.clone()) {
            let is_free = place.is_nan();
            fit &= (is_free | (*place == value)) & value.is_finite();
            added += usize::from(is_free);
        }
        if fit {
            for (place, value) in places.iter_mut().zip(values) {
                *place = value;
            }
            self.known += added;
        }
        fit
    }

    /// Takes one value for each row; what is no number is missing.
    ///
    /// # Panics
    /// When there are seeds or values.
    pub(super) fn set_all(&mut self, mut values: Vec<f64>) {
        assert!(
            self.stride == 1 && self.values.is_empty(),
            "an empty column is expected"
        );
        // Without branches many are looked at in one step.
        for value in &mut values {
            let is_there = value.is_finite();
            *value = if is_there { *value } else { f64::NAN };
            self.known += usize::from(is_there);
        }
        self.values = values;
    }

    /// Makes room, at once for all rows that are known where that is little. A small file must not ask for a large table
    /// of places that stay empty.
    fn grow(&mut self, end: usize, rows: usize) -> Result<(), String> {
        if end > FREE && self.known < end / SPARSEST {
            return Err(format!("{end} places of which {} are filled", self.known));
        }
        let all = rows.saturating_mul(self.stride);
        let end = if all <= AT_ONCE { end.max(all) } else { end };
        self.values.resize(end, f64::NAN);
        Ok(())
    }

    /// Makes room within each row: what was at `i` goes to `places[i]` of `stride`.
    pub(super) fn spread(&mut self, stride: usize, places: &[usize]) {
        let rows = self.values.len() / self.stride;
        let mut values = vec![f64::NAN; rows * stride];
        for (old, new) in self
            .values
            .chunks(self.stride)
            .zip(values.chunks_mut(stride))
        {
            for (value, place) in old.iter().zip(places) {
                new[*place] = *value;
            }
        }
        (self.stride, self.values) = (stride, values);
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
        let are_single = self.stride == 1;
        are_single
            || self.values.chunks(self.stride).all(|seeds| {
                let mut there = seeds.iter().filter(|v| !v.is_nan());
                let first = there.next();
                there.all(|v| Some(v) == first)
            })
    }

    /// Keeps the first value of each row.
    pub(super) fn keep_first(&mut self) {
        if self.stride == 1 {
            return;
        }
        let first = |seeds: &[f64]| {
            seeds
                .iter()
                .copied()
                .find(|v| !v.is_nan())
                .unwrap_or(f64::NAN)
        };
        self.values = self.values.chunks(self.stride).map(first).collect();
        self.known = self.values.iter().filter(|v| !v.is_nan()).count();
        self.stride = 1;
    }

    /// The values with row `order[i]` at place i.
    pub(super) fn finish(mut self, order: &Order) -> Values {
        let Order {
            rows: order,
            is_sorted,
        } = order;
        self.values.resize(order.len() * self.stride, f64::NAN);
        if *is_sorted {
            return match self.known == self.values.len() {
                true => Values::owned(self.values, None),
                false => Values::from_nan(self.values),
            };
        }
        let mut numbers = Vec::with_capacity(self.values.len());
        match self.stride {
            1 => numbers.extend(order.iter().map(|row| self.values[*row])),
            stride => {
                for &row in order {
                    numbers.extend_from_slice(&self.values[row * stride..][..stride]);
                }
            }
        }
        drop(self.values);
        Values::from_nan(numbers)
    }
}

/// The row that comes to each place in the end.
pub(super) struct Order {
    rows: Vec<usize>,
    is_sorted: bool,
}

impl Order {
    pub(super) fn new(rows: Vec<usize>) -> Self {
        let is_sorted = rows.is_sorted();
        Self { rows, is_sorted }
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

impl SeriesDraft {
    /// Sets a value of a row: the seed by its position, the epoch by its number; `rows` are known so far.
    #[inline]
    pub(super) fn set(
        &mut self,
        row: usize,
        seed: usize,
        epoch: u32,
        value: f64,
        rows: usize,
    ) -> Result<(), String> {
        let (stride, epochs) = (self.draft.stride, self.epochs.len());
        match self.epochs.position(epoch) {
            None => Err(format!("no epoch {epoch} among {}", self.epochs)),
            Some(at) if seed.saturating_mul(epochs).saturating_add(at) >= stride => {
                Err(format!("no seed {seed} among {}", stride / epochs))
            }
            Some(_) if self.is_fraction && !(0.0..=1.0).contains(&value) => {
                Err(format!("{value} is not a fraction in 0 to 1"))
            }
            Some(at) => self.draft.set(row, seed * epochs + at, value, rows),
        }
    }

    /// Sets a value for each epoch of a seed, by its position; `false`, and nothing is set, where that cannot be.
    pub(super) fn set_curve(
        &mut self,
        row: usize,
        seed: usize,
        values: &[f64],
        rows: usize,
    ) -> bool {
        values.len() == self.epochs.len()
            && self.set_from(row, seed, 0, values.iter().copied(), rows)
    }

    /// Sets values of a seed whose epochs follow one another, in the order of the series; `false`, and nothing is set,
    /// where they do not or that cannot be.
    pub(super) fn set_points(
        &mut self,
        row: usize,
        seed: usize,
        points: &[(u32, f64)],
        rows: usize,
    ) -> bool {
        let Some(at) = points.first().and_then(|p| self.epochs.position(p.0)) else {
            return false;
        };
        let epochs = &self.epochs.as_slice()[at..];
        epochs.len() >= points.len()
            && epochs.iter().zip(points).all(|(epoch, p)| *epoch == p.0)
            && self.set_from(row, seed, at, points.iter().map(|p| p.1), rows)
    }

    /// Sets values from a position of the epochs on; they are not more than there are.
    fn set_from(
        &mut self,
        row: usize,
        seed: usize,
        at: usize,
        values: impl ExactSizeIterator<Item = f64> + Clone,
        rows: usize,
    ) -> bool {
        let epochs = self.epochs.len();
        let within = |all: bool, value: f64| all & (0.0..=1.0).contains(&value);
        seed < self.draft.stride / epochs
            && (!self.is_fraction || values.clone().fold(true, within))
            && self.draft.set_run(row, seed * epochs + at, values, rows)
    }
}

/// A figure of architectures under construction; with a schedule, one for each of its seeds.
pub(super) struct AttributeDraft {
    pub(super) attribute: Attribute,
    pub(super) schedule: Option<usize>,
    pub(super) draft: Draft,
}

impl AttributeDraft {
    /// The column in this order of rows; of one figure each where the seeds agree.
    pub(super) fn finish(mut self, order: &Order) -> AttributeColumn {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As many values of seeds as there are rows, of which half have none.
    #[test]
    fn rows_without_a_value_stay_so_when_one_seed_is_kept() {
        let mut draft = Draft::new(2);
        for (row, seed) in [(0, 0), (0, 1), (2, 0), (2, 1)] {
            draft.set(row, seed, row as f64, 4).expect("a number");
        }
        draft.keep_first();
        let values = draft.finish(&Order::new(vec![0, 1, 2, 3]));
        let found: Vec<Option<f64>> = (0..4)
            .map(|at| values.get(at).expect("in memory"))
            .collect();
        assert_eq!(found, [Some(0.0), None, Some(2.0), None]);
    }

    /// A run is as good as its values one by one, or is not set at all.
    #[test]
    fn a_run_is_set_whole_or_not_at_all() {
        let mut draft = Draft::new(4);
        draft.set(0, 1, 2.0, 2).expect("a number");
        assert!(
            !draft.set_run(0, 0, [1.0, 3.0].into_iter(), 2),
            "another value"
        );
        assert!(
            !draft.set_run(1, 0, [1.0, f64::NAN].into_iter(), 2),
            "no number"
        );
        assert_eq!(draft.known, 1);
        assert!(
            draft.set_run(0, 0, [1.0, 2.0, 3.0].into_iter(), 2),
            "the same value"
        );
        assert!(draft.set_run(1, 2, [4.0, 5.0].into_iter(), 2));
        assert_eq!(draft.known, 5);
        let values = draft.finish(&Order::new(vec![0, 1]));
        let found: Vec<Option<f64>> = (0..8)
            .map(|at| values.get(at).expect("in memory"))
            .collect();
        let [a, b, c, d, e] = [1.0, 2.0, 3.0, 4.0, 5.0].map(Some);
        assert_eq!(found, [a, b, c, None, None, None, d, e]);
    }

    /// Sixty-four seeds of a thousand epochs for two thousand rows, of which two have a value, would be a gigabyte.
    #[test]
    fn places_that_stay_empty_are_not_made() {
        let mut draft = Draft::new(64_000);
        draft.set(0, 63_999, 1.0, 1).expect("the first row");
        draft.set(20, 0, 2.0, 21).expect("little is free");
        let error = draft.set(2_000, 0, 3.0, 2_001).expect_err("too sparse");
        assert!(error.contains("places of which 2 are filled"), "{error}");
        assert!(draft.values.len() <= 21 * 64_000);
    }
}
