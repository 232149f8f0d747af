//! The fitted models of a task, and the file they are kept in.

use super::curve::CurveBasis;
use crate::error::Error;
use crate::predictor::Fitted;
use crate::sealed::Seal;
use crate::space::{Architecture, SearchSpace};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The model file.
const SEAL: Seal = Seal {
    what: "surrogate's model file",
    magic: b"archsurr",
    version: 1,
    mend: "fit the surrogate again",
};

/// An ensemble that predicts one quantity.
pub(super) struct Ensemble(pub(super) Vec<Fitted>);

/// Everything that answers for a task.
pub(super) struct TaskModel {
    pub(super) name: String,
    pub(super) metric: String,
    pub(super) schedule: String,
    /// Ascending; the last is a full training.
    pub(super) fidelities: Vec<u32>,
    pub(super) oracle: bool,
    pub(super) space: Arc<dyn SearchSpace>,
    /// Standard deviation of a training's metric about its mean.
    pub(super) noise: f64,
    /// Whether metrics are fractions.
    pub(super) is_fraction: bool,
    pub(super) valid: Ensemble,
    pub(super) test: Option<Ensemble>,
    pub(super) cost_s: Option<Cost>,
    pub(super) curve: Option<Curve>,
}

/// Training time.
pub(super) struct Cost {
    pub(super) full: Ensemble,
    /// The share of a full training's time that each fidelity takes.
    pub(super) shares: Vec<f64>,
}

/// Learning curves.
pub(super) struct Curve {
    pub(super) basis: CurveBasis,
    /// A model for each vector of the basis.
    pub(super) coefficients: Vec<Fitted>,
}

/// A task as it is written.
#[derive(Serialize, Deserialize)]
struct TaskFile {
    name: String,
    metric: String,
    schedule: String,
    fidelities: Vec<u32>,
    oracle: bool,
    space: String,
    noise: f64,
    is_fraction: bool,
    valid: Vec<Vec<u8>>,
    test: Option<Vec<Vec<u8>>>,
    cost_s: Option<(Vec<Vec<u8>>, Vec<f64>)>,
    curve: Option<(CurveBasis, Vec<Vec<u8>>)>,
}

fn saved(models: &[Fitted]) -> Result<Vec<Vec<u8>>, Error> {
    models.iter().map(Fitted::save).collect()
}

fn loaded(models: &[Vec<u8>]) -> Result<Vec<Fitted>, Error> {
    models.iter().map(|bytes| Fitted::load(bytes)).collect()
}

/// The model file of these tasks.
pub(super) fn write(tasks: &[TaskModel]) -> Result<Vec<u8>, Error> {
    let files = tasks.iter().map(TaskModel::file);
    let files: Vec<TaskFile> = files.collect::<Result<_, Error>>()?;
    let payload = postcard::to_allocvec(&files).map_err(|e| Error::new(SEAL.what, e))?;
    Ok(SEAL.seal(&payload))
}

/// The tasks of a model file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<TaskModel>, Error> {
    let files: Vec<TaskFile> = postcard::from_bytes(SEAL.open(bytes)?)
        .map_err(|e| SEAL.damaged(&format!("cannot be read: {e}")))?;
    files.into_iter().map(TaskModel::of).collect()
}

impl TaskModel {
    fn file(&self) -> Result<TaskFile, Error> {
        let test = self.test.as_ref().map(|test| saved(&test.0));
        let cost = self.cost_s.as_ref();
        let cost = cost.map(|cost| Ok::<_, Error>((saved(&cost.full.0)?, cost.shares.clone())));
        let curve = self.curve.as_ref();
        let curve = curve.map(|c| Ok::<_, Error>((c.basis.clone(), saved(&c.coefficients)?)));
        Ok(TaskFile {
            name: self.name.clone(),
            metric: self.metric.clone(),
            schedule: self.schedule.clone(),
            fidelities: self.fidelities.clone(),
            oracle: self.oracle,
            space: self.space.name().to_owned(),
            noise: self.noise,
            is_fraction: self.is_fraction,
            valid: saved(&self.valid.0)?,
            test: test.transpose()?,
            cost_s: cost.transpose()?,
            curve: curve.transpose()?,
        })
    }

    fn of(file: TaskFile) -> Result<Self, Error> {
        let test = file.test.map(|test| loaded(&test)).transpose()?;
        let cost_s = file.cost_s.map(|(full, shares)| {
            let full = Ensemble(loaded(&full)?);
            Ok::<_, Error>(Cost { full, shares })
        });
        let curve = file.curve.map(|(basis, coefficients)| {
            let coefficients = loaded(&coefficients)?;
            Ok::<_, Error>(Curve {
                basis,
                coefficients,
            })
        });
        Ok(Self {
            space: crate::space::open(&file.space)?,
            name: file.name,
            metric: file.metric,
            schedule: file.schedule,
            fidelities: file.fidelities,
            oracle: file.oracle,
            noise: file.noise,
            is_fraction: file.is_fraction,
            valid: Ensemble(loaded(&file.valid)?),
            test: test.map(Ensemble),
            cost_s: cost_s.transpose()?,
            curve: curve.transpose()?,
        })
    }

    /// A metric where metrics may be.
    pub(super) fn bounded(&self, value: f64) -> f64 {
        match self.is_fraction {
            true => value.clamp(0.0, 1.0),
            false => value,
        }
    }

    /// The validation metric at a fidelity's position, without noise, from that of a full training.
    pub(super) fn valid_at(
        &self,
        arch: &Architecture,
        fidelity: usize,
        full: f64,
    ) -> Result<f64, Error> {
        match &self.curve {
            Some(curve) if fidelity + 1 < self.fidelities.len() => {
                let found = curve.coefficients.iter().map(|model| {
                    let archs = std::slice::from_ref(arch);
                    Ok(model.predict_mean(&*self.space, archs, None)?[0])
                });
                let coefficients = found.collect::<Result<Vec<f64>, Error>>()?;
                Ok(full + curve.basis.at(&coefficients, fidelity))
            }
            _ => Ok(full),
        }
    }
}

impl Ensemble {
    /// The mean over members for each architecture.
    pub(super) fn means(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
    ) -> Result<Vec<f64>, Error> {
        let mut means = vec![0.0; archs.len()];
        for model in &self.0 {
            let found = model.predict_mean(space, archs, None)?;
            means.iter_mut().zip(found).for_each(|(m, f)| *m += f);
        }
        let members = self.0.len() as f64;
        means.iter_mut().for_each(|m| *m /= members);
        Ok(means)
    }
}
