//! What training needs besides the architectures: recipe, images, device.

use super::{Bank, DataSet, Device, Streams, Trainer};
use crate::error::Error;
use crate::images::{Splits, read, split};
use crate::network::{Network, Shape};
use crate::space::{Architecture, SearchSpace};
use crate::training::{Cost, Recipe, Unit, network};
use std::path::Path;

/// Read once, shared by all workers.
pub struct Workshop<'a> {
    recipe: &'a Recipe,
    data: DataSet,
    input: Shape,
    classes: usize,
    device: Device,
}

impl<'a> Workshop<'a> {
    /// Reads the recipe's data set (from `folder`, if given) and moves it to the device.
    ///
    /// # Errors
    /// When the data set is missing, damaged or too small, or does not fit the device.
    pub fn open(recipe: &'a Recipe, folder: Option<&Path>, device: Device) -> Result<Self, Error> {
        let data = &recipe.data;
        let published = read(data.source, folder.unwrap_or(Path::new(&data.folder)))?;
        let classes = published.train.classes().max(published.test.classes());
        let sizes = (data.train, data.valid, data.test);
        let splits = split(&published, &data.name, recipe.seed, sizes)?;
        let splits = Splits {
            train: splits.train.resized(data.side)?,
            valid: splits.valid.resized(data.side)?,
            test: splits.test.resized(data.side)?,
        };
        Ok(Self {
            recipe,
            input: Shape {
                channels: splits.train.channels,
                height: data.side,
                width: data.side,
            },
            classes,
            data: DataSet::new(&splits, device)?,
            device,
        })
    }

    /// The network of an architecture at the recipe's scale.
    ///
    /// # Errors
    /// When the space has no networks.
    pub fn network(&self, arch: &Architecture) -> Result<Network, Error> {
        network(self.recipe, arch, self.input, self.classes)
    }

    /// A trainer of these architectures with one seed.
    ///
    /// # Errors
    /// When their networks do not fit the images, or memory runs out.
    pub fn trainer(&self, space: &dyn SearchSpace, unit: &Unit) -> Result<Trainer<'_>, Error> {
        if let Some(arch) = unit.archs.iter().find(|arch| !space.is_valid(arch)) {
            let name = space.display(arch);
            return Err(Error::new(name, "is no network that can be trained"));
        }
        let names: Vec<String> = unit.archs.iter().map(|arch| space.display(arch)).collect();
        let networks: Result<Vec<Network>, Error> =
            unit.archs.iter().map(|arch| self.network(arch)).collect();
        let streams = Streams {
            root: self.recipe.seed,
            seed: unit.seed,
            names: &names,
        };
        let bank = Bank::new(&networks?, &streams, self.device)?;
        let seeds = (self.recipe.seed, unit.seed);
        Trainer::new(bank, &self.data, &self.recipe.training, seeds)
    }

    /// What the network of an architecture costs by itself, on one thread.
    ///
    /// # Errors
    /// When its shapes do not fit, or memory runs out.
    pub fn cost(&self, arch: &Architecture) -> Result<Cost, Error> {
        tch::set_num_threads(1);
        super::cost(&self.network(arch)?, &self.recipe.training, self.device)
    }

    /// Another handle to the same memory: tensors cannot be shared between threads, but handles can be given to each.
    pub(super) fn share(&self) -> Self {
        Self {
            data: self.data.share(),
            ..*self
        }
    }
}
