//! From a block's bits to the runs of its bytes, each named by its place in a list still to be kept.

use super::bits::Bits;
use super::code::Code;
use super::damaged;
use std::io::{self, Read};

/// Symbols that share a code.
const GROUP: usize = 50;
/// Symbols for which a window's bits suffice.
const STEP: usize = 5;
/// The most codes of a block.
const CODES: usize = 6;

/// A block's bytes before move-to-front is undone.
#[derive(Default)]
pub(super) struct Runs {
    /// The bytes that occur: the list at the start.
    pub(super) alphabet: Vec<u8>,
    /// How often a byte comes, and below that, in eight bits, its place in the list. The first is at place 0 and may
    /// come never; no other is at place 0.
    pub(super) runs: Vec<u32>,
    selectors: Vec<u8>,
}

/// The run being read.
struct Run {
    /// Where it goes.
    at: usize,
    place: u32,
    count: u32,
    /// What the next digit of its count weighs: digits are one and two, the least significant first.
    weight: u32,
    /// How long all are that came before.
    total: usize,
}

impl Run {
    /// Takes a symbol in: a digit, or what begins the next run. Digits are hard to foresee, so there is no branch.
    #[inline]
    fn push(&mut self, symbol: u16) {
        let symbol = u32::from(symbol);
        let is_digit = symbol < 2;
        let more = self.count + (self.weight << (symbol & 1));
        self.at += usize::from(!is_digit);
        self.total += if is_digit { 0 } else { self.count as usize };
        self.place = if is_digit { self.place } else { symbol - 1 };
        self.count = if is_digit { more } else { 1 };
        // Heavier digits than this are of no block; a group of them does not overflow.
        self.weight = if is_digit {
            (self.weight << 1).min(1 << 21)
        } else {
            1
        };
    }
}

impl Runs {
    /// Reads a block of at most `limit` bytes.
    pub(super) fn read<R: Read>(
        &mut self,
        bits: &mut Bits<R>,
        codes: &mut Vec<Code>,
        limit: usize,
    ) -> io::Result<()> {
        self.read_alphabet(bits)?;
        let count = bits.take(3)? as usize;
        if !(2..=CODES).contains(&count) {
            return Err(damaged("a block needs two to six codes"));
        }
        self.read_selectors(bits, count)?;
        codes.resize_with(CODES, Code::new);
        for code in &mut codes[..count] {
            code.read(bits, self.alphabet.len() + 2)?;
        }
        self.read_runs(bits, codes, limit)
    }

    fn read_alphabet<R: Read>(&mut self, bits: &mut Bits<R>) -> io::Result<()> {
        self.alphabet.clear();
        let ranges = bits.take(16)?;
        for range in (0..16).filter(|r| ranges >> (15 - r) & 1 == 1) {
            let inner = bits.take(16)?;
            let bytes = (0..16u8).filter(|b| inner >> (15 - b) & 1 == 1);
            self.alphabet.extend(bytes.map(|b| 16 * range + b));
        }
        match self.alphabet.is_empty() {
            true => Err(damaged("a block without bytes")),
            false => Ok(()),
        }
    }

    /// The code of each group of symbols.
    fn read_selectors<R: Read>(&mut self, bits: &mut Bits<R>, codes: usize) -> io::Result<()> {
        let count = bits.take(15)? as usize;
        let mut front = [0, 1, 2, 3, 4, 5];
        self.selectors.clear();
        for _ in 0..count {
            let place = bits.ones(codes as u32)? as usize;
            if place >= codes {
                return Err(damaged("an unknown code table"));
            }
            let code = front[place];
            for at in (0..place).rev() {
                front[at + 1] = front[at];
            }
            front[0] = code;
            self.selectors.push(code);
        }
        Ok(())
    }

    #[inline(never)]
    fn read_runs<R: Read>(
        &mut self,
        bits: &mut Bits<R>,
        codes: &[Code],
        limit: usize,
    ) -> io::Result<()> {
        let end = self.alphabet.len() as u16 + 1;
        let mut run = Run {
            at: 0,
            place: 0,
            count: 0,
            weight: 1,
            total: 0,
        };
        self.runs.clear();
        for selector in &self.selectors {
            bits.prepare()?;
            let code = &codes[usize::from(*selector)];
            let mut window = bits.window;
            self.runs.resize(run.at + 1 + GROUP, 0);
            let runs = self.runs.as_mut_slice();
            let buffer = bits.buffer();
            for _ in 0..GROUP / STEP {
                window.refill(buffer);
                for _ in 0..STEP {
                    let Some(symbol) = code.next(&mut window, buffer) else {
                        return Err(damaged("an unknown code"));
                    };
                    if symbol == end {
                        bits.window = window;
                        self.runs.truncate(run.at + 1);
                        return Self::check(bits, run.total + run.count as usize, limit);
                    }
                    run.push(symbol);
                    runs[run.at] = run.count << 8 | run.place;
                }
            }
            bits.window = window;
            Self::check(bits, run.total + run.count as usize, limit)?;
        }
        Err(damaged("a block without its end"))
    }

    fn check<R: Read>(bits: &Bits<R>, total: usize, limit: usize) -> io::Result<()> {
        match total > limit {
            true => Err(damaged("a block larger than its stream says")),
            false => bits.check(),
        }
    }
}
