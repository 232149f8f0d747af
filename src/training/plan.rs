//! Which trainings a recipe asks for, grouped into banks.

use super::Recipe;
use crate::error::Error;
use crate::network::{Network, Scale, Shape, nb_macro, nb201};
use crate::space::{Architecture, SearchSpace};
use std::sync::Arc;

/// Networks trained together with one seed: what is finished, or lost, as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Training seed.
    pub seed: u32,
    /// The canonical members of the classes trained.
    pub archs: Vec<Architecture>,
}

/// All units of a recipe, in a fixed order.
pub struct Plan {
    /// The search space.
    pub space: Arc<dyn SearchSpace>,
    /// The units; a unit's position is its number.
    pub units: Vec<Unit>,
}

impl Plan {
    /// One training per isomorphism class and seed. Neighbours in the space's order, which do the same on most edges,
    /// share a bank.
    ///
    /// # Errors
    /// When the space is unknown or has no network to train.
    pub fn new(recipe: &Recipe) -> Result<Self, Error> {
        let space = crate::space::open(&recipe.space)?;
        builder(&recipe.space)?;
        let classes: Vec<Architecture> = (0..space.raw_size())
            .map(|index| space.at_index(index))
            .filter(|arch| space.is_valid(arch) && space.canonical(arch) == *arch)
            .collect();
        let seeds = recipe.seeds;
        let mut units = Vec::new();
        for seed in 0..seeds.all.max(seeds.some) {
            let stride = if seed < seeds.all {
                1
            } else {
                seeds.stride as usize
            };
            let chosen: Vec<Architecture> = classes.iter().copied().step_by(stride).collect();
            units.extend(chosen.chunks(recipe.training.networks).map(|archs| Unit {
                seed,
                archs: archs.to_vec(),
            }));
        }
        Ok(Self { space, units })
    }

    /// The number of trainings.
    pub fn trainings(&self) -> usize {
        self.units.iter().map(|unit| unit.archs.len()).sum()
    }
}

/// The network of an architecture of the recipe's space, for images of `input` shape in `classes` classes.
///
/// # Errors
/// When the space has no network.
pub fn network(
    recipe: &Recipe,
    arch: &Architecture,
    input: Shape,
    classes: usize,
) -> Result<Network, Error> {
    let scale = Scale {
        input,
        classes,
        channels: recipe.network.channels,
        cells: recipe.network.cells,
    };
    Ok(builder(&recipe.space)?(arch, &scale))
}

type NetworkBuilder = fn(&Architecture, &Scale) -> Network;

/// Spaces whose architectures can be trained, and their skeletons.
const NETWORKS: &[(&str, NetworkBuilder)] =
    &[("nas-bench-201", nb201), ("nas-bench-macro", nb_macro)];

fn builder(space: &str) -> Result<NetworkBuilder, Error> {
    NETWORKS
        .iter()
        .find(|(name, _)| *name == space)
        .map(|(_, builder)| *builder)
        .ok_or_else(|| {
            let known: Vec<&str> = NETWORKS.iter().map(|(name, _)| *name).collect();
            Error::new("space", format!("`{space}` has no networks to train"))
                .mend(format!("trainable: {}", known.join(", ")))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_class_is_trained_as_often_as_the_recipe_says() {
        let text = include_str!("../../datasets/fmnist-nb201-mini/recipe.toml");
        let recipe = Recipe::parse(text).expect("a recipe");
        let plan = Plan::new(&recipe).expect("a plan");
        let mut times = BTreeMap::new();
        for unit in &plan.units {
            assert!(unit.archs.len() <= recipe.training.networks);
            for arch in &unit.archs {
                times.entry(*arch).or_insert_with(Vec::new).push(unit.seed);
            }
        }
        assert_eq!(times.len(), 6_466);
        let thrice = times.values().filter(|seeds| **seeds == [0, 1, 2]).count();
        assert_eq!(thrice, 647);
        assert_eq!(
            times.values().filter(|seeds| **seeds == [0]).count(),
            6_466 - 647
        );
    }
}
