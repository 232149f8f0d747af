//! A table of NAS-Bench-201 cells with learning curves, training times and several seeds, of which all is known.

use archbench::benchmark::{Benchmark, TabularBenchmark};
use archbench::import;
use archbench::rng::{StreamRng, derive_rng};
use archbench::space::Architecture;
use rand::RngExt;
use std::fmt::Write;
use std::sync::Arc;

/// The epochs of its curves.
pub const EPOCHS: [u32; 6] = [1, 2, 5, 10, 50, 200];

/// What a cell is worth, from 0 to 1.
pub fn worth(arch: &Architecture) -> f64 {
    const EACH: [f64; 5] = [0.0, 0.4, 0.7, 1.0, 0.2];
    let of = |&d: &u8| EACH[usize::from(d)] / 6.0;
    arch.decisions().iter().map(of).sum()
}

/// The standard deviation of trainings of a cell: bad cells vary ten times as much as good ones.
pub fn noise(arch: &Architecture) -> f64 {
    0.03 - 0.027 * worth(arch)
}

/// The mean validation metric of a cell after some epochs.
pub fn valid(arch: &Architecture, epoch: u32) -> f64 {
    let done = f64::from(epoch) / f64::from(epoch + 5);
    0.1 + 0.8 * worth(arch) * done
}

/// Six hundred cells, one of each class, with three seeds.
pub fn benchmark() -> Arc<dyn Benchmark> {
    let space = archbench::space::open("nas-bench-201").expect("registered");
    let all = (0..space.raw_size()).map(|at| space.at_index(at * 6007 % space.raw_size()));
    let classes = all.filter(|arch| space.canonical(arch) == *arch).take(600);
    let mut text =
        String::from("task,schedule,arch,seed,epoch,valid/metric,test/metric,train/time_s\n");
    for arch in classes {
        let name = space.display(&arch);
        for seed in 0..3 {
            let mut rng = derive_rng(seed, &["noisy table", &name]);
            let shared = normal(&mut rng);
            for epoch in EPOCHS {
                // Early epochs are half as noisy, and know little of how the training ends.
                let own = 0.5 * noise(&arch) * normal(&mut rng);
                let end = noise(&arch) * shared;
                let valid = valid(&arch, epoch) + if epoch == 200 { end } else { own };
                let test = if epoch == 200 {
                    (valid - 0.02).to_string()
                } else {
                    String::new()
                };
                let time = f64::from(epoch) * (1.0 + worth(&arch));
                writeln!(
                    text,
                    "cifar10,200,{name},{seed},{epoch},{valid},{test},{time}"
                )
                .expect("a string");
            }
        }
    }
    let card = "[about]\nname = \"noisy\"\ntitle = \"Noisy\"\ncitation = \"nobody\"\nlicence = \"CC0-1.0\"\n\
                [[task]]\nname = \"cifar10\"\nmetric = \"accuracy\"\nspace = \"nas-bench-201\"\n";
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("card.toml"), card).expect("written");
    std::fs::write(dir.path().join("trainings.csv"), text).expect("written");
    let table = import::read("plain", dir.path()).unwrap_or_else(|e| panic!("{e}"));
    Arc::new(TabularBenchmark::new(Arc::new(table), "noisy"))
}

/// Nearly normal: the sum of twelve uniform numbers.
fn normal(rng: &mut StreamRng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}
