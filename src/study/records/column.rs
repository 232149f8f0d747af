//! Parquet pages of a column, from what the records know of it: values that come in long runs cost by the run, not
//! by the row, and the results of trainings are written once each and named by code afterwards.
//!
//! `polars-parquet` writes the file around these pages; its own encoders hash every value of every column, which
//! took longer than the search itself.

use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::encoding::hybrid_rle;
use polars_parquet::parquet::error::ParquetResult;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DataPageHeaderV1, DictPage};
use polars_parquet::write::{CompressedPage, CompressionOptions, Encoding, Page, compress};
use std::collections::BTreeMap;
use std::rc::Rc;

const COMPRESSION: CompressionOptions = CompressionOptions::Lz4Raw;

/// The pages of one column in one row group.
pub(super) type Pages = ParquetResult<Vec<CompressedPage>>;

/// A value as Parquet's plain encoding has it.
pub(super) trait Plain: Ord + Copy {
    fn write(&self, out: &mut Vec<u8>);
}

impl Plain for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

/// A float, told apart by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bits(u64);

impl From<f64> for Bits {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

impl Plain for Bits {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_le_bytes());
    }
}

impl Plain for &str {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.len() as u32).to_le_bytes());
        out.extend_from_slice(self.as_bytes());
    }
}

/// Values, missing ones included, with the number of rows that repeat each.
pub(super) struct Runs<T>(Vec<(Option<T>, usize)>);

impl<T: PartialEq> Runs<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn push(&mut self, value: Option<T>, rows: usize) {
        match self.0.last_mut() {
            Some((last, length)) if *last == value => *length += rows,
            _ if rows > 0 => self.0.push((value, rows)),
            _ => {}
        }
    }
}

impl<T: Plain> Runs<T> {
    pub(super) fn pages(&self, descriptor: &Descriptor) -> Pages {
        let mut codes: BTreeMap<T, u32> = BTreeMap::new();
        let mut dictionary = Dictionary::default();
        let coded: Vec<(Option<u32>, usize)> = (self.0.iter())
            .map(|&(value, rows)| {
                let code = value.map(|v| *codes.entry(v).or_insert_with(|| dictionary.add(&v)));
                (code, rows)
            })
            .collect();
        let bits = dictionary.bits();
        let mut levels = Levels::default();
        let mut body = vec![bits as u8];
        for &(code, rows) in &coded {
            levels.push(code.is_some(), rows);
            if let Some(code) = code {
                run(&mut body, rows, code, bits)?;
            }
        }
        dictionary.pages(&levels, &body, descriptor)
    }
}

/// Parquet's run of one value.
fn run(out: &mut Vec<u8>, rows: usize, value: u32, bits: u32) -> std::io::Result<()> {
    <u32 as hybrid_rle::Encoder<u32>>::run_length_encode(out, rows, value, bits)
}

/// The distinct values of a column chunk, in order of first use.
#[derive(Default)]
struct Dictionary {
    bytes: Vec<u8>,
    values: u32,
}

impl Dictionary {
    fn add(&mut self, value: &impl Plain) -> u32 {
        value.write(&mut self.bytes);
        self.values += 1;
        self.values - 1
    }

    /// Width of a code; at least one, as some readers refuse none.
    fn bits(&self) -> u32 {
        code_bits(self.values)
    }

    fn pages(self, levels: &Levels, body: &[u8], descriptor: &Descriptor) -> Pages {
        let values = self.values as usize;
        let page = Page::Dict(DictPage::new(CowBuffer::Owned(self.bytes), values, false));
        Ok(vec![
            compress(page, Vec::new(), COMPRESSION)?,
            data_page(levels, body, Encoding::RleDictionary, descriptor)?,
        ])
    }
}

fn code_bits(values: u32) -> u32 {
    (u32::BITS - values.saturating_sub(1).leading_zeros()).max(1)
}

/// Which rows have a value, in runs.
#[derive(Default)]
struct Levels {
    runs: Vec<(bool, usize)>,
    rows: usize,
}

impl Levels {
    fn push(&mut self, present: bool, rows: usize) {
        self.rows += rows;
        match self.runs.last_mut() {
            Some((last, length)) if *last == present => *length += rows,
            _ => self.runs.push((present, rows)),
        }
    }

    /// Length, then runs of definition levels.
    fn write(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        for &(present, rows) in &self.runs {
            run(out, rows, u32::from(present), 1)?;
        }
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }
}

fn data_page(
    levels: &Levels,
    body: &[u8],
    encoding: Encoding,
    descriptor: &Descriptor,
) -> ParquetResult<CompressedPage> {
    let mut buffer = Vec::with_capacity(body.len() + 16);
    levels.write(&mut buffer)?;
    buffer.extend_from_slice(body);
    let header = DataPageHeader::V1(DataPageHeaderV1 {
        num_values: levels.rows as i32,
        encoding: encoding.into(),
        definition_level_encoding: Encoding::Rle.into(),
        repetition_level_encoding: Encoding::Rle.into(),
        statistics: None,
    });
    let buffer = CowBuffer::Owned(buffer);
    let page = DataPage::new(header, buffer, descriptor.clone(), levels.rows);
    compress(Page::Data(page), Vec::new(), COMPRESSION)
}

/// Values that differ from row to row, plainly.
pub(super) struct Values<const N: usize> {
    levels: Levels,
    body: Vec<u8>,
}

impl<const N: usize> Values<N> {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            levels: Levels::default(),
            body: Vec::with_capacity(rows * N),
        }
    }

    pub(super) fn extend_missing(&mut self, rows: usize) {
        self.levels.push(false, rows);
    }

    /// Appends a value for each row.
    pub(super) fn extend(&mut self, values: impl ExactSizeIterator<Item = [u8; N]>) {
        self.levels.push(true, values.len());
        let start = self.body.len();
        self.body.resize(start + values.len() * N, 0);
        // Written this way the loop becomes a copy.
        for (slot, value) in self.body[start..].chunks_exact_mut(N).zip(values) {
            slot.copy_from_slice(&value);
        }
    }

    /// Appends a value, or none.
    pub(super) fn push(&mut self, value: Option<[u8; N]>) {
        self.levels.push(value.is_some(), 1);
        self.body.extend(value.iter().flatten());
    }

    pub(super) fn pages(&self, descriptor: &Descriptor) -> Pages {
        let page = data_page(&self.levels, &self.body, Encoding::Plain, descriptor)?;
        Ok(vec![page])
    }
}

/// Codes of a row group's distinct results, shared by the columns that a result determines.
pub(super) struct Codes {
    /// A code for each row; [`Codes::NONE`] where there is no result.
    pub(super) rows: Vec<u32>,
    /// Rows without a result.
    pub(super) missing: usize,
}

impl Codes {
    /// No result.
    pub(super) const NONE: u32 = u32::MAX;

    /// The codes of all rows packed, when every row and every result has a value in some column.
    pub(super) fn packed(&self, results: u32) -> ParquetResult<Rc<[u8]>> {
        let bits = code_bits(results);
        let mut body = vec![bits as u8];
        hybrid_rle::encode::<u32, _, _>(&mut body, self.rows.iter().copied(), bits)?;
        Ok(body.into())
    }

    /// A column in which each result has a value, or has none.
    pub(super) fn pages<T: Plain>(
        &self,
        values: &[Option<T>],
        packed: &Rc<[u8]>,
        descriptor: &Descriptor,
    ) -> Pages {
        let mut dictionary = Dictionary::default();
        let mut levels = Levels::default();
        if self.missing == 0 && values.iter().all(Option::is_some) {
            for value in values.iter().flatten() {
                dictionary.add(value);
            }
            levels.push(true, self.rows.len());
            return dictionary.pages(&levels, packed, descriptor);
        }
        let code_of: Vec<Option<u32>> = (values.iter())
            .map(|value| value.as_ref().map(|value| dictionary.add(value)))
            .collect();
        let mut present = Vec::with_capacity(self.rows.len());
        for &code in &self.rows {
            let code = code_of.get(code as usize).copied().flatten();
            levels.push(code.is_some(), 1);
            present.extend(code);
        }
        let bits = dictionary.bits();
        let mut body = vec![bits as u8];
        hybrid_rle::encode::<u32, _, _>(&mut body, present.into_iter(), bits)?;
        dictionary.pages(&levels, &body, descriptor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_take_as_many_bits_as_the_last_needs() {
        let bits: Vec<u32> = [0, 1, 2, 3, 4, 5, 256, 257].map(code_bits).to_vec();
        assert_eq!(bits, [1, 1, 1, 2, 2, 3, 8, 9]);
    }

    #[test]
    fn equal_neighbours_become_one_run() {
        let mut runs = Runs::new();
        for (value, rows) in [
            (Some(1), 2),
            (Some(1), 3),
            (None, 1),
            (Some(2), 0),
            (None, 4),
        ] {
            runs.push(value, rows);
        }
        assert_eq!(runs.0, [(Some(1), 5), (None, 5)]);
    }
}
