//! A file of numbered results that is only ever appended to. A killed program loses what it had under way and no more;
//! a finished file is put in order, so that the same results are the same bytes whatever the threads and interruptions.
//!
//! Layout, little-endian: a header that says what the file belongs to, then frames
//! `number u32 · length u32 · CRC-32 of the payload u32 · payload`.

use crate::error::Error;
use crate::study::Folder;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const HEAD: usize = 12;
/// No file is larger; a longer one is something else.
const LIMIT: u64 = 1 << 30;

/// Payloads by number.
pub(super) type Frames = BTreeMap<u32, Vec<u8>>;
/// Payloads in the order in which they lie.
type Found = Vec<(u32, Vec<u8>)>;

/// An open file, locked against other programs.
#[derive(Debug)]
pub(super) struct FrameFile {
    path: PathBuf,
    file: File,
    header: Vec<u8>,
    /// Where the last whole frame ends.
    end: u64,
    /// Numbers in the order in which they lie.
    order: Vec<u32>,
}

impl FrameFile {
    /// Starts a file, or goes on with one; a torn last frame is cut off. Gives what is done, too.
    ///
    /// # Errors
    /// When the file cannot be written, is damaged or of something else, is being written by another program, or is
    /// there although `resume` is not set.
    pub(super) fn open(
        path: &Path,
        header: Vec<u8>,
        resume: bool,
    ) -> Result<(Self, Frames), Error> {
        let failed = |e: std::io::Error| Error::new(path.display(), format!("cannot write: {e}"));
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
        if path.is_file() && !resume {
            return Err(Error::new(path.display(), "is there already")
                .mend("go on with --resume, or give another --out"));
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false);
        let mut file = file.open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(
                    Error::new(path.display(), "another build is writing this shard")
                        .mend("wait for it, or give another --shard"),
                );
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        let bytes = read_all(&mut file, path)?;
        let is_cut_in_header = bytes.len() < header.len() && header.starts_with(&bytes);
        let mut out = Self {
            path: path.to_path_buf(),
            file,
            header,
            end: 0,
            order: Vec::new(),
        };
        let mut frames = Frames::new();
        if is_cut_in_header {
            let header = out.header.clone();
            out.write_at_end(&header).map_err(failed)?;
        } else {
            let (found, end) = parse(&bytes, &out.header, path)?;
            out.order = found.iter().map(|(number, _)| *number).collect();
            frames.extend(found);
            out.end = end as u64;
            out.file.set_len(out.end).map_err(failed)?;
        }
        Ok((out, frames))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a frame and makes sure that it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, for example because the disk is full; the file then stands as it was.
    pub(super) fn append(&mut self, number: u32, payload: &[u8]) -> Result<(), Error> {
        let frame = frame(number, payload);
        self.write_at_end(&frame).map_err(|e| {
            Error::new(self.path.display(), format!("cannot write: {e}"))
                .mend("make room and go on with --resume")
        })?;
        self.order.push(number);
        Ok(())
    }

    fn write_at_end(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(bytes))
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.end += bytes.len() as u64,
            // Best effort: a torn frame is also cut off at the next opening.
            Err(_) => self.file.set_len(self.end).unwrap_or(()),
        }
        written
    }

    /// Puts the frames in order of their numbers.
    ///
    /// # Errors
    /// When the file cannot be written; the old one then stays.
    pub(super) fn sort(self) -> Result<(), Error> {
        if self.order.is_sorted() {
            return Ok(());
        }
        let mut bytes = self.header.clone();
        for (number, payload) in read(&self.path, &self.header)? {
            bytes.extend(frame(number, &payload));
        }
        let folder = Folder::at(self.path.parent().unwrap_or(Path::new(".")));
        folder.write_whole(&self.path, |temporary| {
            std::fs::write(temporary, &bytes)
                .map_err(|e| Error::new(self.path.display(), format!("cannot write: {e}")))
        })
    }
}

/// The frames of a file; a torn last one is left out.
///
/// # Errors
/// When it cannot be read, is damaged, or is of something else.
pub(super) fn read(path: &Path, header: &[u8]) -> Result<Frames, Error> {
    let mut file =
        File::open(path).map_err(|e| Error::new(path.display(), format!("cannot read: {e}")))?;
    let bytes = read_all(&mut file, path)?;
    Ok(parse(&bytes, header, path)?.0.into_iter().collect())
}

fn frame(number: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD + payload.len());
    frame.extend(number.to_le_bytes());
    frame.extend((payload.len() as u32).to_le_bytes());
    frame.extend(crc32fast::hash(payload).to_le_bytes());
    frame.extend(payload);
    frame
}

fn read_all(file: &mut File, path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::new(path.display(), format!("cannot read: {e}")))?;
    Ok(bytes)
}

/// The whole frames and where they end. A frame cut short ends the file; one that is whole and wrong is damage.
fn parse(bytes: &[u8], header: &[u8], path: &Path) -> Result<(Found, usize), Error> {
    if !bytes.starts_with(header) {
        let problem = "not a shard of this recipe and place";
        return Err(Error::new(path.display(), problem).mend("give another --out, or remove it"));
    }
    let mut found = Vec::new();
    let mut end = header.len();
    while let Some(head) = bytes.get(end..end + HEAD) {
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
        let (number, length, crc) = (word(0), word(4) as usize, word(8));
        let start = end + HEAD;
        let Some(payload) = bytes.get(start..start.saturating_add(length)) else {
            break;
        };
        if crc32fast::hash(payload) != crc {
            let problem = format!("damaged near byte {end}");
            return Err(Error::new(path.display(), problem).mend("remove it and build it again"));
        }
        found.push((number, payload.to_vec()));
        end = start + length;
    }
    Ok((found, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &Path, numbers: &[u32]) -> FrameFile {
        let (mut file, done) = FrameFile::open(path, b"head".to_vec(), true).expect("opens");
        for &number in numbers {
            if !done.contains_key(&number) {
                file.append(number, &[number as u8; 5]).expect("written");
            }
        }
        file
    }

    #[test]
    fn a_file_cut_anywhere_goes_on_to_the_same_bytes() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("f");
        drop(written(&path, &[1, 4, 7]));
        let whole = std::fs::read(&path).expect("there");
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("cut");
            drop(written(&path, &[1, 4, 7]));
            assert_eq!(std::fs::read(&path).expect("there"), whole, "{cut}");
        }
        written(&path, &[]).sort().expect("in order already");
        std::fs::remove_file(&path).expect("removed");
        written(&path, &[7, 1, 4]).sort().expect("sorted");
        assert_eq!(std::fs::read(&path).expect("there"), whole);
    }

    #[test]
    fn damage_strangers_and_rivals_are_refused() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("f");
        let held = written(&path, &[1, 4]);
        let open = |header: &[u8], resume| {
            FrameFile::open(&path, header.to_vec(), resume)
                .expect_err("refused")
                .to_string()
        };
        assert!(open(b"head", true).contains("another build"));
        drop(held);
        assert!(open(b"head", false).contains("--resume"));
        assert!(open(b"tail", true).contains("not a shard"));
        let mut bytes = std::fs::read(&path).expect("there");
        bytes[4 + HEAD] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        assert!(open(b"head", true).contains("damaged near byte 4"));
    }

    /// Every write to `/dev/full` fails for want of room.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_says_how_to_go_on() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut file = written(&folder.path().join("f"), &[1]);
        file.file = OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("Linux has it");
        let error = file.append(4, b"x").expect_err("no room").to_string();
        assert!(error.contains("make room"), "{error}");
        assert_eq!(file.order, [1]);
    }
}
