//! The tasks a study names, opened and checked one by one; and the seed policies it may ask them with.

use super::wire::WireBenchmark;
use crate::benchmark::{Benchmark, SeedPolicy};
use crate::error::Error;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Opens a benchmark by name; [`crate::benchmark::open`] outside tests.
pub type OpenBenchmark<'a> = &'a dyn Fn(&str) -> Result<Arc<dyn Benchmark>, Error>;

/// What a study makes of a benchmark's task.
type ResolveTask<'a, T> = &'a dyn Fn(&Arc<dyn Benchmark>, usize) -> Result<T, Error>;

/// What `resolve` makes of every task that `entries` name, in order.
pub(crate) fn resolve<T>(
    entries: &[WireBenchmark],
    open: OpenBenchmark<'_>,
    errors: &mut Vec<Error>,
    resolve: ResolveTask<'_, T>,
) -> Vec<T> {
    let mut tasks = Vec::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for entry in entries {
        let place = format!("[[benchmark]] {}", entry.name);
        let opened = open(&entry.name).and_then(|benchmark| match &entry.schedule {
            Some(schedule) => benchmark.with_schedule(schedule),
            None => Ok(benchmark),
        });
        let benchmark = match opened {
            Ok(benchmark) => benchmark,
            Err(e) => {
                errors.push(e.within("[[benchmark]]"));
                continue;
            }
        };
        for position in chosen(entry, benchmark.as_ref(), &place, errors) {
            let spec = benchmark.spec();
            let name = &spec.tasks[position].name;
            let task = (spec.name.clone(), name.clone());
            match resolve(&benchmark, position) {
                // What one task lacks its neighbours usually lack too: one line is enough.
                Err(e) => {
                    errors.push(e.within(&place));
                    break;
                }
                Ok(_) if !seen.insert(task) => {
                    errors.push(Error::new(&place, format!("task `{name}` is listed twice")));
                }
                Ok(task) => tasks.push(task),
            }
        }
    }
    tasks
}

fn chosen(
    entry: &WireBenchmark,
    benchmark: &dyn Benchmark,
    place: &str,
    errors: &mut Vec<Error>,
) -> Vec<usize> {
    let known = &benchmark.spec().tasks;
    let Some(names) = &entry.tasks else {
        let searchable: Vec<usize> = (0..known.len())
            .filter(|&at| known[at].unsearchable.is_none())
            .collect();
        // Where none can be searched, the error of the first says why.
        return match searchable.is_empty() {
            true => vec![0],
            false => searchable,
        };
    };
    if names.is_empty() {
        errors.push(Error::new(place, "`tasks` is empty").mend("leave it out for all"));
    }
    let mut chosen = Vec::new();
    for name in names {
        match known.iter().position(|t| &t.name == name) {
            Some(position) => chosen.push(position),
            None => {
                let known = known.iter().map(|t| t.name.as_str());
                errors.push(Error::unknown_name(place, "task", name, known));
            }
        }
    }
    chosen
}

/// The policy of this name; `draw` still lacks its key.
pub(crate) fn parse_seed_policy(text: &str) -> Result<SeedPolicy, Error> {
    let index = text.strip_prefix("index:").and_then(|k| k.parse().ok());
    match (text, index) {
        ("mean", _) => Ok(SeedPolicy::Mean),
        ("mean-of-present", _) => Ok(SeedPolicy::MeanOfPresent),
        ("draw", _) => Ok(SeedPolicy::Draw { key: 0 }),
        (_, Some(k)) => Ok(SeedPolicy::Index(k)),
        _ => Err(
            Error::new("seed_policy", format!("unknown policy `{text}`"))
                .mend("give `mean`, `mean-of-present`, `draw` or `index:K`"),
        ),
    }
}
