//! Published files, imported and asked.

use archbench::import::{IMPORTERS, read};
use archbench::table::{Attribute, Meaning, SeedPolicy, Table, Verdict, facts};
use std::path::PathBuf;

/// A published file, where it is at hand, imported; all facts that it has are checked.
pub fn imported(path: &str, importer: &str) -> Option<Table> {
    let Some(folder) = std::env::var_os("ARCHBENCH_REAL_DATA") else {
        println!("skipped: ARCHBENCH_REAL_DATA not set");
        return None;
    };
    let table = read("auto", &PathBuf::from(folder).join(path)).expect("imported");
    assert_eq!(table.sources[0].importer, importer, "{path}");
    let own = IMPORTERS
        .iter()
        .find(|i| i.name == importer)
        .expect("registered")
        .facts();
    for fact in facts::GENERAL.iter().chain(own) {
        let verdict = (fact.check)(&table);
        assert!(
            !matches!(verdict, Verdict::Fails(_)),
            "{path}: {}: {verdict:?}",
            fact.name
        );
    }
    Some(table)
}

pub fn value(
    table: &Table,
    at: (&str, &str, &Meaning),
    arch: &str,
    epoch: u32,
    seed: SeedPolicy,
) -> f64 {
    let (task, schedule, meaning) = at;
    let space = table.task(task).expect("the task").space();
    let arch = space.parse(arch).expect("an architecture");
    let series = table
        .series(task, Some(schedule), meaning)
        .expect("the series");
    series.value(&arch, epoch, seed).expect("a value")
}

pub fn figure(table: &Table, task: &str, arch: &str, attribute: &Attribute) -> f64 {
    facts::figure(table.task(task).expect("the task"), arch, attribute).expect("a figure")
}

pub fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "{found} for {expected}"
    );
}
