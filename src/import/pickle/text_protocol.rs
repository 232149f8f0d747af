//! The literals of protocol 0, which is text.

use super::Value;
use super::input::Step;

fn utf8(line: &[u8]) -> Step<&str> {
    std::str::from_utf8(line).map_err(|_| "a line is not UTF-8".into())
}

/// A name in a line.
pub(super) fn name(line: &[u8]) -> Step<&str> {
    utf8(line.strip_suffix(b"\r").unwrap_or(line))
}

/// `I`: an integer; `00` and `01` are the booleans.
pub(super) fn int(line: &[u8]) -> Step<Value> {
    match line {
        b"00" => Ok(Value::Bool(false)),
        b"01" => Ok(Value::Bool(true)),
        _ => integer(utf8(line)?),
    }
}

/// `L`: a Python 2 long, with its `L`.
pub(super) fn long(line: &[u8]) -> Step<Value> {
    let text = utf8(line)?;
    integer(text.strip_suffix('L').unwrap_or(text))
}

fn integer(text: &str) -> Step<Value> {
    let value = text.trim().parse().map(Value::Int);
    value.map_err(|_| format!("`{}` is no integer of 64 bits", shown(text)))
}

/// `F`: a float as Python prints it.
pub(super) fn float(line: &[u8]) -> Step<Value> {
    let text = utf8(line)?;
    let value = text.trim().parse().map(Value::Float);
    value.map_err(|_| format!("`{}` is no float", shown(text)))
}

/// A memo's number.
pub(super) fn index(line: &[u8]) -> Step<usize> {
    let text = utf8(line)?;
    let value = text.trim().parse::<u32>().map(|v| v as usize);
    value.map_err(|_| format!("`{}` is no memo number", shown(text)))
}

/// `S`: a Python string literal in quotes; the bytes it stands for, as text.
pub(super) fn string(line: &[u8]) -> Step<String> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return Err("a string without its quotes".into()),
    };
    unescape(utf8(inner)?, true)
}

/// `V`: text with `\u` and `\U` escapes and nothing else escaped.
pub(super) fn unicode(line: &[u8]) -> Step<String> {
    let latin1: String = line.iter().map(|b| char::from(*b)).collect();
    unescape(&latin1, false)
}

fn unescape(text: &str, is_literal: bool) -> Step<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(kind) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let digits = match (kind, is_literal) {
            ('u', false) => 4,
            ('U', false) => 8,
            ('x', true) => 2,
            _ => 0,
        };
        let after = &rest[kind.len_utf8()..];
        if digits > 0 {
            let code = after
                .get(..digits)
                .and_then(|d| u32::from_str_radix(d, 16).ok());
            let char = code.and_then(char::from_u32);
            out.push(char.ok_or("an escape that stands for no character")?);
            rest = &after[digits..];
            continue;
        }
        match (kind, is_literal) {
            ('n', true) => out.push('\n'),
            ('r', true) => out.push('\r'),
            ('t', true) => out.push('\t'),
            ('\\' | '\'' | '"', true) => out.push(kind),
            _ => {
                out.push('\\');
                out.push(kind);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn shown(text: &str) -> String {
    text.chars().take(24).collect()
}
