//! A task as an Arrow IPC file: one row for each architecture, one column for each series or attribute.
//!
//! Any Arrow reader opens it: `arch` is the raw index, a series is a list of its seeds, each a list of its epochs, and
//! nulls are nulls. What the columns mean stands as JSON under the key [`LAYOUT_KEY`] of the footer, beside the CRC-32
//! of each block of what comes before the footer. The card holds the SHA-256 of the footer: so opening checks the
//! footer alone, and every block when it is first touched.

mod read;
mod write;

pub(super) use read::open;
pub(super) use write::write;

use super::Task;
use serde::{Deserialize, Serialize};

/// Where the footer keeps the [`Layout`].
const LAYOUT_KEY: &str = "archbench.layout";
/// Where the footer keeps the blocks' checksums: eight hexadecimal digits each.
const SUMS_KEY: &str = "archbench.crc32";
const MAGIC: &[u8; 6] = b"ARROW1";
/// Every buffer starts at a multiple of this, as Arrow recommends.
const ALIGNMENT: usize = 64;

/// What the columns of a file mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    format: u32,
    task: String,
    space: String,
    metric: String,
    rows: usize,
    /// Whether a column of published names follows `arch`.
    has_names: bool,
    schedules: Vec<ScheduleLayout>,
    attributes: Vec<AttributeLayout>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleLayout {
    name: String,
    seeds: Vec<u32>,
    series: Vec<SeriesLayout>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesLayout {
    meaning: String,
    epochs: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeLayout {
    attribute: String,
    schedule: Option<usize>,
}

impl Layout {
    fn of(task: &Task) -> Self {
        let series = |s: &super::Series| SeriesLayout {
            meaning: s.meaning.to_string(),
            epochs: s.epochs.to_string(),
        };
        Self {
            format: super::card::FORMAT,
            task: task.name.clone(),
            space: task.space.name().to_string(),
            metric: task.metric.clone(),
            rows: task.archs().len(),
            has_names: task.names.is_some(),
            schedules: (task.schedules.iter())
                .map(|s| ScheduleLayout {
                    name: s.name.clone(),
                    seeds: s.seeds.clone(),
                    series: s.series.iter().map(series).collect(),
                })
                .collect(),
            attributes: (task.attributes.iter())
                .map(|a| AttributeLayout {
                    attribute: a.attribute.to_string(),
                    schedule: a.schedule,
                })
                .collect(),
        }
    }
}
