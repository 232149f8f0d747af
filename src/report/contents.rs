//! What a report says, section by section.

use super::ReportInput;
use super::analysis::{ALPHA, Analysis, Blocks, Cell, Interval, RESAMPLES};
use super::document::{Block, Column, Document, Section, Table, Value};
use super::text::{list, number, p_equals};
use crate::study::{Budget, Revisit};

/// Digits of a table's hash that are shown; the lock file has them all.
const HASH_DIGITS: usize = 12;

/// The report of `input`.
pub(super) fn document(input: &ReportInput, analysis: &Analysis) -> Document {
    let mut sections = vec![
        summary(input, analysis),
        anytime(),
        results(analysis),
        comparisons(analysis),
        setup(input, analysis),
        practices(input, analysis),
        provenance(input),
    ];
    if !input.times.is_empty() {
        sections.push(times(input));
    }
    Document {
        title: format!("{}: search strategies compared", input.study.name),
        sections,
    }
}

fn figure(id: &'static str, alt: &str, caption: &str) -> Block {
    Block::Figure {
        id,
        alt: alt.into(),
        caption: caption.into(),
    }
}

fn budget(input: &ReportInput) -> String {
    match input.study.budget {
        Budget::Evaluations(n) => format!("{n} evaluations"),
        Budget::SimulatedS(s) => format!("{} simulated seconds", number(s)),
    }
}

fn summary(input: &ReportInput, analysis: &Analysis) -> Section {
    let mut section = Section::new("summary", "Summary");
    let study = &input.study;
    section.blocks.push(Block::Lead(headline(analysis)));
    section.paragraph(format!(
        "{} strategies, {} tasks, {} replicates of {} each, {} runs in all. Simple regret is the best \
         validation metric in the table less that of the incumbent; test figures are those of the \
         incumbent chosen on validation.",
        study.strategies.len(),
        study.tasks.len(),
        study.replicates,
        budget(input),
        analysis.runs
    ));
    let oracles: Vec<&str> = analysis
        .tasks
        .iter()
        .filter(|t| t.oracle)
        .map(|t| t.name.as_str())
        .collect();
    if !oracles.is_empty() {
        section.paragraph(format!(
            "ORACLE: {} has no validation split; its test metric stood in for validation, so its \
             figures are optimistic.",
            list(&oracles)
        ));
    }
    let columns = vec![
        Column::new("strategy", "strategy"),
        Column::new("mean rank over tasks", "mean_rank"),
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
            Value::Shown(best as f64, best.to_string()),
            match runs {
                0 => Value::Missing,
                _ => Value::Number(100.0 * solved as f64 / runs as f64),
            },
        ]);
    }
    section.table(table);
    section
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
    let rank = number(rank);
    let Some(test) = &analysis.overall.rank_test else {
        return format!("{name} has the best mean rank, {rank}; there is too little to test.");
    };
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
        let mut unique = ties.clone();
        unique.dedup();
        format!("not told apart from {} by Nemenyi's test", list(&unique))
    };
    let p = p_equals(test.p);
    format!("{name} has the best mean rank, {rank}, {verdict} (Friedman {p}).")
}

fn anytime() -> Section {
    let mut section = Section::new("anytime", "Regret over the budget");
    section.blocks.push(figure(
        "regret-evaluations",
        "Mean simple regret against evaluations, a panel per task",
        "Mean simple regret of the incumbent with 95 % bootstrap bands over replicates; both axes logarithmic.",
    ));
    section.blocks.push(figure(
        "regret-time",
        "Mean simple regret against simulated training time",
        "The same against simulated training time, for tasks whose table has it.",
    ));
    section.blocks.push(figure(
        "rank",
        "Mean rank of the strategies against evaluations",
        "Mean rank over replicates, averaged over tasks; 1 is best.",
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
        let mut row = vec![Value::Text(task.name.clone())];
        row.extend(task.cells.iter().map(|cell| match value(cell) {
            Some(i) => Value::Interval(i.mean, i.low, i.high),
            None => Value::Missing,
        }));
        table.row(row);
    }
    table
}

fn key(label: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    label.chars().map(plain).collect()
}

fn results(analysis: &Analysis) -> Section {
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
    section.table(
        cell_table(
            analysis,
            "regret-area",
            "Mean regret along the budget (area under the regret curve over its length)",
            |c| c.area,
        )
        .folded(),
    );
    section.blocks.push(figure(
        "final-regret",
        "Distribution of the final regret by strategy and task",
        "Quantiles 5, 25, 50, 75 and 95 % of the final regret over replicates.",
    ));
    section.blocks.push(figure(
        "ecdf",
        "Share of runs at or below a final regret",
        "Over all tasks, each scaled by the mean regret of its first incumbents.",
    ));
    section
}

fn comparisons(analysis: &Analysis) -> Section {
    let mut section = Section::new("comparisons", "Which differences are real");
    let overall = &analysis.overall;
    let blocks = match overall.blocks {
        Blocks::Tasks => "tasks (mean final regret of each)",
        Blocks::Replicates => "replicates (fewer than three tasks)",
    };
    if let Some(test) = &overall.rank_test {
        section.paragraph(format!(
            "Friedman's test over {} {blocks}: chi-squared {}, {}. Nemenyi's critical difference at {ALPHA} \
             is {} ranks.",
            test.blocks,
            number(test.statistic),
            p_equals(test.p),
            number(test.critical_difference)
        ));
    } else {
        section.paragraph("Fewer than two strategies have complete runs: nothing to compare.");
    }
    section.blocks.push(figure(
        "critical-difference",
        "Critical-difference diagram",
        "Mean ranks; strategies joined by a bar are not told apart by Nemenyi's test.",
    ));
    section.blocks.push(figure(
        "win-matrix",
        "Tasks won and lost by each pair of strategies",
        "Tasks on which the row is significantly better and worse than the column (Wilcoxon signed-rank over \
         replicates, Holm-corrected within the task).",
    ));
    let columns = vec![
        Column::new("task", "task"),
        Column::new("A", "a"),
        Column::new("B", "b"),
        Column::new("blocks", "blocks"),
        Column::new("share of blocks A is better", "share"),
        Column::new("Cliff's delta", "cliffs_delta"),
        Column::new("p, Holm-corrected", "p_holm"),
    ];
    let caption = "Pairwise Wilcoxon signed-rank tests (zeros by Pratt's rule)";
    let mut table = Table::new("pairs", caption, columns).folded();
    let everywhere = ("all tasks".to_string(), &overall.pairs);
    let tasks = analysis.tasks.iter().map(|t| (t.name.clone(), &t.pairs));
    for (name, pairs) in std::iter::once(everywhere).chain(tasks) {
        for pair in pairs {
            table.row(vec![
                Value::Text(name.clone()),
                Value::Text(analysis.strategies[pair.a].clone()),
                Value::Text(analysis.strategies[pair.b].clone()),
                Value::Shown(pair.blocks as f64, pair.blocks.to_string()),
                Value::Number(pair.share),
                Value::Number(pair.delta),
                pair.p
                    .map_or(Value::Missing, |p| Value::Shown(p, super::text::p_value(p))),
            ]);
        }
    }
    section.table(table);
    section
}

fn setup(input: &ReportInput, analysis: &Analysis) -> Section {
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
            "Replicates: {}; root seed {}.",
            study.replicates, study.seed
        ),
        format!(
            "Training seed: {}; simulated workers: {}.",
            study.seed_policy, study.workers
        ),
        format!("Proposing a known isomorphism class again {revisit}."),
        format!("Intervals and bands: 95 %, bootstrap over replicates, {RESAMPLES} resamples."),
        format!(
            "Failed evaluations: {}; runs left out: {}.",
            analysis.failed_evaluations,
            analysis.exclusions.len()
        ),
    ]));
    let columns = [
        "task",
        "metric",
        "optimum on validation",
        "its test metric",
        "best test metric",
        "by",
        "space",
        "table SHA-256, first digits",
    ];
    let keys = [
        "task",
        "metric",
        "optimum_valid",
        "test_of_best_valid",
        "best_test",
        "arch",
        "space",
        "table_sha256",
    ];
    let columns = columns
        .into_iter()
        .zip(keys)
        .map(|(title, key)| Column::new(title, key))
        .collect();
    let caption = format!(
        "The optimum under the seed policy `{}`, and the tables",
        study.seed_policy
    );
    let mut table = Table::new("tasks", caption, columns);
    for (task, resolved) in analysis.tasks.iter().zip(&study.tasks) {
        let optional = |v: Option<f64>| v.map_or(Value::Missing, Value::Number);
        table.row(vec![
            Value::Text(task.name.clone()),
            Value::Text(resolved.metric.clone()),
            Value::Number(task.optimum.valid),
            optional(task.optimum.test_of_best_valid),
            optional(task.optimum.best_test),
            Value::Text(task.optimum.arch.clone()),
            Value::Text(resolved.space.clone()),
            Value::Text(resolved.table_sha256.chars().take(HASH_DIGITS).collect()),
        ]);
    }
    section.table(table);
    let columns = ["label", "strategy", "parameters", "source"];
    let columns = columns.into_iter().map(|c| Column::new(c, c)).collect();
    let mut table = Table::new("strategies", "Strategies and their parameters", columns);
    for strategy in &study.strategies {
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
    section.table(table);
    if !analysis.exclusions.is_empty() {
        let shown = analysis.exclusions.iter().take(50).map(|e| {
            format!(
                "{}, {}, replicate {}: {}",
                e.task, e.strategy, e.replicate, e.reason
            )
        });
        section.blocks.push(Block::List(shown.collect()));
    }
    section
}

fn practices(input: &ReportInput, analysis: &Analysis) -> Section {
    let study = &input.study;
    let has = |name: &str| study.strategies.iter().any(|s| s.name == name);
    let mut section = Section::new("practices", "Best practices");
    section.paragraph(
        "After Lindauer & Hutter, JMLR 2020, arXiv 1909.02453; filled in from what the study did.",
    );
    let item = |met: bool, practice: &str, done: String| (Some(met), practice.to_string(), done);
    section.blocks.push(Block::Checklist(vec![
        item(
            true,
            "Same search space, budget and training pipeline for all.",
            "All strategies ran on the same tables.".into(),
        ),
        item(
            has("random-search"),
            "Compare with random search.",
            "A baseline every study needs.".into(),
        ),
        item(
            has("local-search"),
            "Compare with local search.",
            "A strong and simple baseline.".into(),
        ),
        item(
            study.replicates >= 30,
            "At least 30 paired replicates.",
            format!("{} replicates.", study.replicates),
        ),
        item(
            study.tasks.len() >= 3,
            "Several tasks.",
            format!("{} tasks.", study.tasks.len()),
        ),
        item(
            !study.tasks.iter().any(|t| t.oracle),
            "Test data only for the final evaluation.",
            "Strategies see validation results only; a task marked ORACLE breaks this.".into(),
        ),
        item(
            study.tasks.iter().all(|t| t.training_seeds > 1),
            "Noise of training repeated.",
            "Met when every table has several training seeds.".into(),
        ),
        item(
            study.tasks.iter().all(|t| t.has_cost),
            "Cost reported in time, too.",
            "Met when every table has training times.".into(),
        ),
        item(
            analysis.exclusions.is_empty(),
            "Every run reported.",
            format!("{} runs left out.", analysis.exclusions.len()),
        ),
        item(
            true,
            "Seeds, code version and data hashes given.",
            "See the provenance and study.lock.toml.".into(),
        ),
    ]));
    section
}

fn provenance(input: &ReportInput) -> Section {
    let mut section = Section::new("provenance", "Provenance");
    let p = &input.provenance;
    let unknown = || "unknown".to_string();
    section.blocks.push(Block::List(vec![
        format!("archbench {}", p.archbench),
        format!("commit {}", p.git_commit.clone().unwrap_or_else(unknown)),
        format!("toolchain {}", p.toolchain.clone().unwrap_or_else(unknown)),
        format!("target {}", p.target.clone().unwrap_or_else(unknown)),
    ]));
    section
}

fn times(input: &ReportInput) -> Section {
    let mut section = Section::new("times", "Measured time");
    section.paragraph(
        "Wall time of the runs themselves, table look-ups included. Measured, so not reproducible; it \
         enters no other figure.",
    );
    let columns = vec![
        Column::new("strategy", "strategy"),
        Column::new("evaluations", "evaluations"),
        Column::new("ns per evaluation", "ns_per_evaluation"),
    ];
    let mut table = Table::new("times", "Wall time by strategy", columns);
    for (at, strategy) in input.study.strategies.iter().enumerate() {
        let of = || input.times.iter().filter(|t| t.strategy == at);
        let evaluations: u64 = of().map(|t| t.evaluations).sum();
        let wall_s: f64 = of().map(|t| t.wall_s).sum();
        if evaluations > 0 {
            table.row(vec![
                Value::Text(strategy.label.clone()),
                Value::Shown(evaluations as f64, evaluations.to_string()),
                Value::Number(wall_s * 1e9 / evaluations as f64),
            ]);
        }
    }
    section.table(table);
    section
}
