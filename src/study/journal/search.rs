//! What a search leaves behind as bytes: columns one after another, so that both ends are straight copies.
//!
//! The columns are architecture, trial, fidelity, valid, test, start, end, then failures and error. A column begins
//! with a byte that says how it lies.

use super::super::engine::{CellRecord, Row};
use super::{Record, Summary};

/// How the values of a column lie.
const NONE: u8 = 0;
const ALL: u8 = 1;
const SOME: u8 = 2;
/// Integers that need no bytes: trials counted from 0, or one fidelity for all rows.
const IMPLIED: u8 = 3;
const WIDE: u8 = 4;

impl Record for CellRecord {
    fn rows(&self) -> u32 {
        self.rows.len() as u32
    }

    fn failed(&self) -> bool {
        self.error.is_some()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let rows = &self.rows[..];
        out.reserve(64 + rows.len() * 20);
        put_architectures(rows, out);
        put_trials(rows, out);
        put_fidelities(rows, out);
        put_floats(rows, |row| row.valid, out);
        put_floats(rows, |row| row.test, out);
        put_floats(rows, |row| row.span_s.map(|span| span.0), out);
        put_floats(rows, |row| row.span_s.map(|span| span.1), out);
        out.extend_from_slice(&(self.failures.len() as u32).to_le_bytes());
        for (position, message) in &self.failures {
            out.extend_from_slice(&position.to_le_bytes());
            put_text(message, out);
        }
        put_text(self.error.as_deref().unwrap_or_default(), out);
    }

    fn decode(summary: Summary, bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        // Every row takes four bytes at least: what a length claims is checked before it is allocated.
        if summary.rows as usize > cursor.0.len() / 4 {
            return None;
        }
        let mut rows = vec![EMPTY; summary.rows as usize];
        match cursor.u8()? {
            ALL => cursor.column(&mut rows, |row, v| {
                row.arch = u64::from(u32::from_le_bytes(v))
            })?,
            WIDE => cursor.column(&mut rows, |row, v| row.arch = u64::from_le_bytes(v))?,
            _ => return None,
        }
        match cursor.u8()? {
            IMPLIED => rows
                .iter_mut()
                .zip(0..)
                .for_each(|(row, position)| row.trial = position),
            ALL => cursor.column(&mut rows, |row, v| row.trial = u32::from_le_bytes(v))?,
            _ => return None,
        }
        match cursor.u8()? {
            IMPLIED => {
                let fidelity = cursor.u32()?;
                rows.iter_mut().for_each(|row| row.fidelity = fidelity);
            }
            ALL => cursor.column(&mut rows, |row, v| row.fidelity = u32::from_le_bytes(v))?,
            _ => return None,
        }
        cursor.floats(&mut rows, |row, value| row.valid = Some(value))?;
        cursor.floats(&mut rows, |row, value| row.test = Some(value))?;
        cursor.floats(&mut rows, |row, start| row.span_s = Some((start, start)))?;
        cursor.floats(&mut rows, |row, end| {
            row.span_s = row.span_s.map(|(start, _)| (start, end))
        })?;
        let failures = cursor.u32()?;
        let failures = (0..failures)
            .map(|_| Some((cursor.u32()?, cursor.text()?)))
            .collect::<Option<_>>()?;
        let error = cursor.text()?;
        Some(Self {
            rows,
            failures,
            error: summary.failed.then_some(error),
        })
    }
}

/// Appends fixed-width values; written this way the loop becomes a copy.
fn put<const N: usize>(rows: &[Row], bytes: impl Fn(&Row) -> [u8; N], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + rows.len() * N, 0);
    for (slot, row) in out[start..].chunks_exact_mut(N).zip(rows) {
        slot.copy_from_slice(&bytes(row));
    }
}

fn put_architectures(rows: &[Row], out: &mut Vec<u8>) {
    if rows.iter().all(|row| row.arch <= u64::from(u32::MAX)) {
        out.push(ALL);
        put(rows, |row| (row.arch as u32).to_le_bytes(), out);
    } else {
        out.push(WIDE);
        put(rows, |row| row.arch.to_le_bytes(), out);
    }
}

fn put_trials(rows: &[Row], out: &mut Vec<u8>) {
    if rows
        .iter()
        .zip(0..)
        .all(|(row, position)| row.trial == position)
    {
        out.push(IMPLIED);
    } else {
        out.push(ALL);
        put(rows, |row| row.trial.to_le_bytes(), out);
    }
}

fn put_fidelities(rows: &[Row], out: &mut Vec<u8>) {
    match rows.first() {
        Some(first) if rows.iter().all(|row| row.fidelity == first.fidelity) => {
            out.push(IMPLIED);
            out.extend_from_slice(&first.fidelity.to_le_bytes());
        }
        _ => {
            out.push(ALL);
            put(rows, |row| row.fidelity.to_le_bytes(), out);
        }
    }
}

fn put_floats(rows: &[Row], value: impl Fn(&Row) -> Option<f64>, out: &mut Vec<u8>) {
    let present = rows.iter().filter(|row| value(row).is_some()).count();
    if present == 0 {
        out.push(NONE);
    } else if present == rows.len() {
        out.push(ALL);
        put(
            rows,
            |row| value(row).unwrap_or_default().to_le_bytes(),
            out,
        );
    } else {
        out.push(SOME);
        out.extend(rows.iter().map(|row| u8::from(value(row).is_some())));
        for value in rows.iter().filter_map(value) {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Takes values off the front of a body; `None` when it is too short.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.u32()? as usize;
        String::from_utf8(self.bytes(length)?.to_vec()).ok()
    }

    /// Fixed-width values for `rows` rows.
    fn column<const N: usize>(
        &mut self,
        rows: &mut [Row],
        set: impl Fn(&mut Row, [u8; N]),
    ) -> Option<()> {
        let bytes = self.bytes(rows.len().checked_mul(N)?)?;
        for (row, value) in rows.iter_mut().zip(bytes.chunks_exact(N)) {
            set(row, value.try_into().expect("a chunk of N bytes"));
        }
        Some(())
    }

    fn floats(&mut self, rows: &mut [Row], set: impl Fn(&mut Row, f64)) -> Option<()> {
        match self.u8()? {
            NONE => Some(()),
            ALL => self.column(rows, |row, value| set(row, f64::from_le_bytes(value))),
            SOME => {
                let present = self.bytes(rows.len())?;
                for (row, _) in rows.iter_mut().zip(present).filter(|(_, p)| **p == 1) {
                    set(row, f64::from_le_bytes(self.array()?));
                }
                Some(())
            }
            _ => None,
        }
    }
}

const EMPTY: Row = Row {
    arch: 0,
    trial: 0,
    fidelity: 0,
    span_s: None,
    valid: None,
    test: None,
};
