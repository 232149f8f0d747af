//! Surrogate benchmarks: fitted, kept, opened, asked, and as good as their card says.

#[path = "support/made_up_table.rs"]
mod made_up_table;

use archbench::bakeoff::{Pool, Replicate, Twins, scores};
use archbench::benchmark::{self, Benchmark, Evaluation, Query, SeedPolicy};
use archbench::space::Architecture;
use archbench::study::{Cells, Study};
use archbench::surrogate::{SurrogateStudy, fit};
use std::process::Command;

const STUDY: &str = r#"
kind = "surrogate"
name = "made-up-surrogate"
seed = 3
benchmark = "made-up"
rank = 2
replicates = 3
evaluations = 40
strategies = ["random-search", "regularized-evolution", "local-search"]
[predictor]
name = "gaussian-process"
kernel = "shared-operations"
"#;

fn ask(benchmark: &dyn Benchmark, arch: Architecture, at: usize, seed: SeedPolicy) -> Evaluation {
    let fidelity = benchmark.spec().tasks[0].fidelities[at];
    let query = Query {
        task: 0,
        arch,
        fidelity,
        seed,
    };
    benchmark.query(&query).expect("an answer")
}

/// Curves, training time and the optimum of a table that is a smooth function come out of the surrogate.
#[test]
fn a_surrogate_is_a_benchmark_like_any_other() {
    let table = made_up_table::benchmark(false);
    let study = SurrogateStudy::parse(STUDY).expect("a sound study");
    let (card, model) = fit(&study, &table).expect("fits");
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("surrogates/made-up-surrogate");
    archbench::surrogate::store(&folder, &card, &model).expect("stored");
    let found = &card.scores[0];
    assert!(found.r2 > 0.9 && found.kendall_tau > 0.85, "{found:?}");
    assert!(found.curve_rmse.is_some_and(|e| e < 0.02), "{found:?}");
    assert_eq!(card.table_sha256, table.spec().sha256);
    assert_eq!(found.strategies.len(), 3);
    // The same again, to the byte.
    assert_eq!(fit(&study, &table).expect("fits").1, model);

    let archbench = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_archbench"));
        let done = command.args(words).env("ARCHBENCH_HOME", home.path());
        let done = done.output().expect("runs");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        (
            done.status.success(),
            said + &String::from_utf8_lossy(&done.stderr),
        )
    };
    let cell = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|";
    let query = [
        "query",
        "made-up-surrogate",
        cell,
        "--task",
        "cifar10",
        "--curve",
        "--json",
    ];
    let (ok, said) = archbench(&query);
    assert!(ok, "{said}");
    let answer: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let curve = answer["answers"].as_array().expect("a curve");
    assert_eq!(curve.len(), 13);
    assert_eq!(curve[12]["epoch"], 200);
    assert!((curve[12]["train/time_s"].as_f64().expect("a time") - 2000.0).abs() < 1.0);
    assert!(curve[3]["train/time_s"].as_f64().expect("a time") < 100.0);
    let valid: Vec<f64> = curve
        .iter()
        .map(|a| a["valid/metric"].as_f64().expect("one"))
        .collect();
    assert!(valid[0] < valid[6] && valid[6] < valid[12], "{valid:?}");
    assert!(
        archbench(&["list", "benchmarks"])
            .1
            .contains("made-up-surrogate")
    );

    std::fs::write(folder.join("model.bin"), &model[..model.len() - 1]).expect("cut");
    let (ok, said) = archbench(&query);
    assert!(
        !ok && said.contains("checksum") && said.lines().count() == 1,
        "{said}"
    );
    let mut other = model.clone();
    other[8] += 1;
    std::fs::write(folder.join("model.bin"), &other).expect("another version");
    assert!(archbench(&query).1.contains("format version"));
}

/// The shipped surrogate on what it was not fitted to, worked out again from the shipped table.
#[test]
fn the_shipped_surrogate_is_as_good_as_its_card_says() {
    let surrogate = benchmark::open("nas-bench-graph-surrogate").expect("shipped");
    let table = benchmark::open("nas-bench-graph").expect("shipped");
    let text = include_str!("../surrogates/nas-bench-graph-surrogate/surrogate.toml");
    let card: toml::Table = text.parse().expect("a card");
    assert_eq!(
        card["table_sha256"].as_str(),
        Some(table.spec().sha256.as_str())
    );
    let tasks = &table.spec().tasks;
    let task = tasks
        .iter()
        .position(|t| t.name == "arxiv")
        .expect("a task");
    let pool = Pool::open(table.as_ref(), task, SeedPolicy::Mean).expect("complete");
    let replicate = Replicate { seed: 1, number: 0 };
    let size = (0.8 * pool.archs.len() as f64) as usize;
    let split = pool.split(&pool.shuffled(replicate), size, Twins::LeftOut, None);
    let asked = split.expect("a split").test;
    let truth: Vec<f64> = asked.iter().map(|&at| pool.metric[at]).collect();
    let found: Vec<f64> = asked
        .iter()
        .map(|&at| ask(surrogate.as_ref(), pool.archs[at], 0, SeedPolicy::Mean).valid)
        .collect();
    let found = scores(&found, &truth);
    let written = card["scores"][0].as_table().expect("scores");
    let of = |key: &str| written[key].as_float().expect("a number");
    assert!((found.r2.expect("varied") - of("r2")).abs() < 1e-9);
    assert!((found.kendall_tau.expect("varied") - of("kendall_tau")).abs() < 1e-9);
    assert!(of("r2") > 0.8 && of("kendall_tau") > 0.75);
}

#[test]
fn draws_are_named_and_studies_run_on_surrogates() {
    let surrogate = benchmark::open("nas-bench-graph-surrogate").expect("shipped");
    let space = surrogate.space(0);
    let arch = space.canonical(&space.at_index(1234));
    let of = |seed| ask(surrogate.as_ref(), arch, 0, seed).valid;
    let mean = of(SeedPolicy::Mean);
    let seeds: Vec<f64> = (0..3).map(|k| of(SeedPolicy::Index(k))).collect();
    assert!(seeds.iter().all(|s| *s != mean) && seeds[0] != seeds[1]);
    assert_eq!(of(SeedPolicy::Index(1)), seeds[1]);
    let drawn = of(SeedPolicy::Draw { key: 7 });
    assert!(seeds.contains(&drawn) && drawn == of(SeedPolicy::Draw { key: 7 }));
    let text = "kind = \"search\"\nname = \"s\"\nseed = 1\nreplicates = 2\nbudget = { evaluations = 50 }\n\
                seed_policy = \"draw\"\n[[benchmark]]\nname = \"nas-bench-graph-surrogate\"\n\
                [[strategy]]\nname = \"regularized-evolution\"\n";
    let study = Study::parse(text, &benchmark::open).unwrap_or_else(|e| panic!("{e:?}"));
    let optimum = study.resolved().tasks[0].optimum.valid;
    for cell in 0..2 {
        let record = study.run(cell);
        assert_eq!((record.rows.len(), record.error), (50, None));
        assert!(
            record
                .rows
                .iter()
                .all(|row| row.valid.is_some_and(|v| v <= optimum))
        );
    }
}

#[test]
fn mistakes_of_a_surrogate_study_are_named() {
    for (from, to, complaint) in [
        ("rank = 2", "rnak = 2", "did you mean `rank`?"),
        ("rank = 2", "rank = 0", "expected 1 to 50"),
        (
            "\"surrogate\"",
            "\"search\"",
            "expected kind = \"surrogate\"",
        ),
        (
            "\"local-search\"",
            "\"local-serch\"",
            "did you mean `local-search`?",
        ),
        (
            "gaussian-process",
            "gaussian-proces",
            "did you mean `gaussian-process`?",
        ),
    ] {
        let text = STUDY.replacen(from, to, 1);
        let problem = SurrogateStudy::parse(&text)
            .expect_err("refused")
            .to_string();
        assert!(problem.contains(complaint), "{to}: {problem}");
    }
}
