//! Surrogate benchmarks: fitted, kept, opened, asked, and as good as their card says.

#[path = "support/noisy_table.rs"]
mod noisy_table;
#[path = "support/program.rs"]
mod program;

use archbench::bakeoff::{Pool, Replicate, Twins, scores};
use archbench::benchmark::{self, Benchmark, Evaluation, Query, SeedPolicy};
use archbench::space::Architecture;
use archbench::study::{Cells, Study};
use archbench::surrogate::{SurrogateStudy, fit, store};
use noisy_table::{EPOCHS, noise, valid};
use program::archbench;
use std::path::Path;

const STUDY: &str = r#"
kind = "surrogate"
name = "noisy-surrogate"
seed = 3
benchmark = "noisy"
rank = 2
replicates = 20
evaluations = 40
strategies = ["random-search", "regularized-evolution", "local-search"]
[predictor]
name = "gaussian-process"
kernel = "shared-operations"
"#;

const CELL: &str =
    "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|";

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

/// Curves, training time, noise and the order of strategies of a table of which all is known come out of the surrogate.
#[test]
fn a_surrogate_is_what_it_was_fitted_to() {
    let table = noisy_table::benchmark();
    let study = SurrogateStudy::parse(STUDY).expect("a sound study");
    let (card, model) = fit(&study, &table).expect("fits");
    let found = &card.scores[0];
    assert!(found.r2 > 0.9 && found.kendall_tau > 0.8, "{found:?}");
    assert!(found.cost_r2.is_some_and(|r2| r2 > 0.9), "{found:?}");
    let curve = found.curve.as_ref().expect("curves");
    assert!(curve.rmse < 0.02 && curve.r2 > Some(0.7), "{curve:?}");
    assert_eq!(found.noise.from, "training seeds");
    let ratio = found.noise.stated / found.noise.measured;
    assert!((0.9..1.1).contains(&ratio), "{:?}", found.noise);
    assert!(
        (0.92..0.98).contains(&found.noise.within_95),
        "{:?}",
        found.noise
    );
    // Two trainings agree less than a perfect model and a training would.
    let agreement = found.seed_kendall_tau.expect("several seeds");
    let attainable = found.attainable_kendall_tau.expect("several seeds");
    assert!(agreement > 0.7 && agreement < 0.95);
    assert!(attainable > agreement && attainable < 1.0);
    // A table that lacks architectures is another space to search: no order of strategies.
    assert_eq!((found.strategies.len(), found.ranking.is_none()), (0, true));
    assert_eq!(found.left_out.len(), 3);
    assert_eq!(card.table_sha256, table.spec().sha256);
    // The same again, to the byte.
    assert_eq!(fit(&study, &table).expect("fits").1, model);

    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("surrogates/noisy-surrogate");
    store(&folder, &card, &model).expect("stored");
    let query = [
        "query",
        "noisy-surrogate",
        CELL,
        "--task",
        "cifar10",
        "--curve",
        "--json",
    ];
    let (code, said) = archbench(home.path(), &query);
    assert_eq!(code, Some(0), "{said}");
    let answer: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let curve = answer["answers"].as_array().expect("a curve");
    let space = table.space(0);
    let arch = space.parse(CELL).expect("a cell");
    for (at, epoch) in curve.iter().zip(EPOCHS) {
        assert_eq!(at["epoch"], epoch);
        let of = |key: &str| at[key].as_f64().expect("a number");
        let time = f64::from(epoch) * (1.0 + noisy_table::worth(&arch));
        assert!((of("train/time_s") / time - 1.0).abs() < 0.1, "{at}");
        assert!(
            (of("valid/metric") - valid(&space.canonical(&arch), epoch)).abs() < 0.05,
            "{at}"
        );
    }
    draws_are_as_noisy_as_the_table(home.path());
}

/// Draws of the surrogate, in a process of its own home: the spread of seeds is the table's, of good cells and of bad.
fn draws_are_as_noisy_as_the_table(home: &Path) {
    let space = archbench::space::open("nas-bench-201").expect("registered");
    let all = (0..space.raw_size()).map(|at| space.at_index(at * 7919 % space.raw_size()));
    let cells = all.filter(|arch| space.canonical(arch) == *arch);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for arch in cells {
        let list = match noisy_table::worth(&arch) {
            w if w > 0.7 => &mut good,
            w if w < 0.35 => &mut bad,
            _ => continue,
        };
        if list.len() < 15 {
            list.push(arch);
        }
    }
    for cells in [good, bad] {
        let (mut found, mut expected) = (0.0, 0.0);
        for arch in &cells {
            let name = space.display(arch);
            let values = ["index:0", "index:1", "index:2"].map(|seed| {
                let words = [
                    "query",
                    "noisy-surrogate",
                    &name,
                    "--task",
                    "cifar10",
                    "--seed",
                    seed,
                    "--json",
                ];
                let (code, said) = archbench(home, &words);
                assert_eq!(code, Some(0), "{said}");
                let answer: serde_json::Value = serde_json::from_str(&said).expect("JSON");
                answer["answers"][0]["valid/metric"]
                    .as_f64()
                    .expect("a metric")
            });
            let mean = values.iter().sum::<f64>() / 3.0;
            found += values.iter().map(|v| (v - mean).powi(2) / 2.0).sum::<f64>();
            expected += noise(arch).powi(2);
        }
        // 30 degrees of freedom: a standard error of 13 % of the standard deviation.
        let ratio = (found / expected).sqrt();
        assert!((0.6..1.5).contains(&ratio), "{ratio}");
    }
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
    assert!(of("r2") > 0.89 && of("kendall_tau") > 0.89);
    // Strategies come out as on the table wherever the table tells them apart.
    let ranking = written["ranking"]
        .as_table()
        .expect("strategies are ranked");
    assert!(ranking["told_apart"].as_integer() >= Some(10), "{ranking}");
    assert_eq!(ranking["contradicted"].as_integer(), Some(0));
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

/// Isomorphic cells are one network, and what is no network has no answer.
#[test]
fn answers_are_those_of_networks() {
    let surrogate = benchmark::open("nas-bench-graph-surrogate").expect("shipped");
    let space = surrogate.space(0);
    let of = |text: &str, seed| {
        ask(
            surrogate.as_ref(),
            space.parse(text).expect("valid"),
            0,
            seed,
        )
    };
    for seed in [
        SeedPolicy::Mean,
        SeedPolicy::Index(2),
        SeedPolicy::Draw { key: 9 },
    ] {
        let one = of("0000:gat,gcn,fc,gin", seed);
        assert_eq!(one, of("0000:fc,gin,gat,gcn", seed));
        assert_ne!(one, of("0000:fc,fc,gat,gcn", seed));
    }
}
