//! A stored table of NATS-Bench's size: opening it, one value, one evaluation, a whole curve, and the memory that takes.

use archbench::benchmark::{Benchmark, Query, SeedPolicy, TabularBenchmark};
use archbench::space::{Architecture, open as open_space};
use archbench::strategy::Fidelity;
use archbench::table::{About, Epochs, Meaning, Quantity, Split, Table, TaskBuilder, open, store};
use criterion::Criterion;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

const CELLS: u64 = 15_625;
const EPOCHS: u32 = 200;
const SEEDS: usize = 3;

/// 15,625 cells × 3 tasks × 3 seeds × 200 epochs × 4 series; one training in a hundred is missing.
fn nats() -> Table {
    let space = open_space("nas-bench-201").expect("registered");
    let mut tasks = Vec::new();
    for name in ["cifar10-valid", "cifar100", "imagenet16-120"] {
        let mut task = TaskBuilder::new(name, "nas-bench-201", "accuracy").expect("a task");
        let schedule = task.schedule("200", &[777, 888, 999]);
        let series = [
            Meaning::VALID,
            Meaning::TEST,
            Meaning::COST,
            Meaning::new(Split::Train, Quantity::Loss),
        ]
        .map(|meaning| task.series(schedule, meaning, Epochs::run(1, EPOCHS)));
        let mut curve = vec![0.0; EPOCHS as usize];
        for cell in 0..CELLS {
            let row = task.row(&space.at_index(cell));
            for seed in 0..SEEDS {
                if (cell * 3 + seed as u64) % 100 == 99 {
                    continue;
                }
                for (at, series) in series.into_iter().enumerate() {
                    for (epoch, value) in curve.iter_mut().enumerate() {
                        let number = cell * 31 + seed as u64 * 7 + at as u64;
                        *value = (epoch as f64 + (number % 97) as f64 / 97.0) / 200.0;
                    }
                    task.set_curve(series, row, seed, &curve);
                }
            }
        }
        tasks.push(task.finish().expect("sound"));
    }
    Table {
        about: About {
            name: "nats".into(),
            ..About::default()
        },
        sources: Vec::new(),
        tasks,
    }
}

/// Resident memory in MiB: in all, and of mapped files.
fn resident_mib() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key));
        let kib: Option<f64> = line.and_then(|l| l.split_whitespace().nth(1)?.parse().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    };
    (of("VmRSS:"), of("RssFile:"))
}

fn memory(folder: &Path) {
    let size: u64 = (std::fs::read_dir(folder).expect("a folder").flatten())
        .map(|e| e.metadata().map_or(0, |m| m.len()))
        .sum();
    let report = |what: &str| {
        let (all, files) = resident_mib();
        println!("resident: {all:.0} MiB, of which mapped files {files:.0} MiB: {what}");
    };
    println!("table: {:.0} MiB on disk", size as f64 / 1_048_576.0);
    report("before opening");
    let table = open(folder).expect("opened").table;
    report("opened");
    let view = table
        .series("cifar100", None, &Meaning::VALID)
        .expect("there");
    for cell in (0..CELLS).step_by(156) {
        let arch = view.task.space().at_index(cell);
        let _ = black_box(view.value(&arch, EPOCHS, SeedPolicy::Index(0)));
    }
    report("after 101 values scattered over one series");
    for cell in 0..CELLS {
        let arch = view.task.space().at_index(cell);
        let _ = black_box(view.value(&arch, EPOCHS, SeedPolicy::Index(0)));
    }
    report("after that value of all architectures");
}

fn queries(c: &mut Criterion, folder: &Path) {
    let stored = open(folder).expect("opened");
    let table = Arc::new(stored.table);
    let benchmark = TabularBenchmark::new(table.clone(), "");
    let space = benchmark.space(0);
    let archs: Vec<Architecture> = (0..1024).map(|i| space.at_index(i * 15)).collect();
    let view = table
        .series("cifar10-valid", Some("200"), &Meaning::VALID)
        .expect("there");
    let mut at = 0;
    let mut next = || {
        at = (at + 1) % archs.len();
        archs[at]
    };
    c.bench_function("table/value", |b| {
        b.iter(|| black_box(view.value(&next(), 200, SeedPolicy::Index(0))));
    });
    c.bench_function("table/evaluation", |b| {
        b.iter(|| {
            let query = Query {
                task: 0,
                arch: next(),
                fidelity: Fidelity(200),
                seed: SeedPolicy::Index(0),
            };
            black_box(benchmark.query(&query))
        });
    });
    c.bench_function("table/evaluation-mean-of-3", |b| {
        b.iter(|| {
            let query = Query {
                task: 0,
                arch: next(),
                fidelity: Fidelity(200),
                seed: SeedPolicy::MeanOfPresent,
            };
            black_box(benchmark.query(&query))
        });
    });
    // As in a study, which looks for the optimum before it runs.
    benchmark
        .optimum(0, SeedPolicy::Index(0))
        .expect("an optimum");
    c.bench_function("table/evaluation-in-a-study", |b| {
        b.iter(|| {
            let query = Query {
                task: 0,
                arch: next(),
                fidelity: Fidelity(200),
                seed: SeedPolicy::Index(0),
            };
            black_box(benchmark.query(&query))
        });
    });
    c.bench_function("table/curve", |b| {
        b.iter(|| black_box(view.curve(&next(), 0)));
    });
    c.bench_function("table/curve-summed", |b| {
        b.iter(|| {
            let curve = view.curve(&next(), 0).expect("a place");
            black_box(curve.values.iter().flatten().sum::<f64>())
        });
    });
    c.bench_function("table/open", |b| {
        b.iter(|| black_box(open(folder).expect("opened")))
    });
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    store(&nats(), folder.path()).expect("stored");
    memory(folder.path());
    let mut criterion = Criterion::default().configure_from_args();
    queries(&mut criterion, folder.path());
    criterion.final_summary();
}
