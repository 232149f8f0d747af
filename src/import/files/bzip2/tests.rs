//! Against the reference's port, and against damage.

use super::*;
use proptest::prelude::*;
use std::io::Write;

fn packed(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut writer = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::new(level));
    writer.write_all(bytes).expect("in memory");
    writer.finish().expect("in memory")
}

fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    Decoder::new(bytes).take(1 << 22).read_to_end(&mut out)?;
    Ok(out)
}

/// Check value of the checksum (CRC-32/BZIP2).
#[test]
fn the_checksum_is_bzip2s() {
    assert_eq!(crc32(b"123456789"), 0xfc89_1918);
}

#[test]
fn streams_in_a_row_and_several_blocks() {
    let long: Vec<u8> = (0..250_000u32)
        .map(|i| ((i * (i & 0xfff)) >> 7) as u8)
        .collect();
    let both = [packed(&long, 1), packed(b"", 9), packed(b"end", 9)].concat();
    assert_eq!(
        unpacked(&both).expect("whole"),
        [&long[..], b"end"].concat()
    );
    unpacked(&[packed(b"a", 9), b"trailing".to_vec()].concat()).expect_err("no stream");
    unpacked(b"").expect_err("nothing");
}

proptest! {
    /// What the reference's port writes is read: skewed bytes for long codes, runs of every length.
    #[test]
    fn what_the_reference_packs_is_unpacked(
        runs in prop::collection::vec((0.0..1.0f64, 1..600usize), 0..300), level in 1..=9u32, cut in 1..100usize
    ) {
        let byte = |x: f64| (x.powi(8) * 256.0) as u8;
        let bytes: Vec<u8> = (runs.iter())
            .flat_map(|(x, n)| std::iter::repeat_n(byte(*x), if n % 3 == 0 { *n } else { n % 6 }))
            .collect();
        let whole = packed(&bytes, level);
        prop_assert_eq!(unpacked(&whole).expect("whole"), bytes);
        let end = whole.len().saturating_sub(cut);
        unpacked(&whole[..end]).expect_err("cut short");
    }

    #[test]
    fn damage_never_panics(seed in prop::collection::vec(any::<u8>(), 1..400), at: u16, byte: u8) {
        let mut damaged = packed(&seed, 1);
        let at = usize::from(at) % damaged.len();
        damaged[at] = byte;
        if let Ok(out) = unpacked(&damaged) {
            prop_assert_eq!(out, seed);
        }
    }
}
