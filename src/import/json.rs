//! JSON as Python writes it: with `NaN`, `Infinity` and `-Infinity`, which JSON does not know. They are read as
//! missing.

use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// Reads a value; the depth is bounded by the parser (128).
///
/// # Errors
/// When the bytes are not JSON, or not of this form, naming line and column.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(&with_null(bytes)).map_err(|e| e.to_string())
}

/// The bytes with each non-number outside strings as `null`.
fn with_null(bytes: &[u8]) -> Cow<'_, [u8]> {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|w| w == word);
    if !has(b"NaN") && !has(b"Infinity") {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut at = 0;
    let mut in_string = false;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let word = [&b"NaN"[..], b"-Infinity", b"Infinity"];
        let word = word.into_iter().find(|w| !in_string && rest.starts_with(w));
        if let Some(word) = word {
            out.extend(b"null");
            at += word.len();
            continue;
        }
        if in_string && rest[0] == b'\\' && rest.len() > 1 {
            out.extend(&rest[..2]);
            at += 2;
            continue;
        }
        in_string ^= rest[0] == b'"';
        out.push(rest[0]);
        at += 1;
    }
    Cow::Owned(out)
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
