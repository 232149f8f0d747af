//! Encodings: architectures as rows of numbers.
//!
//! An encoding turns architectures into the row-major [`Features`] matrix that predictors read. To add one: a file
//! in this folder and a line in [`ENCODINGS`].

mod extra;
mod features;
mod one_hot;

pub use extra::{ExtraColumn, ExtraFeatures};
pub use features::Features;

use crate::error::Error;
use crate::space::{Architecture, SearchSpace};

/// Every encoding, in the order `archbench list encodings` shows them.
pub const ENCODINGS: &[EncodingEntry] = &[one_hot::ENTRY];

/// An encoding's line in the registry.
#[derive(Debug)]
pub struct EncodingEntry {
    /// Kebab-case name.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Authors, venue, year, arXiv id.
    pub citation: &'static str,
    encode: fn(&dyn SearchSpace, &[Architecture]) -> Result<Features, Error>,
}

impl EncodingEntry {
    /// One row for each architecture. The columns depend on the space alone, never on the architectures, so that
    /// training and query rows fit together.
    ///
    /// # Errors
    /// When an architecture is not of `space`, or the space has no such encoding.
    pub fn encode(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
    ) -> Result<Features, Error> {
        check_members(space, archs)?;
        (self.encode)(space, archs)
    }
}

/// The encoding called `name`.
///
/// # Errors
/// When no encoding of [`ENCODINGS`] has this name.
pub fn named(name: &str) -> Result<&'static EncodingEntry, Error> {
    ENCODINGS
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let known = ENCODINGS.iter().map(|entry| entry.name);
            Error::unknown_name("encoding", "encoding", name, known)
        })
}

/// Whether every architecture has an option of `space` for each of its decisions.
fn check_members(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<(), Error> {
    let decisions = space.decisions();
    for arch in archs {
        let choices = arch.decisions();
        if choices.len() != decisions.len() {
            let problem = format!("{arch:?} has {} decisions", choices.len());
            return Err(Error::new(space.name(), problem)
                .mend(format!("expected the space's {}", decisions.len())));
        }
        for (&choice, decision) in choices.iter().zip(decisions) {
            let options = decision.options.len();
            if usize::from(choice) >= options {
                let problem = format!("{arch:?}: no option {choice} for {}", decision.name);
                return Err(
                    Error::new(space.name(), problem).mend(format!("it has {options} options"))
                );
            }
        }
    }
    Ok(())
}
