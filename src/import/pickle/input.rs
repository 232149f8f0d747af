//! A pickle's bytes, buffered.

use super::Value;
use std::io::Read;

/// What went wrong; the machine adds where.
pub(super) type Step<T> = Result<T, String>;

const CHUNK: usize = 1 << 16;

/// Where bytes come from: what lies ahead, and how more of it comes.
pub(super) trait Source {
    /// The bytes that can be looked at.
    fn window(&self) -> &[u8];

    /// Lets the first `used` bytes go and reads until `count` lie ahead.
    ///
    /// # Errors
    /// When there are not as many.
    fn fill(&mut self, used: usize, count: usize) -> Step<()>;
}

/// Bytes in memory.
pub(super) struct Bytes<'b>(&'b [u8]);

/// A reader, and what was read of it.
pub(super) struct Stream<R> {
    reader: R,
    buffer: Vec<u8>,
}

/// An integer of a byte.
pub(super) const INT: u8 = b'K';
/// A float.
pub(super) const FLOAT: u8 = b'G';

fn float_of(bytes: &[u8; 8]) -> Value {
    Value::Float(f64::from_be_bytes(*bytes))
}

fn cut_short(missing: usize) -> String {
    format!("cut short: {missing} more bytes expected")
}

impl Source for Bytes<'_> {
    #[inline]
    fn window(&self) -> &[u8] {
        self.0
    }

    #[cold]
    fn fill(&mut self, used: usize, count: usize) -> Step<()> {
        self.0 = &self.0[used..];
        match count.checked_sub(self.0.len()) {
            None | Some(0) => Ok(()),
            Some(missing) => Err(cut_short(missing)),
        }
    }
}

impl<R: Read> Source for Stream<R> {
    #[inline]
    fn window(&self) -> &[u8] {
        &self.buffer
    }

    /// The window grows with what is really there.
    #[cold]
    fn fill(&mut self, used: usize, count: usize) -> Step<()> {
        self.buffer.drain(..used);
        while self.buffer.len() < count {
            let had = self.buffer.len();
            let got = (&mut self.reader)
                .take((CHUNK.max(had)) as u64)
                .read_to_end(&mut self.buffer)
                .map_err(|e| format!("cannot read: {e}"))?;
            if got == 0 {
                return Err(cut_short(count - had));
            }
        }
        Ok(())
    }
}

/// A source, and how far it was read.
pub(super) struct Input<S> {
    source: S,
    /// Bytes of the window that were read.
    at: usize,
    /// Bytes before the window.
    before: u64,
}

impl<'b> Input<Bytes<'b>> {
    pub(super) fn of_bytes(bytes: &'b [u8]) -> Self {
        Self::new(Bytes(bytes))
    }
}

impl<R: Read> Input<Stream<R>> {
    pub(super) fn of_stream(reader: R) -> Self {
        let buffer = Vec::new();
        Self::new(Stream { reader, buffer })
    }
}

impl<S: Source> Input<S> {
    fn new(source: S) -> Self {
        Self {
            source,
            at: 0,
            before: 0,
        }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Reads until `count` bytes lie ahead.
    #[cold]
    fn fill(&mut self, count: usize) -> Step<()> {
        let used = std::mem::take(&mut self.at);
        self.before += used as u64;
        self.source.fill(used, count)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Step<u8> {
        if self.at == self.source.window().len() {
            self.fill(1)?;
        }
        let byte = self.source.window()[self.at];
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Step<&[u8]> {
        if self.source.window().len() - self.at < count {
            self.fill(count)?;
        }
        let taken = &self.source.window()[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    /// Takes the numbers that follow at once, as far as they lie in the window: floats, then floats each after a small
    /// integer, as lists and dictionaries have many.
    #[inline]
    pub(super) fn take_numbers(&mut self, to: &mut Vec<Value>) {
        match self.source.window().get(self.at) {
            Some(&FLOAT) => self.take_floats(to),
            Some(&INT) => self.take_entries(to),
            _ => {}
        }
    }

    fn take_floats(&mut self, to: &mut Vec<Value>) {
        let (floats, _) = self.source.window()[self.at..].as_chunks::<9>();
        let end = floats.iter().position(|float| float[0] != FLOAT);
        let floats = &floats[..end.unwrap_or(floats.len())];
        to.extend(floats.iter().map(|[_, float @ ..]| float_of(float)));
        self.at += 9 * floats.len();
        if self.source.window().get(self.at) == Some(&INT) {
            self.take_entries(to);
        }
    }

    fn take_entries(&mut self, to: &mut Vec<Value>) {
        let (entries, _) = self.source.window()[self.at..].as_chunks::<11>();
        let end = (entries.iter()).position(|entry| [entry[0], entry[2]] != [INT, FLOAT]);
        let entries = &entries[..end.unwrap_or(entries.len())];
        to.reserve(2 * entries.len());
        for [_, key, _, value @ ..] in entries {
            to.extend([Value::Int(i64::from(*key)), float_of(value)]);
        }
        self.at += 11 * entries.len();
    }

    /// Takes a byte if it is the next in the window.
    #[inline]
    pub(super) fn take_if(&mut self, byte: u8) -> bool {
        let is_next = self.source.window().get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
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
            let window = &self.source.window()[self.at..];
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
