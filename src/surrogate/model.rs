//! The fitted models of a task, and the file they are kept in.

use super::curve::CurveBasis;
use super::noise::Noise;
use super::scale::Scale;
use crate::encoding::{Encoding, Features};
use crate::error::Error;
use crate::predictor::{Fitted, Inputs};
use crate::sealed::Seal;
use crate::space::{Architecture, SearchSpace};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The model file.
const SEAL: Seal = Seal {
    what: "surrogate's model file",
    magic: b"archsurr",
    version: 2,
    mend: "fit the surrogate again",
};

/// An ensemble that predicts one quantity.
pub(super) struct Ensemble {
    /// Fitted on the scale.
    pub(super) members: Vec<Fitted>,
    pub(super) scale: Scale,
}

/// Everything that answers for a task.
pub(super) struct TaskModel {
    pub(super) name: String,
    pub(super) metric: String,
    pub(super) schedule: String,
    /// Ascending; the last is a full training.
    pub(super) fidelities: Vec<u32>,
    pub(super) oracle: bool,
    pub(super) space: Arc<dyn SearchSpace>,
    /// Whether metrics are fractions.
    pub(super) is_fraction: bool,
    pub(super) noise: Noise,
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
    /// For each vector of the basis, an ensemble of one.
    pub(super) coefficients: Vec<Ensemble>,
    /// For each, what its predictions are drawn to, and the share of the distance that is left.
    pub(super) shrinkage: Vec<Shrinkage>,
}

/// Predictions that err are nearer to the truth when drawn to the mean: by the least-squares line of truth on prediction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Shrinkage {
    truth: f64,
    prediction: f64,
    share: f64,
}

impl Shrinkage {
    /// Learnt from what a model says of architectures it was not fitted to; at least one.
    pub(super) fn of(predicted: &[f64], truth: &[f64]) -> Self {
        let n = truth.len() as f64;
        let centre = |values: &[f64]| values.iter().map(|v| v / n).sum::<f64>();
        let (p, t) = (centre(predicted), centre(truth));
        let pairs = || predicted.iter().zip(truth);
        let product: f64 = pairs().map(|(x, y)| (x - p) * (y - t)).sum();
        let square: f64 = predicted.iter().map(|x| (x - p).powi(2)).sum();
        let share = if square > 0.0 { product / square } else { 0.0 };
        Self {
            truth: t,
            prediction: p,
            share: share.clamp(0.0, 1.0),
        }
    }

    pub(super) fn value(&self, predicted: f64) -> f64 {
        self.truth + self.share * (predicted - self.prediction)
    }
}

/// Architectures, encoded once for all models of a task.
pub(super) struct Asked {
    archs: Vec<Architecture>,
    features: Features,
}

impl Asked {
    /// The canonical one of each architecture's class.
    pub(super) fn archs(&self) -> &[Architecture] {
        &self.archs
    }
}

#[derive(Serialize, Deserialize)]
struct EnsembleFile {
    members: Vec<Vec<u8>>,
    scale: Scale,
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
    is_fraction: bool,
    noise: Noise,
    valid: EnsembleFile,
    test: Option<EnsembleFile>,
    cost_s: Option<(EnsembleFile, Vec<f64>)>,
    curve: Option<(CurveBasis, Vec<EnsembleFile>, Vec<Shrinkage>)>,
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
        let test = self.test.as_ref().map(Ensemble::file);
        let cost = self.cost_s.as_ref();
        let cost = cost.map(|cost| Ok::<_, Error>((cost.full.file()?, cost.shares.clone())));
        let curve = self.curve.as_ref().map(|curve| {
            let coefficients = curve.coefficients.iter().map(Ensemble::file);
            let coefficients = coefficients.collect::<Result<_, Error>>()?;
            Ok::<_, Error>((curve.basis.clone(), coefficients, curve.shrinkage.clone()))
        });
        Ok(TaskFile {
            name: self.name.clone(),
            metric: self.metric.clone(),
            schedule: self.schedule.clone(),
            fidelities: self.fidelities.clone(),
            oracle: self.oracle,
            space: self.space.name().to_owned(),
            is_fraction: self.is_fraction,
            noise: self.noise.clone(),
            valid: self.valid.file()?,
            test: test.transpose()?,
            cost_s: cost.transpose()?,
            curve: curve.transpose()?,
        })
    }

    fn of(file: TaskFile) -> Result<Self, Error> {
        let cost_s = file.cost_s.map(|(full, shares)| {
            let full = Ensemble::of(&full)?;
            Ok::<_, Error>(Cost { full, shares })
        });
        let curve = file.curve.map(|(basis, coefficients, shrinkage)| {
            let coefficients = coefficients.iter().map(Ensemble::of);
            Ok::<_, Error>(Curve {
                basis,
                coefficients: coefficients.collect::<Result<_, _>>()?,
                shrinkage,
            })
        });
        Ok(Self {
            space: crate::space::open(&file.space)?,
            name: file.name,
            metric: file.metric,
            schedule: file.schedule,
            fidelities: file.fidelities,
            oracle: file.oracle,
            is_fraction: file.is_fraction,
            noise: file.noise,
            valid: Ensemble::of(&file.valid)?,
            test: file.test.as_ref().map(Ensemble::of).transpose()?,
            cost_s: cost_s.transpose()?,
            curve: curve.transpose()?,
        })
    }

    /// How all its models encode architectures.
    fn encoding(&self) -> &Encoding {
        self.valid.members[0].encoding()
    }

    /// Encodes architectures, each as the canonical one of its class.
    pub(super) fn ask(&self, archs: &[Architecture]) -> Result<Asked, Error> {
        let space = &*self.space;
        let archs: Vec<Architecture> = archs.iter().map(|arch| space.canonical(arch)).collect();
        let features = self.encoding().encode(space, &archs)?;
        Ok(Asked { archs, features })
    }

    /// The means of a quantity.
    pub(super) fn means(&self, ensemble: &Ensemble, asked: &Asked) -> Result<Vec<f64>, Error> {
        ensemble.means(&Inputs {
            space: &*self.space,
            archs: &asked.archs,
            features: &asked.features,
        })
    }

    /// A metric where metrics may be.
    pub(super) fn bounded(&self, value: f64) -> f64 {
        match self.is_fraction {
            true => value.clamp(0.0, 1.0),
            false => value,
        }
    }

    /// For each architecture how much of each shape its learning curve has, where there are learning curves.
    pub(super) fn coefficients(&self, asked: &Asked) -> Result<Option<Vec<Vec<f64>>>, Error> {
        let Some(curve) = &self.curve else {
            return Ok(None);
        };
        let mut rows = vec![Vec::with_capacity(curve.coefficients.len()); asked.archs.len()];
        for (ensemble, shrinkage) in curve.coefficients.iter().zip(&curve.shrinkage) {
            let column = self.means(ensemble, asked)?;
            let found = column.into_iter().map(|c| shrinkage.value(c));
            rows.iter_mut().zip(found).for_each(|(row, c)| row.push(c));
        }
        Ok(Some(rows))
    }

    /// The validation metric at a fidelity's position, without noise, from that of a full training and the coefficients
    /// of the curve.
    pub(super) fn valid_at(&self, fidelity: usize, full: f64, coefficients: &[f64]) -> f64 {
        match &self.curve {
            Some(curve) if fidelity + 1 < self.fidelities.len() => {
                curve.basis.at(coefficients, fidelity, full)
            }
            _ => full,
        }
    }
}

impl Ensemble {
    fn file(&self) -> Result<EnsembleFile, Error> {
        let members = self.members.iter().map(Fitted::save);
        Ok(EnsembleFile {
            members: members.collect::<Result<_, Error>>()?,
            scale: self.scale.clone(),
        })
    }

    fn of(file: &EnsembleFile) -> Result<Self, Error> {
        if file.members.is_empty() {
            return Err(SEAL.damaged("an ensemble has no member"));
        }
        let members = file.members.iter().map(|bytes| Fitted::load(bytes));
        Ok(Self {
            members: members.collect::<Result<_, Error>>()?,
            scale: file.scale.clone(),
        })
    }

    /// The mean over members, on their scale, in the quantity's unit.
    fn means(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let mut means = vec![0.0; inputs.archs.len()];
        for model in &self.members {
            let found = model.predict_mean_encoded(inputs)?;
            means.iter_mut().zip(found).for_each(|(m, f)| *m += f);
        }
        let members = self.members.len() as f64;
        means
            .iter_mut()
            .for_each(|m| *m = self.scale.value(*m / members));
        Ok(means)
    }
}

#[cfg(test)]
mod tests {
    use super::Shrinkage;

    /// `numpy.polyfit([1, 2, 3, 4], [2, 2.5, 3, 3.5], 1)` is 0.5, 1.5; a slope below 0 or above 1 is none or all.
    #[test]
    fn shrinkage_is_the_line_of_truth_on_prediction() {
        let half = Shrinkage::of(&[1.0, 2.0, 3.0, 4.0], &[2.0, 2.5, 3.0, 3.5]);
        assert!((half.value(6.0) - 4.5).abs() < 1e-12);
        let none = Shrinkage::of(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]);
        assert!((none.value(9.0) - 2.0).abs() < 1e-12);
        let all = Shrinkage::of(&[1.0, 2.0, 3.0], &[0.0, 2.0, 4.0]);
        assert!((all.value(9.0) - 9.0).abs() < 1e-12);
        assert!((Shrinkage::of(&[1.0; 3], &[1.0, 2.0, 3.0]).value(5.0) - 2.0).abs() < 1e-12);
    }
}
