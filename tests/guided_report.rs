//! The committed study of guided strategies: one task of it, run again, gives the same figures.

use archbench::study::{CellPlace, Study};
use rayon::prelude::*;
use std::path::Path;

/// All replicates of the strategies that take no second, on the smallest task: mean regrets to rounding.
#[test]
fn the_committed_figures_come_out_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/guided");
    let study = Study::read(&folder.join("study.toml")).expect("a sound study");
    let resolved = study.resolved();
    let table = folder.join("tables/final-regret.csv");
    let mut reader = csv::Reader::from_path(table).expect("the table");
    let rows = reader.records().map(|row| row.expect("a row"));
    let committed = rows
        .filter(|row| &row[0] == "nas-bench-graph/proteins")
        .last()
        .expect("the task");
    let tasks = resolved.tasks.iter();
    let (at, task) = tasks
        .enumerate()
        .find(|(_, task)| task.task == "proteins")
        .expect("the task");
    let mut checked = 0;
    for (strategy, of) in resolved.strategies.iter().enumerate() {
        let is_quick = [
            "local-search",
            "tpe",
            "bayesian-optimization",
            "predictor-guided-evolution",
            "predictor-guided-local-search",
        ]
        .contains(&of.label.as_str());
        if !is_quick {
            continue;
        }
        let regret = |replicate| {
            let place = CellPlace {
                task: at,
                strategy,
                replicate,
            };
            let rows = study.run_cell(place).rows;
            let best = rows
                .iter()
                .filter_map(|row| row.valid)
                .fold(f64::MIN, f64::max);
            100.0 * (task.optimum.valid - best)
        };
        let replicates = resolved.replicates;
        let regrets: Vec<f64> = (0..replicates).into_par_iter().map(regret).collect();
        let mean = regrets.iter().sum::<f64>() / f64::from(replicates);
        let reference: f64 = committed[1 + 3 * strategy].parse().expect("a number");
        assert!(
            (mean - reference).abs() < 1e-9,
            "{}: {mean} against {reference}",
            of.label
        );
        checked += 1;
    }
    assert_eq!(checked, 5);
}
