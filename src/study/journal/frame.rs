//! One finished cell as bytes: `size u32 · CRC-32 of the body u32 · body`, little-endian.
//!
//! The body is `cell u32 · rows u32 · wall_ns u64 · failed u8`, then what the cell left behind, in its own form.

use super::Record;

/// Bytes before the body.
pub(super) const HEAD: usize = 8;
/// The fixed part of the body.
const FIXED: usize = 17;

/// A cell as the journal keeps it: what it recorded and the wall time it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<R> {
    /// What it recorded.
    pub record: R,
    /// Wall time in nanoseconds.
    pub wall_ns: u64,
}

/// What the journal knows of a cell without reading all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Its number.
    pub cell: u32,
    /// Rows it adds to the results.
    pub rows: u32,
    /// Wall time in nanoseconds.
    pub wall_ns: u64,
    /// Whether it failed.
    pub failed: bool,
}

impl Summary {
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let fixed: &[u8; FIXED] = body.first_chunk()?;
        let word = |at: usize| u32::from_le_bytes(fixed[at..at + 4].try_into().expect("4 bytes"));
        Some(Self {
            cell: word(0),
            rows: word(4),
            wall_ns: u64::from_le_bytes(fixed[8..16].try_into().expect("8 bytes")),
            failed: fixed[16] == 1,
        })
    }
}

/// Appends the frame of `cell` to `out`.
pub(in super::super) fn encode<R: Record>(
    cell: u32,
    entry: &Entry<R>,
    out: &mut Vec<u8>,
) -> Summary {
    let summary = Summary {
        cell,
        rows: entry.record.rows(),
        wall_ns: entry.wall_ns,
        failed: entry.record.failed(),
    };
    let head = out.len();
    out.extend_from_slice(&[0; HEAD]);
    out.extend_from_slice(&summary.cell.to_le_bytes());
    out.extend_from_slice(&summary.rows.to_le_bytes());
    out.extend_from_slice(&summary.wall_ns.to_le_bytes());
    out.push(u8::from(summary.failed));
    entry.record.encode(out);
    let body = head + HEAD;
    let (size, crc) = ((out.len() - body) as u32, crc32fast::hash(&out[body..]));
    out[head..head + 4].copy_from_slice(&size.to_le_bytes());
    out[head + 4..body].copy_from_slice(&crc.to_le_bytes());
    summary
}

/// Reads a body back; `None` when it is damaged.
pub(super) fn decode<R: Record>(body: &[u8]) -> Option<Entry<R>> {
    let summary = Summary::of(body)?;
    Some(Entry {
        record: R::decode(summary, &body[FIXED..])?,
        wall_ns: summary.wall_ns,
    })
}
