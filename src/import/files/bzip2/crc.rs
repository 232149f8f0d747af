//! The checksum: CRC-32, most significant bit first.

/// Tables of the polynomial 0x04c11db7, most significant bit first, for four bytes at a time.
const TABLES: [[u32; 256]; 4] = {
    let mut tables = [[0; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc >> 31 == 1 {
                (crc << 1) ^ 0x04c1_1db7
            } else {
                crc << 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 4 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before << 8) ^ tables[0][(before >> 24) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
};

/// The checksum of a block's bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    let mut fours = bytes.chunks_exact(4);
    for four in &mut fours {
        crc ^= u32::from_be_bytes([four[0], four[1], four[2], four[3]]);
        crc = TABLES[3][(crc >> 24) as usize]
            ^ TABLES[2][(crc >> 16 & 0xff) as usize]
            ^ TABLES[1][(crc >> 8 & 0xff) as usize]
            ^ TABLES[0][(crc & 0xff) as usize];
    }
    for byte in fours.remainder() {
        crc = (crc << 8) ^ TABLES[0][((crc >> 24) ^ u32::from(*byte)) as usize];
    }
    !crc
}
