//! Tables: what they answer and what they refuse, how they are stored, exported, joined, and what damage does to them.

use archbench::benchmark::{Benchmark, Query, SeedPolicy, TabularBenchmark};
use archbench::rng::derive_rng;
use archbench::space::open as open_space;
use archbench::strategy::Fidelity;
use archbench::table::{
    ANY_TASK, About, Attribute, Epochs, Format, HardwareMetric, Meaning, Quantity, Split, Table,
    Task, TaskBuilder, Verdict, check_files, export, facts, join, open, open_plain, store,
};
use proptest::prelude::*;
use rand::RngExt;
use std::path::Path;
use std::sync::Arc;

const CELLS: u64 = 300;

fn about(name: &str) -> About {
    About {
        name: name.into(),
        title: "made up".into(),
        ..About::default()
    }
}

fn table(name: &str, tasks: Vec<Task>) -> Table {
    Table {
        about: about(name),
        sources: Vec::new(),
        tasks,
    }
}

/// A number of its own for each place.
fn value(parts: [u64; 4]) -> f64 {
    let [task, row, seed, epoch] = parts;
    (task * 7919 + row * 104_729 + seed * 1_299_709 + epoch * 15_485_863) as f64 % 1000.0 / 1000.0
}

/// NATS-Bench's layout in small: separate trainings of 12 and of 200 epochs, a task with validation at every epoch, one
/// with test results only, one with validation at the end and validation and test together before, seeds missing.
fn nats() -> Table {
    let space = open_space("nas-bench-201").expect("registered");
    let mut tasks = Vec::new();
    for (at, name) in ["cifar10-valid", "cifar10", "cifar100"]
        .into_iter()
        .enumerate()
    {
        let mut task = TaskBuilder::new(name, "nas-bench-201", "accuracy").expect("a task");
        let short = task.schedule("12", &[111]);
        let long = task.schedule("200", &[777, 888, 999]);
        let train = task.series(
            long,
            Meaning::new(Split::Train, Quantity::Metric),
            Epochs::run(1, 200),
        );
        let cost = task.series(long, Meaning::COST, Epochs::run(1, 200));
        let valid = match name {
            "cifar10-valid" => Some((Meaning::VALID, Epochs::run(1, 200))),
            "cifar100" => Some((Meaning::VALID, Epochs::one(200))),
            _ => None,
        };
        let valid =
            valid.map(|(meaning, epochs)| (task.series(long, meaning, epochs.clone()), epochs));
        let both = Meaning::new(Split::ValidAndTest, Quantity::Metric);
        let both = (name == "cifar100").then(|| task.series(long, both, Epochs::run(1, 200)));
        let test = task.series(long, Meaning::TEST, Epochs::one(200));
        let quick =
            (name != "cifar10").then(|| task.series(short, Meaning::VALID, Epochs::run(1, 12)));
        let flops = task.attribute_per_seed(Attribute::Flops, long);
        let params = task.attribute_per_seed(Attribute::Params, long);
        for cell in 0..CELLS {
            let row = task.row(&space.at_index(cell));
            let of =
                |seed: usize, epoch: u32| value([at as u64, cell, seed as u64, u64::from(epoch)]);
            for seed in 0..3 {
                task.put_for_seed(params, row, seed, cell as f64);
                task.put_for_seed(flops, row, seed, (cell + seed as u64) as f64);
                // As in the published files, many cells were trained with two seeds only.
                if seed == 1 && cell % 3 == 0 {
                    continue;
                }
                for epoch in 1..=200 {
                    task.set(train, row, seed, epoch, of(seed, epoch));
                    task.set(cost, row, seed, epoch, f64::from(epoch) * 10.0);
                    if let Some((valid, epochs)) = &valid
                        && epochs.position(epoch).is_some()
                    {
                        task.set(*valid, row, seed, epoch, of(seed, epoch));
                    }
                    if let Some(both) = both {
                        task.set(both, row, seed, epoch, of(seed, epoch));
                    }
                }
                task.set(test, row, seed, 200, of(seed, 200) / 2.0);
            }
            if let Some(quick) = quick {
                for epoch in 1..=12 {
                    task.set(quick, row, 0, epoch, of(9, epoch));
                }
            }
        }
        tasks.push(task.finish().expect("sound"));
    }
    table("nats", tasks)
}

fn message<T>(result: Result<T, impl std::fmt::Display>) -> String {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn what_a_table_lacks_is_an_error_that_lists_what_it_has() {
    let table = nats();
    let arch = |cell| {
        open_space("nas-bench-201")
            .expect("registered")
            .at_index(cell)
    };
    let no_valid = message(table.series("cifar10", None, &Meaning::VALID));
    assert!(
        no_valid.contains("no valid/metric") && no_valid.ends_with("use task cifar10-valid"),
        "{no_valid}"
    );
    assert!(no_valid.contains("test/metric at 200"), "{no_valid}");
    let no_task = message(table.series("cifar", None, &Meaning::VALID));
    assert!(
        no_task.contains("cifar10-valid, cifar10, cifar100"),
        "{no_task}"
    );
    let no_schedule = message(table.series("cifar100", Some("90"), &Meaning::VALID));
    assert!(
        no_schedule.ends_with("the table has 12, 200"),
        "{no_schedule}"
    );
    let view = table
        .series("cifar100", None, &Meaning::VALID)
        .expect("there");
    let no_epoch = message(view.value(&arch(1), 12, SeedPolicy::Mean));
    assert!(
        no_epoch.contains("at epoch 12 in schedule 200; the table has 200"),
        "{no_epoch}"
    );
    let no_seed = message(view.value(&arch(3), 200, SeedPolicy::Mean));
    assert!(
        no_seed.contains("0 (published as 777), 2 (published as 999) of 3"),
        "{no_seed}"
    );
    let no_row = message(view.value(&arch(15_624), 200, SeedPolicy::Mean));
    assert!(
        no_row.contains("no row for") && no_row.contains("among 300"),
        "{no_row}"
    );
    let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "pixel3".into());
    let no_figure = message(table.tasks[0].figure(&latency, &arch(1), SeedPolicy::Mean));
    assert!(
        no_figure.contains("no latency_ms/pixel3; the table has flops, params"),
        "{no_figure}"
    );
}

#[test]
fn missing_seeds_are_left_out_only_when_that_is_asked_for() {
    let table = nats();
    let arch = open_space("nas-bench-201").expect("registered").at_index(3);
    let view = table
        .series("cifar10-valid", Some("200"), &Meaning::VALID)
        .expect("there");
    let ask = |seed| view.value(&arch, 7, seed);
    let (first, last) = (value([0, 3, 0, 7]), value([0, 3, 2, 7]));
    assert_eq!(ask(SeedPolicy::Index(0)), Ok(first));
    assert_eq!(ask(SeedPolicy::Index(2)), Ok(last));
    assert!(ask(SeedPolicy::Index(1)).is_err());
    assert!(ask(SeedPolicy::Index(3)).is_err());
    assert!(ask(SeedPolicy::Mean).is_err());
    assert_eq!(ask(SeedPolicy::MeanOfPresent), Ok((first + last) / 2.0));
    for key in 0..50 {
        let drawn = ask(SeedPolicy::Draw { key }).expect("one is there");
        assert!(drawn == first || drawn == last);
    }
    let curve = view.curve(&arch, 2).expect("there");
    let expected: Vec<Option<f64>> = (1..=200).map(|e| Some(value([0, 3, 2, e]))).collect();
    assert!(curve.values.iter().eq(expected));
    assert_eq!(curve.epochs.len(), 200);
    assert!(
        view.curve(&arch, 1)
            .expect("a place")
            .values
            .complete()
            .is_none()
    );
}

#[test]
fn figures_that_differ_between_seeds_are_kept_per_seed() {
    let table = nats();
    let task = &table.tasks[0];
    let arch = open_space("nas-bench-201").expect("registered").at_index(8);
    let flops = task.attribute(&Attribute::Flops).expect("there");
    assert_eq!(
        flops.schedule.map(|at| task.schedules()[at].name.as_str()),
        Some("200")
    );
    assert_eq!(
        task.figure(&Attribute::Flops, &arch, SeedPolicy::Index(2)),
        Ok(10.0)
    );
    assert_eq!(
        task.figure(&Attribute::Flops, &arch, SeedPolicy::Mean),
        Ok(9.0)
    );
    let params = task.attribute(&Attribute::Params).expect("there");
    assert_eq!(params.schedule, None);
    assert_eq!(
        task.figure(&Attribute::Params, &arch, SeedPolicy::Index(2)),
        Ok(8.0)
    );
}

#[test]
fn a_benchmark_is_bound_to_one_schedule_and_never_searches_on_test_results_unasked() {
    let benchmark = TabularBenchmark::new(Arc::new(nats()), "");
    let spec = benchmark.spec();
    let fidelities = |at: usize| spec.tasks[at].fidelities.len();
    assert_eq!((fidelities(0), fidelities(1), fidelities(2)), (200, 0, 1));
    assert!(spec.tasks.iter().all(|t| !t.oracle));
    let reason = spec.tasks[1]
        .unsearchable
        .as_deref()
        .expect("no validation");
    assert!(reason.ends_with("use task cifar10-valid"), "{reason}");
    assert!(benchmark.optimum(1, SeedPolicy::Index(0)).is_err());
    let ask = |benchmark: &dyn Benchmark, task, epochs| {
        let arch = benchmark.space(0).at_index(4);
        benchmark.query(&Query {
            task,
            arch,
            fidelity: Fidelity(epochs),
            seed: SeedPolicy::Index(0),
        })
    };
    let early = ask(&benchmark, 0, 12).expect("an evaluation");
    assert_eq!(
        (early.valid, early.test, early.cost_s),
        (value([0, 4, 0, 12]), None, Some(120.0))
    );
    let full = ask(&benchmark, 0, 200).expect("an evaluation");
    assert_eq!(full.test, Some(value([0, 4, 0, 200]) / 2.0));
    // Before the last epoch cifar100 has validation and test together only, which is neither.
    assert!(message(ask(&benchmark, 2, 199)).contains("no valid/metric at epoch 199"));
    assert!(message(ask(&benchmark, 1, 200)).contains("use task cifar10-valid"));

    let short = benchmark.with_schedule("12").expect("there");
    assert_eq!(short.spec().tasks[0].fidelities.last(), Some(&Fidelity(12)));
    assert!(!short.spec().tasks[0].has_cost);
    assert_eq!(
        ask(short.as_ref(), 0, 12).expect("an evaluation").valid,
        value([0, 4, 9, 12])
    );
    assert!(ask(short.as_ref(), 0, 200).is_err());
    assert!(message(benchmark.with_schedule("13")).contains("did you mean `12`?"));
}

#[test]
fn a_study_names_its_schedule_and_searches_what_can_be_searched() {
    let benchmark: Arc<dyn Benchmark> = Arc::new(TabularBenchmark::new(Arc::new(nats()), ""));
    let open = |_: &str| Ok(benchmark.clone());
    let study = |keys: &str| {
        let text = format!(
            "kind = \"search\"\nname = \"s\"\nseed = 1\nreplicates = 1\nbudget = {{ evaluations = 5 }}\n\
             seed_policy = \"index:0\"\n[[benchmark]]\nname = \"nats\"\n{keys}\n[[strategy]]\nname = \"random-search\"\n"
        );
        archbench::study::Study::parse(&text, &open)
    };
    let names = |study: archbench::study::Study| -> Vec<(String, String)> {
        let tasks = &study.resolved().tasks;
        tasks
            .iter()
            .map(|t| (t.task.clone(), t.schedule.clone()))
            .collect()
    };
    let pair = |task: &str, schedule: &str| (task.to_string(), schedule.to_string());
    let default = names(study("").expect("a sound study"));
    assert_eq!(
        default,
        [pair("cifar10-valid", "200"), pair("cifar100", "200")]
    );
    let short = names(study("schedule = \"12\"\ntasks = [\"cifar100\"]").expect("a sound study"));
    assert_eq!(short, [pair("cifar100", "12")]);
    let complaint = |keys: &str| study(keys).err().expect("refused")[0].to_string();
    assert!(complaint("tasks = [\"cifar10\"]").contains("use task cifar10-valid"));
    assert!(complaint("schedule = \"13\"").contains("unknown schedule `13`"));
    assert!(complaint("shedule = \"12\"").contains("did you mean `schedule`?"));
}

#[test]
fn what_full_trainings_gave_is_the_same_before_and_after_it_is_kept_together() {
    let benchmark = TabularBenchmark::new(Arc::new(nats()), "");
    let policies = [
        SeedPolicy::Mean,
        SeedPolicy::MeanOfPresent,
        SeedPolicy::Index(1),
        SeedPolicy::Index(3),
        SeedPolicy::Draw { key: 5 },
    ];
    let ask_all = || -> Vec<_> {
        let cells = (0..CELLS + 5).flat_map(|cell| policies.map(|seed| (cell, seed)));
        cells
            .map(|(cell, seed)| {
                benchmark.query(&Query {
                    task: 0,
                    arch: benchmark.space(0).at_index(cell),
                    fidelity: Fidelity(200),
                    seed,
                })
            })
            .collect()
    };
    let before = ask_all();
    benchmark.optimum(0, SeedPolicy::Mean).expect("an optimum");
    assert!(before == ask_all());
    assert!(before.iter().any(Result::is_ok) && before.iter().any(Result::is_err));
}

#[test]
fn a_table_of_test_results_alone_is_an_oracle() {
    let mut task = TaskBuilder::new("t", "nas-bench-201", "accuracy").expect("a task");
    let schedule = task.schedule("1", &[0]);
    let test = task.series(schedule, Meaning::TEST, Epochs::one(1));
    let row = task.row(&open_space("nas-bench-201").expect("registered").at_index(7));
    task.set(test, row, 0, 1, 0.5);
    let table = table("oracle", vec![task.finish().expect("sound")]);
    assert!(table.is_oracle());
    let benchmark = TabularBenchmark::new(Arc::new(table), "");
    assert!(benchmark.spec().tasks[0].oracle);
    assert_eq!(
        benchmark
            .optimum(0, SeedPolicy::Mean)
            .expect("an optimum")
            .valid,
        0.5
    );
}

#[test]
fn a_builder_refuses_what_is_no_value() {
    let space = open_space("nas-bench-201").expect("registered");
    let attempt =
        |fill: &dyn Fn(&mut TaskBuilder, archbench::table::SeriesId, archbench::table::RowId)| {
            let mut task = TaskBuilder::new("t", "nas-bench-201", "accuracy").expect("a task");
            let schedule = task.schedule("9", &[5, 6]);
            let series = task.series(schedule, Meaning::VALID, Epochs::run(1, 9));
            let row = task.row(&space.at_index(1));
            fill(&mut task, series, row);
            task.finish().err().map(|e| e.to_string())
        };
    assert_eq!(attempt(&|t, s, r| t.set(s, r, 1, 9, 1.0)), None);
    for (fill, expected) in [
        (
            (|t, s, r| t.set(s, r, 0, 1, f64::NAN)) as fn(&mut TaskBuilder, _, _),
            "not a fraction",
        ),
        (|t, s, r| t.set(s, r, 0, 1, 91.6), "not a fraction"),
        (|t, s, r| t.set(s, r, 0, 10, 0.5), "no epoch 10 among 1-9"),
        (|t, s, r| t.set(s, r, 2, 1, 0.5), "no seed 2 among 2"),
        (
            |t, s, r| {
                t.set(s, r, 0, 1, 0.5);
                t.set(s, r, 0, 1, 0.6);
            },
            "has two values, 0.5 and 0.6",
        ),
        (
            |t, s, r| t.set_curve(s, r, 0, &[0.5]),
            "1 values for 9 epochs",
        ),
        (
            |t, _, r| {
                let params = t.attribute(Attribute::Params);
                t.put(params, r, f64::INFINITY);
            },
            "not a number",
        ),
    ] {
        let found = attempt(&fill).expect("refused");
        assert!(found.contains(expected), "{found}");
    }
}

/// Every value of a table, in words; an error where it cannot be read.
fn contents(table: &Table) -> Result<String, String> {
    use std::fmt::Write;
    let damaged = |d: archbench::table::Damaged| format!("damaged near {}", d.offset);
    let mut text = String::new();
    for task in &table.tasks {
        let _ = writeln!(
            text,
            "{} {} {}",
            task.name(),
            task.metric(),
            task.space().name()
        );
        for row in 0..task.archs().len() {
            let arch = task
                .space()
                .display(&task.space().at_index(task.archs()[row]));
            let name = task
                .published_name(row)
                .map_err(damaged)?
                .unwrap_or_default();
            let _ = writeln!(text, "{arch} {name}");
            for schedule in task.schedules() {
                for series in &schedule.series {
                    for (seed, number) in schedule.seeds.iter().enumerate() {
                        let curve = series.curve(row, seed).map_err(damaged)?;
                        for (epoch, value) in series.epochs.as_slice().iter().zip(curve.iter()) {
                            if let Some(value) = value {
                                let _ = writeln!(
                                    text,
                                    "{} {} {number} {epoch} {value}",
                                    schedule.name, series.meaning
                                );
                            }
                        }
                    }
                }
            }
            // Files of several tasks have one order of columns for all.
            let mut columns: Vec<_> = task.attributes().iter().collect();
            columns.sort_by_key(|c| &c.attribute);
            for column in columns {
                let of = column.schedule.map(|at| task.schedules()[at].name.as_str());
                let values: Vec<_> = column.at(row).map_err(damaged)?.iter().collect();
                if values.iter().any(Option::is_some) {
                    let _ = writeln!(text, "{} {of:?} {values:?}", column.attribute);
                }
            }
        }
    }
    Ok(text)
}

/// A table of random shape with random holes.
fn random_table(seed: u64) -> Table {
    let mut rng = derive_rng(seed, &["random table"]);
    let space = open_space("nas-bench-macro").expect("registered");
    let mut tasks = Vec::new();
    for at in 0..rng.random_range(1..3_u32) {
        let is_pool = rng.random_range(0..2_u32) == 0;
        let name = format!("task-{at}");
        let mut task = match is_pool {
            true => TaskBuilder::pool(&name, "perplexity"),
            false => TaskBuilder::new(&name, "nas-bench-macro", "perplexity"),
        }
        .expect("a task");
        let mut series = Vec::new();
        let mut attributes = Vec::new();
        for schedule in 0..rng.random_range(1..3_u32) {
            let seeds: Vec<u32> = (0..rng.random_range(1..4_u32)).map(|k| 3 + 7 * k).collect();
            let id = task.schedule(&format!("s{schedule}"), &seeds);
            for meaning in [Meaning::VALID, Meaning::TEST, Meaning::COST] {
                let first = rng.random_range(0..3_u32);
                let epochs = Epochs::run(first, first + rng.random_range(0..6_u32));
                series.push((
                    task.series(id, meaning, epochs.clone()),
                    seeds.len(),
                    epochs,
                ));
            }
            let meaning = Attribute::Other(format!("a{schedule}"));
            attributes.push((task.attribute_per_seed(meaning, id), seeds.len()));
        }
        attributes.push((task.attribute(Attribute::Params), 1));
        for _ in 0..rng.random_range(1..40_u32) {
            let cell = rng.random_range(0..space.raw_size());
            let row = match is_pool {
                true => task.named_row(&format!("net, \"{cell}\"")),
                false => task.row(&space.at_index(cell)),
            };
            // A function of the place, so that a row met twice gets the same values.
            let mut holes = derive_rng(seed ^ cell, &["holes"]);
            for (id, seeds, epochs) in &series {
                for seed in 0..*seeds {
                    for epoch in epochs.as_slice() {
                        let number: f64 = holes.random();
                        if number > 0.2 {
                            task.set(*id, row, seed, *epoch, number * 1e3 - 500.0);
                        }
                    }
                }
            }
            for (id, seeds) in &attributes {
                for seed in 0..*seeds {
                    let number: f64 = holes.random();
                    if number > 0.2 {
                        task.put_for_seed(*id, row, seed, number * 1e-7);
                    }
                }
            }
        }
        tasks.push(task.finish().expect("sound"));
    }
    table("random", tasks)
}

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

/// Latencies of every second cell, for any task.
fn latencies(device: &str) -> Table {
    let space = open_space("nas-bench-201").expect("registered");
    let mut task = TaskBuilder::new(ANY_TASK, "nas-bench-201", "accuracy").expect("a task");
    let latency = task.attribute(Attribute::Hardware(
        HardwareMetric::LatencyMs,
        device.into(),
    ));
    for cell in (0..2 * CELLS).step_by(2) {
        let row = task.row(&space.at_index(cell));
        task.put(latency, row, cell as f64);
    }
    table("latencies", vec![task.finish().expect("sound")])
}

#[test]
fn joining_adds_columns_to_the_same_architectures_and_reports_coverage() {
    let space = open_space("nas-bench-201").expect("registered");
    let (joined, coverage) = join(nats(), &latencies("pixel3")).expect("joined");
    assert_eq!(coverage.len(), 3);
    let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "pixel3".into());
    // By hand: a cell is covered when it is even, or of the class of an even one below 2 × 300.
    let classes: std::collections::BTreeSet<_> = (0..2 * CELLS)
        .step_by(2)
        .map(|cell| space.class(&space.at_index(cell)))
        .collect();
    let is_covered =
        |cell: &u64| cell % 2 == 0 || classes.contains(&space.class(&space.at_index(*cell)));
    let expected = (0..CELLS).filter(is_covered).count();
    assert!(expected >= 150);
    for (task, c) in joined.tasks.iter().zip(&coverage) {
        assert_eq!((c.covered, c.architectures), (expected, 300), "{c:?}");
        assert_eq!(c.added, ["latency_ms/pixel3"]);
        for cell in 0..CELLS {
            let found = task.figure(&latency, &space.at_index(cell), SeedPolicy::Mean);
            match (cell % 2, is_covered(&cell)) {
                (0, _) => assert_eq!(found, Ok(cell as f64)),
                (_, covered) => assert_eq!(found.is_ok(), covered),
            }
        }
    }
    let (joined, _) = join(joined, &latencies("pixel2")).expect("another device");
    assert_eq!(joined.tasks[0].attributes().len(), 4);
    assert!(
        message(join(joined, &latencies("pixel2"))).contains("latency_ms/pixel2 is there already")
    );
    let other = random_table(1);
    assert!(message(join(nats(), &other)).contains("no task in common"));
    let dir = tempfile::tempdir().expect("a folder");
    let (joined, _) = join(nats(), &latencies("pixel3")).expect("joined");
    store(&joined, dir.path()).expect("stored");
    assert_eq!(
        contents(&open(dir.path()).expect("opened").table),
        contents(&joined)
    );
}

fn plain(card: &str, trainings: &str, architectures: &str) -> Result<Table, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    write("card.toml", card);
    write("trainings.csv", trainings);
    if !architectures.is_empty() {
        write("architectures.csv", architectures);
    }
    archbench::import::read("auto", dir.path()).map_err(|e| e.to_string())
}

const CARD: &str = r#"
[about]
name = "mine"
title = "My networks"
citation = "Me, 2026"
licence = "CC0-1.0"
[[task]]
name = "digits"
metric = "accuracy"
space = "pool"
"#;
const TRAININGS: &str = "task,schedule,arch,seed,epoch,valid/metric,train/time_s
digits,10,small,7,1,0.5,2.5
digits,10,small,7,10,0.75,25
digits,10,\"large, deep\",7,10,,30
digits,10,\"large, deep\",8,10,0.875,31
";
const ARCHITECTURES: &str = "task,arch,params,proxy_score/synflow
digits,small,1000,
digits,\"large, deep\",2000,-3.5
";

#[test]
fn anybodys_own_csv_is_a_table() {
    let table = plain(CARD, TRAININGS, ARCHITECTURES).expect("imported");
    let task = &table.tasks[0];
    let arch = |name: &str| task.space().parse(name).expect("in the pool");
    let view = table
        .series("digits", None, &Meaning::VALID)
        .expect("there");
    assert_eq!(
        view.value(&arch("small"), 10, SeedPolicy::Index(0)),
        Ok(0.75)
    );
    assert_eq!(
        view.value(&arch("large, deep"), 10, SeedPolicy::Index(1)),
        Ok(0.875)
    );
    assert!(
        view.value(&arch("large, deep"), 10, SeedPolicy::Mean)
            .is_err()
    );
    let synflow = Attribute::ProxyScore("synflow".into());
    assert_eq!(
        task.figure(&synflow, &arch("large, deep"), SeedPolicy::Mean),
        Ok(-3.5)
    );
    assert!(
        task.figure(&synflow, &arch("small"), SeedPolicy::Mean)
            .is_err()
    );
    assert!(TabularBenchmark::new(Arc::new(table), "").spec().tasks[0].has_cost);
}

#[test]
fn mistakes_in_a_plain_table_are_named_with_their_place() {
    for (from, to, expected) in [
        ("0.75", "75", "75 is not a fraction in 0 to 1"),
        (
            "0.75",
            "good",
            "line 3, column valid/metric: `good` is not a number",
        ),
        (
            "valid/metric",
            "validation",
            "`validation` is not split/quantity",
        ),
        ("valid/metric", "val/metric", "unknown split `val`"),
        (
            "digits,10,small,7,1,",
            "digit,10,small,7,1,",
            "unknown task `digit`",
        ),
        (
            "digits,10,small,7,1,",
            "digits,10,small,,1,",
            "row 1: `seed` is empty",
        ),
        ("seed,epoch", "run,epoch", "column"),
        (
            "digits,10,small,7,10",
            "digits,10,small,7,1",
            "has two values",
        ),
        ("25\n", "25,1\n", "not CSV"),
    ] {
        let problem = plain(CARD, &TRAININGS.replacen(from, to, 1), "")
            .err()
            .expect("refused");
        assert!(problem.contains(expected), "{to}: {problem}");
    }
    for (from, to, expected) in [
        ("\"pool\"", "\"nas-bench-201\"", "is not a"),
        (
            "\"pool\"",
            "\"nas-bench-202\"",
            "did you mean `nas-bench-201`?",
        ),
        ("name = \"digits\"", "name = \"../digits\"", "is not a name"),
        ("licence", "license", "unknown field"),
        ("[[task]]", "format = 1\n[[task]]", "unknown field"),
    ] {
        let problem = plain(&CARD.replacen(from, to, 1), TRAININGS, "")
            .err()
            .expect("refused");
        assert!(problem.contains(expected), "{to}: {problem}");
    }
}
