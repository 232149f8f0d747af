//! The stack machine: one method per family of opcodes.

mod objects;

use super::input::{FLOAT, INT, Input, Source, Step};
use super::node::{Node, Pickle};
use super::store::Store;
use super::text_protocol as text;
use super::{Limits, PickleError, TOP, Value};

/// Who takes entries out of the dictionary under a key.
type Taker<'t> = &'t mut dyn FnMut(Node<'_>, Node<'_>) -> Result<(), String>;

/// Puts the topmost value into the memo, at its end.
const MEMOIZE: u8 = 0x94;

/// A pickle being read.
pub(super) struct Machine<'t, S> {
    input: Input<S>,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Vec<Value>,
    depth: usize,
    pickle: Pickle,
    streaming: Option<(&'t str, Taker<'t>)>,
}

impl<'t, S: Source> Machine<'t, S> {
    pub(super) fn new(input: Input<S>, limits: Limits) -> Self {
        Self {
            input,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            depth: limits.depth,
            pickle: Pickle {
                top: Value::None,
                read: 0,
                store: Store::new(limits.memory),
            },
            streaming: None,
        }
    }

    pub(super) fn streaming(mut self, key: &'t str, take: Taker<'t>) -> Self {
        self.streaming = Some((key, take));
        self
    }

    pub(super) fn load(mut self) -> Result<Pickle, PickleError> {
        let top = self.run().map_err(|problem| PickleError {
            at: self.input.position(),
            problem,
        })?;
        self.pickle.top = top;
        self.pickle.read = self.input.position();
        Ok(self.pickle)
    }

    fn run(&mut self) -> Step<Value> {
        // Here are the opcodes that nearly all of a published file are; the others go by family.
        loop {
            let opcode = self.input.byte()?;
            match opcode {
                b'.' => return self.pop(),
                INT => {
                    let value = Value::Int(i64::from(self.input.byte()?));
                    self.stack.push(value);
                    self.input.take_numbers(&mut self.stack);
                }
                FLOAT => {
                    let value = Value::Float(f64::from_be_bytes(self.input.fixed()?));
                    self.stack.push(value);
                    self.input.take_numbers(&mut self.stack);
                }
                0x8c => {
                    let size = self.input.size1()?;
                    let value = self.pickle.store.text(self.input.take(size)?)?;
                    self.stack.push(value);
                    if self.input.take_if(MEMOIZE) {
                        self.memoize(self.memo.len(), value)?;
                    }
                }
                b'h' => {
                    let at = self.input.size1()?;
                    self.recall(at)?;
                }
                b'j' => {
                    let at = self.input.size4()?;
                    self.recall(at)?;
                }
                MEMOIZE => {
                    let value = self.top()?;
                    self.memoize(self.memo.len(), value)?;
                }
                _ => self.step(opcode)?,
            }
        }
    }

    fn store(&mut self) -> &mut Store {
        &mut self.pickle.store
    }

    #[inline]
    fn push(&mut self, value: Value) -> Step<()> {
        self.stack.push(value);
        Ok(())
    }

    #[inline]
    fn pop(&mut self) -> Step<Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or_else(|| "stack is empty".into()),
            false => Err("stack is empty".into()),
        }
    }

    /// The topmost value, without taking it.
    fn top(&self) -> Step<Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => Ok(self.stack[self.stack.len() - 1]),
            false => Err("stack is empty".into()),
        }
    }

    /// Where the values above the last mark begin.
    fn pop_mark(&mut self) -> Step<usize> {
        let mark = self.marks.pop().ok_or("no mark on the stack")?;
        Ok(mark.min(self.stack.len()))
    }

    fn step(&mut self, opcode: u8) -> Step<()> {
        match opcode {
            0x80 => self.protocol(),
            0x95 => self.input.take(8).map(|_| ()),
            b'(' => self.mark(),
            b'0' | b'1' | b'2' => self.shuffle(opcode),
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'M' | b'J' | 0x8a | 0x8b | b'I' | b'L' | b'F' => self.number(opcode),
            b'X' | 0x8d | b'V' | b'S' | b'U' | b'T' | b'C' | b'B' | 0x8e | 0x96 => {
                self.text(opcode)
            }
            b'q' | b'r' | b'p' => self.put(opcode),
            b'g' => {
                let at = text::index(self.input.line()?)?;
                self.recall(at)
            }
            b')' | 0x85 | 0x86 | 0x87 | b't' => self.tuple(opcode),
            b'}' | b']' | 0x8f | b'd' | b'l' | 0x91 => self.make(opcode),
            b's' | b'u' | b'a' | b'e' | 0x90 => self.extend(opcode),
            b'c' | 0x93 => self.global(opcode),
            b'R' | 0x81 | 0x92 | b'o' | b'i' => self.call(opcode),
            b'b' => self.build(),
            b'P' | b'Q' => self.persistent(opcode),
            0x82..=0x84 => Err("extension codes point outside the file and are not read".into()),
            0x97 | 0x98 => Err("out-of-band buffers are not in the file".into()),
            other => Err(format!("0x{other:02x} is no opcode of a pickle")),
        }
    }

    fn protocol(&mut self) -> Step<()> {
        match self.input.byte()? {
            0..=5 => Ok(()),
            version => Err(format!("protocol {version}; 0 to 5 are read")),
        }
    }

    fn mark(&mut self) -> Step<()> {
        if self.marks.len() >= self.depth {
            return Err(format!("nested deeper than {} containers", self.depth));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn shuffle(&mut self, opcode: u8) -> Step<()> {
        match opcode {
            b'1' => {
                let mark = self.pop_mark()?;
                self.stack.truncate(mark);
            }
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            // POP takes a mark where there is nothing above it.
            _ if self.marks.last() == Some(&self.stack.len()) => {
                self.marks.pop();
            }
            _ => {
                self.pop()?;
            }
        }
        Ok(())
    }

    fn number(&mut self, opcode: u8) -> Step<()> {
        let value = match opcode {
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.input.fixed()?))),
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.input.fixed()?))),
            b'I' => text::int(self.input.line()?)?,
            b'L' => text::long(self.input.line()?)?,
            b'F' => text::float(self.input.line()?)?,
            _ => {
                let size = match opcode {
                    0x8a => self.input.size1()?,
                    _ => self.input.size4()?,
                };
                if size > 8 {
                    return Err(format!("integer of {size} bytes; at most 8 expected"));
                }
                let bytes = self.input.take(size)?;
                let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
                let mut wide = [if negative { 0xff } else { 0 }; 8];
                wide[..size].copy_from_slice(bytes);
                Value::Int(i64::from_le_bytes(wide))
            }
        };
        self.push(value)
    }

    fn text(&mut self, opcode: u8) -> Step<()> {
        let store = &mut self.pickle.store;
        let value = match opcode {
            b'V' => store.text(text::unicode(self.input.line()?)?.as_bytes())?,
            b'S' => store.text(text::string(self.input.line()?)?.as_bytes())?,
            _ => {
                let size = match opcode {
                    b'C' | b'U' => self.input.size1()?,
                    0x8d | 0x8e | 0x96 => self.input.size8()?,
                    _ => self.input.size4()?,
                };
                store.charge(0)?;
                let bytes = self.input.take(size)?;
                match opcode {
                    b'X' | 0x8d => store.text(bytes)?,
                    // Python 2's `str` is text where it can be, bytes (an array's content) elsewhere.
                    b'U' | b'T' => match std::str::from_utf8(bytes) {
                        Ok(text) if text.is_ascii() => store.text(bytes)?,
                        _ => store.blob(bytes)?,
                    },
                    _ => store.blob(bytes)?,
                }
            }
        };
        self.push(value)
    }

    fn put(&mut self, opcode: u8) -> Step<()> {
        let at = match opcode {
            b'q' => self.input.size1()?,
            b'r' => self.input.size4()?,
            _ => text::index(self.input.line()?)?,
        };
        let value = self.top()?;
        self.memoize(at, value)
    }

    #[inline]
    fn memoize(&mut self, at: usize, value: Value) -> Step<()> {
        // Python numbers its memo as it writes it: a larger number than bytes read is no honest one.
        if at as u64 > self.input.position() {
            return Err(format!("memo {at} comes before its time"));
        }
        if at == self.memo.len() {
            self.memo.push(value);
            return Ok(());
        }
        if at > self.memo.len() {
            self.memo.resize(at + 1, Value::Taken);
        }
        self.memo[at] = value;
        Ok(())
    }

    /// Pushes what the memo has at this place.
    #[inline]
    fn recall(&mut self, at: usize) -> Step<()> {
        match self.memo.get(at) {
            Some(Value::Taken) | None => Err(format!("memo {at} is empty")),
            Some(value) => self.push(*value),
        }
    }

    fn tuple(&mut self, opcode: u8) -> Step<()> {
        let from = match opcode {
            b')' => self.stack.len(),
            b't' => self.pop_mark()?,
            _ => {
                let count = usize::from(opcode - 0x84);
                let floor = self.marks.last().copied().unwrap_or(0);
                let from = self.stack.len().checked_sub(count);
                from.filter(|f| *f >= floor).ok_or("stack is empty")?
            }
        };
        let value = self.pickle.store.tuple(&self.stack[from..])?;
        self.stack.truncate(from);
        self.push(value)
    }

    fn make(&mut self, opcode: u8) -> Step<()> {
        let from = match opcode {
            b'd' | b'l' | 0x91 => self.pop_mark()?,
            _ => self.stack.len(),
        };
        if opcode == b'd' && !(self.stack.len() - from).is_multiple_of(2) {
            return Err("dictionary key without a value".into());
        }
        let handle = self.store().container()?;
        self.pickle.store.extend(handle, &self.stack[from..])?;
        self.stack.truncate(from);
        self.push(match opcode {
            b'}' | b'd' => Value::Dict(handle),
            b']' | b'l' => Value::List(handle),
            _ => Value::Set(handle),
        })
    }

    fn extend(&mut self, opcode: u8) -> Step<()> {
        let from = match opcode {
            b'a' => self.stack.len().checked_sub(1).ok_or("stack is empty")?,
            b's' => self.stack.len().checked_sub(2).ok_or("stack is empty")?,
            _ => self.pop_mark()?,
        };
        let floor = self.marks.last().copied().unwrap_or(0);
        let target = match from > floor {
            true => self.stack[from - 1],
            false => return Err("items without a container to hold them".into()),
        };
        match (target, opcode) {
            (Value::Dict(at), b's' | b'u') => {
                if !(self.stack.len() - from).is_multiple_of(2) {
                    return Err("dictionary key without a value".into());
                }
                match self.is_streamed(from - 1) {
                    true => self.hand_over(from)?,
                    false => self.pickle.store.extend(at, &self.stack[from..])?,
                }
            }
            (Value::List(at), b'a' | b'e') | (Value::Set(at), 0x90) => {
                self.pickle.store.extend(at, &self.stack[from..])?;
            }
            _ => return Err("items without a container to hold them".into()),
        }
        self.stack.truncate(from);
        Ok(())
    }

    /// Whether the dictionary at this place of the stack is to become the value of the streamed key.
    fn is_streamed(&self, at: usize) -> bool {
        match (&self.streaming, at.checked_sub(1).map(|k| self.stack[k])) {
            (Some((key, _)), Some(Value::Text(span))) => self.pickle.store.text_at(span) == *key,
            (Some((key, _)), None) => *key == TOP,
            _ => false,
        }
    }

    /// Gives the entries above `from` to the taker, and frees them.
    fn hand_over(&mut self, from: usize) -> Step<()> {
        let Some((_, take)) = &mut self.streaming else {
            return Ok(());
        };
        for entry in self.stack[from..].chunks_exact(2) {
            let node = |value| Node {
                pickle: &self.pickle,
                value,
            };
            take(node(entry[0]), node(entry[1]))?;
            self.pickle.store.free(entry[1]);
        }
        Ok(())
    }
}
