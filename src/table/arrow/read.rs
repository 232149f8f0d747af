//! Opening an Arrow IPC file that [`super::write`] wrote, without reading its data.

use super::{LAYOUT_KEY, Layout, MAGIC, SUMS_KEY};
use crate::error::Error;
use crate::space::{self, POOL, Pool, SearchSpace};
use crate::table::blocks::{CheckedFile, Damaged, map};
use crate::table::card::{FORMAT, hex};
use crate::table::names::Names;
use crate::table::rows::Rows;
use crate::table::task::{AttributeColumn, Schedule, Series, Task};
use crate::table::values::Values;
use bytes::Bytes;
use polars_arrow_format::ipc::{self, planus::ReadAsRoot};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Bytes after the footer: its length, and the magic word.
const TRAILER: usize = 10;

/// Opens the task at `path`, whose footer must have this SHA-256.
///
/// # Errors
/// When the file cannot be read, or is not what its card says.
pub(crate) fn open(path: &Path, footer_sha256: &str) -> Result<Task, Error> {
    let place = path.display();
    let bytes = map(path).map_err(|e| {
        Error::new(&place, format!("cannot read: {e}")).mend("import the table again")
    })?;
    parse(&bytes, footer_sha256).map_err(|problem| {
        Error::new(&place, problem)
            .mend("the file is damaged or not of this table: import it again")
    })
}

fn parse(bytes: &Bytes, footer_sha256: &str) -> Result<Task, String> {
    let footer_range = footer_range(bytes).ok_or("not a whole Arrow file")?;
    let footer_bytes = &bytes[footer_range.clone()];
    let found = hex(&Sha256::digest(footer_bytes));
    if found != footer_sha256 {
        return Err(format!(
            "footer has checksum {found}, the card says {footer_sha256}"
        ));
    }
    let footer = ipc::FooterRef::read_as_root(footer_bytes)
        .and_then(ipc::Footer::try_from)
        .map_err(|e| format!("unreadable footer: {e}"))?;
    let entry = |key: &str| {
        let entries = footer.custom_metadata.iter().flatten();
        let mut found = entries.filter(|entry| entry.key.as_deref() == Some(key));
        found.next().and_then(|entry| entry.value.as_deref())
    };
    let layout = entry(LAYOUT_KEY).ok_or("holds no layout of archbench")?;
    let layout: Layout = serde_json::from_str(layout).map_err(|e| format!("layout: {e}"))?;
    if layout.format != FORMAT {
        let format = layout.format;
        return Err(format!(
            "has format version {format}, this program reads {FORMAT}"
        ));
    }
    let sums = entry(SUMS_KEY)
        .and_then(parse_sums)
        .ok_or("holds no block checksums")?;
    let file = CheckedFile::new(bytes.slice(..footer_range.start), sums)
        .ok_or("its length does not fit its block checksums")?;
    let block = match footer.record_batches.as_deref() {
        Some([block]) => *block,
        _ => return Err("expected one record batch".into()),
    };
    Reader::new(Arc::new(file), block)?.read(layout)
}

fn footer_range(bytes: &[u8]) -> Option<Range<usize>> {
    let end = bytes.len().checked_sub(TRAILER)?;
    let trailer = &bytes[end..];
    if !bytes.starts_with(MAGIC) || &trailer[4..] != MAGIC {
        return None;
    }
    let length = u32::from_le_bytes(trailer[..4].try_into().ok()?) as usize;
    Some(end.checked_sub(length)?..end)
}

fn parse_sums(text: &str) -> Option<Vec<u32>> {
    let digits = text.as_bytes().chunks(8);
    digits
        .map(|eight| u32::from_str_radix(std::str::from_utf8(eight).ok()?, 16).ok())
        .collect()
}

/// The arrays of the one record batch, taken in their order.
struct Reader {
    file: Arc<CheckedFile>,
    nodes: std::vec::IntoIter<ipc::FieldNode>,
    buffers: std::vec::IntoIter<Range<usize>>,
}

fn damaged(damaged: Damaged) -> String {
    format!("damaged near byte {}", damaged.offset)
}

impl Reader {
    fn new(file: Arc<CheckedFile>, block: ipc::Block) -> Result<Self, String> {
        let wrong = || "its record batch is not within the file".to_string();
        let range = |start: i64, length: i64, end: usize| {
            let start = usize::try_from(start).ok()?;
            let stop = start.checked_add(usize::try_from(length).ok()?)?;
            (stop <= end).then_some(start..stop)
        };
        let size = file.bytes().len();
        let metadata =
            range(block.offset, i64::from(block.meta_data_length), size).ok_or_else(wrong)?;
        file.check(metadata.clone()).map_err(damaged)?;
        let message = file
            .bytes()
            .get(metadata.start + 8..metadata.end)
            .ok_or_else(wrong)?;
        let message = ipc::MessageRef::read_as_root(message)
            .and_then(ipc::Message::try_from)
            .map_err(|e| format!("unreadable record batch: {e}"))?;
        let Some(ipc::MessageHeader::RecordBatch(batch)) = message.header else {
            return Err("expected a record batch".into());
        };
        let body = range(metadata.end as i64, block.body_length, size).ok_or_else(wrong)?;
        let buffers: Option<Vec<Range<usize>>> = (batch.buffers.into_iter().flatten())
            .map(|b| {
                let inner = range(b.offset, b.length, body.len())?;
                Some(body.start + inner.start..body.start + inner.end)
            })
            .collect();
        Ok(Self {
            file,
            nodes: batch.nodes.unwrap_or_default().into_iter(),
            buffers: buffers.ok_or_else(wrong)?.into_iter(),
        })
    }

    /// The next array must have this many elements; returns how many of them are null.
    fn node(&mut self, length: usize) -> Result<usize, String> {
        match self.nodes.next() {
            Some(node) if node.length == length as i64 => Ok(node.null_count as usize),
            _ => Err(format!("expected an array of {length}")),
        }
    }

    fn buffer(&mut self) -> Result<Range<usize>, String> {
        self.buffers
            .next()
            .ok_or_else(|| "has too few buffers".to_string())
    }

    fn read(mut self, layout: Layout) -> Result<Task, String> {
        let rows = layout.rows;
        self.node(rows)?;
        self.buffer()?;
        let archs = self.buffer()?;
        self.file.check(archs.clone()).map_err(damaged)?;
        let archs: &[u64] = bytemuck::try_cast_slice(&self.file.bytes()[archs])
            .map_err(|e| format!("column arch: {e}"))?;
        let archs = archs.to_vec();
        if archs.len() != rows {
            return Err(format!("column arch has {} of {rows} rows", archs.len()));
        }
        let names = match layout.has_names {
            true => Some(self.names(rows)?),
            false => None,
        };
        let space = open_space(&layout.space, names.as_ref(), rows)?;
        let mut schedules = Vec::with_capacity(layout.schedules.len());
        for s in layout.schedules {
            let mut series = Vec::with_capacity(s.series.len());
            for one in s.series {
                let epochs: crate::table::Epochs = one.epochs.parse()?;
                let values = self.numbers(rows, &[s.seeds.len(), epochs.len()])?;
                series.push(Series {
                    meaning: one.meaning.parse()?,
                    epochs,
                    seeds: s.seeds.len(),
                    values,
                });
            }
            schedules.push(Schedule {
                name: s.name,
                seeds: s.seeds,
                series,
            });
        }
        let mut attributes = Vec::with_capacity(layout.attributes.len());
        for one in layout.attributes {
            let seeds = match one.schedule {
                Some(at) => Some(
                    schedules
                        .get(at)
                        .ok_or("an attribute of no schedule")?
                        .seeds
                        .len(),
                ),
                None => None,
            };
            attributes.push(AttributeColumn {
                attribute: one.attribute.parse()?,
                schedule: one.schedule,
                seeds: seeds.unwrap_or(1),
                values: self.numbers(rows, seeds.as_slice())?,
            });
        }
        Ok(Task {
            rows: Rows::new(space.as_ref(), archs)?,
            name: layout.task,
            metric: layout.metric,
            space,
            names,
            schedules,
            attributes,
        })
    }

    fn names(&mut self, rows: usize) -> Result<Names, String> {
        self.node(rows)?;
        self.buffer()?;
        let (offsets, text) = (self.buffer()?, self.buffer()?);
        Names::mapped(&self.file, rows, offsets, text)
            .ok_or_else(|| "column name does not fit".into())
    }

    fn numbers(&mut self, rows: usize, shape: &[usize]) -> Result<Values, String> {
        let mut length = rows;
        for size in shape {
            self.node(length)?;
            self.buffer()?;
            length = length.checked_mul(*size).ok_or("a column too large")?;
        }
        let missing = self.node(length)?;
        let present = self.buffer()?;
        let numbers = self.buffer()?;
        Values::mapped(
            &self.file,
            length,
            numbers,
            (missing > 0).then_some(present),
        )
        .ok_or_else(|| "a column does not fit the file".into())
    }
}

fn open_space(
    name: &str,
    names: Option<&Names>,
    rows: usize,
) -> Result<Arc<dyn SearchSpace>, String> {
    if name != POOL {
        return space::open(name).map_err(|e| e.to_string());
    }
    let names = names.ok_or("a pool without names")?;
    let names: Result<Vec<String>, Damaged> = (0..rows)
        .map(|row| names.get(row).map(String::from))
        .collect();
    let pool = Pool::new(names.map_err(damaged)?).map_err(|e| e.to_string())?;
    Ok(pool)
}
