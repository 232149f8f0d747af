//! The reference bake-off: predictors on nine published data sets at six training sizes, as Kendall's τ.
//!
//! `ARCHBENCH_REAL_DATA=… cargo run --release --example reference_bakeoff -- REPLICATES PREDICTOR…`, where a predictor is
//! its name and its parameters as `name key=value …`; without one, all that are no networks run. NAS-Bench-Graph is
//! shipped; NAS-Bench-201, NAS-Bench-Macro and TransNAS-Bench-101 are read from the published files. Architectures
//! that are the same network as a training architecture are not asked about, unless `--twins` is given, which is how
//! published figures are usually taken. `--others` runs on eleven other sets of NAS-Bench-Graph and TransNAS-Bench-101:
//! what a default is decided on before it meets the nine. `--sizes 25,50` runs these training sizes alone.

use archbench::bakeoff::{FitScores, FitTimes, Job, Pool, Replicate, Twins};
use archbench::benchmark::{Benchmark, SeedPolicy, TabularBenchmark};
use archbench::error::Error;
use archbench::predictor::{PREDICTORS, Predictor};
use archbench::timing::Stopwatch;
use archbench::{benchmark, import};
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

const SIZES: [usize; 6] = [25, 50, 100, 200, 400, 1000];
const SEED: u64 = 1;
/// Those that train networks, which the aim of ten minutes leaves out.
const NETWORKS: [&str; 4] = ["auto", "mlp-ensemble", "dngo", "gcn"];

/// What `--others` runs on.
const OTHER_GRAPHS: [&str; 6] = ["citeseer", "pubmed", "cs", "physics", "photo", "computers"];
const OTHER_TASKS: [&str; 5] = [
    "micro-class-object",
    "micro-room-layout",
    "micro-segmentsemantic",
    "micro-normal",
    "micro-autoencoder",
];

fn main() -> Result<(), Error> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let twins = match take(&mut arguments, "--twins") {
        Some(_) => Twins::Kept,
        None => Twins::LeftOut,
    };
    let others = take(&mut arguments, "--others").is_some();
    let mut sizes = SIZES.to_vec();
    if let Some(at) = take(&mut arguments, "--sizes").filter(|at| *at < arguments.len()) {
        let text = arguments.remove(at);
        let parsed: Result<Vec<usize>, _> = text.split(',').map(str::parse).collect();
        sizes = parsed.map_err(|e| Error::new(text, e))?;
    }
    let replicates = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(20);
    let named = arguments.iter().skip(1).map(|a| configure(a));
    let mut predictors = named.collect::<Result<Vec<_>, Error>>()?;
    if predictors.is_empty() {
        let others = PREDICTORS.iter().filter(|p| !NETWORKS.contains(&p.name));
        predictors = others
            .map(|p| configure(p.name))
            .collect::<Result<_, _>>()?;
    }
    let pools = pools(others)?;
    println!("{}", header(&pools));
    let watch = Stopwatch::start();
    for (label, predictor) in &predictors {
        for &size in &sizes {
            println!(
                "{}",
                row(&pools, (label, predictor), size, replicates, twins)?
            );
        }
    }
    println!("all cells: {:.1} s", watch.elapsed().as_secs_f64());
    Ok(())
}

/// Removes an option and says where it stood.
fn take(arguments: &mut Vec<String>, option: &str) -> Option<usize> {
    let at = arguments.iter().position(|a| a == option)?;
    arguments.remove(at);
    Some(at)
}

/// `name key=value …` as a predictor, ranks being learnt unless it says otherwise.
fn configure(text: &str) -> Result<(String, Predictor), Error> {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    let lines: Vec<String> = words.map(|word| word.replacen('=', " = ", 1)).collect();
    let mut table: toml::Table = lines.join("\n").parse().map_err(|e| Error::new(text, e))?;
    table
        .entry("target")
        .or_insert_with(|| "normal-scores".into());
    Ok((text.to_owned(), Predictor::configure(name, table)?))
}

fn header(pools: &[Pool]) -> String {
    let names: Vec<String> = pools.iter().map(|p| p.name.join("/")).collect();
    format!(
        "predictor | n | mean | fit s | predict µs | {}",
        names.join(" | ")
    )
}

/// Mean τ over replicates for every data set with its standard error, and over all; mean times.
fn row(
    pools: &[Pool],
    predictor: (&str, &Predictor),
    size: usize,
    replicates: u32,
    twins: Twins,
) -> Result<String, Error> {
    let cells: Vec<(usize, u32)> = (0..pools.len())
        .flat_map(|pool| (0..replicates).map(move |r| (pool, r)))
        .collect();
    let found: Vec<(FitScores, FitTimes)> = cells
        .par_iter()
        .map(|&(pool, r)| fit(&pools[pool], predictor, r, size, twins))
        .collect::<Result<_, _>>()?;
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let values: Vec<f64> = values.collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let tau = |(cell, _): &(FitScores, FitTimes)| cell.scores[0].kendall_tau.unwrap_or(0.0);
    let of_pool = |pool: usize| {
        let cells = cells.iter().zip(&found).filter(|((at, _), _)| *at == pool);
        let taus: Vec<f64> = cells.map(|(_, cell)| tau(cell)).collect();
        let centre = mean(&mut taus.iter().copied());
        let variance = mean(&mut taus.iter().map(|t| (t - centre).powi(2)));
        let error = (variance / (taus.len() as f64 - 1.0).max(1.0)).sqrt();
        format!("{centre:.3} ± {error:.3}")
    };
    let fit_s = |(_, times): &(FitScores, FitTimes)| times.fit_ns as f64 * 1e-9;
    let per_arch = |(cell, times): &(FitScores, FitTimes)| {
        times.predict_ns as f64 * 1e-3 / f64::from(cell.asked)
    };
    Ok(format!(
        "{} | {size} | {:.4} | {:.4} | {:.2} | {}",
        predictor.0,
        mean(&mut found.iter().map(tau)),
        mean(&mut found.iter().map(fit_s)),
        mean(&mut found.iter().map(per_arch)),
        (0..pools.len())
            .map(of_pool)
            .collect::<Vec<_>>()
            .join(" | ")
    ))
}

fn fit(
    pool: &Pool,
    (label, predictor): (&str, &Predictor),
    number: u32,
    size: usize,
    twins: Twins,
) -> Result<(FitScores, FitTimes), Error> {
    let replicate = Replicate { seed: SEED, number };
    let split = pool.split(&pool.shuffled(replicate), size, twins, None)?;
    let job = Job {
        pool,
        split: &split,
        predictor,
        label,
        replicate,
        extra: None,
        with_std: false,
        recalibration_folds: 0,
    };
    job.run()
}

fn pools(others: bool) -> Result<Vec<Pool>, Error> {
    let data = std::env::var_os("ARCHBENCH_REAL_DATA")
        .map(PathBuf::from)
        .ok_or_else(|| {
            Error::new("ARCHBENCH_REAL_DATA", "is not set")
                .mend("name the folder of published files")
        })?;
    let read = |file: &str| -> Result<Arc<dyn Benchmark>, Error> {
        let table = import::read("auto", &data.join(file))?;
        Ok(Arc::new(TabularBenchmark::new(Arc::new(table), "")))
    };
    let graph = benchmark::open("nas-bench-graph")?;
    let transnas = read("transnas-bench-101/micro_zen_val_metric.zip")?;
    let sets: Vec<(Arc<dyn Benchmark>, &[&str])> = match others {
        true => vec![(graph, &OTHER_GRAPHS), (transnas, &OTHER_TASKS)],
        false => vec![
            (
                read("nas-bench-201/zen_val_accuracy.zip")?,
                &["cifar10-valid", "cifar100", "imagenet16-120"],
            ),
            (graph, &["cora", "arxiv", "proteins"]),
            (
                read("nas-bench-macro/nas-bench-macro_cifar10.json")?,
                &["cifar10"],
            ),
            (transnas, &["micro-class-scene", "micro-jigsaw"]),
        ],
    };
    let mut pools = Vec::new();
    for (benchmark, tasks) in sets {
        for task in tasks {
            let at = benchmark.spec().tasks.iter().position(|t| t.name == *task);
            let at = at.ok_or_else(|| Error::new(task, "is no task of the table"))?;
            pools.push(Pool::open(benchmark.as_ref(), at, SeedPolicy::Mean)?);
        }
    }
    Ok(pools)
}
