//! What a trained table says of itself: how much the training seed decides, and how early the order of the architectures
//! can be seen; and how it orders them beside another table.

use crate::stats::correlation::{kendall, spearman};
use crate::table::{Meaning, Schedule, SeedPolicy, SeriesView, Task};
use std::collections::BTreeMap;

/// The quality of a task's trainings.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// Absent where no architecture has two seeds.
    pub noise: Option<SeedNoise>,
    /// Kendall's τ between the validation metric at each epoch but the last, and at the last.
    pub epochs: Vec<(u32, f64)>,
}

/// How far trainings of one architecture lie apart at their end.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedNoise {
    /// Architectures with at least two seeds.
    pub architectures: usize,
    /// Standard deviation between seeds, pooled over these, of the validation metric.
    pub valid_deviation: f64,
    /// The same of the test metric.
    pub test_deviation: f64,
    /// Two seeds, and Kendall's τ between their validation metrics.
    pub correlations: Vec<(u32, u32, f64)>,
}

/// Beside another table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Architectures that both have.
    pub architectures: usize,
    /// Kendall's τ-b.
    pub kendall: f64,
    /// Spearman's ρ.
    pub spearman: f64,
}

/// By row, then by seed: the metric at the end.
type Finals = BTreeMap<usize, BTreeMap<u32, f64>>;

/// Of a task whose first schedule is the training and whose others repeat it with further seeds.
pub fn of(task: &Task) -> Quality {
    let first = task.schedules().first();
    Quality {
        noise: noise(task),
        epochs: first.map_or_else(Vec::new, |schedule| epochs(task, schedule)),
    }
}

fn noise(task: &Task) -> Option<SeedNoise> {
    let valid = finals(task, &Meaning::VALID);
    let test = finals(task, &Meaning::TEST);
    let architectures = valid.values().filter(|seeds| seeds.len() > 1).count();
    let seeds: Vec<u32> = (task.schedules().iter())
        .flat_map(|schedule| schedule.seeds.iter().copied())
        .collect();
    let mut correlations = Vec::new();
    for (at, &a) in seeds.iter().enumerate() {
        for &b in &seeds[at + 1..] {
            let both = valid
                .values()
                .filter_map(|of| Some((*of.get(&a)?, *of.get(&b)?)));
            let (x, y): (Vec<f64>, Vec<f64>) = both.unzip();
            correlations.extend(kendall(&x, &y).map(|tau| (a, b, tau)));
        }
    }
    Some(SeedNoise {
        architectures,
        valid_deviation: pooled_deviation(&valid)?,
        test_deviation: pooled_deviation(&test)?,
        correlations,
    })
}

fn finals(task: &Task, meaning: &Meaning) -> Finals {
    let mut all = Finals::new();
    for schedule in task.schedules() {
        let Some(series) = schedule.get(meaning) else {
            continue;
        };
        let last = series.epochs.len() - 1;
        for row in 0..task.archs().len() {
            for (at, &seed) in schedule.seeds.iter().enumerate() {
                if let Ok(Some(value)) = series.at(row, at, last) {
                    all.entry(row).or_default().insert(seed, value);
                }
            }
        }
    }
    all
}

/// The root of the mean unbiased variance.
fn pooled_deviation(finals: &Finals) -> Option<f64> {
    let variance = |seeds: &BTreeMap<u32, f64>| {
        let count = seeds.len() as f64;
        let mean = seeds.values().sum::<f64>() / count;
        let squares = seeds.values().map(|v| (v - mean).powi(2)).sum::<f64>();
        (seeds.len() > 1).then(|| squares / (count - 1.0))
    };
    let variances: Vec<f64> = finals.values().filter_map(variance).collect();
    let mean = variances.iter().sum::<f64>() / variances.len() as f64;
    (!variances.is_empty()).then(|| mean.sqrt())
}

fn epochs(task: &Task, schedule: &Schedule) -> Vec<(u32, f64)> {
    let Some(series) = schedule.get(&Meaning::VALID) else {
        return Vec::new();
    };
    let last = series.epochs.len() - 1;
    let tau = |at: usize| {
        let both = (0..task.archs().len()).filter_map(|row| {
            let value = |at| series.at(row, 0, at).ok().flatten();
            Some((value(at)?, value(last)?))
        });
        let (x, y): (Vec<f64>, Vec<f64>) = both.unzip();
        kendall(&x, &y)
    };
    let epochs = series.epochs.as_slice()[..last].iter().enumerate();
    epochs
        .filter_map(|(at, epoch)| Some((*epoch, tau(at)?)))
        .collect()
}

/// The order of a task's architectures by their validation metric, beside the end of another table's series, means over
/// its seeds that are there. Isomorphic architectures count once.
pub fn agreement(task: &Task, other: &SeriesView<'_>) -> Option<Agreement> {
    let valid = finals(task, &Meaning::VALID);
    let last = *other.series.epochs.as_slice().last()?;
    let both = task.archs().iter().enumerate().filter_map(|(row, &raw)| {
        let arch = task.space().at_index(raw);
        let theirs = other.value(&arch, last, SeedPolicy::MeanOfPresent).ok()?;
        Some((*valid.get(&row)?.values().next()?, theirs))
    });
    let (x, y): (Vec<f64>, Vec<f64>) = both.unzip();
    Some(Agreement {
        architectures: x.len(),
        kendall: kendall(&x, &y)?,
        spearman: spearman(&x, &y)?,
    })
}

impl Quality {
    /// In words, for the card.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(noise) = &self.noise {
            lines.push(format!(
                "standard deviation between seeds, pooled over {} cells: {:.4} valid, {:.4} test",
                noise.architectures, noise.valid_deviation, noise.test_deviation
            ));
            let taus = noise.correlations.iter();
            let taus: Vec<String> = taus
                .map(|(a, b, tau)| format!("{a}-{b} {tau:.3}"))
                .collect();
            lines.push(format!(
                "Kendall's tau of final validation accuracy between seeds: {}",
                taus.join(", ")
            ));
        }
        if !self.epochs.is_empty() {
            let taus = self.epochs.iter();
            let taus: Vec<String> = taus
                .map(|(epoch, tau)| format!("{epoch}: {tau:.3}"))
                .collect();
            lines.push(format!(
                "Kendall's tau of validation accuracy between an epoch and the last: {}",
                taus.join(", ")
            ));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Architecture;
    use crate::table::{About, Epochs, Table, TaskBuilder};

    /// Two epochs of four cells; the last two have a second seed.
    fn trained() -> Task {
        let mut builder =
            TaskBuilder::new("t", "nas-bench-201", "accuracy").expect("a known space");
        let once = builder.schedule("2", &[0]);
        let again = builder.schedule("2-repeats", &[1]);
        let [mut valid, mut test] = [Meaning::VALID, Meaning::TEST].map(|meaning| {
            [once, again].map(|schedule| {
                let epochs = Epochs::new(&[1, 2]).expect("ascending");
                builder.series(schedule, meaning.clone(), epochs)
            })
        });
        let curves = [[0.1, 0.5], [0.2, 0.4], [0.3, 0.7], [0.4, 0.8]];
        let repeated = [0.6, 0.4];
        for (cell, curve) in curves.iter().enumerate() {
            let row = builder.row(&Architecture::new(&[3, cell as u8, 3, 3, 3, 3]));
            for series in [&mut valid, &mut test] {
                builder.set_curve(series[0], row, 0, curve);
                if cell >= 2 {
                    builder.set_curve(series[1], row, 0, &[curve[0], repeated[cell - 2]]);
                }
            }
        }
        builder.finish().expect("a task")
    }

    /// `numpy.sqrt(numpy.mean([numpy.var([.7, .6], ddof=1), numpy.var([.8, .4], ddof=1)]))` is 0.20615528;
    /// `scipy.stats.kendalltau([.1, .2, .3, .4], [.5, .4, .7, .8])` is 0.66666667.
    #[test]
    fn noise_and_correlations_are_scipys() {
        let quality = of(&trained());
        let noise = quality.noise.expect("two seeds");
        assert_eq!(noise.architectures, 2);
        assert!((noise.valid_deviation - 0.206_155_28).abs() < 1e-8);
        assert!((noise.test_deviation - 0.206_155_28).abs() < 1e-8);
        assert_eq!(noise.correlations, [(0, 1, -1.0)]);
        assert_eq!(quality.epochs.len(), 1);
        assert!((quality.epochs[0].1 - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_table_agrees_with_itself() {
        let table = Table {
            about: About::default(),
            sources: Vec::new(),
            tasks: vec![trained()],
        };
        let view = table.series("t", None, &Meaning::TEST).expect("there");
        // Of schedules that are equally long, the first is meant.
        assert_eq!(view.schedule.name, "2");
        let found = agreement(&table.tasks[0], &view).expect("four cells");
        assert_eq!(
            (found.architectures, found.kendall, found.spearman),
            (4, 1.0, 1.0)
        );
    }
}
