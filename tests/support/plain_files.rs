//! A small plain table: its card, and its trainings as CSV and as Parquet.

use polars::prelude::*;

/// The card of a pool with one task.
pub const CARD: &str = r#"
[about]
name = "mine"
title = "My networks"
citation = "Me, 2026"
licence = "CC0-1.0"
[[task]]
name = "digits"
metric = "accuracy"
space = "pool"
"#;

/// Trainings as CSV.
pub const TRAININGS: &str = "task,schedule,arch,seed,epoch,valid/metric,train/time_s
digits,10,small,7,1,0.5,2.5
digits,10,small,7,10,0.75,25
digits,10,\"large, deep\",7,10,,30
digits,10,\"large, deep\",8,10,0.875,31
";

/// The same as Parquet, packed or not.
pub fn parquet(compression: ParquetCompression) -> Vec<u8> {
    let columns = vec![
        Column::new("task".into(), ["digits"; 4]),
        Column::new("schedule".into(), ["10"; 4]),
        Column::new(
            "arch".into(),
            ["small", "small", "large, deep", "large, deep"],
        ),
        Column::new("seed".into(), [7_u32, 7, 7, 8]),
        Column::new("epoch".into(), [1_u32, 10, 10, 10]),
        Column::new(
            "valid/metric".into(),
            [Some(0.5), Some(0.75), None, Some(0.875)],
        ),
        Column::new("train/time_s".into(), [2.5, 25.0, 30.0, 31.0]),
    ];
    let mut frame = DataFrame::new(4, columns).expect("columns of one height");
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(compression)
        .finish(&mut frame)
        .expect("written");
    bytes
}
