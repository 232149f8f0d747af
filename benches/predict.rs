//! Time of fits and predictions, one thread: `cargo bench --bench predict`. Prints milliseconds of a fit and microseconds of
//! predicting one architecture; `benches/predict.py` does the same work with scikit-learn and XGBoost and prints the same lines.

use archbench::predictor::Predictor;
use archbench::rng::derive_rng;
use archbench::space::{self, Architecture};
use archbench::timing::Stopwatch;

/// What is compared: its name in the output, the predictor, and its parameters.
const COMPARED: [(&str, &str, &str); 6] = [
    ("random forest", "random-forest", "trees = 500"),
    ("extra trees", "extra-trees", "trees = 500"),
    ("boosting", "gradient-boosting", "rounds = 500"),
    ("support vectors", "svr", ""),
    ("nearest neighbours", "k-nearest-neighbors", ""),
    ("Gaussian process", "gaussian-process", ""),
];

/// The fastest of so many.
const RUNS: usize = 3;

fn main() {
    let space = space::open("nas-bench-201").expect("registered");
    let all: Vec<Architecture> = (0..space.raw_size()).map(|i| space.at_index(i)).collect();
    // A function with an interaction, as in `predict.py`.
    let metric = |arch: &Architecture| {
        let d: Vec<f64> = arch.decisions().iter().map(|&o| f64::from(o)).collect();
        let sum: f64 = d
            .iter()
            .enumerate()
            .map(|(i, o)| (i as f64 + 1.0) * o)
            .sum();
        sum + d[0] * d[5] + (d[2] * 7.0 + d[3] * 3.0) % 5.0
    };
    for n in [200, 1000] {
        let train: Vec<Architecture> = (0..n).map(|i| all[i * 7919 % all.len()]).collect();
        let targets: Vec<f64> = train.iter().map(metric).collect();
        for (name, predictor, parameters) in COMPARED {
            let table = parameters.parse().expect("a table");
            let predictor = Predictor::configure(predictor, table).expect("legal");
            let (mut fit_s, mut predict_s) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..RUNS {
                let mut rng = derive_rng(1, &["bench"]);
                let watch = Stopwatch::start();
                let fitted = predictor.fit(&*space, &train, None, &targets, &mut rng);
                let fitted = fitted.expect("fits");
                fit_s = fit_s.min(watch.elapsed().as_secs_f64());
                let watch = Stopwatch::start();
                fitted.predict_mean(&*space, &all, None).expect("answers");
                predict_s = predict_s.min(watch.elapsed().as_secs_f64());
            }
            let each = 1e6 * predict_s / all.len() as f64;
            println!("{name} {n}: {:.3} ms, {each:.3} µs", 1e3 * fit_s);
        }
    }
}
