//! What was run, on what, and by what.

use super::{budget, count};
use crate::report::ReportInput;
use crate::report::analysis::{ALPHA, Analysis, RESAMPLES, TaskAnalysis};
use crate::report::document::{Block, Column, Section, Table, Value};
use crate::study::{Provenance, ResolvedTask, Revisit};

/// Digits of a table's hash that are shown.
const HASH_DIGITS: usize = 12;

/// Budgets, seeds, corrections and exclusions; tables and strategies.
pub(super) fn section(input: &ReportInput, analysis: &Analysis) -> Section {
    let study = &input.study;
    let mut section = Section::new("setup", "What was run");
    let revisit = match study.revisit {
        Revisit::Charge => "costs budget like any evaluation",
        Revisit::Free => "is free and hands out the first result again",
    };
    section.blocks.push(Block::List(vec![
        format!(
            "Budget of a run: {}; one that would overshoot is not counted.",
            budget(input)
        ),
        format!(
            "Replicates: {}, paired across strategies; root seed {}.",
            study.replicates, study.seed
        ),
        format!(
            "Training seed: {}; simulated workers: {}.",
            study.seed_policy, study.workers
        ),
        format!("Proposing a known isomorphism class again {revisit}."),
        format!(
            "Intervals: 95 %, bias-corrected and accelerated bootstrap over replicates; bands: 95 %, percentile, \
             pointwise; {RESAMPLES} resamples each."
        ),
        format!(
            "Tests at {ALPHA}: Friedman with the correction for ties, Nemenyi over all pairs; Wilcoxon signed-rank, \
             two-sided, zeros by Pratt's rule, Holm-corrected over all pairs of a task, or of all tasks together."
        ),
        exclusions(analysis),
    ]));
    section.table(tasks(analysis, &study.tasks));
    section.table(optima(input, analysis));
    section.table(strategies(input));
    if !analysis.exclusions.is_empty() {
        section.table(excluded(analysis));
    }
    section
}

fn exclusions(analysis: &Analysis) -> String {
    let runs = match analysis.exclusions.len() {
        0 => "no run is left out".to_string(),
        n => format!("{n} runs are left out of every figure and test (table below)"),
    };
    format!(
        "Exclusions: {runs}; {} evaluations failed within the runs that count.",
        analysis.failed_evaluations
    )
}

fn tasks(analysis: &Analysis, resolved: &[ResolvedTask]) -> Table {
    let columns = vec![
        Column::new("task", "task"),
        Column::new("metric", "metric"),
        Column::new("space", "space"),
        Column::new("isomorphism classes", "classes"),
        Column::new("training seeds", "training_seeds"),
        Column::new("training times", "training_times"),
        Column::new("table SHA-256, first digits", "table_sha256"),
        Column::new("source", "source"),
    ];
    let mut table = Table::new("tasks", "Tasks and their tables", columns);
    let yes = |b: bool| Value::Text(if b { "yes" } else { "no" }.into());
    for (task, resolved) in analysis.tasks.iter().zip(resolved) {
        table.row(vec![
            name(task),
            Value::Text(resolved.metric.clone()),
            Value::Text(resolved.space.clone()),
            count(resolved.classes as usize),
            count(resolved.training_seeds as usize),
            yes(resolved.has_cost),
            shown_hash(&resolved.table_sha256),
            Value::Text(resolved.citation.clone()),
        ]);
    }
    table
}

/// The optimum under the study's seed policy and under each other one the table can answer.
fn optima(input: &ReportInput, analysis: &Analysis) -> Table {
    let columns = vec![
        Column::new("task", "task"),
        Column::new("seed policy", "seed_policy"),
        Column::new("best on validation", "optimum_valid"),
        Column::new("its test metric", "test_of_best_valid"),
        Column::new("best test metric", "best_test"),
        Column::new("architecture", "arch"),
    ];
    let caption = "The optimum under each seed policy, at full training; regret is measured from the study's own policy";
    let mut table = Table::new("optima", caption, columns);
    let optional = |v: Option<f64>| v.map_or(Value::Missing, Value::Number);
    for (task, resolved) in analysis.tasks.iter().zip(&input.study.tasks) {
        let own = match resolved.training_seeds {
            0 | 1 => format!("{} (one seed: all agree)", input.study.seed_policy),
            _ => format!("{} (the study's)", input.study.seed_policy),
        };
        let others = resolved.seed_optima.iter();
        let others = others.map(|s| (s.seed_policy.clone(), &s.optimum));
        for (policy, optimum) in std::iter::once((own, &resolved.optimum)).chain(others) {
            table.row(vec![
                name(task),
                Value::Text(policy),
                Value::Number(optimum.valid),
                optional(optimum.test_of_best_valid),
                optional(optimum.best_test),
                Value::Text(optimum.arch.clone()),
            ]);
        }
    }
    table
}

fn strategies(input: &ReportInput) -> Table {
    let columns = ["label", "strategy", "parameters", "source"];
    let columns = columns.into_iter().map(|c| Column::new(c, c)).collect();
    let mut table = Table::new("strategies", "Strategies and their parameters", columns);
    for strategy in &input.study.strategies {
        let parameters: Vec<String> = strategy
            .parameters
            .iter()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        table.row(vec![
            Value::Text(strategy.label.clone()),
            Value::Text(strategy.name.clone()),
            Value::Text(parameters.join(", ")),
            Value::Text(strategy.citation.clone()),
        ]);
    }
    table
}

fn excluded(analysis: &Analysis) -> Table {
    let columns = ["task", "strategy", "replicate", "reason"];
    let columns = columns.into_iter().map(|c| Column::new(c, c)).collect();
    let mut table = Table::new("exclusions", "Runs left out, and why", columns);
    if analysis.exclusions.len() > 20 {
        table = table.folded();
    }
    for run in &analysis.exclusions {
        table.row(vec![
            Value::Text(run.task.clone()),
            Value::Text(run.strategy.clone()),
            count(run.replicate as usize),
            Value::Text(run.reason.clone()),
        ]);
    }
    table
}

/// The first digits of a table's hash; CSV has them all.
pub(in crate::report) fn shown_hash(hash: &str) -> Value {
    let digits = hash.chars().take(HASH_DIGITS).collect();
    Value::Name(digits, hash.to_owned())
}

fn name(task: &TaskAnalysis) -> Value {
    Value::Name(task.short.clone(), task.name.clone())
}

/// What wrote the report, and what ran the study where that is known to be something else.
pub(in crate::report) fn provenance(ran: Option<&Provenance>, results: &str) -> Section {
    let mut section = Section::new("provenance", "Provenance");
    let this = Provenance::this_binary();
    let mut lines = vec![format!("This report was written by {}.", program(&this))];
    match ran {
        Some(other) if *other != this => {
            lines.push(format!("The study was run by {}.", program(other)));
        }
        _ => {}
    }
    lines.push(format!(
        "The resolved study is in the metadata of {results}; study.lock.toml has it with what ran it; measured wall \
         times, which do not reproduce, are in timings.parquet."
    ));
    section.blocks.push(Block::List(lines));
    section
}

fn program(p: &Provenance) -> String {
    let unknown = |what: &str, v: &Option<String>| match v {
        Some(v) => format!("{what} {v}"),
        None => format!("{what} unknown"),
    };
    format!(
        "archbench {} ({}, {}, {})",
        p.archbench,
        unknown("commit", &p.git_commit),
        unknown("toolchain", &p.toolchain),
        unknown("target", &p.target)
    )
}
