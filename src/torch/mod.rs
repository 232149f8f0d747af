//! Real training with PyTorch's library; the only place that names `tch`.

mod augment;
mod bank;
mod build;
mod checkpoint;
mod cost;
mod device;
mod forward;
mod sgd;
#[cfg(test)]
mod tests;
mod trainer;
mod weights;
mod workshop;

pub use bank::Bank;
pub use build::Sink;
pub use cost::cost;
pub use device::{Device, describe, open};
pub use trainer::{Cancel, DataSet, Ended, Trainer};
pub use weights::Streams;
pub use workshop::Workshop;

use crate::error::Error;

impl From<tch::TchError> for Error {
    /// The first line; the rest is a trace of the library's own frames.
    fn from(error: tch::TchError) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or("no message").trim();
        let error = Error::new("PyTorch", first);
        match text.contains("out of memory") || text.contains("can't allocate memory") {
            true => error.mend("lower `training.networks` or `training.batch`"),
            false => error,
        }
    }
}
