//! Which differences between strategies are more than luck.

use super::{count, figure};
use crate::report::analysis::{ALPHA, Analysis, Blocks, Pair};
use crate::report::document::{Column, Section, Table, Value};
use crate::report::text::{number, p_equals, p_value};

/// Friedman and Nemenyi across tasks, Wilcoxon and Holm over all pairs.
pub(super) fn section(analysis: &Analysis) -> Section {
    let mut section = Section::new("comparisons", "Which differences are real");
    let overall = &analysis.overall;
    let blocks = match overall.blocks {
        Blocks::Tasks => "tasks (mean final regret of each)",
        Blocks::Replicates => "replicates (fewer than three tasks)",
    };
    match &overall.rank_test {
        Some(test) => section.paragraph(format!(
            "Friedman's test over {} {blocks}: χ² = {}, {}. Nemenyi's critical difference at {ALPHA} \
             is {} ranks.",
            test.blocks,
            number(test.statistic),
            p_equals(test.p),
            number(test.critical_difference)
        )),
        None => section.paragraph("Fewer than two strategies have complete runs: nothing to compare."),
    }
    section.blocks.push(figure(
        "critical-difference",
        "Critical-difference diagram",
        "Critical-difference diagram: mean ranks; strategies joined by a bar are not told apart by Nemenyi's test.",
    ));
    section.blocks.push(figure(
        "win-matrix",
        "How often the row's strategy beats the column's",
        "Pairwise wins of the row over the column. Per cent: effect size, the probability that the row has the lower final \
         regret in the same replicate (ties count half), averaged over tasks. Below: tasks on which the row is \
         significantly better and worse (Wilcoxon signed-rank over replicates, Holm-corrected within the task).",
    ));
    if !overall.pairs.is_empty() {
        let everywhere = std::iter::once((None, &overall.pairs));
        let caption = format!("Pairwise tests across tasks; blocks are {blocks}");
        section.table(pairs(analysis, "pairs", &caption, everywhere));
    }
    if analysis.tasks.iter().any(|t| !t.pairs.is_empty()) {
        let tasks = analysis.tasks.iter().enumerate();
        let tasks = tasks.map(|(at, t)| (Some(at), &t.pairs));
        let caption = "Pairwise tests within each task; blocks are replicates";
        section.table(pairs(analysis, "pairs-by-task", caption, tasks));
    }
    section
}

/// Every pair of strategies, overall or by task.
fn pairs<'a>(
    analysis: &Analysis,
    id: &str,
    caption: &str,
    groups: impl Iterator<Item = (Option<usize>, &'a Vec<Pair>)>,
) -> Table {
    let columns = vec![
        Column::new("task", "task"),
        Column::new("A", "a"),
        Column::new("B", "b"),
        Column::new("blocks", "blocks"),
        Column::new("share of blocks A is better", "share"),
        Column::new("Cliff's δ", "cliffs_delta"),
        Column::new("p, Holm-corrected", "p_holm"),
    ];
    let caption = format!("{caption} (Wilcoxon signed-rank, zeros by Pratt's rule)");
    let mut table = Table::new(id, caption, columns).folded();
    for (task, pairs) in groups {
        let name = task.map_or_else(
            || Value::Text("all tasks".into()),
            |t| {
                Value::Name(
                    analysis.tasks[t].short.clone(),
                    analysis.tasks[t].name.clone(),
                )
            },
        );
        for pair in pairs {
            table.row(vec![
                name.clone(),
                Value::Text(analysis.strategies[pair.a].clone()),
                Value::Text(analysis.strategies[pair.b].clone()),
                count(pair.blocks),
                Value::Number(pair.share),
                Value::Number(pair.delta),
                pair.p
                    .map_or(Value::Missing, |p| Value::Shown(p, p_value(p))),
            ]);
        }
    }
    table
}
