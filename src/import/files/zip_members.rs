//! The members of a zip archive on disk: opened once, read by many threads.

use super::guard;
use crate::error::Error;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use zip::ZipArchive;

/// What is read ahead at once: a small member with its header.
const AHEAD: usize = 1 << 13;

/// A file that each clone reads at its own place.
#[derive(Debug)]
struct Shared {
    file: Arc<Mutex<File>>,
    at: u64,
    end: u64,
    /// Bytes that were read ahead, and where they begin.
    ahead: Vec<u8>,
    ahead_at: u64,
}

impl Shared {
    fn new(file: Arc<Mutex<File>>, end: u64) -> Self {
        Self {
            file,
            at: 0,
            end,
            ahead: Vec::new(),
            ahead_at: 0,
        }
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read(buffer)
    }
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        let mut clone = Self::new(self.file.clone(), self.end);
        clone.at = self.at;
        clone
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_there = |s: &Self| (s.ahead_at..s.ahead_at + s.ahead.len() as u64).contains(&s.at);
        if !is_there(self) {
            if buffer.len() >= AHEAD {
                let got = self.read_at(self.at, buffer)?;
                self.at += got as u64;
                return Ok(got);
            }
            let mut ahead = std::mem::take(&mut self.ahead);
            ahead.resize(AHEAD, 0);
            let got = self.read_at(self.at, &mut ahead)?;
            ahead.truncate(got);
            (self.ahead, self.ahead_at) = (ahead, self.at);
        }
        let mut left = &self.ahead[(self.at - self.ahead_at) as usize..];
        let got = left.read(buffer)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::other("seeks before the beginning"))?;
        Ok(self.at)
    }
}

/// The number of members that the archive's last record says, of which the parser keeps one of each name; `None` where
/// it is too large for that record.
fn listed(file: &mut Shared, comment: u64) -> Option<u16> {
    const RECORD: u64 = 22;
    file.at = file.end.checked_sub(RECORD + comment)?;
    let mut record = [0; RECORD as usize];
    file.read_exact(&mut record).ok()?;
    let count = u16::from_le_bytes([record[10], record[11]]);
    (record.starts_with(b"PK\x05\x06") && count != u16::MAX).then_some(count)
}

/// A zip archive's members by name.
#[derive(Debug)]
pub(super) struct ZipMembers {
    archive: ZipArchive<Shared>,
    position: BTreeMap<String, usize>,
}

impl ZipMembers {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |e: &dyn std::fmt::Display| Error::new(path.display(), e);
        let file = File::open(path).map_err(|e| wrong(&format!("cannot read: {e}")))?;
        let end = file.metadata().map_err(|e| wrong(&e))?.len();
        let mut shared = Shared::new(Arc::new(Mutex::new(file)), end);
        let mut archive = ZipArchive::new(shared.clone())
            .map_err(|e| wrong(&format!("not a whole zip archive: {e}")))?;
        let listed = listed(&mut shared, archive.comment().len() as u64);
        if listed.is_some_and(|count| usize::from(count) != archive.len()) {
            return Err(wrong(&"a member's name occurs twice"));
        }
        let mut position = BTreeMap::new();
        let mut packed_total = 0;
        for at in 0..archive.len() {
            let member = (archive.by_index_raw(at))
                .map_err(|e| wrong(&format!("member {at} is damaged: {e}")))?;
            let name = member
                .name()
                .map_err(|e| wrong(&format!("member {at}: {e}")))?;
            let name = name.into_owned();
            let refused = |problem: &str| Err(wrong(&format!("member `{name}` {problem}")));
            if member.is_dir() {
                continue;
            }
            if !guard::is_inside(&name) {
                return refused("leads out of the archive");
            }
            if member.is_symlink() {
                return refused("is a link");
            }
            packed_total = member.compressed_size().saturating_add(packed_total);
            if packed_total > end || guard::is_bomb(member.compressed_size(), member.size()) {
                return refused(&guard::bomb());
            }
            if position.insert(name.clone(), at).is_some() {
                return refused("occurs twice");
            }
        }
        Ok(Self { archive, position })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.position.keys().map(String::as_str)
    }

    /// A member's content.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let at = self.position.get(name);
        let at = *at.ok_or_else(|| Error::new(name, "is not in the archive"))?;
        let mut archive = self.archive.clone();
        let failed = |e: &dyn std::fmt::Display| Error::new(name, format!("cannot read: {e}"));
        let member = archive.by_index(at).map_err(|e| failed(&e))?;
        let allowed = member.size();
        // Room for what is declared, as far as it is small.
        let mut bytes = Vec::with_capacity(allowed.min(1 << 16) as usize + 1);
        // The declared size was judged when the archive was opened; more than that is not read.
        (member.take(allowed + 1).read_to_end(&mut bytes)).map_err(|e| failed(&e))?;
        match bytes.len() as u64 == allowed {
            true => Ok(bytes),
            false => Err(failed(&"its size is not the one the archive says")),
        }
    }
}
