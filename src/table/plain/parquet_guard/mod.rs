//! What a Parquet file would unpack to, read off its footer and the headers of its pages before anything is unpacked.
//!
//! The reader makes room for what headers say. A damaged or hostile file says anything: here every number must fit the
//! others and the length of the file.

mod page_header;

use page_header::{PageHeader, PageKind};
use polars_parquet::parquet::metadata::{ColumnChunkMetadata, FileMetadata};
use polars_parquet::parquet::read::read_metadata;
use std::io::Cursor;

/// The most bytes, and the most values, that a byte of the file may stand for; exported tables reach about 20.
const MAX_RATIO: usize = 256;
/// What a file may unpack to whatever its length.
const FREE: usize = 4 << 20;

/// Encodings whose values are no longer than their page: plain, dictionaries, runs, differences of numbers, lengths of
/// strings, split bytes. Strings that share prefixes are not among them.
const ENCODINGS: [i64; 7] = [0, 2, 3, 5, 6, 8, 9];

/// Checks that a file unpacks to what its length allows.
///
/// # Errors
/// When it does not, or its headers contradict each other.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let metadata = read_metadata(&mut Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let allowed = FREE.saturating_add(MAX_RATIO.saturating_mul(bytes.len()));
    let mut budget = Budget {
        bytes: allowed,
        values: allowed,
    };
    check_groups(&metadata, bytes, &mut budget)
}

/// What the file may still unpack to.
struct Budget {
    bytes: usize,
    values: usize,
}

impl Budget {
    fn take(&mut self, bytes: usize, values: usize) -> Result<(), String> {
        match (
            self.bytes.checked_sub(bytes),
            self.values.checked_sub(values),
        ) {
            (Some(bytes), Some(values)) => {
                *self = Self { bytes, values };
                Ok(())
            }
            _ => Err(format!(
                "unpacks to more than {MAX_RATIO} times its size: no table does"
            )),
        }
    }
}

fn check_groups(metadata: &FileMetadata, bytes: &[u8], budget: &mut Budget) -> Result<(), String> {
    let mut rows = 0usize;
    for group in &metadata.row_groups {
        rows = rows.saturating_add(group.num_rows());
        for column in group.parquet_columns() {
            let values = check_column(column, bytes, budget)?;
            if values != group.num_rows() {
                return Err(format!(
                    "a column of {values} values in a group of {} rows",
                    group.num_rows()
                ));
            }
        }
        if group.parquet_columns().is_empty() && group.num_rows() > 0 {
            return Err("rows without columns".into());
        }
    }
    match rows == metadata.num_rows {
        true => Ok(()),
        false => Err(format!(
            "{} rows, and {rows} in its groups",
            metadata.num_rows
        )),
    }
}

/// Checks the pages of a column; returns its number of values.
fn check_column(
    column: &ColumnChunkMetadata,
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<usize, String> {
    let range = column.byte_range();
    let (from, to) = (usize::try_from(range.start), usize::try_from(range.end));
    let chunk = from
        .ok()
        .zip(to.ok())
        .and_then(|(from, to)| bytes.get(from..to));
    let mut rest = chunk.ok_or("a column beyond the end of the file")?;
    let expected = usize::try_from(column.num_values()).map_err(|_| "a negative count")?;
    let mut values = 0;
    // The reader looks for a dictionary first, and stops where it has as many values as the footer says.
    let mut is_first = !rest.is_empty();
    while values < expected || is_first {
        is_first = false;
        let (header, length) = PageHeader::read(rest)?;
        let body = rest.get(length..).and_then(|b| b.get(..header.packed));
        body.ok_or("a page beyond the end of its column")?;
        rest = &rest[length + header.packed..];
        if header.kind != PageKind::Other && !ENCODINGS.contains(&header.encoding) {
            return Err(format!(
                "values in encoding {}, which is not read",
                header.encoding
            ));
        }
        match header.kind {
            PageKind::Data => {
                budget.take(header.unpacked, header.values)?;
                values += header.values;
                if header.values == 0 {
                    return Err("a page without values".into());
                }
            }
            PageKind::Dictionary => budget.take(header.unpacked, header.values)?,
            PageKind::Other => return Err("a page that is neither data nor dictionary".into()),
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;

    fn written(rows: usize) -> Vec<u8> {
        let columns = vec![
            Column::new("arch".into(), vec!["a"; rows]),
            Column::new("seed".into(), vec![1_u32; rows]),
            Column::new("valid/metric".into(), vec![Some(0.5); rows]),
        ];
        let mut frame = DataFrame::new(rows, columns).expect("columns of one height");
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes)
            .with_compression(ParquetCompression::Zstd(None))
            .finish(&mut frame)
            .expect("written");
        bytes
    }

    #[test]
    fn whole_tables_pass_and_bombs_do_not() {
        check(&written(3)).expect("whole");
        check(&written(100_000)).expect("whole");
        // Thirty million times the same row, in a few kilobytes.
        let error = check(&written(30_000_000)).expect_err("a bomb");
        assert!(error.contains("unpacks to more than"), "{error}");
    }

    /// Any byte of a small file changed to any of some values: refused or taken, and never more than allowed.
    #[test]
    fn damaged_headers_are_bounded() {
        let bytes = written(5);
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x10] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                let _ = crate::shield::shielded("t", || check(&damaged));
            }
        }
    }
}
