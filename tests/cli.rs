//! The program as a user meets it: what it writes, what it refuses, and with which exit code.

use assert_cmd::Command;
use std::path::Path;

const STUDY: &str = r#"
kind = "search"
name = "small"
seed = 1
replicates = 3
budget = { evaluations = 30 }
[[benchmark]]
name = "nas-bench-graph"
tasks = ["cora", "arxiv", "proteins"]
[[strategy]]
name = "random-search"
[[strategy]]
name = "local-search"
"#;

fn archbench(arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("archbench").expect("the program");
    command.args(arguments).assert()
}

/// Runs a study given as text and returns the one line it complains with.
fn complaint(study: &str) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("study.toml");
    std::fs::write(&file, study).expect("written");
    let out = dir.path().join("out");
    let (file, out) = (file.display().to_string(), out.display().to_string());
    let assert = archbench(&["run", &file, "--out", &out]).code(2);
    assert!(!Path::new(&out).exists(), "nothing may be written");
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn mistakes_in_a_study_are_one_line_each_and_nothing_is_written() {
    for (from, to, expected) in [
        ("seed = 1", "sead = 1", "did you mean `seed`?"),
        ("seed = 1", "seed = \"x\"", "line 4"),
        (
            "evaluations = 30",
            "evaluations = 0",
            "budget.evaluations: expected 1 to",
        ),
        (
            "evaluations = 30",
            "simulated_s = 30.0",
            "no training times",
        ),
        ("\"arxiv\"", "\"arxif\"", "did you mean `arxiv`?"),
        (
            "nas-bench-graph",
            "nas-bench-graf",
            "did you mean `nas-bench-graph`?",
        ),
        (
            "\"local-search\"",
            "\"locl-search\"",
            "did you mean `local-search`?",
        ),
        (
            "\"local-search\"",
            "\"local-search\"\ninitail = 3",
            "did you mean `initial`?",
        ),
        (
            "\"local-search\"",
            "\"local-search\"\ninitial = 0",
            "expected 1 to",
        ),
        ("\"local-search\"", "\"random-search\"", "used twice"),
        (
            "replicates = 3",
            "replicates = 0",
            "replicates: expected at least 1",
        ),
        ("kind = \"search\"", "kind = \"serch\"", "search"),
    ] {
        let study = STUDY.replacen(from, to, 1);
        assert_ne!(study, STUDY, "{from}");
        let stderr = complaint(&study);
        assert!(stderr.contains(expected), "{to}: {stderr}");
    }
}

#[test]
fn a_run_writes_records_and_report_and_guards_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("study.toml");
    std::fs::write(&file, STUDY).expect("written");
    let path = file.display().to_string();
    archbench(&["run", &path]).success();
    for name in [
        "records.parquet",
        "timings.parquet",
        "study.lock.toml",
        "report.html",
        "report.md",
    ] {
        assert!(dir.path().join(name).is_file(), "{name}");
    }
    let records = std::fs::read(dir.path().join("records.parquet")).expect("records");
    archbench(&["run", &path, "--threads", "1"]).success();
    assert!(std::fs::read(dir.path().join("records.parquet")).expect("records") == records);

    std::fs::write(&file, STUDY.replace("replicates = 3", "replicates = 4")).expect("written");
    let refused = archbench(&["run", &path]).code(2);
    let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(stderr.contains("another version of this study"), "{stderr}");
    assert!(std::fs::read(dir.path().join("records.parquet")).expect("records") == records);
    archbench(&["report", &dir.path().display().to_string()]).success();
}

#[test]
fn damaged_records_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().display().to_string();
    archbench(&["report", &path]).code(2);
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", &[0; 4096]] {
        std::fs::write(dir.path().join("records.parquet"), bytes).expect("written");
        archbench(&["report", &path]).code(2);
    }
}

#[test]
fn a_query_answers_with_the_published_values() {
    // python: pickle.load(open('light/cora.bench','rb'))[0] -> valid_perf .7733333333333334, perf .797
    let answer =
        archbench(&["query", "nas-bench-graph", "0", "--task", "cora", "--json"]).success();
    let json: serde_json::Value =
        serde_json::from_slice(&answer.get_output().stdout).expect("JSON");
    assert_eq!(json["valid"], 0.7733333333333334);
    assert_eq!(json["test"], 0.797);
    archbench(&["query", "nas-bench-graph", "0", "--task", "cara"]).code(2);
    let refused = archbench(&[
        "query",
        "nas-bench-graph",
        "0",
        "--task",
        "cora",
        "--epoch",
        "3",
    ])
    .code(2);
    let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        stderr.contains("at epoch 3 in schedule full; the table has 1"),
        "{stderr}"
    );
    archbench(&["query", "nas-bench-graph", "0999:x", "--task", "cora"]).code(2);
    archbench(&["list"]).success();
    let listed = archbench(&["list", "benchmarks", "--json"]).success();
    let listed: serde_json::Value =
        serde_json::from_slice(&listed.get_output().stdout).expect("JSON");
    // The published counts (Qin et al. 2022).
    let shipped = &listed["benchmarks"][0];
    assert_eq!(shipped["name"], "nas-bench-graph");
    assert_eq!(shipped["tasks"][0]["architectures"], 26_206);
    assert_eq!(shipped["tasks"][8]["architectures"], 2_021);
    assert!(listed.get("strategies").is_none());
    archbench(&["verify", "nas-bench-graph"]).success();
    archbench(&["completions", "bash"]).success();
    archbench(&["manual"]).success();
}

/// A table through its whole life: imported, listed, checked, asked, joined, exported, damaged.
#[test]
fn a_plain_table_is_imported_checked_joined_exported_and_its_damage_found() {
    let dir = tempfile::tempdir().expect("a folder");
    let command = |arguments: &[&str]| {
        assert_cmd::Command::cargo_bin("archbench")
            .expect("built")
            .env("ARCHBENCH_HOME", dir.path().join("home"))
            .current_dir(dir.path())
            .args(arguments)
            .assert()
    };
    let write = |folder: &str, files: &[(&str, &str)]| {
        std::fs::create_dir_all(dir.path().join(folder)).expect("a folder");
        for (name, text) in files {
            std::fs::write(dir.path().join(folder).join(name), text).expect("written");
        }
    };
    let card = "[about]\nname = \"mine\"\ntitle = \"T\"\ncitation = \"C\"\nlicence = \"CC0-1.0\"\n\
                [[task]]\nname = \"digits\"\nmetric = \"accuracy\"\nspace = \"pool\"\n";
    let trainings = "task,schedule,arch,seed,epoch,valid/metric,train/time_s\n\
                     digits,10,small,7,10,0.75,25\ndigits,10,large,7,10,0.875,31\n";
    let sizes = "task,arch,params\ndigits,small,1000\n";
    write(
        "plain",
        &[("card.toml", card), ("trainings.csv", trainings)],
    );
    write(
        "sizes",
        &[("card.toml", card), ("architectures.csv", sizes)],
    );
    command(&["import", "auto", "plain"]).success();
    let joined = command(&["import", "plain", "sizes"]).success();
    let stdout = String::from_utf8_lossy(&joined.get_output().stdout).into_owned();
    assert!(
        stdout.contains("added params to 1 of 2 architectures (50.0 %)"),
        "{stdout}"
    );
    command(&["import", "plain", "sizes"]).code(2);
    command(&["verify", "mine"]).success();
    let asked = command(&[
        "query", "mine", "small", "--task", "digits", "--seed", "seed:7", "--json",
    ])
    .success();
    let json: serde_json::Value = serde_json::from_slice(&asked.get_output().stdout).expect("JSON");
    assert_eq!(
        (&json["valid"], &json["cost_s"]),
        (&0.75.into(), &25.0.into())
    );
    assert_eq!(json["attributes"]["params"], 1000.0);
    command(&["export", "mine", "--to", "csv", "out"]).success();
    let out = std::fs::read_to_string(dir.path().join("out/trainings.csv")).expect("exported");
    assert_eq!(out.lines().count(), 3);
    command(&["export", "mine", "--to", "csv", "out"]).code(2);

    let folder = dir.path().join("home/tables/mine");
    let files = std::fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .map(|e| e.path());
    let arrow = files
        .into_iter()
        .find(|p| p.extension().is_some_and(|e| e == "arrow"))
        .expect("data");
    let mut bytes = std::fs::read(&arrow).expect("readable");
    bytes[100] ^= 1;
    std::fs::write(&arrow, bytes).expect("written");
    let found = command(&["verify", "mine"]).code(1);
    let stdout = String::from_utf8_lossy(&found.get_output().stdout).into_owned();
    assert!(stdout.contains("FAIL  checksum of digits-"), "{stdout}");
    command(&["query", "mine", "small", "--task", "digits"]).code(2);
    command(&["verify", "nine"]).code(2);
}

/// `archbench list | head -1`: the reader hangs up before anything is printed.
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_archbench"))
        .args(["list", "strategies"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success(), "{:?}", output.status);
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A table of latencies has no trainings: it is imported, listed, asked and written like any other; and of what a table
/// has already, an import adds the rest when asked to.
#[test]
fn a_table_of_figures_only_is_asked_and_added_to() {
    let dir = tempfile::tempdir().expect("a folder");
    let home = dir.path().join("home");
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let program = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("archbench").expect("the program");
        command.env("ARCHBENCH_HOME", &home).args(arguments);
        let output = command.output().expect("ran");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let one = file(
        "hw_cifar100.csv",
        "net,pixel3_latency\n\"(4, 2, 2, 2, 2, 2)\",5.5\n",
    );
    let both = file(
        "hw2_cifar100.csv",
        "net,edgegpu_latency,pixel3_latency\n\"(4, 2, 2, 2, 2, 2)\",2.5,7\n",
    );
    let (code, out, _) = program(&["import", "hw-nas-bench-csv", &one, "--name", "mine"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("cifar100: 1 architectures, no trainings, 1 attributes"),
        "{out}"
    );
    let arch = "|avg_pool_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";
    let (code, out, _) = program(&["query", "mine", arch, "--task", "cifar100"]);
    assert_eq!(
        (code, out),
        (Some(0), format!("arch  {arch}\nlatency_ms/pixel3  5.5\n"))
    );
    let other = arch.replace("avg_pool_3x3", "none");
    let (code, _, error) = program(&["query", "mine", &other, "--task", "cifar100"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("in the table"), "{error}");
    let (code, _, error) = program(&[
        "query",
        "mine",
        arch,
        "--task",
        "cifar100",
        "--series",
        "valid/metric",
    ]);
    assert_eq!(code, Some(2));
    assert!(error.contains("figures of architectures only"), "{error}");
    let (code, _, error) = program(&["import", "hw-nas-bench-csv", &both, "--name", "mine"]);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("is there already; give --skip-existing"),
        "{error}"
    );
    let (code, out, _) = program(&[
        "import",
        "hw-nas-bench-csv",
        &both,
        "--name",
        "mine",
        "--skip-existing",
    ]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("kept latency_ms/pixel3") && out.contains("added latency_ms/edgegpu"),
        "{out}"
    );
    let (_, out, _) = program(&["query", "mine", arch, "--task", "cifar100"]);
    assert_eq!(
        out,
        format!("arch  {arch}\nlatency_ms/edgegpu  2.5\nlatency_ms/pixel3  5.5\n")
    );
}
