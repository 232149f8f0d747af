//! `archbench proxy`: scores of an architecture that need no training.

use super::Failure;
use crate::network::FlopRule;
use crate::network::Shape;
use crate::training::{Recipe, network};
use clap::Args;
use std::path::PathBuf;

/// `archbench proxy`.
#[derive(Debug, Args)]
pub(super) struct Proxy {
    /// The recipe, for the space and the size of the networks.
    recipe: PathBuf,
    /// The architectures, as their paper writes them.
    #[arg(required = true)]
    archs: Vec<String>,
    /// Channels of an image.
    #[arg(long, default_value_t = 1)]
    channels: usize,
    /// Classes.
    #[arg(long, default_value_t = 10)]
    classes: usize,
}

impl Proxy {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let recipe = Recipe::read(&self.recipe)?;
        let space = crate::space::open(&recipe.space)?;
        let input = Shape {
            channels: self.channels,
            height: recipe.data.side,
            width: recipe.data.side,
        };
        for arch in &self.archs {
            let network = network(&recipe, &space.parse(arch)?, input, self.classes)?;
            let macs = network.flops(FlopRule::Macs)?;
            println!("{arch}: params {}, macs {macs}", network.params());
        }
        Ok(())
    }
}
