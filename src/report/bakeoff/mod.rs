//! The report of a bake-off: its numbers, worked out once, and what it says of them.

mod analysis;
mod contents;
mod headline;
mod numbers;
mod practices;
mod setup;
mod uncertainty;

pub(super) use analysis::{Analysis, Point, TaskNumbers, analyse};
pub(super) use contents::document;
pub(super) use numbers::{Estimate, Numbers};
