//! Bake-off studies: the same bytes however they are run, mistakes found first, failures as rows, and the committed
//! reference study.

#[path = "support/made_up_table.rs"]
mod made_up_table;

use archbench::bakeoff::{
    Bakeoff, FitPlace, Measure, Score, Scoreboard, read_fit_times, read_scores,
};
use archbench::benchmark;
use archbench::error::Error;
use archbench::study::{Cells, Existing, Folder, Kind, Shard, merge, run};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const STUDY: &str = r#"
kind = "bakeoff"
name = "small"
seed = 7
replicates = 3
train_sizes = [12, 30]
test_size = 400
encodings = ["one-hot", "path"]
[[benchmark]]
name = "nas-bench-graph"
tasks = ["cora", "proteins"]
[[predictor]]
name = "ridge"
[[predictor]]
name = "random-forest"
trees = 20
encoding = "one-hot"
[[predictor]]
name = "bayesian-ridge"
label = "bayes"
target = "normal-scores"
encoding = "one-hot"
"#;

fn bakeoff(text: &str) -> Bakeoff {
    Bakeoff::parse(text, &benchmark::open).unwrap_or_else(|e| panic!("{e:?}"))
}

fn run_into(text: &str, folder: &Path, threads: usize, shard: Shard, existing: Existing) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("a pool");
    pool.install(|| {
        let folder = Folder::create(folder).expect("a folder");
        run(&bakeoff(text), &folder, shard, existing, &mut |_, _| {}).expect("a run");
    });
}

fn bytes(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("scores.parquet")).expect("scores")
}

fn board(folder: &Path) -> Scoreboard {
    read_scores(&folder.join("scores.parquet")).expect("scores")
}

#[test]
fn threads_shards_and_interruptions_do_not_change_a_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    run_into(STUDY, &at("one"), 1, Shard::WHOLE, Existing::Refuse);
    run_into(STUDY, &at("three"), 3, Shard::WHOLE, Existing::Refuse);
    let whole = bytes(&at("one"));
    assert!(whole == bytes(&at("three")));
    for index in 0..2 {
        let shard = Shard { index, count: 2 };
        run_into(
            STUDY,
            &at(&format!("part{index}")),
            2,
            shard,
            Existing::Refuse,
        );
    }
    let journal = at("part0").join("cells.journal");
    let complete = std::fs::read(&journal).expect("a journal");
    std::fs::write(&journal, &complete[..complete.len() / 2]).expect("cut");
    run_into(
        STUDY,
        &at("part0"),
        2,
        Shard { index: 0, count: 2 },
        Existing::Resume,
    );
    let out = Folder::create(&at("merged")).expect("a folder");
    let parts = [Folder::at(&at("part0")), Folder::at(&at("part1"))];
    let missing = merge(&bakeoff(STUDY), &parts[..1], &out).expect_err("a shard is missing");
    assert!(
        missing.to_string().contains("finish shard 2/2"),
        "{missing}"
    );
    merge(&bakeoff(STUDY), &parts, &out).expect("all shards are there");
    assert!(bytes(out.path()) == whole);

    let board = board(out.path());
    assert_eq!(board.rows.len(), 2 * 4 * 2 * 3);
    assert!(
        board
            .rows
            .iter()
            .all(|row| row.error.is_none() && row.asked == Some(400))
    );
    let reopened = Bakeoff::reopen(&board.study, &benchmark::open).expect("the same tables");
    assert_eq!(reopened.hash(), bakeoff(STUDY).hash());
    let times = read_fit_times(&out.path().join("timings.parquet"), &board.study).expect("times");
    assert_eq!(times.len(), board.rows.len());
    let tau = Measure::all()
        .iter()
        .position(|m| *m == Measure::Score(Score::KendallTau, 0));
    let tau = tau.expect("a measure");
    let mean = board
        .rows
        .iter()
        .filter_map(|row| row.values[tau])
        .sum::<f64>();
    assert!(mean / board.rows.len() as f64 > 0.15);
}

/// The program itself, and its report: the same files again, whole and well labelled.
#[test]
fn the_program_runs_reports_and_merges_bakeoffs() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("study.toml");
    std::fs::write(&file, STUDY).expect("written");
    let archbench = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_archbench"));
        let done = command.args(words).current_dir(dir.path()).output();
        let done = done.expect("runs");
        let said = String::from_utf8_lossy(&done.stdout).into_owned()
            + &String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words:?}: {said}");
        said
    };
    assert!(archbench(&["verify", "study.toml"]).contains("48 runs"));
    let said = archbench(&["run", "study.toml", "--out", "whole", "--json"]);
    assert!(
        said.contains("\"fits\":48") && said.contains("scores.parquet"),
        "{said}"
    );
    for part in ["1/2", "2/2"] {
        let out = format!("part{}", &part[..1]);
        archbench(&["run", "study.toml", "--out", &out, "--shard", part]);
    }
    archbench(&["merge", "part1", "part2", "--out", "merged"]);
    assert!(bytes(&dir.path().join("whole")) == bytes(&dir.path().join("merged")));
    let page = |folder: &str| {
        std::fs::read_to_string(dir.path().join(folder).join("report.html")).expect("a report")
    };
    let before = page("whole");
    archbench(&["report", "whole"]);
    assert!(before == page("whole"));
    for section in [
        "summary",
        "quality",
        "picks",
        "calibration",
        "time",
        "scores",
        "setup",
        "practices",
    ] {
        assert!(
            before.contains(&format!("<section id=\"{section}\"")),
            "{section}"
        );
    }
    for figure in [
        "kendall-size",
        "precision-size",
        "regret-size",
        "coverage",
        "pareto",
    ] {
        let folder = dir.path().join("whole/figures");
        assert!(folder.join(format!("{figure}.svg")).exists(), "{figure}");
        assert!(folder.join(format!("{figure}.png")).exists(), "{figure}");
        assert!(
            before.contains(&format!("id=\"figure-{figure}\"")),
            "{figure}"
        );
    }
    assert!(!before.contains("NaN") && !before.contains("src="));
}

fn complaints(text: &str) -> String {
    let errors = Bakeoff::parse(text, &benchmark::open).err();
    let errors = errors.expect("refused");
    let errors = errors.iter().map(Error::to_string);
    errors.collect::<Vec<_>>().join("\n")
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    for (from, to, complaint) in [
        ("test_size", "tset_size", "did you mean `test_size`?"),
        ("\"ridge\"", "\"rigde\"", "did you mean `ridge`?"),
        ("\"path\"", "\"pth\"", "did you mean `path`?"),
        ("trees = 20", "tree = 20", "did you mean `trees`?"),
        ("\"cora\"", "\"coar\"", "did you mean `cora`?"),
        ("[12, 30]", "[30, 12]", "expected ascending sizes"),
        ("[12, 30]", "[12, 999999]", "leave nothing to predict"),
        (
            "label = \"bayes\"",
            "features = [\"proxy_score/synflow\"]",
            "lacks it",
        ),
        (
            "label = \"bayes\"",
            "features = [\"curve\"]",
            "a curve of no length",
        ),
        ("label = \"bayes\"", "features = [\"curv\"]", "or `curve`"),
        (
            "name = \"bayesian-ridge\"\nlabel = \"bayes\"",
            "name = \"ridge\"",
            "used twice",
        ),
        (
            "test_size = 400",
            "seed_policy = \"draw\"",
            "gives no one metric",
        ),
        (
            "test_size = 400",
            "training = \"randon\"",
            "did you mean `random`?",
        ),
        (
            "test_size = 400",
            "recalibration_folds = 1",
            "expected 0 for none",
        ),
    ] {
        let text = STUDY.replacen(from, to, 1);
        assert_ne!(text, STUDY, "{from}");
        let found = complaints(&text);
        assert!(found.contains(complaint), "{to}: {found}");
    }
    assert_eq!(Kind::of(STUDY), Ok(Kind::Bakeoff));
    let unknown = Kind::of("kind = \"bakeof\"").expect_err("unknown");
    assert!(unknown.to_string().contains("did you mean `bakeoff`?"));
}

#[test]
fn training_sets_of_a_search_are_better_than_the_rest() {
    let text = STUDY.replace("test_size = 400", "training = \"regularized-evolution\"");
    let study = bakeoff(&text);
    for predictor in 0..2 {
        let place = FitPlace {
            task: 0,
            predictor,
            size: 1,
            replicate: 0,
        };
        let searched = study.run_cell(place).outcome.expect("fits");
        let drawn = bakeoff(&STUDY.replace("test_size = 400", "")).run_cell(place);
        assert_ne!(searched, drawn.outcome.expect("fits"));
        assert_eq!(searched, study.run_cell(place).outcome.expect("fits"));
    }
}

/// Sizes, lengths of curves, test architectures and trials of White et al. in one file: 31 predictors with their
/// encodings and fidelities, of which a few cells are run.
#[test]
fn the_grid_of_white_et_al_is_one_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/white_et_al_2021.toml");
    let text = std::fs::read_to_string(file).expect("the file");
    let table = made_up_table::benchmark(false);
    let open = |_: &str| Ok(table.clone());
    let study = Bakeoff::parse(&text, &open).unwrap_or_else(|e| panic!("{e:?}"));
    let resolved = study.resolved();
    assert_eq!(resolved.predictors.len(), 12 + 6 + 2 * 12 + 6 + 12);
    assert_eq!(study.cells() as usize, resolved.predictors.len() * 8 * 100);
    let scored = |label: &str, fidelity: Option<u32>| {
        let mut predictors = resolved.predictors.iter();
        let at = predictors.position(|p| p.label == label && p.fidelity == fidelity);
        let place = FitPlace {
            task: 0,
            predictor: at.expect("in the file"),
            size: 4,
            replicate: 0,
        };
        study.run_cell(place).outcome.expect("fits")
    };
    let stopped = scored("early stopping", Some(73));
    assert!(stopped.scores[0].kendall_tau.is_some_and(|tau| tau > 0.99));
    // 42 trainings of 2,000 s, whose curves come with them; asking costs the curve.
    assert_eq!(stopped.train_cost_s, Some(42.0 * 2000.0));
    assert_eq!(stopped.query_cost_s, 730.0);
    let synflow = scored("synflow", None);
    assert!(synflow.scores[0].spearman.is_some_and(|rho| rho > 0.99));
    assert_eq!((synflow.asked, synflow.query_cost_s), (200, 2.5));
}

#[test]
fn a_fit_that_fails_is_a_row_and_the_others_go_on() {
    let text = STUDY.replace("\"path\"", "\"adjacency\"").replace(
        "label = \"bayes\"",
        "label = \"bayes\"\nfeatures = [\"proxy_score/synflow\"]",
    );
    let text = text
        .replace("tasks = [\"cora\", \"proteins\"]", "")
        .replace("400", "100");
    let table = made_up_table::benchmark(true);
    let open = |_: &str| Ok(table.clone());
    let study = Bakeoff::parse(&text, &open).unwrap_or_else(|e| panic!("{e:?}"));
    let dir = tempfile::tempdir().expect("a folder");
    let folder = Folder::create(dir.path()).expect("a folder");
    let outcome = run(
        &study,
        &folder,
        Shard::WHOLE,
        Existing::Refuse,
        &mut |_, _| {},
    );
    let outcome = outcome.expect("goes on");
    assert_eq!((outcome.rows, outcome.failed_runs), (24, 6));
    let board = board(dir.path());
    for row in &board.rows {
        let fails = board.study.predictors[row.place.predictor].label == "bayes";
        assert_eq!(row.error.is_some(), fails);
        assert_eq!(row.values.iter().all(Option::is_none), fails);
        if let Some(error) = &row.error {
            assert!(
                error.contains("synflow") && error.contains("is missing"),
                "{error}"
            );
        }
    }
}

/// Means of 5 of its 30 replicates lie within six standard errors of the committed means.
#[test]
fn the_reference_study_is_reproduced() {
    const REPLICATES: u32 = 5;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/bakeoff");
    let study = Bakeoff::read(&folder.join("study.toml")).expect("a sound study");
    let path = folder.join("tables/kendall-tau-by-task.csv");
    let mut reader = csv::Reader::from_path(path).expect("the table");
    let rows: BTreeMap<(String, String), Vec<f64>> = reader
        .records()
        .map(|row| {
            let row = row.expect("a row");
            let values = row.iter().skip(2);
            let values = values.map(|v| v.parse().expect("a number")).collect();
            ((row[0].to_string(), row[1].to_string()), values)
        })
        .collect();
    let resolved = study.resolved();
    assert_eq!(rows.len(), resolved.tasks.len() * resolved.predictors.len());
    let fast = ["ridge", "k-nearest-neighbors", "svr", "gradient-boosting"];
    for (task, pool) in resolved.tasks.iter().enumerate() {
        for (predictor, known) in resolved.predictors.iter().enumerate() {
            if !fast.contains(&known.name.as_str()) {
                continue;
            }
            let committed = &rows[&(
                format!("{}/{}", pool.benchmark, pool.task),
                known.label.clone(),
            )];
            for size in 0..3 {
                let tau = |replicate| {
                    let place = FitPlace {
                        task,
                        predictor,
                        size,
                        replicate,
                    };
                    let fit = study.run_cell(place).outcome.expect("fits");
                    fit.scores[0].kendall_tau.expect("varied")
                };
                let taus: Vec<f64> = (0..REPLICATES).map(tau).collect();
                let n = f64::from(REPLICATES);
                let mean = taus.iter().sum::<f64>() / n;
                let variance = taus.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / (n - 1.0);
                // Five values may by chance lie close together.
                let error = (variance / n).sqrt().max(0.005);
                let reference = committed[3 * size];
                assert!(
                    (mean - reference).abs() <= 6.0 * error,
                    "{} {}: {mean} against {reference}",
                    pool.task,
                    known.label
                );
            }
        }
    }
}
