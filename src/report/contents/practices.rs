//! The checklist of Lindauer and Hutter, "Best Practices for Scientific Research on Neural Architecture Search", JMLR 21, 2020,
//! arXiv 1909.02453, filled in from what the study did.
//!
//! Every point is judged from the records and the program, never assumed: where a study cannot show a point, it is unmet.

use super::counted;
use crate::report::ReportInput;
use crate::report::analysis::Analysis;
use crate::report::document::{Block, Section};
use crate::report::text::list;
use crate::strategy::STRATEGIES;
use crate::study::{Provenance, ResolvedStrategy};

/// Paired replicates below which tests have little power.
const MIN_REPLICATES: u32 = 30;

/// Verdict, practice, and what the study did.
type Point = (Option<bool>, String, String);

/// The checklist.
pub(super) fn section(input: &ReportInput, analysis: &Analysis) -> Section {
    let mut section = Section::new("practices", "Best practices");
    section.paragraph(
        "After Lindauer & Hutter, JMLR 2020, arXiv 1909.02453; filled in from what the study did.",
    );
    let mut points = releasing(input);
    points.extend(comparing(input));
    points.extend(evidence(input, analysis));
    points.extend(reporting(input, analysis));
    section.blocks.push(Block::Checklist(points));
    section
}

fn point(met: bool, practice: &str, done: impl Into<String>) -> Point {
    (Some(met), practice.into(), done.into())
}

/// Releasing code and data.
fn releasing(input: &ReportInput) -> Vec<Point> {
    let study = &input.study;
    let mut sources: Vec<&str> = study.tasks.iter().map(|t| t.citation.as_str()).collect();
    sources.dedup();
    let known = input
        .provenance
        .clone()
        .unwrap_or_else(Provenance::this_binary);
    vec![
        point(
            study.tasks.iter().all(|t| !t.table_sha256.is_empty()),
            "Training pipeline, search space and evaluation are public.",
            format!(
                "Published tables, identified by checksum: {}.",
                sources.join("; ")
            ),
        ),
        point(
            known.git_commit.is_some(),
            "The code of the search strategies is public.",
            match &known.git_commit {
                Some(commit) => format!("archbench {}, commit {commit}.", known.archbench),
                None => format!(
                    "archbench {}, built from an unknown commit.",
                    known.archbench
                ),
            },
        ),
        point(
            true,
            "Hyper-parameters and seeds of the strategies are given.",
            format!(
                "All parameters stand in the table of strategies; every random stream derives from root seed {}.",
                study.seed
            ),
        ),
    ]
}

/// Comparing strategies.
fn comparing(input: &ReportInput) -> Vec<Point> {
    let study = &input.study;
    let has = |name: &str| study.strategies.iter().any(|s| s.name == name);
    let ran = |name: &str| {
        if has(name) {
            "It ran."
        } else {
            "It did not run."
        }
    };
    let oracles = study.tasks.iter().filter(|t| t.oracle).count();
    let tasks = study.tasks.len();
    vec![
        (
            (study.strategies.len() > 1).then_some(true),
            "All methods use the same benchmark, splits, space and training.".into(),
            format!(
                "{} looked up in the same tables, with the same budget and common random numbers.",
                counted(study.strategies.len(), "configuration")
            ),
        ),
        point(
            true,
            "Confounding factors are controlled.",
            "Results come from tables on a simulated clock: no hardware, library or load enters them.",
        ),
        point(
            oracles == 0,
            "Test data serve the final evaluation only.",
            match oracles {
                0 => {
                    "Strategies see validation results they paid for, and nothing else.".to_string()
                }
                n => format!(
                    "Unmet on {n} of {} marked ORACLE: no validation split.",
                    counted(tasks, "task")
                ),
            },
        ),
        point(
            has("random-search"),
            "Comparison with random search.",
            ran("random-search"),
        ),
        point(
            has("local-search"),
            "Comparison with local search.",
            ran("local-search"),
        ),
    ]
}

/// Enough runs, tasks and variants to say something.
fn evidence(input: &ReportInput, analysis: &Analysis) -> Vec<Point> {
    let study = &input.study;
    let tasks = study.tasks.len();
    let noisy = study.tasks.iter().filter(|t| t.training_seeds > 1).count();
    let variants = ablated(&study.strategies);
    vec![
        point(
            study.replicates >= MIN_REPLICATES,
            "Several runs with reported seeds, enough for a test.",
            format!(
                "{} paired across strategies; {MIN_REPLICATES} are wanted.",
                counted(study.replicates as usize, "replicate")
            ),
        ),
        point(
            tasks >= 3,
            "Several tasks.",
            format!(
                "{}; with fewer than 3, tests fall back on replicates.",
                counted(tasks, "task")
            ),
        ),
        point(
            noisy == tasks,
            "Noise of training is part of the evaluation.",
            format!(
                "{noisy} of {} with several training seeds.",
                counted(tasks, "task")
            ),
        ),
        point(
            !variants.is_empty(),
            "Ablations.",
            match variants.is_empty() {
                true => "No strategy ran in more than one configuration.".to_string(),
                false => format!("In more than one configuration: {}.", list(&variants)),
            },
        ),
        point(
            analysis.exclusions.is_empty(),
            "Every run is reported.",
            format!("{} left out.", counted(analysis.exclusions.len(), "run")),
        ),
    ]
}

/// Reporting what matters.
fn reporting(input: &ReportInput, analysis: &Analysis) -> Vec<Point> {
    let study = &input.study;
    let timed = analysis
        .tasks
        .iter()
        .filter(|t| t.by_time.is_some())
        .count();
    let tasks = study.tasks.len();
    let tuned: Vec<&str> = (study.strategies.iter().filter(|s| !has_defaults(s)))
        .map(|s| s.label.as_str())
        .collect();
    vec![
        point(
            timed == tasks,
            "Performance over time, not only at the end.",
            format!(
                "Anytime curves against evaluations for all, against training time for {timed} of {}.",
                counted(tasks, "task")
            ),
        ),
        point(
            timed == tasks,
            "Time of the whole method, search and training.",
            match timed == tasks {
                true => {
                    "The budget charges every training; the strategies' own wall time is measured beside it."
                }
                false => {
                    "Without training times in the table, the cost of training cannot be stated in hours."
                }
            },
        ),
        point(
            tuned.is_empty(),
            "How hyper-parameters were tuned, and at what cost.",
            match tuned.is_empty() {
                true => "Nothing was tuned: every parameter is its paper's default.".to_string(),
                false => format!(
                    "{} of {} have other parameters than the paper's defaults; the study does not say how they were \
                     chosen.",
                    tuned.len(),
                    counted(study.strategies.len(), "configuration")
                ),
            },
        ),
        point(
            true,
            "All details of the setup.",
            "Study, seeds, tables, corrections and exclusions are in this report and in records.parquet.",
        ),
    ]
}

/// Strategies that ran with more than one set of parameters.
fn ablated(strategies: &[ResolvedStrategy]) -> Vec<&str> {
    let mut names: Vec<&str> = strategies
        .iter()
        .filter(|a| {
            let differs = |b: &&ResolvedStrategy| b.name == a.name && b.parameters != a.parameters;
            strategies.iter().find(differs).is_some()
        })
        .map(|s| s.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn has_defaults(strategy: &ResolvedStrategy) -> bool {
    let entry = STRATEGIES.iter().find(|e| e.name == strategy.name);
    entry.is_some_and(|e| e.defaults() == strategy.parameters)
}
