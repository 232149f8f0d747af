//! The numbers of a series or an attribute, in memory or mapped, each of which may be missing.

use super::blocks::{CheckedFile, Damaged};
use std::ops::Range;
use std::sync::Arc;

/// Numbers at positions, some of them missing.
#[derive(Clone)]
pub(super) struct Values {
    len: usize,
    store: Store,
}

/// Presence is a bit each, least significant first, as in Arrow; without bits every number is there.
#[derive(Clone)]
enum Store {
    Owned {
        numbers: Vec<f64>,
        present: Option<Vec<u8>>,
    },
    /// Byte ranges of a file; numbers are little-endian and aligned.
    Mapped {
        file: Arc<CheckedFile>,
        numbers: Range<usize>,
        present: Option<Range<usize>>,
    },
}

impl Values {
    /// Numbers in memory.
    pub(super) fn owned(numbers: Vec<f64>, present: Option<Vec<u8>>) -> Self {
        Self {
            len: numbers.len(),
            store: Store::Owned { numbers, present },
        }
    }

    /// Numbers of which NaN marks the missing ones.
    pub(super) fn from_nan(mut numbers: Vec<f64>) -> Self {
        // Without an early end, many are looked at in one step.
        if !numbers.iter().fold(false, |any, v| any | v.is_nan()) {
            return Self::owned(numbers, None);
        }
        let mut bits = vec![0_u8; numbers.len().div_ceil(8)];
        for (at, number) in numbers.iter_mut().enumerate() {
            if number.is_nan() {
                *number = 0.0;
            } else {
                bits[at / 8] |= 1 << (at % 8);
            }
        }
        Self::owned(numbers, Some(bits))
    }

    /// Numbers of a mapped file. `None` when the ranges do not fit the file or the numbers.
    pub(super) fn mapped(
        file: &Arc<CheckedFile>,
        len: usize,
        numbers: Range<usize>,
        present: Option<Range<usize>>,
    ) -> Option<Self> {
        let bytes = file.bytes();
        let aligned = bytemuck::try_cast_slice::<u8, f64>(bytes.get(numbers.clone())?).ok()?;
        let has_bits =
            |bits: &Range<usize>| bits.end <= bytes.len() && bits.len() >= len.div_ceil(8);
        (aligned.len() == len && present.as_ref().is_none_or(has_bits)).then(|| Self {
            len,
            store: Store::Mapped {
                file: file.clone(),
                numbers,
                present,
            },
        })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether no number is missing anywhere.
    pub(super) fn is_complete(&self) -> bool {
        match &self.store {
            Store::Owned { present, .. } => present.is_none(),
            Store::Mapped { present, .. } => present.is_none(),
        }
    }

    /// The number at a position, if it is there.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Result<Option<f64>, Damaged> {
        match &self.store {
            Store::Owned { numbers, present } => Ok(match present {
                Some(bits) if !bit(bits, at) => None,
                _ => Some(numbers[at]),
            }),
            Store::Mapped {
                file,
                numbers,
                present,
            } => {
                if let Some(bits) = present {
                    let byte = bits.start + at / 8;
                    file.check(byte..byte + 1)?;
                    if file.bytes()[byte] >> (at % 8) & 1 == 0 {
                        return Ok(None);
                    }
                }
                debug_assert!(at < self.len);
                let start = numbers.start + 8 * at;
                file.check(start..start + 8)?;
                let number = file.bytes()[start..start + 8].try_into();
                Ok(number.ok().map(f64::from_le_bytes))
            }
        }
    }

    /// All numbers and presence bits as little-endian bytes.
    pub(super) fn raw(&self) -> Result<(&[u8], Option<&[u8]>), Damaged> {
        match &self.store {
            Store::Owned { numbers, present } => {
                Ok((bytemuck::cast_slice(numbers), present.as_deref()))
            }
            Store::Mapped {
                file,
                numbers,
                present,
            } => {
                file.check(numbers.clone())?;
                let bits = present
                    .as_ref()
                    .map(|bits| bits.start..bits.start + self.len.div_ceil(8));
                if let Some(bits) = &bits {
                    file.check(bits.clone())?;
                }
                Ok((
                    &file.bytes()[numbers.clone()],
                    bits.map(|bits| &file.bytes()[bits]),
                ))
            }
        }
    }

    /// A run of positions, borrowed.
    #[inline]
    pub(super) fn slice(&self, range: Range<usize>) -> Result<Slice<'_>, Damaged> {
        match &self.store {
            Store::Owned { numbers, present } => Ok(Slice {
                numbers: &numbers[range.clone()],
                present: present.as_ref().map(|bits| (&bits[..], range.start)),
            }),
            Store::Mapped {
                file,
                numbers,
                present,
            } => {
                let bytes = numbers.start + 8 * range.start..numbers.start + 8 * range.end;
                file.check(bytes.clone())?;
                let mut bits = None;
                if let Some(all) = present {
                    file.check(all.start + range.start / 8..all.start + range.end.div_ceil(8))?;
                    bits = Some((&file.bytes()[all.clone()], range.start));
                }
                Ok(Slice {
                    numbers: bytemuck::cast_slice(&file.bytes()[bytes]),
                    present: bits,
                })
            }
        }
    }
}

#[inline]
fn bit(bits: &[u8], at: usize) -> bool {
    bits[at / 8] >> (at % 8) & 1 == 1
}

/// A run of numbers borrowed from a table, some of them missing.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    numbers: &'a [f64],
    /// The bits of all numbers, and the position of the first of this run.
    present: Option<(&'a [u8], usize)>,
}

impl<'a> Slice<'a> {
    /// How many positions there are, present or not.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are no positions.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The number at a position, if it is there.
    ///
    /// # Panics
    /// When the position is not below [`Slice::len`].
    #[inline]
    pub fn get(&self, at: usize) -> Option<f64> {
        let number = self.numbers[at];
        match self.present {
            Some((bits, first)) if !bit(bits, first + at) => None,
            _ => Some(number),
        }
    }

    /// All numbers, if none is missing.
    pub fn complete(&self) -> Option<&'a [f64]> {
        (0..self.len())
            .all(|at| self.get(at).is_some())
            .then_some(self.numbers)
    }

    /// The positions in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> + use<'a> {
        let slice = *self;
        (0..slice.len()).map(move |at| slice.get(at))
    }
}
