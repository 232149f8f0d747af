//! A bzip2 decoder (Seward's format, versions 0.9.5 and later), for the sake of speed: importing NATS-Bench is bounded by
//! it. Codes are looked up ten bits at a time, where the reference compares one bit after another. Every checksum
//! is verified; concatenated streams are read as one.

mod bits;
mod code;
mod crc;

use bits::Bits;
use code::{Code, MAX_BITS};
use crc::crc32;
use std::io::{self, Read};

const STREAM: &[u8; 3] = b"BZh";
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
/// Symbols that share a code.
const GROUP: usize = 50;
const MAX_SYMBOLS: usize = 258;

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bzip2: {what}"))
}

/// Reads what a bzip2 stream unpacks to.
pub(super) struct Decoder<R> {
    bits: Bits<R>,
    /// The largest block of the stream; 0 before its header.
    block_size: usize,
    combined: u32,
    /// A block: byte, and above it the place of the byte before.
    block: Vec<u32>,
    unpacked: Vec<u8>,
    at: usize,
    is_first: bool,
}

impl<R: Read> Decoder<R> {
    /// A decoder of the streams in `reader`.
    pub(super) fn new(reader: R) -> Self {
        Self {
            bits: Bits::new(reader),
            block_size: 0,
            combined: 0,
            block: Vec::new(),
            unpacked: Vec::new(),
            at: 0,
            is_first: true,
        }
    }

    /// Unpacks the next block; `false` at the end of all streams.
    fn next_block(&mut self) -> io::Result<bool> {
        loop {
            if self.block_size == 0 {
                if self.bits.is_at_end()? && !self.is_first {
                    return Ok(false);
                }
                self.is_first = false;
                self.header()?;
            }
            match self.bits.take(48)? {
                BLOCK => break,
                END => {
                    if self.bits.take(32)? as u32 != self.combined {
                        return Err(damaged("the checksum of the stream does not hold"));
                    }
                    self.block_size = 0;
                }
                _ => return Err(damaged("neither a block nor the end")),
            }
        }
        let sum = self.bits.take(32)? as u32;
        if self.bits.bit()? {
            return Err(damaged("a randomised block of a version before 0.9.5"));
        }
        let origin = self.bits.take(24)? as usize;
        let mut counts = self.symbols()?;
        self.unpack(origin, &mut counts)?;
        if crc32(&self.unpacked) != sum {
            return Err(damaged("the checksum of a block does not hold"));
        }
        self.combined = self.combined.rotate_left(1) ^ sum;
        Ok(true)
    }

    fn header(&mut self) -> io::Result<()> {
        for expected in STREAM {
            if self.bits.take(8)? != u64::from(*expected) {
                return Err(damaged("not such a stream"));
            }
        }
        match self.bits.take(8)? as u8 {
            level @ b'1'..=b'9' => self.block_size = 100_000 * usize::from(level - b'0'),
            _ => return Err(damaged("not such a stream")),
        }
        self.combined = 0;
        Ok(())
    }

    /// The bytes that occur in a block.
    fn alphabet(&mut self) -> io::Result<Vec<u8>> {
        let ranges = self.bits.take(16)?;
        let mut bytes = Vec::with_capacity(256);
        for range in (0..16).filter(|r| ranges >> (15 - r) & 1 == 1) {
            let inner = self.bits.take(16)?;
            bytes.extend(
                (0..16u8)
                    .filter(|b| inner >> (15 - b) & 1 == 1)
                    .map(|b| 16 * range + b),
            );
        }
        match bytes.is_empty() {
            true => Err(damaged("a block without bytes")),
            false => Ok(bytes),
        }
    }

    /// The code of each group of symbols.
    fn selectors(&mut self, codes: usize) -> io::Result<Vec<u8>> {
        let count = self.bits.take(15)? as usize;
        let mut front: Vec<u8> = (0..codes as u8).collect();
        (0..count)
            .map(|_| {
                let mut place = 0;
                while self.bits.bit()? {
                    place += 1;
                    if place >= codes {
                        return Err(damaged("an unknown code table"));
                    }
                }
                front[..=place].rotate_right(1);
                Ok(front[0])
            })
            .collect()
    }

    fn code(&mut self, symbols: usize) -> io::Result<Code> {
        let mut length = self.bits.take(5)? as i32;
        let mut lengths = Vec::with_capacity(symbols);
        for _ in 0..symbols {
            loop {
                if !(1..=MAX_BITS as i32).contains(&length) {
                    return Err(damaged("an impossible code"));
                }
                match self.bits.bit()? {
                    false => break,
                    true => length += if self.bits.bit()? { -1 } else { 1 },
                }
            }
            lengths.push(length as u8);
        }
        Code::new(&lengths)
    }

    /// Reads a block's symbols into bytes, undoing runs and move-to-front; returns how often each byte occurs.
    fn symbols(&mut self) -> io::Result<[u32; 256]> {
        let alphabet = self.alphabet()?;
        let end = alphabet.len() + 1;
        let count = self.bits.take(3)? as usize;
        if !(2..=6).contains(&count) {
            return Err(damaged("a block needs two to six codes"));
        }
        let selectors = self.selectors(count)?;
        let codes = (0..count)
            .map(|_| self.code(end + 1))
            .collect::<io::Result<Vec<_>>>()?;
        let mut front = [0u8; MAX_SYMBOLS];
        front[..alphabet.len()].copy_from_slice(&alphabet);
        let mut counts = [0u32; 256];
        self.block.clear();
        self.block.reserve(self.block_size);
        let (mut run, mut unit) = (0usize, 1usize);
        for selector in selectors {
            let code = &codes[usize::from(selector)];
            for _ in 0..GROUP {
                let symbol = usize::from(code.read(&mut self.bits)?);
                if symbol < 2 {
                    run += unit << symbol;
                    unit <<= 1;
                    if run > self.block_size {
                        return Err(damaged("a block larger than its stream says"));
                    }
                    continue;
                }
                if run > 0 {
                    self.repeat(front[0], run, &mut counts)?;
                    (run, unit) = (0, 1);
                }
                if symbol == end {
                    return Ok(counts);
                }
                let place = symbol - 1;
                let byte = front[place];
                match place {
                    // Mostly it is near: moving a few bytes one by one is quicker than a call.
                    0..16 => (0..place).rev().for_each(|at| front[at + 1] = front[at]),
                    _ => front.copy_within(..place, 1),
                }
                front[0] = byte;
                self.repeat(byte, 1, &mut counts)?;
            }
        }
        Err(damaged("a block without its end"))
    }

    #[inline]
    fn repeat(&mut self, byte: u8, count: usize, counts: &mut [u32; 256]) -> io::Result<()> {
        if self.block.len() + count > self.block_size {
            return Err(damaged("a block larger than its stream says"));
        }
        counts[usize::from(byte)] += count as u32;
        match count {
            1 => self.block.push(u32::from(byte)),
            _ => self
                .block
                .extend(std::iter::repeat_n(u32::from(byte), count)),
        }
        Ok(())
    }

    /// Undoes the Burrows–Wheeler transform, then the runs of the first step.
    fn unpack(&mut self, origin: usize, counts: &mut [u32; 256]) -> io::Result<()> {
        self.unpacked.clear();
        self.at = 0;
        if origin >= self.block.len() {
            return Err(damaged("a block that begins nowhere"));
        }
        let mut total = 0;
        for count in counts.iter_mut() {
            total += std::mem::replace(count, total);
        }
        let block = self.block.as_mut_slice();
        for at in 0..block.len() {
            let next = &mut counts[usize::from(block[at] as u8)];
            block[*next as usize] |= (at as u32) << 8;
            *next += 1;
        }
        let mut place = block[origin] >> 8;
        // What four equal bytes are followed by is how often the byte comes again.
        let (mut last, mut equal) = (0, 0);
        let unpacked = &mut self.unpacked;
        unpacked.reserve(block.len());
        for _ in 0..block.len() {
            let entry = block[place as usize];
            place = entry >> 8;
            let byte = entry as u8;
            if equal == 4 {
                unpacked.resize(unpacked.len() + usize::from(byte), last);
                equal = 0;
                continue;
            }
            equal = if equal > 0 && byte == last {
                equal + 1
            } else {
                1
            };
            last = byte;
            unpacked.push(byte);
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.unpacked.len() {
            if !self.next_block()? {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.unpacked.len() - self.at);
        buffer[..count].copy_from_slice(&self.unpacked[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
