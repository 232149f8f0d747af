//! Architectures as the kernel reads them: option codes, and what is compared as sets: the paths of their graphs, how
//! often they have each operation.

use crate::encoding::Paths;
use crate::error::Error;
use crate::predictor::product_kernel::Choices;
use crate::space::{Architecture, SearchSpace};
use serde::{Deserialize, Serialize};

/// A training set, in the order of its `choices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Points {
    pub(super) choices: Choices,
    pub(super) sets: Vec<Sets>,
}

impl Points {
    pub(super) fn new(
        space: &dyn SearchSpace,
        archs: &[Architecture],
        members: &[Members],
    ) -> Result<Self, Error> {
        let choices = Choices::new(archs);
        let ordered = choices.architectures();
        let sets = members.iter().map(|&m| Sets::known(space, &ordered, m));
        Ok(Self {
            sets: sets.collect::<Result<_, Error>>()?,
            choices,
        })
    }

    /// The number of points.
    pub(super) fn len(&self) -> usize {
        self.choices.len()
    }
}

/// Architectures a training set is compared with.
pub(super) struct Asked<'a> {
    pub(super) archs: &'a [Architecture],
    pub(super) sets: Vec<Sets>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        space: &dyn SearchSpace,
        archs: &'a [Architecture],
        points: &Points,
    ) -> Result<Self, Error> {
        let sets = points
            .sets
            .iter()
            .map(|known| Sets::against(space, archs, known.members, &known.bit_of));
        Ok(Self {
            archs,
            sets: sets.collect::<Result<_, Error>>()?,
        })
    }
}

/// What an architecture is the set of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Members {
    /// The paths of its graph.
    Paths,
    /// Each operation's first occurrence, second, and so on, over all decisions with the same options: sets differ by how far
    /// the numbers of occurrences do.
    Occurrences,
}

/// Marks a member that no training architecture has.
const UNKNOWN: u32 = u32::MAX;

/// The sets of architectures: members a training set knows as bits, the others as their number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sets {
    members: Members,
    /// The bit of each member.
    bit_of: Vec<u32>,
    /// Words of an architecture.
    words: usize,
    bits: Vec<u64>,
    unknown: Vec<u32>,
    /// Of any architecture.
    most: u32,
}

impl Sets {
    /// Of a training set, which knows all its members.
    fn known(
        space: &dyn SearchSpace,
        archs: &[Architecture],
        members: Members,
    ) -> Result<Self, Error> {
        let reader = Reader::new(space, members)?;
        let mut bit_of = vec![UNKNOWN; reader.most()];
        let mut bits = 0;
        for arch in archs {
            for member in reader.of_arch(space, arch)? {
                if bit_of[member as usize] == UNKNOWN {
                    bit_of[member as usize] = bits;
                    bits += 1;
                }
            }
        }
        Self::against(space, archs, members, &bit_of)
    }

    fn against(
        space: &dyn SearchSpace,
        archs: &[Architecture],
        members: Members,
        bit_of: &[u32],
    ) -> Result<Self, Error> {
        let reader = Reader::new(space, members)?;
        let known = bit_of.iter().filter(|bit| **bit != UNKNOWN).count();
        let words = known.div_ceil(64).max(1);
        let mut sets = Self {
            members,
            bit_of: bit_of.to_vec(),
            words,
            bits: vec![0; archs.len() * words],
            unknown: vec![0; archs.len()],
            most: 0,
        };
        for (at, arch) in archs.iter().enumerate() {
            let found = reader.of_arch(space, arch)?;
            sets.most = sets.most.max(found.len() as u32);
            for member in found {
                match bit_of[member as usize] {
                    UNKNOWN => sets.unknown[at] += 1,
                    bit => sets.bits[at * words + bit as usize / 64] |= 1 << (bit % 64),
                }
            }
        }
        Ok(sets)
    }

    /// The same for architectures with the same distances.
    pub(super) fn key(&self, at: usize) -> (&[u64], u32) {
        (
            &self.bits[at * self.words..][..self.words],
            self.unknown[at],
        )
    }

    /// No distance to an architecture of `other` is above it.
    pub(super) fn most_distance(&self, other: &Self) -> usize {
        (self.most + other.most) as usize
    }

    /// How many members only one of two sets has; `points` are the training set this one was compared with. Fastest
    /// inside `vectorised!`.
    #[inline(always)]
    pub(super) fn distance(&self, at: usize, points: &Self, point: usize) -> u32 {
        let a = &self.bits[at * self.words..][..self.words];
        let b = &points.bits[point * self.words..][..self.words];
        self.unknown[at]
            + a.iter()
                .zip(b)
                .map(|(a, b)| (a ^ b).count_ones())
                .sum::<u32>()
    }
}

/// What lists the members of architectures of a space.
enum Reader {
    Paths(Paths),
    Occurrences(Occurrences),
}

impl Reader {
    fn new(space: &dyn SearchSpace, members: Members) -> Result<Self, Error> {
        Ok(match members {
            Members::Paths => Self::Paths(Paths::of(space)?),
            Members::Occurrences => Self::Occurrences(Occurrences::of(space)),
        })
    }

    /// All numbers of members are below it.
    fn most(&self) -> usize {
        match self {
            Self::Paths(paths) => paths.columns(),
            Self::Occurrences(occurrences) => occurrences.options * occurrences.first.len(),
        }
    }

    fn of_arch(&self, space: &dyn SearchSpace, arch: &Architecture) -> Result<Vec<u32>, Error> {
        match self {
            Self::Paths(paths) => paths.of_arch(space, arch),
            Self::Occurrences(occurrences) => Ok(occurrences.of_arch(arch)),
        }
    }
}

/// Decisions by which have the same options.
struct Occurrences {
    /// For each decision, what its options are counted from.
    first: Vec<usize>,
    /// Options in all.
    options: usize,
}

impl Occurrences {
    fn of(space: &dyn SearchSpace) -> Self {
        let (firsts, options) = super::kernel::shared_options(space.decisions());
        Self {
            first: firsts,
            options,
        }
    }

    fn of_arch(&self, arch: &Architecture) -> Vec<u32> {
        let mut counts = vec![0; self.options];
        let mut members = Vec::with_capacity(self.first.len());
        for (first, &option) in self.first.iter().zip(arch.decisions()) {
            let at = first + usize::from(option);
            members.push((at * self.first.len() + counts[at]) as u32);
            counts[at] += 1;
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Nb201;

    /// Distances of occurrences are, by definition, Σ over operations of |difference of counts|.
    #[test]
    fn occurrences_differ_by_how_far_counts_do() {
        let space = Nb201::shared();
        let archs: Vec<Architecture> = (0..40).map(|i| space.at_index(i * 389)).collect();
        let points =
            Points::new(&*space, &archs[..20], &[Members::Occurrences]).expect("any space");
        let asked = Asked::new(&*space, &archs[20..], &points).expect("any space");
        let count = |decisions: &[u8], option: u8| {
            decisions.iter().filter(|d| **d == option).count() as i32
        };
        for (at, arch) in archs[20..].iter().enumerate() {
            for point in 0..20 {
                let other = points.choices.point(point);
                let expected: i32 = (0..5)
                    .map(|o| (count(arch.decisions(), o) - count(other, o)).abs())
                    .sum();
                let found = asked.sets[0].distance(at, &points.sets[0], point);
                assert_eq!(found as i32, expected);
            }
        }
    }
}
