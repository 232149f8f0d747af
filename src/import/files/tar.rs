//! A tar archive (ustar, with GNU's and POSIX's long names), read into memory.

use super::guard;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

const BLOCK: usize = 512;
/// The most a whole archive may unpack to in memory.
const MAX_TOTAL: u64 = 4 << 30;
/// The longest name or list of attributes.
const MAX_NAME: u64 = 1 << 16;

/// Members by name: regular files only; a link is refused.
pub(super) fn read(reader: impl Read) -> Result<Vec<(String, Vec<u8>)>, String> {
    // Unpacking and checksums are fastest in large pieces.
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let mut members = BTreeMap::new();
    let mut long_name: Option<String> = None;
    let mut total = 0;
    let mut at = 0u64;
    loop {
        let mut header = [0; BLOCK];
        match fill(&mut reader, &mut header).map_err(|e| format!("cannot read: {e}"))? {
            0 => break,
            BLOCK => {}
            got => {
                return Err(format!(
                    "byte {at}: cut short: {got} bytes of a header of {BLOCK}"
                ));
            }
        }
        if header.iter().all(|b| *b == 0) {
            break;
        }
        let wrong = |problem: &str| format!("byte {at}: {problem}");
        if !checksum_holds(&header) {
            return Err(wrong("not a tar header: its checksum does not hold"));
        }
        let size = size(&header).ok_or_else(|| wrong("a member's size is no number"))?;
        total = size.saturating_add(total);
        let kind = header[156];
        let is_name = matches!(kind, b'L' | b'x' | b'K' | b'g');
        if total > MAX_TOTAL || (is_name && size > MAX_NAME) {
            return Err(wrong("a member larger than any of a published table"));
        }
        let content = content(&mut reader, size).map_err(|e| wrong(&e))?;
        at += BLOCK as u64 * (1 + size.div_ceil(BLOCK as u64));
        match kind {
            b'L' => long_name = Some(text(&content)),
            b'x' => long_name = pax_path(&content).or(long_name),
            b'K' | b'g' | b'5' => {}
            b'0' | 0 | b'7' => {
                let name = long_name.take().unwrap_or_else(|| header_name(&header));
                let name = name.trim_start_matches("./").to_owned();
                if !guard::is_inside(&name) {
                    return Err(format!("member `{name}` leads out of the archive"));
                }
                if members.insert(name.clone(), content).is_some() {
                    return Err(format!("member `{name}` occurs twice"));
                }
            }
            b'1' | b'2' => return Err(format!("member `{}` is a link", header_name(&header))),
            _ => return Err(format!("member `{}` is no file", header_name(&header))),
        }
        if kind == b'5' {
            long_name = None;
        }
    }
    // To the end, so that a compressed archive's own checksum is looked at.
    io::copy(&mut reader, &mut io::sink()).map_err(|e| format!("cannot read: {e}"))?;
    Ok(members.into_iter().collect())
}

/// Reads until the buffer is full or the stream ends.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..])? {
            0 => break,
            more => got += more,
        }
    }
    Ok(got)
}

/// A member's bytes; the padding after them is skipped.
fn content(reader: &mut impl Read, size: u64) -> Result<Vec<u8>, String> {
    let mut content = Vec::with_capacity(size.min(1 << 16) as usize);
    let failed = |e: io::Error| format!("cannot read: {e}");
    reader
        .take(size)
        .read_to_end(&mut content)
        .map_err(failed)?;
    let padding = (size.div_ceil(BLOCK as u64) * BLOCK as u64 - size) as usize;
    let skipped = fill(reader, &mut [0; BLOCK][..padding]).map_err(failed)?;
    match content.len() as u64 == size && skipped == padding {
        true => Ok(content),
        false => Err(format!("cut short: a member of {size} bytes")),
    }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = text(field);
    u64::from_str_radix(text.trim_matches(' '), 8).ok()
}

fn size(header: &[u8; BLOCK]) -> Option<u64> {
    let field = &header[124..136];
    match field[0] & 0x80 != 0 {
        // GNU writes large sizes in base 256.
        true => (field[4..].iter())
            .try_fold(0u64, |n, b| n.checked_mul(256)?.checked_add(u64::from(*b))),
        false => octal(field),
    }
}

fn checksum_holds(header: &[u8; BLOCK]) -> bool {
    let sum = |at: usize| {
        if (148..156).contains(&at) {
            32
        } else {
            u64::from(header[at])
        }
    };
    octal(&header[148..156]) == Some((0..BLOCK).map(sum).sum())
}

fn header_name(header: &[u8; BLOCK]) -> String {
    let name = text(&header[..100]);
    let prefix = text(&header[345..500]);
    match header[257..262] == *b"ustar" && header[262] == 0 && !prefix.is_empty() {
        true => format!("{prefix}/{name}"),
        false => name,
    }
}

/// The `path` among POSIX attributes, each `length key=value\n`.
fn pax_path(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let path = text
        .lines()
        .find_map(|line| line.split_once(' ')?.1.strip_prefix("path="));
    path.map(str::to_owned)
}
