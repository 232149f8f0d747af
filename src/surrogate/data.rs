//! What a surrogate's models of a task are fitted to, and the fitting of one of them.

use super::scale::Scale;
use super::wire::SurrogateStudy;
use crate::bakeoff::{Pool, Replicate, Split, Twins};
use crate::benchmark::{Benchmark, Evaluation, Query, SeedPolicy, TaskSpec};
use crate::error::Error;
use crate::predictor::{Fitted, Folds, Predictor, TargetTransform};
use crate::rng::derive_rng;
use crate::space::{Architecture, POOL};
use crate::strategy::{Fidelity, STRATEGIES};
use crate::study::tasks::parse_seed_policy;
use std::sync::Arc;

/// A task while it is fitted.
pub(super) struct Data<'a> {
    pub(super) study: &'a SurrogateStudy,
    pub(super) benchmark: &'a dyn Benchmark,
    pub(super) position: usize,
    pub(super) seed: SeedPolicy,
    pub(super) pool: Pool,
    pub(super) split: Split,
    /// Of the training set, one for each member of an ensemble.
    pub(super) folds: Folds,
    /// Further trainings of some architectures, which importers keep in a schedule of their own.
    repeats: Option<Arc<dyn Benchmark>>,
    /// Sees targets that are transformed already.
    predictor: Predictor,
    transform: TargetTransform,
}

/// A quantity of the architectures at some rows of the pool; `None` where the table lacks it.
pub(super) type Column = Option<Vec<f64>>;

/// What to fit to and what to judge by, and the fold of the training set that each member leaves out.
fn cut(study: &SurrogateStudy, pool: &Pool) -> Result<(Split, Folds), Error> {
    let (all, members) = (pool.archs.len(), study.members);
    let size = (study.train_share * all as f64) as usize;
    let least = 2 * members;
    let too_few = |problem: String| {
        let mend = format!("{members} members need {least} or more");
        Err(Error::new(pool.name.join(": "), problem).mend(mend))
    };
    if size < least {
        let share = study.train_share;
        return too_few(format!("{all} architectures, of which {share} to fit to"));
    }
    let replicate = Replicate {
        seed: study.seed,
        number: 0,
    };
    let order = pool.shuffled(replicate);
    let split = pool.split(&order, size, Twins::LeftOut, None)?;
    let train: Vec<Architecture> = split.train.iter().map(|&row| pool.archs[row]).collect();
    let folds = Folds::new(&*pool.space, &train, members, 0..train.len());
    match folds.classes() < least {
        true => too_few(format!("{} networks to fit to", folds.classes())),
        false => Ok((split, folds)),
    }
}

impl<'a> Data<'a> {
    /// Opens and splits a task, and finds out whether it can be learnt.
    pub(super) fn new(
        study: &'a SurrogateStudy,
        benchmark: &'a dyn Benchmark,
        position: usize,
    ) -> Result<Self, Error> {
        let spec = &benchmark.spec().tasks[position];
        let place = || format!("{}: {}", benchmark.spec().name, spec.name);
        let seed = parse_seed_policy(&study.seed_policy)?;
        if let SeedPolicy::Index(k) = seed
            && k >= spec.seeds
        {
            let problem = format!(
                "seed_policy = index:{k}, the table has {} seeds",
                spec.seeds
            );
            return Err(Error::new(place(), problem));
        }
        let space = benchmark.space(position);
        if space.name() == POOL {
            return Err(
                Error::new(place(), "its architectures are names without structure")
                    .mend("a surrogate needs a search space"),
            );
        }
        let pool = Pool::open(benchmark, position, seed)
            .map_err(|e| e.mend("seed_policy = \"mean-of-present\" takes what seeds there are"))?;
        let (split, folds) = cut(study, &pool)?;
        let (predictor, transform) = study.predictor()?;
        let data = Self {
            predictor,
            transform,
            repeats: benchmark
                .with_schedule(&format!("{}-repeats", spec.schedule))
                .ok(),
            study,
            benchmark,
            position,
            seed,
            pool,
            split,
            folds,
        };
        data.try_out().map_err(|e| e.within(place()))?;
        Ok(data)
    }

    /// What would fail after everything is fitted fails at once: a predictor or strategy that does not suit the space.
    fn try_out(&self) -> Result<(), Error> {
        let space = &*self.pool.space;
        let few: Vec<usize> = self.split.train.iter().copied().take(2).collect();
        let mut rng = derive_rng(self.study.seed, &["surrogate", "trial"]);
        let fitted = (self.predictor).fit(space, &self.archs(&few), None, &[0.0, 1.0], &mut rng)?;
        fitted.predict_mean(space, &self.archs(&few), None)?;
        for name in &self.study.strategies {
            let entry = STRATEGIES.iter().find(|entry| entry.name == name);
            let Some(entry) = entry else { continue };
            let config = entry.configure(entry.defaults());
            let suits = config.and_then(|config| config.suits(space));
            suits.map_err(|why| Error::new(format!("strategy {name}"), why))?;
        }
        Ok(())
    }

    pub(super) fn spec(&self) -> &TaskSpec {
        &self.benchmark.spec().tasks[self.position]
    }

    pub(super) fn name(&self) -> &str {
        &self.spec().name
    }

    /// A quantity at a fidelity, for rows of the pool.
    pub(super) fn column(
        &self,
        rows: &[usize],
        fidelity: Fidelity,
        quantity: fn(&Evaluation) -> Option<f64>,
    ) -> Result<Column, Error> {
        let mut values = Vec::with_capacity(rows.len());
        for &row in rows {
            let query = Query {
                task: self.position,
                arch: self.pool.archs[row],
                fidelity,
                seed: self.seed,
            };
            let found = self.benchmark.query(&query);
            values.push(quantity(&found.map_err(|e| Error::new(self.name(), e))?));
        }
        Ok(values.into_iter().collect())
    }

    /// What each training of the architecture at a row gave at some fidelities; trainings that lack one are left out.
    pub(super) fn trainings(&self, row: usize, fidelities: &[Fidelity]) -> Vec<Vec<Evaluation>> {
        let repeats = self.repeats.iter().map(|repeats| repeats.as_ref());
        let sources = std::iter::once(self.benchmark).chain(repeats);
        let mut trainings = Vec::new();
        for source in sources {
            let of_seed = |k| {
                let at = |&fidelity| {
                    let query = Query {
                        task: self.position,
                        arch: self.pool.archs[row],
                        fidelity,
                        seed: SeedPolicy::Index(k),
                    };
                    source.query(&query).ok()
                };
                fidelities.iter().map(at).collect::<Option<Vec<_>>>()
            };
            let seeds = source.spec().tasks[self.position].seeds;
            trainings.extend((0..seeds).filter_map(of_seed));
        }
        trainings
    }

    pub(super) fn metric(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|&row| self.pool.metric[row]).collect()
    }

    /// The architectures at these rows, each as the canonical one of its class: a surrogate answers for networks.
    pub(super) fn archs(&self, rows: &[usize]) -> Vec<Architecture> {
        let canonical = |&row: &usize| self.pool.space.canonical(&self.pool.archs[row]);
        rows.iter().map(canonical).collect()
    }

    /// The scale of `targets`, and these on it.
    pub(super) fn scale(&self, targets: &[f64]) -> (Scale, Vec<f64>) {
        Scale::fit(self.transform, targets)
    }

    /// A model of `targets`, on the scale of models and given for `rows`, fitted to those that `keep` names.
    pub(super) fn fit(
        &self,
        what: &str,
        rows: &[usize],
        targets: &[f64],
        keep: impl Fn(usize) -> bool,
    ) -> Result<Fitted, Error> {
        let kept: Vec<usize> = (0..rows.len()).filter(|&at| keep(at)).collect();
        let of_kept: Vec<usize> = kept.iter().map(|&at| rows[at]).collect();
        let targets: Vec<f64> = kept.iter().map(|&at| targets[at]).collect();
        let mut rng = derive_rng(
            self.study.seed,
            &["surrogate", &self.study.name, self.name(), what],
        );
        let (space, archs) = (&*self.pool.space, self.archs(&of_kept));
        self.predictor.fit(space, &archs, None, &targets, &mut rng)
    }
}
