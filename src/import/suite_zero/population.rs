//! The benchmarks whose architectures are scored, and how NASLib writes these: as tuples of numbers.

use crate::error::Error;
use crate::import::nb201_tuple::Tuples;
use crate::space::{self, Architecture, DARTS_OPERATIONS, SearchSpace};
use crate::table::Meaning;
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
}

/// Data sets on which NAS-Bench-201 itself was trained.
const OF_NB201: [&str; 3] = ["cifar10", "cifar100", "imagenet16-120"];
/// Data sets on which networks of all spaces were trained for the scores. What is called their validation accuracy is of the
/// test data: NASLib's runner takes it from `test.json`, and SVHN's are multiples of 1/26,032, the size of its test set.
const TRAINED_ANEW: [&str; 3] = ["svhn", "ninapro", "scifar100"];
/// How the files name the populations.
const NAMES: [(&str, Population); 5] = [
    ("nasbench101", Population::Nb101),
    ("nasbench201", Population::Nb201),
    ("nasbench301", Population::Nb301),
    ("transbench101_micro", Population::TransnasMicro),
    ("transbench101_macro", Population::TransnasMacro),
];

impl Population {
    /// The population of a file: its benchmark's name may be followed by what the file was renamed to.
    ///
    /// # Errors
    /// When the name begins with no known one: what the file calls `val_accuracy` could then be anything.
    pub(super) fn of(benchmark: &str) -> Result<Self, Error> {
        let lower = benchmark.to_lowercase();
        let is_it = |(name, _): &&(&str, Self)| lower.starts_with(name);
        let known = || NAMES.iter().map(|(name, _)| *name);
        (NAMES.iter().find(is_it).map(|(_, population)| *population))
            .ok_or_else(|| Error::unknown_name("file name", "benchmark", benchmark, known()))
    }

    /// The population of exactly this name, if it is a known one.
    pub(super) fn named(benchmark: &str) -> Option<Self> {
        let is_it = |(name, _): &&(&str, Self)| *name == benchmark;
        NAMES.iter().find(is_it).map(|(_, population)| *population)
    }

    /// Its search space.
    pub(super) fn space(self) -> &'static str {
        match self {
            Self::Nb101 => "nas-bench-101",
            Self::Nb201 => "nas-bench-201",
            Self::Nb301 => "darts",
            Self::TransnasMicro => "transnas-bench-101-micro",
            Self::TransnasMacro => "transnas-bench-101-macro",
        }
    }

    /// Whether the accuracies are predictions of NAS-Bench-301's surrogate, which knows CIFAR-10 alone.
    pub(super) fn is_predicted(self, data_set: &str) -> bool {
        self == Self::Nb301 && data_set.eq_ignore_ascii_case("cifar10")
    }

    /// The name of its task on a data set.
    pub(super) fn task_name(self, data_set: &str) -> String {
        let name = data_set.to_lowercase().replace('_', "-");
        match self {
            // The accuracies on CIFAR-10 are of the trainings on half of its training images.
            Self::Nb201 if name == "cifar10" => "cifar10-valid".into(),
            Self::TransnasMicro => format!("micro-{name}"),
            Self::TransnasMacro => format!("macro-{name}"),
            _ => name,
        }
    }

    /// Whether the accuracies are those of seed 888 of NAS-Bench-201.
    pub(super) fn is_of_seed_888(self, data_set: &str) -> bool {
        self == Self::Nb201 && OF_NB201.contains(&data_set.to_lowercase().as_str())
    }

    /// The schedule, what the accuracy means, and its epoch.
    pub(super) fn meaning(self, data_set: &str) -> (&'static str, Meaning, u32) {
        match self {
            _ if self.is_of_seed_888(data_set) => ("200-seed888", Meaning::TEST, 200),
            _ if is_trained_anew(data_set) => ("full", Meaning::TEST, 1),
            Self::Nb101 => ("108-one-repeat", Meaning::VALID, 108),
            _ if self.is_predicted(data_set) => ("surrogate", Meaning::VALID, 1),
            _ => ("full", Meaning::VALID, 1),
        }
    }
}

/// Whether the accuracies are of test data, of trainings made for the scores.
pub(super) fn is_trained_anew(data_set: &str) -> bool {
    TRAINED_ANEW.contains(&data_set.to_lowercase().as_str())
}

/// The metric of a data set, and what a published value is divided by.
pub(super) fn metric(data_set: &str) -> (&'static str, f64) {
    match data_set.to_lowercase().as_str() {
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
}

impl Archs {
    pub(super) fn of(population: Population) -> Result<Self, Error> {
        let space = space::open(population.space())?;
        Ok(match population {
            Population::Nb201 => Self::Nb201(Tuples::new()),
            Population::Nb101 => Self::Nb101(space),
            Population::Nb301 => Self::Nb301(space),
            Population::TransnasMicro => Self::TransnasMicro(space),
            Population::TransnasMacro => Self::TransnasMacro(space),
        })
    }

    pub(super) fn arch(&self, text: &str) -> Result<Architecture, Error> {
        match self {
            Self::Nb201(tuples) => tuples.arch(text),
            Self::Nb101(space) => nb101(space.as_ref(), text),
            Self::Nb301(space) => nb301(space.as_ref(), text),
            Self::TransnasMicro(space) => {
                let [a, b, c, d, e, f] = Tuples::codes(text)?;
                let text = format!("64-41414-{a}_{b}{c}_{d}{e}{f}");
                space.parse(&text)
            }
            Self::TransnasMacro(space) => {
                // Places without a module are 0.
                let modules = numbers(text).into_iter().filter(|module| *module != 0);
                let digits: String = modules.map(|module| module.to_string()).collect();
                space.parse(&format!("64-{digits}-basic"))
            }
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
fn nb101(space: &dyn SearchSpace, text: &str) -> Result<Architecture, Error> {
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
    space.parse(&format!("{matrix}:{operations}"))
}

/// DARTS: for each of two cells eight pairs of an input and an operation's code, two for each node.
fn nb301(space: &dyn SearchSpace, text: &str) -> Result<Architecture, Error> {
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
    space.parse(&Value::Object(config).to_string())
}
