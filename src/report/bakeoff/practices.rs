//! The points of Lindauer and Hutter, "Best Practices for Scientific Research on Neural Architecture Search", JMLR 21, 2020,
//! arXiv 1909.02453, that bear on predictors, filled in from what the study did.

use super::analysis::Analysis;
use crate::report::BakeoffInput;
use crate::report::document::{Block, Section};
use crate::report::text::list;
use crate::study::Provenance;

/// Training sets below which intervals are wide.
const MIN_REPLICATES: u32 = 30;

/// The checklist.
pub(super) fn section(input: &BakeoffInput, analysis: &Analysis) -> Section {
    let study = &input.board.study;
    let mut section = Section::new("practices", "Best practices");
    section.paragraph(
        "After Lindauer & Hutter, JMLR 2020, arXiv 1909.02453; filled in from what the study did.",
    );
    let known = input
        .provenance
        .clone()
        .unwrap_or_else(Provenance::this_binary);
    let mut sources: Vec<&str> = study.tasks.iter().map(|t| t.citation.as_str()).collect();
    sources.dedup();
    let oracles = study.tasks.iter().filter(|t| t.oracle).count();
    let noisy = study.tasks.iter().filter(|t| t.training_seeds > 1).count();
    let has_ridge = study.predictors.iter().any(|p| p.name == "ridge");
    let point = |met: bool, practice: &str, done: String| (Some(met), practice.to_owned(), done);
    section.blocks.push(Block::Checklist(vec![
        point(
            study.tasks.iter().all(|t| !t.table_sha256.is_empty()),
            "Data are public.",
            format!("Published tables, identified by checksum: {}.", sources.join("; ")),
        ),
        point(
            known.git_commit.is_some(),
            "The code of the predictors is public.",
            match &known.git_commit {
                Some(commit) => format!("archbench {}, commit {commit}.", known.archbench),
                None => format!("archbench {}, built from an unknown commit.", known.archbench),
            },
        ),
        point(
            true,
            "Hyper-parameters and seeds are given.",
            format!(
                "All parameters stand in the table of predictors; every random stream derives from root seed {}.",
                study.seed
            ),
        ),
        point(
            true,
            "All methods see the same data.",
            "The same training sets for all, nested by size; no network on both sides.".to_owned(),
        ),
        point(
            oracles == 0,
            "Test data serve the final evaluation only.",
            match oracles {
                0 => "Predictors learn and are scored on validation metrics.".to_owned(),
                n => format!("Unmet on {n} tasks marked ORACLE: no validation split."),
            },
        ),
        point(
            has_ridge,
            "Comparison with a simple baseline.",
            match has_ridge {
                true => "Ridge regression ran.".to_owned(),
                false => "Ridge regression did not run.".to_owned(),
            },
        ),
        point(
            study.replicates >= MIN_REPLICATES,
            "Enough repetitions.",
            format!("{} training sets of each size; {MIN_REPLICATES} or more is met.", study.replicates),
        ),
        point(
            noisy > 0,
            "Noise of the trainings is known.",
            format!("{noisy} of {} tasks have a second training seed.", study.tasks.len()),
        ),
        point(
            !input.times.is_empty(),
            "Time of the methods themselves is reported.",
            match analysis.points.is_empty() {
                true => "No times were at hand.".to_owned(),
                false => "Time of fits and predictions, beside the scores.".to_owned(),
            },
        ),
        point(
            analysis.failed.is_empty(),
            "Everything that ran is reported.",
            match analysis.failed.len() {
                0 => "Every fit counts.".to_owned(),
                _ => {
                    let mut who: Vec<&str> =
                        analysis.failed.iter().map(|f| f.predictor.as_str()).collect();
                    who.dedup();
                    format!("Fits of {} failed and are listed.", list(&who))
                }
            },
        ),
    ]));
    section
}
