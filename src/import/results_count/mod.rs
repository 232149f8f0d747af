//! One training as NATS-Bench and NAS-Bench-201 publish it (`ResultsCount`), and the tasks it belongs to.
//!
//! Percentages become fractions, millions become counts, times per epoch become seconds since the start, epochs
//! count what is completed. `x-valid` is validation and `x-test` test. `ori-test` is the test set of CIFAR-10; of
//! the other two data sets it is validation and test together, and stays so. `cifar10` is trained on all 50,000
//! images and has no validation data; `cifar10-valid` is trained on 25,000.

mod tasks;

pub(super) use tasks::Tasks;

use super::pickle::{Node, Value};
use crate::space::{Architecture, SearchSpace};
use crate::table::{Meaning, Quantity, Split};

/// The data sets, and the tasks they become.
const DATA_SETS: [(&str, &str); 4] = [
    ("cifar10-valid", "cifar10-valid"),
    ("cifar10", "cifar10"),
    ("cifar100", "cifar100"),
    ("ImageNet16-120", "imagenet16-120"),
];

/// The most epochs of a training.
const MAX_EPOCHS: i64 = 1_000;

/// A curve: completed epochs and values, ascending.
type Points = Vec<(u32, f64)>;

/// One training of one architecture.
#[derive(Debug)]
struct Training {
    data_set: usize,
    schedule: String,
    seed: u32,
    curves: Vec<(Meaning, Points)>,
    params: Option<f64>,
    flops: Option<f64>,
    latency_ms: Option<f64>,
}

/// An architecture's published results.
#[derive(Debug)]
pub(super) struct ArchResults {
    arch: Architecture,
    /// The benchmark's index of it.
    pub(super) index: u32,
    trainings: Vec<Training>,
}

impl ArchResults {
    /// Reads `{schedule: {arch_index, arch_str, all_results: {(data set, seed): training}}}`; `rename` gives the
    /// schedule's name.
    ///
    /// # Errors
    /// When something is not as published, saying where.
    pub(super) fn read(
        value: Node<'_>,
        space: &dyn SearchSpace,
        rename: fn(&str) -> Option<&'static str>,
    ) -> Result<Self, String> {
        let mut trainings = Vec::new();
        let mut known: Option<(Architecture, u32)> = None;
        let schedules = value
            .pairs()
            .ok_or("not a dictionary of training schedules")?;
        for (name, results) in schedules {
            let name = name.text().unwrap_or("");
            let schedule =
                rename(name).ok_or_else(|| format!("unknown training schedule `{name}`"))?;
            let within = |problem: String| format!("schedule {schedule}: {problem}");
            let text = results.field("arch_str").map_err(within)?.text();
            let text = text.ok_or_else(|| within("`arch_str` is not a string".into()))?;
            let arch = space.parse(text).map_err(|e| within(e.to_string()))?;
            let index = results.field("arch_index").map_err(within)?.int();
            let index = index.and_then(|i| u32::try_from(i).ok());
            let index = index.ok_or_else(|| within("`arch_index` is not an index".into()))?;
            if known.is_some_and(|k| k != (arch, index)) {
                return Err(within(format!(
                    "architecture {index} `{text}` is not that of another schedule"
                )));
            }
            known = Some((arch, index));
            let all = results.field("all_results").map_err(within)?.pairs();
            for (key, training) in
                all.ok_or_else(|| within("`all_results` is not a dictionary".into()))?
            {
                trainings.push(Training::read(schedule, key, training).map_err(within)?);
            }
        }
        let (arch, index) = known.ok_or("no training schedule")?;
        Ok(Self {
            arch,
            index,
            trainings,
        })
    }
}

impl Training {
    fn read(schedule: &str, key: Node<'_>, value: Node<'_>) -> Result<Self, String> {
        let data_set = key.item(0).and_then(Node::text).unwrap_or("");
        let seed = key
            .item(1)
            .and_then(Node::int)
            .and_then(|s| u32::try_from(s).ok());
        let seed = seed.ok_or("a training is keyed by (data set, seed)")?;
        let within = |problem: String| format!("{data_set}, seed {seed}: {problem}");
        let at = DATA_SETS.iter().position(|(name, _)| *name == data_set);
        let at = at.ok_or_else(|| within("unknown data set".into()))?;
        let number = |name: &str| value.get(name).and_then(Node::number);
        Ok(Self {
            data_set: at,
            schedule: schedule.into(),
            seed,
            curves: curves(value, at).map_err(within)?,
            params: number("params").map(|millions| (millions * 1e6).round()),
            flops: number("flop").map(|millions| (millions * 1e6).round()),
            latency_ms: latency_ms(value),
        })
    }
}

/// The mean of the published measurements, in milliseconds; those that failed are not positive.
fn latency_ms(value: Node<'_>) -> Option<f64> {
    let seconds: Vec<f64> = value.get("latency")?.numbers()?;
    let measured: Vec<f64> = seconds.into_iter().filter(|s| *s > 0.0).collect();
    let mean = measured.iter().sum::<f64>() / measured.len() as f64;
    (!measured.is_empty()).then_some(1e3 * mean)
}

fn curves(value: Node<'_>, data_set: usize) -> Result<Vec<(Meaning, Points)>, String> {
    let mut curves = Vec::new();
    let train = |quantity| Meaning::new(Split::Train, quantity);
    let accuracies = by_epoch(value, "train_acc1es")?;
    curves.push((train(Quantity::Metric), fractions(accuracies)));
    curves.push((train(Quantity::Loss), by_epoch(value, "train_losses")?));
    let mut seconds = by_epoch(value, "train_times")?;
    let consecutive = seconds.iter().zip(1..).all(|((epoch, _), at)| *epoch == at);
    if consecutive {
        let mut total = 0.0;
        for (_, time) in &mut seconds {
            total += *time;
            *time = total;
        }
        curves.push((Meaning::COST, seconds));
    }
    for (split, accuracy) in by_split(value, "eval_acc1es")? {
        let meaning = Meaning::new(meaning_of(&split, data_set)?, Quantity::Metric);
        curves.push((meaning, fractions(accuracy)));
    }
    for (split, loss) in by_split(value, "eval_losses")? {
        curves.push((
            Meaning::new(meaning_of(&split, data_set)?, Quantity::Loss),
            loss,
        ));
    }
    curves.retain(|(_, points)| !points.is_empty());
    Ok(curves)
}

fn fractions(percent: Points) -> Points {
    percent.into_iter().map(|(e, p)| (e, p / 100.0)).collect()
}

fn meaning_of(split: &str, data_set: usize) -> Result<Split, String> {
    match (split, DATA_SETS[data_set].0) {
        ("x-valid", "cifar10") => {
            Err("`cifar10` is trained on all images and has no `x-valid`".into())
        }
        ("x-valid", _) => Ok(Split::Valid),
        ("x-test", _) | ("ori-test", "cifar10" | "cifar10-valid") => Ok(Split::Test),
        ("ori-test", _) => Ok(Split::ValidAndTest),
        _ => Err(format!("unknown split `{split}`")),
    }
}

/// `epoch`, counted from 0, as the number of completed epochs.
fn completed(epoch: i64) -> Result<u32, String> {
    match (0..MAX_EPOCHS).contains(&epoch) {
        true => Ok(epoch as u32 + 1),
        false => Err(format!("epoch {epoch} is not one of a training")),
    }
}

fn sorted(mut points: Points, what: &str) -> Result<Points, String> {
    points.sort_by_key(|(epoch, _)| *epoch);
    match points.windows(2).find(|w| w[0].0 == w[1].0) {
        Some(twice) => Err(format!(
            "`{what}` has two values for epoch {}",
            twice[0].0 - 1
        )),
        None => Ok(points),
    }
}

/// A value; missing where it is `None` or no finite number, as the loss of a training that diverged.
fn known(value: Node<'_>, name: &str) -> Result<Option<f64>, String> {
    match (value.value(), value.number()) {
        (Value::None, _) => Ok(None),
        (_, Some(number)) => Ok(Some(number).filter(|n| n.is_finite())),
        (_, None) => Err(format!("`{name}` holds what is no number")),
    }
}

/// `{epoch: value}`; what is `None` or absent has no values.
fn by_epoch(value: Node<'_>, name: &str) -> Result<Points, String> {
    let Some(pairs) = value.get(name).and_then(Node::pairs) else {
        return Ok(Vec::new());
    };
    let mut points = Vec::with_capacity(pairs.len());
    for (epoch, number) in pairs {
        let epoch = epoch
            .int()
            .ok_or_else(|| format!("`{name}` is not keyed by epochs"))?;
        let epoch = completed(epoch)?;
        points.extend(known(number, name)?.map(|number| (epoch, number)));
    }
    sorted(points, name)
}

/// `{"split@epoch": value}`.
fn by_split(value: Node<'_>, name: &str) -> Result<Vec<(String, Points)>, String> {
    let Some(pairs) = value.get(name).and_then(Node::pairs) else {
        return Ok(Vec::new());
    };
    let mut splits: Vec<(String, Points)> = Vec::new();
    for (key, number) in pairs {
        let wrong = || format!("`{name}` is not keyed by split@epoch");
        let (split, epoch) = key
            .text()
            .and_then(|k| k.split_once('@'))
            .ok_or_else(wrong)?;
        let epoch = completed(epoch.parse().map_err(|_| wrong())?)?;
        let Some(number) = known(number, name)? else {
            continue;
        };
        match splits.iter_mut().find(|(s, _)| s == split) {
            Some((_, points)) => points.push((epoch, number)),
            None => splits.push((split.into(), vec![(epoch, number)])),
        }
    }
    (splits.into_iter())
        .map(|(split, points)| Ok((split, sorted(points, name)?)))
        .collect()
}
