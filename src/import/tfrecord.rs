//! TensorFlow's record files: length, checksum, payload, checksum; the checksums are masked CRC-32C and all are
//! verified.

use std::io::Read;

/// The largest record that is read; NAS-Bench-101's have about a kilobyte.
const MAX_RECORD: u64 = 16 << 20;

/// Records of a stream, in order.
pub(super) struct Records<R> {
    reader: R,
    count: u64,
    at: u64,
}

/// Why a stream is not of records, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {record}, byte {at}: {problem}")]
pub(super) struct RecordError {
    record: u64,
    at: u64,
    problem: String,
}

impl<R: Read> Records<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            count: 0,
            at: 0,
        }
    }

    /// The next payload, or nothing at the end of the stream.
    fn read(&mut self) -> Result<Option<Vec<u8>>, String> {
        let mut header = Vec::with_capacity(12);
        self.fill(12, &mut header)?;
        if header.is_empty() {
            return Ok(None);
        }
        let (length, sum) = header.split_at_checked(8).unwrap_or((&header, &[]));
        let (Ok(length), Ok(sum)) = (length.try_into(), sum.try_into()) else {
            return Err(format!(
                "cut short: {} bytes of a header of 12",
                header.len()
            ));
        };
        let size = u64::from_le_bytes(length);
        if masked_crc32c(&length) != u32::from_le_bytes(sum) {
            return Err("the checksum of its length does not hold".into());
        }
        if size > MAX_RECORD {
            return Err(format!("{size} bytes; at most {MAX_RECORD} expected"));
        }
        let mut payload = Vec::new();
        self.fill(size + 4, &mut payload)?;
        if payload.len() as u64 != size + 4 {
            return Err(format!(
                "cut short: {} bytes of {}",
                payload.len(),
                size + 4
            ));
        }
        let sum = payload.split_off(size as usize);
        if masked_crc32c(&payload).to_le_bytes() != sum[..] {
            return Err("the checksum of its payload does not hold".into());
        }
        self.at += 16 + size;
        self.count += 1;
        Ok(Some(payload))
    }

    fn fill(&mut self, count: u64, buffer: &mut Vec<u8>) -> Result<(), String> {
        let taken = (&mut self.reader).take(count).read_to_end(buffer);
        taken.map(|_| ()).map_err(|e| format!("cannot read: {e}"))
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Vec<u8>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (record, at) = (self.count, self.at);
        let error = |problem| RecordError {
            record,
            at,
            problem,
        };
        self.read().map_err(error).transpose()
    }
}

/// TensorFlow's mask over CRC-32C, for checksums of data that may hold checksums.
fn masked_crc32c(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Tables of the reflected Castagnoli polynomial, for eight bytes at a time.
const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0x82f6_3b78
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// CRC-32C (Castagnoli), as in RFC 3720.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    let mut eights = bytes.chunks_exact(8);
    for eight in &mut eights {
        let low = crc ^ u32::from_le_bytes([eight[0], eight[1], eight[2], eight[3]]);
        let index = |word: u32, at: u32| ((word >> (8 * at)) & 0xff) as usize;
        crc = TABLES[7][index(low, 0)]
            ^ TABLES[6][index(low, 1)]
            ^ TABLES[5][index(low, 2)]
            ^ TABLES[4][index(low, 3)]
            ^ TABLES[3][usize::from(eight[4])]
            ^ TABLES[2][usize::from(eight[5])]
            ^ TABLES[1][usize::from(eight[6])]
            ^ TABLES[0][usize::from(eight[7])];
    }
    for byte in eights.remainder() {
        crc = (crc >> 8) ^ TABLES[0][((crc ^ u32::from(*byte)) & 0xff) as usize];
    }
    !crc
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record as TensorFlow frames it.
    pub(in crate::import) fn framed(payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u64).to_le_bytes();
        let sum = |bytes| masked_crc32c(bytes).to_le_bytes();
        [&length[..], &sum(&length), payload, &sum(payload)].concat()
    }

    /// Check value of CRC-32C and the vectors of RFC 3720, appendix B.4.
    #[test]
    fn the_checksum_is_castagnolis() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&ascending), 0x46dd_794e);
    }

    #[test]
    fn damage_is_named_with_record_and_byte() {
        let file = [framed(b"one"), framed(b"second")].concat();
        let read = |bytes: &[u8]| Records::new(bytes).collect::<Result<Vec<_>, _>>();
        let payloads = read(&file).expect("two records");
        assert_eq!(payloads, [b"one".to_vec(), b"second".to_vec()]);
        for cut in 1..file.len() {
            if cut != 19 {
                let error = read(&file[..cut]).expect_err("cut short").to_string();
                assert!(error.contains("cut short"), "{error}");
            }
        }
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            let error = read(&damaged).expect_err("damaged").to_string();
            let record = if at < 19 {
                "record 0, byte 0"
            } else {
                "record 1, byte 19"
            };
            assert!(error.starts_with(record), "{at}: {error}");
        }
    }
}
