//! JSON as Python writes it: with `NaN`, `Infinity` and `-Infinity`, which JSON does not know. They are read as
//! missing.

use memchr::{memchr2, memchr3, memmem};
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Reads a value; the depth is bounded by the parser (128).
///
/// # Errors
/// When the bytes are not JSON, or not of this form, naming line and column.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    parse_with(bytes, PhantomData)
}

/// As [`parse`], with a seed that knows what to make of it.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_with<T>(
    bytes: &[u8],
    seed: impl for<'de> DeserializeSeed<'de, Value = T> + Copy,
) -> Result<T, String> {
    let read = |bytes: &[u8]| {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value = seed.deserialize(&mut deserializer)?;
        deserializer.end().map(|()| value)
    };
    // Most files are JSON; looking for what is not takes a hundredth of the time of reading.
    let is_json = [&b"NaN"[..], b"Infinity"]
        .iter()
        .all(|word| memmem::find(bytes, word).is_none());
    let value = match is_json {
        true => read(bytes),
        false => read(&with_null(bytes)),
    };
    value.map_err(|e| e.to_string())
}

/// What can be read from an object's entries.
pub(super) trait FromObject: Sized {
    fn from_object<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// An object where there is one; whatever else stands there is skipped.
pub(super) struct Object<T>(pub(super) Option<T>);

/// A number where there is one; whatever else stands there is skipped.
pub(super) struct Number(pub(super) Option<f64>);

/// A value that is no object, as far as anybody asked.
enum Value<T> {
    Object(T),
    Number(f64),
    Other,
}

/// An object of no interest.
struct Skipped;

impl FromObject for Skipped {
    fn from_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self)
    }
}

impl<'de, T: FromObject> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = from.deserialize_any(Any(PhantomData))?;
        Ok(Self(match value {
            Value::Object(object) => Some(object),
            _ => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = from.deserialize_any(Any::<Skipped>(PhantomData))?;
        Ok(Self(match value {
            Value::Number(number) => Some(number),
            _ => None,
        }))
    }
}

/// Takes any value.
struct Any<T>(PhantomData<T>);

impl<'de, T: FromObject> Visitor<'de> for Any<T> {
    type Value = Value<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::from_object(map).map(Value::Object)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }
}

/// An object's entries in the order of the file.
pub(super) struct Pairs<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(Entries(PhantomData))
    }
}

/// What Python writes and JSON does not know.
const NON_NUMBERS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];

/// The bytes with each non-number outside strings as `null`.
fn with_null(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    // Up to where the bytes are copied, and looked at.
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = memchr3(b'"', b'N', b'I', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            at = string_end(bytes, at + 1);
            continue;
        }
        // The sign stands before the word.
        let start = at - usize::from(at > 0 && bytes[at - 1] == b'-');
        let word = NON_NUMBERS.iter().find(|w| bytes[start..].starts_with(w));
        match word {
            Some(word) => {
                out.extend_from_slice(&bytes[copied..start]);
                out.extend_from_slice(b"null");
                at = start + word.len();
                copied = at;
            }
            None => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(bytes);
    }
    out.extend_from_slice(&bytes[copied..]);
    Cow::Owned(out)
}

/// The place after the string that begins here.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr2(b'"', b'\\', &bytes[at..]) {
        at += found + 1;
        if bytes[at - 1] == b'"' {
            return at;
        }
        // What is escaped is passed over.
        at = bytes.len().min(at + 1);
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_non_numbers_are_missing_outside_strings() {
        let text = br#"{"a": [NaN, 1.5, -Infinity, Infinity], "NaN \" b": ["NaN"]}"#;
        let value: serde_json::Value = parse(text).expect("JSON");
        let expected = serde_json::json!({"a": [null, 1.5, null, null], "NaN \" b": ["NaN"]});
        assert_eq!(value, expected);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        parse::<serde_json::Value>(&deep).expect_err("too deep");
    }
}
