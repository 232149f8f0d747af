//! A small table of NAS-Bench-201 cells with learning curves, training times and proxies.

use archbench::benchmark::{Benchmark, TabularBenchmark};
use archbench::import;
use std::sync::Arc;

/// Three hundred cells whose metric is a smooth function of their operations; where `gap`, proxies lack values.
pub fn benchmark(gap: bool) -> Arc<dyn Benchmark> {
    const PROXIES: [&str; 6] = ["synflow", "jacov", "snip", "fisher", "grasp", "grad_norm"];
    let space = archbench::space::open("nas-bench-201").expect("registered");
    let dir = tempfile::tempdir().expect("a folder");
    let card = "[about]\nname = \"made-up\"\ntitle = \"Made up\"\ncitation = \"nobody\"\nlicence = \"CC0-1.0\"\n\
                [[task]]\nname = \"cifar10\"\nmetric = \"accuracy\"\nspace = \"nas-bench-201\"\n";
    let mut trainings = String::from("task,schedule,arch,seed,epoch,valid/metric,train/time_s\n");
    let mut architectures = String::from("task,arch");
    for proxy in PROXIES {
        architectures += &format!(",proxy_score/{proxy},proxy_time_s/{proxy}");
    }
    architectures += "\n";
    for at in 0..300_u64 {
        let arch = space.at_index(at * 6007 % 15625);
        let name = space.display(&arch);
        let worth: u32 = arch.decisions().iter().map(|&d| u32::from(d * d)).sum();
        for epoch in [1, 2, 3, 5, 7, 9, 13, 19, 26, 37, 52, 73, 200] {
            let valid = 0.1 + f64::from(worth) / 120.0 * f64::from(epoch) / f64::from(epoch + 9);
            let time = 10.0 * f64::from(epoch);
            trainings += &format!("cifar10,200,{name},7,{epoch},{valid},{time}\n");
        }
        architectures += &format!("cifar10,{name}");
        for (power, _) in PROXIES.iter().enumerate() {
            let score = match gap && at % 50 == 7 {
                true => String::new(),
                false => f64::from(worth + 1)
                    .powi(power as i32 + 1)
                    .sqrt()
                    .to_string(),
            };
            architectures += &format!(",{score},2.5");
        }
        architectures += "\n";
    }
    for (name, text) in [
        ("card.toml", card),
        ("trainings.csv", &trainings),
        ("architectures.csv", &architectures),
    ] {
        std::fs::write(dir.path().join(name), text).expect("written");
    }
    let table = import::read("plain", dir.path()).unwrap_or_else(|e| panic!("{e}"));
    Arc::new(TabularBenchmark::new(Arc::new(table), "made up"))
}
