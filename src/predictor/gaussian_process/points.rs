//! Architectures as the kernel reads them: option codes, and the paths of their graphs as bits.

use crate::encoding::Encoding;
use crate::error::Error;
use crate::predictor::bits::BitRows;
use crate::predictor::product_kernel::Choices;
use crate::space::{Architecture, SearchSpace};
use serde::{Deserialize, Serialize};

/// A training set, in the order of its `choices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Points {
    pub(super) choices: Choices,
    pub(super) paths: Option<BitRows>,
}

impl Points {
    pub(super) fn new(
        space: &dyn SearchSpace,
        archs: &[Architecture],
        with_paths: bool,
    ) -> Result<Self, Error> {
        let choices = Choices::new(archs);
        let arranged: Vec<Architecture> = choices.architectures();
        let paths = Asked::new(space, &arranged, with_paths)?.paths;
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
    pub(super) paths: Option<BitRows>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        space: &dyn SearchSpace,
        archs: &'a [Architecture],
        with_paths: bool,
    ) -> Result<Self, Error> {
        let paths = match with_paths {
            true => BitRows::of(&Encoding::named("path")?.encode(space, archs)?),
            false => None,
        };
        Ok(Self { archs, paths })
    }
}
