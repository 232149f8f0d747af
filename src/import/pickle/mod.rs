//! A whitelist unpickler: reads the pickles tabular benchmarks are published as, and can construct
//! nothing else.
//!
//! Python's pickle is a program for a stack machine. This one knows every opcode of protocols 0 to 5 but
//! those that point outside the file (extension codes, out-of-band buffers), and calls nothing: a global
//! on the whitelist (`globals.rs`) becomes a plain value, an array or an inert [`Record`] of its arguments; any
//! other global is an error that names it. No length field is believed before the bytes are there, and
//! all memory is charged to a budget.

mod array;
mod frame;
mod globals;
mod input;
mod machine;
mod node;
mod store;
mod text_protocol;

pub(crate) use array::half;
pub use array::{Array, DType, Kind};
pub use frame::{Column, Frame};
pub use globals::Global;
pub use node::{Node, Pickle};
pub use store::Record;

use input::Input;
use machine::Machine;
use std::io::Read;

/// A value a pickle may hold; text, bytes and containers are handles into the [`Pickle`] they are from.
#[derive(Debug, Clone, Copy, PartialEq)]
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
    Text(Span),
    /// `bytes` or `bytearray`.
    Bytes(Span),
    /// A tuple.
    Tuple(Span),
    /// A list.
    List(Handle),
    /// A dictionary, its keys and values alternating.
    Dict(Handle),
    /// A set.
    Set(Handle),
    /// A name from the whitelist.
    Global(Global),
    /// A NumPy data type.
    DType(Handle),
    /// A NumPy array.
    Array(Handle),
    /// A call of, or object of, a whitelisted name, not carried out.
    Record(Handle),
    /// A persistent id: PyTorch's reference to a storage beside the pickle.
    Persistent(Handle),
    /// What a streaming reader took out already.
    Taken,
}

/// A range of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    at: u32,
    len: u32,
}

/// A place in an arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle(u32);

/// Why bytes are not a pickle we read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {problem}")]
pub struct PickleError {
    at: u64,
    problem: String,
}

/// How much a pickle may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of memory for all values.
    pub memory: usize,
    /// Nested open containers.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 4 << 30,
            depth: 1_000,
        }
    }
}

/// Reads one pickle.
///
/// # Errors
/// When the bytes are cut short, are no pickle, or use what is not on the whitelist.
pub fn load(bytes: &[u8]) -> Result<Pickle, PickleError> {
    // A value costs at most some fifty bytes per opcode; a hostile file gets no more than its size earns.
    let limits = Limits {
        memory: Limits::default().memory.min(64 * bytes.len() + (1 << 16)),
        ..Limits::default()
    };
    load_within(bytes, limits)
}

/// As [`load`], with limits of one's own.
///
/// # Errors
/// As [`load`].
pub fn load_within(bytes: &[u8], limits: Limits) -> Result<Pickle, PickleError> {
    Machine::new(Input::of_bytes(bytes), limits).load()
}

/// Reads one pickle from a stream.
///
/// # Errors
/// As [`load`].
pub fn load_from(reader: impl Read, limits: Limits) -> Result<Pickle, PickleError> {
    Machine::new(Input::of_stream(reader), limits).load()
}

/// Reads pickles that follow one another in one file, as many as there are.
///
/// # Errors
/// As [`load`].
pub fn load_sequence(bytes: &[u8]) -> Result<Vec<Pickle>, PickleError> {
    let mut pickles = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let pickle = load(rest).map_err(|e| PickleError {
            at: e.at + (bytes.len() - rest.len()) as u64,
            ..e
        })?;
        rest = &rest[pickle.read as usize..];
        pickles.push(pickle);
    }
    Ok(pickles)
}

/// The key of [`stream_entries`] for the outermost dictionary.
pub const TOP: &str = "";

/// Reads one pickle from a stream, handing over each entry of the dictionary stored under `key` as soon as
/// it is complete and freeing what it held: a file of many gigabytes needs the memory of one batch of
/// entries (Python writes a thousand at a time).
///
/// `take` is given the pickle so far, the entry's key and its value.
///
/// # Errors
/// As [`load`], and what `take` returns.
pub fn stream_entries(
    reader: impl Read,
    limits: Limits,
    key: &str,
    take: &mut dyn FnMut(Node<'_>, Node<'_>) -> Result<(), String>,
) -> Result<Pickle, PickleError> {
    Machine::new(Input::of_stream(reader), limits)
        .streaming(key, take)
        .load()
}

#[cfg(test)]
mod tests;
