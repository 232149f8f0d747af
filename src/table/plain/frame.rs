//! Rows of named columns, from and to CSV and Parquet.

use super::{ARCHITECTURE_KEYS, TRAINING_KEYS, parquet_guard};
use crate::error::Error;
use crate::shield::shielded;
use polars::prelude::*;
use std::io::{Cursor, Write};

/// What a column of this name holds.
fn dtype(name: &str) -> DataType {
    match name {
        "seed" | "epoch" => DataType::UInt32,
        name if TRAINING_KEYS.contains(&name) || ARCHITECTURE_KEYS.contains(&name) => {
            DataType::String
        }
        _ => DataType::Float64,
    }
}

/// Reads CSV with a header; an empty cell is missing.
pub(super) fn from_csv(place: &str, bytes: &[u8]) -> Result<DataFrame, Error> {
    let mut reader = csv::Reader::from_reader(bytes);
    let unreadable = |e: csv::Error| Error::new(place, format!("not CSV: {e}"));
    let header = reader.headers().map_err(unreadable)?.clone();
    let mut texts: Vec<Vec<Option<String>>> = vec![Vec::new(); header.len()];
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(unreadable)? {
        for (column, cell) in texts.iter_mut().zip(&record) {
            let cell = cell.trim();
            column.push((!cell.is_empty()).then(|| cell.to_string()));
        }
    }
    let height = texts.first().map_or(0, Vec::len);
    let mut columns = Vec::with_capacity(header.len());
    for (name, cells) in header.iter().zip(texts) {
        let column = match dtype(name) {
            DataType::String => Column::new(name.into(), cells),
            DataType::UInt32 => Column::new(name.into(), parsed::<u32>(place, name, &cells)?),
            _ => Column::new(name.into(), parsed::<f64>(place, name, &cells)?),
        };
        columns.push(column);
    }
    DataFrame::new(height, columns).map_err(|e| Error::new(place, e))
}

fn parsed<T: std::str::FromStr>(
    place: &str,
    name: &str,
    cells: &[Option<String>],
) -> Result<Vec<Option<T>>, Error> {
    let mut values = Vec::with_capacity(cells.len());
    for (at, cell) in cells.iter().enumerate() {
        let value = match cell {
            None => None,
            Some(cell) => Some(cell.parse().map_err(|_| {
                let line = at + 2;
                Error::new(
                    format!("{place}: line {line}, column {name}"),
                    format!("`{cell}` is not a number"),
                )
                .mend("leave missing values empty")
            })?),
        };
        values.push(value);
    }
    Ok(values)
}

/// Reads Parquet. The library panics on some damaged bytes, also on what it read from them: all of it is shielded.
pub(super) fn from_parquet(place: &str, bytes: &[u8]) -> Result<DataFrame, Error> {
    let refused = |problem| Error::new(place, format!("not a Parquet table: {problem}"));
    shielded(place, || parquet_guard::check(bytes))?.map_err(refused)?;
    shielded(place, || read_parquet(place, bytes))?
}

fn read_parquet(place: &str, bytes: &[u8]) -> Result<DataFrame, Error> {
    let unreadable = |e: PolarsError| Error::new(place, format!("not a Parquet table: {e}"));
    let mut frame = (ParquetReader::new(Cursor::new(bytes)).finish()).map_err(unreadable)?;
    let names: Vec<PlSmallStr> = frame.get_column_names_owned();
    for name in names {
        let column = frame.column(&name).map_err(unreadable)?;
        let wanted = dtype(&name);
        if *column.dtype() != wanted {
            let cast = column.strict_cast(&wanted).map_err(|e| {
                Error::new(
                    format!("{place}: column {name}"),
                    format!("expected {wanted}: {e}"),
                )
            })?;
            frame.with_column(cast).map_err(unreadable)?;
        }
    }
    frame.rechunk_mut();
    Ok(frame)
}

/// Writes CSV; the header only when asked.
pub(super) fn to_csv(frame: &DataFrame, header: bool, out: &mut dyn Write) -> Result<(), Error> {
    let failed = |e: &dyn std::fmt::Display| Error::new("export", format!("cannot write: {e}"));
    let mut writer = csv::Writer::from_writer(out);
    if header {
        let names = frame.get_column_names();
        writer
            .write_record(names.iter().map(|n| n.as_str()))
            .map_err(|e| failed(&e))?;
    }
    let columns = frame.columns();
    for row in 0..frame.height() {
        for column in columns {
            let cell = match column.get(row).map_err(|e| failed(&e))? {
                AnyValue::Null => String::new(),
                AnyValue::String(text) => text.to_string(),
                AnyValue::UInt32(number) => number.to_string(),
                // The shortest text that reads back as the same number.
                AnyValue::Float64(number) => number.to_string(),
                other => return Err(failed(&format!("unexpected value {other}"))),
            };
            writer.write_field(cell).map_err(|e| failed(&e))?;
        }
        writer.write_record(None::<&[u8]>).map_err(|e| failed(&e))?;
    }
    writer.flush().map_err(|e| failed(&e))
}

/// Writes frames of one schema as one Parquet file; the same frames give the same bytes.
pub(super) fn to_parquet(
    schema: &DataFrame,
    frames: impl Iterator<Item = Result<DataFrame, Error>>,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let failed = |e: PolarsError| Error::new("export", format!("cannot write: {e}"));
    let mut writer = ParquetWriter::new(out)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::empty())
        .with_row_group_size(Some(1 << 20))
        .set_parallel(false)
        .batched(schema.schema())
        .map_err(failed)?;
    for frame in frames {
        writer.write_batch(&frame?).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let columns = vec![
            Column::new("arch".into(), ["a", "b", "c"]),
            Column::new("seed".into(), [1_u32, 2, 3]),
            Column::new("valid/metric".into(), [Some(0.5), None, Some(0.25)]),
        ];
        let frame = DataFrame::new(3, columns).expect("columns of one height");
        let mut bytes = Vec::new();
        to_parquet(&frame, std::iter::once(Ok(frame.clone())), &mut bytes).expect("written");
        bytes
    }

    /// A file cut anywhere, as a full disk or a broken copy leaves it, is refused.
    #[test]
    fn cut_parquet_is_refused() {
        let bytes = written();
        assert_eq!(from_parquet("t", &bytes).expect("whole").height(), 3);
        for end in 0..bytes.len() {
            let error = from_parquet("t", &bytes[..end]).expect_err("cut");
            assert!(error.to_string().starts_with("t: "), "{error}");
        }
    }
}
