//! `records.parquet`: one row per charged evaluation.
//!
//! Rows stand in the study's order (task, strategy, replicate, finish); row groups are cut by row count
//! alone, so the bytes depend on the records and nothing else. The resolved study travels in the file's
//! key-value metadata, so that a report needs no other file, and a checksum of all this with it. A run that failed ends with a row whose
//! status is `run-failed`.

mod column;
mod group;
mod results;
#[cfg(test)]
mod tests;

use super::cells::Resolved;
use super::engine::CellRecord;
use super::resolved::ResolvedStudy;
use super::seal::{self, CHECKSUM_KEY, Summed, UNKNOWN};
use crate::error::Error;
use crate::space::SearchSpace;
use group::Group;
use polars::prelude::{ArrowDataType, ArrowField, ArrowSchema, PolarsError};
use polars_parquet::parquet::fallible_streaming_iterator::convert;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, FileWriter, KeyValue,
    StatisticsOptions, Version, WriteOptions, schema_to_metadata_key,
};
use rayon::prelude::*;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

/// Rows after which a row group ends, at the next cell boundary.
const GROUP_ROWS: u64 = 1 << 18;
/// Key of the resolved study in the file's metadata.
pub(super) const STUDY_KEY: &str = "archbench.study";

/// Status of a row: trained, not trained, and the end of a run whose strategy failed.
const OK: &str = "ok";
pub(super) const FAILED: &str = "failed";
pub(crate) const RUN_FAILED: &str = "run-failed";

/// A cell ready to be written: its place in the study and what it recorded.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) task: usize,
    pub(super) strategy: usize,
    pub(super) replicate: u32,
    pub(super) record: CellRecord,
}

/// What turns codes into names: the study's labels and the architectures of its spaces.
pub(super) struct Names<'a> {
    study: &'a ResolvedStudy,
    spaces: Vec<Arc<dyn SearchSpace>>,
    /// Every architecture of a task's space as its paper prints it, where the space is small.
    known: Vec<Option<Arc<Vec<String>>>>,
}

/// The largest raw space whose names are all written down once.
const SMALL_SPACE: u64 = 1 << 17;

impl<'a> Names<'a> {
    /// `spaces` holds the space of each task of the study.
    pub(super) fn new(study: &'a ResolvedStudy, spaces: Vec<Arc<dyn SearchSpace>>) -> Self {
        let mut known: Vec<Option<Arc<Vec<String>>>> = Vec::with_capacity(spaces.len());
        for (at, space) in spaces.iter().enumerate() {
            // Not by name: all pools share theirs.
            let same = spaces[..at].iter().position(|s| Arc::ptr_eq(s, space));
            known.push(match same {
                Some(earlier) => known[earlier].clone(),
                None if space.raw_size() <= SMALL_SPACE => {
                    let name = |index| space.display(&space.at_index(index));
                    Some(Arc::new((0..space.raw_size()).map(name).collect()))
                }
                None => None,
            });
        }
        Self {
            study,
            spaces,
            known,
        }
    }

    fn of_task(&self, task: usize) -> Option<&[String]> {
        self.known[task].as_ref().map(|names| names.as_slice())
    }

    fn display(&self, task: usize, arch: u64) -> String {
        let space = &self.spaces[task];
        space.display(&space.at_index(arch))
    }
}

/// The columns, in order.
fn schema() -> ArrowSchema {
    let columns = [
        ("benchmark", ArrowDataType::Utf8View),
        ("task", ArrowDataType::Utf8View),
        ("strategy", ArrowDataType::Utf8View),
        ("replicate", ArrowDataType::UInt32),
        ("trial", ArrowDataType::UInt32),
        ("arch", ArrowDataType::Utf8View),
        ("fidelity", ArrowDataType::UInt32),
        ("start_s", ArrowDataType::Float64),
        ("end_s", ArrowDataType::Float64),
        ("valid", ArrowDataType::Float64),
        ("test", ArrowDataType::Float64),
        ("incumbent_valid", ArrowDataType::Float64),
        ("incumbent_test", ArrowDataType::Float64),
        ("evaluations", ArrowDataType::UInt32),
        ("status", ArrowDataType::Utf8View),
        ("error", ArrowDataType::Utf8View),
    ];
    let field = |(name, dtype): (&'static str, ArrowDataType)| {
        (name.into(), ArrowField::new(name.into(), dtype, true))
    };
    columns.into_iter().map(field).collect()
}

/// The pages of a row group: its rows, and for each column its compressed pages.
type Encoded = Result<(u64, Vec<Vec<CompressedPage>>), Error>;

/// Writes cells to `path`: those numbered from 0 with `rows` evaluations each, in the study's order.
///
/// As many row groups as there are threads are read and encoded at once, so memory does not grow with the study.
///
/// # Errors
/// When a cell cannot be had or the file cannot be written; `path` is then incomplete.
pub(super) fn write(
    path: &Path,
    names: &Names<'_>,
    rows: impl Iterator<Item = u32>,
    read: &(dyn Fn(u32) -> Result<Cell, Error> + Sync),
) -> Result<(), Error> {
    let failed =
        |e: &dyn std::fmt::Display| Error::new(path.display(), format!("cannot write: {e}"));
    let file = File::create(path)
        .map_err(|e| Error::new(path.display(), format!("cannot create: {e}")))?;
    let options = WriteOptions {
        statistics: StatisticsOptions::empty(),
        version: Version::V1,
        compression: CompressionOptions::Lz4Raw,
        data_page_size: None,
    };
    let file = Summed::new(BufWriter::with_capacity(1 << 20, file));
    let mut writer = FileWriter::try_new(file, schema(), options).map_err(|e| failed(&e))?;
    let descriptors: Vec<Descriptor> = (writer.parquet_schema().columns().iter())
        .map(|column| column.descriptor.clone())
        .collect();
    let encode = |cells: &Vec<u32>| -> Encoded {
        let cells: Vec<Cell> = cells
            .iter()
            .map(|&cell| read(cell))
            .collect::<Result<_, _>>()?;
        let rows = cells.iter().map(|cell| cell.record.rows.len() + 1).sum();
        let mut group = Group::new(names, rows);
        cells.iter().for_each(|cell| group.push(cell));
        let pages: Result<_, _> = group.pages(&descriptors).into_iter().collect();
        Ok((group.rows() as u64, pages.map_err(|e| failed(&e))?))
    };
    for wave in groups(rows).chunks(rayon::current_num_threads()) {
        let encoded: Vec<Encoded> = wave.par_iter().map(encode).collect();
        for group in encoded {
            let (rows, columns) = group?;
            let columns = columns.iter().map(|pages| {
                let pages = convert(pages.iter().map(Result::<_, PolarsError>::Ok));
                Ok(DynStreamingIterator::new(pages))
            });
            let written = writer.write(rows, DynIter::new(columns));
            written.map_err(|e| failed(&e))?;
        }
    }
    let metadata = vec![
        schema_to_metadata_key(writer.schema()),
        KeyValue::new(STUDY_KEY.to_string(), Some(names.study.to_toml())),
        KeyValue::new(CHECKSUM_KEY.to_string(), Some(UNKNOWN.to_string())),
    ];
    writer.end(Some(metadata)).map_err(|e| failed(&e))?;
    let sum = writer.into_inner().finish().map_err(|e| failed(&e))?;
    seal::put(path, sum).map_err(|e| failed(&e))
}

/// The cells of each row group: whole cells until [`GROUP_ROWS`] rows are reached.
fn groups(rows: impl Iterator<Item = u32>) -> Vec<Vec<u32>> {
    let mut groups = Vec::new();
    let mut group = Vec::new();
    let mut in_group = 0;
    for (rows, cell) in rows.zip(0..) {
        group.push(cell);
        in_group += u64::from(rows);
        if in_group >= GROUP_ROWS {
            groups.push(std::mem::take(&mut group));
            in_group = 0;
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}
