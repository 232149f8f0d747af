//! A study that ran, and its report's numbers worked out again from the columns of its records.

use super::files;
use polars::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

const STUDY: &str = r#"
kind = "search"
name = "recomputed"
seed = 3
replicates = 12
budget = { evaluations = 40 }
[[benchmark]]
name = "nas-bench-graph"
tasks = ["cora", "arxiv", "proteins"]
[[strategy]]
name = "random-search"
[[strategy]]
name = "local-search"
[[strategy]]
name = "regularized-evolution"
population = 10
sample = 4
"#;
const TASKS: [&str; 3] = ["cora", "arxiv", "proteins"];
const STRATEGIES: [&str; 3] = ["random-search", "local-search", "regularized-evolution"];

/// Rows of a CSV text without its header.
pub fn csv(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        row.iter().map(String::from).collect()
    });
    rows.collect()
}

fn archbench(arguments: &[&str]) {
    let mut command = assert_cmd::Command::cargo_bin("archbench").expect("the program");
    command.args(arguments).assert().success();
}

/// Incumbents after each evaluation (validation, test) by task, strategy and replicate.
type Runs = BTreeMap<(String, String, u32), Vec<(f64, f64)>>;

fn read(path: &Path) -> Runs {
    let frame = ParquetReader::new(File::open(path).expect("records"))
        .finish()
        .expect("readable");
    let text = |name: &str| {
        let column = frame.column(name).expect(name).cast(&DataType::String);
        column.expect(name).str().expect(name).clone()
    };
    let (task, strategy) = (text("task"), text("strategy"));
    let replicate = frame
        .column("replicate")
        .expect("there")
        .u32()
        .expect("whole")
        .clone();
    let float = |name: &str| frame.column(name).expect(name).f64().expect(name).clone();
    let (valid, test) = (float("incumbent_valid"), float("incumbent_test"));
    let mut runs = Runs::new();
    for row in 0..frame.height() {
        let key = (
            task.get(row).expect("a task").to_string(),
            strategy.get(row).expect("a strategy").to_string(),
            replicate.get(row).expect("a replicate"),
        );
        let incumbent = (valid.get(row).expect("valid"), test.get(row).expect("test"));
        runs.entry(key).or_default().push(incumbent);
    }
    runs
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The best validation metric of each task, as the lock file has it.
fn optima(dir: &Path) -> BTreeMap<String, f64> {
    let lock = std::fs::read_to_string(dir.join("study.lock.toml")).expect("a lock");
    let lock: toml::Table = toml::from_str(&lock).expect("TOML");
    let tasks = lock["study"]["task"].as_array().expect("tasks").iter();
    tasks
        .map(|t| {
            let best = t["optimum"]["valid"].as_float().expect("a number");
            (t["task"].as_str().expect("a name").to_string(), best)
        })
        .collect()
}

fn close(ours: &str, theirs: f64, what: &str) {
    let ours: f64 = ours.parse().expect("a number");
    assert!(
        (ours - theirs).abs() < 1e-9,
        "{what}: {ours} is not {theirs}"
    );
}

#[test]
fn the_numbers_follow_from_the_records_and_the_bytes_from_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("study.toml");
    std::fs::write(&file, STUDY).expect("written");
    let out = dir.path().join("out");
    let (file, out_text) = (file.display().to_string(), out.display().to_string());
    archbench(&["run", &file, "--out", &out_text, "--quiet"]);

    let alone = dir.path().join("alone");
    std::fs::create_dir(&alone).expect("a folder");
    std::fs::copy(out.join("records.parquet"), alone.join("records.parquet")).expect("copied");
    archbench(&["report", &alone.display().to_string()]);
    let mut whole = files(&out);
    whole.retain(|name, _| {
        !name.contains("times.") && !name.contains("lock") && name != "timings.parquet"
    });
    assert!(
        whole == files(&alone),
        "the report needs more than the records"
    );

    check_numbers(&read(&out.join("records.parquet")), &optima(&out), &out);
}

/// What `of` says of the run in each replicate.
fn finals(runs: &Runs, task: &str, strategy: &str, of: impl Fn(&[(f64, f64)]) -> f64) -> Vec<f64> {
    let run = |r: u32| &runs[&(task.to_string(), strategy.to_string(), r)];
    (0..12).map(|r| of(run(r))).collect()
}

fn check_numbers(runs: &Runs, optima: &BTreeMap<String, f64>, out: &Path) {
    let table =
        |name: &str| csv(&std::fs::read_to_string(out.join("tables").join(name)).expect("a table"));
    let mut ranks = vec![Vec::new(); 3];
    for (row, task) in TASKS.iter().enumerate() {
        let best = optima[*task];
        let regret = |run: &[(f64, f64)]| 100.0 * (best - run[run.len() - 1].0);
        let test = |run: &[(f64, f64)]| 100.0 * run[run.len() - 1].1;
        // The regret after evaluation e holds until e + 1; the area ends at the last evaluation.
        let area = |run: &[(f64, f64)]| {
            mean(
                &run[..run.len() - 1]
                    .iter()
                    .map(|(v, _)| 100.0 * (best - v))
                    .collect::<Vec<_>>(),
            )
        };
        let mut means = Vec::new();
        for (column, strategy) in STRATEGIES.iter().enumerate() {
            let values = finals(runs, task, strategy, regret);
            let at = 1 + 3 * column;
            let shown = &table("final-regret.csv")[row];
            close(&shown[at], mean(&values), "final regret");
            let bound = |i: usize| shown[i].parse::<f64>().expect("a number");
            assert!(bound(at + 1) <= mean(&values) && mean(&values) <= bound(at + 2));
            close(
                &table("test.csv")[row][at],
                mean(&finals(runs, task, strategy, test)),
                "test",
            );
            close(
                &table("regret-area.csv")[row][at],
                mean(&finals(runs, task, strategy, area)),
                "area",
            );
            means.push(mean(&values));
        }
        for (strategy, ranks) in ranks.iter_mut().enumerate() {
            ranks.push(1.0 + means.iter().filter(|m| **m < means[strategy]).count() as f64);
        }
        check_pairs(runs, &table("pairs-by-task.csv"), task, regret);
    }
    for row in table("ranking.csv") {
        let strategy = STRATEGIES.iter().position(|s| *s == row[0]).expect("known");
        close(&row[1], mean(&ranks[strategy]), "mean rank");
        assert_eq!(
            row[2],
            ranks[strategy]
                .iter()
                .filter(|r| **r == 1.0)
                .count()
                .to_string()
        );
    }
    check_shown(&table("final-regret.csv"), out);
}

/// The shares and deltas of a task's pairs.
fn check_pairs(
    runs: &Runs,
    pairs: &[Vec<String>],
    task: &str,
    regret: impl Fn(&[(f64, f64)]) -> f64,
) {
    for pair in pairs.iter().filter(|p| p[0].ends_with(&format!("/{task}"))) {
        let (a, b) = (
            finals(runs, task, &pair[1], &regret),
            finals(runs, task, &pair[2], &regret),
        );
        let wins = |x: f64, y: f64| f64::from(u8::from(x < y)) + 0.5 * f64::from(u8::from(x == y));
        let paired: Vec<f64> = a.iter().zip(&b).map(|(x, y)| wins(*x, *y)).collect();
        close(&pair[4], mean(&paired), "share");
        let all: Vec<f64> = a
            .iter()
            .flat_map(|x| b.iter().map(move |y| 2.0 * wins(*x, *y) - 1.0))
            .collect();
        close(&pair[5], mean(&all), "Cliff's delta");
    }
}

/// The rounded means of Markdown and LaTeX are those of the CSV file.
fn check_shown(exact: &[Vec<String>], out: &Path) {
    let page = std::fs::read_to_string(out.join("report.md")).expect("Markdown");
    let latex = std::fs::read_to_string(out.join("tables/final-regret.tex")).expect("LaTeX");
    let after = page.split("Final simple regret").nth(1).expect("the table");
    let shown = after.lines().filter(|l| l.starts_with("| ")).skip(2);
    let typeset = latex.lines().filter(|l| l.contains(" & ")).skip(1);
    for (row, (markdown, latex)) in exact.iter().zip(shown.zip(typeset)) {
        let cells = |text: &str, by: char| -> Vec<String> {
            let cells = text.trim_matches(['|', '\\', ' ']).split(by);
            cells.map(|c| c.trim().replace('\\', "")).collect()
        };
        let (markdown, latex) = (cells(markdown, '|'), cells(latex, '&'));
        for column in 0..STRATEGIES.len() {
            let exact: f64 = row[1 + 3 * column].parse().expect("a number");
            let shown = markdown[1 + column].split(' ').next().expect("a mean");
            let rounded: f64 = shown.parse().expect("a number");
            let bound = |at: usize| row[at].parse::<f64>().expect("a number");
            let width = bound(3 + 3 * column) - bound(2 + 3 * column);
            // Rounded to no less than a tenth of the interval, or three digits.
            let error = (rounded - exact).abs();
            assert!(
                error <= (0.051 * width).max(0.0051 * exact.abs()),
                "{shown} is not {exact}"
            );
            assert_eq!(markdown[1 + column], latex[1 + column]);
        }
    }
}

/// NAS-Bench-Macro's own file has three trainings of each architecture: the optimum under each seed policy follows from it.
#[test]
fn the_optima_of_every_seed_policy_are_those_of_the_published_file() {
    let Some(data) = std::env::var_os("ARCHBENCH_REAL_DATA") else {
        return;
    };
    let published = Path::new(&data).join("nas-bench-macro/nas-bench-macro_cifar10.json");
    let text = std::fs::read_to_string(&published).expect("the published file");
    let entries: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&text).expect("JSON");
    let accuracies: Vec<[f64; 3]> = entries
        .values()
        .map(|e| [0, 1, 2].map(|k| e["test_acc"][k].as_f64().expect("a number") / 100.0))
        .collect();
    let best = |of: &dyn Fn(&[f64; 3]) -> f64| accuracies.iter().map(of).fold(0.0, f64::max);

    let dir = tempfile::tempdir().expect("a folder");
    let study = "kind = 'search'\nname = 'optima'\nseed = 1\nreplicates = 2\nseed_policy = 'draw'\n\
                 budget = { evaluations = 5 }\n[[benchmark]]\nname = 'nas-bench-macro'\n\
                 [[strategy]]\nname = 'random-search'\n";
    std::fs::write(dir.path().join("study.toml"), study).expect("written");
    let published = published.display().to_string();
    for arguments in [
        &["import", "auto", published.as_str()][..],
        &["run", "study.toml", "--quiet"],
    ] {
        let mut command = assert_cmd::Command::cargo_bin("archbench").expect("the program");
        command
            .current_dir(dir.path())
            .env("ARCHBENCH_HOME", dir.path().join("home"));
        command.args(arguments).assert().success();
    }
    let optima = std::fs::read_to_string(dir.path().join("tables/optima.csv")).expect("optima");
    let rows = csv(&optima);
    let row = |policy: &str| {
        rows.iter()
            .find(|r| r[1].starts_with(policy))
            .expect(policy)
    };
    close(
        &row("mean")[2],
        best(&|a| (a[0] + a[1] + a[2]) / 3.0),
        "mean",
    );
    // Two strings of one network: an identity block after the first of a stage does nothing.
    assert!(["22212202", "22212220"].contains(&row("mean")[5].as_str()));
    for k in 0..3 {
        close(
            &row(&format!("index:{k}"))[2],
            best(&|a| a[k]),
            "one training",
        );
    }
    close(
        &row("draw (the study's)")[2],
        best(&|a| a[0].max(a[1]).max(a[2])),
        "any training",
    );
}
