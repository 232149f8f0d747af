//! Time of fits and predictions, one thread: `cargo bench --bench predict -- DATA`. Prints milliseconds of a fit and microseconds of
//! predicting one architecture, on CIFAR-10 of NAS-Bench-201 (`ARCHBENCH_REAL_DATA`), ranks being learnt. Writes what it
//! learns from to the file DATA, from which `benches/predict.py` does the same work with scikit-learn, XGBoost and LightGBM
//! and prints the same lines.

use archbench::bakeoff::{Pool, Replicate};
use archbench::benchmark::{SeedPolicy, TabularBenchmark};
use archbench::error::Error;
use archbench::import;
use archbench::predictor::Predictor;
use archbench::rng::derive_rng;
use archbench::space::Architecture;
use archbench::timing::Stopwatch;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// What is compared: its name in the output, the predictor, and its parameters.
const COMPARED: [(&str, &str, &str); 7] = [
    ("random forest", "random-forest", "trees = 500"),
    ("extra trees", "extra-trees", "trees = 500"),
    (
        "boosting by depth",
        "gradient-boosting",
        "rounds = 500\nlearning_rate = 0.1\nmax_depth = 6",
    ),
    (
        "boosting by leaves",
        "gradient-boosting",
        "rounds = 500\nlearning_rate = 0.1\nmax_depth = 64\nmax_leaves = 31\nmin_child_weight = 5.0",
    ),
    ("support vectors", "svr", ""),
    ("nearest neighbours", "k-nearest-neighbors", ""),
    ("Gaussian process", "gaussian-process", ""),
];

/// The fastest of so many.
const RUNS: usize = 5;
/// Training sizes.
const SIZES: [usize; 2] = [200, 1000];

fn main() -> Result<(), Error> {
    let Some(data) = std::env::var_os("ARCHBENCH_REAL_DATA").map(PathBuf::from) else {
        println!("skipped: ARCHBENCH_REAL_DATA is not set");
        return Ok(());
    };
    let table = import::read("auto", &data.join("nas-bench-201/zen_val_accuracy.zip"))?;
    let benchmark = TabularBenchmark::new(Arc::new(table), "");
    let pool = Pool::open(&benchmark, 0, SeedPolicy::Mean)?;
    let order = pool.shuffled(Replicate { seed: 1, number: 0 });
    if let Some(file) = std::env::args().skip(1).find(|a| !a.starts_with('-')) {
        std::fs::write(&file, text(&pool, &order)).map_err(|e| Error::new(file, e))?;
    }
    for n in SIZES {
        let train: Vec<Architecture> = order[..n].iter().map(|&at| pool.archs[at]).collect();
        let targets: Vec<f64> = order[..n].iter().map(|&at| pool.metric[at]).collect();
        for (name, predictor, parameters) in COMPARED {
            let mut table: toml::Table = parameters.parse().expect("a table");
            table.insert("target".into(), "normal-scores".into());
            let predictor = Predictor::configure(predictor, table)?;
            let (mut fit_s, mut predict_s) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..RUNS {
                let mut rng = derive_rng(1, &["bench"]);
                let watch = Stopwatch::start();
                let fitted = predictor.fit(&*pool.space, &train, None, &targets, &mut rng)?;
                fit_s = fit_s.min(watch.elapsed().as_secs_f64());
                let watch = Stopwatch::start();
                fitted.predict_mean(&*pool.space, &pool.archs, None)?;
                predict_s = predict_s.min(watch.elapsed().as_secs_f64());
            }
            let each = 1e6 * predict_s / pool.archs.len() as f64;
            println!("{name} {n}: {:.3} ms, {each:.3} µs", 1e3 * fit_s);
        }
    }
    Ok(())
}

/// A line for each architecture: when it is drawn for training, its metric, its decisions.
fn text(pool: &Pool, order: &[usize]) -> String {
    let mut drawn = vec![0; order.len()];
    for (when, &at) in order.iter().enumerate() {
        drawn[at] = when;
    }
    let mut text = String::new();
    for ((arch, metric), when) in pool.archs.iter().zip(&pool.metric).zip(drawn) {
        let decisions = arch
            .decisions()
            .iter()
            .fold(String::new(), |line, d| line + "," + &d.to_string());
        writeln!(text, "{when},{metric}{decisions}").expect("memory");
    }
    text
}
