//! The journal of a running study: one checksummed frame per finished cell, in whatever order cells
//! finish. A killed run loses the cells in flight and no more; records are written from the journal in
//! the study's order, so their bytes do not depend on threads, shards or interruptions.
//!
//! Layout, little-endian: the magic `ABJ4`, a 32-byte hash of the resolved study, the shard, then frames.

mod frame;
mod search;
mod shard;

pub(super) use frame::encode;
pub use frame::{Entry, Summary};
pub use shard::Shard;

use crate::error::Error;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 4] = b"ABJ4";
const HEADER: u64 = 4 + 32 + 8;
/// A frame longer than this is damage, not data: 2^24 evaluations and their messages.
const MAX_BODY: u32 = 1 << 30;

/// What a cell leaves behind, as the journal keeps it.
pub trait Record: Sized + Send {
    /// Rows it adds to the results.
    fn rows(&self) -> u32;

    /// Whether the cell failed.
    fn failed(&self) -> bool;

    /// Appends its bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads the bytes of a record of which `summary` is known; `None` when they are damaged.
    fn decode(summary: Summary, bytes: &[u8]) -> Option<Self>;
}

/// Where a cell's body lies, and what it says of itself.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: u64,
    size: u32,
    summary: Summary,
}

/// An open journal and where its whole frames are.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    end: u64,
    frames: BTreeMap<u32, Place>,
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
        let length = (self.file.metadata()).map_err(|e| cannot("read", &self.path, &e))?;
        let length = length.len();
        let mut body = Vec::new();
        while self.end + frame::HEAD as u64 <= length {
            let mut head = [0; frame::HEAD];
            self.read_at(self.end, &mut head)?;
            let word =
                |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
            let (size, crc) = (word(0), word(4));
            let at = self.end + frame::HEAD as u64;
            if size > MAX_BODY || at + u64::from(size) > length {
                break;
            }
            body.resize(size as usize, 0);
            self.read_at(at, &mut body)?;
            if crc32fast::hash(&body) != crc {
                break;
            }
            let Some(summary) = Summary::of(&body) else {
                break;
            };
            self.frames
                .insert(summary.cell, Place { at, size, summary });
            self.end = at + u64::from(size);
        }
        let cut = self.file.set_len(self.end);
        cut.map_err(|e| cannot("cut", &self.path, &e))
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<(), Error> {
        read_exact_at(&self.file, at, bytes).map_err(|e| cannot("read", &self.path, &e))
    }

    /// Whether `cell` is done.
    pub(super) fn has(&self, cell: u32) -> bool {
        self.frames.contains_key(&cell)
    }

    /// The number of cells done.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// What is known of each cell done, ascending.
    pub(super) fn summaries(&self) -> impl Iterator<Item = Summary> + '_ {
        self.frames.values().map(|place| place.summary)
    }

    /// What is known of `cell`, if it is done.
    pub(super) fn summary(&self, cell: u32) -> Option<Summary> {
        self.frames.get(&cell).map(|place| place.summary)
    }

    /// Appends the frames that [`encode`] made, one after the other, of the cells it summarised.
    pub(super) fn append(&mut self, frames: &[u8], summaries: &[Summary]) -> Result<(), Error> {
        let written =
            (self.file.seek(SeekFrom::Start(self.end))).and_then(|_| self.file.write_all(frames));
        written.map_err(|e| cannot("write", &self.path, &e))?;
        let mut rest = frames;
        for &summary in summaries {
            let size = u32::from_le_bytes(rest[..4].try_into().expect("4 bytes"));
            let at = self.end + frame::HEAD as u64;
            self.frames
                .insert(summary.cell, Place { at, size, summary });
            self.end = at + u64::from(size);
            rest = &rest[frame::HEAD + size as usize..];
        }
        Ok(())
    }

    /// A second handle to the file, to sync while others append.
    pub(super) fn handle(&self) -> Result<File, Error> {
        (self.file.try_clone()).map_err(|e| cannot("sync", &self.path, &e))
    }

    /// Makes sure everything appended survives a power cut.
    pub(super) fn sync(&self) -> Result<(), Error> {
        (self.file.sync_data()).map_err(|e| cannot("sync", &self.path, &e))
    }

    /// Reads a finished cell back.
    pub(super) fn read<R: Record>(&self, cell: u32) -> Result<Entry<R>, Error> {
        let place = || format!("{}: cell {cell}", self.path.display());
        let Some(frame) = self.frames.get(&cell) else {
            return Err(Error::new(place(), "is not in the journal"));
        };
        let mut body = vec![0; frame.size as usize];
        self.read_at(frame.at, &mut body)?;
        frame::decode(&body)
            .ok_or_else(|| Error::new(place(), "damaged frame").mend("run it again"))
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(path.display(), format!("cannot {what}: {error}"))
}

/// Reads at a position without moving the file's own, so that threads can read at once.
#[cfg(unix)]
fn read_exact_at(file: &File, at: u64, bytes: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// Reads at a position; the file's own position is set before each use.
#[cfg(windows)]
fn read_exact_at(file: &File, mut at: u64, mut bytes: &mut [u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = &mut bytes[read..];
                at += read as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::engine::{CellRecord, Row};
    use super::*;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = Row> {
        let metric = || prop::option::weighted(0.9, -1.0..1.0_f64);
        (
            any::<u64>(),
            any::<u32>(),
            1..4_u32,
            metric(),
            metric(),
            prop::option::of((0.0..9.0, 0.0..9.0)),
        )
            .prop_map(|(arch, trial, fidelity, valid, test, span_s)| Row {
                arch: arch >> (trial % 64),
                trial,
                fidelity,
                span_s,
                valid,
                test,
            })
    }

    fn entry() -> impl Strategy<Value = Entry<CellRecord>> {
        let rows = prop::collection::vec(row(), 0..40);
        let failures = prop::collection::vec((any::<u32>(), ".{0,9}"), 0..3);
        (
            rows,
            failures,
            prop::option::of(".{0,9}"),
            any::<u64>(),
            any::<bool>(),
        )
            .prop_map(|(mut rows, failures, error, wall_ns, is_plain)| {
                if is_plain {
                    // The usual case: trials in order, one fidelity, nothing missing.
                    for (row, trial) in rows.iter_mut().zip(0..) {
                        (row.trial, row.fidelity) = (trial, 200);
                        (row.valid, row.test, row.span_s) = (Some(0.5), Some(0.25), None);
                    }
                }
                let record = CellRecord {
                    rows,
                    failures,
                    error,
                };
                Entry { record, wall_ns }
            })
    }

    proptest! {
        #[test]
        fn frames_read_back_and_damage_is_noticed(entry in entry(), cut in 0..400_usize) {
            let mut bytes = Vec::new();
            let summary = encode(7, &entry, &mut bytes);
            let body = &bytes[frame::HEAD..];
            prop_assert_eq!(Summary::of(body), Some(summary));
            prop_assert_eq!(summary.rows as usize, entry.record.rows.len());
            prop_assert_eq!(frame::decode(body), Some(entry));
            if cut < body.len() {
                prop_assert_eq!(frame::decode::<CellRecord>(&body[..cut]), None);
            }
        }
    }

    #[test]
    fn a_torn_tail_loses_only_itself() {
        let entry = |n: u32| Entry {
            record: CellRecord {
                error: (n % 2 == 1).then(|| format!("gave up in {n}")),
                ..CellRecord::default()
            },
            wall_ns: u64::from(n),
        };
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("j");
        let mut journal = Journal::create(&path, [7; 32], Shard::WHOLE).expect("create");
        let mut whole = 0;
        for cells in [0..2, 2..4, 4..5] {
            whole = journal.end;
            let mut bytes = Vec::new();
            let summaries: Vec<Summary> = cells.map(|c| encode(c, &entry(c), &mut bytes)).collect();
            journal.append(&bytes, &summaries).expect("append");
        }
        drop(journal);
        let bytes = std::fs::read(&path).expect("read");
        for cut in whole as usize..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).expect("cut");
            let journal = Journal::open(&path, [7; 32]).expect("open");
            let cells: Vec<u32> = journal.summaries().map(|s| s.cell).collect();
            assert_eq!(cells, [0, 1, 2, 3], "cut at {cut}");
            assert_eq!(journal.read(3).expect("read"), entry(3));
        }
        assert!(Journal::open(&path, [8; 32]).is_err());
    }
}
