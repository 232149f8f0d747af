//! What is there of a file on disk: nothing, a part, or all of it.

use crate::error::Error;
use crate::table::sha256_of;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The checksum of a file that is there and right; one that is not right is removed.
pub(super) fn there(target: &Path, expected: Option<&str>) -> Result<Option<String>, Error> {
    let failed = |e: io::Error| Error::new(target.display(), e);
    let file = match File::open(target) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    let found = sha256_of(file).map_err(failed)?;
    match expected.is_none_or(|expected| expected.eq_ignore_ascii_case(&found)) {
        true => Ok(Some(found)),
        false => fs::remove_file(target).map_err(failed).map(|()| None),
    }
}

/// What is there of a file.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    pub(super) length: u64,
}

impl Part {
    /// The part at `path`, empty unless it may be gone on with.
    pub(super) fn open(path: PathBuf, can_resume: bool) -> Result<Self, Error> {
        let failed = |e: io::Error| Error::new(path.display(), format!("cannot write: {e}"));
        let mut options = OpenOptions::new();
        let file = (options.read(true).write(true).create(true).truncate(false))
            .open(&path)
            .map_err(failed)?;
        if file.try_lock().is_err() {
            return Err(Error::new(
                path.display(),
                "is being fetched by another process",
            ));
        }
        let length = file.metadata().map_err(failed)?.len();
        let mut part = Self { path, file, length };
        match can_resume {
            true => part
                .file
                .seek(SeekFrom::End(0))
                .map(drop)
                .map_err(|e| part.failed(&e))?,
            false => part.restart()?,
        }
        Ok(part)
    }

    fn failed(&self, e: &io::Error) -> Error {
        Error::new(self.path.display(), format!("cannot write: {e}"))
    }

    pub(super) fn restart(&mut self) -> Result<(), Error> {
        self.length = 0;
        (self.file.set_len(0))
            .and_then(|()| self.file.seek(SeekFrom::Start(0)).map(drop))
            .map_err(|e| self.failed(&e))
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|e| self.failed(&e))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn sha256(&mut self) -> Result<String, Error> {
        (self.file.seek(SeekFrom::Start(0)))
            .and_then(|_| sha256_of(&self.file))
            .map_err(|e| self.failed(&e))
    }

    pub(super) fn finish(self, target: &Path) -> Result<(), Error> {
        (self.file.sync_all())
            .and_then(|()| fs::rename(&self.path, target))
            .map_err(|e| self.failed(&e))
    }

    pub(super) fn discard(self) -> Result<(), Error> {
        fs::remove_file(&self.path).map_err(|e| self.failed(&e))
    }

    /// Stays where it can be gone on with, and is not empty.
    pub(super) fn leave(self, can_resume: bool) -> Result<(), Error> {
        match can_resume && self.length > 0 {
            true => Ok(()),
            false => self.discard(),
        }
    }
}
