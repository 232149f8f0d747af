//! Predictors (surrogate models): learn from architectures whose metric is known, answer for those nobody trained.
//!
//! A model is a [`PredictorConfig`] in its own file with a line in [`PREDICTORS`]. It sees architectures and their
//! encoded [`Features`](crate::encoding::Features), and targets that are better when higher. What surrounds every model stands once, in
//! [`Predictor`]: the encoding, extra features, the target transform, checks of the input, and the file format.

mod auto;
mod bayesian_ridge;
mod bits;
mod boosting;
mod cholesky;
mod dngo;
mod elastic_net;
mod entry;
mod feature_gaussian_process;
mod fixed_point;
mod folds;
mod forest;
mod gaussian_process;
mod gcn;
mod inputs;
mod knn;
mod lbfgs;
mod linear;
mod matrix;
mod mlp;
mod ngboost;
mod partial_least_squares;
mod pipeline;
mod product_kernel;
mod ridge;
mod saved;
mod stacking;
mod svr;
mod target;
mod tree;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod reference_values;

pub(crate) use cholesky::Cholesky;
pub use entry::{FittedPredictor, PredictorConfig, PredictorEntry};
pub(crate) use folds::Folds;
pub(crate) use gaussian_process::{GaussianProcess, GrowingProcess, KernelName};
pub use inputs::{Inputs, Predictions, TrainingSet};
pub use pipeline::{Fitted, Predictor};
pub use target::TargetTransform;
pub(crate) use target::ascending_pairs;

use crate::error::Error;

/// Every predictor, in the order `archbench list predictors` shows them.
pub const PREDICTORS: &[PredictorEntry] = &[
    auto::ENTRY,
    ridge::ENTRY,
    elastic_net::LASSO,
    elastic_net::ELASTIC_NET,
    bayesian_ridge::ENTRY,
    partial_least_squares::ENTRY,
    knn::ENTRY,
    svr::EPSILON,
    svr::NU,
    forest::RANDOM_FOREST,
    forest::EXTRA_TREES,
    boosting::ENTRY,
    ngboost::ENTRY,
    gaussian_process::ENTRY,
    feature_gaussian_process::ENTRY,
    mlp::ENTRY,
    dngo::ENTRY,
    gcn::ENTRY,
    stacking::ENTRY,
];

/// The predictor called `name`.
///
/// # Errors
/// When no predictor of [`PREDICTORS`] has this name.
pub fn named(name: &str) -> Result<&'static PredictorEntry, Error> {
    PREDICTORS
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let known = PREDICTORS.iter().map(|entry| entry.name);
            Error::unknown_name("predictor", "predictor", name, known)
        })
}
