//! Anybody's own table, as CSV.

use crate::made_up::contents;
use crate::plain_files::{CARD, TRAININGS, parquet};
use archbench::benchmark::{Benchmark, SeedPolicy, TabularBenchmark};
use archbench::table::{Attribute, Format, HardwareMetric, Meaning, Table, TaskBuilder, export};
use polars::prelude::ParquetCompression;
use std::sync::Arc;

fn plain(card: &str, trainings: &str, architectures: &str) -> Result<Table, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    write("card.toml", card);
    write("trainings.csv", trainings);
    if !architectures.is_empty() {
        write("architectures.csv", architectures);
    }
    archbench::import::read("auto", dir.path()).map_err(|e| e.to_string())
}

const ARCHITECTURES: &str = "task,arch,params,proxy_score/synflow
digits,small,1000,
digits,\"large, deep\",2000,-3.5
";

#[test]
fn anybodys_own_csv_is_a_table() {
    let table = plain(CARD, TRAININGS, ARCHITECTURES).expect("imported");
    let task = &table.tasks[0];
    let arch = |name: &str| task.space().parse(name).expect("in the pool");
    let view = table
        .series("digits", None, &Meaning::VALID)
        .expect("there");
    assert_eq!(
        view.value(&arch("small"), 10, SeedPolicy::Index(0)),
        Ok(0.75)
    );
    assert_eq!(
        view.value(&arch("large, deep"), 10, SeedPolicy::Index(1)),
        Ok(0.875)
    );
    assert!(
        view.value(&arch("large, deep"), 10, SeedPolicy::Mean)
            .is_err()
    );
    let synflow = Attribute::ProxyScore("synflow".into());
    assert_eq!(
        task.figure(&synflow, &arch("large, deep"), SeedPolicy::Mean),
        Ok(-3.5)
    );
    assert!(
        task.figure(&synflow, &arch("small"), SeedPolicy::Mean)
            .is_err()
    );
    assert!(TabularBenchmark::new(Arc::new(table), "").spec().tasks[0].has_cost);
}

/// Whether packed or not.
#[test]
fn parquet_is_the_same_table() {
    let csv = contents(&plain(CARD, TRAININGS, "").expect("imported"));
    for packing in [
        ParquetCompression::Uncompressed,
        ParquetCompression::Zstd(None),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("card.toml"), CARD).expect("written");
        std::fs::write(dir.path().join("trainings.parquet"), parquet(packing)).expect("written");
        let table = archbench::import::read("auto", dir.path()).expect("imported");
        assert_eq!(contents(&table), csv);
    }
}

#[test]
fn mistakes_in_a_plain_table_are_named_with_their_place() {
    for (from, to, expected) in [
        ("0.75", "75", "75 is not a fraction in 0 to 1"),
        (
            "0.75",
            "good",
            "line 3, column valid/metric: `good` is not a number",
        ),
        (
            "valid/metric",
            "validation",
            "`validation` is not split/quantity",
        ),
        ("valid/metric", "val/metric", "unknown split `val`"),
        (
            "digits,10,small,7,1,",
            "digit,10,small,7,1,",
            "unknown task `digit`",
        ),
        (
            "digits,10,small,7,1,",
            "digits,10,small,,1,",
            "row 1: `seed` is empty",
        ),
        ("seed,epoch", "run,epoch", "column"),
        (
            "digits,10,small,7,10",
            "digits,10,small,7,1",
            "has two values",
        ),
        ("25\n", "25,1\n", "not CSV"),
    ] {
        let problem = plain(CARD, &TRAININGS.replacen(from, to, 1), "")
            .err()
            .expect("refused");
        assert!(problem.contains(expected), "{to}: {problem}");
    }
    for (from, to, expected) in [
        ("\"pool\"", "\"nas-bench-201\"", "is not a"),
        (
            "\"pool\"",
            "\"nas-bench-202\"",
            "did you mean `nas-bench-201`?",
        ),
        ("name = \"digits\"", "name = \"../digits\"", "is not a name"),
        ("licence", "license", "unknown field"),
        ("[[task]]", "format = 1\n[[task]]", "unknown field"),
    ] {
        let problem = plain(&CARD.replacen(from, to, 1), TRAININGS, "")
            .err()
            .expect("refused");
        assert!(problem.contains(expected), "{to}: {problem}");
    }
}

/// A table of figures only, as of latencies or proxies, has no trainings to write, and comes back as it was.
#[test]
fn a_table_without_trainings_goes_out_and_comes_back() {
    let mut task = TaskBuilder::new("cifar100", "nas-bench-201", "accuracy").expect("a task");
    let space = archbench::space::open("nas-bench-201").expect("registered");
    let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "pixel3".into());
    let latency = task.attribute(latency);
    for cell in 0..50 {
        let row = task.row(&space.at_index(cell));
        task.put(latency, row, 0.5 + cell as f64);
    }
    let table = crate::made_up::table("latencies", vec![task.finish().expect("sound")]);
    for format in [Format::Csv, Format::Parquet] {
        let dir = tempfile::tempdir().expect("a folder");
        export(&table, format, true, dir.path()).expect("exported");
        let back = archbench::import::read("auto", dir.path()).expect("imported");
        assert_eq!(contents(&back), contents(&table));
    }
    let empty = crate::made_up::table("empty", Vec::new());
    let dir = tempfile::tempdir().expect("a folder");
    let error = export(&empty, Format::Csv, false, dir.path()).expect_err("empty");
    assert_eq!(error.to_string(), "empty: the table is empty");
}
