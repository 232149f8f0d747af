//! Measured wall times: a page of their own, as they differ from run to run and the report does not.

use super::count;
use crate::report::ReportInput;
use crate::report::document::{Column, Document, Section, Table, Value};

/// The page; none where nothing was measured.
pub(in crate::report) fn times(input: &ReportInput) -> Option<Document> {
    if input.times.is_empty() {
        return None;
    }
    let mut section = Section::new("times", "Measured time");
    section.paragraph(
        "Wall time of the runs themselves: what a strategy computes, its models included, and table look-ups, which take \
         some tens of nanoseconds each. Measured, so not reproducible; it enters neither the simulated clock nor any figure \
         of the report.",
    );
    let columns = vec![
        Column::new("strategy", "strategy"),
        Column::new("evaluations", "evaluations"),
        Column::new("ns per evaluation", "ns_per_evaluation"),
        Column::new("ms per run", "ms_per_run"),
    ];
    let mut table = Table::new("times", "Wall time by strategy", columns);
    for (at, strategy) in input.study.strategies.iter().enumerate() {
        let of = || input.times.iter().filter(|t| t.strategy == at);
        let evaluations: u64 = of().map(|t| t.evaluations).sum();
        let runs: u32 = of().map(|t| t.runs).sum();
        let wall_s: f64 = of().map(|t| t.wall_s).sum();
        if evaluations > 0 {
            table.row(vec![
                Value::Text(strategy.label.clone()),
                count(evaluations as usize),
                Value::Number(wall_s * 1e9 / evaluations as f64),
                Value::Number(wall_s * 1e3 / f64::from(runs)),
            ]);
        }
    }
    section.table(table);
    Some(Document {
        title: format!("{}: measured time", input.study.name),
        sections: vec![section],
    })
}
