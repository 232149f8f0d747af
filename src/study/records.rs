//! `records.parquet`: one row per charged evaluation.
//!
//! Rows stand in the study's order (task, strategy, replicate, finish); row groups are cut by row count
//! alone, so the bytes depend on the records and nothing else. The resolved study travels in the file's
//! key-value metadata, so that a report needs no other file. A run that failed ends with a row whose
//! status is `run-failed`.

use super::engine::{CellRecord, Row};
use super::resolved::ResolvedStudy;
use crate::error::Error;
use crate::space::SearchSpace;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::iter::repeat_n;
use std::path::Path;
use std::sync::Arc;

/// Rows after which a row group ends, at the next cell boundary.
const GROUP_ROWS: usize = 1 << 18;
/// Key of the resolved study in the file's metadata.
pub(super) const STUDY_KEY: &str = "archbench.study";

const OK: u32 = 0;
pub(super) const FAILED: u32 = 1;
pub(super) const RUN_FAILED: u32 = 2;
pub(super) const STATUS: [&str; 3] = ["ok", "failed", "run-failed"];

/// A cell ready to be written: its place in the study and what it recorded.
pub(super) struct Cell {
    pub(super) task: usize,
    pub(super) strategy: usize,
    pub(super) replicate: u32,
    pub(super) record: CellRecord,
}

/// What turns codes into names: the labels of a study and the architectures of its spaces.
pub(super) struct Names<'a> {
    study: &'a ResolvedStudy,
    benchmarks: Arc<FrozenCategories>,
    tasks: Arc<FrozenCategories>,
    strategies: Arc<FrozenCategories>,
    status: Arc<FrozenCategories>,
    known: Known,
    architectures: Vec<Arc<ArchitectureNames>>,
}

/// Architectures as their papers print them: categories where the space is small enough.
struct ArchitectureNames {
    space: Arc<dyn SearchSpace>,
    /// Category of each raw architecture; empty where names are written out.
    codes: Vec<u32>,
}

/// Spaces up to this size become categories; larger ones are written as strings.
const DENSE_NAMES: u64 = 1 << 17;
/// No category: a row without an architecture.
const NO_CODE: u32 = u32::MAX;

/// Every architecture of the study's spaces, where they are few enough to be categories.
type Known = Option<Arc<FrozenCategories>>;

/// The names of all spaces' architectures, each once, and the categories of each space's.
fn code_architectures(
    spaces: &[Arc<dyn SearchSpace>],
) -> Result<(Known, Vec<Arc<ArchitectureNames>>), Error> {
    let is_dense = spaces.iter().map(|s| s.raw_size()).max() <= Some(DENSE_NAMES);
    let mut names: Vec<String> = Vec::new();
    let mut code_of: BTreeMap<String, u32> = BTreeMap::new();
    let mut coded: Vec<Arc<ArchitectureNames>> = Vec::with_capacity(spaces.len());
    for space in spaces {
        let known = coded
            .iter()
            .find(|a| a.space.name() == space.name())
            .cloned();
        let code = |index: u64| {
            let name = space.display(&space.at_index(index));
            *code_of.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                names.len() as u32 - 1
            })
        };
        coded.push(match known {
            Some(known) => known,
            None => Arc::new(ArchitectureNames {
                space: space.clone(),
                codes: match is_dense {
                    true => (0..space.raw_size()).map(code).collect(),
                    false => Vec::new(),
                },
            }),
        });
    }
    let known = match is_dense {
        true => Some(
            FrozenCategories::new(names.iter().map(String::as_str))
                .map_err(|e| Error::new("records", e))?,
        ),
        false => None,
    };
    Ok((known, coded))
}

impl<'a> Names<'a> {
    /// `spaces` holds the space of each task of the study.
    ///
    /// # Errors
    /// When a name cannot be a category.
    pub(super) fn new(
        study: &'a ResolvedStudy,
        spaces: &[Arc<dyn SearchSpace>],
    ) -> Result<Self, Error> {
        let (known, architectures) = code_architectures(spaces)?;
        Ok(Self {
            study,
            benchmarks: categories(study.tasks.iter().map(|t| t.benchmark.as_str()))?,
            tasks: categories(study.tasks.iter().map(|t| t.task.as_str()))?,
            strategies: categories(study.strategies.iter().map(|s| s.label.as_str()))?,
            status: categories(STATUS.into_iter())?,
            known,
            architectures,
        })
    }
}

fn categories<'a>(names: impl Iterator<Item = &'a str>) -> Result<Arc<FrozenCategories>, Error> {
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    FrozenCategories::new(unique).map_err(|e| Error::new("records", e))
}

/// The columns of a row group under construction.
#[derive(Default)]
struct Columns<'n> {
    benchmark: Vec<u32>,
    task: Vec<u32>,
    strategy: Vec<u32>,
    replicate: Vec<u32>,
    trial: Vec<Option<u32>>,
    /// Categories, or names where the spaces are too large for categories.
    arch_code: Vec<u32>,
    arch_name: Vec<Option<String>>,
    fidelity: Vec<Option<u32>>,
    start_s: Vec<Option<f64>>,
    end_s: Vec<Option<f64>>,
    valid: Vec<Option<f64>>,
    test: Vec<Option<f64>>,
    incumbent_valid: Vec<Option<f64>>,
    incumbent_test: Vec<Option<f64>>,
    evaluations: Vec<u32>,
    status: Vec<u32>,
    error: Vec<Option<&'n str>>,
}

impl<'n> Columns<'n> {
    fn push_cell(&mut self, names: &'n Names<'_>, cell: &'n Cell) {
        let record = &cell.record;
        let run_failed = record.error.is_some();
        let rows = record.rows.len() + usize::from(run_failed);
        let task = &names.study.tasks[cell.task];
        let label = &names.study.strategies[cell.strategy].label;
        let code = |known: &FrozenCategories, name: &str| {
            known
                .mapping()
                .get_cat(name)
                .expect("every name of the study is a category")
        };
        self.benchmark
            .extend(repeat_n(code(&names.benchmarks, &task.benchmark), rows));
        self.task
            .extend(repeat_n(code(&names.tasks, &task.task), rows));
        self.strategy
            .extend(repeat_n(code(&names.strategies, label), rows));
        self.replicate.extend(repeat_n(cell.replicate, rows));
        let before = self.status.len();
        self.push_rows(&names.architectures[cell.task], &record.rows);
        for (position, message) in &record.failures {
            self.error[before + *position as usize] = Some(message);
        }
        if let Some(message) = &record.error {
            self.push_run_failure(record.rows.len() as u32, message);
        }
    }

    fn push_rows(&mut self, names: &'n ArchitectureNames, rows: &[Row]) {
        let mut incumbent: Option<(f64, Option<f64>)> = None;
        for (position, row) in rows.iter().enumerate() {
            if let Some(valid) = row.valid
                && incumbent.is_none_or(|(best, _)| valid > best)
            {
                incumbent = Some((valid, row.test));
            }
            let (start_s, end_s) = row.span_s.unzip();
            self.trial.push(Some(row.trial));
            match names.codes.get(row.arch as usize) {
                Some(code) => self.arch_code.push(*code),
                None => {
                    let arch = names.space.at_index(row.arch);
                    self.arch_name.push(Some(names.space.display(&arch)));
                }
            }
            self.fidelity.push(Some(row.fidelity));
            self.start_s.push(start_s);
            self.end_s.push(end_s);
            self.valid.push(row.valid);
            self.test.push(row.test);
            self.incumbent_valid.push(incumbent.map(|(valid, _)| valid));
            self.incumbent_test
                .push(incumbent.and_then(|(_, test)| test));
            self.evaluations.push(position as u32 + 1);
            self.status
                .push(if row.valid.is_some() { OK } else { FAILED });
        }
        self.error.resize(self.status.len(), None);
    }

    fn push_run_failure(&mut self, evaluations: u32, message: &'n str) {
        self.trial.push(None);
        self.arch_code.push(NO_CODE);
        self.arch_name.push(None);
        self.fidelity.push(None);
        for column in [
            &mut self.start_s,
            &mut self.end_s,
            &mut self.valid,
            &mut self.test,
            &mut self.incumbent_valid,
            &mut self.incumbent_test,
        ] {
            column.push(None);
        }
        self.evaluations.push(evaluations);
        self.status.push(RUN_FAILED);
        self.error.push(Some(message));
    }

    fn into_frame(self, names: &Names<'_>) -> PolarsResult<DataFrame> {
        let rows = self.status.len();
        let columns = vec![
            enumeration("benchmark", &self.benchmark, &names.benchmarks),
            enumeration("task", &self.task, &names.tasks),
            enumeration("strategy", &self.strategy, &names.strategies),
            Column::new("replicate".into(), self.replicate),
            integers("trial", &self.trial),
            match &names.known {
                Some(known) => enumeration("arch", &self.arch_code, known),
                None => strings("arch", &self.arch_name),
            },
            integers("fidelity", &self.fidelity),
            floats("start_s", &self.start_s),
            floats("end_s", &self.end_s),
            floats("valid", &self.valid),
            floats("test", &self.test),
            floats("incumbent_valid", &self.incumbent_valid),
            floats("incumbent_test", &self.incumbent_test),
            Column::new("evaluations".into(), self.evaluations),
            enumeration("status", &self.status, &names.status),
            strings("error", &self.error),
        ];
        let mut frame = DataFrame::new(rows, columns)?;
        frame.rechunk_mut();
        Ok(frame)
    }
}

/// A categorical column; a code that is no category is a missing value.
fn enumeration(name: &str, codes: &[u32], categories: &Arc<FrozenCategories>) -> Column {
    let dtype = DataType::from_frozen_categories(categories.clone());
    let name = name.into();
    match categories.physical() {
        CategoricalPhysical::U8 => {
            let codes = codes.iter().map(|&c| c as u8).collect();
            let codes = UInt8Chunked::from_vec(name, codes);
            CategoricalChunked::<Categorical8Type>::from_cats_and_dtype(codes, dtype).into_column()
        }
        CategoricalPhysical::U16 => {
            let codes = codes.iter().map(|&c| c as u16).collect();
            let codes = UInt16Chunked::from_vec(name, codes);
            CategoricalChunked::<Categorical16Type>::from_cats_and_dtype(codes, dtype).into_column()
        }
        CategoricalPhysical::U32 => {
            let codes = UInt32Chunked::from_slice(name, codes);
            CategoricalChunked::<Categorical32Type>::from_cats_and_dtype(codes, dtype).into_column()
        }
    }
}

/// A column of optional floats; the two usual cases, none missing and all missing, take a short way.
fn floats(name: &str, values: &[Option<f64>]) -> Column {
    let present = values.iter().filter(|v| v.is_some()).count();
    let name = name.into();
    let column = if present == values.len() {
        Float64Chunked::from_vec(name, values.iter().flatten().copied().collect())
    } else if present == 0 {
        Float64Chunked::full_null(name, values.len())
    } else {
        Float64Chunked::from_iter_options(name, values.iter().copied())
    };
    column.into_column()
}

fn integers(name: &str, values: &[Option<u32>]) -> Column {
    let name = name.into();
    let column = if values.iter().all(Option::is_some) {
        UInt32Chunked::from_vec(name, values.iter().flatten().copied().collect())
    } else {
        UInt32Chunked::from_iter_options(name, values.iter().copied())
    };
    column.into_column()
}

fn strings<S: AsRef<str>>(name: &str, values: &[Option<S>]) -> Column {
    let name = name.into();
    if values.iter().all(Option::is_none) {
        return StringChunked::full_null(name, values.len()).into_column();
    }
    StringChunked::from_iter_options(name, values.iter().map(|v| v.as_ref().map(AsRef::as_ref)))
        .into_column()
}

/// Writes the cells, in the study's order, to `path`.
///
/// As many row groups as there are threads are encoded at once, so memory does not grow with the study.
///
/// # Errors
/// When a cell cannot be had or the file cannot be written; `path` is then incomplete.
pub(super) fn write(
    path: &Path,
    names: &Names<'_>,
    mut next_cell: impl FnMut() -> Option<Result<Cell, Error>>,
) -> Result<(), Error> {
    let failed = |e: PolarsError| Error::new(path.display(), format!("cannot write: {e}"));
    let file = File::create(path)
        .map_err(|e| Error::new(path.display(), format!("cannot create: {e}")))?;
    let schema = Columns::default().into_frame(names).map_err(failed)?;
    let study = (STUDY_KEY.to_string(), names.study.to_toml());
    let writer = ParquetWriter::new(BufWriter::with_capacity(1 << 20, file))
        .with_compression(ParquetCompression::Lz4Raw)
        .with_statistics(StatisticsOptions::empty())
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(vec![study])))
        .set_parallel(false)
        .batched(schema.schema())
        .map_err(failed)?;
    loop {
        let mut groups = Vec::new();
        while groups.len() < rayon::current_num_threads() {
            let group = next_group(&mut next_cell)?;
            if group.is_empty() {
                break;
            }
            groups.push(group);
        }
        if groups.is_empty() {
            break;
        }
        let encoded: Vec<PolarsResult<Vec<_>>> = groups
            .par_iter()
            .map(|cells| {
                let mut columns = Columns::default();
                cells.iter().for_each(|cell| columns.push_cell(names, cell));
                let frame = columns.into_frame(names)?;
                writer.encode_and_compress(&frame).collect()
            })
            .collect();
        for group in encoded {
            let group = group.map_err(failed)?;
            writer.write_row_groups(group).map_err(failed)?;
        }
    }
    writer.finish().map_err(failed)?;
    Ok(())
}

/// The cells of the next row group: whole cells until [`GROUP_ROWS`] rows are reached.
fn next_group(
    next_cell: &mut impl FnMut() -> Option<Result<Cell, Error>>,
) -> Result<Vec<Cell>, Error> {
    let mut group = Vec::new();
    let mut rows = 0;
    while rows < GROUP_ROWS
        && let Some(cell) = next_cell()
    {
        let cell = cell?;
        rows += cell.record.rows.len();
        group.push(cell);
    }
    Ok(group)
}
