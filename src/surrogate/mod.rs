//! Surrogate benchmarks: models fitted to a table that answer for every architecture of its space.
//!
//! Zela, Siems, Zimmer, Lukasik, Keuper and Hutter, "Surrogate NAS Benchmarks: Going Beyond the Limited Search Spaces of
//! Tabular NAS Benchmarks", ICLR 2022, arXiv 2008.09777 (NAS-Bench-301): an ensemble with a noise model. Yan, White, Savani and
//! Hutter, "NAS-Bench-x11 and the Power of Learning Curves", NeurIPS 2021, arXiv 2111.03602: whole learning curves
//! through a low-rank basis. A study file says what to fit ([`SurrogateStudy`]); a folder with a card and a model file comes
//! out, and is a [`Benchmark`](crate::benchmark::Benchmark) like any other.

mod card;
mod curve;
mod data;
mod fit;
mod judge;
mod model;
mod noise;
mod ranking;
mod registry;
mod scale;
mod serve;
mod wire;

pub use card::{Card, CurveScores, LeftOut, NoiseScores, RankedStrategy, Ranking, TaskScores};
pub use fit::{check, fit};
pub use judge::held_out_again;
pub use registry::{folder, is_shipped, names, open, read_card, store};
pub use serve::SurrogateBenchmark;
pub use wire::SurrogateStudy;
