//! Drawing, mutating and classifying architectures of every space.

use archbench::rng::derive_rng;
use archbench::space::SPACES;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn spaces(c: &mut Criterion) {
    for entry in SPACES {
        let space = (entry.open)();
        let mut rng = derive_rng(1, &["bench", entry.name]);
        let archs: Vec<_> = (0..4096).map(|_| space.sample(&mut rng)).collect();
        let mut group = c.benchmark_group(entry.name);
        group.bench_function("sample", |b| b.iter(|| black_box(space.sample(&mut rng))));
        let mut at = 0;
        let mut next = || {
            at = (at + 1) % archs.len();
            archs[at]
        };
        group.bench_function("mutate", |b| {
            b.iter(|| black_box(space.mutate(&next(), &mut rng)));
        });
        group.bench_function("class", |b| b.iter(|| black_box(space.class(&next()))));
        group.bench_function("graph", |b| b.iter(|| black_box(space.graph(&next()))));
        group.finish();
    }
}

criterion_group!(benches, spaces);
criterion_main!(benches);
