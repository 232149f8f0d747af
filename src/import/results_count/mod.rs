//! One training as NATS-Bench and NAS-Bench-201 publish it (`ResultsCount`), and the tasks it belongs to.
//!
//! Percentages become fractions, millions become counts, times per epoch become seconds since the start, epochs
//! count what is completed. `x-valid` is validation and `x-test` test. `ori-test` is the test set of CIFAR-10; of
//! the other two data sets it is validation and test together, and stays so. `cifar10` is trained on all 50,000
//! images and has no validation data; `cifar10-valid` is trained on 25,000.

mod curves;
mod tasks;

pub(super) use tasks::Tasks;

use super::pickle::Node;
use crate::space::{Architecture, SearchSpace};
use crate::table::Meaning;
use curves::{Curve, Grids, curves};

/// The data sets, and the tasks they become.
const DATA_SETS: [(&str, &str); 4] = [
    ("cifar10-valid", "cifar10-valid"),
    ("cifar10", "cifar10"),
    ("cifar100", "cifar100"),
    ("ImageNet16-120", "imagenet16-120"),
];

/// One training of one architecture.
#[derive(Debug)]
struct Training {
    data_set: usize,
    schedule: String,
    seed: u32,
    curves: Vec<(Meaning, Curve)>,
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
        let mut grids = Grids::default();
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
                let training = Training::read(schedule, key, training, &mut grids);
                trainings.push(training.map_err(within)?);
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
    fn read(
        schedule: &str,
        key: Node<'_>,
        value: Node<'_>,
        grids: &mut Grids,
    ) -> Result<Self, String> {
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
            curves: curves(value, DATA_SETS[at].0, grids).map_err(within)?,
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
