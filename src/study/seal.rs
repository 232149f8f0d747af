//! A CRC-32 over all of a Parquet file of results: the format's own page checksums are neither written nor read by the library
//! that writes the file, and it does not expect a damaged footer.
//!
//! It stands in the file's metadata and is taken over the file with noughts in its place.

use crate::error::Error;
use crc32fast::Hasher;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Key of the checksum in the file's metadata; it stands last there.
pub(crate) const CHECKSUM_KEY: &str = "archbench.crc32";
/// The checksum's value until it is known.
pub(crate) const UNKNOWN: &str = "00000000";
/// How the footer goes on behind the key: a second field of text, eight characters long.
const VALUE_HEAD: [u8; 2] = [0x18, UNKNOWN.len() as u8];
/// What ends a Parquet file: the footer's length, then four bytes of magic.
const TAIL: u64 = 8;

/// Passes bytes on and sums them up.
pub(crate) struct Summed<W> {
    inner: W,
    sum: Hasher,
}

impl<W: Write> Summed<W> {
    pub(crate) fn new(inner: W) -> Self {
        let sum = Hasher::new();
        Self { inner, sum }
    }

    /// The checksum, after everything has arrived.
    pub(crate) fn finish(mut self) -> io::Result<u32> {
        self.inner.flush()?;
        Ok(self.sum.finalize())
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Puts the checksum of the finished file at `path` in its place.
pub(crate) fn put(path: &Path, sum: u32) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let place = find(&mut file)?.ok_or_else(|| io::Error::other("no place for the checksum"))?;
    file.seek(SeekFrom::Start(place))?;
    file.write_all(format!("{sum:08x}").as_bytes())
}

/// Compares the file at `path` with its checksum; `what` it should be, such as "the records of a study".
///
/// # Errors
/// When they differ, there is none, or the file cannot be read.
pub(crate) fn verify(path: &Path, what: &str) -> Result<(), Error> {
    let cannot =
        |what: &str, e: io::Error| Error::new(path.display(), format!("cannot {what}: {e}"));
    let mut file = File::open(path).map_err(|e| cannot("open", e))?;
    let place = find(&mut file)
        .map_err(|e| cannot("read", e))?
        .ok_or_else(|| {
            Error::new(
                path.display(),
                format!("not {what}: there is no checksum at its end"),
            )
            .mend("run the study again")
        })?;
    let (expected, found) = sums(file, place).map_err(|e| cannot("read", e))?;
    if expected == found.as_bytes() {
        return Ok(());
    }
    let expected = String::from_utf8_lossy(&expected);
    let problem = format!("damaged: expected the checksum {expected}, found {found}");
    Err(Error::new(path.display(), problem).mend("run the study again"))
}

/// The checksum at `place`, and the one the file has.
fn sums(mut file: File, place: u64) -> io::Result<([u8; UNKNOWN.len()], String)> {
    file.rewind()?;
    let mut summed = Summed::new(io::sink());
    io::copy(&mut Read::by_ref(&mut file).take(place), &mut summed)?;
    let mut expected = [0; UNKNOWN.len()];
    file.read_exact(&mut expected)?;
    summed.write_all(UNKNOWN.as_bytes())?;
    io::copy(&mut file, &mut summed)?;
    Ok((expected, format!("{:08x}", summed.finish()?)))
}

/// Where in a Parquet file the checksum's value stands.
fn find(file: &mut File) -> io::Result<Option<u64>> {
    let end = file.seek(SeekFrom::End(0))?;
    let Some(before_tail) = end.checked_sub(TAIL) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(before_tail))?;
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    let Some(start) = before_tail.checked_sub(u64::from(u32::from_le_bytes(length))) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    file.take(before_tail - start).read_to_end(&mut footer)?;
    let sought = [CHECKSUM_KEY.as_bytes(), &VALUE_HEAD].concat();
    let at = footer.windows(sought.len()).rposition(|w| w == sought);
    Ok(at
        .map(|at| at + sought.len())
        .filter(|at| footer.len() - at >= UNKNOWN.len())
        .map(|at| start + at as u64))
}
