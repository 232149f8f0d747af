//! Encodings: architectures as rows of numbers.
//!
//! An encoding turns architectures into the row-major [`Features`] matrix that predictors read. To add one: a file
//! in this folder and a line in [`ENCODINGS`].

mod adjacency;
mod categorical;
mod extra;
mod features;
mod graph;
mod none;
mod one_hot;
mod path;
mod weisfeiler_lehman;

pub use extra::{ExtraColumn, ExtraFeatures};
pub use features::Features;
pub(crate) use path::Paths;

use crate::error::Error;
use crate::space::{Architecture, Graph, SearchSpace};

/// Every encoding, in the order `archbench list encodings` shows them.
pub const ENCODINGS: &[EncodingEntry] = &[
    one_hot::ENTRY,
    adjacency::ENTRY,
    categorical::ENTRY,
    path::ENTRY,
    graph::ENTRY,
    weisfeiler_lehman::ENTRY,
    none::ENTRY,
];

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

/// One encoding, or several side by side.
#[derive(Debug, Clone)]
pub struct Encoding {
    parts: Vec<&'static EncodingEntry>,
}

impl Encoding {
    /// The encoding called `name`, or those joined by `+`, such as `one-hot+path`.
    ///
    /// # Errors
    /// When no encoding of [`ENCODINGS`] has a name.
    pub fn named(name: &str) -> Result<Self, Error> {
        let parts = name.split('+').map(|part| {
            let part = part.trim();
            let found = ENCODINGS.iter().find(|entry| entry.name == part);
            found.ok_or_else(|| {
                let known = ENCODINGS.iter().map(|entry| entry.name);
                Error::unknown_name("encoding", "encoding", part, known)
            })
        });
        Ok(Self {
            parts: parts.collect::<Result<_, _>>()?,
        })
    }

    /// Its name, as [`Encoding::named`] reads it.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.parts.iter().map(|part| part.name).collect();
        names.join("+")
    }

    /// One row for each architecture, the columns of the parts side by side.
    ///
    /// # Errors
    /// As [`EncodingEntry::encode`].
    pub fn encode(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
    ) -> Result<Features, Error> {
        let mut parts = self.parts.iter();
        let mut features = match parts.next() {
            Some(first) => first.encode(space, archs)?,
            None => Features::zeros(archs.len(), 0),
        };
        for part in parts {
            features = features.beside(&part.encode(space, archs)?)?;
        }
        Ok(features)
    }
}

/// The graph of an architecture.
fn graph_of(space: &dyn SearchSpace, arch: &Architecture) -> Result<Graph, Error> {
    space.graph(arch).ok_or_else(|| {
        Error::new(space.name(), "its architectures have no graph")
            .mend("use encoding = \"one-hot\"")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_join_side_by_side() {
        let space = crate::space::open("nas-bench-201").expect("registered");
        let archs = [space.at_index(7), space.at_index(12_345)];
        let encode = |name: &str| {
            let encoding = Encoding::named(name).expect("registered");
            assert_eq!(encoding.name(), name);
            encoding.encode(&*space, &archs).expect("of the space")
        };
        let (both, one_hot) = (encode("one-hot+path"), encode("one-hot"));
        assert_eq!(both, one_hot.beside(&encode("path")).expect("two rows"));
        let error = Encoding::named("one-hot+pth")
            .map(|e| e.name())
            .expect_err("not registered");
        assert!(
            error.to_string().ends_with("did you mean `path`?"),
            "{error}"
        );
    }

    #[test]
    fn every_encoding_is_of_fixed_width_and_tells_of_wrong_architectures() {
        for entry in ENCODINGS {
            assert!(!entry.summary.is_empty() && !entry.citation.is_empty());
            for space in ["nas-bench-201", "nas-bench-graph", "nas-bench-macro"] {
                let space = crate::space::open(space).expect("registered");
                let archs: Vec<Architecture> = (0..40)
                    .map(|i| space.at_index(i * 97 % space.raw_size()))
                    .collect();
                let all = entry.encode(&*space, &archs).expect("has graphs");
                let none = entry.encode(&*space, &[]).expect("no architecture is fine");
                assert_eq!((all.rows(), none.rows()), (40, 0));
                assert_eq!(all.columns(), none.columns());
                let one = entry.encode(&*space, &archs[39..]).expect("has graphs");
                assert_eq!(one.row(0), all.row(39), "{}", entry.name);
                assert!(entry.encode(&*space, &[Architecture::new(&[0])]).is_err());
            }
        }
    }
}
