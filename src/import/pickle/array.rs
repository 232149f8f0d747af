//! NumPy's types, scalars and arrays.

use super::Value;
use super::input::Step;
use super::node::Pickle;
use super::store::Store;
use std::borrow::Cow;

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Python object.
    Object,
    /// A boolean.
    Bool,
    /// A signed integer.
    Int,
    /// An unsigned integer.
    Uint,
    /// A float.
    Float,
    /// Latin-1 text, padded with zeros.
    Bytes,
    /// UCS-4 text, padded with zeros.
    Text,
}

/// A NumPy data type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DType {
    /// What an element is.
    pub kind: Kind,
    /// Bytes of an element.
    pub size: usize,
    /// Whether its bytes begin with the most significant.
    pub(super) big_endian: bool,
}

/// A NumPy array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The type of its elements.
    pub dtype: DType,
    /// Its extents; empty for a scalar.
    pub shape: Vec<usize>,
    fortran: bool,
    data: Value,
}

impl DType {
    const OBJECT: Self = Self {
        kind: Kind::Object,
        size: 8,
        big_endian: false,
    };
    /// The form most arrays have.
    const DOUBLE: Self = Self {
        kind: Kind::Float,
        size: 8,
        big_endian: false,
    };

    /// Reads a code, for example `f8`.
    pub(super) fn parse(code: &str) -> Step<Self> {
        let refused = || {
            let code: String = code.chars().take(24).collect();
            format!("NumPy type `{code}` is not on the whitelist")
        };
        let big_endian = code.starts_with('>');
        let plain = code.trim_start_matches(['<', '>', '|', '=']);
        let mut chars = plain.chars();
        let kind = match chars.next() {
            Some('O') => return Ok(Self::OBJECT),
            Some('b') => Kind::Bool,
            Some('i') => Kind::Int,
            Some('u') => Kind::Uint,
            Some('f') => Kind::Float,
            Some('S') => Kind::Bytes,
            Some('U') => Kind::Text,
            _ => return Err(refused()),
        };
        let count: usize = chars.as_str().parse().map_err(|_| refused())?;
        let fits = match kind {
            Kind::Bool => count == 1,
            Kind::Int | Kind::Uint => matches!(count, 1 | 2 | 4 | 8),
            Kind::Float => matches!(count, 2 | 4 | 8),
            _ => count < 1 << 20,
        };
        let size = if kind == Kind::Text { 4 * count } else { count };
        match fits {
            true => Ok(Self {
                kind,
                size,
                big_endian,
            }),
            false => Err(refused()),
        }
    }

    /// An element as a number, if it is one; `bytes` are as many as its size.
    fn number(self, bytes: &[u8]) -> Option<f64> {
        if self.kind == Kind::Float {
            let bits = self.bits(bytes);
            return Some(match self.size {
                8 => f64::from_bits(bits),
                4 => f64::from(f32::from_bits(bits as u32)),
                _ => half(bits as u16),
            });
        }
        self.integer(bytes).map(|i| i as f64)
    }

    /// An element as an integer, if it is one that fits.
    fn integer(self, bytes: &[u8]) -> Option<i64> {
        match self.kind {
            Kind::Bool => Some(i64::from(self.bits(bytes) != 0)),
            Kind::Uint => i64::try_from(self.bits(bytes)).ok(),
            Kind::Int => {
                let unused = 64 - 8 * self.size as u32;
                Some((self.bits(bytes) << unused) as i64 >> unused)
            }
            _ => None,
        }
    }

    fn bits(self, bytes: &[u8]) -> u64 {
        let mut wide = [0; 8];
        wide[..self.size].copy_from_slice(bytes);
        if self.big_endian {
            wide[..self.size].reverse();
        }
        u64::from_le_bytes(wide)
    }

    /// An element as text, if it is.
    fn text(self, bytes: &[u8]) -> Option<String> {
        let text: String = match self.kind {
            Kind::Bytes => bytes.iter().map(|b| char::from(*b)).collect(),
            Kind::Text => {
                let code = |c: &[u8]| {
                    let four: [u8; 4] = c.try_into().ok()?;
                    char::from_u32(match self.big_endian {
                        true => u32::from_be_bytes(four),
                        false => u32::from_le_bytes(four),
                    })
                };
                bytes.chunks_exact(4).map(code).collect::<Option<_>>()?
            }
            _ => return None,
        };
        Some(text.trim_end_matches('\0').to_owned())
    }
}

/// A 16-bit float (IEEE 754 binary16).
pub(crate) fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff);
    match (bits >> 10) & 0x1f {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2f64.powi(i32::from(exponent) - 15),
    }
}

impl Default for Array {
    fn default() -> Self {
        Self::new(DType::OBJECT, vec![0], false, Value::None)
    }
}

impl Array {
    pub(super) fn new(dtype: DType, shape: Vec<usize>, fortran: bool, data: Value) -> Self {
        Self {
            dtype,
            shape,
            fortran,
            data,
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().fold(1, |n, d| n.saturating_mul(*d))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements' bytes, if there are as many as shape and type say.
    fn elements<'p>(&self, pickle: &'p Pickle) -> Option<std::slice::ChunksExact<'p, u8>> {
        let bytes = pickle.node(self.data).bytes()?;
        let whole = self.len().checked_mul(self.dtype.size)? == bytes.len();
        (whole && self.dtype.size > 0).then(|| bytes.chunks_exact(self.dtype.size))
    }

    /// Its numbers in row-major order, if they are numbers.
    pub fn numbers(&self, pickle: &Pickle) -> Option<Vec<f64>> {
        let stored: Vec<f64> = match self.objects(pickle) {
            Some(objects) => (objects.iter())
                .map(|v| match v {
                    Value::Int(i) => Some(*i as f64),
                    Value::Float(f) => Some(*f),
                    _ => None,
                })
                .collect::<Option<_>>()?,
            None if self.dtype == DType::DOUBLE => (self.elements(pickle)?)
                .map(|e| f64::from_le_bytes(*e.first_chunk().expect("eight bytes")))
                .collect(),
            None => (self.elements(pickle)?)
                .map(|e| self.dtype.number(e))
                .collect::<Option<_>>()?,
        };
        Some(self.row_major(stored))
    }

    /// Its strings in row-major order, if they are strings.
    pub fn texts<'p>(&self, pickle: &'p Pickle) -> Option<Vec<Cow<'p, str>>> {
        let stored: Vec<Cow<'p, str>> = match self.objects(pickle) {
            Some(objects) => (objects.iter())
                .map(|v| pickle.node(*v).text().map(Cow::Borrowed))
                .collect::<Option<_>>()?,
            None => (self.elements(pickle)?)
                .map(|e| self.dtype.text(e).map(Cow::Owned))
                .collect::<Option<_>>()?,
        };
        Some(self.row_major(stored))
    }

    /// The elements of an array of Python objects, as stored.
    pub(super) fn objects<'p>(&self, pickle: &'p Pickle) -> Option<&'p [Value]> {
        let (Kind::Object, Value::List(at)) = (self.dtype.kind, self.data) else {
            return None;
        };
        let items = pickle.store.items_at(at);
        (items.len() == self.len()).then_some(items)
    }

    /// Elements in row-major order; Fortran's order is the transpose's.
    fn row_major<T: Clone>(&self, stored: Vec<T>) -> Vec<T> {
        let [rows, columns] = self.shape[..] else {
            return stored;
        };
        if !self.fortran {
            return stored;
        }
        (0..rows)
            .flat_map(|r| (0..columns).map(move |c| c * rows + r))
            .map(|at| stored[at].clone())
            .collect()
    }
}

/// Extents from a tuple, or from the one number that stands for it.
pub(super) fn shape(store: &Store, value: Value) -> Step<Vec<usize>> {
    let one = [value];
    let extents = match value {
        Value::Tuple(span) => store.tuple_at(span),
        _ => &one,
    };
    if extents.len() > 32 {
        return Err("an array of more than 32 dimensions".into());
    }
    (extents.iter())
        .map(|v| match v {
            Value::Int(extent) => usize::try_from(*extent).ok(),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| "an array's shape is not of whole numbers".into())
}

/// An array from its pickled state: version, shape, type, order, data.
pub(super) fn from_state(store: &Store, state: Value) -> Step<Array> {
    let Value::Tuple(state) = state else {
        return Err("the state of an array is a tuple".into());
    };
    let (shape_value, dtype, order, data) = match *store.tuple_at(state) {
        [_, shape, dtype, order, data] | [shape, dtype, order, data] => (shape, dtype, order, data),
        _ => return Err("the state of an array has five parts".into()),
    };
    let Value::DType(dtype) = dtype else {
        return Err("an array without a type".into());
    };
    let dtype = store.dtypes[dtype.0 as usize];
    let fortran = matches!(order, Value::Bool(true) | Value::Int(1));
    let shape = shape(store, shape_value)?;
    if shape.len() > 2 && fortran {
        return Err("an array of three dimensions in Fortran's order".into());
    }
    Ok(Array::new(dtype, shape, fortran, data))
}

/// A NumPy scalar, as the plain value it is.
pub(super) fn scalar(store: &mut Store, dtype: DType, value: Value) -> Step<Value> {
    let wrong = |n: usize| format!("a NumPy scalar of {n} bytes; {} expected", dtype.size);
    // Protocols 0 to 2 write bytes that are plain ASCII as a string.
    let bytes = match value {
        Value::Bytes(span) => store.bytes_at(span),
        Value::Text(span) => store.text_at(span).as_bytes(),
        _ if dtype.kind == Kind::Object => return Ok(value),
        _ => return Err("a NumPy scalar without its bytes".into()),
    };
    if bytes.len() != dtype.size {
        return Err(wrong(bytes.len()));
    }
    if let Some(text) = dtype.text(bytes) {
        return store.text(text.as_bytes());
    }
    let out_of_range = || "a NumPy scalar beyond 64 bits".to_string();
    match dtype.kind {
        Kind::Float => dtype
            .number(bytes)
            .map(Value::Float)
            .ok_or_else(out_of_range),
        Kind::Bool => Ok(Value::Bool(bytes[0] != 0)),
        _ => dtype
            .integer(bytes)
            .map(Value::Int)
            .ok_or_else(out_of_range),
    }
}
