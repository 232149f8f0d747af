//! Tables: what a publication measured, with its meaning in types.
//!
//! A table has tasks; a task has schedules (separate trainings, such as NAS-Bench-201's of 12 and of 200 epochs); a
//! schedule has seeds and series (a quantity of a split at its own epochs). Beside its trainings a task has attributes
//! of its architectures: size, hardware measurements, zero-cost proxies. Whatever was not published is missing, and
//! stays so: there is no sentinel and no NaN.

#[cfg(target_endian = "big")]
compile_error!("tables are mapped as they lie, in little-endian order");

mod arrow;
mod attribute;
mod blocks;
mod builder;
mod card;
mod draft;
mod epochs;
pub mod facts;
mod folder;
mod join;
mod meaning;
mod names;
mod plain;
mod query;
mod row_index;
mod rows;
mod seeds;
mod task;
mod values;

pub use attribute::{Attribute, HardwareMetric};
pub use blocks::Damaged;
pub use builder::{AttributeId, RowId, ScheduleId, SeriesId, TaskBuilder};
pub(crate) use card::hex;
pub use card::{About, Card, FileCard, Source, TaskCard, sha256_hex, sha256_of};
pub use epochs::Epochs;
pub use facts::{Fact, Verdict};
pub use folder::{Stored, check_files, is_plain, is_table, open, read_card, store};
pub use join::{ANY_TASK, Coverage, Overlap, join};
pub use meaning::{Meaning, Quantity, Split};
pub use plain::{Format, export, from_bytes, open_plain};
pub(crate) use query::lacks_row;
pub use query::{Curve, QueryError, SeriesView};
pub use seeds::SeedPolicy;
pub(crate) use seeds::Seeds;
pub use task::{AttributeColumn, Schedule, Series, Task, is_fraction};
pub use values::Slice;

/// A table: its provenance and its tasks.
pub struct Table {
    /// What it is.
    pub about: About,
    /// What it was made from; each import that added to it is one.
    pub sources: Vec<Source>,
    /// The tasks, in the publication's order.
    pub tasks: Vec<Task>,
}

impl Table {
    /// The task of this name.
    pub fn task(&self, name: &str) -> Option<&Task> {
        self.tasks.iter().find(|t| t.name() == name)
    }

    /// Whether the table has test results only: every task that can be searched is searched on its test metric, and
    /// everything made of it says so.
    pub fn is_oracle(&self) -> bool {
        !self.tasks.iter().any(|t| t.has(&Meaning::VALID))
            && self.tasks.iter().any(Task::is_test_only)
    }
}

/// Whether `text` is a name: lower-case letters, digits, `-`, `_`, `.`, and beginning with a letter or digit.
pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 100
        && bytes.next().is_some_and(is_plain)
        && bytes.all(|b| is_plain(b) || matches!(b, b'-' | b'_' | b'.'))
}
