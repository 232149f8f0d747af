//! A memory-mapped file whose blocks are checked when they are first touched.
//!
//! Hashing a table of hundreds of megabytes whenever it is opened would take longer than most uses of it. So each
//! block of 64 KiB has a CRC-32 of its own; a block is compared with it before the first of its bytes is used, and
//! one bit remembers that it was.

use bytes::Bytes;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes in a block: as many as Linux maps around a page fault.
pub(super) const BLOCK: usize = 1 << 16;

/// Bytes that are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged {
    /// Where the damaged block starts in its file.
    pub offset: u64,
}

/// A mapped file with the checksums of its blocks.
pub(super) struct CheckedFile {
    bytes: Bytes,
    sums: Vec<u32>,
    /// One bit for each block that was found sound.
    sound: Vec<AtomicU64>,
}

/// Maps a file for reading.
///
/// # Errors
/// When it cannot be opened or mapped.
pub(super) fn map(path: &Path) -> std::io::Result<Bytes> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: a mapping is sound while nobody changes the file. A table's files are written under a temporary name,
    // named after their contents and never written again: an import or a join adds files, points the card at them,
    // and unlinks what is no longer named, which leaves existing mappings intact.
    #[allow(unsafe_code)]
    let map = unsafe { memmap2::Mmap::map(&file)? };
    Ok(Bytes::from_owner(map))
}

impl CheckedFile {
    /// `None` when there is not exactly one checksum for each block.
    pub(super) fn new(bytes: Bytes, sums: Vec<u32>) -> Option<Self> {
        (sums.len() == bytes.len().div_ceil(BLOCK)).then(|| Self {
            sound: (0..sums.len().div_ceil(64))
                .map(|_| AtomicU64::new(0))
                .collect(),
            bytes,
            sums,
        })
    }

    /// The file's bytes, of which only those that were checked may be believed.
    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Checks the blocks of a range of bytes that were not checked before.
    #[inline]
    pub(super) fn check(&self, range: Range<usize>) -> Result<(), Damaged> {
        for block in range.start / BLOCK..range.end.div_ceil(BLOCK) {
            let seen = self.sound[block / 64].load(Ordering::Relaxed) >> (block % 64) & 1;
            if seen == 0 {
                self.check_block(block)?;
            }
        }
        Ok(())
    }

    #[cold]
    fn check_block(&self, block: usize) -> Result<(), Damaged> {
        let start = block * BLOCK;
        let end = self.bytes.len().min(start + BLOCK);
        if crc32fast::hash(&self.bytes[start..end]) != self.sums[block] {
            return Err(Damaged {
                offset: start as u64,
            });
        }
        // Two threads may both check a block; both set the same bit.
        self.sound[block / 64].fetch_or(1 << (block % 64), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_sums(bytes: &[u8]) -> Vec<u32> {
        bytes.chunks(BLOCK).map(crc32fast::hash).collect()
    }

    #[test]
    fn a_flipped_bit_is_found_when_its_block_is_touched_and_not_before() {
        let mut bytes = vec![7_u8; 3 * BLOCK + 5];
        let sums = block_sums(&bytes);
        bytes[BLOCK + 9] ^= 1;
        let file = CheckedFile::new(bytes.into(), sums).expect("one sum a block");
        assert_eq!(file.check(0..BLOCK), Ok(()));
        assert_eq!(file.check(2 * BLOCK..3 * BLOCK + 5), Ok(()));
        let damaged = Err(Damaged {
            offset: BLOCK as u64,
        });
        assert_eq!(file.check(BLOCK - 1..BLOCK + 1), damaged);
        assert_eq!(file.check(0..0), Ok(()));
    }

    #[test]
    fn a_file_of_another_length_has_other_blocks() {
        let sums = block_sums(&[0; BLOCK + 1]);
        assert!(CheckedFile::new(vec![0; BLOCK].into(), sums.clone()).is_none());
        assert!(CheckedFile::new(vec![0; 2 * BLOCK + 1].into(), sums).is_none());
    }
}
