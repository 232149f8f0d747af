//! The name that the source gives each architecture: a pool's only identity, elsewhere a hash or a file name.

use super::blocks::{CheckedFile, Damaged};
use std::ops::Range;
use std::sync::Arc;

/// One name per row.
#[derive(Clone)]
pub(super) struct Names(Store);

#[derive(Clone)]
enum Store {
    Owned(Vec<String>),
    /// Byte ranges of a file: 32-bit offsets into the text, one more than there are names, and the text.
    Mapped {
        file: Arc<CheckedFile>,
        offsets: Range<usize>,
        text: Range<usize>,
    },
}

impl Names {
    pub(super) fn owned(names: Vec<String>) -> Self {
        Self(Store::Owned(names))
    }

    /// `None` when the ranges do not fit the file or the number of rows.
    pub(super) fn mapped(
        file: &Arc<CheckedFile>,
        rows: usize,
        offsets: Range<usize>,
        text: Range<usize>,
    ) -> Option<Self> {
        let len = file.bytes().len();
        (offsets.len() == 4 * (rows + 1) && offsets.end <= len && text.end <= len).then(|| {
            Self(Store::Mapped {
                file: file.clone(),
                offsets,
                text,
            })
        })
    }

    /// The name of a row.
    pub(super) fn get(&self, row: usize) -> Result<&str, Damaged> {
        match &self.0 {
            Store::Owned(names) => Ok(&names[row]),
            Store::Mapped {
                file,
                offsets,
                text,
            } => {
                let at = offsets.start + 4 * row;
                file.check(at..at + 8)?;
                let offset = |at: usize| {
                    let four = file.bytes()[at..at + 4].try_into().unwrap_or_default();
                    u32::from_le_bytes(four) as usize
                };
                let damaged = Damaged { offset: at as u64 };
                let range = text.start + offset(at)..text.start + offset(at + 4);
                if range.start > range.end || range.end > text.end {
                    return Err(damaged);
                }
                file.check(range.clone())?;
                std::str::from_utf8(&file.bytes()[range]).map_err(|_| damaged)
            }
        }
    }
}
