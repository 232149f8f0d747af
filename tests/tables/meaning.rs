//! What a table answers, and what it refuses: schedules, splits, seeds and figures keep their meaning.

use crate::made_up::{CELLS, message, nats, table, value};
use archbench::benchmark::{Benchmark, Query, SeedPolicy, TabularBenchmark};
use archbench::space::open as open_space;
use archbench::strategy::Fidelity;
use archbench::table::{Attribute, Epochs, HardwareMetric, Meaning, TaskBuilder};
use std::sync::Arc;

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
        (
            |t, _, r| {
                let params = t.attribute(Attribute::Params);
                t.put(params, r, 3.0);
                t.put(params, r, 4.0);
            },
            "has two values, 3 and 4",
        ),
        (
            |t, _, _| {
                let params = t.attribute(Attribute::Params);
                t.put_all(params, vec![3.0, 4.0]);
            },
            "2 figures for 1 rows",
        ),
    ] {
        let found = attempt(&fill).expect("refused");
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_whole_column_is_that_of_the_rows_in_the_order_of_the_space() {
    let mut builder = TaskBuilder::new("any", "nas-bench-macro", "accuracy").expect("a task");
    builder.add_all_rows();
    let params = builder.attribute(Attribute::Params);
    let mut column: Vec<f64> = (0..6561_u32).map(f64::from).collect();
    (column[5], column[6]) = (f64::NAN, f64::NEG_INFINITY);
    builder.put_all(params, column);
    let task = builder.finish().expect("whole");
    let space = open_space("nas-bench-macro").expect("registered");
    let figure = |index| task.figure(&Attribute::Params, &space.at_index(index), SeedPolicy::Mean);
    for index in [0, 4, 7, 6560] {
        assert_eq!(figure(index).expect("there"), index as f64);
    }
    for missing in [5, 6] {
        assert!(figure(missing).is_err());
    }
}
