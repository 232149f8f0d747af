//! The journal of a running study: one checksummed frame per finished cell, in whatever order cells
//! finish. A killed run loses the cells in flight and no more; records are written from the journal in
//! the study's order, so their bytes do not depend on threads, shards or interruptions.
//!
//! Layout, little-endian: the magic `ABJ1`, a 32-byte hash of the resolved study, the shard, then frames
//! `cell u32 · length u32 · CRC-32 of the payload u32 · payload`.

use super::engine::{CellRecord, Row};
use crate::error::Error;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 4] = b"ABJ1";
const HEADER: u64 = 4 + 32 + 8;
const FRAME_HEADER: usize = 12;
/// A frame longer than this is damage, not data: 2^20 evaluations and their messages.
const MAX_PAYLOAD: u32 = 1 << 30;

const HAS_SPAN: u8 = 1;
const HAS_VALID: u8 = 2;
const HAS_TEST: u8 = 4;

/// Which cells of a study a run computes: those whose number is `index` modulo `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u32,
    /// At least 1.
    pub count: u32,
}

impl Shard {
    /// All cells.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether the shard computes `cell`.
    pub fn holds(&self, cell: u32) -> bool {
        cell % self.count == self.index
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    /// `I/N` with 1 ≤ I ≤ N.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once('/')
            .and_then(|(i, n)| Some((i.parse::<u32>().ok()?, n.parse::<u32>().ok()?)));
        match parsed {
            Some((i, n)) if 1 <= i && i <= n => Ok(Self {
                index: i - 1,
                count: n,
            }),
            _ => Err(format!("expected I/N with 1 <= I <= N, found `{text}`")),
        }
    }
}

/// A cell as the journal keeps it: what it recorded and the wall time it took.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) record: CellRecord,
    pub(super) wall_ns: u64,
}

/// An open journal and where its whole frames are.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    end: u64,
    frames: BTreeMap<u32, (u64, u32)>,
    pub(super) shard: Shard,
}

impl Journal {
    /// A new, empty journal, replacing any that is there.
    pub(super) fn create(path: &Path, study: [u8; 32], shard: Shard) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .map_err(|e| cannot("write", path, &e))?;
        let mut header = Vec::with_capacity(HEADER as usize);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&study);
        header.extend_from_slice(&shard.index.to_le_bytes());
        header.extend_from_slice(&shard.count.to_le_bytes());
        file.write_all(&header)
            .map_err(|e| cannot("write", path, &e))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            end: HEADER,
            frames: BTreeMap::new(),
            shard,
        })
    }

    /// Opens the journal of an interrupted run. A torn last frame is dropped.
    pub(super) fn open(path: &Path, study: [u8; 32]) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|e| cannot("open", path, &e))?;
        let mut header = [0; HEADER as usize];
        let whole = file.read_exact(&mut header).is_ok();
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("4 bytes"));
        let shard = Shard {
            index: word(36),
            count: word(40),
        };
        if !whole || &header[..4] != MAGIC || shard.index >= shard.count {
            return Err(Error::new(path.display(), "not a journal, or cut short")
                .mend("run again with --overwrite"));
        }
        if header[4..36] != study {
            return Err(Error::new(path.display(), "the journal of another study")
                .mend("give another --out, or --overwrite"));
        }
        let mut journal = Self {
            path: path.to_path_buf(),
            file,
            end: HEADER,
            frames: BTreeMap::new(),
            shard,
        };
        journal.scan()?;
        Ok(journal)
    }

    /// Finds the whole frames and cuts off what follows the last of them.
    fn scan(&mut self) -> Result<(), Error> {
        let length = self.io("read", |file| file.metadata())?.len();
        let mut payload = Vec::new();
        while self.end + FRAME_HEADER as u64 <= length {
            let mut head = [0; FRAME_HEADER];
            let start = self.end;
            self.read_at(start, &mut head)?;
            let word =
                |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
            let (cell, size, crc) = (word(0), word(4), word(8));
            let body = start + FRAME_HEADER as u64;
            if size > MAX_PAYLOAD || body + u64::from(size) > length {
                break;
            }
            payload.resize(size as usize, 0);
            self.read_at(body, &mut payload)?;
            if crc32fast::hash(&payload) != crc {
                break;
            }
            self.frames.insert(cell, (body, size));
            self.end = body + u64::from(size);
        }
        let end = self.end;
        self.io("cut", |file| file.set_len(end))
    }

    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> Result<(), Error> {
        self.io("read", |file| {
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(bytes)
        })
    }

    fn io<T>(
        &mut self,
        what: &str,
        action: impl FnOnce(&mut File) -> std::io::Result<T>,
    ) -> Result<T, Error> {
        action(&mut self.file).map_err(|e| cannot(what, &self.path, &e))
    }

    /// Whether `cell` is done.
    pub(super) fn has(&self, cell: u32) -> bool {
        self.frames.contains_key(&cell)
    }

    /// The number of cells done.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// The cells done, ascending.
    pub(super) fn cells(&self) -> impl Iterator<Item = u32> + '_ {
        self.frames.keys().copied()
    }

    /// Appends the encoded frame of `cell` (see [`encode`]) with a payload of `size` bytes.
    pub(super) fn append(&mut self, frame: &[u8], cell: u32, size: u32) -> Result<(), Error> {
        let end = self.end;
        self.io("write", |file| {
            file.seek(SeekFrom::Start(end))?;
            file.write_all(frame)
        })?;
        let body = end + FRAME_HEADER as u64;
        self.frames.insert(cell, (body, size));
        self.end = body + u64::from(size);
        Ok(())
    }

    /// Makes sure everything appended survives a power cut.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.io("sync", |file| file.sync_data())
    }

    /// Reads a finished cell back.
    pub(super) fn read(&mut self, cell: u32) -> Result<Entry, Error> {
        let place = format!("{}: cell {cell}", self.path.display());
        let Some(&(at, size)) = self.frames.get(&cell) else {
            return Err(Error::new(place, "is not in the journal"));
        };
        let mut payload = vec![0; size as usize];
        self.read_at(at, &mut payload)?;
        decode(&payload).ok_or_else(|| Error::new(place, "damaged frame").mend("run it again"))
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(path.display(), format!("cannot {what}: {error}"))
}

/// Appends the frame of `cell` to `out`; returns the payload's size.
pub(super) fn encode(cell: u32, entry: &Entry, out: &mut Vec<u8>) -> u32 {
    let head = out.len();
    out.extend_from_slice(&[0; FRAME_HEADER]);
    let record = &entry.record;
    out.extend_from_slice(&entry.wall_ns.to_le_bytes());
    out.extend_from_slice(&(record.rows.len() as u32).to_le_bytes());
    for row in &record.rows {
        encode_row(row, out);
    }
    out.extend_from_slice(&(record.failures.len() as u32).to_le_bytes());
    for (position, message) in &record.failures {
        out.extend_from_slice(&position.to_le_bytes());
        encode_text(message, out);
    }
    out.push(u8::from(record.error.is_some()));
    encode_text(record.error.as_deref().unwrap_or_default(), out);
    let size = (out.len() - head - FRAME_HEADER) as u32;
    let crc = crc32fast::hash(&out[head + FRAME_HEADER..]);
    out[head..head + 4].copy_from_slice(&cell.to_le_bytes());
    out[head + 4..head + 8].copy_from_slice(&size.to_le_bytes());
    out[head + 8..head + 12].copy_from_slice(&crc.to_le_bytes());
    size
}

fn encode_row(row: &Row, out: &mut Vec<u8>) {
    let flags = (u8::from(row.span_s.is_some()) * HAS_SPAN)
        | (u8::from(row.valid.is_some()) * HAS_VALID)
        | (u8::from(row.test.is_some()) * HAS_TEST);
    let mut bytes = [0; 49];
    bytes[0] = flags;
    bytes[1..9].copy_from_slice(&row.arch.to_le_bytes());
    bytes[9..13].copy_from_slice(&row.trial.to_le_bytes());
    bytes[13..17].copy_from_slice(&row.fidelity.to_le_bytes());
    let mut end = 17;
    let (start_s, end_s) = row.span_s.unzip();
    for value in [row.valid, row.test, start_s, end_s].into_iter().flatten() {
        bytes[end..end + 8].copy_from_slice(&value.to_le_bytes());
        end += 8;
    }
    out.extend_from_slice(&bytes[..end]);
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Takes values off the front of a payload; `None` when it is too short.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn f64(&mut self) -> Option<f64> {
        self.array().map(f64::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.u32()? as usize;
        String::from_utf8(self.bytes(length)?.to_vec()).ok()
    }

    fn row(&mut self) -> Option<Row> {
        let flags = self.bytes(1)?[0];
        let (arch, trial, fidelity) = (self.u64()?, self.u32()?, self.u32()?);
        let mut optional = |bit: u8| match flags & bit {
            0 => Some(None),
            _ => self.f64().map(Some),
        };
        let (valid, test) = (optional(HAS_VALID)?, optional(HAS_TEST)?);
        let (start_s, end_s) = (optional(HAS_SPAN)?, optional(HAS_SPAN)?);
        Some(Row {
            arch,
            trial,
            fidelity,
            span_s: start_s.zip(end_s),
            valid,
            test,
        })
    }
}

fn decode(payload: &[u8]) -> Option<Entry> {
    let mut cursor = Cursor(payload);
    let wall_ns = cursor.u64()?;
    let rows = cursor.u32()?;
    let rows = (0..rows).map(|_| cursor.row()).collect::<Option<_>>()?;
    let failures = cursor.u32()?;
    let failures = (0..failures)
        .map(|_| Some((cursor.u32()?, cursor.text()?)))
        .collect::<Option<_>>()?;
    let has_error = cursor.bytes(1)?[0] == 1;
    let text = cursor.text()?;
    Some(Entry {
        record: CellRecord {
            rows,
            failures,
            error: has_error.then_some(text),
        },
        wall_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u32) -> Entry {
        let row = |i: u32| Row {
            arch: u64::from(i) << 33,
            trial: i,
            fidelity: 9,
            span_s: i.is_multiple_of(2).then_some((1.5, 2.5)),
            valid: (!i.is_multiple_of(3)).then_some(0.25),
            test: (!i.is_multiple_of(5)).then_some(0.75),
        };
        Entry {
            record: CellRecord {
                rows: (0..n).map(row).collect(),
                failures: vec![(0, "no such row".into())],
                error: (n % 2 == 1).then(|| "gave up".into()),
            },
            wall_ns: 17,
        }
    }

    #[test]
    fn a_torn_tail_loses_only_itself() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("j");
        let mut journal = Journal::create(&path, [7; 32], Shard::WHOLE).expect("create");
        let mut whole = 0;
        for cell in 0..5 {
            let mut bytes = Vec::new();
            let size = encode(cell, &entry(cell), &mut bytes);
            journal.append(&bytes, cell, size).expect("append");
            whole = if cell < 4 { journal.end } else { whole };
        }
        drop(journal);
        let bytes = std::fs::read(&path).expect("read");
        for cut in whole as usize..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).expect("cut");
            let mut journal = Journal::open(&path, [7; 32]).expect("open");
            assert_eq!(
                journal.cells().collect::<Vec<_>>(),
                [0, 1, 2, 3],
                "cut at {cut}"
            );
            assert_eq!(journal.read(3).expect("read"), entry(3));
        }
        assert!(Journal::open(&path, [8; 32]).is_err());
    }

    #[test]
    fn shards_parse() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 1, count: 3 }));
        for bad in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
