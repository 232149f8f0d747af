//! Architectures as the kernel reads them: option codes, and the paths of their graphs as bits.

use crate::encoding::Paths;
use crate::error::Error;
use crate::predictor::product_kernel::Choices;
use crate::space::{Architecture, SearchSpace};
use serde::{Deserialize, Serialize};

/// A training set, in the order of its `choices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Points {
    pub(super) choices: Choices,
    pub(super) paths: Option<PathSets>,
}

impl Points {
    pub(super) fn new(
        space: &dyn SearchSpace,
        archs: &[Architecture],
        with_paths: bool,
    ) -> Result<Self, Error> {
        let choices = Choices::new(archs);
        let paths = match with_paths {
            true => Some(PathSets::known(space, &choices.architectures())?),
            false => None,
        };
        Ok(Self { choices, paths })
    }

    /// The number of points.
    pub(super) fn len(&self) -> usize {
        self.choices.len()
    }
}

/// Architectures a training set is compared with.
pub(super) struct Asked<'a> {
    pub(super) archs: &'a [Architecture],
    pub(super) paths: Option<PathSets>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        space: &dyn SearchSpace,
        archs: &'a [Architecture],
        points: &Points,
    ) -> Result<Self, Error> {
        let known = points.paths.as_ref();
        let paths = known.map(|known| PathSets::against(space, archs, &known.bit_of));
        Ok(Self {
            archs,
            paths: paths.transpose()?,
        })
    }
}

/// Marks a path that no training architecture has.
const UNKNOWN: u32 = u32::MAX;

/// The paths of architectures: those a training set knows as bits, the others as their number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PathSets {
    /// The bit of each path.
    bit_of: Vec<u32>,
    /// Words of an architecture.
    words: usize,
    bits: Vec<u64>,
    unknown: Vec<u32>,
    /// Of any architecture.
    most: u32,
}

impl PathSets {
    /// Of a training set, which knows all its paths.
    fn known(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Self, Error> {
        let paths = Paths::of(space)?;
        let mut bit_of = vec![UNKNOWN; paths.columns()];
        let mut bits = 0;
        for arch in archs {
            for path in paths.of_arch(space, arch)? {
                if bit_of[path as usize] == UNKNOWN {
                    bit_of[path as usize] = bits;
                    bits += 1;
                }
            }
        }
        Self::against(space, archs, &bit_of)
    }

    fn against(
        space: &dyn SearchSpace,
        archs: &[Architecture],
        bit_of: &[u32],
    ) -> Result<Self, Error> {
        let paths = Paths::of(space)?;
        let known = bit_of.iter().filter(|bit| **bit != UNKNOWN).count();
        let words = known.div_ceil(64).max(1);
        let mut sets = Self {
            bit_of: bit_of.to_vec(),
            words,
            bits: vec![0; archs.len() * words],
            unknown: vec![0; archs.len()],
            most: 0,
        };
        for (at, arch) in archs.iter().enumerate() {
            let found = paths.of_arch(space, arch)?;
            sets.most = sets.most.max(found.len() as u32);
            for path in found {
                match bit_of[path as usize] {
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

    /// How many paths only one of two architectures has; `points` are the training set this one was compared with. Fastest
    /// inside `vectorised`.
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
