//! `archbench query` of a surrogate: what it says a training would give.

use super::Failure;
use crate::benchmark::{self, Query, TaskSpec};
use crate::error::Error;
use crate::strategy::Fidelity;
use crate::study::tasks::parse_seed_policy;
use serde_json::{Map, Value, json};

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) benchmark: &'a str,
    pub(super) arch: &'a str,
    pub(super) task: &'a str,
    pub(super) epoch: Option<u32>,
    pub(super) seed: &'a str,
    pub(super) curve: bool,
    pub(super) json: bool,
}

impl Question<'_> {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let surrogate = benchmark::open(self.benchmark)?;
        let tasks = &surrogate.spec().tasks;
        let position = tasks.iter().position(|t| t.name == self.task);
        let position = position.ok_or_else(|| {
            let known = tasks.iter().map(|t| t.name.as_str());
            Error::unknown_name(self.benchmark, "task", self.task, known)
        })?;
        let spec: &TaskSpec = &tasks[position];
        let arch = surrogate.space(position).parse(self.arch)?;
        let seed = parse_seed_policy(self.seed)?;
        let full = spec.full_fidelity();
        let fidelities = match (self.curve, self.epoch) {
            (true, _) => spec.fidelities.clone(),
            (false, epoch) => vec![epoch.map_or(full, Fidelity)],
        };
        let mut answers = Vec::new();
        for fidelity in fidelities {
            let query = Query {
                task: position,
                arch,
                fidelity,
                seed,
            };
            let found = surrogate.query(&query);
            let found = found.map_err(|e| Error::new(self.benchmark, e))?;
            let mut answer = Map::new();
            answer.insert("epoch".into(), json!(fidelity.0));
            answer.insert("valid/metric".into(), json!(found.valid));
            for (name, value) in [("test/metric", found.test), ("train/time_s", found.cost_s)] {
                answer.extend(value.map(|v| (name.to_owned(), json!(v))));
            }
            answers.push(answer);
        }
        match self.json {
            true => println!(
                "{}",
                json!({ "surrogate": self.benchmark, "answers": answers })
            ),
            false => answers.iter().for_each(print),
        }
        Ok(())
    }
}

fn print(answer: &Map<String, Value>) {
    let pairs: Vec<String> = answer.iter().map(|(k, v)| format!("{k}: {v}")).collect();
    println!("{}", pairs.join(", "));
}
