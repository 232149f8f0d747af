//! Compare neural-architecture-search strategies on tabular benchmarks: fast, reproducible to the
//! byte, with reports a reviewer accepts.
//!
//! The path of the main job is the path through the modules: [`table`] → [`benchmark`] →
//! [`strategy`] on a [`space`] → [`study`] (runner and records) → [`stats`] → [`report`].

pub mod acquisition;
pub mod bakeoff;
pub mod benchmark;
pub mod cli;
pub mod encoding;
pub mod error;
pub mod fetch;
pub mod images;
pub mod import;
pub mod network;
pub mod predictor;
pub mod report;
pub mod rng;
mod sealed;
mod shield;
pub mod space;
pub mod stats;
pub mod strategy;
pub mod study;
pub mod surrogate;
pub mod table;
pub mod timing;
#[cfg(feature = "torch")]
pub mod torch;
pub mod training;
