//! What a user can get wrong: one line on standard error that names the place, exit code 2, and a folder as it was.

mod place;

use place::{Place, STUDY};
use std::path::Path;

#[test]
fn study_files_that_are_none() {
    let place = Place::new();
    place.refused(
        &["run", "missing.toml", "--out", "out"],
        "missing.toml: cannot read the study",
    );
    place.put("latin1.toml", b"name = \"\xe9tude\"");
    place.refused(&["run", "latin1.toml", "--out", "out"], "UTF-8");
    place.put("binary.toml", &[0, 1, 2, 0x7f, 0]);
    place.refused(
        &["run", "binary.toml", "--out", "out"],
        "binary.toml: line 1",
    );
    place.put("empty.toml", b"");
    place.refused(&["run", "empty.toml", "--out", "out"], "kind: is missing");
    std::fs::create_dir(place.at("folder.toml")).expect("a folder");
    place.refused(
        &["run", "folder.toml", "--out", "out"],
        "cannot read the study",
    );
    place.refused(&["verify", "missing.toml"], "missing.toml");
}

/// What is written in place of what, and what the complaint must say.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("seed = 1", "sead = 1", "did you mean `seed`?"),
    ("tasks =", "taks =", "did you mean `tasks`?"),
    ("evaluations", "evaluation", "did you mean `evaluations`?"),
    ("kind = \"search\"", "kind = 3", "kind: 3 is no name"),
    ("seed = 1", "seed = -1", "line 4"),
    ("replicates = 2", "replicates = 2.5", "line 5"),
    ("replicates = 2", "replicates = 99999999999", "line 5"),
    ("{ evaluations = 20 }", "20", "line 6"),
    (
        "{ evaluations = 20 }",
        "{ evaluations = 20, simulated_s = 3 }",
        "found 2 limits",
    ),
    ("{ evaluations = 20 }", "{}", "found 0 limits"),
    ("evaluations = 20", "evaluations = 0", "expected 1 to"),
    (
        "evaluations = 20",
        "evaluations = 100000000",
        "expected 1 to",
    ),
    (
        "evaluations = 20",
        "simulated_s = 100.0",
        "no training times",
    ),
    (
        "\"nas-bench-graph\"",
        "\"nas-bench-grph\"",
        "did you mean `nas-bench-graph`?",
    ),
    ("\"proteins\"", "\"protein\"", "did you mean `proteins`?"),
    ("\"proteins\"", "\"cora\"", "twice"),
    (
        "\"local-search\"",
        "\"local-serch\"",
        "did you mean `local-search`?",
    ),
    ("\"local-search\"", "\"random-search\"", "used twice"),
    (
        "\"local-search\"",
        "\"local-search\"\ninitial = \"x\"",
        "[[strategy]] local-search",
    ),
    ("seed = 1", "seed = 1\nworkers = 0", "workers: expected 1"),
    (
        "seed = 1",
        "seed = 1\nseed_policy = \"best\"",
        "give `mean`, `mean-of-present`, `draw` or `index:K`",
    ),
    (
        "seed = 1",
        "seed = 1\nseed_policy = \"index:7\"",
        "the table has 1 seed",
    ),
    ("seed = 1", "seed = 1\nrevisit = \"never\"", "line 5"),
    ("seed = 1", "seed = = 1", "line 4"),
];

#[test]
fn keys_types_names_and_budgets() {
    let place = Place::new();
    for (from, to, expected) in MISTAKES {
        let study = STUDY.replacen(from, to, 1);
        assert_ne!(study, STUDY, "{from}");
        place.put("study.toml", study.as_bytes());
        place.refused(&["run", "study.toml", "--out", "out"], expected);
        place.refused(&["verify", "study.toml"], expected);
    }
}

/// An impossible number of seconds on a table without times is two mistakes.
#[test]
fn every_mistake_has_its_line() {
    let place = Place::new();
    for seconds in ["-1.0", "0.0", "nan", "inf"] {
        let study = STUDY.replace("evaluations = 20", &format!("simulated_s = {seconds}"));
        place.put("study.toml", study.as_bytes());
        let run = ["run", "study.toml", "--out", "out"];
        place.refused_in_lines(2, &run, "expected a positive number of seconds");
        place.refused_in_lines(2, &run, "no training times");
    }
}

#[test]
fn options_out_of_range() {
    let place = Place::new();
    let run = |more: &[&'static str]| [&["run", "study.toml", "--out", "out"], more].concat();
    place.refused(
        &run(&["--threads", "0"]),
        "--threads: expected 1 to 1024, found 0",
    );
    place.refused(&run(&["--threads", "99999"]), "found 99999");
    place.refused(&run(&["--threads", "-1"]), "'-1'");
    place.refused(&run(&["--threads", "two"]), "--threads");
    for shard in ["0/2", "3/2", "1/0", "1", "a/b", "1/99999999999"] {
        place.refused(
            &run(&[])
                .into_iter()
                .chain(["--shard", shard])
                .collect::<Vec<_>>(),
            "expected I/N",
        );
    }
    place.refused(&run(&["--resume", "--overwrite"]), "cannot be used with");
    place.refused(&run(&["--thread", "1"]), "--threads");
    place.refused(&["rum", "study.toml"], "'run'");
    place.refused(&["merge", "--out", "out"], "<FOLDERS>");
    place.refused(&["merge", "a"], "--out");
    place.refused(&["list", "strategy"], "strategies");
}

#[test]
fn output_folders_that_cannot_be_or_are_taken() {
    let place = Place::new();
    place.put("file", b"not a folder");
    place.refused(
        &["run", "study.toml", "--out", "file"],
        "cannot write to the output folder",
    );
    place.refused(
        &["run", "study.toml", "--out", "file/below"],
        "give another --out",
    );
    place.succeeds(&["run", "study.toml", "--out", "out", "--quiet"]);
    let other = STUDY.replace("name = \"small\"", "name = \"other\"");
    place.put("other.toml", other.as_bytes());
    place.refused(
        &["run", "other.toml", "--out", "out"],
        "holds results of the study `small`",
    );
    let newer = STUDY.replace("seed = 1", "seed = 2");
    place.put("newer.toml", newer.as_bytes());
    place.refused(
        &["run", "newer.toml", "--out", "out"],
        "another version of this study",
    );
    place.put("out/study.lock.toml", b"nothing to read");
    place.refused(
        &["run", "study.toml", "--out", "out"],
        "without a study.lock.toml of this kind",
    );
}

#[test]
fn shards_that_do_not_belong_together() {
    let place = Place::new();
    for (folder, shard) in [("a", "1/2"), ("b", "2/2")] {
        place.succeeds(&[
            "run",
            "study.toml",
            "--out",
            folder,
            "--shard",
            shard,
            "--quiet",
        ]);
    }
    let other = STUDY.replace("seed = 1", "seed = 2");
    place.put("other.toml", other.as_bytes());
    place.succeeds(&[
        "run",
        "other.toml",
        "--out",
        "foreign",
        "--shard",
        "2/2",
        "--quiet",
    ]);
    place.refused(&["merge", "a", "--out", "out"], "finish shard 2/2");
    place.refused(
        &["merge", "a", "a", "--out", "out"],
        "4 of 8 runs are missing",
    );
    place.refused(
        &["merge", "a", "foreign", "--out", "out"],
        "foreign: holds a shard of another study",
    );
    place.refused(
        &["merge", "a", "nowhere", "--out", "out"],
        "nowhere/study.lock.toml",
    );
    place.refused(
        &["merge", "a", "b", "--out", "out", "--study", "other.toml"],
        "another study",
    );
    place.succeeds(&[
        "run",
        "study.toml",
        "--out",
        "whole",
        "--quiet",
        "--no-report",
    ]);
    place.refused(&["merge", "a", "whole", "--out", "out"], "whole");
    // The lock says which table the shards ran on.
    let lock = std::fs::read_to_string(place.at("a/study.lock.toml")).expect("a lock");
    let start = lock.find("table_sha256 = \"").expect("a checksum") + "table_sha256 = \"".len();
    let hash = &lock[start..start + 64];
    let forged = lock.replace(hash, &"0".repeat(64));
    for folder in ["a", "b"] {
        place.put(&format!("{folder}/study.lock.toml"), forged.as_bytes());
    }
    place.refused(&["merge", "a", "b", "--out", "out"], "found");
}

#[test]
fn merging_needs_no_study_file_and_gives_the_same_bytes() {
    let place = Place::new();
    for (folder, shard) in [("a", "1/2"), ("b", "2/2")] {
        place.succeeds(&[
            "run",
            "study.toml",
            "--out",
            folder,
            "--shard",
            shard,
            "--quiet",
        ]);
    }
    place.succeeds(&["run", "study.toml", "--out", "whole", "--quiet"]);
    std::fs::remove_file(place.at("study.toml")).expect("removed");
    let said = place
        .command(&["merge", "b", "a", "--out", "out", "--json"])
        .assert()
        .success();
    let json: serde_json::Value = serde_json::from_slice(&said.get_output().stdout).expect("JSON");
    assert_eq!(
        (json["evaluations"].as_u64(), json["failed_runs"].as_u64()),
        (Some(160), Some(0))
    );
    for name in ["records.parquet", "report.html", "study.lock.toml"] {
        let read = |folder: &str| std::fs::read(place.at(folder).join(name)).expect(name);
        assert!(read("out") == read("whole"), "{name}");
    }
}

#[test]
fn records_that_are_damaged() {
    let place = Place::new();
    place.refused(
        &["report", "nowhere"],
        "nowhere/records.parquet: cannot open",
    );
    place.succeeds(&["run", "study.toml", "--out", "out", "--quiet"]);
    let records = std::fs::read(place.at("out/records.parquet")).expect("records");
    std::fs::create_dir(place.at("bad")).expect("a folder");
    let mut flipped = records.clone();
    let footer = flipped.len() - 30;
    flipped[footer..footer + 12].fill(0xff);
    let tail = [&records[..records.len() - 8], &b"\xff\xff\xff\x7fPAR1"[..]].concat();
    for bytes in [
        &b""[..],
        b"PAR1",
        b"PAR1PAR1",
        &[0; 4096],
        &records[..records.len() / 2],
        &records[..records.len() - 1],
        &records[9..],
        &flipped,
        &tail,
    ] {
        place.put("bad/records.parquet", bytes);
        place.refused(&["report", "bad"], "bad/records.parquet");
    }
    // A Parquet file, but of something else.
    let table =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/nas-bench-graph/trainings.parquet");
    std::fs::copy(table, place.at("bad/records.parquet")).expect("copied");
    place.refused(&["report", "bad"], "not the records of a study");
    place.put("out/timings.parquet", b"PAR1");
    place.refused(&["report", "out"], "timings.parquet");
}

/// A table that was imported and then cut or changed, as a full disk or a bad copy would leave it.
#[test]
fn tables_that_are_damaged() {
    let place = Place::new();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/nas-bench-graph");
    let shipped = shipped.display().to_string();
    place.succeeds(&["import", "plain", &shipped, "--name", "copied"]);
    let home = place.at("home/tables/copied");
    let data = (std::fs::read_dir(&home).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.to_string_lossy().contains("cora-"))
        .expect("the data of a task");
    place.put(
        "study.toml",
        STUDY
            .replace("\"nas-bench-graph\"", "\"copied\"")
            .as_bytes(),
    );
    place.succeeds(&["verify", "study.toml"]);
    place.succeeds(&["verify", "copied"]);
    let table = std::fs::read(&data).expect("readable");
    let mut flipped = table.clone();
    flipped[table.len() / 2] ^= 1;
    std::fs::write(&data, &flipped).expect("written");
    place.command(&["verify", "copied"]).assert().code(1);
    for bytes in [&table[..table.len() / 2], b"", b"ARROW1"] {
        std::fs::write(&data, bytes).expect("written");
        place.refused(&["run", "study.toml", "--out", "out"], "copied");
        place.refused(&["query", "copied", "0", "--task", "cora"], "copied");
    }
}

#[test]
fn every_command_helps_with_examples_and_colours_nothing_when_told() {
    let place = Place::new();
    for name in [
        "run",
        "merge",
        "report",
        "list",
        "query",
        "import",
        "verify",
        "completions",
        "manual",
    ] {
        let help = place
            .command(&[name, "--help"])
            .env("NO_COLOR", "1")
            .assert()
            .success();
        let text = String::from_utf8_lossy(&help.get_output().stdout).into_owned();
        assert!(
            text.contains(&format!("Examples:\n  archbench {name}")),
            "{name}: {text}"
        );
        assert!(!text.contains('\u{1b}'), "{name} is coloured");
    }
    let said = place
        .command(&["run", "study.toml", "--out", "out", "--json"])
        .assert()
        .success();
    let json: serde_json::Value = serde_json::from_slice(&said.get_output().stdout).expect("JSON");
    assert_eq!(
        (json["evaluations"].as_u64(), json["complete"].as_bool()),
        (Some(160), Some(true))
    );
    assert_eq!(json["report"], "out/report.html");
    let quiet = place
        .command(&["report", "out", "--quiet"])
        .assert()
        .success();
    assert!(quiet.get_output().stdout.is_empty() && quiet.get_output().stderr.is_empty());
    let said = place
        .command(&["report", "out", "--json"])
        .assert()
        .success();
    let json: serde_json::Value = serde_json::from_slice(&said.get_output().stdout).expect("JSON");
    assert_eq!(json["report"], "out/report.html");
}
