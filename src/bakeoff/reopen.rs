//! A bake-off from its resolved form alone, as a lock file holds it: what `merge` needs in place of the study file.

use super::plan::Bakeoff;
use super::resolved::{ResolvedBakeoff, ResolvedPredictor};
use crate::error::Error;
use crate::predictor::Predictor;
use crate::study::OpenBenchmark;

impl Bakeoff {
    /// Opens the bake-off that `resolved` came from, on tables that must still be the same.
    ///
    /// # Errors
    /// When a benchmark is missing or has changed, or this version of the program resolves the study differently.
    pub fn reopen(resolved: &ResolvedBakeoff, open: OpenBenchmark<'_>) -> Result<Self, Vec<Error>> {
        let study = Self::parse(&wire(resolved), open)?;
        let is = &crate::study::Cells::resolved(&study).tasks;
        let changed = resolved.tasks.iter().zip(is);
        let changed = changed.filter(|(was, is)| was.table_sha256 != is.table_sha256);
        let mut changed: Vec<Error> = changed
            .map(|(was, is)| {
                let (expected, found) = (&was.table_sha256, &is.table_sha256);
                let problem = format!("expected the table {expected}, found {found}");
                Error::new(&was.benchmark, problem).mend("import the table that the study ran on")
            })
            .collect();
        // Tasks share their benchmark's table.
        changed.dedup();
        if !changed.is_empty() {
            return Err(changed);
        }
        match crate::study::Cells::resolved(&study) == resolved {
            true => Ok(study),
            false => Err(vec![
                Error::new("the study", "is not what this version would make of it")
                    .mend("use the version of archbench that its study.lock.toml names"),
            ]),
        }
    }
}

/// The study as its file would have said it, nothing left to a default.
fn wire(study: &ResolvedBakeoff) -> String {
    let mut file = toml::Table::new();
    let mut put = |key: &str, value: toml::Value| {
        file.insert(key.into(), value);
    };
    let value = |v: Result<toml::Value, toml::ser::Error>| v.expect("plain values");
    put("kind", value(toml::Value::try_from(study.kind)));
    put("name", study.name.clone().into());
    put("seed", value(toml::Value::try_from(study.seed)));
    put("replicates", i64::from(study.replicates).into());
    put(
        "train_sizes",
        value(toml::Value::try_from(&study.train_sizes)),
    );
    put("training", study.training.clone().into());
    if let Some(size) = study.test_size {
        put("test_size", i64::from(size).into());
    }
    let folds = i64::from(study.recalibration_folds);
    put("recalibration_folds", folds.into());
    put("seed_policy", study.seed_policy.clone().into());
    let tasks = study
        .tasks
        .chunk_by(|a, b| (&a.benchmark, &a.schedule) == (&b.benchmark, &b.schedule));
    let benchmarks = tasks.map(|tasks| {
        let names = tasks.iter().map(|t| t.task.clone().into()).collect();
        let mut entry = toml::Table::new();
        entry.insert("name".into(), tasks[0].benchmark.clone().into());
        entry.insert("tasks".into(), toml::Value::Array(names));
        entry.insert("schedule".into(), tasks[0].schedule.clone().into());
        entry.into()
    });
    put("benchmark", toml::Value::Array(benchmarks.collect()));
    let predictors = study.predictors.iter().map(predictor).collect();
    put("predictor", toml::Value::Array(predictors));
    file.to_string()
}

fn predictor(predictor: &ResolvedPredictor) -> toml::Value {
    let mut entry = predictor.parameters.clone();
    entry.insert("name".into(), predictor.name.clone().into());
    entry.insert("label".into(), predictor.label.clone().into());
    let configured = Predictor::configure(&predictor.name, predictor.parameters.clone());
    // One that reads no encoding is refused with one.
    if !configured.is_ok_and(|configured| configured.sees_instead().is_some()) {
        entry.insert("encoding".into(), predictor.encoding.clone().into());
    }
    entry.insert("target".into(), predictor.target.clone().into());
    let features = predictor.features.iter().map(|f| f.clone().into());
    entry.insert("features".into(), toml::Value::Array(features.collect()));
    if let Some(fidelity) = predictor.fidelity {
        let fidelities = vec![i64::from(fidelity).into()];
        entry.insert("fidelities".into(), toml::Value::Array(fidelities));
    }
    entry.into()
}
