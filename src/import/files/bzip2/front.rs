//! Move-to-front, undone.

/// Bytes of a piece of the list.
const PIECE: usize = 8;
/// Pieces there is room for: those of 256 bytes and as many opened in front of them.
const PIECES: usize = 64;
/// Moves after which a piece is opened; it must not overflow.
const MOVES: usize = PIECE - 1;
/// What no place exceeds.
const NEVER: i8 = i8::MAX;

fn signed(place: u8) -> i8 {
    (place ^ 0x80) as i8
}

/// A list of bytes, each of which moves to the front when it is named by its place.
///
/// Places are as good as random where mantissas are packed, so loops by place and branches would be foreseen badly, and
/// moving all bytes before the place is long. So the list is in pieces, the newest last: taking a byte out
/// changes one piece, putting it in front the newest, and where pieces start moves by one for all pieces up to that
/// one, which is done for all at once.
struct Front {
    /// The place of each piece's first byte, less one; [`NEVER`] for the newest piece and beyond it.
    starts: [i8; PIECES],
    /// Bytes, the first lowest; those beyond the piece's end mean nothing.
    pieces: [u64; PIECES],
    newest: usize,
}

impl Front {
    fn new(alphabet: &[u8]) -> Self {
        let mut front = Self {
            starts: [NEVER; PIECES],
            pieces: [0; PIECES],
            newest: 0,
        };
        let mut bytes = [0; 256 + PIECE];
        bytes[..alphabet.len()].copy_from_slice(alphabet);
        front.lay(&bytes);
        front
    }

    /// Lays the list out afresh: a byte in the newest piece, all others full.
    fn lay(&mut self, bytes: &[u8; 256 + PIECE]) {
        const FULL: usize = 256 / PIECE;
        self.starts = [NEVER; PIECES];
        self.newest = FULL;
        self.pieces[FULL] = u64::from(bytes[0]);
        let (others, _) = bytes[1..].as_chunks::<PIECE>();
        for (at, piece) in others[..FULL].iter().enumerate() {
            self.pieces[FULL - 1 - at] = u64::from_le_bytes(*piece);
            self.starts[FULL - 1 - at] = signed((PIECE * at) as u8);
        }
    }

    /// Makes room for pieces to be opened.
    fn settle(&mut self) {
        let mut bytes = [0; 256 + PIECE];
        bytes[..PIECE].copy_from_slice(&self.pieces[self.newest].to_le_bytes());
        // What means nothing is written over by the next older piece.
        let older = self.starts.iter().zip(&self.pieces).take(self.newest);
        for (start, piece) in older.rev() {
            let start = usize::from(*start as u8 ^ 0x80) + 1;
            bytes[start..start + PIECE].copy_from_slice(&piece.to_le_bytes());
        }
        self.lay(&bytes);
    }

    /// Opens a piece with the first byte.
    fn open(&mut self) {
        if self.newest + 1 == PIECES {
            return self.settle();
        }
        let newest = self.newest as u8;
        for (at, start) in (0..).zip(&mut self.starts) {
            *start = if at == newest { signed(0) } else { *start };
        }
        let piece = self.pieces[self.newest];
        self.pieces[self.newest] = piece >> 8;
        self.newest += 1;
        self.pieces[self.newest] = piece & 0xff;
    }

    /// The byte at a place, which is not the first, and the newest piece with it in front.
    #[inline]
    fn take(&mut self, newest: u64, place: u8) -> (u8, u64) {
        let signed = signed(place);
        let older: u8 = self.starts.iter().map(|s| u8::from(*s < signed)).sum();
        let at = (self.newest - usize::from(older)) % PIECES;
        let within = signed.wrapping_sub(self.starts[at]).wrapping_sub(1) as u8;
        for start in &mut self.starts {
            *start += i8::from(*start < signed);
        }
        let is_newest = u64::from(older == 0).wrapping_neg();
        let piece = self.pieces[at] | newest & is_newest;
        let shift = 8 * u32::from(within % PIECE as u8);
        let byte = (piece >> shift) as u8;
        let before = (1 << shift) - 1;
        let left = piece & before | piece >> 8 & !before;
        self.pieces[at] = left & !is_newest;
        let newest = newest ^ (newest ^ left) & is_newest;
        (byte, newest << 8 | u64::from(byte))
    }
}

/// Puts bytes for the places in runs; returns how often each byte occurs.
#[inline(never)]
pub(super) fn undo(alphabet: &[u8], runs: &mut [u32]) -> [u32; 256] {
    let mut counts = [0; 256];
    let mut front = Front::new(alphabet);
    let mut name = |run: &mut u32, byte: u8| {
let _ = &mut counts;
        *run = *run & !0xff | u32::from(byte);
    };
    if let Some((first, others)) = runs.split_first_mut() {
        name(first, alphabet[0]);
        for moves in others.chunks_mut(MOVES) {
            let mut newest = std::mem::take(&mut front.pieces[front.newest]);
            for run in moves {
                let byte;
                (byte, newest) = front.take(newest, *run as u8);
                name(run, byte);
            }
            front.pieces[front.newest] = newest;
            front.open();
        }
    }
    for r in runs.iter() { counts[(*r & 0xff) as usize] += *r >> 8; }
    counts
}
