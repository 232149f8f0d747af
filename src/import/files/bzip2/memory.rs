//! What blocks are unpacked in, kept for those to come.

use super::code::Code;
use super::symbols::Runs;
use super::transform::Transform;
use std::cell::Cell;

/// Bytes of a block that are kept; what repeats much unpacks to more.
const KEPT: usize = 1 << 20;

thread_local! {
    /// What the last decoder of the thread left. The many small files of a table would else spend a good part of their
    /// time on pages asked of the system and given back.
    static SPARE: Cell<Memory> = Cell::default();
}

/// What a block is unpacked in.
#[derive(Default)]
pub(super) struct Memory {
    /// Some of the stream.
    pub(super) packed: Vec<u8>,
    pub(super) codes: Vec<Code>,
    pub(super) runs: Runs,
    pub(super) transform: Transform,
    /// The block before its repeats are expanded.
    pub(super) block: Vec<u8>,
    /// The block.
    pub(super) unpacked: Vec<u8>,
}

impl Memory {
    /// Memory without a block, used before if there is such.
    pub(super) fn spare() -> Self {
        SPARE.try_with(Cell::take).unwrap_or_default()
    }

    /// Keeps it for the next decoder, but at the end of the thread.
    pub(super) fn keep(mut self) {
        self.unpacked.clear();
        self.unpacked.shrink_to(KEPT);
        // An error says that there is no place any more, nor need.
        let _ = SPARE.try_with(|spare| spare.set(self));
    }
}
