//! The members of a zip archive: listed once, read by many threads.

use super::guard;
use crate::error::Error;
use libdeflater::{DecompressionError, Decompressor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind::UnexpectedEof;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use zip::{CompressionMethod, ZipArchive};

/// Archives of at most so many bytes are kept in memory: their members are mostly small, and there are thousands.
const SMALL: u64 = 1 << 26;

/// Where an archive lies.
#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    Disk(Mutex<File>),
}

/// How a member is packed.
#[derive(Debug)]
enum Packing {
    Stored,
    Deflated,
    /// Something else: why it cannot be read.
    Other(String),
}

/// A member: where its packed bytes are, and what they must become.
#[derive(Debug)]
struct Member {
    from: u64,
    packed: u64,
    unpacked: u64,
    packing: Packing,
    crc32: u32,
}

/// A zip archive's members by name.
#[derive(Debug)]
pub(super) struct ZipMembers {
    place: Place,
    members: BTreeMap<String, Member>,
}

impl ZipMembers {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        Self::open_keeping(path, SMALL)
    }

    /// As [`ZipMembers::open`]; kept in memory when it has at most so many bytes.
    fn open_keeping(path: &Path, small: u64) -> Result<Self, Error> {
        let wrong = |e: std::io::Error| Error::new(path.display(), format!("cannot read: {e}"));
        let mut file = File::open(path).map_err(wrong)?;
        let size = file.metadata().map_err(wrong)?.len();
        let (place, members) = if size <= small {
            let mut bytes = Vec::with_capacity(size as usize + 1);
            file.read_to_end(&mut bytes).map_err(wrong)?;
            let members = list(Cursor::new(bytes.as_slice()), bytes.len() as u64);
            (Place::Memory(bytes), members)
        } else {
            let members = list(BufReader::new(&file), size);
            (Place::Disk(Mutex::new(file)), members)
        };
        let members = members.map_err(|problem| Error::new(path.display(), problem))?;
        Ok(Self { place, members })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The archive itself, where it is in memory.
    pub(super) fn in_memory(&self) -> Option<&[u8]> {
        match &self.place {
            Place::Memory(bytes) => Some(bytes),
            Place::Disk(_) => None,
        }
    }

    /// A member's content.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let member =
            (self.members.get(name)).ok_or_else(|| Error::new(name, "is not in the archive"))?;
        let packed = self.packed(member).map_err(|e| e.to_string());
        let bytes = packed.and_then(|packed| member.unpack(packed));
        let bytes = bytes.map(Cow::into_owned);
        bytes.map_err(|problem| Error::new(name, format!("cannot read: {problem}")))
    }

    fn packed(&self, member: &Member) -> std::io::Result<Cow<'_, [u8]>> {
        match &self.place {
            Place::Memory(bytes) => {
                let packed = member.packed_in(bytes).ok_or(UnexpectedEof)?;
                Ok(Cow::Borrowed(packed))
            }
            Place::Disk(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(member.from))?;
                // No more is there than the archive has; its members' sizes were judged together.
                let mut packed = vec![0; member.packed as usize];
                file.read_exact(&mut packed)?;
                Ok(Cow::Owned(packed))
            }
        }
    }
}

impl Member {
    /// Its packed bytes in an archive in memory; `None` where they reach beyond it.
    fn packed_in<'b>(&self, archive: &'b [u8]) -> Option<&'b [u8]> {
        let from = usize::try_from(self.from).ok()?;
        archive
            .get(from..)?
            .get(..usize::try_from(self.packed).ok()?)
    }

    /// Its content from its packed bytes.
    fn unpack<'b>(&self, packed: Cow<'b, [u8]>) -> Result<Cow<'b, [u8]>, String> {
        let bytes = match &self.packing {
            Packing::Stored => packed,
            Packing::Deflated => Cow::Owned(inflated(&packed, self.unpacked)?),
            Packing::Other(why) => return Err(why.clone()),
        };
        if bytes.len() as u64 != self.unpacked {
            return Err(OTHER_SIZE.into());
        }
        match crc32fast::hash(&bytes) == self.crc32 {
            true => Ok(bytes),
            false => Err("its checksum does not hold".into()),
        }
    }
}

/// A member's name and content.
type Content<'b> = (String, Cow<'b, [u8]>);

/// The member of an archive in memory whose name ends so, if there is one.
///
/// # Errors
/// When the archive is no whole one, or not to be trusted, or the member is damaged.
pub(crate) fn member_ending<'b>(
    archive: &'b [u8],
    ending: &str,
) -> Result<Option<Content<'b>>, String> {
    let members = list(Cursor::new(archive), archive.len() as u64)?;
    let Some((name, member)) = members.into_iter().find(|(name, _)| name.ends_with(ending)) else {
        return Ok(None);
    };
    let packed = member.packed_in(archive).ok_or("cut short".to_owned());
    match packed.and_then(|packed| member.unpack(Cow::Borrowed(packed))) {
        Ok(content) => Ok(Some((name, content))),
        Err(problem) => Err(format!("{name}: {problem}")),
    }
}

const OTHER_SIZE: &str = "its size is not the one the archive says";

/// Unpacks to so many bytes at most. A size that is not reached costs no memory: it comes as untouched zeros.
fn inflated(packed: &[u8], size: u64) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; size as usize];
    match Decompressor::new().deflate_decompress(packed, &mut bytes) {
        Ok(got) => bytes.truncate(got),
        Err(DecompressionError::BadData) => return Err("it is damaged".into()),
        Err(DecompressionError::InsufficientSpace) => return Err(OTHER_SIZE.into()),
    }
    Ok(bytes)
}

/// The number of members that the archive's last record says, of which the parser keeps one of each name; `None` where
/// it is too large for that record.
fn listed(mut archive: impl Read + Seek, size: u64, comment: u64) -> Option<u16> {
    const RECORD: u64 = 22;
    let from = size.checked_sub(RECORD + comment)?;
    archive.seek(SeekFrom::Start(from)).ok()?;
    let mut record = [0; RECORD as usize];
    archive.read_exact(&mut record).ok()?;
    let count = u16::from_le_bytes([record[10], record[11]]);
    (record.starts_with(b"PK\x05\x06") && count != u16::MAX).then_some(count)
}

/// The members of an archive of so many bytes.
///
/// # Errors
/// When it is no whole archive, or one that is not to be trusted.
fn list(reader: impl Read + Seek, size: u64) -> Result<BTreeMap<String, Member>, String> {
    let mut archive =
        ZipArchive::new(reader).map_err(|e| format!("not a whole zip archive: {e}"))?;
    let (count, comment) = (archive.len(), archive.comment().len() as u64);
    let mut members = BTreeMap::new();
    let mut packed_total = 0;
    for at in 0..count {
        let damaged = |e: &dyn std::fmt::Display| format!("member {at} is damaged: {e}");
        let member = archive.by_index_raw(at).map_err(|e| damaged(&e))?;
        let name = member.name().map_err(|e| format!("member {at}: {e}"))?;
        let name = name.into_owned();
        let refused = |problem: &str| Err(format!("member `{name}` {problem}"));
        if member.is_dir() {
            continue;
        }
        if !guard::is_inside(&name) {
            return refused("leads out of the archive");
        }
        if member.is_symlink() {
            return refused("is a link");
        }
        let packing = match member.compression() {
            _ if member.encrypted() => Packing::Other("it is encrypted".into()),
            CompressionMethod::Stored => Packing::Stored,
            CompressionMethod::Deflated => Packing::Deflated,
            other => Packing::Other(format!("it is packed by {other}, deflate is expected")),
        };
        let (packed, unpacked) = (member.compressed_size(), member.size());
        packed_total = packed.saturating_add(packed_total);
        if packed_total > size || guard::is_bomb(packed, unpacked) {
            return refused(&guard::bomb());
        }
        let member = Member {
            from: member
                .data_start()
                .ok_or_else(|| damaged(&"it has no place"))?,
            packed,
            unpacked,
            packing,
            crc32: member.crc32(),
        };
        if members.insert(name.clone(), member).is_some() {
            return refused("occurs twice");
        }
    }
    // A name twice in the list of members is one for the parser.
    let said = listed(archive.into_inner(), size, comment);
    match said.is_some_and(|said| usize::from(said) != count) {
        true => Err("a member's name occurs twice".into()),
        false => Ok(members),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn archive() -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, options) in [
            ("deflated", SimpleFileOptions::default()),
            ("stored", stored),
        ] {
            writer.start_file(name, options).expect("started");
            writer
                .write_all(&name.as_bytes().repeat(50))
                .expect("written");
        }
        writer.finish().expect("finished").into_inner()
    }

    fn opened(bytes: &[u8], small: u64) -> ZipMembers {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        ZipMembers::open_keeping(file.path(), small).expect("opened")
    }

    #[test]
    fn in_memory_and_on_disk_are_one() {
        let bytes = archive();
        for small in [0, SMALL] {
            let members = opened(&bytes, small);
            assert_eq!(members.in_memory().is_some(), small > 0);
            for name in ["deflated", "stored"] {
                let content = members.read(name).expect("whole");
                assert_eq!(content, name.as_bytes().repeat(50));
            }
        }
        let found = member_ending(&bytes, "flated").expect("whole");
        let (name, content) = found.expect("there");
        assert_eq!((name.as_str(), content.len()), ("deflated", 400));
        assert!(member_ending(&bytes, "else").expect("whole").is_none());
    }

    /// Each in the member's bytes or in the list at the end, where both sizes, the checksum and the method stand.
    #[test]
    fn damage_is_named() {
        let bytes = archive();
        let list = bytes
            .windows(4)
            .position(|w| w == b"PK\x01\x02")
            .expect("a list");
        let problem = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            let read = opened(&bytes, SMALL).read("deflated");
            read.expect_err("damaged").to_string()
        };
        assert!(problem(38, 0xff).contains("damaged"));
        assert!(problem(list + 16, bytes[list + 16] ^ 1).contains("checksum"));
        assert!(problem(list + 24, 0x8f).contains("size"));
        assert!(problem(list + 24, 0x91).contains("size"));
        let bzip2 = problem(list + 10, 12);
        assert!(bzip2.contains("deflate is expected"), "{bzip2}");
        let encrypted = problem(list + 8, 1);
        assert!(encrypted.contains("encrypted"), "{encrypted}");
    }
}
