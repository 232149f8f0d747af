//! The checksum: CRC-32, most significant bit first.

use crc32fast::Hasher;

/// Bytes that are turned round at a time.
const PIECE: usize = 4096;

/// The checksum of a block's bytes.
///
/// It is that of gzip with the bits of every byte, and those of the sum, in the opposite order; for that one there is a
/// fast crate.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    let mut turned = [0; PIECE];
    for piece in bytes.chunks(PIECE) {
        let turned = &mut turned[..piece.len()];
        for (to, from) in turned.iter_mut().zip(piece) {
            *to = from.reverse_bits();
        }
        hasher.update(turned);
    }
    hasher.finalize().reverse_bits()
}
