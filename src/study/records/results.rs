//! The distinct results of a row group: the same architecture mostly gives the same result again, so each is
//! written once, and rows name it by its code.

use super::Names;
use super::column::{Bits, Codes, Pages};
use crate::study::engine::Row;
use polars_parquet::parquet::metadata::Descriptor;
use std::collections::BTreeMap;

/// An architecture and what its training gave.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Result {
    task: usize,
    arch: u64,
    valid: Option<f64>,
    test: Option<f64>,
}

/// Results in order of first use, and which one each row is.
pub(super) struct Results {
    distinct: Vec<Result>,
    codes: Codes,
    last: Last,
}

/// The code of the last result of each architecture of one task.
enum Last {
    /// By raw index, where the space is small.
    Dense { task: usize, code_of: Vec<u32> },
    Sparse {
        task: usize,
        code_of: BTreeMap<u64, u32>,
    },
}

impl Last {
    fn new(task: usize, names: &Names<'_>) -> Self {
        match names.of_task(task) {
            Some(known) => Self::Dense {
                task,
                code_of: vec![Codes::NONE; known.len()],
            },
            None => Self::Sparse {
                task,
                code_of: BTreeMap::new(),
            },
        }
    }

    fn task(&self) -> usize {
        match self {
            Self::Dense { task, .. } | Self::Sparse { task, .. } => *task,
        }
    }

    fn code_of(&mut self, arch: u64) -> &mut u32 {
        match self {
            Self::Dense { code_of, .. } => &mut code_of[arch as usize],
            Self::Sparse { code_of, .. } => code_of.entry(arch).or_insert(Codes::NONE),
        }
    }
}

impl Results {
    pub(super) fn new() -> Self {
        Self {
            distinct: Vec::new(),
            codes: Codes {
                rows: Vec::new(),
                missing: 0,
            },
            last: Last::Sparse {
                task: usize::MAX,
                code_of: BTreeMap::new(),
            },
        }
    }

    pub(super) fn push(&mut self, task: usize, names: &Names<'_>, rows: &[Row]) {
        if self.last.task() != task {
            self.last = Last::new(task, names);
        }
        self.codes.rows.reserve(rows.len());
        for row in rows {
            let result = Result {
                task,
                arch: row.arch,
                valid: row.valid,
                test: row.test,
            };
            let last = self.last.code_of(row.arch);
            if self.distinct.get(*last as usize) != Some(&result) {
                *last = self.distinct.len() as u32;
                self.distinct.push(result);
            }
            self.codes.rows.push(*last);
        }
    }

    pub(super) fn push_missing(&mut self) {
        self.codes.rows.push(Codes::NONE);
        self.codes.missing += 1;
    }

    /// The pages of architecture, validation and test.
    pub(super) fn pages(
        &self,
        names: &Names<'_>,
        [arch, valid, test]: [&Descriptor; 3],
    ) -> [Pages; 3] {
        let packed = match self.codes.packed(self.distinct.len() as u32) {
            Ok(packed) => packed,
            Err(e) => return [Err(e), Ok(Vec::new()), Ok(Vec::new())],
        };
        let written: Vec<String> = (self.distinct.iter())
            .filter(|r| names.of_task(r.task).is_none())
            .map(|r| names.display(r.task, r.arch))
            .collect();
        let mut written = written.iter();
        let archs: Vec<Option<&str>> = (self.distinct.iter())
            .map(|r| match names.of_task(r.task) {
                Some(known) => Some(known[r.arch as usize].as_str()),
                None => written.next().map(String::as_str),
            })
            .collect();
        let floats = |of: fn(&Result) -> Option<f64>| -> Vec<Option<Bits>> {
            self.distinct
                .iter()
                .map(|r| of(r).map(Bits::from))
                .collect()
        };
        [
            self.codes.pages(&archs, &packed, arch),
            self.codes.pages(&floats(|r| r.valid), &packed, valid),
            self.codes.pages(&floats(|r| r.test), &packed, test),
        ]
    }
}
