//! A bzip2 decoder (Seward's format, versions 0.9.5 and later), for the sake of speed: importing NATS-Bench is bounded by
//! it. Its files hold what is undone, in this order: codes and runs (`symbols`), move-to-front, the Burrows–Wheeler
//! transform, repeats. Each avoids what the reference waits for: bits compared one by one, branches that cannot be
//! foreseen, one long chain of places. Every checksum is verified; concatenated streams are read as one.

mod bits;
mod code;
mod crc;
mod front;
mod memory;
mod repeats;
mod symbols;
mod transform;

use bits::Bits;
use crc::crc32;
use memory::Memory;
use std::io::{self, Read};

const STREAM: &[u8; 3] = b"BZh";
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bzip2: {what}"))
}

/// Reads what a bzip2 stream unpacks to.
pub(super) struct Decoder<R> {
    bits: Bits<R>,
    /// The largest block of the stream; 0 before its header.
    block_size: usize,
    combined: u32,
    memory: Memory,
    /// What of the block was given out.
    at: usize,
    is_first: bool,
}

impl<R: Read> Decoder<R> {
    /// A decoder of the streams in `reader`.
    pub(super) fn new(reader: R) -> Self {
        let mut memory = Memory::spare();
        Self {
            bits: Bits::new(reader, std::mem::take(&mut memory.packed)),
            block_size: 0,
            combined: 0,
            memory,
            at: 0,
            is_first: true,
        }
    }

    /// Bytes that were read of the packed streams.
    pub(super) fn packed(&self) -> u64 {
        self.bits.taken()
    }

    /// Unpacks the next block, at most 47 MB, behind what is there; `false` at the end of all streams.
    ///
    /// # Errors
    /// When the stream cannot be read, or is damaged.
    pub(super) fn read_block(&mut self, unpacked: &mut Vec<u8>) -> io::Result<bool> {
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
        if self.bits.take(1)? == 1 {
            return Err(damaged("a randomised block of a version before 0.9.5"));
        }
        let origin = self.bits.take(24)? as usize;
        let from = unpacked.len();
        self.unpack(origin, unpacked)?;
        if crc32(&unpacked[from..]) != sum {
            unpacked.truncate(from);
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

    /// Unpacks what follows a block's header.
    fn unpack(&mut self, origin: usize, unpacked: &mut Vec<u8>) -> io::Result<()> {
        let memory = &mut self.memory;
        (memory.runs).read(&mut self.bits, &mut memory.codes, self.block_size)?;
        let (alphabet, runs) = memory.runs.parts();
        let counts = front::undo(alphabet, runs);
        if origin >= counts.iter().sum::<u32>() as usize {
            return Err(damaged("a block that begins nowhere"));
        }
        (memory.transform).undo(runs, &counts, origin, &mut memory.block);
        repeats::expand(&memory.block, unpacked);
        Ok(())
    }
}

impl<R> Drop for Decoder<R> {
    fn drop(&mut self) {
        let mut memory = std::mem::take(&mut self.memory);
        memory.packed = self.bits.memory();
        memory.keep();
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.memory.unpacked.len() {
            self.at = 0;
            let mut unpacked = std::mem::take(&mut self.memory.unpacked);
            unpacked.clear();
            let is_there = self.read_block(&mut unpacked);
            self.memory.unpacked = unpacked;
            if !is_there? {
                return Ok(0);
            }
        }
        let unpacked = &self.memory.unpacked[self.at..];
        let count = buffer.len().min(unpacked.len());
        buffer[..count].copy_from_slice(&unpacked[..count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
