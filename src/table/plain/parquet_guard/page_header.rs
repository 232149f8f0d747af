//! The header of a Parquet page, a structure in Thrift's compact protocol.
//!
//! Apache Parquet's format (`parquet.thrift`): `PageHeader {1: type, 2: uncompressed_page_size, 3: compressed_page_size,
//! 5: DataPageHeader {1: num_values, 2: encoding}, 7: DictionaryPageHeader {1: num_values, 2: encoding},
//! 8: DataPageHeaderV2 {1: num_values, 4: encoding}}`.

/// What is in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageKind {
    Data,
    Dictionary,
    Other,
}

/// What a page's header says, as far as it decides how much is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    pub(super) kind: PageKind,
    /// Bytes once unpacked.
    pub(super) unpacked: usize,
    /// Bytes in the file, after the header.
    pub(super) packed: usize,
    pub(super) values: usize,
    /// The number of the values' encoding.
    pub(super) encoding: i64,
}

/// Nested structures and lists at most.
const MAX_DEPTH: u32 = 8;

impl PageHeader {
    /// Reads a header; returns it and its length.
    ///
    /// # Errors
    /// When the bytes are none.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), String> {
        let mut reader = Compact { bytes, at: 0 };
        let header = reader.header().ok_or("a damaged page header")?;
        Ok((header, reader.at))
    }
}

struct Compact<'b> {
    bytes: &'b [u8],
    at: usize,
}

/// Types of the compact protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.integer()?).ok()
    }

    fn pass(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes)?;
        (self.at <= self.bytes.len()).then_some(())
    }

    /// The next field's number and type; `None` inside at the end of the structure.
    fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *last = match head >> 4 {
            0 => self.integer()?,
            step => last.checked_add(i64::from(step))?,
        };
        Some(Some((*last, head & 0x0f)))
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        if depth == 0 {
            return None;
        }
        match kind {
            TRUE | FALSE => Some(()),
            BYTE => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            DOUBLE => self.pass(8),
            BINARY => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.pass(length)
            }
            LIST | SET => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.varint()?,
                    few => u64::from(few),
                };
                for _ in 0..count {
                    self.skip_element(head & 0x0f, depth)?;
                }
                Some(())
            }
            MAP => {
                let count = self.varint()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                for _ in 0..count {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0f, depth)?;
                }
                Some(())
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip(kind, depth - 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Skips what is in a list, set or map. Each takes a byte at least, so that none holds more than there are bytes:
    /// a field's type says whether it is true, but an element is a byte of its own.
    fn skip_element(&mut self, kind: u8, depth: u32) -> Option<()> {
        match kind {
            TRUE | FALSE => self.pass(1),
            _ => self.skip(kind, depth - 1),
        }
    }

    fn header(&mut self) -> Option<PageHeader> {
        let (mut kind, mut unpacked, mut packed) = (None, None, None);
        let mut inner = None;
        let mut last = 0;
        while let Some((number, of)) = self.field(&mut last)? {
            match (number, of) {
                (1, 5) => kind = Some(self.integer()?),
                (2, 5) => unpacked = Some(self.count()?),
                (3, 5) => packed = Some(self.count()?),
                (5 | 7 | 8, STRUCT) => inner = Some((number, self.inner(number)?)),
                _ => self.skip(of, MAX_DEPTH)?,
            }
        }
        let (number, (values, encoding)) = inner?;
        let kind = match (kind?, number) {
            (0, 5) | (3, 8) => PageKind::Data,
            (2, 7) => PageKind::Dictionary,
            _ => PageKind::Other,
        };
        Some(PageHeader {
            kind,
            unpacked: unpacked?,
            packed: packed?,
            values,
            encoding,
        })
    }

    /// Number of values and encoding of the header of this kind of page.
    fn inner(&mut self, of: i64) -> Option<(usize, i64)> {
        let encoding_at = if of == 8 { 4 } else { 2 };
        let (mut values, mut encoding) = (None, None);
        let mut last = 0;
        while let Some((number, kind)) = self.field(&mut last)? {
            match (number, kind) {
                (1, 5) => values = Some(self.count()?),
                (at, 5) if at == encoding_at => encoding = Some(self.integer()?),
                _ => self.skip(kind, MAX_DEPTH)?,
            }
        }
        Some((values?, encoding?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A data page of 3 values in dictionary encoding, 40 bytes packed to 30, by the protocol's description.
    #[test]
    fn a_header_by_hand() {
        let bytes = [
            0x15, 0x00, 0x15, 80, 0x15, 60, 0x2c, 0x15, 6, 0x15, 16, 0x15, 6, 0x15, 6, 0x00, 0x00,
            0xff,
        ];
        let (header, length) = PageHeader::read(&bytes).expect("a header");
        let expected = PageHeader {
            kind: PageKind::Data,
            unpacked: 40,
            packed: 30,
            values: 3,
            encoding: 8,
        };
        assert_eq!((header, length), (expected, bytes.len() - 1));
        for end in 0..length {
            PageHeader::read(&bytes[..end]).expect_err("cut");
        }
    }

    /// More elements than there are bytes, of types that take none in a field: 2^62 in a map, 2^62 in a list.
    #[test]
    fn elements_take_bytes() {
        let many = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
        for (field, before, kinds) in [
            (MAP, vec![], 0x12),
            (LIST, vec![0xf1], 0),
            (SET, vec![0xf2], 0),
        ] {
            let bytes = [&[0x10 | field][..], &before, &many, &[kinds]].concat();
            PageHeader::read(&bytes).expect_err("cut");
        }
        // A field's number beyond all.
        let far = [
            0x05, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00, 0x15, 0x00,
        ];
        PageHeader::read(&far).expect_err("no such field");
    }

    proptest! {
        #[test]
        fn hostile_headers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = PageHeader::read(&bytes);
        }
    }
}
