//! A study from its resolved form alone, as a lock file or records hold it: what `merge` needs in place of the study file.

use super::plan::Study;
use super::resolved::{ResolvedStudy, ResolvedTask};
use super::tasks::OpenBenchmark;
use crate::error::Error;

impl Study {
    /// Opens the study that `resolved` came from, on tables that must still be the same.
    ///
    /// # Errors
    /// When a benchmark is missing or has another checksum, or this version of the program resolves the study
    /// differently.
    pub fn reopen(resolved: &ResolvedStudy, open: OpenBenchmark<'_>) -> Result<Self, Vec<Error>> {
        let study = Self::parse(&wire(resolved), open)?;
        let mut changed: Vec<Error> = resolved
            .tasks
            .iter()
            .zip(&study.resolved().tasks)
            .filter(|(was, is)| was.table_sha256 != is.table_sha256)
            .map(|(was, is)| changed_table(was, is))
            .collect();
        // Tasks share their benchmark's table.
        changed.dedup();
        if !changed.is_empty() {
            return Err(changed);
        }
        match study.resolved() == resolved {
            true => Ok(study),
            false => Err(vec![
                Error::new("the study", "is not what this version would make of it")
                    .mend("use the version of archbench that its study.lock.toml names"),
            ]),
        }
    }
}

fn changed_table(was: &ResolvedTask, is: &ResolvedTask) -> Error {
    let problem = format!(
        "expected the table {}, found {}",
        was.table_sha256, is.table_sha256
    );
    Error::new(&was.benchmark, problem).mend("import the table that the study ran on")
}

/// The study as its file would have said it, nothing left to a default.
fn wire(study: &ResolvedStudy) -> String {
    let mut file = toml::Table::new();
    let mut put = |key: &str, value: toml::Value| {
        file.insert(key.into(), value);
    };
    let value = |v: Result<toml::Value, toml::ser::Error>| v.expect("plain values");
    put("kind", "search".into());
    put("name", study.name.clone().into());
    put("seed", value(toml::Value::try_from(study.seed)));
    put("replicates", i64::from(study.replicates).into());
    put("workers", i64::from(study.workers).into());
    put("revisit", value(toml::Value::try_from(study.revisit)));
    put("seed_policy", study.seed_policy.clone().into());
    put("budget", value(toml::Value::try_from(study.budget)));
    let benchmarks = study
        .tasks
        .chunk_by(|a, b| a.benchmark == b.benchmark)
        .map(|tasks| {
            let names = tasks.iter().map(|t| t.task.clone().into()).collect();
            let mut entry = toml::Table::new();
            entry.insert("name".into(), tasks[0].benchmark.clone().into());
            entry.insert("tasks".into(), toml::Value::Array(names));
            entry.into()
        });
    put("benchmark", toml::Value::Array(benchmarks.collect()));
    let strategies = study.strategies.iter().map(|strategy| {
        let mut entry = strategy.parameters.clone();
        entry.insert("name".into(), strategy.name.clone().into());
        entry.insert("label".into(), strategy.label.clone().into());
        entry.into()
    });
    put("strategy", toml::Value::Array(strategies.collect()));
    file.to_string()
}
