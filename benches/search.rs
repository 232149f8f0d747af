//! Queries, and whole runs of strategies through the engine, on shipped data.

use archbench::benchmark::{Query, SeedPolicy, open};
use archbench::study::{CellPlace, Study};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const STUDY: &str = r#"
kind = "search"
name = "bench"
seed = 1
replicates = 1
budget = { evaluations = 300 }
[[benchmark]]
name = "nas-bench-graph"
tasks = ["arxiv"]
"#;

fn query(c: &mut Criterion) {
    let benchmark = open("nas-bench-graph").expect("shipped");
    let space = benchmark.space(0);
    let archs: Vec<_> = (0..4096).map(|i| space.at_index(i * 14)).collect();
    let fidelity = benchmark.spec().tasks[0].full_fidelity();
    let mut at = 0;
    c.bench_function("query/warm", |b| {
        b.iter(|| {
            at = (at + 1) % archs.len();
            let query = Query {
                task: 0,
                arch: archs[at],
                fidelity,
                seed: SeedPolicy::Mean,
            };
            black_box(benchmark.query(&query))
        });
    });
}

fn runs(c: &mut Criterion) {
    let mut group = c.benchmark_group("run-of-300");
    group.throughput(Throughput::Elements(300));
    let defaults = archbench::strategy::STRATEGIES.iter().map(|s| (s.name, ""));
    let small = ("regularized-evolution", "population = 50\nsample = 10\n");
    for (name, parameters) in defaults.chain([small]) {
        let text = format!("{STUDY}[[strategy]]\nname = \"{name}\"\n{parameters}");
        let label = match parameters {
            "" => name.to_string(),
            _ => format!("{name}-50-10"),
        };
        let study = Study::parse(&text, &open).expect("a sound study");
        let place = CellPlace {
            task: 0,
            strategy: 0,
            replicate: 0,
        };
        // Those that fit models take a second or so.
        let is_guided = study.resolved().strategies[0]
            .parameters
            .contains_key("predictor")
            || name == "bayesian-optimization";
        group.sample_size(if is_guided { 10 } else { 100 });
        group.bench_function(label, |b| b.iter(|| black_box(study.run_cell(place))));
    }
    group.finish();
}

criterion_group!(benches, query, runs);
criterion_main!(benches);
