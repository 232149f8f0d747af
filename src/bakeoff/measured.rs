//! Features that have to be measured, from a benchmark: partial learning curves and what its table lists.

use super::pool::Pool;
use crate::benchmark::{Benchmark, Query, SeedPolicy};
use crate::encoding::{ExtraColumn, ExtraFeatures};
use crate::error::Error;
use crate::strategy::Fidelity;
use crate::table::Attribute;
use std::fmt;
use std::str::FromStr;

/// A feature beside the encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// The validation metric at every fidelity up to the study's.
    Curve,
    /// A column of the table, such as `proxy_score/synflow`.
    Attribute(Attribute),
}

/// The name of the curve.
const CURVE: &str = "curve";

impl FromStr for Measured {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            CURVE => Ok(Self::Curve),
            _ => text
                .parse()
                .map(Self::Attribute)
                .map_err(|e| format!("{e}; or `{CURVE}`")),
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Curve => f.write_str(CURVE),
            Self::Attribute(attribute) => attribute.fmt(f),
        }
    }
}

/// Who is asked for measurements.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The benchmark.
    pub benchmark: &'a dyn Benchmark,
    /// Position of its task.
    pub task: usize,
    /// Which training seed answers.
    pub seed: SeedPolicy,
}

impl Source<'_> {
    /// Whether the benchmark has a measurement, up to a fidelity.
    ///
    /// # Errors
    /// When it has not; the message lists what there is.
    pub fn check(&self, measured: &Measured, upto: Option<Fidelity>) -> Result<(), Error> {
        let spec = &self.benchmark.spec().tasks[self.task];
        let place = || format!("features {measured}");
        match measured {
            Measured::Curve => {
                let upto = upto.ok_or_else(|| {
                    Error::new(place(), "no fidelity is given")
                        .mend("say how long the curve is: fidelities = [3, 9]")
                })?;
                if spec.fidelities.contains(&upto) {
                    return Ok(());
                }
                let known: Vec<String> = spec.fidelities.iter().map(|f| f.0.to_string()).collect();
                Err(
                    Error::new(place(), format!("{} has no fidelity {}", spec.name, upto.0))
                        .mend(format!("it has {}", known.join(", "))),
                )
            }
            Measured::Attribute(attribute) => {
                let table = self.benchmark.table();
                let task = table.and_then(|t| t.tasks.get(self.task));
                match task.is_some_and(|t| t.attribute(attribute).is_some()) {
                    true => Ok(()),
                    false => Err(Error::new(place(), format!("{} lacks it", spec.name))),
                }
            }
        }
    }

    /// The measurements of some of a pool's architectures, with what each cost. Of those that are trained fully all the
    /// same, the curve is free.
    ///
    /// # Errors
    /// When one is missing.
    pub fn measure(
        &self,
        measured: &[Measured],
        upto: Option<Fidelity>,
        (pool, rows): (&Pool, &[usize]),
        are_trained: bool,
    ) -> Result<ExtraFeatures, Error> {
        let mut columns = Vec::new();
        for one in measured {
            match one {
                Measured::Curve => {
                    let mut curve = self.curve(upto, pool, rows)?;
                    if are_trained {
                        curve.iter_mut().for_each(|column| column.cost_s.fill(0.0));
                    }
                    columns.extend(curve);
                }
                Measured::Attribute(attribute) => {
                    columns.push(self.attribute(attribute, pool, rows)?);
                }
            }
        }
        ExtraFeatures::new(&columns)
    }

    /// A column for each fidelity; the last is charged for all, since training goes through the others.
    fn curve(
        &self,
        upto: Option<Fidelity>,
        pool: &Pool,
        rows: &[usize],
    ) -> Result<Vec<ExtraColumn>, Error> {
        let spec = &self.benchmark.spec().tasks[self.task];
        let fidelities = spec.fidelities.iter().copied();
        let fidelities: Vec<Fidelity> = fidelities.filter(|f| Some(*f) <= upto).collect();
        let mut columns = Vec::with_capacity(fidelities.len());
        for &fidelity in &fidelities {
            let mut column = ExtraColumn {
                name: format!("valid@{}", fidelity.0),
                values: Vec::with_capacity(rows.len()),
                cost_s: vec![0.0; rows.len()],
            };
            for (slot, &row) in column.cost_s.iter_mut().zip(rows) {
                let query = Query {
                    task: self.task,
                    arch: pool.archs[row],
                    fidelity,
                    seed: self.seed,
                };
                let found = self.benchmark.query(&query);
                let found = found.map_err(|e| Error::new(&column.name, e))?;
                column.values.push(found.valid);
                if Some(&fidelity) == fidelities.last() {
                    *slot = found.cost_s.unwrap_or(0.0);
                }
            }
            columns.push(column);
        }
        Ok(columns)
    }

    fn attribute(
        &self,
        attribute: &Attribute,
        pool: &Pool,
        rows: &[usize],
    ) -> Result<ExtraColumn, Error> {
        let place = || format!("features {attribute}");
        let table = self.benchmark.table();
        let task = table.and_then(|t| t.tasks.get(self.task));
        let task = task.ok_or_else(|| Error::new(place(), "the benchmark has no table"))?;
        let figures = |attribute: &Attribute| -> Result<Vec<f64>, Error> {
            let figure = |&row: &usize| task.figure(attribute, &pool.archs[row], self.seed);
            let figures: Result<Vec<f64>, _> = rows.iter().map(figure).collect();
            figures.map_err(|e| Error::new(place(), e))
        };
        let time = match attribute {
            Attribute::ProxyScore(name) => Some(Attribute::ProxyTimeS(name.clone())),
            _ => None,
        };
        let time = time.filter(|time| task.attribute(time).is_some());
        Ok(ExtraColumn {
            name: attribute.to_string(),
            values: figures(attribute)?,
            cost_s: match time {
                Some(time) => figures(&time)?,
                None => vec![0.0; rows.len()],
            },
        })
    }
}
