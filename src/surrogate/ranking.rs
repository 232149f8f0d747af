//! Whether strategies come out on a surrogate in the order in which they come out on the table.
//!
//! Both answer as one training does: with a seed drawn by replicate and architecture. Only pairs of strategies that the table
//! tells apart are counted (Wilcoxon's signed-rank test over replicates, Holm's correction over pairs, 5 %); agreement on the
//! others would be chance. The interval is a bootstrap over replicates, those of the table and those of the surrogate apart.

use super::card::{RankedStrategy, Ranking};
use super::data::Data;
use super::serve::SurrogateBenchmark;
use crate::benchmark::{Benchmark, SeedPolicy};
use crate::error::Error;
use crate::rng::{StreamRng, derive_key, derive_rng};
use crate::stats::correlation::kendall;
use crate::stats::holm::holm;
use crate::stats::summary::{mean, quantile, standard_error};
use crate::stats::wilcoxon::{Zeros, wilcoxon_pairs};
use crate::strategy::{STRATEGIES, StrategyEntry};
use crate::study::{Arena, Budget, Revisit, run_cell};
use rand::RngExt;
use rayon::prelude::*;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 2000;
/// The level below which a corrected p-value tells strategies apart.
const SIGNIFICANT: f64 = 0.05;

/// The best metric of each replicate, strategy by strategy.
type Results = Vec<Vec<f64>>;

/// Runs all strategies on both. No ranking where the table lacks architectures that they ask for: there they would search
/// another space; and none of fewer than two strategies.
pub(super) fn rank(
    data: &Data<'_>,
    surrogate: &SurrogateBenchmark,
    task: usize,
) -> Result<(Vec<RankedStrategy>, Option<Ranking>), Error> {
    let names = data.study.strategies.iter();
    let entries: Vec<&StrategyEntry> = names
        .filter_map(|name| STRATEGIES.iter().find(|s| s.name == name))
        .collect();
    if entries.len() < 2 {
        return Ok((Vec::new(), None));
    }
    let Some(on_table) = results(data, data.benchmark, data.position, &entries)? else {
        return Ok((Vec::new(), None));
    };
    let on_surrogate = results(data, surrogate, task, &entries)?;
    let on_surrogate = on_surrogate
        .ok_or_else(|| Error::new(data.name(), "the surrogate failed to answer a strategy"))?;
    let strategies = entries.iter().zip(on_table.iter().zip(&on_surrogate));
    let strategies = strategies.map(|(entry, (table, surrogate))| RankedStrategy {
        name: entry.name.to_owned(),
        on_table: mean(table).unwrap_or_default(),
        on_table_error: standard_error(table).unwrap_or_default(),
        on_surrogate: mean(surrogate).unwrap_or_default(),
        on_surrogate_error: standard_error(surrogate).unwrap_or_default(),
    });
    let parts = ["surrogate", "rank", "bootstrap", data.name()];
    let mut rng = derive_rng(data.study.seed, &parts);
    let ranking = compare(&on_table, &on_surrogate, &mut rng);
    Ok((strategies.collect(), Some(ranking)))
}

/// What every strategy finds; `None` where an evaluation failed.
fn results(
    data: &Data<'_>,
    benchmark: &dyn Benchmark,
    task: usize,
    strategies: &[&StrategyEntry],
) -> Result<Option<Results>, Error> {
    let replicates = data.study.replicates;
    let runs = strategies.len() * replicates as usize;
    let run = |at: usize| {
        let strategy = strategies[at / replicates as usize];
        final_metric(data, benchmark, task, strategy, at as u32 % replicates)
    };
    let found: Vec<Option<f64>> = (0..runs)
        .into_par_iter()
        .map(run)
        .collect::<Result<_, Error>>()?;
    let found: Option<Vec<f64>> = found.into_iter().collect();
    Ok(found.map(|found| {
        let rows = found.chunks_exact(replicates as usize);
        rows.map(<[f64]>::to_vec).collect()
    }))
}

/// The best validation metric of a run; `None` when an evaluation failed.
fn final_metric(
    data: &Data<'_>,
    benchmark: &dyn Benchmark,
    task: usize,
    strategy: &StrategyEntry,
    replicate: u32,
) -> Result<Option<f64>, Error> {
    let spec = &benchmark.spec().tasks[task];
    let space = benchmark.space(task);
    let place = || format!("strategy {}", strategy.name);
    let config = strategy.configure(strategy.defaults());
    let config = config.map_err(|e| Error::new(place(), e))?;
    let number = replicate.to_string();
    let key = derive_key(data.study.seed, &["surrogate", "rank", "draw", &number]);
    let arena = Arena {
        benchmark,
        task,
        space: space.as_ref(),
        full_fidelity: spec.full_fidelity(),
        has_cost: spec.has_cost,
        seed: SeedPolicy::Draw { key },
        budget: Budget::Evaluations(data.study.evaluations),
        revisit: Revisit::Charge,
        workers: 1,
    };
    let parts = ["surrogate", "rank", &spec.name, strategy.name, &number];
    let rng = derive_rng(data.study.seed, &parts);
    let run = run_cell(&arena, config.start(arena.space).as_mut(), rng);
    if let Some(problem) = run.error {
        return Err(Error::new(place(), problem));
    }
    let valid: Option<Vec<f64>> = run.rows.iter().map(|row| row.valid).collect();
    Ok(valid.map(|valid| valid.into_iter().fold(f64::MIN, f64::max)))
}

/// A pair of strategies and whether the first is better, where that is certain.
type Certain = (usize, usize, bool);

fn compare(on_table: &Results, on_surrogate: &Results, rng: &mut StreamRng) -> Ranking {
    let (table, surrogate) = (means(on_table), means(on_surrogate));
    let (apart, apart_there) = (told_apart(on_table), told_apart(on_surrogate));
    let contradicted = apart.iter().filter(|(a, b, better)| {
        let mut there = apart_there.iter();
        there.any(|other| *other == (*a, *b, !*better))
    });
    let mut agreements: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let table = means(&resampled(on_table, rng));
            let surrogate = means(&resampled(on_surrogate, rng));
            agreement(&apart, &table, &surrogate)
        })
        .collect();
    agreements.sort_by(f64::total_cmp);
    let of = |share| quantile(&agreements, share);
    Ranking {
        pairs: on_table.len() * (on_table.len() - 1) / 2,
        told_apart: apart.len(),
        contradicted: contradicted.count(),
        agreement: agreement(&apart, &table, &surrogate),
        interval: of(0.025).zip(of(0.975)).map(|(low, high)| [low, high]),
        kendall_tau: kendall(&table, &surrogate),
    }
}

fn means(results: &Results) -> Vec<f64> {
    results
        .iter()
        .map(|r| mean(r).unwrap_or_default())
        .collect()
}

/// The pairs of strategies whose results differ for certain, and which of each is better.
fn told_apart(results: &Results) -> Vec<Certain> {
    let n = results.len();
    let pairs: Vec<(usize, usize)> = (0..n)
        .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
        .collect();
    let tests = pairs.iter().map(|&(a, b)| {
        let test = wilcoxon_pairs(&results[a], &results[b], Zeros::Pratt);
        test.map_or((1.0, false), |t| (t.p_value, t.positive > t.negative))
    });
    let (p_values, better): (Vec<f64>, Vec<bool>) = tests.unzip();
    let corrected = holm(&p_values).unwrap_or_default();
    let of_pairs = pairs.into_iter().zip(better).zip(corrected);
    of_pairs
        .filter(|(_, p)| *p < SIGNIFICANT)
        .map(|(((a, b), better), _)| (a, b, better))
        .collect()
}

/// Of the pairs told apart, the share in which both means say the same less the share in which they do not.
fn agreement(apart: &[Certain], table: &[f64], surrogate: &[f64]) -> Option<f64> {
    let sign = |values: &[f64], a: usize, b: usize| match values[a].total_cmp(&values[b]) {
        std::cmp::Ordering::Less => -1.0,
        std::cmp::Ordering::Equal => 0.0,
        std::cmp::Ordering::Greater => 1.0,
    };
    let of = |&(a, b, _): &Certain| sign(table, a, b) * sign(surrogate, a, b);
    mean(&apart.iter().map(of).collect::<Vec<f64>>())
}

/// As many replicates, drawn with repetition, the same for all strategies: results are paired.
fn resampled(results: &Results, rng: &mut StreamRng) -> Results {
    let n = results[0].len();
    let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
    let of = |row: &Vec<f64>| drawn.iter().map(|&at| row[at]).collect();
    results.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(levels: &[f64], noise: f64, seed: &str) -> Results {
        let mut rng = derive_rng(1, &["ranking", seed]);
        let of = |level: &f64| {
            let drawn = (0..60).map(|_| level + noise * (rng.random::<f64>() - 0.5));
            drawn.collect()
        };
        levels.iter().map(of).collect()
    }

    /// Three strategies of which the last two are the same: two pairs are told apart, whatever the noise says of the
    /// third; a surrogate that turns the order round contradicts both.
    #[test]
    fn what_is_certain_counts() {
        let table = results(&[0.9, 0.8, 0.8], 0.1, "table");
        let mut rng = derive_rng(1, &["ranking"]);
        let same = compare(&table, &results(&[0.7, 0.6, 0.6], 0.1, "like"), &mut rng);
        assert_eq!((same.pairs, same.told_apart, same.contradicted), (3, 2, 0));
        assert_eq!((same.agreement, same.interval), (Some(1.0), Some([1.0; 2])));
        let turned = compare(&table, &results(&[0.5, 0.6, 0.6], 0.1, "unlike"), &mut rng);
        assert_eq!((turned.contradicted, turned.agreement), (2, Some(-1.0)));
        // Between two that are the same on the surrogate the interval is wide.
        let unsure = compare(&table, &results(&[0.6, 0.6, 0.6], 0.1, "flat"), &mut rng);
        let [low, high] = unsure.interval.expect("pairs");
        assert!(
            low < 0.0 && high > 0.0 && unsure.contradicted == 0,
            "{unsure:?}"
        );
        // `scipy.stats.wilcoxon` and `statsmodels…multipletests(method="holm")` call nothing apart here.
        let alike = results(&[0.5, 0.5], 0.1, "alike");
        let none = compare(&alike, &table[..2].to_vec(), &mut rng);
        assert_eq!(
            (none.told_apart, none.agreement, none.interval),
            (0, None, None)
        );
    }
}
