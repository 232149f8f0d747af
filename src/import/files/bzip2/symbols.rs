//! From a block's bits to the runs of its bytes, each named by its place in a list still to be kept.

use super::bits::Bits;
use super::code::Code;
use super::damaged;
use std::io::{self, Read};

/// Symbols that share a code.
const GROUP: usize = 50;
/// Symbols for which a window's bits suffice.
const STEP: usize = 5;
/// Symbols after which the length of all runs is looked at: no digits so few overflow.
const PART: usize = 25;
/// Runs there is room for: a power of two beyond a group's.
const ROOM: usize = 64;
/// The most codes of a block.
const CODES: usize = 6;

/// A block's bytes before move-to-front is undone.
#[derive(Default)]
pub(super) struct Runs {
    /// The bytes that occur: the list at the start.
    alphabet: Vec<u8>,
    /// How often a byte comes, and below that, in eight bits, its place in the list. The first is at place 0 and may
    /// come never; no other is at place 0. What is beyond `count` is of blocks before.
    runs: Vec<u32>,
    count: usize,
    selectors: Vec<u8>,
}

/// What is known of a block before.
#[derive(Clone, Copy)]
struct Block {
    /// The symbol of its end.
    end: u16,
    /// Bytes it may have.
    limit: u64,
}

/// The run being read.
#[derive(Default)]
struct Run {
    /// Where it goes.
    at: usize,
    place: u32,
    count: u64,
    /// The power of two that the next digit of its count weighs: digits are one and two, the least significant first.
    power: u32,
    /// How long it and all before are.
    total: u64,
}

impl Run {
    /// Takes a symbol in: a digit, or what begins the next run. Which it is can hardly be foreseen, so there is no branch.
    #[inline(always)]
    fn push(&mut self, symbol: u32) {
        let is_digit = u32::from(symbol < 2);
        let digit = is_digit.wrapping_neg();
        let more = 1u64 << ((self.power + symbol) & digit);
        self.power = (self.power + 1) & digit;
        self.at += 1 - is_digit as usize;
        self.place = self.place & digit | symbol.wrapping_sub(1) & !digit;
        self.count = (self.count & u64::from(is_digit).wrapping_neg()) + more;
        self.total += more;
    }

    /// Reads the symbols of a group, or up to the end of the block; whether that was there.
    #[inline(never)]
    fn read<R: Read>(
        &mut self,
        bits: &mut Bits<R>,
        code: &Code,
        block: Block,
        runs: &mut [u32; ROOM],
    ) -> io::Result<bool> {
        // In registers: the window, and all of the run.
        let mut window = bits.window;
        let mut run = Self { at: 0, ..*self };
        let mut outcome = Ok(false);
        'group: for _ in 0..GROUP / PART {
            for _ in 0..PART / STEP {
                window.refill(bits.buffer());
                for _ in 0..STEP {
                    let Some(symbol) = code.next(&mut window, bits.buffer()) else {
                        outcome = Err("an unknown code");
                        break 'group;
                    };
                    if symbol == block.end {
                        outcome = Ok(true);
                        break 'group;
                    }
                    run.push(u32::from(symbol));
                    runs[run.at % ROOM] = (run.count as u32) << 8 | run.place;
                }
            }
            if run.total > block.limit {
                break;
            }
        }
        run.at += self.at;
        *self = run;
        bits.window = window;
        bits.check()?;
        if self.total > block.limit {
            return Err(damaged("a block larger than its stream says"));
        }
        outcome.map_err(damaged)
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

    /// The bytes that occur, and the runs that were read.
    pub(super) fn parts(&mut self) -> (&[u8], &mut [u32]) {
        (&self.alphabet, &mut self.runs[..self.count])
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
        let block = Block {
            end: self.alphabet.len() as u16 + 1,
            limit: limit as u64,
        };
        let mut run = Run::default();
        let most = GROUP * self.selectors.len() + ROOM;
        if self.runs.len() < most {
            self.runs.resize(most, 0);
        }
        // Nothing writes it where the first symbol is no digit.
        self.runs[0] = 0;
        for selector in &self.selectors {
            bits.prepare()?;
            let code = &codes[usize::from(*selector)];
            if let Some(runs) = self.runs[run.at..].first_chunk_mut()
                && run.read(bits, code, block, runs)?
            {
                self.count = run.at + 1;
                return Ok(());
            }
        }
        Err(damaged("a block without its end"))
    }
}
