//! How far the strategies came: along the budget, and at its end.

use super::figure;
use crate::report::analysis::{Analysis, Cell, Interval, TARGETS};
use crate::report::document::{Column, Section, Table, Value};
use crate::report::text::short;

/// Regret and rank along the budget.
pub(super) fn anytime(analysis: &Analysis) -> Section {
    let mut section = Section::new("anytime", "Regret over the budget");
    section.blocks.push(figure(
        "regret-evaluations",
        "Mean simple regret against evaluations, a panel per task",
        "Mean simple regret of the incumbent with pointwise 95 % bootstrap bands over replicates; both axes \
         logarithmic.",
    ));
    section.blocks.push(figure(
        "regret-time",
        "Mean simple regret against simulated training time, a panel per task",
        "The same against simulated training time, for tasks whose table has it.",
    ));
    if analysis.tasks.iter().all(|t| t.by_time.is_none()) {
        section.paragraph(
            "Against simulated time there is nothing to show: no table of this study has training times.",
        );
    }
    section.blocks.push(figure(
        "rank",
        "Mean rank of the strategies along the budget",
        format!(
            "Mean rank of the regret against {}, over replicates and then over tasks; 1 is best.",
            analysis.axis
        ),
    ));
    section.table(cell_table(
        analysis,
        "regret-area",
        &format!(
            "Area under the regret curve per unit of budget (mean regret along {}), mean [95 % interval]",
            analysis.axis
        ),
        |c| c.area,
    ));
    section
}

/// Regret and test metric at the end, and how they are spread.
pub(super) fn finals(analysis: &Analysis) -> Section {
    let mut section = Section::new("results", "Final results");
    section.table(cell_table(
        analysis,
        "final-regret",
        "Final simple regret on validation, mean [95 % interval], in percentage points for accuracy and ROC-AUC",
        |c| c.regret,
    ));
    section.table(cell_table(
        analysis,
        "test",
        "Test metric of the incumbent chosen on validation, mean [95 % interval], in percent for accuracy and ROC-AUC",
        |c| c.test,
    ));
    section.blocks.push(figure(
        "final-regret",
        "Distribution of the final regret by strategy and task",
        "Final regret over replicates: line from 5 to 95 %, bar from 25 to 75 %, gap at the median, dot at the mean.",
    ));
    section.blocks.push(figure(
        "ecdf",
        "Empirical distribution of the final regret of all runs",
        "Empirical distribution of final regrets over all tasks, each as a share of the mean regret of the task's first \
         incumbents.",
    ));
    let targets: Vec<String> = TARGETS.iter().map(|t| short(100.0 * t)).collect();
    section.blocks.push(figure(
        "performance-profile",
        "Performance profile: problems solved within a factor of the best strategy's cost",
        format!(
            "Performance profile (Dolan & Moré 2002). A problem is a task with a target regret ({} % of the mean \
             regret of the first incumbents); the cost is the expected number of evaluations to reach it, runs that did \
             not reach it included. At 1: share of problems on which the strategy is the fastest.",
            targets.join(", ")
        ),
    ));
    section
}

fn cell_table(
    analysis: &Analysis,
    id: &str,
    caption: &str,
    value: impl Fn(&Cell) -> Option<Interval>,
) -> Table {
    let mut columns = vec![Column::new("task", "task")];
    for label in &analysis.strategies {
        columns.push(Column::interval(label.clone(), &key(label)));
    }
    let mut table = Table::new(id, caption, columns);
    for task in &analysis.tasks {
        let mut row = vec![Value::Name(task.short.clone(), task.name.clone())];
        row.extend(task.cells.iter().map(|cell| match value(cell) {
            Some(i) => Value::Interval(i.mean, i.low, i.high),
            None => Value::Missing,
        }));
        table.row(row);
    }
    table
}

/// A label as a column's name.
pub(in crate::report) fn key(label: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    label.chars().map(plain).collect()
}
