//! No encoding: for predictors that see measured features alone, such as a zero-cost proxy or the beginning of a
//! learning curve.
//!
//! With it, ridge on a proxy is that proxy on the metric's scale, and support-vector regression on a curve is LCSVR of
//! Baker, Gupta, Raskar and Naik, "Accelerating Neural Architecture Search using Performance Prediction", arXiv
//! 1705.10823, as in the comparison of White et al.

use super::{EncodingEntry, Features};

/// Its line in the registry.
pub const ENTRY: EncodingEntry = EncodingEntry {
    name: "none",
    summary: "no columns: measured features alone",
    citation: "White, Zela, Ru, Liu & Hutter, NeurIPS 2021, arXiv 2104.01177",
    encode: |_, archs| Ok(Features::zeros(archs.len(), 0)),
};
