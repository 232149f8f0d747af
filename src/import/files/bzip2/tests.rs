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

/// Such blocks have several closed chains of places, or fewer bytes than chains.
#[test]
fn periods_and_few_bytes() {
    let mut cases = vec![vec![7; 300_000], vec![0; 4], vec![0; 5]];
    for period in [
        b"ab".as_slice(),
        b"aab",
        b"abcabd",
        b"abbbbb",
        &[0, 255, 0, 0],
    ] {
        for length in (1..=20).chain([1000, 8192, 8193, 100_000]) {
            cases.push(period.iter().copied().cycle().take(length).collect());
        }
    }
    for length in 1..=20u8 {
        cases.push((0..length).map(|i| i.wrapping_mul(91)).collect());
    }
    for case in cases {
        assert!(unpacked(&packed(&case, 1)).expect("whole") == case);
    }
}

/// The list of move-to-front is laid out afresh now and then; all places come, with alphabets of all sizes.
#[test]
fn places_near_and_far() {
    for bytes in [1usize, 2, 7, 8, 9, 255, 256] {
        let alphabet: Vec<u8> = (0..bytes).map(|b| (b * 37 % 256) as u8).collect();
        let mut runs = vec![3 << 8];
        let others = if bytes == 1 { 0 } else { 3000 };
        runs.extend((0..others).map(|i| 1 << 8 | (1 + (i * i + i / 7) % (bytes as u32 - 1))));
        let mut list = alphabet.clone();
        let expected: Vec<u32> = (runs.iter())
            .map(|run| {
                list[..=*run as usize & 0xff].rotate_right(1);
                *run & !0xff | u32::from(list[0])
            })
            .collect();
        let counts = front::undo(&alphabet, &mut runs);
        assert_eq!(runs, expected);
        assert_eq!(counts.iter().sum::<u32>(), 3 + others);
    }
}

proptest! {
    /// Chains put together are the one chain, whatever a damaged block holds.
    #[test]
    fn chains_are_one_chain(
        runs in prop::collection::vec((0..4u8, 1..70u32), 1..600), seed: usize
    ) {
        let bytes: Vec<u8> = (runs.iter())
            .flat_map(|(byte, count)| std::iter::repeat_n(*byte, *count as usize))
            .collect();
        let runs: Vec<u32> = runs.iter().map(|(b, n)| n << 8 | u32::from(*b)).collect();
        let mut counts = [0; 256];
        bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        let origin = seed % bytes.len();
        let mut links: Vec<usize> = (0..bytes.len()).collect();
        links.sort_by_key(|at| bytes[*at]);
        let mut place = origin;
        let expected: Vec<u8> = (0..bytes.len())
            .map(|_| {
                place = links[place];
                bytes[place]
            })
            .collect();
        let mut found = Vec::new();
        transform::Transform::default().undo(&runs, &counts, origin, &mut found);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn repeats_are_expanded(bytes in prop::collection::vec(0..3u8, 0..300)) {
        let mut expected = Vec::new();
        let (mut last, mut equal) = (0, 0);
        for byte in &bytes {
            if equal == 4 {
                expected.extend(std::iter::repeat_n(last, usize::from(*byte)));
                equal = 0;
                continue;
            }
            equal = if *byte == last { equal + 1 } else { 1 };
            last = *byte;
            expected.push(*byte);
        }
        let mut found = Vec::new();
        repeats::expand(&bytes, &mut found);
        prop_assert_eq!(found, expected);
    }

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
