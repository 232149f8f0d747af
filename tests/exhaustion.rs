//! What strategies do when a space has nothing new left: runs through the engine on a space of five networks.

#[path = "support/quick.rs"]
mod quick;

use archbench::benchmark::{
    Benchmark, BenchmarkSpec, Evaluation, Optimum, Query, QueryError, SeedPolicy,
};
use archbench::error::Error;
use archbench::rng::derive_rng;
use archbench::space::{Architecture, Decision, SearchSpace};
use archbench::strategy::{Fidelity, STRATEGIES, StrategyConfig};
use archbench::study::{Arena, Budget, CellRecord, Revisit, run_cell};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Two decisions of three options. Their order does not matter, and `00` is no network: the classes are `01`,
/// `02`, `11`, `12`, `22`.
struct Pairs {
    decisions: Vec<Decision>,
}

const CLASSES: usize = 5;

impl Pairs {
    fn new() -> Self {
        let decision = |name: &str| Decision {
            name: name.to_owned(),
            options: vec!["0", "1", "2"],
        };
        Self {
            decisions: vec![decision("first"), decision("second")],
        }
    }
}

impl SearchSpace for Pairs {
    fn name(&self) -> &str {
        "pairs"
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn canonical(&self, arch: &Architecture) -> Architecture {
        let mut choices = [arch.decisions()[0], arch.decisions()[1]];
        choices.sort_unstable();
        Architecture::new(&choices)
    }

    fn class_count(&self) -> u64 {
        CLASSES as u64
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        Err(Error::new("pairs", format!("`{text}` is not read here")))
    }

    fn display(&self, arch: &Architecture) -> String {
        format!("{arch:?}")
    }

    fn is_valid(&self, arch: &Architecture) -> bool {
        arch.decisions() != [0, 0]
    }
}

/// Validation is the rank of the class; where `fails`, the class `12` fails.
struct Ranks {
    spec: BenchmarkSpec,
    fails: bool,
}

impl Benchmark for Ranks {
    fn spec(&self) -> &BenchmarkSpec {
        &self.spec
    }

    fn space(&self, _: usize) -> Arc<dyn SearchSpace> {
        Arc::new(Pairs::new())
    }

    fn query(&self, query: &Query) -> Result<Evaluation, QueryError> {
        let class = Pairs::new().class(&query.arch).0;
        if self.fails && class == 5 {
            return Err(QueryError("no such row".into()));
        }
        Ok(Evaluation {
            valid: class as f64 / 10.0,
            test: None,
            cost_s: None,
        })
    }

    fn optimum(&self, _: usize, _: SeedPolicy) -> Result<Optimum, QueryError> {
        Err(QueryError("not asked".into()))
    }
}

const BUDGET: u32 = 1_000;

fn play(config: &dyn StrategyConfig, revisit: Revisit, workers: u32, fails: bool) -> CellRecord {
    let space = Pairs::new();
    let benchmark = Ranks {
        spec: BenchmarkSpec {
            name: "ranks".into(),
            title: String::new(),
            citation: String::new(),
            sha256: String::new(),
            tasks: Vec::new(),
        },
        fails,
    };
    let arena = Arena {
        benchmark: &benchmark,
        task: 0,
        space: &space,
        full_fidelity: Fidelity(1),
        has_cost: false,
        seed: SeedPolicy::Mean,
        budget: Budget::Evaluations(BUDGET),
        revisit,
        workers,
    };
    let mut strategy = config.start(&space);
    run_cell(&arena, strategy.as_mut(), derive_rng(1, &["exhaustion"]))
}

/// The classes evaluated.
fn classes(record: &CellRecord) -> BTreeSet<u64> {
    let space = Pairs::new();
    let class = |raw: u64| space.class(&space.at_index(raw)).0;
    record.rows.iter().map(|row| class(row.arch)).collect()
}

/// Where revisits are charged a run spends its budget, unless every class was evaluated before it ended; where
/// they are free it ends all the same, and has paid for no class twice.
#[test]
fn every_strategy_ends() {
    for entry in STRATEGIES {
        let config = quick::configured(entry);
        // Paths and graph networks need graphs, which pairs do not have; nor do they grow.
        if config.suits(&Pairs::new()).is_err() {
            assert!(["bananas", "npenas", "pnas"].contains(&entry.name));
            continue;
        }
        for (workers, fails) in [(1, false), (3, false), (2, true)] {
            let charged = play(config.as_ref(), Revisit::Charge, workers, fails);
            assert_eq!(charged.error, None, "{}", entry.name);
            let ended_early = charged.rows.len() < BUDGET as usize;
            let found_all = classes(&charged).len() == CLASSES;
            assert!(!ended_early || found_all, "{}", entry.name);

            let free = play(config.as_ref(), Revisit::Free, workers, fails);
            assert_eq!(free.error, None, "{}", entry.name);
            // Workers that start a class at the same time all pay for it.
            let most = CLASSES * workers as usize;
            assert!(free.rows.len() <= most, "{}", entry.name);
        }
    }
}

/// A strategy that never proposes a class twice evaluates each of them once and is done, at no further cost.
#[test]
fn those_that_never_repeat_are_done() {
    let model = "initial = 2\npredictor = { name = \"gaussian-process\" }";
    let never_repeat = [
        ("random-search", "replacement = false"),
        ("local-search", "repeats = false"),
        ("genetic-algorithm", ""),
        ("tpe", ""),
        ("bayesian-optimization", "initial = 2"),
        ("smac", "initial = 2"),
        ("bananas", model),
        ("npenas", model),
        ("predictor-guided-evolution", model),
        ("predictor-guided-local-search", model),
    ];
    for (name, given) in never_repeat {
        let entry = STRATEGIES.iter().find(|s| s.name == name);
        let entry = entry.expect("registered");
        let mut parameters = entry.defaults();
        parameters.extend(given.parse::<toml::Table>().expect("a table"));
        let config = entry.configure(parameters).expect("sound");
        config.suits(&Pairs::new()).expect("can be searched");
        for (workers, fails) in [(1, false), (3, false), (2, true)] {
            let record = play(config.as_ref(), Revisit::Charge, workers, fails);
            assert_eq!(record.error, None, "{name}");
            assert_eq!(record.rows.len(), CLASSES, "{name}");
            assert_eq!(classes(&record).len(), CLASSES, "{name}");
        }
    }
}

/// Those that repeat as their papers have it go on and spend the whole budget.
#[test]
fn those_that_repeat_spend_the_budget() {
    for name in [
        "random-search",
        "local-search",
        "regularized-evolution",
        "simulated-annealing",
        "reinforce",
    ] {
        let entry = STRATEGIES.iter().find(|s| s.name == name);
        let entry = entry.expect("registered");
        let config = entry.configure(entry.defaults()).expect("sound");
        let record = play(config.as_ref(), Revisit::Charge, 2, false);
        assert_eq!(record.rows.len(), BUDGET as usize, "{name}");
    }
}
