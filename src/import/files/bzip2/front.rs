//! Move-to-front, undone.

/// Bytes of a piece of the list.
const PIECE: usize = 8;
/// Pieces of a whole list.
const FULL: usize = 256 / PIECE;
/// Pieces there is room for: those of a whole list, and as many opened in front of them.
const PIECES: usize = 2 * FULL;
/// Moves after which a piece is opened, so that the newest does not overflow.
const MOVES: usize = PIECE - 1;
/// The start of a piece that no place is beyond.
const NEVER: i8 = i8::MAX;

/// A list of bytes, each of which moves to the front when it is named by its place.
///
/// Where mantissas are packed, places are as good as random: branches and loops by place are foreseen badly, and what is
/// to be moved is long. So the list is in pieces, the newest last. Taking a byte out changes one piece, putting it
/// in front the newest; and by one move the starts of all pieces up to the byte's, which are compared and counted
/// up many at a time.
#[repr(align(64))]
struct Front {
    /// The place of each piece's first byte less one, as [`ordered`]; [`NEVER`] for the newest piece and those to come.
    starts: [i8; PIECES],
    /// Bytes, the first lowest; those beyond the piece's end mean nothing. Nothing while [`undo`] has it.
    pieces: [u64; PIECES],
    newest: usize,
}

/// A place as a number of the same order with a sign: without wide vectors only those are compared at once.
#[inline(always)]
fn ordered(place: u8) -> i8 {
    (place ^ 0x80) as i8
}

impl Front {
    #[inline(always)]
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

    /// Lays the list out afresh: the first byte in the newest piece, all others full.
    #[inline(always)]
    fn lay(&mut self, bytes: &[u8; 256 + PIECE]) {
        self.starts = [NEVER; PIECES];
        self.newest = FULL;
        self.pieces[FULL] = u64::from(bytes[0]);
        let (others, _) = bytes[1..].as_chunks::<PIECE>();
        for (at, piece) in others.iter().enumerate() {
            self.pieces[FULL - 1 - at] = u64::from_le_bytes(*piece);
            self.starts[FULL - 1 - at] = ordered((PIECE * at) as u8);
        }
    }

    /// Makes room for pieces to be opened.
    #[inline(always)]
    fn settle(&mut self) {
        let mut bytes = [0; 256 + PIECE];
        bytes[..PIECE].copy_from_slice(&self.pieces[self.newest].to_le_bytes());
        // What means nothing is written over by the next older piece.
        for at in (0..self.newest).rev() {
            let start = usize::from(self.starts[at] as u8 ^ 0x80) + 1;
            bytes[start..start + PIECE].copy_from_slice(&self.pieces[at].to_le_bytes());
        }
        self.lay(&bytes);
    }

    /// Opens a piece with the first byte.
    #[inline(always)]
    fn open(&mut self) {
        if self.newest + 1 == PIECES {
            return self.settle();
        }
        // All are written, since all are read together next: a short write would be waited for.
        let newest = self.newest as u8;
        for (at, start) in (0..).zip(&mut self.starts) {
            *start = if at == newest { ordered(0) } else { *start };
        }
        let piece = self.pieces[self.newest];
        self.pieces[self.newest] = piece >> 8;
        self.newest += 1;
        self.pieces[self.newest] = piece & 0xff;
    }

    /// Makes moves, and names the bytes.
    #[inline(always)]
    fn make(&mut self, moves: &mut [u32; MOVES], name: &mut impl FnMut(&mut u32, u8)) {
        // Apart: what is found does not depend on bytes, so the processor can go ahead.
        let mut found = [(0, 0); MOVES];
        for (found, run) in found.iter_mut().zip(&*moves) {
            *found = self.find(*run as u8);
        }
        let mut newest = std::mem::take(&mut self.pieces[self.newest]);
        for (found, run) in found.iter().zip(moves) {
            let byte;
            (byte, newest) = self.take(newest, *found);
            name(run, byte);
        }
        self.pieces[self.newest] = newest;
        self.open();
    }

    /// In which piece the byte at a place is, and where in it; the place is not the first. The starts are then as if the
    /// byte had moved.
    #[inline(always)]
    fn find(&mut self, place: u8) -> (u8, u8) {
        let place = ordered(place);
        let older: u8 = self.starts.iter().map(|s| u8::from(*s < place)).sum();
        let at = (self.newest as u8).wrapping_sub(older);
        let start = self.starts[usize::from(at) % PIECES];
        for start in &mut self.starts {
            *start += i8::from(*start < place);
        }
        (at, place.wrapping_sub(start).wrapping_sub(1) as u8)
    }

    /// The byte that was found, and the newest piece, which is `newest`, with it in front.
    ///
    /// What depends on the newest piece is as little as can be: the next move waits for it.
    #[inline(always)]
    fn take(&mut self, newest: u64, (at, within): (u8, u8)) -> (u8, u64) {
        let is_newest = u64::from(usize::from(at) == self.newest).wrapping_neg();
        let shift = 8 * u32::from(within % PIECE as u8);
        let before = (1 << shift) - 1;
        let older = &mut self.pieces[usize::from(at) % PIECES];
        let byte = *older >> shift & 0xff | newest >> shift & 0xff & is_newest;
        *older = *older & before | *older >> 8 & !before;
        // Of the newest piece all bytes move up, or if the byte is from there those before it.
        let moved = before << 8 | !is_newest;
        let stay = !(moved | 0xff);
        (byte as u8, newest << 8 & moved | newest & stay | byte)
    }
}

/// Puts bytes for the places in runs; returns how often each byte occurs.
pub(super) fn undo(alphabet: &[u8], runs: &mut [u32]) -> [u32; 256] {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Given away: a closure that could be called twice would not be compiled for this processor.
            let runs = runs;
            undo_here(alphabet, runs)
        },
    )
}

#[inline(always)]
fn undo_here(alphabet: &[u8], runs: &mut [u32]) -> [u32; 256] {
    let mut counts = [0; 256];
    let mut front = Front::new(alphabet);
    let mut name = |run: &mut u32, byte: u8| {
        counts[usize::from(byte)] += *run >> 8;
        *run = *run & !0xff | u32::from(byte);
    };
    if let Some((first, others)) = runs.split_first_mut() {
        name(first, alphabet[0]);
        let (whole, rest) = others.as_chunks_mut();
        for moves in whole {
            front.make(moves, &mut name);
        }
        // Moves of no byte after the last.
        let mut last = [1; MOVES];
        last[..rest.len()].copy_from_slice(rest);
        front.make(&mut last, &mut name);
        rest.copy_from_slice(&last[..rest.len()]);
    }
    counts
}
