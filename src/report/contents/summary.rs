//! What the study found, in a sentence and a table.

use super::{budget, count, counted};
use crate::report::ReportInput;
use crate::report::analysis::{ALPHA, Analysis, Blocks, Cell};
use crate::report::document::{Block, Column, Section, Table, Value};
use crate::report::text::{list, number, p_equals};

/// More names than this make a sentence unreadable.
const MAX_NAMES: usize = 6;

/// The answer, and the strategies in order.
pub(super) fn section(input: &ReportInput, analysis: &Analysis) -> Section {
    let mut section = Section::new("summary", "Summary");
    let study = &input.study;
    section.blocks.push(Block::Lead(headline(analysis)));
    section.paragraph(format!(
        "{} on {} of {}, {} of {} each, {} in all. Simple regret is the best \
         validation metric in the table less that of the incumbent; test figures are those of the \
         incumbent chosen on validation.",
        one_or_many(study.strategies.len(), "strategy", "strategies"),
        counted(study.tasks.len(), "task"),
        list(&benchmarks(input)),
        counted(study.replicates as usize, "replicate"),
        budget(input),
        counted(analysis.runs, "run"),
    ));
    let oracles: Vec<&str> = analysis
        .tasks
        .iter()
        .filter(|t| t.oracle)
        .map(|t| t.name.as_str())
        .collect();
    if !oracles.is_empty() {
        section.paragraph(format!(
            "ORACLE: no validation split for {}; the test metric stood in for validation, so these \
             figures are optimistic.",
            list(&oracles)
        ));
    }
    section.table(ranking(analysis));
    section
}

/// The strategies, best mean rank first.
fn ranking(analysis: &Analysis) -> Table {
    let over = match analysis.overall.rank_blocks {
        Blocks::Tasks => "mean rank over tasks",
        Blocks::Replicates => "mean rank over replicates",
    };
    let columns = vec![
        Column::new("strategy", "strategy"),
        Column::new(over, "mean_rank"),
        Column::new("tasks best on", "tasks_best"),
        Column::new("runs at the optimum [%]", "solved_percent"),
    ];
    let mut table = Table::new(
        "ranking",
        "Strategies by mean rank of their final regret",
        columns,
    );
    let mut order: Vec<usize> = (0..analysis.strategies.len()).collect();
    let rank = |s: &usize| analysis.overall.mean_rank[*s].unwrap_or(f64::MAX);
    order.sort_by(|a, b| rank(a).total_cmp(&rank(b)).then(a.cmp(b)));
    for s in order {
        let runs: usize = analysis.tasks.iter().map(|t| t.cells[s].runs).sum();
        let solved: usize = analysis.tasks.iter().map(|t| t.cells[s].solved).sum();
        let best = analysis
            .tasks
            .iter()
            .filter(|t| is_best(&t.cells, s))
            .count();
        table.row(vec![
            Value::Text(analysis.strategies[s].clone()),
            analysis.overall.mean_rank[s].map_or(Value::Missing, Value::Number),
            count(best),
            match runs {
                0 => Value::Missing,
                _ => Value::Number(100.0 * solved as f64 / runs as f64),
            },
        ]);
    }
    table
}

fn benchmarks(input: &ReportInput) -> Vec<&str> {
    let mut names: Vec<&str> = input
        .study
        .tasks
        .iter()
        .map(|t| t.benchmark.as_str())
        .collect();
    names.dedup();
    names
}

fn one_or_many(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn is_best(cells: &[Cell], strategy: usize) -> bool {
    let mean = |cell: &Cell| cell.regret.map(|r| r.mean);
    mean(&cells[strategy])
        .is_some_and(|own| cells.iter().filter_map(mean).all(|other| own <= other))
}

fn headline(analysis: &Analysis) -> String {
    let ranks = &analysis.overall.mean_rank;
    let ranked = (0..ranks.len()).filter_map(|s| ranks[s].map(|r| (s, r)));
    let Some((best, rank)) = ranked.min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return "No strategy has runs on every task, so none can be called best.".into();
    };
    let name = &analysis.strategies[best];
    if analysis.strategies.len() == 1 {
        return format!("{name} ran alone: there is nothing to compare it with.");
    }
    let rank = number(rank);
    let Some(test) = &analysis.overall.rank_test else {
        return format!("{name} has the best mean rank, {rank}; there is too little to test.");
    };
    if ranks
        .iter()
        .flatten()
        .all(|r| *r == ranks[best].unwrap_or(*r))
    {
        let p = p_equals(test.p);
        return format!(
            "All have mean rank {rank}: they do not differ significantly (Friedman {p})."
        );
    }
    let ties: Vec<&str> = test
        .cliques
        .iter()
        .filter(|c| c.iter().any(|&i| test.strategies[i] == best))
        .flatten()
        .map(|&i| analysis.strategies[test.strategies[i]].as_str())
        .filter(|other| other != name)
        .collect();
    let verdict = if test.p >= ALPHA {
        "but the strategies do not differ significantly".to_string()
    } else if ties.is_empty() {
        "significantly ahead of every other strategy".to_string()
    } else {
        let mut unique: Vec<&str> = Vec::new();
        for name in ties {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        let others = match unique.len() {
            n if n > MAX_NAMES => format!("{n} others"),
            _ => list(&unique),
        };
        format!("not told apart from {others} by Nemenyi's test")
    };
    let p = p_equals(test.p);
    format!("{name} has the best mean rank, {rank}, {verdict} (Friedman {p}).")
}
