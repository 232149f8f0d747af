//! Room for what only later files show: a seed or an epoch that the first ones did not have.

use super::{MAX_SEEDS, ScheduleId, SeriesId, TaskBuilder};
use crate::table::epochs::Epochs;

impl TaskBuilder {
    /// Adds a seed to a schedule, in ascending order, with room for it in all that the schedule has.
    pub(crate) fn add_seed(&mut self, schedule: ScheduleId, seed: u32) {
        let (name, seeds) = &mut self.schedules[schedule.0];
        if seeds.contains(&seed) {
            return;
        }
        if seeds.len() == MAX_SEEDS {
            let problem = format!("schedule `{name}` has more than {MAX_SEEDS} seeds");
            self.problem.get_or_insert(problem);
            return;
        }
        let at = seeds.partition_point(|known| *known < seed);
        let before = seeds.len();
        seeds.insert(at, seed);
        let moved = |seed: usize| seed + usize::from(seed >= at);
        for series in self.series.iter_mut().filter(|s| s.schedule == schedule.0) {
            let epochs = series.epochs.len();
            let places = (0..before * epochs).map(|p| moved(p / epochs) * epochs + p % epochs);
            let places: Vec<usize> = places.collect();
            series.draft.spread((before + 1) * epochs, &places);
        }
        let per_seed = |schedule_of: Option<usize>| schedule_of == Some(schedule.0);
        for figure in self.attributes.iter_mut().filter(|a| per_seed(a.schedule)) {
            let places: Vec<usize> = (0..before).map(moved).collect();
            figure.draft.spread(before + 1, &places);
        }
    }

    /// Adds epochs to a series.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn add_epochs(&mut self, series: SeriesId, epochs: &Epochs) -> Result<(), String> {
        let s = &mut self.series[series.0];
        let is_there = |epoch: &u32| s.epochs.position(*epoch).is_some();
        if s.epochs == *epochs || epochs.as_slice().iter().all(is_there) {
            return Ok(());
        }
        let mut all: Vec<u32> = [s.epochs.as_slice(), epochs.as_slice()].concat();
        all.sort_unstable();
        all.dedup();
        let (old, new) = (s.epochs.clone(), Epochs::new(&all)?);
        let seeds = s.draft.stride / old.len();
        let mut places = Vec::with_capacity(s.draft.stride);
        for seed in 0..seeds {
            let at = old.as_slice().iter().filter_map(|e| new.position(*e));
            places.extend(at.map(|at| seed * new.len() + at));
        }
        s.draft.spread(seeds * new.len(), &places);
        s.epochs = new;
        Ok(())
    }

    /// The epochs of a series.
    pub(crate) fn epochs(&self, series: SeriesId) -> &Epochs {
        &self.series[series.0].epochs
    }
}

#[cfg(test)]
mod tests {
    use crate::space;
    use crate::table::{Attribute, Epochs, Meaning, TaskBuilder};

    /// A seed and epochs that come late: what was set before is where it was, and the new places are empty.
    #[test]
    fn later_seeds_and_epochs_keep_what_is_there() {
        let space = space::open("nas-bench-201").expect("registered");
        let mut task = TaskBuilder::new("t", "nas-bench-201", "accuracy").expect("a task");
        let schedule = task.schedule("200", &[111, 999]);
        let epochs = Epochs::new(&[2, 4]).expect("epochs");
        let series = task.series(schedule, Meaning::VALID, epochs);
        let params = task.attribute_per_seed(Attribute::Params, schedule);
        let value = |row: u64, seed: u32, epoch: u32| {
            (row as f64 + f64::from(seed) / 1e4 + f64::from(epoch) / 1e2) / 10.0
        };
        let rows: Vec<_> = (0..3).map(|at| task.row(&space.at_index(at))).collect();
        for (at, row) in rows.iter().enumerate() {
            for (seed, published) in [111, 999].into_iter().enumerate() {
                for epoch in [2, 4] {
                    task.set(
                        series,
                        *row,
                        seed,
                        epoch,
                        value(at as u64, published, epoch),
                    );
                }
                task.put_for_seed(params, *row, seed, f64::from(published));
            }
        }
        task.add_seed(schedule, 777);
        task.add_seed(schedule, 777);
        let more = Epochs::new(&[1, 3, 4]).expect("epochs");
        task.add_epochs(series, &more).expect("room");
        assert_eq!(task.epochs(series), &Epochs::run(1, 4));
        task.set(series, rows[1], 1, 3, value(1, 777, 3));
        let task = task.finish().expect("sound");
        let schedule = &task.schedules()[0];
        assert_eq!(schedule.seeds, [111, 777, 999]);
        let series = &schedule.series[0];
        assert_eq!(series.epochs.as_slice(), [1, 2, 3, 4]);
        for row in 0..3_u64 {
            for (seed, published) in [111, 777, 999].into_iter().enumerate() {
                for (place, epoch) in (1..=4).enumerate() {
                    let is_there = match published {
                        777 => (row, epoch) == (1, 3),
                        _ => epoch % 2 == 0,
                    };
                    let expected = is_there.then(|| value(row, published, epoch));
                    assert_eq!(series.at(row as usize, seed, place), Ok(expected));
                }
            }
            let figures = task.attributes()[0].at(row as usize).expect("whole");
            let found: Vec<Option<f64>> = figures.iter().collect();
            assert_eq!(found, [Some(111.0), None, Some(999.0)]);
        }
    }
}
