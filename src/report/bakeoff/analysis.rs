//! From scores to the numbers of a report.

use super::numbers::{Estimate, Numbers, bootstrapped, mean_row, position};
use crate::bakeoff::{FitTime, Measure, ResolvedBakeoff, Score, ScoreRow, Spread, Stage};
use crate::report::BakeoffInput;
use crate::report::analysis::scale_of;
use crate::rng::derive_rng;
use crate::stats::summary::mean;
use rayon::prelude::*;

/// Kendall's τ over all.
const TAU: Measure = Measure::Score(Score::KendallTau, 0);

/// What is known of a task.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct TaskNumbers {
    /// `benchmark/task`.
    pub(in crate::report) name: String,
    /// The task alone where the study has one benchmark, else as `name`.
    pub(in crate::report) short: String,
    /// Unit of errors and regrets.
    pub(in crate::report) unit: String,
    pub(in crate::report) oracle: bool,
    pub(in crate::report) noise_ceiling: Option<f64>,
    /// What the ceiling is derived from.
    pub(in crate::report) seed_agreement: Option<f64>,
    /// By predictor, then by training size.
    pub(in crate::report) cells: Vec<Vec<Numbers>>,
}

/// A predictor at a training size: what it takes, and how well it orders.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Point {
    pub(in crate::report) predictor: usize,
    /// Position of the training size.
    pub(in crate::report) size: usize,
    /// Seconds of a fit, mean over tasks and replicates.
    pub(in crate::report) fit_s: f64,
    /// Microseconds of predicting one architecture.
    pub(in crate::report) predict_us: f64,
    /// Seconds of a fit and all its predictions.
    pub(in crate::report) total_s: f64,
    /// Kendall's τ over all tasks.
    pub(in crate::report) tau: Option<f64>,
    /// Whether no other point of this size is at least as good and at least as fast.
    pub(in crate::report) on_front: bool,
}

/// A fit that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Failed {
    pub(in crate::report) task: String,
    pub(in crate::report) predictor: String,
    pub(in crate::report) train_size: u32,
    pub(in crate::report) replicate: u32,
    pub(in crate::report) reason: String,
}

/// Everything a report says in numbers.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Analysis {
    /// By predictor.
    pub(in crate::report) labels: Vec<String>,
    pub(in crate::report) sizes: Vec<u32>,
    pub(in crate::report) tasks: Vec<TaskNumbers>,
    /// Over all tasks, by predictor, then by training size; intervals are over replicates.
    pub(in crate::report) overall: Vec<Vec<Numbers>>,
    /// The unit that all tasks share, if they do.
    pub(in crate::report) unit: Option<String>,
    /// Predictors in order of their τ at the largest size; those without come last.
    pub(in crate::report) order: Vec<usize>,
    /// By predictor: how much lower its τ at the largest size is than the best's, in the same replicates; none where these
    /// are none or one of them has no τ.
    pub(in crate::report) behind: Vec<Option<Estimate>>,
    /// By predictor: of the fits at the largest size that state deviations, how many have no likelihood, as a deviation is 0.
    pub(in crate::report) without_nll: Vec<(usize, usize)>,
    /// Measured; empty where no times are at hand.
    pub(in crate::report) points: Vec<Point>,
    pub(in crate::report) failed: Vec<Failed>,
    /// Fits that count.
    pub(in crate::report) fits: usize,
}

/// The rows of a study that count, by task, predictor and size, in order of replicates.
type Rows<'a> = Vec<Vec<Vec<Vec<&'a ScoreRow>>>>;

/// Works out every number of a report.
pub(in crate::report) fn analyse(input: &BakeoffInput) -> Analysis {
    let study = &input.board.study;
    let (counted, failed): (Vec<&ScoreRow>, Vec<&ScoreRow>) =
        input.board.rows.iter().partition(|row| row.error.is_none());
    let sizes = vec![Vec::new(); study.train_sizes.len()];
    let mut rows: Rows<'_> = vec![vec![sizes; study.predictors.len()]; study.tasks.len()];
    for row in &counted {
        rows[row.place.task][row.place.predictor][row.place.size].push(row);
    }
    let labels = labels(study);
    let units: Vec<(f64, &str)> = study.tasks.iter().map(|t| scale_of(&t.metric)).collect();
    let shared = (units.windows(2).all(|pair| pair[0] == pair[1]))
        .then(|| units.first().copied())
        .flatten();
    let tasks: Vec<TaskNumbers> = (0..study.tasks.len())
        .map(|task| task_numbers(study, task, &rows[task], &labels))
        .collect();
    let overall = overall(study, &rows, &labels, shared.map(|(scale, _)| scale));
    let last = study.train_sizes.len() - 1;
    let tau = |p: &usize| {
        let found = overall[*p][last].of(TAU);
        found.map_or(f64::NEG_INFINITY, |i: Estimate| i.mean)
    };
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| tau(b).total_cmp(&tau(a)).then(a.cmp(b)));
    let points = points(study, &input.times, &overall);
    Analysis {
        behind: behind(study, &rows, order[0], &labels),
        without_nll: without_nll(&rows, last),
        sizes: study.train_sizes.clone(),
        unit: shared.map(|(_, unit)| unit.to_owned()),
        failed: failed
            .iter()
            .map(|row| failure(study, row, &labels))
            .collect(),
        fits: counted.len(),
        labels,
        tasks,
        overall,
        order,
        points,
    }
}

/// Labels, with encoding and fidelity where these tell predictors apart.
fn labels(study: &ResolvedBakeoff) -> Vec<String> {
    let all = &study.predictors;
    let label = |p: &crate::bakeoff::ResolvedPredictor| {
        let same = || all.iter().filter(|other| other.label == p.label);
        let mut label = p.label.clone();
        if same().any(|other| other.encoding != p.encoding) {
            label += &format!(" · {}", p.encoding);
        }
        if let Some(fidelity) = p.fidelity
            && same().any(|other| other.fidelity != p.fidelity)
        {
            label += &format!(" @ {fidelity}");
        }
        label
    };
    all.iter().map(label).collect()
}

fn task_numbers(
    study: &ResolvedBakeoff,
    task: usize,
    rows: &[Vec<Vec<&ScoreRow>>],
    labels: &[String],
) -> TaskNumbers {
    let resolved = &study.tasks[task];
    let name = format!("{}/{}", resolved.benchmark, resolved.task);
    let (scale, unit) = scale_of(&resolved.metric);
    let is_alone = study
        .tasks
        .iter()
        .all(|t| t.benchmark == resolved.benchmark);
    let cells = rows.par_iter().enumerate().map(|(predictor, sizes)| {
        let numbers = sizes.iter().zip(&study.train_sizes).map(|(rows, size)| {
            let values: Vec<Vec<Option<f64>>> = rows.iter().map(|r| r.values.clone()).collect();
            let stream = [name.as_str(), &labels[predictor], &size.to_string()];
            Numbers::new(&values, Some(scale), (study.seed, stream))
        });
        numbers.collect()
    });
    TaskNumbers {
        cells: cells.collect(),
        short: match is_alone {
            true => resolved.task.clone(),
            false => name.clone(),
        },
        unit: unit.to_owned(),
        oracle: resolved.oracle,
        noise_ceiling: resolved.noise_ceiling,
        seed_agreement: resolved.seed_agreement,
        name,
    }
}

/// By replicate that every task has: the mean over tasks.
fn across(rows: &Rows<'_>, predictor: usize, size: usize) -> Vec<(u32, Vec<Option<f64>>)> {
    let of_task = |task: usize| &rows[task][predictor][size];
    let replicates = of_task(0).iter().map(|row| row.place.replicate);
    replicates
        .filter_map(|replicate| {
            let find = |task: usize| {
                let mut rows = of_task(task).iter().copied();
                rows.find(|row| row.place.replicate == replicate)
            };
            let all: Option<Vec<&ScoreRow>> = (0..rows.len()).map(find).collect();
            Some((replicate, mean_row(&all?)))
        })
        .collect()
}

fn overall(
    study: &ResolvedBakeoff,
    rows: &Rows<'_>,
    labels: &[String],
    scale: Option<f64>,
) -> Vec<Vec<Numbers>> {
    (0..study.predictors.len())
        .into_par_iter()
        .map(|predictor| {
            let sizes = study.train_sizes.iter().enumerate();
            sizes
                .map(|(at, size)| {
                    let means = across(rows, predictor, at);
                    let values: Vec<Vec<Option<f64>>> = means.into_iter().map(|m| m.1).collect();
                    let stream = ["all tasks", &labels[predictor], &size.to_string()];
                    Numbers::new(&values, scale, (study.seed, stream))
                })
                .collect()
        })
        .collect()
}

/// Paired differences in τ to the best at the largest size.
fn behind(
    study: &ResolvedBakeoff,
    rows: &Rows<'_>,
    best: usize,
    labels: &[String],
) -> Vec<Option<Estimate>> {
    let last = study.train_sizes.len() - 1;
    let tau = position(TAU);
    let of_best = across(rows, best, last);
    let behind = |predictor: usize| {
        let mine = across(rows, predictor, last);
        let pairs = of_best.iter().filter_map(|(replicate, values)| {
            let other = mine.iter().find(|(r, _)| r == replicate)?;
            Some((values[tau], other.1[tau]))
        });
        // Training sets on which it has no τ are not passed over: they may be its worst.
        let differences: Option<Vec<f64>> = pairs.map(|(best, mine)| Some(best? - mine?)).collect();
        let mut rng = derive_rng(study.seed, &["report", "behind", &labels[predictor]]);
        bootstrapped(&differences?, &mut rng)
    };
    (0..labels.len()).map(behind).collect()
}

/// By predictor: the fits at a size that lack the likelihood, and all that state deviations.
fn without_nll(rows: &Rows<'_>, size: usize) -> Vec<(usize, usize)> {
    let [nll, crps] = [Spread::Nll, Spread::Crps]
        .map(|spread| position(Measure::Calibration(spread, Stage::Stated)));
    let predictors = rows.first().map_or(0, Vec::len);
    let counted = (0..predictors).map(|predictor| {
        let fits = rows.iter().flat_map(|task| &task[predictor][size]);
        let stated = fits.filter(|fit| fit.values[crps].is_some());
        stated.fold((0, 0), |(without, all), fit| {
            (without + usize::from(fit.values[nll].is_none()), all + 1)
        })
    });
    counted.collect()
}

fn failure(study: &ResolvedBakeoff, row: &ScoreRow, labels: &[String]) -> Failed {
    let task = &study.tasks[row.place.task];
    Failed {
        task: format!("{}/{}", task.benchmark, task.task),
        predictor: labels[row.place.predictor].clone(),
        train_size: study.train_sizes[row.place.size],
        replicate: row.place.replicate,
        reason: row.error.clone().unwrap_or_default(),
    }
}

/// Times and quality of every predictor at every size, with the front of each size.
fn points(study: &ResolvedBakeoff, times: &[FitTime], overall: &[Vec<Numbers>]) -> Vec<Point> {
    let mut points = Vec::new();
    for size in 0..study.train_sizes.len() {
        for (predictor, numbers) in overall.iter().enumerate() {
            let of = |value: fn(&FitTime) -> f64| {
                let mine = times.iter().filter(|t| {
                    (t.place.predictor, t.place.size) == (predictor, size) && t.asked > 0
                });
                mean(&mine.map(value).collect::<Vec<f64>>())
            };
            if let (Some(fit_s), Some(predict_us), Some(total_s)) = (
                of(|t| t.fit_s),
                of(|t| 1e6 * t.predict_s / f64::from(t.asked)),
                of(|t| t.fit_s + t.predict_s),
            ) {
                points.push(Point {
                    predictor,
                    size,
                    fit_s,
                    predict_us,
                    total_s,
                    tau: numbers[size].of(TAU).map(|i| i.mean),
                    on_front: false,
                });
            }
        }
    }
    let beats = |a: &Point, b: &Point| {
        a.size == b.size
            && a.tau >= b.tau
            && a.total_s <= b.total_s
            && (a.tau > b.tau || a.total_s < b.total_s)
    };
    let on_front: Vec<bool> = points
        .iter()
        .map(|p| p.tau.is_some() && !points.iter().any(|other| beats(other, p)))
        .collect();
    for (point, on_front) in points.iter_mut().zip(on_front) {
        point.on_front = on_front;
    }
    points
}
