//! The first step of packing, undone last: what four equal bytes are followed by is how often the byte comes again.

/// Bytes looked at together.
const PIECE: usize = 32;
const EQUAL: usize = 4;

/// Where the first four equal bytes begin.
fn find(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(piece) = bytes[from..].first_chunk::<{ PIECE + EQUAL - 1 }>() {
        let is_there = (0..PIECE).fold(false, |found, at| {
            let differ = (piece[at] ^ piece[at + 1])
                | (piece[at] ^ piece[at + 2])
                | (piece[at] ^ piece[at + 3]);
            found | (differ == 0)
        });
        if is_there {
            break;
        }
        from += PIECE;
    }
    let mut fours = bytes[from..].windows(EQUAL);
    let at = fours.position(|four| four.iter().all(|byte| *byte == four[0]))?;
    Some(from + at)
}

/// Appends the bytes, repeated as they say.
pub(super) fn expand(mut bytes: &[u8], expanded: &mut Vec<u8>) {
    while let Some(at) = find(bytes) {
        let (plain, others) = bytes.split_at(at + EQUAL);
        expanded.extend_from_slice(plain);
        let Some((count, others)) = others.split_first() else {
            return;
        };
        expanded.resize(expanded.len() + usize::from(*count), plain[at]);
        bytes = others;
    }
    expanded.extend_from_slice(bytes);
}
