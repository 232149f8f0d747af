//! A table as CSV: numbers in full, an interval as three columns, nothing for what is missing.

use super::document::{Table, Value};
use crate::error::Error;

/// The table's text.
pub(super) fn render(table: &Table) -> Result<String, Error> {
    let failed = |e: &dyn std::fmt::Display| Error::new(format!("table {}", table.id), e);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = table.columns.iter().flat_map(|c| {
        let mut names = vec![c.key.clone()];
        if c.interval {
            names.extend([format!("{}_low", c.key), format!("{}_high", c.key)]);
        }
        names
    });
    writer.write_record(header).map_err(|e| failed(&e))?;
    for row in &table.rows {
        let cells = row.iter().zip(&table.columns);
        let fields = cells.flat_map(|(value, column)| fields(value, column.interval));
        writer.write_record(fields).map_err(|e| failed(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(&e))?;
    String::from_utf8(bytes).map_err(|e| failed(&e))
}

fn fields(value: &Value, interval: bool) -> Vec<String> {
    let mut fields = match value {
        Value::Text(text) | Value::Name(_, text) => vec![text.clone()],
        Value::Number(number) | Value::Shown(number, _) => vec![number.to_string()],
        Value::Interval(mean, low, high) => {
            vec![mean.to_string(), low.to_string(), high.to_string()]
        }
        Value::Missing => vec![String::new()],
    };
    fields.resize(if interval { 3 } else { 1 }, String::new());
    fields
}
