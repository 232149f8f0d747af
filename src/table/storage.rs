//! `table.parquet`: a table's rows in long form, one row per training, columns as on the card.

use super::{Card, Table, TableRow};
use crate::error::Error;
use crate::space;
use polars::prelude::*;
use sha2::{Digest, Sha256};
use std::io::Cursor;

const FLOATS: [&str; 6] = ["valid", "test", "cost_s", "latency_s", "params", "flops"];

/// SHA-256 in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn float(row: &TableRow, column: usize) -> Option<f64> {
    [
        row.valid,
        row.test,
        row.cost_s,
        row.latency_s,
        row.params,
        row.flops,
    ][column]
}

/// The Parquet file of a table; the same rows give the same bytes. Columns no row has are left out.
///
/// # Errors
/// When a task's space is unknown or the rows cannot be encoded.
pub fn encode(table: &Table) -> Result<Vec<u8>, Error> {
    let place = &table.card.name;
    let failed = |e: PolarsError| Error::new(place, format!("cannot encode the table: {e}"));
    let mut spaces = Vec::new();
    for task in &table.card.tasks {
        spaces.push(space::open(&task.space)?);
    }
    let rows = &table.rows;
    let tasks: Vec<&str> = rows
        .iter()
        .map(|r| table.card.tasks[r.task as usize].name.as_str())
        .collect();
    let archs: Vec<String> = rows
        .iter()
        .map(|r| {
            let space = &spaces[r.task as usize];
            space.display(&space.at_index(r.arch))
        })
        .collect();
    let mut columns = vec![
        Column::new("task".into(), tasks),
        Column::new("arch".into(), archs),
        Column::new(
            "epoch".into(),
            rows.iter().map(|r| r.epoch).collect::<Vec<_>>(),
        ),
        Column::new(
            "seed".into(),
            rows.iter().map(|r| r.seed).collect::<Vec<_>>(),
        ),
    ];
    for (at, name) in FLOATS.into_iter().enumerate() {
        let values: Vec<Option<f64>> = rows.iter().map(|r| float(r, at)).collect();
        if values.iter().any(Option::is_some) {
            columns.push(Column::new(name.into(), values));
        }
    }
    let mut frame = DataFrame::new(rows.len(), columns).map_err(failed)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::empty())
        .with_row_group_size(Some(1 << 20))
        .set_parallel(false)
        .finish(&mut frame)
        .map_err(failed)?;
    Ok(bytes)
}

/// Reads a table back, checking its checksum first.
///
/// # Errors
/// When the bytes are not those the card names, or not a table.
pub fn decode(card: Card, bytes: &[u8]) -> Result<Table, Error> {
    let found = sha256_hex(bytes);
    if found != card.sha256 {
        let problem = format!("checksum is {found}, its card says {}", card.sha256);
        return Err(Error::new(format!("{}: table.parquet", card.name), problem)
            .mend("the file is damaged or of another card: import it again"));
    }
    let place = format!("{}: table.parquet", card.name);
    let frame = ParquetReader::new(Cursor::new(bytes))
        .finish()
        .map_err(|e| Error::new(&place, format!("not a table: {e}")))?;
    let rows = decode_rows(&card, &frame).map_err(|e| e.within(&place))?;
    Ok(Table { card, rows })
}

fn decode_rows(card: &Card, frame: &DataFrame) -> Result<Vec<TableRow>, Error> {
    let broken = |e: PolarsError| Error::new("columns", e);
    let column = |name: &str| frame.column(name).map_err(broken);
    let (task, arch) = (
        column("task")?.str().map_err(broken)?,
        column("arch")?.str().map_err(broken)?,
    );
    let epoch = column("epoch")?.u32().map_err(broken)?;
    let seed = column("seed")?.u32().map_err(broken)?;
    let mut floats = Vec::new();
    for name in FLOATS {
        floats.push(match frame.column(name) {
            Ok(column) => Some(column.f64().map_err(broken)?.rechunk().into_owned()),
            Err(_) => None,
        });
    }
    let mut spaces = Vec::new();
    for task in &card.tasks {
        spaces.push(space::open(&task.space)?);
    }
    let mut rows = Vec::with_capacity(frame.height());
    let mut current = 0;
    for at in 0..frame.height() {
        let missing = || Error::new(format!("row {at}"), "a key column is empty");
        let name = task.get(at).ok_or_else(missing)?;
        if card.tasks.get(current).is_none_or(|t| t.name != name) {
            let known = card.tasks.iter().map(|t| t.name.as_str());
            current = (card.tasks.iter().position(|t| t.name == name))
                .ok_or_else(|| Error::unknown_name(format!("row {at}"), "task", name, known))?;
        }
        let space = &spaces[current];
        let arch = space.parse(arch.get(at).ok_or_else(missing)?)?;
        let value = |column: usize| floats[column].as_ref().and_then(|f| f.get(at));
        rows.push(TableRow {
            task: current as u32,
            arch: space.index_of(&arch),
            epoch: epoch.get(at).ok_or_else(missing)?,
            seed: seed.get(at).ok_or_else(missing)?,
            valid: value(0),
            test: value(1),
            cost_s: value(2),
            latency_s: value(3),
            params: value(4),
            flops: value(5),
        });
    }
    Ok(rows)
}
