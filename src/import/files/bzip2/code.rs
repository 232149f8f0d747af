//! Huffman codes.

use super::bits::{Bits, Window};
use super::damaged;
use std::io::{self, Read};

/// The longest code.
pub(super) const MAX_BITS: usize = 20;
/// Bits of a code that are looked up at once.
pub(super) const LOOKUP: u32 = 11;
/// Two digits of runs, the places but the first, and the end.
pub(super) const MAX_SYMBOLS: usize = 258;

/// A canonical Huffman code.
pub(super) struct Code {
    /// 64 times the symbol and the length of each start of [`LOOKUP`] bits; 0 where the code is longer or none.
    lookup: [u16; 1 << LOOKUP],
    /// By length: the first code beyond that length, aligned to [`MAX_BITS`], and what to add to a code's number.
    limits: [u32; MAX_BITS + 1],
    offsets: [i32; MAX_BITS + 1],
    /// Symbols in the order of their codes.
    symbols: [u16; MAX_SYMBOLS],
    known: usize,
}

impl Code {
    pub(super) const fn new() -> Self {
        Self {
            lookup: [0; 1 << LOOKUP],
            limits: [0; MAX_BITS + 1],
            offsets: [0; MAX_BITS + 1],
            symbols: [0; MAX_SYMBOLS],
            known: 0,
        }
    }

    /// Reads the code of so many symbols: the length of each, as steps from that of the one before.
    pub(super) fn read<R: Read>(&mut self, bits: &mut Bits<R>, symbols: usize) -> io::Result<()> {
        let mut length = bits.take(5)? as usize;
        let mut lengths = [0; MAX_SYMBOLS];
        for slot in &mut lengths[..symbols] {
            loop {
                if !(1..=MAX_BITS).contains(&length) {
                    return Err(damaged("an impossible code"));
                }
                match bits.ones(2)? {
                    0 => break,
                    1 => length += 1,
                    _ => length -= 1,
                }
            }
            *slot = length as u8;
        }
        self.assign(&lengths[..symbols])
    }

    /// Gives the symbols their codes: by length, then by number.
    fn assign(&mut self, lengths: &[u8]) -> io::Result<()> {
        let mut places = [0usize; MAX_BITS + 2];
        for length in lengths {
            places[usize::from(*length) + 1] += 1;
        }
        let mut next = 0u32;
        for bits in 1..=MAX_BITS {
            let count = places[bits + 1];
            places[bits + 1] += places[bits];
            self.offsets[bits] = places[bits] as i32 - next as i32;
            next += count as u32;
            if next > 1 << bits {
                return Err(damaged("an impossible code"));
            }
            self.limits[bits] = next << (MAX_BITS - bits);
            next <<= 1;
        }
        let firsts = places;
        for (symbol, length) in (0..).zip(lengths) {
            let place = &mut places[usize::from(*length)];
            self.symbols[*place] = symbol;
            *place += 1;
        }
        self.known = lengths.len();
        let mut slots = self.lookup.as_mut_slice();
        for bits in 1..=LOOKUP as usize {
            let symbols = &self.symbols[firsts[bits]..firsts[bits + 1]];
            let span = 1 << (LOOKUP as usize - bits);
            let (these, others) = slots.split_at_mut(span * symbols.len());
            for (slot, symbol) in these.chunks_exact_mut(span).zip(symbols) {
                slot.fill(symbol << 6 | bits as u16);
            }
            slots = others;
        }
        slots.fill(0);
        Ok(())
    }

    /// The next symbol, of a window that has [`LOOKUP`] bits ready; after a code that is longer there are 56 again.
    // As [`Window::refill`].
    #[inline(always)]
    pub(super) fn next(&self, window: &mut Window, buffer: &[u8]) -> Option<u16> {
        let found = self.lookup[window.peek(LOOKUP) as usize];
        if found > 0 {
            window.skip(u32::from(found));
            return Some(found >> 6);
        }
        window.refill(buffer);
        let (symbol, length) = self.find(window.peek(MAX_BITS as u32) as u32)?;
        window.skip(length);
        window.refill(buffer);
        Some(symbol)
    }

    /// The symbol and the length of the code longer than [`LOOKUP`] bits that begins these [`MAX_BITS`].
    #[cold]
    fn find(&self, bits: u32) -> Option<(u16, u32)> {
        let length = (LOOKUP as usize + 1..=MAX_BITS).find(|l| bits < self.limits[*l])?;
        let number = (bits >> (MAX_BITS - length)) as i32 + self.offsets[length];
        let symbols = &self.symbols[..self.known];
        let symbol = symbols.get(usize::try_from(number).ok()?)?;
        Some((*symbol, length as u32))
    }
}
