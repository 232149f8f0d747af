//! Records are the same bytes for any number of threads, any sharding, and after an interruption.

#[path = "support/quick.rs"]
mod quick;

use archbench::strategy::STRATEGIES;
use archbench::study::{Existing, Folder, Shard, Study, merge, run};
use std::path::Path;
use std::process::{Command, Stdio};

const STUDY: &str = r#"
kind = "search"
name = "determinism"
seed = 7
replicates = 5
budget = { evaluations = 60 }
workers = 3
[[benchmark]]
name = "nas-bench-graph"
tasks = ["cora", "proteins"]
"#;

/// Every registered strategy, with its own defaults or, where it is guided by a model, quick parameters.
fn text() -> String {
    let tables = STRATEGIES.iter().map(|s| {
        let mut table = quick::parameters(s.name).unwrap_or_default();
        table.insert("name".into(), s.name.into());
        format!("[[strategy]]\n{}", toml_inline(&table))
    });
    STUDY.to_string() + &tables.collect::<String>()
}

/// The table's entries, one a line, none a section of its own.
fn toml_inline(table: &toml::Table) -> String {
    let lines = table
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"));
    lines.collect()
}

fn study() -> Study {
    Study::parse(&text(), &archbench::benchmark::open).expect("a sound study")
}

fn run_into(folder: &Path, threads: usize, shard: Shard, existing: Existing) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("a pool");
    pool.install(|| {
        let folder = Folder::create(folder).expect("a folder");
        run(&study(), &folder, shard, existing, &mut |_, _| {}).expect("a run");
    });
}

fn records(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("records.parquet")).expect("records")
}

#[test]
fn threads_do_not_change_a_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let of = |threads: usize| {
        let folder = dir.path().join(threads.to_string());
        run_into(&folder, threads, Shard::WHOLE, Existing::Refuse);
        records(&folder)
    };
    let one = of(1);
    assert!(one == of(2) && one == of(8));
}

#[test]
fn shards_merge_to_the_same_bytes() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = dir.path().join("whole");
    run_into(&whole, 2, Shard::WHOLE, Existing::Refuse);
    let folders: Vec<Folder> = (0..3)
        .map(|index| {
            let folder = dir.path().join(format!("part{index}"));
            run_into(&folder, 2, Shard { index, count: 3 }, Existing::Refuse);
            Folder::at(&folder)
        })
        .collect();
    let out = Folder::create(&dir.path().join("merged")).expect("a folder");
    let missing = merge(&study(), &folders[..2], &out).expect_err("a shard is missing");
    assert!(
        missing.to_string().contains("finish shard 3/3"),
        "{missing}"
    );
    merge(&study(), &folders, &out).expect("all shards are there");
    assert!(records(out.path()) == records(&whole));
}

/// Cuts the journal of a finished shard at many places, as a kill would, and resumes.
#[test]
fn an_interrupted_run_resumes_to_the_same_bytes() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = dir.path().join("whole");
    run_into(&whole, 2, Shard::WHOLE, Existing::Refuse);
    let part = dir.path().join("part");
    let half = Shard { index: 0, count: 2 };
    run_into(&part, 2, half, Existing::Refuse);
    let journal = part.join("cells.journal");
    let complete = std::fs::read(&journal).expect("a journal");
    let other = dir.path().join("other");
    run_into(&other, 1, Shard { index: 1, count: 2 }, Existing::Refuse);
    for tenths in [1, 5, 9] {
        std::fs::write(&journal, &complete[..complete.len() * tenths / 10]).expect("cut");
        run_into(&part, 2, half, Existing::Resume);
        let out = Folder::create(&dir.path().join(format!("out{tenths}"))).expect("a folder");
        let folders = [Folder::at(&part), Folder::at(&other)];
        merge(&study(), &folders, &out).expect("all shards are there");
        assert!(records(out.path()) == records(&whole));
    }
}

/// The program itself, killed when its journal has grown to several sizes, goes on to the same bytes; what stood
/// in the journal is not computed again.
#[cfg(unix)]
#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("study.toml");
    // Strategies that fit models would take minutes at this size; the test above has them.
    let quick = STRATEGIES
        .iter()
        .filter(|s| quick::parameters(s.name).is_none());
    let quick = quick.map(|s| format!("[[strategy]]\nname = \"{}\"\n", s.name));
    let study = (STUDY.to_string() + &quick.collect::<String>())
        .replace("replicates = 5", "replicates = 200")
        .replace("= 60", "= 300");
    std::fs::write(&file, study).expect("written");
    let start = |out: &Path, resume: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_archbench"));
        command
            .arg("run")
            .arg(&file)
            .arg("--out")
            .arg(out)
            .args(["--no-report", "--quiet"]);
        command
            .args(resume.then_some("--resume"))
            .stdout(Stdio::null());
        command.spawn().expect("the program runs")
    };
    let whole = dir.path().join("whole");
    assert!(start(&whole, false).wait().expect("ends").success());
    let out = dir.path().join("killed");
    let journal = out.join("cells.journal");
    let mut kills = 0;
    for size in [1 << 20, 4 << 20, 12 << 20] {
        let mut running = start(&out, kills > 0);
        let grown = || std::fs::metadata(&journal).is_ok_and(|m| m.len() > size);
        while running.try_wait().expect("a process").is_none() {
            if grown() {
                running.kill().expect("killed");
                kills += 1;
                break;
            }
            std::thread::yield_now();
        }
        running.wait().expect("ends");
        let kept = std::fs::metadata(&journal).expect("a journal").len();
        assert!(kept > size, "{kept} of {size} bytes");
        assert!(
            !out.join("records.parquet").exists(),
            "half a run leaves no records"
        );
    }
    assert_eq!(kills, 3);
    assert!(start(&out, true).wait().expect("ends").success());
    assert!(records(&out) == records(&whole));
    assert!(!journal.exists(), "a finished run leaves no journal");
}
