//! Huffman codes.

use super::bits::Bits;
use super::damaged;
use std::io::{self, Read};

/// The longest code.
pub(super) const MAX_BITS: usize = 20;
/// Bits of a code that are looked up at once.
const LOOKUP: u32 = 10;

/// A canonical Huffman code.
pub(super) struct Code {
    /// Symbol and length of each start of [`LOOKUP`] bits; length 0 where the code is longer or none.
    lookup: Vec<(u16, u8)>,
    /// By length: the first code beyond that length, aligned to [`MAX_BITS`], and what to add to a code's number.
    limits: [u32; MAX_BITS + 1],
    offsets: [i32; MAX_BITS + 1],
    /// Symbols in the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    pub(super) fn new(lengths: &[u8]) -> io::Result<Self> {
        let mut counts = [0u32; MAX_BITS + 1];
        for length in lengths {
            counts[usize::from(*length)] += 1;
        }
        let mut symbols = Vec::with_capacity(lengths.len());
        let mut lookup = vec![(0, 0); 1 << LOOKUP];
        let (mut limits, mut offsets) = ([0; MAX_BITS + 1], [0; MAX_BITS + 1]);
        let mut next = 0u32;
        for bits in 1..=MAX_BITS {
            offsets[bits] = symbols.len() as i32 - next as i32;
            for (symbol, _) in lengths
                .iter()
                .enumerate()
                .filter(|(_, l)| usize::from(**l) == bits)
            {
                symbols.push(symbol as u16);
            }
            if bits as u32 <= LOOKUP {
                let span = 1usize << (LOOKUP - bits as u32);
                let from = next as usize * span;
                let to = from + counts[bits] as usize * span;
                let first = symbols.len() - counts[bits] as usize;
                let slots = lookup
                    .get_mut(from..to)
                    .ok_or_else(|| damaged("an impossible code"))?;
                for (slot, at) in slots.chunks_exact_mut(span).zip(first..) {
                    slot.fill((symbols[at], bits as u8));
                }
            }
            next += counts[bits];
            if next > 1 << bits {
                return Err(damaged("an impossible code"));
            }
            limits[bits] = next << (MAX_BITS - bits);
            next <<= 1;
        }
        Ok(Self {
            lookup,
            limits,
            offsets,
            symbols,
        })
    }

    #[inline]
    pub(super) fn read<R: Read>(&self, bits: &mut Bits<R>) -> io::Result<u16> {
        if bits.count < MAX_BITS as u32 {
            bits.refill()?;
        }
        let (symbol, length) = self.lookup[(bits.window >> (64 - LOOKUP)) as usize];
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Ok(symbol);
        }
        self.read_long(bits)
    }

    #[cold]
    fn read_long<R: Read>(&self, bits: &mut Bits<R>) -> io::Result<u16> {
        let code = (bits.window >> (64 - MAX_BITS)) as u32;
        let length = (LOOKUP as usize + 1..=MAX_BITS).find(|l| code < self.limits[*l]);
        let length = length.ok_or_else(|| damaged("an unknown code"))?;
        bits.skip(length as u32)?;
        let number = (code >> (MAX_BITS - length)) as i32 + self.offsets[length];
        let symbol = usize::try_from(number)
            .ok()
            .and_then(|n| self.symbols.get(n));
        symbol.copied().ok_or_else(|| damaged("an unknown code"))
    }
}
