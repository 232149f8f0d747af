//! TransNAS-Bench-101: a PyTorch file of `{"data": {space: {architecture: {task: {total_epochs, model_info, metrics:
//! {name: a value for each epoch}}}}}}`, with 4,096 cells (`micro`) and 3,256 networks (`macro`) on seven tasks.
//!
//! Duan, Chen, Xu, Chen, Liang, Zhang, Li: TransNAS-Bench-101: Improving Transferability and Generalizability of
//! Cross-Task Neural Architecture Search, CVPR 2021, arXiv 2105.11871.

use super::pickle::{Limits, Node};
use super::runs::{self, Key, Points, Run, cumulative, from_first};
use super::torch::TorchFile;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{self, SearchSpace};
use crate::table::{About, Attribute, Fact, Meaning, Quantity, Split, Table, TaskBuilder, Verdict};
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "transnas-bench-101",
    summary: "TransNAS-Bench-101: transnas-bench_v10141024.pth",
    detect: |files| files.names().any(is_it),
    import,
    facts: FACTS,
};

fn is_it(name: &str) -> bool {
    name.to_lowercase().contains("transnas") && name.ends_with(".pth")
}

/// A task's metric: its name in the file, and ours.
fn metric(task: &str) -> (&'static str, &'static str) {
    match task {
        "room_layout" => ("neg_loss", "negative-loss"),
        "autoencoder" | "normal" => ("ssim", "ssim"),
        "segmentsemantic" => ("mIoU", "miou"),
        _ => ("top1", "accuracy"),
    }
}

/// What a published metric is called.
fn metric_name(name: &str) -> String {
    match name {
        "top1" => "accuracy".into(),
        "top5" => "top5-accuracy".into(),
        "acc" => "pixel-accuracy".into(),
        other => other.to_lowercase().replace('_', "-"),
    }
}

/// How the whole file writes its numbers.
struct Style {
    /// Whether `time_elapsed` counts from the start of the training: then it falls nowhere in the file.
    cumulative_time: bool,
    /// Metrics that are fractions, and written as percentages: then some value is above 1.
    percent: Vec<&'static str>,
}

impl Style {
    fn of(data: Node<'_>) -> Self {
        let archs = data
            .pairs()
            .into_iter()
            .flatten()
            .filter_map(|(_, archs)| archs.pairs());
        let trainings = archs
            .flatten()
            .filter_map(|(_, tasks)| tasks.pairs())
            .flatten();
        let mut style = Self {
            cumulative_time: true,
            percent: Vec::new(),
        };
        for (name, list) in trainings
            .filter_map(|(_, t)| t.get("metrics")?.pairs())
            .flatten()
        {
            let known = values(list).unwrap_or_default().into_iter().flatten();
            let (name, values) = (name.text().unwrap_or(""), known.collect::<Vec<f64>>());
            if name == "time_elapsed" {
                style.cumulative_time &= values.is_sorted();
            }
            let is_of = |f: &&str| name.split_once('_').is_some_and(|(_, rest)| rest == *f);
            let fraction = ["top1", "top5", "acc", "mIoU"].into_iter().find(is_of);
            let is_percent = || values.iter().any(|v| *v > 1.0);
            let new = fraction.filter(|f| !style.percent.contains(f) && is_percent());
            style.percent.extend(new);
        }
        style
    }
}

fn import(files: &Files) -> Result<Table, Error> {
    let name = files.find_known(is_it, ".pth")?;
    let failed = |problem: String| Error::new(files.place(name), problem);
    let pickle = TorchFile::new(files.seekable(name)?)
        .load(Limits::default(), None)
        .map_err(failed)?;
    let data = pickle.root().field("data").map_err(failed)?;
    let style = Style::of(data);
    let mut tasks = Vec::new();
    for kind in ["micro", "macro"] {
        let Some(archs) = data.get(kind).and_then(Node::pairs) else {
            continue;
        };
        let space = space::open(&format!("transnas-bench-101-{kind}"))?;
        let mut of_task: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
        for (arch, results) in archs {
            let arch = arch
                .text()
                .ok_or_else(|| failed(format!("{kind}: an architecture that is no string")))?;
            let within = |problem: String| failed(format!("{kind}, {arch}: {problem}"));
            for (task, training) in results
                .pairs()
                .ok_or_else(|| within("not a dictionary of tasks".into()))?
            {
                let task = task
                    .text()
                    .ok_or_else(|| within("a task that is no string".into()))?;
                let run = read_run(arch, task, training, space.as_ref(), &style)
                    .map_err(|e| within(format!("{task}: {e}")))?;
                of_task.entry(task).or_default().push(run);
            }
        }
        for (task, runs) in of_task {
            let name_here = format!("{kind}-{}", task.to_lowercase().replace('_', "-"));
            let builder = TaskBuilder::new(&name_here, space.name(), metric(task).1)?;
            tasks.push(runs::task(builder, &runs).map_err(|e| e.within(files.place(name)))?);
        }
    }
    if tasks.is_empty() {
        return Err(failed("`data` has neither `micro` nor `macro`".into()));
    }
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

/// A list's values, missing where they are no numbers; or an array's.
fn values(node: Node<'_>) -> Option<Vec<Option<f64>>> {
    let value = |node: Node<'_>| node.number().or_else(|| seconds(node.text()?));
    match node.items() {
        Some(items) => Some(items.map(value).collect()),
        None => Some(node.numbers()?.into_iter().map(Some).collect()),
    }
}

/// A time written `1:02:03.5`.
fn seconds(text: &str) -> Option<f64> {
    let mut parts = text.trim().splitn(3, ':').map(str::parse::<f64>);
    let mut part = || parts.next()?.ok().filter(|v| *v >= 0.0);
    Some((part()? * 60.0 + part()?) * 60.0 + part()?)
}

fn read_run(
    arch: &str,
    task: &str,
    training: Node<'_>,
    space: &dyn SearchSpace,
    style: &Style,
) -> Result<Run, String> {
    let mut curves: Vec<(Meaning, Points)> = Vec::new();
    let metrics = training
        .field("metrics")?
        .pairs()
        .ok_or("`metrics` is not a dictionary")?;
    for (name, list) in metrics {
        let name = name.text().ok_or("a metric that is no string")?;
        let list = values(list).ok_or_else(|| format!("`{name}` is not a list"))?;
        if name == "time_elapsed" {
            let times = match style.cumulative_time {
                true => from_first(list),
                false => cumulative(list),
            };
            curves.push((Meaning::COST, times));
            continue;
        }
        let (split, rest) = name
            .split_once('_')
            .ok_or_else(|| format!("`{name}` names no split"))?;
        let split = match split {
            "train" => Split::Train,
            "valid" | "val" => Split::Valid,
            "test" => Split::Test,
            _ => return Err(format!("`{name}` names no split")),
        };
        let scale = if style.percent.contains(&rest) {
            100.0
        } else {
            1.0
        };
        let quantity = match rest {
            "loss" => Quantity::Loss,
            rest if rest == metric(task).0 => Quantity::Metric,
            _ => Quantity::Other(metric_name(rest)),
        };
        let points = from_first(list.into_iter().map(|v| v.map(|v| v / scale)));
        curves.push((Meaning::new(split, quantity), points));
    }
    let info = training
        .get("model_info")
        .and_then(Node::pairs)
        .into_iter()
        .flatten();
    let figure = |(name, value): (Node<'_>, Node<'_>)| {
        let name = name.text()?.to_lowercase();
        Some((Attribute::Other(name), value.number()?))
    };
    Ok(Run {
        key: Key::Arch(space.parse(arch).map_err(|e| e.to_string())?),
        schedule: "full".into(),
        curves,
        figures: info.filter_map(figure).collect(),
    })
}

fn about() -> About {
    About {
        name: "transnas-bench-101".into(),
        title: "Cells and networks on seven vision tasks, with curves".into(),
        citation: "Duan et al., CVPR 2021, arXiv 2105.11871".into(),
        licence: "MIT".into(),
        seeds: "one training each".into(),
        defects: vec![
            "sizes, FLOPs and inference times stand as published, whose units the file does not state".into(),
        ],
    }
}

const FACTS: &[Fact] = &[
    Fact {
        name: "4,096 cells on each micro task, 3,256 networks on each macro task",
        check: |table| {
            let wrong = table.tasks.iter().find(|t| {
                let expected = if t.name().starts_with("micro") {
                    4_096
                } else {
                    3_256
                };
                t.archs().len() != expected
            });
            match wrong {
                Some(task) => Verdict::Fails(format!("{}: {}", task.name(), task.archs().len())),
                None => Verdict::Holds(format!("{} tasks", table.tasks.len())),
            }
        },
    },
    Fact {
        name: "every task has validation and test metrics",
        check: |table| {
            let has_both =
                |t: &&crate::table::Task| t.has(&Meaning::VALID) && t.has(&Meaning::TEST);
            Verdict::equal(
                table.tasks.iter().filter(has_both).count(),
                table.tasks.len(),
            )
        },
    },
];

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_may_be_written_as_hours_minutes_and_seconds() {
        assert_eq!(seconds("1:02:03.5"), Some(3_723.5));
        assert_eq!(seconds("00:00:00"), Some(0.0));
        for text in ["", "1:02", "1:-2:3", "1:02:03:04", "a:b:c"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
