//! A loaded pickle, and a cursor to walk it with.

use super::globals::Global;
use super::store::{Record, Store};
use super::{Array, Value};

/// A loaded pickle.
#[derive(Debug)]
pub struct Pickle {
    /// Its value.
    pub top: Value,
    /// The bytes it took.
    pub read: u64,
    pub(super) store: Store,
}

/// A value in its pickle.
#[derive(Debug, Clone, Copy)]
pub struct Node<'p> {
    pub(super) pickle: &'p Pickle,
    pub(super) value: Value,
}

impl Pickle {
    /// The whole value.
    pub fn root(&self) -> Node<'_> {
        self.node(self.top)
    }

    /// A value of this pickle.
    pub fn node(&self, value: Value) -> Node<'_> {
        Node {
            pickle: self,
            value,
        }
    }
}

impl<'p> Node<'p> {
    /// The value itself.
    pub fn value(self) -> Value {
        self.value
    }

    fn at(self, value: Value) -> Self {
        Self { value, ..self }
    }

    fn slice(self) -> Option<&'p [Value]> {
        let store = &self.pickle.store;
        match self.value {
            Value::Tuple(span) => Some(store.tuple_at(span)),
            Value::List(at) | Value::Set(at) => Some(store.items_at(at)),
            _ => None,
        }
    }

    /// The items of a list, tuple, set or one-dimensional array of objects.
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = Node<'p>> + Clone> {
        let objects = || self.array()?.objects(self.pickle);
        let slice = self.slice().or_else(objects)?;
        Some(slice.iter().map(move |v| self.at(*v)))
    }

    /// An item of a list or tuple.
    pub fn item(self, at: usize) -> Option<Self> {
        self.slice()?.get(at).map(|v| self.at(*v))
    }

    /// The entries of a dictionary, in the file's order.
    pub fn pairs(
        self,
    ) -> Option<impl DoubleEndedIterator<Item = (Node<'p>, Node<'p>)> + ExactSizeIterator + Clone>
    {
        let Value::Dict(at) = self.value else {
            return None;
        };
        let items = self.pickle.store.items_at(at);
        Some((items.chunks_exact(2)).map(move |e| (self.at(e[0]), self.at(e[1]))))
    }

    /// The value under a string key; the last where a key is repeated, as in Python.
    pub fn get(self, key: &str) -> Option<Self> {
        self.pairs()?
            .rev()
            .find(|(k, _)| k.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// As [`Node::get`].
    ///
    /// # Errors
    /// When there is none, naming the key.
    pub fn field(self, key: &str) -> Result<Self, String> {
        self.get(key)
            .ok_or_else(|| format!("no entry `{key}` where one is expected"))
    }

    /// A string.
    pub fn text(self) -> Option<&'p str> {
        match self.value {
            Value::Text(span) => Some(self.pickle.store.text_at(span)),
            _ => None,
        }
    }

    /// Bytes.
    pub fn bytes(self) -> Option<&'p [u8]> {
        match self.value {
            Value::Bytes(span) => Some(self.pickle.store.bytes_at(span)),
            _ => None,
        }
    }

    /// An integer.
    pub fn int(self) -> Option<i64> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// A number, as a float; also the one number of an array.
    pub fn number(self) -> Option<f64> {
        match self.value {
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            Value::Array(_) => match self.array()?.numbers(self.pickle)?.as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            _ => None,
        }
    }

    /// The numbers of a list, tuple or array, in row-major order.
    pub fn numbers(self) -> Option<Vec<f64>> {
        match self.array() {
            Some(array) => array.numbers(self.pickle),
            None => {
                let items = self.slice()?;
                let mut numbers = Vec::with_capacity(items.len());
                for value in items {
                    numbers.push(self.at(*value).number()?);
                }
                Some(numbers)
            }
        }
    }

    /// The numbers of a list or tuple at these places.
    pub fn numbers_at(self, places: &[usize]) -> Option<Vec<f64>> {
        let items = self.slice()?;
        let mut numbers = Vec::with_capacity(places.len());
        for place in places {
            numbers.push(self.at(*items.get(*place)?).number()?);
        }
        Some(numbers)
    }

    /// A NumPy array.
    pub fn array(self) -> Option<&'p Array> {
        match self.value {
            Value::Array(at) => self.pickle.store.arrays.get(at.0 as usize),
            _ => None,
        }
    }

    /// A whitelisted call or object.
    pub fn record(self) -> Option<&'p Record> {
        match self.value {
            Value::Record(at) => self.pickle.store.records.get(at.0 as usize),
            _ => None,
        }
    }

    /// The state and arguments of an object of this class.
    pub fn record_of(self, of: Global) -> Option<(Node<'p>, Node<'p>)> {
        let record = self.record().filter(|r| r.of == of)?;
        Some((self.at(record.arguments), self.at(record.state)))
    }

    /// The id of a persistent reference.
    pub fn persistent(self) -> Option<Self> {
        match self.value {
            Value::Persistent(at) => {
                Some(self.at(*self.pickle.store.persistent.get(at.0 as usize)?))
            }
            _ => None,
        }
    }
}
