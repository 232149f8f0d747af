//! Shipped and imported tables against figures read off the published files with Python.

use archbench::benchmark::{Benchmark, SeedPolicy, TabularBenchmark, open};
use archbench::import::{Files, read, read_files};
use archbench::table::{Meaning, Quantity, Split, Table, Verdict, facts, store};
use std::path::PathBuf;
use std::sync::Arc;

/// The published data, where it is at hand.
fn real_data(path: &str) -> Option<PathBuf> {
    let found = std::env::var_os("ARCHBENCH_REAL_DATA").map(|d| PathBuf::from(d).join(path));
    if found.is_none() {
        println!("skipped: ARCHBENCH_REAL_DATA not set");
    }
    found
}

/// `e = pickle.load(open(f'light/{t}.bench','rb')); max(v['valid_perf'] for v in e.values()),
/// max(v['perf'] for v in e.values())`
#[test]
fn the_shipped_graph_tables_have_the_published_optima() {
    let benchmark = open("nas-bench-graph").expect("shipped");
    let published = [
        ("cora", 0.8193333333333334, 0.8313333333333333),
        ("citeseer", 0.7280000000000001, 0.7156666666666666),
        ("pubmed", 0.8113333333333334, 0.786),
        ("cs", 0.9213333333333334, 0.9126239359987868),
        ("physics", 0.94, 0.9300489637784851),
        ("photo", 0.9406666666666667, 0.9278961478763934),
        ("computers", 0.9189999999999999, 0.8558341743653443),
        ("arxiv", 0.7366666666666667, 0.723864782009341),
        ("proteins", 0.8533333333333334, 0.7926337187386987),
    ];
    for (at, (task, valid, test)) in published.into_iter().enumerate() {
        assert_eq!(benchmark.spec().tasks[at].name, task);
        let best = benchmark.optimum(at, SeedPolicy::Mean).expect("an optimum");
        assert_eq!((best.valid, best.best_test), (valid, Some(test)), "{task}");
    }
}

/// NAS-Bench-Macro's best mean and mean over the space: 93.1267 and 90.247 (computed from the file).
#[test]
fn nas_bench_macro_is_an_oracle_with_the_published_best() {
    let Some(path) = real_data("nas-bench-macro/nas-bench-macro_cifar10.json") else {
        return;
    };
    let table = Arc::new(read("auto", &path).expect("imported"));
    let benchmark = TabularBenchmark::new(table.clone(), "");
    assert!(benchmark.spec().tasks[0].oracle);
    let best = benchmark.optimum(0, SeedPolicy::Mean).expect("an optimum");
    assert!((best.valid - 0.931267).abs() < 5e-7, "{}", best.valid);
    let task = &table.tasks[0];
    let test = task.schedules()[0].get(&Meaning::TEST).expect("tested");
    let curves = (0..task.archs().len()).flat_map(|row| (0..3).map(move |seed| (row, seed)));
    let tests: Vec<f64> = curves
        .filter_map(|(row, seed)| test.at(row, seed, 0).expect("in memory"))
        .collect();
    assert_eq!(tests.len(), 3 * 6561);
    let mean = tests.iter().sum::<f64>() / tests.len() as f64;
    assert!((mean - 0.90247).abs() < 5e-6, "{mean}");

    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("tables/nas-bench-macro");
    store(&table, &folder).expect("stored");
    let reread = archbench::benchmark::open_folder(&folder).expect("reopened");
    assert_eq!(
        reread.optimum(0, SeedPolicy::Mean).expect("an optimum"),
        best
    );
    for fact in facts::GENERAL {
        let verdict = (fact.check)(&table);
        assert!(
            !matches!(verdict, Verdict::Fails(_)),
            "{}: {verdict:?}",
            fact.name
        );
    }
}

/// The file of 108 epochs is a part of the full one: beside it, it adds no repeats.
#[test]
fn nas_bench_101s_two_files_have_no_more_repeats_than_one() {
    let Some(path) = real_data("nas-bench-101/energy_4V9E.tfrecord") else {
        return;
    };
    let records = std::fs::read(&path).expect("the published file");
    let once = read("auto", &path).expect("imported");
    let members = ["nasbench_full", "nasbench_only108"];
    let members = members.map(|name| (format!("{name}.tfrecord"), records.clone()));
    let both = read_files("auto", &Files::in_memory("both", members.to_vec())).expect("imported");
    let seeds = |table: &Table| -> Vec<usize> {
        let schedules = table.tasks[0].schedules();
        schedules.iter().map(|s| s.seeds.len()).collect()
    };
    assert_eq!(seeds(&both), seeds(&once));
}

/// EC-NAS's first record, read with its own protocol buffers in Python: 36 epochs took .113109 kWh.
#[test]
fn ec_nas_has_the_energy_of_its_trainings() {
    let Some(path) = real_data("nas-bench-101/energy_4V9E.tfrecord") else {
        return;
    };
    let table = read("auto", &path).expect("imported");
    assert_eq!(table.about.name, "ec-nas");
    let cell = "0110001100010000:input,conv1x1-bn-relu,conv3x3-bn-relu,output";
    let arch = table.tasks[0].space().parse(cell).expect("a cell");
    let value = |name: &str| {
        let meaning = Meaning::new(Split::Train, Quantity::Other(name.into()));
        let series = table
            .series("cifar10", Some("36"), &meaning)
            .expect("there");
        series.value(&arch, 36, SeedPolicy::Index(0)).ok()
    };
    assert_eq!(
        (value("energy-kwh"), value("co2eq-g")),
        (Some(0.113109), Some(13.649362))
    );
}
