//! Which trainings a recipe asks for, grouped into banks.

use super::Recipe;
use crate::error::Error;
use crate::network::{
    Cell101, Nb101Operation, Network, Scale, Shape, nats_size, nb_macro, nb101, nb201,
};
use crate::space::{Architecture, Nb101, SearchSpace};
use std::sync::Arc;

/// Networks trained together with one seed: what is finished, or lost, as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Training seed.
    pub seed: u32,
    /// The canonical members of the classes trained.
    pub archs: Vec<Architecture>,
}

/// Spaces beyond this many raw architectures are not trained whole.
const LARGEST: u64 = 1 << 20;

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
    /// When the space is unknown, has no network to train, or is too large to train whole.
    pub fn new(recipe: &Recipe) -> Result<Self, Error> {
        let space = crate::space::open(&recipe.space)?;
        builder(&recipe.space)?;
        if space.raw_size() > LARGEST {
            let problem = format!("{} has more than {LARGEST} architectures", recipe.space);
            return Err(
                Error::new("space", problem).mend("train single ones with `archbench train`")
            );
        }
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
const NETWORKS: &[(&str, NetworkBuilder)] = &[
    ("nas-bench-101", of_module),
    ("nas-bench-201", nb201),
    ("nas-bench-macro", nb_macro),
    ("nats-bench-size", of_channels),
];

/// The decisions are multiples of eight channels, from one.
fn of_channels(arch: &Architecture, scale: &Scale) -> Network {
    let mut channels = [8; 5];
    for (channels, &decision) in channels.iter_mut().zip(arch.decisions()) {
        *channels *= usize::from(decision) + 1;
    }
    nats_size(channels, scale)
}

/// What lies on paths from a module's input to its output, as the paper prunes it.
fn of_module(arch: &Architecture, scale: &Scale) -> Network {
    let graph = Nb101::shared().graph(arch);
    let graph = graph.expect("every module of this space is a graph");
    let inner = &graph.nodes()[1..graph.nodes().len() - 1];
    let operations = inner
        .iter()
        .map(|&label| match graph.labels()[usize::from(label)] {
            "conv1x1-bn-relu" => Nb101Operation::Conv1x1,
            "conv3x3-bn-relu" => Nb101Operation::Conv3x3,
            _ => Nb101Operation::MaxPool3x3,
        });
    let edges = graph.edges().iter();
    let cell = Cell101 {
        edges: edges
            .map(|&(from, to)| (usize::from(from), usize::from(to)))
            .collect(),
        operations: operations.collect(),
    };
    nb101(&cell, scale)
}

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

    /// Parameters of published architectures: see the tests of the networks.
    #[test]
    fn every_trainable_space_builds_its_published_networks() {
        let text = include_str!("../../datasets/fmnist-nb201-mini/recipe.toml");
        let mut recipe = Recipe::parse(text).expect("a recipe");
        let input = Shape {
            channels: 3,
            height: 32,
            width: 32,
        };
        let mut params = |space: &str, channels: usize, cells: usize, arch: Architecture| {
            recipe.space = space.into();
            recipe.network = crate::training::NetworkSize { channels, cells };
            network(&recipe, &arch, input, 10)
                .expect("a network")
                .params()
        };
        let size = Architecture::new(&[0, 0, 4, 3, 4]);
        assert_eq!(params("nats-bench-size", 0, 0, size), 144_834);
        let parse = |space: &str, text: &str| crate::space::open(space)?.parse(text);
        let layers = parse("nas-bench-macro", "22212220").expect("published");
        assert_eq!(params("nas-bench-macro", 32, 0, layers), 1_985_514);
        let module = Nb101::shared()
            .from_published(
                "0111001000010000",
                "input,conv1x1-bn-relu,conv3x3-bn-relu,output",
            )
            .expect("published");
        assert_eq!(params("nas-bench-101", 128, 3, module), 12_962_698);
    }
}
