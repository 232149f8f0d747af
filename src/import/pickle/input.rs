//! A pickle's bytes, buffered.

use std::io::Read;

/// What went wrong; the machine adds where.
pub(super) type Step<T> = Result<T, String>;

const CHUNK: usize = 1 << 16;

/// A reader with a window of bytes that can be looked at.
pub(super) struct Input<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    /// Bytes before the window.
    before: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            at: 0,
            before: 0,
        }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Reads until `count` bytes lie ahead; the window grows with what is really there.
    #[cold]
    fn fill(&mut self, count: usize) -> Step<()> {
        self.buffer.drain(..self.at);
        self.before += self.at as u64;
        self.at = 0;
        while self.buffer.len() < count {
            let had = self.buffer.len();
            let got = (&mut self.reader)
                .take((CHUNK.max(had)) as u64)
                .read_to_end(&mut self.buffer)
                .map_err(|e| format!("cannot read: {e}"))?;
            if got == 0 {
                return Err(format!("cut short: {} more bytes expected", count - had));
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Step<u8> {
        if self.at == self.buffer.len() {
            self.fill(1)?;
        }
        let byte = self.buffer[self.at];
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Step<&[u8]> {
        if self.buffer.len() - self.at < count {
            self.fill(count)?;
        }
        let taken = &self.buffer[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    #[inline]
    pub(super) fn fixed<const N: usize>(&mut self) -> Step<[u8; N]> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    pub(super) fn size1(&mut self) -> Step<usize> {
        Ok(usize::from(self.byte()?))
    }

    pub(super) fn size4(&mut self) -> Step<usize> {
        Ok(u32::from_le_bytes(self.fixed()?) as usize)
    }

    pub(super) fn size8(&mut self) -> Step<usize> {
        let size = u64::from_le_bytes(self.fixed()?);
        usize::try_from(size)
            .ok()
            .filter(|s| *s < 1 << 40)
            .ok_or_else(|| format!("cut short: {size} more bytes expected"))
    }

    /// A line of the text protocol, without its end.
    pub(super) fn line(&mut self) -> Step<&[u8]> {
        let mut seen = 0;
        loop {
            let window = &self.buffer[self.at..];
            if let Some(end) = window[seen..].iter().position(|b| *b == b'\n') {
                let line = self.take(seen + end + 1)?;
                return Ok(&line[..line.len() - 1]);
            }
            seen = window.len();
            self.fill(seen + 1)
                .map_err(|_| "cut short: a line expected")?;
        }
    }
}
