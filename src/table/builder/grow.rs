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
    pub(crate) fn add_epochs(&mut self, series: SeriesId, epochs: &[u32]) -> Result<(), String> {
        let s = &mut self.series[series.0];
        let mut all: Vec<u32> = [s.epochs.as_slice(), epochs].concat();
        all.sort_unstable();
        all.dedup();
        let (old, new) = (s.epochs.clone(), Epochs::new(&all)?);
        if old == new {
            return Ok(());
        }
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

    /// Whether a series has an epoch.
    pub(crate) fn has_epoch(&self, series: SeriesId, epoch: u32) -> bool {
        self.series[series.0].epochs.position(epoch).is_some()
    }
}
