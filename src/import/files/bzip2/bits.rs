//! Bits of a stream.

use super::damaged;
use std::io::{self, Read};

/// Bytes read from the stream at once, at most.
const CAPACITY: usize = 1 << 16;
/// Bytes that [`Bits::prepare`] makes ready: more than fifty codes of twenty bits and a window.
const READY: usize = 160;

/// The next bits of a buffer, most significant first.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// The next bits, at the top; those beyond `count` are right or zero.
    bits: u64,
    count: u32,
    /// Where in the buffer the bits after `count` are.
    at: usize,
}

impl Window {
    /// Makes at least 56 bits ready.
    // Called, it would keep the window from being in registers.
    #[inline(always)]
    pub(super) fn refill(&mut self, buffer: &[u8]) {
        if let Some(eight) = buffer[self.at..].first_chunk::<8>() {
            self.bits |= u64::from_be_bytes(*eight) >> self.count;
            self.at += ((63 - self.count) / 8) as usize;
            self.count |= 56;
        }
    }

    /// The next bits, at least one.
    #[inline(always)]
    pub(super) fn peek(&self, bits: u32) -> u64 {
        self.bits >> (64 - bits)
    }

    /// Drops bits, of those that [`Self::refill`] made ready; only the lowest six digits of `bits` count.
    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        self.bits <<= bits & 63;
        self.count = self.count.wrapping_sub(bits) & 63;
    }
}

/// Bits of a stream; beyond its end they are zero until [`Bits::check`] finds out.
pub(super) struct Bits<R> {
    reader: R,
    buffer: Vec<u8>,
    filled: usize,
    /// Bytes read of the stream.
    taken: u64,
    has_ended: bool,
    pub(super) window: Window,
}

impl<R> Bits<R> {
    /// Gives its memory back.
    pub(super) fn memory(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }
}

impl<R: Read> Bits<R> {
    /// The bits of `reader`, in memory that may have been in use before.
    pub(super) fn new(reader: R, mut memory: Vec<u8>) -> Self {
        memory.resize(CAPACITY + 2 * READY, 0);
        Self {
            reader,
            buffer: memory,
            filled: 0,
            taken: 0,
            has_ended: false,
            window: Window {
                bits: 0,
                count: 0,
                at: 0,
            },
        }
    }

    /// Bytes read of the stream.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// What the window is over.
    #[inline]
    pub(super) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Makes so many bytes ready that fifty codes can be read without asking again.
    #[inline]
    pub(super) fn prepare(&mut self) -> io::Result<()> {
        match self.window.at + READY <= self.filled || self.has_ended {
            true => Ok(()),
            false => self.read_on(),
        }
    }

    #[cold]
    fn read_on(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.window.at..self.filled, 0);
        self.filled -= self.window.at;
        self.window.at = 0;
        while self.filled < READY && !self.has_ended {
            match self.reader.read(&mut self.buffer[self.filled..CAPACITY]) {
                Ok(0) => self.has_ended = true,
                Ok(count) => {
                    self.filled += count;
                    self.taken += count as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => (),
                Err(e) => return Err(e),
            }
        }
        if self.has_ended {
            self.buffer[self.filled..][..2 * READY].fill(0);
        }
        Ok(())
    }

    /// Bits from the window's place to the end of what was read; below zero if more were taken than there are.
    fn left(&self) -> i64 {
        8 * (self.filled as i64 - self.window.at as i64) + i64::from(self.window.count)
    }

    /// Fails if more bits were taken than the stream has.
    #[inline]
    pub(super) fn check(&self) -> io::Result<()> {
        match self.left() < 0 {
            true => Err(damaged("cut short")),
            false => Ok(()),
        }
    }

    /// The next bits, one to 56.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> io::Result<u64> {
        if self.window.count < bits {
            self.prepare()?;
            self.window.refill(&self.buffer);
        }
        let value = self.window.peek(bits);
        self.window.skip(bits);
        self.check()?;
        Ok(value)
    }

    /// Takes the bits up to the next zero and that one: how many ones there were, at most `limit`, which is below 56.
    #[inline]
    pub(super) fn ones(&mut self, limit: u32) -> io::Result<u32> {
        if self.window.count <= limit {
            self.prepare()?;
            self.window.refill(&self.buffer);
        }
        let ones = self.window.bits.leading_ones().min(limit);
        self.window.skip(ones + u32::from(ones < limit));
        self.check()?;
        Ok(ones)
    }

    /// Whether the stream has ended; skips to the next whole byte.
    pub(super) fn is_at_end(&mut self) -> io::Result<bool> {
        self.window.skip(self.window.count % 8);
        self.prepare()?;
        Ok(self.has_ended && self.left() <= 0)
    }
}
