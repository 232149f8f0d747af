//! A CRC-32 over everything in `records.parquet` before its footer and over the study in it: the format's own page
//! checksums are neither written nor read by the library that writes the file.

use crate::error::Error;
use crc32fast::Hasher;
use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;

/// Key of the checksum in the file's metadata.
pub(in super::super) const CHECKSUM_KEY: &str = "archbench.crc32";
/// What ends a Parquet file: the footer's length, four bytes of magic.
const TAIL: u64 = 8;

/// Passes bytes on and sums them up.
pub(super) struct Summed<W> {
    inner: W,
    sum: Rc<RefCell<Hasher>>,
}

impl<W: Write> Summed<W> {
    pub(super) fn new(inner: W) -> (Self, Rc<RefCell<Hasher>>) {
        let sum = Rc::new(RefCell::new(Hasher::new()));
        let shared = sum.clone();
        (Self { inner, sum }, shared)
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.borrow_mut().update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// The checksum of rows summed so far and of the study, as it stands in the metadata.
pub(super) fn checksum(rows: &RefCell<Hasher>, study: &str) -> String {
    let mut sum = rows.borrow().clone();
    sum.update(study.as_bytes());
    format!("{:08x}", sum.finalize())
}

/// Compares the records at `path` with their checksum.
///
/// # Errors
/// When they differ or cannot be read.
pub(in super::super) fn verify(path: &Path, study: &str, expected: &str) -> Result<(), Error> {
    let unreadable = |e: std::io::Error| Error::new(path.display(), format!("cannot read: {e}"));
    let mut file = File::open(path).map_err(unreadable)?;
    let end = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let mut tail = [0; TAIL as usize];
    file.seek(SeekFrom::Start(end.saturating_sub(TAIL)))
        .and_then(|_| file.read_exact(&mut tail))
        .map_err(unreadable)?;
    let [a, b, c, d, ..] = tail;
    let footer = u64::from(u32::from_le_bytes([a, b, c, d])) + TAIL;
    file.rewind().map_err(unreadable)?;
    let (mut rows, sum) = Summed::new(std::io::sink());
    let mut before = file.take(end.saturating_sub(footer));
    std::io::copy(&mut before, &mut rows).map_err(unreadable)?;
    let found = checksum(&sum, study);
    if found == expected {
        return Ok(());
    }
    let problem = format!("damaged: expected the checksum {expected}, found {found}");
    Err(Error::new(path.display(), problem).mend("run the study again"))
}
