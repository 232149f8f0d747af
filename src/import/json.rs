//! JSON as Python writes it: with `NaN`, `Infinity` and `-Infinity`, which JSON does not know. They are read as
//! missing.

use memchr::{memchr, memchr_iter, memchr2, memchr2_iter};
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// Reads a value; the depth is bounded by the parser (128).
///
/// # Errors
/// When the bytes are not JSON, or not of this form, naming line and column.
pub(super) fn parse<T: DeserializeOwned>(bytes: Cow<'_, [u8]>) -> Result<T, String> {
    parse_with(bytes, PhantomData)
}

/// As [`parse`], with a seed that knows what to make of it.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_with<T>(
    bytes: Cow<'_, [u8]>,
    seed: impl for<'de> DeserializeSeed<'de, Value = T>,
) -> Result<T, String> {
    let bytes = without_mark(bytes);
    let places = non_numbers(&bytes);
    let bytes = match places.is_empty() {
        true => bytes,
        false => Cow::Owned(with_null(bytes.into_owned(), &places)),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    let value = seed.deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|e| e.to_string())
}

/// The bytes without the mark that some editors put before UTF-8.
fn without_mark(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    match bytes {
        bytes if !bytes.starts_with(MARK) => bytes,
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[MARK.len()..]),
        Cow::Owned(mut bytes) => {
            bytes.drain(..MARK.len());
            Cow::Owned(bytes)
        }
    }
}

/// What can be read from an object's entries.
pub(super) trait FromObject: Sized {
    fn from_object<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// An object or a number where there is one; whatever else stands there is skipped.
pub(super) enum Object<T> {
    /// An object.
    Is(T),
    /// A number in its place.
    Number(f64),
    /// Something else.
    IsNot,
}

/// A number where there is one; whatever else stands there is skipped.
pub(super) struct Number(pub(super) Option<f64>);

/// Numbers in a row, NaN where there is none: `null`, or what JSON does not know.
#[derive(Default)]
pub(super) struct Numbers(pub(super) Vec<f64>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Row;
        impl<'de> Visitor<'de> for Row {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Numbers, A::Error> {
                // Room for a training of some epochs.
                let mut numbers = Vec::with_capacity(64);
                while let Some(OrNan(number)) = seq.next_element()? {
                    numbers.push(number);
                }
                Ok(Numbers(numbers))
            }
        }
        from.deserialize_seq(Row)
    }
}

/// A number, or NaN for `null`.
struct OrNan(f64);

impl<'de> Deserialize<'de> for OrNan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Element;
        impl Visitor<'_> for Element {
            type Value = OrNan;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E>(self, value: f64) -> Result<OrNan, E> {
                Ok(OrNan(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<OrNan, E> {
                Ok(OrNan(value as f64))
            }

            fn visit_i64<E>(self, value: i64) -> Result<OrNan, E> {
                Ok(OrNan(value as f64))
            }

            fn visit_unit<E>(self) -> Result<OrNan, E> {
                Ok(OrNan(f64::NAN))
            }
        }
        from.deserialize_any(Element)
    }
}

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
        Ok(match value {
            Value::Object(object) => Self::Is(object),
            Value::Number(number) => Self::Number(number),
            Value::Other => Self::IsNot,
        })
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
const NON_NUMBERS: [&[u8]; 3] = [b"-Infinity", b"NaN", b"Infinity"];

/// Where non-numbers stand outside strings, from the first to the last.
fn non_numbers(bytes: &[u8]) -> Vec<Range<usize>> {
    let is_word = |at: &usize| NON_NUMBERS.iter().any(|w| bytes[*at..].starts_with(w));
    let words = memchr2_iter(b'N', b'I', bytes).filter(is_word);
    let mut strings = Strings::of(bytes);
    let outside = words.filter(|&at| !strings.covers(at));
    let signed = |at: usize| {
        // The sign stands before the word.
        let start = at - usize::from(bytes[..at].ends_with(b"-"));
        let word = NON_NUMBERS.iter().find(|w| bytes[start..].starts_with(w));
        word.map(|word| start..start + word.len())
    };
    outside.filter_map(signed).collect()
}

/// Tells of places in ascending order whether they lie in a string. Where nothing is escaped, counting quotes is enough,
/// which takes a hundredth of the time of reading.
struct Strings<'b> {
    bytes: &'b [u8],
    /// Looked for when it matters.
    has_escapes: Option<bool>,
    /// Up to where quotes were passed, and whether a string is open there.
    at: usize,
    is_open: bool,
}

impl<'b> Strings<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            has_escapes: None,
            at: 0,
            is_open: false,
        }
    }

    /// Whether a string is open at `place`, which is no quote and not escaped.
    fn covers(&mut self, place: usize) -> bool {
        let bytes = self.bytes;
        let has_escapes = || memchr(b'\\', bytes).is_some();
        if !*self.has_escapes.get_or_insert_with(has_escapes) {
            let quotes = memchr_iter(b'"', &self.bytes[self.at..place]).count();
            self.is_open ^= quotes % 2 == 1;
            self.at = place;
            return self.is_open;
        }
        while self.at < place {
            let Some(found) = memchr2(b'"', b'\\', &self.bytes[self.at..place]) else {
                self.at = place;
                break;
            };
            self.at += found;
            // What is escaped is passed over.
            let is_quote = self.bytes[self.at] == b'"';
            self.is_open ^= is_quote;
            self.at += if is_quote { 1 } else { 2 };
        }
        self.is_open
    }
}

/// The bytes with a `null` at each of the places: with blanks behind it where there is room, so that nothing moves.
fn with_null(mut bytes: Vec<u8>, places: &[Range<usize>]) -> Vec<u8> {
    const NULL: &[u8] = b"null";
    if places.iter().all(|place| place.len() >= NULL.len()) {
        for place in places {
            bytes[place.clone()].fill(b' ');
            bytes[place.start..][..NULL.len()].copy_from_slice(NULL);
        }
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len() + places.len());
    let mut copied = 0;
    for place in places {
        out.extend_from_slice(&bytes[copied..place.start]);
        out.extend_from_slice(NULL);
        copied = place.end;
    }
    out.extend_from_slice(&bytes[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn python_non_numbers_are_missing_outside_strings() {
        for (text, expected) in [
            (
                r#"{"a": [NaN, 1.5, -Infinity, Infinity], "NaN \" b": ["NaN"]}"#,
                json!({"a": [null, 1.5, null, null], "NaN \" b": ["NaN"]}),
            ),
            (
                r#"{"a": [-Infinity,Infinity], "Infinity": ["-Infinity", "x"], "b": Infinity}"#,
                json!({"a": [null, null], "Infinity": ["-Infinity", "x"], "b": null}),
            ),
            (
                r#"["\\", NaN, "\\\"NaN", Infinity]"#,
                json!(["\\", null, "\\\"NaN", null]),
            ),
            (
                r#"["\u00e9 NaN", "Infinity", "\\NaN"]"#,
                json!(["é NaN", "Infinity", "\\NaN"]),
            ),
        ] {
            let value: serde_json::Value = parse(Cow::Borrowed(text.as_bytes())).expect(text);
            assert_eq!(value, expected, "{text}");
        }
        for text in [
            "[-NaN]",
            "[xInfinity]",
            "[\\NaN]",
            "[Infinityx]",
            "Infinity\"",
            "[\"Infinity",
        ] {
            let refused = parse::<serde_json::Value>(Cow::Borrowed(text.as_bytes()));
            refused.expect_err(text);
        }
    }

    #[test]
    fn errors_name_the_place_in_the_file() {
        let text = b"[Infinity, -Infinity,\n Infinity x]";
        let refused = parse::<serde_json::Value>(Cow::Borrowed(text)).expect_err("no JSON");
        assert!(refused.ends_with("line 2 column 11"), "{refused}");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        parse::<serde_json::Value>(deep.into()).expect_err("too deep");
    }
}
