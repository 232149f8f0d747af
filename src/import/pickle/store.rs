//! Where a pickle's values live: pools and arenas, charged to a budget.

use super::input::Step;
use super::{Array, DType, Global, Handle, Span, Value};

/// A whitelisted call or object, kept as data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// What would have been called, or the object's class.
    pub of: Global,
    /// Its positional arguments: a tuple.
    pub arguments: Value,
    /// The state it would have been given afterwards; [`Value::None`] without one.
    pub state: Value,
}

/// Entries of the cache that spares storing a repeated short string again.
const RECENT: usize = 1 << 12;
/// The longest string that is looked up in it, in bytes.
const SHORT: usize = 32;

/// Pools and arenas.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) texts: String,
    pub(super) bytes: Vec<u8>,
    pub(super) tuples: Vec<Value>,
    pub(super) containers: Vec<Vec<Value>>,
    pub(super) dtypes: Vec<DType>,
    pub(super) arrays: Vec<Array>,
    pub(super) records: Vec<Record>,
    pub(super) persistent: Vec<Value>,
    recent: Vec<Span>,
    left: usize,
}

impl Store {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            texts: String::new(),
            bytes: Vec::new(),
            tuples: Vec::new(),
            containers: Vec::new(),
            dtypes: Vec::new(),
            arrays: Vec::new(),
            records: Vec::new(),
            persistent: Vec::new(),
            recent: Vec::new(),
            left: memory,
        }
    }

    /// Takes `bytes` from the budget.
    #[inline]
    pub(super) fn charge(&mut self, bytes: usize) -> Step<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err("needs more memory than a file of its kind may".into()),
        }
    }

    fn span(at: usize, len: usize) -> Step<Span> {
        match (u32::try_from(at), u32::try_from(len)) {
            (Ok(at), Ok(len)) => Ok(Span { at, len }),
            _ => Err("holds more than 4 GiB of one kind of value".into()),
        }
    }

    fn handle<T>(arena: &mut Vec<T>, item: T) -> Step<Handle> {
        let at = u32::try_from(arena.len()).map_err(|_| "holds more than 2^32 objects")?;
        arena.push(item);
        Ok(Handle(at))
    }

    /// A string, of bytes in UTF-8.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) -> Step<Value> {
        if text.len() > SHORT {
            return self.new_text(text).map(Value::Text);
        }
        if self.recent.is_empty() {
            self.recent = vec![Span { at: 0, len: 0 }; RECENT];
        }
        let slot = slot(text);
        let known = self.recent[slot];
        // What is known is in UTF-8.
        if &self.texts.as_bytes()[known.at as usize..][..known.len as usize] == text {
            return Ok(Value::Text(known));
        }
        let span = self.new_text(text)?;
        self.recent[slot] = span;
        Ok(Value::Text(span))
    }

    fn new_text(&mut self, text: &[u8]) -> Step<Span> {
        let text = std::str::from_utf8(text).map_err(|_| "a string is not UTF-8")?;
        self.charge(text.len())?;
        let span = Self::span(self.texts.len(), text.len())?;
        self.texts.push_str(text);
        Ok(span)
    }

    pub(super) fn blob(&mut self, bytes: &[u8]) -> Step<Value> {
        self.charge(bytes.len())?;
        let span = Self::span(self.bytes.len(), bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(Value::Bytes(span))
    }

    pub(super) fn tuple(&mut self, items: &[Value]) -> Step<Value> {
        self.charge(size_of_val(items))?;
        let span = Self::span(self.tuples.len(), items.len())?;
        self.tuples.extend_from_slice(items);
        Ok(Value::Tuple(span))
    }

    pub(super) fn container(&mut self) -> Step<Handle> {
        self.charge(size_of::<Vec<Value>>())?;
        Self::handle(&mut self.containers, Vec::new())
    }

    /// Appends to a list, dictionary or set.
    pub(super) fn extend(&mut self, container: Handle, items: &[Value]) -> Step<()> {
        self.charge(size_of_val(items))?;
        let there = &mut self.containers[container.0 as usize];
        if there.is_empty() {
            there.reserve_exact(items.len());
        }
        there.extend_from_slice(items);
        Ok(())
    }

    pub(super) fn dtype(&mut self, dtype: DType) -> Step<Value> {
        self.charge(size_of::<DType>())?;
        Self::handle(&mut self.dtypes, dtype).map(Value::DType)
    }

    pub(super) fn array(&mut self, array: Array) -> Step<Value> {
        self.charge(size_of::<Array>() + 8 * array.shape.len())?;
        Self::handle(&mut self.arrays, array).map(Value::Array)
    }

    pub(super) fn record(&mut self, of: Global, arguments: Value) -> Step<Value> {
        self.charge(size_of::<Record>())?;
        let state = Value::None;
        let record = Record {
            of,
            arguments,
            state,
        };
        Self::handle(&mut self.records, record).map(Value::Record)
    }

    pub(super) fn persistent(&mut self, id: Value) -> Step<Value> {
        self.charge(size_of::<Value>())?;
        Self::handle(&mut self.persistent, id).map(Value::Persistent)
    }

    pub(super) fn text_at(&self, span: Span) -> &str {
        &self.texts[span.at as usize..][..span.len as usize]
    }

    pub(super) fn bytes_at(&self, span: Span) -> &[u8] {
        &self.bytes[span.at as usize..][..span.len as usize]
    }

    pub(super) fn tuple_at(&self, span: Span) -> &[Value] {
        &self.tuples[span.at as usize..][..span.len as usize]
    }

    pub(super) fn items_at(&self, container: Handle) -> &[Value] {
        &self.containers[container.0 as usize]
    }

    /// Frees the containers below `value`, but small ones of plain values, which others may share. A freed
    /// one holds [`Value::Taken`], so that cycles end.
    pub(super) fn free(&mut self, value: Value) {
        const SHARED: usize = 16;
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            let (Value::List(at) | Value::Dict(at)) = value else {
                continue;
            };
            let items = &mut self.containers[at.0 as usize];
            let nested = |v: &Value| matches!(v, Value::List(_) | Value::Dict(_));
            if items.len() > SHARED || items.iter().any(nested) {
                let items = std::mem::replace(items, vec![Value::Taken]);
                self.left += size_of_val(items.as_slice());
                open.extend(items.into_iter().filter(nested));
            }
        }
    }
}

/// The cache slot of a short string: a multiplicative hash of its first and last eight bytes.
#[inline]
fn slot(text: &[u8]) -> usize {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let ends = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [0, text.iter().fold(0, |word, b| word << 8 | u64::from(*b))],
    };
    let hash = (ends[0].wrapping_mul(ODD) ^ ends[1]).wrapping_mul(ODD);
    // The highest bits are those that all others have a part in.
    ((hash >> 32) as usize * RECENT) >> 32
}
