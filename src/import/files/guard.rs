//! What untrusted archives may do.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes a packed byte may unpack to; published tables reach about 30.
const MAX_RATIO: u64 = 250;
/// What a stream may unpack to whatever its size.
const FREE: u64 = 16 << 20;

/// A decompressor that stops when it yields far more than it was given.
pub(crate) struct Guarded<D> {
    decoder: D,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

/// A reader that counts.
pub(crate) struct Counted<R> {
    reader: R,
    count: Arc<AtomicU64>,
}

impl<D> Guarded<D> {
    pub(crate) fn new<R: Read>(packed: R, decoder: impl FnOnce(Counted<R>) -> D) -> Self {
        let count = Arc::new(AtomicU64::new(0));
        Self {
            decoder: decoder(Counted {
                reader: packed,
                count: count.clone(),
            }),
            packed: count,
            unpacked: 0,
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(buffer)?;
        self.count.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

impl<D: Read> Read for Guarded<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.decoder.read(buffer)?;
        self.unpacked += got as u64;
        match is_bomb(self.packed.load(Ordering::Relaxed), self.unpacked) {
            true => Err(io::Error::other(bomb())),
            false => Ok(got),
        }
    }
}

/// Whether unpacking so much from so little is allowed.
pub(super) fn is_bomb(packed: u64, unpacked: u64) -> bool {
    unpacked > FREE + MAX_RATIO.saturating_mul(packed)
}

/// What to say of one that is not.
pub(super) fn bomb() -> String {
    format!("unpacks to more than {MAX_RATIO} times its size: no published table does")
}

/// Whether a member's name stays inside its archive.
pub(super) fn is_inside(name: &str) -> bool {
    let is_plain = |part: &str| part != ".." && !part.contains('\0');
    !name.starts_with('/')
        && !name.contains('\\')
        && name.as_bytes().get(1) != Some(&b':')
        && name.split('/').all(is_plain)
}
