//! Writing a task as an Arrow IPC file, in one pass.

use super::{ALIGNMENT, LAYOUT_KEY, Layout, MAGIC, SUMS_KEY};
use crate::table::Task;
use crate::table::blocks::{BLOCK, Damaged};
use crate::table::card::hex;
use crate::table::values::Values;
use polars_arrow_format::ipc::{self, planus};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::{self, Write};

/// What the card says of a written file.
pub(crate) struct Written {
    /// Its length in bytes.
    pub(crate) bytes: u64,
    /// SHA-256 of all of it.
    pub(crate) sha256: String,
    /// SHA-256 of its footer.
    pub(crate) footer_sha256: String,
}

/// A column to be written: its field, and its arrays with their buffers in Arrow's order.
struct Column<'t> {
    field: ipc::Field,
    nodes: Vec<ipc::FieldNode>,
    buffers: Vec<Cow<'t, [u8]>>,
}

/// Writes a task to `out`.
///
/// # Errors
/// When `out` fails, or the task is mapped from a damaged file.
pub(crate) fn write(task: &Task, out: &mut dyn Write) -> io::Result<Written> {
    let damaged =
        |d: Damaged| io::Error::other(format!("the source is damaged near byte {}", d.offset));
    let columns = columns(task).map_err(damaged)?;
    let mut out = Hashing::new(out);
    out.write_all(MAGIC)?;
    out.write_all(&[0; 2])?;
    let schema = schema(&columns);
    let header = ipc::MessageHeader::Schema(Box::new(schema.clone()));
    write_message(&mut out, header, 0)?;
    let (batch, body_length) = record_batch(task, &columns);
    let offset = out.length as i64;
    let metadata_length = write_message(
        &mut out,
        ipc::MessageHeader::RecordBatch(Box::new(batch)),
        body_length,
    )?;
    for buffer in columns.iter().flat_map(|c| &c.buffers) {
        out.write_all(buffer)?;
        out.pad(ALIGNMENT)?;
    }
    out.write_all(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])?;
    let block = ipc::Block {
        offset,
        meta_data_length: metadata_length,
        body_length,
    };
    let footer = footer(task, schema, block, &out.sums())?;
    out.write_all(&footer)?;
    out.write_all(&(footer.len() as u32).to_le_bytes())?;
    out.write_all(MAGIC)?;
    Ok(Written {
        bytes: out.length,
        footer_sha256: hex(&Sha256::digest(&footer)),
        sha256: hex(&out.sha256.finalize()),
    })
}

fn columns(task: &Task) -> Result<Vec<Column<'_>>, Damaged> {
    let rows = task.archs().len();
    let mut columns = vec![Column {
        field: field("arch", integer(), Vec::new(), false),
        nodes: vec![node(rows, 0)],
        buffers: vec![
            Cow::Borrowed(&[]),
            Cow::Borrowed(bytemuck::cast_slice(task.archs())),
        ],
    }];
    if task.names.is_some() {
        columns.push(names(task)?);
    }
    for schedule in &task.schedules {
        for series in &schedule.series {
            let name = format!("{}/{}", schedule.name, series.meaning);
            let shape = [schedule.seeds.len(), series.epochs.len()];
            columns.push(numbers(&name, rows, &shape, &series.values)?);
        }
    }
    for column in &task.attributes {
        let shape = [column.seeds];
        let shape = if column.schedule.is_some() {
            &shape[..]
        } else {
            &[]
        };
        columns.push(numbers(
            &column.attribute.to_string(),
            rows,
            shape,
            &column.values,
        )?);
    }
    Ok(columns)
}

fn names(task: &Task) -> Result<Column<'_>, Damaged> {
    let rows = task.archs().len();
    let mut text = Vec::new();
    let mut offsets = vec![0_u32];
    for row in 0..rows {
        text.extend_from_slice(task.published_name(row)?.unwrap_or_default().as_bytes());
        offsets.push(text.len() as u32);
    }
    Ok(Column {
        field: field("name", ipc::Type::Utf8(Box::default()), Vec::new(), false),
        nodes: vec![node(rows, 0)],
        buffers: vec![
            Cow::Borrowed(&[]),
            Cow::Owned(bytemuck::cast_slice(&offsets).to_vec()),
            Cow::Owned(text),
        ],
    })
}

/// Numbers as lists of lists: `shape` holds the length of the lists at each depth.
fn numbers<'t>(
    name: &str,
    rows: usize,
    shape: &[usize],
    values: &'t Values,
) -> Result<Column<'t>, Damaged> {
    let (bytes, present) = values.raw()?;
    let missing = present.map_or(0, |bits| {
        let set: usize = bits.iter().map(|b| b.count_ones() as usize).sum();
        values.len() - set
    });
    let double = ipc::Type::FloatingPoint(Box::new(ipc::FloatingPoint {
        precision: ipc::Precision::Double,
    }));
    let mut inner = field(
        if shape.is_empty() { name } else { "item" },
        double,
        Vec::new(),
        true,
    );
    let mut nodes = Vec::new();
    let mut buffers: Vec<Cow<'t, [u8]>> = Vec::new();
    let mut length = rows;
    for (depth, size) in shape.iter().enumerate().rev() {
        let list = ipc::Type::FixedSizeList(Box::new(ipc::FixedSizeList {
            list_size: *size as i32,
        }));
        let name = if depth == 0 { name } else { "item" };
        inner = field(name, list, vec![inner], false);
    }
    for size in shape {
        nodes.push(node(length, 0));
        buffers.push(Cow::Borrowed(&[]));
        length *= size;
    }
    nodes.push(node(length, missing));
    buffers.push(Cow::Borrowed(present.unwrap_or_default()));
    buffers.push(Cow::Borrowed(bytes));
    Ok(Column {
        field: inner,
        nodes,
        buffers,
    })
}

fn integer() -> ipc::Type {
    ipc::Type::Int(Box::new(ipc::Int {
        bit_width: 64,
        is_signed: false,
    }))
}

fn field(name: &str, kind: ipc::Type, children: Vec<ipc::Field>, nullable: bool) -> ipc::Field {
    ipc::Field {
        name: Some(name.to_string()),
        nullable,
        type_: Some(kind),
        dictionary: None,
        children: Some(children),
        custom_metadata: None,
    }
}

fn node(length: usize, nulls: usize) -> ipc::FieldNode {
    ipc::FieldNode {
        length: length as i64,
        null_count: nulls as i64,
    }
}

fn schema(columns: &[Column<'_>]) -> ipc::Schema {
    ipc::Schema {
        endianness: ipc::Endianness::Little,
        fields: Some(columns.iter().map(|c| c.field.clone()).collect()),
        custom_metadata: None,
        features: None,
    }
}

fn record_batch(task: &Task, columns: &[Column<'_>]) -> (ipc::RecordBatch, i64) {
    let mut buffers = Vec::new();
    let mut offset = 0_usize;
    for buffer in columns.iter().flat_map(|c| &c.buffers) {
        buffers.push(ipc::Buffer {
            offset: offset as i64,
            length: buffer.len() as i64,
        });
        offset += buffer.len().next_multiple_of(ALIGNMENT);
    }
    let batch = ipc::RecordBatch {
        length: task.archs().len() as i64,
        nodes: Some(columns.iter().flat_map(|c| c.nodes.clone()).collect()),
        buffers: Some(buffers),
        compression: None,
        variadic_buffer_counts: None,
    };
    (batch, offset as i64)
}

/// Writes a message so that what follows it is aligned; returns the length of its metadata.
fn write_message(
    out: &mut Hashing<'_>,
    header: ipc::MessageHeader,
    body_length: i64,
) -> io::Result<i32> {
    let message = ipc::Message {
        version: ipc::MetadataVersion::V5,
        header: Some(header),
        body_length,
        custom_metadata: None,
    };
    let mut builder = planus::Builder::new();
    let bytes = builder.finish(message, None);
    let start = out.length as usize;
    let end = (start + 8 + bytes.len()).next_multiple_of(ALIGNMENT);
    let length = (end - start) as i32;
    out.write_all(&[0xff; 4])?;
    out.write_all(&(length - 8).to_le_bytes())?;
    out.write_all(bytes)?;
    out.pad(ALIGNMENT)?;
    Ok(length)
}

fn footer(
    task: &Task,
    schema: ipc::Schema,
    block: ipc::Block,
    sums: &[u32],
) -> io::Result<Vec<u8>> {
    let layout = serde_json::to_string(&Layout::of(task))?;
    let sums: String = sums.iter().map(|sum| format!("{sum:08x}")).collect();
    let entry = |key: &str, value: String| ipc::KeyValue {
        key: Some(key.to_string()),
        value: Some(value),
    };
    let footer = ipc::Footer {
        version: ipc::MetadataVersion::V5,
        schema: Some(Box::new(schema)),
        dictionaries: None,
        record_batches: Some(vec![block]),
        custom_metadata: Some(vec![entry(LAYOUT_KEY, layout), entry(SUMS_KEY, sums)]),
    };
    let mut builder = planus::Builder::new();
    Ok(builder.finish(footer, None).to_vec())
}

/// Counts, and hashes blocks and the whole, on the way.
struct Hashing<'o> {
    out: &'o mut dyn Write,
    length: u64,
    sha256: Sha256,
    sums: Vec<u32>,
    block: crc32fast::Hasher,
    in_block: usize,
}

impl<'o> Hashing<'o> {
    fn new(out: &'o mut dyn Write) -> Self {
        Self {
            out,
            length: 0,
            sha256: Sha256::new(),
            sums: Vec::new(),
            block: crc32fast::Hasher::new(),
            in_block: 0,
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.length += bytes.len() as u64;
        self.sha256.update(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BLOCK - self.in_block));
            self.block.update(now);
            self.in_block += now.len();
            rest = later;
            if self.in_block == BLOCK {
                self.sums.push(std::mem::take(&mut self.block).finalize());
                self.in_block = 0;
            }
        }
        Ok(())
    }

    fn pad(&mut self, alignment: usize) -> io::Result<()> {
        let length = self.length as usize;
        self.write_all(&vec![0; length.next_multiple_of(alignment) - length])
    }

    /// The checksums of the blocks so far, the last one perhaps short.
    fn sums(&self) -> Vec<u32> {
        let mut sums = self.sums.clone();
        if self.in_block > 0 {
            sums.push(self.block.clone().finalize());
        }
        sums
    }
}
