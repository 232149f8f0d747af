//! What a cell of a bake-off leaves behind: scores or an error, and how long it took.

use super::cell::{FitScores, FitTimes};
use crate::error::Error;
use crate::study::{Record, Summary};
use serde::{Deserialize, Serialize};

/// A fit that was made, or failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitRecord {
    /// What it gave, or why it failed.
    pub outcome: Result<FitScores, String>,
    /// How long it took; 0 where it failed.
    pub times: FitTimes,
}

impl FitRecord {
    pub(super) fn of(fit: Result<(FitScores, FitTimes), Error>) -> Self {
        match fit {
            Ok((scores, times)) => Self {
                outcome: Ok(scores),
                times,
            },
            Err(error) => Self {
                outcome: Err(error.to_string()),
                times: FitTimes::default(),
            },
        }
    }
}

impl Record for FitRecord {
    fn rows(&self) -> u32 {
        1
    }

    fn failed(&self) -> bool {
        self.outcome.is_err()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let bytes = postcard::to_allocvec(self).expect("plain values");
        out.extend_from_slice(&bytes);
    }

    fn decode(_: Summary, bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
