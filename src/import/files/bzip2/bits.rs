//! Bits of a stream.

use super::damaged;
use std::io::{self, Read};

/// Bits of a stream, most significant first.
pub(super) struct Bits<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// The next bits, at the top.
    pub(super) window: u64,
    pub(super) count: u32,
}

impl<R: Read> Bits<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; 1 << 16],
            at: 0,
            filled: 0,
            window: 0,
            count: 0,
        }
    }

    /// Makes at least 56 bits ready, but at the end of the stream; bits beyond it are zero.
    #[inline]
    pub(super) fn refill(&mut self) -> io::Result<()> {
        if let Some(eight) = self.buffer[self.at..self.filled].first_chunk::<8>() {
            let bytes = (63 - self.count) / 8;
            self.window |= u64::from_be_bytes(*eight) >> self.count;
            self.at += bytes as usize;
            self.count += 8 * bytes;
            // Bits beyond the counted ones are read again.
            self.window &= !(u64::MAX >> self.count);
            return Ok(());
        }
        self.refill_slowly()
    }

    #[cold]
    fn refill_slowly(&mut self) -> io::Result<()> {
        while self.count <= 56 {
            if self.at == self.filled {
                self.at = 0;
                self.filled = self.reader.read(&mut self.buffer)?;
                if self.filled == 0 {
                    return Ok(());
                }
            }
            self.window |= u64::from(self.buffer[self.at]) << (56 - self.count);
            self.at += 1;
            self.count += 8;
        }
        Ok(())
    }

    /// Drops bits that were looked at.
    #[inline]
    pub(super) fn skip(&mut self, bits: u32) -> io::Result<()> {
        if bits > self.count {
            return Err(damaged("cut short"));
        }
        self.window <<= bits;
        self.count -= bits;
        Ok(())
    }

    /// The next bits, at most 56.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> io::Result<u64> {
        if self.count < bits {
            self.refill()?;
        }
        let value = self.window >> (64 - bits);
        self.skip(bits)?;
        Ok(value)
    }

    pub(super) fn bit(&mut self) -> io::Result<bool> {
        Ok(self.take(1)? == 1)
    }

    /// Whether the stream has ended; skips to the next whole byte.
    pub(super) fn is_at_end(&mut self) -> io::Result<bool> {
        self.skip(self.count % 8)?;
        self.refill()?;
        Ok(self.count == 0)
    }
}
