//! The tasks that trainings belong to, as their architectures come.

use super::{ArchResults, Curve, DATA_SETS, Training};
use crate::error::Error;
use crate::space::SearchSpace;
use crate::table::{
    Attribute, AttributeId, Epochs, HardwareMetric, Meaning, ScheduleId, SeriesId, Task,
    TaskBuilder,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The tasks under construction.
///
/// What a benchmark trained (which data sets, schedules, seeds and epochs) is read off the architectures as they come:
/// mostly the first have what all have, and what a later one has beyond that is added.
pub(in crate::import) struct Tasks {
    space: Arc<dyn SearchSpace>,
    drafts: Vec<Option<Draft>>,
}

struct Draft {
    builder: TaskBuilder,
    schedules: Vec<Schedule>,
    params: AttributeId,
    flops: AttributeId,
    latency: AttributeId,
    /// The place of the schedule whose seeds the figures of the architecture are kept for.
    figures_of: usize,
}

struct Schedule {
    name: String,
    id: ScheduleId,
    seeds: Vec<u32>,
    series: Vec<(Meaning, SeriesId)>,
}

impl Tasks {
    /// # Errors
    /// When there is no training in `first`.
    pub(in crate::import) fn new(
        space: Arc<dyn SearchSpace>,
        first: &[ArchResults],
    ) -> Result<Self, Error> {
        if first.iter().all(|a| a.trainings.is_empty()) {
            return Err(Error::new("all_results", "holds no training"));
        }
        let trainings = || first.iter().flat_map(|a| &a.trainings);
        let drafts = (0..DATA_SETS.len())
            .map(|at| {
                let of_task: Vec<&Training> = trainings().filter(|t| t.data_set == at).collect();
                match of_task.is_empty() {
                    true => Ok(None),
                    false => Draft::new(space.name(), DATA_SETS[at].1, &of_task).map(Some),
                }
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { space, drafts })
    }

    /// Adds an architecture.
    ///
    /// # Errors
    /// When it has more seeds or epochs than any benchmark.
    pub(in crate::import) fn add(&mut self, results: &ArchResults) -> Result<(), String> {
        for training in &results.trainings {
            let within = |problem: String| {
                let arch = self.space.display(&results.arch);
                let (data_set, schedule) = (DATA_SETS[training.data_set].0, &training.schedule);
                format!(
                    "{arch}: {data_set}, schedule {schedule}, seed {}: {problem}",
                    training.seed
                )
            };
            let draft = &mut self.drafts[training.data_set];
            if draft.is_none() {
                let task = DATA_SETS[training.data_set].1;
                let new = Draft::new(self.space.name(), task, &[training]);
                *draft = Some(new.map_err(|e| within(e.to_string()))?);
            }
            if let Some(draft) = draft {
                draft.add(results, training).map_err(within)?;
            }
        }
        Ok(())
    }

    /// # Errors
    /// When a value is out of its range.
    pub(in crate::import) fn finish(self) -> Result<Vec<Task>, Error> {
        let drafts = self.drafts.into_iter().flatten();
        drafts.map(|draft| draft.builder.finish()).collect()
    }
}

impl Draft {
    fn new(space: &str, task: &str, trainings: &[&Training]) -> Result<Self, Error> {
        let mut builder = TaskBuilder::new(task, space, "accuracy")?;
        let mut seeds: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        let mut epochs: BTreeMap<(&str, &Meaning), Vec<u32>> = BTreeMap::new();
        for training in trainings {
            seeds
                .entry(&training.schedule)
                .or_default()
                .insert(training.seed);
            for (meaning, curve) in &training.curves {
                let known = epochs.entry((&training.schedule, meaning)).or_default();
                // Mostly trainings have the same.
                if known != curve.epochs.as_slice() {
                    known.extend(curve.epochs.as_slice());
                    known.sort_unstable();
                    known.dedup();
                }
            }
        }
        let mut schedules = Vec::new();
        for (name, seeds) in seeds {
            let seeds: Vec<u32> = seeds.into_iter().collect();
            let mut schedule = Schedule {
                name: name.to_owned(),
                id: builder.schedule(name, &seeds),
                seeds,
                series: Vec::new(),
            };
            for ((_, meaning), epochs) in epochs.iter().filter(|((of, _), _)| *of == name) {
                let epochs = Epochs::new(epochs).map_err(|e| Error::new(task, e))?;
                let meaning = Meaning::clone(meaning);
                let id = builder.series(schedule.id, meaning.clone(), epochs);
                schedule.series.push((meaning, id));
            }
            schedules.push(schedule);
        }
        // The longest training; names are numbers of epochs.
        let epochs_of = |at: &usize| schedules[*at].name.parse::<u32>().unwrap_or(0);
        let figures_of = (0..schedules.len()).max_by_key(epochs_of).unwrap_or(0);
        let schedule = schedules[figures_of].id;
        let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "gpu-batch256".into());
        Ok(Self {
            params: builder.attribute_per_seed(Attribute::Params, schedule),
            flops: builder.attribute_per_seed(Attribute::Flops, schedule),
            latency: builder.attribute_per_seed(latency, schedule),
            builder,
            schedules,
            figures_of,
        })
    }

    /// The places of a training's schedule and of its seed there, new where they must be.
    fn place(&mut self, training: &Training) -> (usize, usize) {
        let is_it = |s: &Schedule| s.name == training.schedule;
        let at = self.schedules.iter().position(is_it).unwrap_or_else(|| {
            self.schedules.push(Schedule {
                name: training.schedule.clone(),
                id: self.builder.schedule(&training.schedule, &[training.seed]),
                seeds: vec![training.seed],
                series: Vec::new(),
            });
            self.schedules.len() - 1
        });
        let Schedule { id, seeds, .. } = &mut self.schedules[at];
        let seed = seeds.binary_search(&training.seed).unwrap_or_else(|new| {
            self.builder.add_seed(*id, training.seed);
            seeds.insert(new, training.seed);
            new
        });
        (at, seed)
    }

    /// A curve's series, with room for all its epochs.
    fn series(
        &mut self,
        schedule: usize,
        meaning: &Meaning,
        epochs: &Epochs,
    ) -> Result<SeriesId, String> {
        let Schedule { id, series, .. } = &mut self.schedules[schedule];
        match series.iter().find(|(known, _)| known == meaning) {
            Some((_, known)) => {
                self.builder.add_epochs(*known, epochs)?;
                Ok(*known)
            }
            None => {
                let new = self.builder.series(*id, meaning.clone(), epochs.clone());
                series.push((meaning.clone(), new));
                Ok(new)
            }
        }
    }

    fn add(&mut self, results: &ArchResults, training: &Training) -> Result<(), String> {
        let row = self.builder.row(&results.arch);
        let (schedule, seed) = self.place(training);
        for (meaning, Curve { epochs, values }) in &training.curves {
            let series = self.series(schedule, meaning, epochs)?;
            match self.builder.epochs(series) == epochs {
                true => self.builder.set_curve(series, row, seed, values),
                false => {
                    let epochs = epochs.as_slice().iter().copied();
                    let points: Vec<(u32, f64)> = epochs.zip(values.iter().copied()).collect();
                    self.builder.set_points(series, row, seed, &points);
                }
            }
        }
        if schedule == self.figures_of {
            let figures = [
                (self.params, training.params),
                (self.flops, training.flops),
                (self.latency, training.latency_ms),
            ];
            for (attribute, figure) in figures {
                if let Some(figure) = figure {
                    self.builder.put_for_seed(attribute, row, seed, figure);
                }
            }
        }
        Ok(())
    }
}
