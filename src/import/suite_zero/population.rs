//! The benchmarks whose architectures are scored, and how NASLib writes these: as tuples of numbers.

use crate::error::Error;
use crate::import::nb201_tuple::Tuples;
use crate::import::runs::Key;
use crate::space::{self, DARTS_OPERATIONS, SearchSpace};
use crate::table::{Meaning, TaskBuilder};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The benchmark whose accuracies are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Population {
    Nb101,
    Nb201,
    Nb301,
    TransnasMicro,
    TransnasMacro,
    /// Another, whose architectures stay names.
    Other,
}

/// Data sets on which NAS-Bench-201 itself was trained; its cells were trained on others elsewhere.
const OF_NB201: [&str; 3] = ["cifar10", "cifar100", "ImageNet16-120"];

impl Population {
    pub(super) fn of(benchmark: &str) -> Self {
        Self::named(benchmark).unwrap_or(Self::Other)
    }

    /// The benchmark of this name, if it is a known one.
    pub(super) fn named(benchmark: &str) -> Option<Self> {
        Some(match benchmark {
            "nasbench101" => Self::Nb101,
            "nasbench201" => Self::Nb201,
            "nasbench301" => Self::Nb301,
            "transbench101_micro" => Self::TransnasMicro,
            "transbench101_macro" => Self::TransnasMacro,
            _ => return None,
        })
    }

    /// Its search space.
    fn space(self) -> Option<&'static str> {
        Some(match self {
            Self::Nb101 => "nas-bench-101",
            Self::Nb201 => "nas-bench-201",
            Self::Nb301 => "darts",
            Self::TransnasMicro => "transnas-bench-101-micro",
            Self::TransnasMacro => "transnas-bench-101-macro",
            Self::Other => return None,
        })
    }

    /// The task, its space and its metric.
    pub(super) fn task(self, data_set: &str) -> Result<TaskBuilder, Error> {
        let name = data_set.to_lowercase().replace('_', "-");
        let name = match self {
            // The accuracies on CIFAR-10 are of the trainings on half of its training images.
            Self::Nb201 if name == "cifar10" => "cifar10-valid".into(),
            Self::TransnasMicro => format!("micro-{name}"),
            Self::TransnasMacro => format!("macro-{name}"),
            _ => name,
        };
        match self.space() {
            Some(space) => TaskBuilder::new(&name, space, metric(data_set).0),
            None => TaskBuilder::pool(&name, metric(data_set).0),
        }
    }

    /// The schedule, what the accuracy means, and its epoch.
    pub(super) fn meaning(self, data_set: &str) -> (&'static str, Meaning, u32) {
        match self {
            Self::Nb201 if OF_NB201.contains(&data_set) => ("200-seed888", Meaning::TEST, 200),
            Self::Nb101 => ("108-one-repeat", Meaning::VALID, 108),
            Self::Nb301 => ("surrogate", Meaning::VALID, 1),
            _ => ("full", Meaning::VALID, 1),
        }
    }
}

/// The metric of a data set, and what a published value is divided by.
fn metric(data_set: &str) -> (&'static str, f64) {
    match data_set {
        "room_layout" => ("negative-loss", 1.0),
        "autoencoder" | "normal" => ("ssim", 1.0),
        "segmentsemantic" => ("pixel-accuracy", 100.0),
        _ => ("accuracy", 100.0),
    }
}

/// What the published values are divided by: percentages exceed 1 somewhere, fractions nowhere.
pub(super) fn scale(data_set: &str, values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values;
    match metric(data_set).1 {
        percent if values.any(|v| v > 1.0) => percent,
        _ => 1.0,
    }
}

/// Reads the architectures of a population.
pub(super) enum Archs {
    Nb201(Tuples),
    Nb101(Arc<dyn SearchSpace>),
    Nb301(Arc<dyn SearchSpace>),
    TransnasMicro(Arc<dyn SearchSpace>),
    TransnasMacro(Arc<dyn SearchSpace>),
    Names,
}

impl Archs {
    pub(super) fn of(population: Population) -> Result<Self, Error> {
        let space = population.space().map(space::open).transpose()?;
        Ok(match (population, space) {
            (Population::Nb201, _) => Self::Nb201(Tuples::new()),
            (Population::Nb101, Some(space)) => Self::Nb101(space),
            (Population::Nb301, Some(space)) => Self::Nb301(space),
            (Population::TransnasMicro, Some(space)) => Self::TransnasMicro(space),
            (Population::TransnasMacro, Some(space)) => Self::TransnasMacro(space),
            _ => Self::Names,
        })
    }

    pub(super) fn key(&self, text: &str) -> Result<Key, Error> {
        match self {
            Self::Nb201(tuples) => tuples.arch(text).map(Key::Arch),
            Self::Nb101(space) => nb101(space.as_ref(), text),
            Self::Nb301(space) => nb301(space.as_ref(), text),
            Self::TransnasMicro(space) => {
                let [a, b, c, d, e, f] = Tuples::codes(text)?;
                let text = format!("64-41414-{a}_{b}{c}_{d}{e}{f}");
                space.parse(&text).map(Key::Arch)
            }
            Self::TransnasMacro(space) => {
                // Places without a module are 0.
                let modules = numbers(text).into_iter().filter(|module| *module != 0);
                let digits: String = modules.map(|module| module.to_string()).collect();
                space.parse(&format!("64-{digits}-basic")).map(Key::Arch)
            }
            Self::Names => Ok(Key::Name(text.to_owned())),
        }
    }
}

/// The numbers of a tuple, perhaps nested, in order.
fn numbers(text: &str) -> Vec<u8> {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    digits.filter_map(|number| number.parse().ok()).collect()
}

fn wrong(text: &str, expected: &str) -> Error {
    let shown: String = text.chars().take(60).collect();
    Error::new(
        "architecture",
        format!("`{shown}` is not a tuple of {expected}"),
    )
}

/// NAS-Bench-101: the entries of the adjacency matrix, then a code for each vertex.
fn nb101(space: &dyn SearchSpace, text: &str) -> Result<Key, Error> {
    const CODES: [&str; 5] = [
        "input",
        "output",
        "maxpool3x3",
        "conv1x1-bn-relu",
        "conv3x3-bn-relu",
    ];
    let wrong = || wrong(text, "a matrix and its vertices' operations");
    let codes = numbers(text);
    let vertices = (2..=7).find(|n| n * n + n == codes.len());
    let (matrix, operations) = codes.split_at(vertices.ok_or_else(wrong)?.pow(2));
    let matrix: String = matrix.iter().map(u8::to_string).collect();
    let operations: Option<Vec<&str>> = (operations.iter())
        .map(|code| CODES.get(usize::from(*code)).copied())
        .collect();
    let operations = operations.ok_or_else(wrong)?.join(",");
    space
        .parse(&format!("{matrix}:{operations}"))
        .map(Key::Arch)
}

/// DARTS: for each of two cells eight pairs of an input and an operation's code, two for each node.
fn nb301(space: &dyn SearchSpace, text: &str) -> Result<Key, Error> {
    let wrong = || wrong(text, "two cells of eight pairs of input and operation");
    let codes = numbers(text);
    if codes.len() != 32 {
        return Err(wrong());
    }
    let mut config = Map::new();
    for (cell, codes) in ["normal", "reduce"].into_iter().zip(codes.chunks(16)) {
        // The edges of node n, which has n + 2 possible inputs, follow those of the nodes before it.
        let mut first_edge = 0;
        for (node, pairs) in codes.chunks(4).enumerate() {
            let (low, high) = (pairs[0].min(pairs[2]), pairs[0].max(pairs[2]));
            for pair in pairs.chunks(2) {
                let operation = DARTS_OPERATIONS
                    .get(usize::from(pair[1]))
                    .ok_or_else(wrong)?;
                let edge = first_edge + usize::from(pair[0]);
                config.insert(format!("edge_{cell}_{edge}"), Value::from(*operation));
            }
            if usize::from(high) >= node + 2 || low == high {
                return Err(wrong());
            }
            let inputs = format!("{low}_{high}");
            config.insert(format!("inputs_node_{cell}_{}", node + 2), inputs.into());
            first_edge += node + 2;
        }
    }
    space
        .parse(&Value::Object(config).to_string())
        .map(Key::Arch)
}
