//! How tables are stored and exported, and what damage does to them.

use crate::made_up::{contents, nats, random_table};
use archbench::rng::derive_rng;
use archbench::table::{Format, Verdict, check_files, export, facts, open, open_plain, store};
use proptest::prelude::*;
use rand::RngExt;
use std::path::Path;

/// The first line in which two texts differ.
fn first_difference(found: &str, expected: &str) -> Option<(String, String)> {
    let end = || Some("the end");
    let lines = |text| str::lines(text).map(Some).chain([end()]);
    let different = lines(found).zip(lines(expected)).find(|(a, b)| a != b)?;
    let text = |line: Option<&str>| line.unwrap_or_default().to_string();
    Some((text(different.0), text(different.1)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stored_or_exported_is_read_back(seed in any::<u64>()) {
        let table = random_table(seed);
        let expected = contents(&table).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let stored = dir.path().join("stored");
        store(&table, &stored).unwrap();
        let mapped = open(&stored).unwrap().table;
        prop_assert_eq!(first_difference(&contents(&mapped).unwrap(), &expected), None);
        for (_, verdict) in check_files(&stored).unwrap() {
            prop_assert!(matches!(verdict, Verdict::Holds(_)), "{:?}", verdict);
        }
        for (at, format) in [Format::Csv, Format::Parquet].into_iter().enumerate() {
            let folder = dir.path().join(at.to_string());
            export(&mapped, format, at == 0, &folder).unwrap();
            let back = open_plain(&folder).unwrap().table;
            prop_assert_eq!(first_difference(&contents(&back).unwrap(), &expected), None);
        }
    }
}

#[test]
fn stored_and_exported_bytes_depend_on_the_table_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str| {
        let folder = dir.path().join(name);
        let card = store(&nats(), &folder.join("arrow")).expect("stored");
        export(&nats(), Format::Parquet, true, &folder.join("parquet")).expect("exported");
        let sealed = std::fs::read(folder.join("parquet/card.toml")).expect("a card");
        (card.seal, sealed)
    };
    assert_eq!(write("a"), write("b"));
}

fn arrow_file(folder: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut arrow = files
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "arrow"));
    arrow.next().expect("an Arrow file")
}

#[test]
fn no_mutation_of_a_file_goes_unnoticed_or_panics() {
    let dir = tempfile::tempdir().expect("a folder");
    let table = random_table(3);
    store(&table, dir.path()).expect("stored");
    let read = || {
        let stored = open(dir.path()).map_err(|e| e.to_string())?;
        contents(&stored.table)
    };
    let sound = read().expect("sound");
    let mut rng = derive_rng(5, &["mutations"]);
    for path in [arrow_file(dir.path()), dir.path().join("card.toml")] {
        let bytes = std::fs::read(&path).expect("readable");
        for round in 0..1500 {
            let mut mutant = bytes.clone();
            let at = rng.random_range(0..bytes.len() as u64) as usize;
            match round % 4 {
                0 => mutant.truncate(at),
                1 => mutant.insert(at, rng.random_range(0..256_u32) as u8),
                2 => mutant[at] ^= 1 << rng.random_range(0..8_u32),
                _ => {
                    let end = bytes.len().min(at + rng.random_range(1..64_u32) as usize);
                    mutant[at..end].fill(rng.random_range(0..256_u32) as u8);
                }
            }
            if mutant == bytes {
                continue;
            }
            std::fs::write(&path, &mutant).expect("written");
            match read() {
                // White space in a card may change: its meaning is what is sealed.
                Ok(found) => assert!(
                    found == sound && path.ends_with("card.toml"),
                    "{}",
                    path.display()
                ),
                Err(problem) => assert!(!problem.contains('\n'), "{problem}"),
            }
            if path.extension().is_some_and(|e| e == "arrow") {
                let checked = check_files(dir.path()).expect("the card is sound");
                assert!(
                    checked
                        .iter()
                        .any(|(_, outcome)| matches!(outcome, Verdict::Fails(_)))
                );
            }
        }
        std::fs::write(&path, &bytes).expect("written");
        assert_eq!(read(), Ok(sound.clone()));
    }
}

#[test]
fn damage_is_found_where_it_is_touched() {
    let dir = tempfile::tempdir().expect("a folder");
    store(&nats(), dir.path()).expect("stored");
    let path = arrow_file(dir.path());
    let sound = std::fs::read(&path).expect("readable");
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&path, &bytes).expect("written");
    let table = open(dir.path())
        .expect("opened without reading the data")
        .table;
    let problem = contents(&table).expect_err("damaged");
    let offset = middle / 65536 * 65536;
    assert_eq!(problem, format!("damaged near {offset}"));
    let ranges = facts::GENERAL
        .iter()
        .find(|f| f.name.contains("finite"))
        .expect("declared");
    assert!(matches!((ranges.check)(&table), Verdict::Fails(_)));
}

#[test]
fn a_replaced_table_serves_those_who_have_it_open_and_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join(".import-cut"), "an interrupted import").expect("written");
    std::fs::write(dir.path().join("t-0123.arrow"), "likewise").expect("written");
    assert!(open(dir.path()).is_err(), "no card, no table");
    let (first, second) = (random_table(1), random_table(2));
    store(&first, dir.path()).expect("stored");
    let opened = open(dir.path()).expect("opened").table;
    store(&second, dir.path()).expect("replaced");
    assert_eq!(contents(&opened), contents(&first));
    let reopened = open(dir.path()).expect("opened").table;
    assert_eq!(contents(&reopened), contents(&second));
    let files = std::fs::read_dir(dir.path()).expect("a folder").count();
    assert_eq!(files, 1 + second.tasks.len());
}
