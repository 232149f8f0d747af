//! What is written is what polars reads back, whatever is missing or repeated.

use super::*;
use crate::space;
use crate::study::engine::Row;
use crate::study::replay::read_records;
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use proptest::prelude::*;

const STUDY: &str = r#"
name = "t"
seed = 1
replicates = 3
workers = 1
revisit = "charge"
seed_policy = "mean"
budget = { evaluations = 9 }
[[task]]
benchmark = "b"
task = "first"
metric = "accuracy"
space = "nas-bench-201"
citation = ""
table_sha256 = ""
oracle = false
has_cost = true
training_seeds = 1
classes = 6466
optimum = { arch = "", valid = 1.0 }
[[task]]
benchmark = "b"
task = "second"
metric = "accuracy"
space = "nas-bench-macro"
citation = ""
table_sha256 = ""
oracle = false
has_cost = true
training_seeds = 1
classes = 6561
optimum = { arch = "", valid = 1.0 }
[[strategy]]
name = "random-search"
label = "RS"
citation = ""
parameters = {}
[[strategy]]
name = "random-search"
label = "RS again"
citation = ""
parameters = {}
"#;

fn row() -> impl Strategy<Value = Row> {
    let metric = || prop::option::weighted(0.9, (0..5_u32).prop_map(|v| f64::from(v) / 4.0));
    let span = prop::option::weighted(0.9, (0.0..9.0, 9.0..99.0));
    (0..5_u64, 0..9_u32, 1..3_u32, span, metric(), metric()).prop_map(
        |(arch, trial, fidelity, span_s, valid, test)| Row {
            arch,
            trial,
            fidelity,
            span_s,
            valid,
            test: valid.and(test),
        },
    )
}

/// Cells of every place in the study, in its order.
fn cells() -> impl Strategy<Value = Vec<Cell>> {
    let record = (
        prop::collection::vec(row(), 0..30),
        prop::option::of("[a-z]{1,5}"),
    )
        .prop_map(|(rows, error)| {
            let failed = rows.iter().zip(0..).filter(|(row, _)| row.valid.is_none());
            let failures = failed.map(|(_, at)| (at, format!("row {at}"))).collect();
            CellRecord {
                rows,
                failures,
                error,
            }
        });
    prop::collection::vec(record, 12).prop_map(|records| {
        let cell = |(at, record): (usize, CellRecord)| Cell {
            task: at / 6,
            strategy: at / 3 % 2,
            replicate: (at % 3) as u32,
            record,
        };
        records.into_iter().enumerate().map(cell).collect()
    })
}

/// A row as text, the slow and plain way.
fn expected(study: &ResolvedStudy, cells: &[Cell]) -> Vec<Vec<String>> {
    let text = |value: Option<f64>| value.map_or("null".into(), |v| v.to_string());
    let mut lines = Vec::new();
    for cell in cells {
        let (task, label) = (
            &study.tasks[cell.task],
            &study.strategies[cell.strategy].label,
        );
        let space = space::open(&task.space).expect("registered");
        let mut best: Option<&Row> = None;
        let begin = [
            &task.benchmark,
            &task.task,
            label,
            &cell.replicate.to_string(),
        ]
        .map(String::from);
        for (row, at) in cell.record.rows.iter().zip(0_u32..) {
            if row.valid.is_some() && best.is_none_or(|b| row.valid > b.valid) {
                best = Some(row);
            }
            let message = cell.record.failures.iter().find(|f| f.0 == at);
            lines.push(
                [
                    begin.to_vec(),
                    vec![
                        row.trial.to_string(),
                        space.display(&space.at_index(row.arch)),
                        row.fidelity.to_string(),
                        text(row.span_s.map(|s| s.0)),
                        text(row.span_s.map(|s| s.1)),
                        text(row.valid),
                        text(row.test),
                        text(best.and_then(|b| b.valid)),
                        text(best.and_then(|b| b.test)),
                        (at + 1).to_string(),
                        if row.valid.is_some() { "ok" } else { "failed" }.into(),
                        message.map_or("null".into(), |f| f.1.clone()),
                    ],
                ]
                .concat(),
            );
        }
        if let Some(error) = &cell.record.error {
            let mut line = begin.to_vec();
            line.resize(13, "null".into());
            line.extend([
                cell.record.rows.len().to_string(),
                "run-failed".into(),
                error.clone(),
            ]);
            lines.push(line);
        }
    }
    lines
}

fn lines(frame: &DataFrame) -> Vec<Vec<String>> {
    let column = |c: &polars::prelude::Column, at| {
        let value = c.get(at).expect("in range");
        let number = || value.extract::<f64>().map(|v| v.to_string());
        (value.get_str().map(String::from).or_else(number)).unwrap_or("null".into())
    };
    (0..frame.height())
        .map(|at| frame.columns().iter().map(|c| column(c, at)).collect())
        .collect()
}

fn write_and_read(cells: &[Cell]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("records.parquet");
    write_to(&path, cells);
    let file = File::open(&path).expect("there");
    lines(&ParquetReader::new(file).finish().expect("Parquet"))
}

fn write_to(path: &Path, cells: &[Cell]) {
    let study: ResolvedStudy = toml::from_str(STUDY).expect("a study");
    let spaces = (study.tasks.iter()).map(|t| space::open(&t.space).expect("registered"));
    let names = Names::new(&study, spaces.collect());
    let rows = cells.iter().map(|c| c.record.rows.len() as u32);
    let read = |at: u32| {
        let Cell {
            task,
            strategy,
            replicate,
            record,
        } = &cells[at as usize];
        Ok(Cell {
            task: *task,
            strategy: *strategy,
            replicate: *replicate,
            record: record.clone(),
        })
    };
    write(path, &names, rows, &read).expect("written");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn polars_reads_what_was_recorded(cells in cells()) {
        let study: ResolvedStudy = toml::from_str(STUDY).expect("a study");
        prop_assert_eq!(write_and_read(&cells), expected(&study, &cells));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_flipped_bit_is_noticed(cells in cells(), flips in prop::collection::vec(any::<u64>(), 64)) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("records.parquet");
        write_to(&path, &cells);
        prop_assert!(seal::verify(&path, "records").is_ok());
        let bytes = std::fs::read(&path).expect("there");
        for flip in flips {
            let at = (flip / 8) as usize % bytes.len();
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (flip % 8);
            std::fs::write(&path, damaged).expect("written");
            prop_assert!(read_records(&path).is_err(), "bit of byte {at}");
        }
    }
}

#[test]
fn row_groups_hold_whole_cells() {
    let half = (GROUP_ROWS / 2) as u32;
    assert_eq!(
        groups([half, half, 1, half].into_iter()),
        [vec![0, 1], vec![2, 3]]
    );
    assert!(groups(std::iter::empty()).is_empty());
}
