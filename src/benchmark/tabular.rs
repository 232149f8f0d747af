//! A benchmark that answers from a table.
//!
//! Values lie densely by (row, fidelity, seed); a raw architecture's index leads to its row directly, and
//! where the table holds only one member of an isomorphism class, every member leads to its row.

use super::{
    Benchmark, BenchmarkSpec, Evaluation, Optimum, Query, QueryError, SeedPolicy, TaskSpec,
};
use crate::error::Error;
use crate::space::{self, Architecture, SearchSpace};
use crate::strategy::Fidelity;
use crate::table::{Table, TableRow};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Marks a raw architecture without a row.
const NO_ROW: u32 = u32::MAX;
/// The largest raw space a dense look-up is made for.
const MAX_RAW: u64 = 1 << 26;

/// A table, ready to be asked.
pub struct TabularBenchmark {
    spec: BenchmarkSpec,
    tasks: Vec<TaskTable>,
}

struct TaskTable {
    space: Arc<dyn SearchSpace>,
    /// Row of each raw architecture.
    row_of: Vec<u32>,
    /// A raw architecture of each row.
    archs: Vec<u64>,
    fidelities: Vec<Fidelity>,
    seeds: usize,
    /// By (row × fidelities + fidelity) × seeds + seed.
    values: Vec<Option<Evaluation>>,
    /// Mean over all seeds, by row × fidelities + fidelity; absent when a seed is missing.
    means: Vec<Option<Evaluation>>,
}

impl TabularBenchmark {
    /// Makes a benchmark of a table.
    ///
    /// # Errors
    /// When a task has no rows, or its space is unknown or too large.
    pub fn new(table: &Table) -> Result<Self, Error> {
        let card = &table.card;
        let mut tasks = Vec::with_capacity(card.tasks.len());
        let mut specs = Vec::with_capacity(card.tasks.len());
        for (at, task) in card.tasks.iter().enumerate() {
            let rows: Vec<TableRow> = table
                .rows
                .iter()
                .filter(|r| r.task as usize == at)
                .copied()
                .collect();
            let place = format!("{}: task {}", card.name, task.name);
            let data = TaskTable::new(space::open(&task.space)?, &rows, card.oracle)
                .map_err(|problem| Error::new(place, problem))?;
            specs.push(TaskSpec {
                name: task.name.clone(),
                metric: task.metric.clone(),
                fidelities: data.fidelities.clone(),
                seeds: data.seeds as u32,
                has_cost: rows.iter().all(|r| r.cost_s.is_some()),
                oracle: card.oracle,
            });
            tasks.push(data);
        }
        let spec = BenchmarkSpec {
            name: card.name.clone(),
            title: card.title.clone(),
            citation: card.citation.clone(),
            sha256: card.sha256.clone(),
            tasks: specs,
        };
        Ok(Self { spec, tasks })
    }
}

impl TaskTable {
    fn new(space: Arc<dyn SearchSpace>, rows: &[TableRow], oracle: bool) -> Result<Self, String> {
        if rows.is_empty() {
            return Err("has no rows".into());
        }
        if space.raw_size() > MAX_RAW {
            return Err(format!("its space has more than {MAX_RAW} architectures"));
        }
        let fidelities: Vec<Fidelity> = rows
            .iter()
            .map(|r| Fidelity(r.epoch))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let seeds = rows.iter().map(|r| r.seed as usize + 1).max().unwrap_or(1);
        let archs: Vec<u64> = rows
            .iter()
            .map(|r| r.arch)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let row_of = look_up(space.as_ref(), &archs);
        let mut values = vec![None; archs.len() * fidelities.len() * seeds];
        for row in rows {
            let valid = if oracle { row.test } else { row.valid };
            let at = fidelities.binary_search(&Fidelity(row.epoch)).unwrap_or(0);
            let at = row_of[row.arch as usize] as usize * fidelities.len() + at;
            values[at * seeds + row.seed as usize] = valid.map(|valid| Evaluation {
                valid,
                test: row.test,
                cost_s: row.cost_s,
            });
        }
        let means = values.chunks(seeds).map(mean).collect();
        Ok(Self {
            space,
            row_of,
            archs,
            fidelities,
            seeds,
            values,
            means,
        })
    }

    fn entry(&self, row: u32, fidelity: usize) -> usize {
        row as usize * self.fidelities.len() + fidelity
    }

    /// Why a query has no answer: what there is instead.
    #[cold]
    fn lacks(&self, name: &str, query: &Query) -> QueryError {
        let index = self.space.index_of(&query.arch) as usize;
        let row = self.row_of.get(index).copied().unwrap_or(NO_ROW);
        let arch = self.space.display(&query.arch);
        if row == NO_ROW {
            let rows = self.archs.len();
            return QueryError(format!(
                "{name}: no row for `{arch}` among {rows} architectures"
            ));
        }
        let Ok(fidelity) = self.fidelities.binary_search(&query.fidelity) else {
            let known: Vec<String> = self.fidelities.iter().map(|f| f.0.to_string()).collect();
            let asked = query.fidelity.0;
            let known = known.join(", ");
            return QueryError(format!("{name}: no epoch {asked}; the table has {known}"));
        };
        let entry = self.entry(row, fidelity) * self.seeds;
        let known: Vec<String> = (0..self.seeds)
            .filter(|seed| self.values[entry + seed].is_some())
            .map(|seed| seed.to_string())
            .collect();
        let known = if known.is_empty() {
            "none".into()
        } else {
            known.join(", ")
        };
        QueryError(format!(
            "{name}: a seed of `{arch}` is missing; the table has seeds {known}"
        ))
    }

    fn answer(&self, query: &Query) -> Option<Evaluation> {
        let index = self.space.index_of(&query.arch) as usize;
        let row = *self.row_of.get(index)?;
        if row == NO_ROW {
            return None;
        }
        let last = self.fidelities.len() - 1;
        let fidelity = match self.fidelities[last] == query.fidelity {
            true => last,
            false => self.fidelities.binary_search(&query.fidelity).ok()?,
        };
        let entry = self.entry(row, fidelity);
        let seeds = &self.values[entry * self.seeds..][..self.seeds];
        match query.seed {
            SeedPolicy::Mean => self.means[entry],
            SeedPolicy::Index(k) => *seeds.get(k as usize)?,
            SeedPolicy::Draw { key } => {
                let present = seeds.iter().flatten().count() as u64;
                let draw = mix(key ^ self.archs[row as usize]).checked_rem(present)?;
                seeds.iter().flatten().nth(draw as usize).copied()
            }
        }
    }
}

/// The row of each raw architecture: its own, or that of its class's member in the table.
fn look_up(space: &dyn SearchSpace, archs: &[u64]) -> Vec<u32> {
    let size = space.raw_size() as usize;
    let mut row_of = vec![NO_ROW; size];
    let mut row_of_class = vec![NO_ROW; size];
    for (row, &arch) in archs.iter().enumerate() {
        row_of[arch as usize] = row as u32;
        let class = space.class(&space.at_index(arch)).0 as usize;
        if row_of_class[class] == NO_ROW {
            row_of_class[class] = row as u32;
        }
    }
    for (index, row) in row_of
        .iter_mut()
        .enumerate()
        .filter(|(_, row)| **row == NO_ROW)
    {
        let arch = space.at_index(index as u64);
        if space.is_valid(&arch) {
            *row = row_of_class[space.class(&arch).0 as usize];
        }
    }
    row_of
}

/// The mean over seeds, if every one is there.
fn mean(seeds: &[Option<Evaluation>]) -> Option<Evaluation> {
    let n = seeds.len() as f64;
    let all: Vec<Evaluation> = seeds.iter().copied().collect::<Option<_>>()?;
    let over = |of: &dyn Fn(&Evaluation) -> Option<f64>| -> Option<f64> {
        let values: Vec<f64> = all.iter().map(of).collect::<Option<_>>()?;
        Some(values.iter().sum::<f64>() / n)
    };
    Some(Evaluation {
        valid: over(&|e| Some(e.valid))?,
        test: over(&|e| e.test),
        cost_s: over(&|e| e.cost_s),
    })
}

/// Spreads a key over 64 bits (the finaliser of SplitMix64; Steele, Lea & Flood, OOPSLA 2014).
fn mix(mut key: u64) -> u64 {
    key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

impl Benchmark for TabularBenchmark {
    fn spec(&self) -> &BenchmarkSpec {
        &self.spec
    }

    fn space(&self, task: usize) -> Arc<dyn SearchSpace> {
        self.tasks[task].space.clone()
    }

    fn architectures(&self, task: usize) -> Vec<Architecture> {
        let task = &self.tasks[task];
        task.archs
            .iter()
            .map(|&index| task.space.at_index(index))
            .collect()
    }

    fn query(&self, query: &Query) -> Result<Evaluation, QueryError> {
        let task = &self.tasks[query.task];
        task.answer(query)
            .ok_or_else(|| task.lacks(&self.spec.tasks[query.task].name, query))
    }

    fn optimum(&self, task: usize, seed: SeedPolicy) -> Result<Optimum, QueryError> {
        let data = &self.tasks[task];
        let fidelity = self.spec.tasks[task].full_fidelity();
        let policies: Vec<SeedPolicy> = match seed {
            SeedPolicy::Draw { .. } => (0..data.seeds as u32).map(SeedPolicy::Index).collect(),
            fixed => vec![fixed],
        };
        let mut best: Option<(u64, Evaluation)> = None;
        let mut best_test: Option<f64> = None;
        for &index in &data.archs {
            for &seed in &policies {
                let arch = data.space.at_index(index);
                let query = Query {
                    task,
                    arch,
                    fidelity,
                    seed,
                };
                let Some(found) = data.answer(&query) else {
                    continue;
                };
                if best.is_none_or(|(_, b)| found.valid > b.valid) {
                    best = Some((index, found));
                }
                if found.test > best_test {
                    best_test = found.test;
                }
            }
        }
        let name = &self.spec.tasks[task].name;
        let (index, found) = best.ok_or_else(|| {
            QueryError(format!(
                "{name}: no architecture has every seed the policy needs"
            ))
        })?;
        Ok(Optimum {
            arch: data.space.display(&data.space.at_index(index)),
            valid: found.valid,
            test_of_best_valid: found.test,
            best_test,
        })
    }
}
