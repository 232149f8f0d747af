//! One-hot encoding: a column for each option of each decision, 1 where it is taken.
//!
//! The adjacency one-hot encoding of White, Neiswanger, Nolen and Savani, "A Study on Encodings for Neural
//! Architecture Search", NeurIPS 2020, arXiv 2007.04965, for spaces whose edges are decisions.

use super::{EncodingEntry, Features};
use crate::error::Error;
use crate::space::{Architecture, SearchSpace};

/// Its line in the registry.
pub const ENTRY: EncodingEntry = EncodingEntry {
    name: "one-hot",
    summary: "a column for each option of each decision",
    citation: "White, Neiswanger, Nolen & Savani, NeurIPS 2020, arXiv 2007.04965",
    encode,
};

fn encode(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Features, Error> {
    let mut first = Vec::with_capacity(space.decisions().len());
    let mut columns = 0;
    for decision in space.decisions() {
        first.push(columns as u32);
        columns += decision.options.len();
    }
    let mut ones = Vec::with_capacity(archs.len() * first.len());
    for arch in archs {
        let choices = arch.decisions().iter().zip(&first);
        ones.extend(choices.map(|(&choice, first)| first + u32::from(choice)));
    }
    Ok(Features::of_ones(archs.len(), columns, ones))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::open;

    /// `sklearn.preprocessing.OneHotEncoder(categories=[range(5)]*6).fit_transform([[4, 1, 0, 2, 4, 3]])`
    #[test]
    fn agrees_with_scikit_learn() {
        let space = open("nas-bench-201").expect("registered");
        let arch = Architecture::new(&[4, 1, 0, 2, 4, 3]);
        let features = ENTRY.encode(&*space, &[arch]).expect("of the space");
        let expected = [
            0., 0., 0., 0., 1., 0., 1., 0., 0., 0., 1., 0., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0.,
            0., 0., 1., 0., 0., 0., 1., 0.,
        ];
        assert_eq!(features.values(), expected);
    }

    #[test]
    fn an_architecture_of_another_space_is_refused() {
        let space = open("nas-bench-201").expect("registered");
        for arch in [&[0, 1][..], &[0, 0, 5, 0, 0, 0]] {
            assert!(ENTRY.encode(&*space, &[Architecture::new(arch)]).is_err());
        }
    }
}
