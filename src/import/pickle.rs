//! A whitelist unpickler: reads the pickles tabular benchmarks are published as, and can construct
//! nothing else.
//!
//! Python's pickle is a program for a stack machine; this one knows plain values and NumPy scalars. Any
//! other global is an error that names it. Memory is bounded by the input: no length field is believed
//! before the bytes are there, and no value is copied but strings.

use std::collections::BTreeMap;
use std::rc::Rc;

/// A value a pickle may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Text(Rc<str>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// A tuple.
    Tuple(Rc<Vec<Value>>),
    /// A list: a handle into the arena of the pickle, since pickles mutate lists after memoising them.
    List(usize),
    /// A dictionary, likewise.
    Dict(usize),
    /// A callable from the whitelist.
    Global(Global),
    /// A NumPy data type of this code, for example `f8`.
    DType(Rc<str>),
}

/// What a pickle may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Global {
    /// `numpy.dtype`.
    DType,
    /// `numpy.core.multiarray.scalar`.
    Scalar,
    /// `_codecs.encode`, by which protocol 2 writes bytes.
    Encode,
}

/// A loaded pickle: its top value and the arenas its lists and dictionaries live in.
#[derive(Debug)]
pub struct Pickle {
    /// The value.
    pub top: Value,
    lists: Vec<Vec<Value>>,
    dicts: Vec<Vec<(Value, Value)>>,
}

impl Pickle {
    /// The pairs of a dictionary.
    pub fn dict(&self, value: &Value) -> Option<&[(Value, Value)]> {
        match value {
            Value::Dict(at) => self.dicts.get(*at).map(Vec::as_slice),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn list(&self, value: &Value) -> Option<&[Value]> {
        match value {
            Value::List(at) => self.lists.get(*at).map(Vec::as_slice),
            _ => None,
        }
    }
}

/// Why bytes are not a pickle we read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {problem}")]
pub struct PickleError {
    at: usize,
    problem: String,
}

/// Reads one pickle.
///
/// # Errors
/// When the bytes are cut short, are no pickle, or use what is not on the whitelist.
pub fn load(bytes: &[u8]) -> Result<Pickle, PickleError> {
    let mut machine = Machine {
        bytes,
        at: 0,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
        lists: Vec::new(),
        dicts: Vec::new(),
    };
    let top = machine.run().map_err(|problem| PickleError {
        at: machine.at,
        problem,
    })?;
    Ok(Pickle {
        top,
        lists: machine.lists,
        dicts: machine.dicts,
    })
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value>,
    lists: Vec<Vec<Value>>,
    dicts: Vec<Vec<(Value, Value)>>,
}

type Step<T> = Result<T, String>;

impl Machine<'_> {
    fn run(&mut self) -> Step<Value> {
        loop {
            let opcode = self.take(1)?[0];
            if opcode == b'.' {
                return self.pop();
            }
            self.step(opcode)?;
        }
    }

    fn take(&mut self, count: usize) -> Step<&[u8]> {
        let end = self
            .at
            .checked_add(count)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| format!("cut short: {count} more bytes expected"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Step<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("as many as taken"))
    }

    fn size4(&mut self) -> Step<usize> {
        Ok(u32::from_le_bytes(self.fixed()?) as usize)
    }

    fn size8(&mut self) -> Step<usize> {
        usize::try_from(u64::from_le_bytes(self.fixed()?)).map_err(|_| "size too large".into())
    }

    fn line(&mut self) -> Step<String> {
        let rest = &self.bytes[self.at..];
        let end = rest
            .iter()
            .position(|b| *b == b'\n')
            .ok_or("cut short: line expected")?;
        let line = String::from_utf8(rest[..end].to_vec()).map_err(|_| "line is not UTF-8")?;
        self.at += end + 1;
        Ok(line)
    }

    fn pop(&mut self) -> Step<Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or_else(|| "stack is empty".into()),
            false => Err("stack is empty".into()),
        }
    }

    fn pop_mark(&mut self) -> Step<Vec<Value>> {
        let mark = self.marks.pop().ok_or("no mark on the stack")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn push(&mut self, value: Value) -> Step<()> {
        self.stack.push(value);
        Ok(())
    }

    fn step(&mut self, opcode: u8) -> Step<()> {
        match opcode {
            0x80 => self.take(1).map(|_| ()),
            0x95 => self.take(8).map(|_| ()),
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'0' => self.pop().map(|_| ()),
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' | b'M' | b'J' | 0x8a | b'G' => self.number(opcode),
            b'X' | 0x8c | 0x8d | b'C' | b'B' | b'U' | b'T' => self.text(opcode),
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.memo(opcode),
            b')' | 0x85 | 0x86 | 0x87 | b't' => self.tuple(opcode),
            b'}' | b']' | b's' | b'u' | b'a' | b'e' => self.container(opcode),
            b'c' | 0x93 => self.global(opcode),
            b'R' => self.reduce(),
            b'b' => self.build(),
            other => Err(format!("opcode 0x{other:02x} is not on the whitelist")),
        }
    }

    fn number(&mut self, opcode: u8) -> Step<()> {
        let value = match opcode {
            b'K' => Value::Int(i64::from(self.take(1)?[0])),
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.fixed()?))),
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.fixed()?))),
            b'G' => Value::Float(f64::from_be_bytes(self.fixed()?)),
            _ => {
                let size = usize::from(self.take(1)?[0]);
                if size > 8 {
                    return Err(format!("integer of {size} bytes; at most 8 expected"));
                }
                let bytes = self.take(size)?;
                let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
                let mut wide = [if negative { 0xff } else { 0 }; 8];
                wide[..size].copy_from_slice(bytes);
                Value::Int(i64::from_le_bytes(wide))
            }
        };
        self.push(value)
    }

    fn text(&mut self, opcode: u8) -> Step<()> {
        let size = match opcode {
            0x8c | b'C' | b'U' => usize::from(self.take(1)?[0]),
            0x8d => self.size8()?,
            _ => self.size4()?,
        };
        let bytes = self.take(size)?;
        let value = match opcode {
            b'X' | 0x8c | 0x8d => Value::Text(
                std::str::from_utf8(bytes)
                    .map_err(|_| "string is not UTF-8")?
                    .into(),
            ),
            _ => Value::Bytes(bytes.into()),
        };
        self.push(value)
    }

    fn memo(&mut self, opcode: u8) -> Step<()> {
        let key = match opcode {
            b'q' | b'h' => u32::from(self.take(1)?[0]),
            b'r' | b'j' => u32::from_le_bytes(self.fixed()?),
            _ => self.memo.len() as u32,
        };
        if matches!(opcode, b'h' | b'j') {
            let value = self.memo.get(&key).cloned();
            return self.push(value.ok_or_else(|| format!("memo {key} is empty"))?);
        }
        let value = self.stack.last().cloned().ok_or("stack is empty")?;
        self.memo.insert(key, value);
        Ok(())
    }

    fn tuple(&mut self, opcode: u8) -> Step<()> {
        let items = match opcode {
            b')' => Vec::new(),
            b't' => self.pop_mark()?,
            _ => {
                let count = usize::from(opcode - 0x84);
                let mut items = (0..count).map(|_| self.pop()).collect::<Step<Vec<_>>>()?;
                items.reverse();
                items
            }
        };
        self.push(Value::Tuple(Rc::new(items)))
    }

    fn container(&mut self, opcode: u8) -> Step<()> {
        let items = match opcode {
            b'}' => {
                self.dicts.push(Vec::new());
                return self.push(Value::Dict(self.dicts.len() - 1));
            }
            b']' => {
                self.lists.push(Vec::new());
                return self.push(Value::List(self.lists.len() - 1));
            }
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_mark()?,
        };
        match self.stack.last() {
            Some(Value::Dict(at)) if matches!(opcode, b's' | b'u') => {
                let at = *at;
                let mut items = items.into_iter();
                while let Some(key) = items.next() {
                    let value = items.next().ok_or("dictionary key without a value")?;
                    self.dicts[at].push((key, value));
                }
                Ok(())
            }
            Some(Value::List(at)) if matches!(opcode, b'a' | b'e') => {
                let at = *at;
                self.lists[at].extend(items);
                Ok(())
            }
            _ => Err("items without a container to hold them".into()),
        }
    }

    fn global(&mut self, opcode: u8) -> Step<()> {
        let (module, name) = if opcode == b'c' {
            (self.line()?, self.line()?)
        } else {
            match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => (module.to_string(), name.to_string()),
                _ => return Err("the name of a global is not a string".into()),
            }
        };
        let global = match (module.as_str(), name.as_str()) {
            ("numpy", "dtype") => Global::DType,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::Scalar,
            ("_codecs", "encode") => Global::Encode,
            _ => return Err(format!("global `{module}.{name}` is not on the whitelist")),
        };
        self.push(Value::Global(global))
    }

    fn reduce(&mut self) -> Step<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let (Value::Tuple(arguments), Value::Global(global)) = (arguments, callable) else {
            return Err("a call of something that cannot be called".into());
        };
        let value = match (global, arguments.as_slice()) {
            (Global::DType, [Value::Text(code), ..]) => Value::DType(code.clone()),
            (Global::Scalar, [Value::DType(code), Value::Bytes(bytes)]) => scalar(code, bytes)?,
            (Global::Encode, [Value::Text(text), Value::Text(_)]) => {
                let bytes: Option<Vec<u8>> = text
                    .chars()
                    .map(|c| u8::try_from(u32::from(c)).ok())
                    .collect();
                Value::Bytes(bytes.ok_or("bytes beyond latin-1")?.into())
            }
            _ => return Err(format!("{global:?} called with unexpected arguments")),
        };
        self.push(value)
    }

    /// A data type's state says its byte order; only little-endian ones are read.
    fn build(&mut self) -> Step<()> {
        let state = self.pop()?;
        match (self.stack.last(), &state) {
            (Some(Value::DType(_)), Value::Tuple(state)) => match state.get(1) {
                Some(Value::Text(order)) if matches!(&**order, "<" | "|" | "=") => Ok(()),
                _ => Err("a NumPy type that is not little-endian".into()),
            },
            _ => Err("state for something that has none".into()),
        }
    }
}

fn scalar(code: &str, bytes: &[u8]) -> Step<Value> {
    let wrong = || format!("a NumPy {code} of {} bytes", bytes.len());
    Ok(match code {
        "f8" => Value::Float(f64::from_le_bytes(bytes.try_into().map_err(|_| wrong())?)),
        "f4" => Value::Float(f64::from(f32::from_le_bytes(
            bytes.try_into().map_err(|_| wrong())?,
        ))),
        "i8" => Value::Int(i64::from_le_bytes(bytes.try_into().map_err(|_| wrong())?)),
        "i4" => Value::Int(i64::from(i32::from_le_bytes(
            bytes.try_into().map_err(|_| wrong())?,
        ))),
        _ => return Err(format!("NumPy type `{code}` is not on the whitelist")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `pickle.dumps({1: [1.5, 'a', None, True, -3, 2**40]}, protocol=P)`
    const DUMPS: [&[u8]; 3] = [
        b"\x80\x02\x7d\x71\x00\x4b\x01\x5d\x71\x01\x28\x47\x3f\xf8\x00\x00\x00\x00\x00\x00\x58\x01\x00\x00\x00\x61\x71\x02\x4e\x88\x4a\xfd\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01\x65\x73\x2e",
        b"\x80\x03\x7d\x71\x00\x4b\x01\x5d\x71\x01\x28\x47\x3f\xf8\x00\x00\x00\x00\x00\x00\x58\x01\x00\x00\x00\x61\x71\x02\x4e\x88\x4a\xfd\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01\x65\x73\x2e",
        b"\x80\x04\x95\x26\x00\x00\x00\x00\x00\x00\x00\x7d\x94\x4b\x01\x5d\x94\x28\x47\x3f\xf8\x00\x00\x00\x00\x00\x00\x8c\x01\x61\x94\x4e\x88\x4a\xfd\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01\x65\x73\x2e",
    ];

    #[test]
    fn plain_values_in_every_binary_protocol() {
        for bytes in DUMPS {
            let pickle = load(bytes).expect("a pickle");
            let (key, list) = &pickle.dict(&pickle.top).expect("a dict")[0];
            assert_eq!(key, &Value::Int(1));
            let expected = [
                Value::Float(1.5),
                Value::Text("a".into()),
                Value::None,
                Value::Bool(true),
                Value::Int(-3),
                Value::Int(1 << 40),
            ];
            assert_eq!(pickle.list(list).expect("a list"), expected);
        }
    }

    #[test]
    fn nothing_but_the_whitelist_is_called() {
        let error = load(b"cos\nsystem\n(X\x02\x00\x00\x00idtR.").expect_err("refused");
        assert!(error.to_string().contains("`os.system`"), "{error}");
    }

    #[test]
    fn a_length_is_not_believed() {
        let error = load(b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f").expect_err("refused");
        assert!(error.to_string().contains("cut short"), "{error}");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            at in 0usize..40, byte: u8, cut in 0usize..60, noise in prop::collection::vec(any::<u8>(), 0..200)
        ) {
            for dump in DUMPS {
                let mut bytes = dump.to_vec();
                let at = at % bytes.len();
                bytes[at] = byte;
                bytes.truncate(cut.max(1));
                let _ = load(&bytes);
            }
            let _ = load(&noise);
        }
    }
}
