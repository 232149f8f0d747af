//! What a report says, section by section.

mod comparisons;
mod practices;
mod results;
mod setup;
mod summary;
mod times;

use super::ReportInput;
use super::analysis::Analysis;
use super::document::{Block, Document, Value};
use super::text::number;
use crate::study::Budget;

pub(super) use results::key;
pub(super) use setup::{provenance, shown_hash};
pub(super) use times::times;

/// The report of `input`: what its records say, and nothing that a second run would say otherwise.
pub(super) fn document(input: &ReportInput, analysis: &Analysis) -> Document {
    Document {
        title: format!("{}: search strategies compared", input.study.name),
        sections: vec![
            summary::section(input, analysis),
            results::anytime(analysis),
            results::finals(analysis),
            comparisons::section(analysis),
            setup::section(input, analysis),
            practices::section(input, analysis),
            provenance(input.provenance.as_ref(), "records.parquet"),
        ],
    }
}

pub(super) fn figure(id: &'static str, alt: &str, caption: impl Into<String>) -> Block {
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

/// A whole number.
pub(super) fn count(n: usize) -> Value {
    Value::Shown(n as f64, n.to_string())
}

/// `1 task`, `2 tasks`.
pub(super) fn counted(n: usize, noun: &str) -> String {
    match n {
        1 => format!("1 {noun}"),
        _ => format!("{n} {noun}s"),
    }
}
