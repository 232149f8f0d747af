//! The shipped surrogate: loading it, and what an answer takes (validation, test, and one with noise).

use archbench::benchmark::{Benchmark, Query, SeedPolicy};
use archbench::space::Architecture;
use archbench::surrogate;
use criterion::Criterion;
use std::hint::black_box;

const NAME: &str = "nas-bench-graph-surrogate";

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("surrogate/load", |b| {
        b.iter(|| surrogate::open(NAME).expect("shipped"));
    });
    let surrogate = surrogate::open(NAME).expect("shipped");
    let space = surrogate.space(0);
    let archs: Vec<Architecture> = (0..1000)
        .map(|at| space.at_index(at * 59))
        .filter(|arch| space.is_valid(arch))
        .collect();
    let fidelity = surrogate.spec().tasks[0].full_fidelity();
    for (name, seed) in [
        ("surrogate/mean", SeedPolicy::Mean),
        ("surrogate/training", SeedPolicy::Index(0)),
    ] {
        let mut at = 0;
        criterion.bench_function(name, |b| {
            b.iter(|| {
                at = (at + 1) % archs.len();
                let query = Query {
                    task: 0,
                    arch: archs[at],
                    fidelity,
                    seed,
                };
                black_box(surrogate.query(&query).expect("an answer"))
            });
        });
    }
    criterion.final_summary();
}
