//! The committed reference study, reproduced with fewer replicates.

use archbench::study::{CellPlace, Study};
use std::collections::BTreeMap;
use std::path::Path;

const REPLICATES: u32 = 40;

/// Means of 40 of its 200 replicates lie within five standard errors of the committed means.
#[test]
fn the_reference_study_is_reproduced() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/quickstart");
    let study = Study::read(&folder.join("study.toml")).expect("a sound study");
    let resolved = study.resolved();
    let mut reader =
        csv::Reader::from_path(folder.join("tables/final-regret.csv")).expect("the table");
    let header = reader.headers().expect("a header").clone();
    let rows: BTreeMap<String, Vec<f64>> = reader
        .records()
        .map(|row| {
            let row = row.expect("a row");
            let values = row
                .iter()
                .skip(1)
                .map(|v| v.parse().expect("a number"))
                .collect();
            (row[0].to_string(), values)
        })
        .collect();
    assert_eq!(header.len(), 1 + 3 * resolved.strategies.len());
    for (at, task) in resolved.tasks.iter().enumerate() {
        let committed = &rows[&format!("{}/{}", task.benchmark, task.task)];
        for strategy in 0..resolved.strategies.len() {
            let regrets: Vec<f64> = (0..REPLICATES)
                .map(|replicate| {
                    let place = CellPlace {
                        task: at,
                        strategy,
                        replicate,
                    };
                    let best = (study.run_cell(place).rows.iter())
                        .filter_map(|row| row.valid)
                        .fold(f64::MIN, f64::max);
                    100.0 * (task.optimum.valid - best)
                })
                .collect();
            let n = f64::from(REPLICATES);
            let mean = regrets.iter().sum::<f64>() / n;
            let variance = regrets.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let error = (variance / n).sqrt();
            let reference = committed[3 * strategy];
            assert!(
                (mean - reference).abs() <= 5.0 * error + 1e-9,
                "{} {}: {mean} against {reference}",
                task.task,
                resolved.strategies[strategy].label
            );
        }
    }
}
