//! A recipe: everything that decides what a training gives, in one TOML file.

use crate::error::Error;
use crate::images::Source;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How to train the architectures of a space on a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Kebab-case name of the table that comes of it.
    pub name: String,
    /// One line.
    pub title: String,
    /// The search space.
    pub space: String,
    /// Root of every random stream.
    #[serde(default)]
    pub seed: u64,
    /// What to train on.
    pub data: Data,
    /// The size of the networks.
    pub network: NetworkSize,
    /// How to train.
    pub training: Training,
    /// How often to train each architecture.
    #[serde(default)]
    pub seeds: Seeds,
}

/// The images and their splits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Kebab-case name; the task's name in the table.
    pub name: String,
    /// How the files are laid out.
    pub source: Source,
    /// The folder of the files; the command line can name another.
    pub folder: String,
    /// Side of the image the network sees.
    pub side: usize,
    /// Images of the published training part that are trained on.
    pub train: usize,
    /// Further images of the published training part, to validate on.
    pub valid: usize,
    /// Images of the published test part.
    pub test: usize,
}

/// The size of the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSize {
    /// Channels behind the stem.
    pub channels: usize,
    /// Cells per stage, where the space has cells.
    #[serde(default)]
    pub cells: usize,
}

/// Stochastic gradient descent and what goes with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Passes over the training images.
    pub epochs: u32,
    /// Images per step.
    pub batch: usize,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Momentum.
    #[serde(default = "momentum")]
    pub momentum: f64,
    /// Nesterov's form of it.
    #[serde(default = "yes")]
    pub nesterov: bool,
    /// Weight decay, of all parameters.
    #[serde(default)]
    pub weight_decay: f64,
    /// Label smoothing.
    #[serde(default)]
    pub label_smoothing: f64,
    /// How the learning rate falls.
    #[serde(default)]
    pub schedule: Schedule,
    /// Pixels an image may shift in each direction.
    #[serde(default)]
    pub crop: usize,
    /// Whether half of the images are mirrored.
    #[serde(default)]
    pub flip: bool,
    /// Convolutions in bfloat16; meant for GPUs.
    #[serde(default)]
    pub mixed_precision: bool,
    /// Networks that share one step.
    pub networks: usize,
}

/// How the learning rate falls, step by step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// Half a cosine, to zero.
    #[default]
    Cosine,
    /// Times `factor` at the start of each of these epochs (from 0).
    Step {
        /// Epochs at which it falls.
        at: Vec<u32>,
        /// By how much.
        factor: f64,
    },
}

/// How often each architecture is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// Seeds of every architecture.
    pub all: u32,
    /// Seeds of every `stride`-th architecture, in the space's order.
    #[serde(default)]
    pub some: u32,
    /// See `some`.
    #[serde(default = "ten")]
    pub stride: u32,
}

impl Default for Seeds {
    fn default() -> Self {
        Self {
            all: 1,
            some: 1,
            stride: 10,
        }
    }
}

fn momentum() -> f64 {
    0.9
}

fn yes() -> bool {
    true
}

fn ten() -> u32 {
    10
}

impl Recipe {
    /// Reads and checks a recipe.
    ///
    /// # Errors
    /// When the file cannot be read or asks for what cannot be done.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::new(path.display(), format!("cannot read the recipe: {e}")))?;
        Self::parse(&text).map_err(|e| e.within(path.display()))
    }

    /// Reads and checks a recipe's text.
    ///
    /// # Errors
    /// When it is not a recipe or asks for what cannot be done.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let recipe: Self = toml::from_str(text).map_err(|e| Error::new("recipe", e.message()))?;
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe as bytes: what a shard's hash is over.
    pub fn fingerprint(&self) -> String {
        serde_json::to_string(self).expect("a recipe has no keys but texts")
    }

    /// What is far beyond any network of these spaces is a slip, and would only run out of memory.
    fn check_sizes(&self) -> Result<(), Error> {
        const ANY: usize = usize::MAX;
        let sizes = [
            ("data.side", self.data.side, 1..=1024),
            ("data.train", self.data.train, 1..=ANY),
            ("data.valid", self.data.valid, 1..=ANY),
            ("data.test", self.data.test, 1..=ANY),
            ("network.channels", self.network.channels, 1..=4096),
            ("network.cells", self.network.cells, 0..=256),
            (
                "training.epochs",
                self.training.epochs as usize,
                1..=100_000,
            ),
            ("training.batch", self.training.batch, 1..=1_000_000),
            ("training.networks", self.training.networks, 1..=4096),
            ("seeds.all", self.seeds.all as usize, 1..=ANY),
            ("seeds.stride", self.seeds.stride as usize, 1..=ANY),
        ];
        let Some((key, value, range)) = sizes.iter().find(|(_, v, range)| !range.contains(v))
        else {
            return Ok(());
        };
        let expected = match *range.end() {
            ANY => format!("at least {}", range.start()),
            most => format!("{} to {most}", range.start()),
        };
        let problem = format!("expected {expected}, found {value}");
        Err(Error::new(*key, problem))
    }

    fn check(&self) -> Result<(), Error> {
        self.check_sizes()?;
        let training = &self.training;
        let fractions = [
            ("training.momentum", training.momentum),
            ("training.label_smoothing", training.label_smoothing),
        ];
        for (key, value) in fractions {
            if !(0.0..1.0).contains(&value) {
                return Err(Error::new(
                    key,
                    format!("expected 0 to below 1, found {value}"),
                ));
            }
        }
        let rate = training.learning_rate;
        if !(rate.is_finite() && rate > 0.0) {
            let problem = format!("expected a positive number, found {rate}");
            return Err(Error::new("training.learning_rate", problem));
        }
        if !(training.weight_decay.is_finite() && training.weight_decay >= 0.0) {
            let problem = format!("expected 0 or more, found {}", training.weight_decay);
            return Err(Error::new("training.weight_decay", problem));
        }
        crate::space::open(&self.space).map_err(|e| e.within("space"))?;
        Ok(())
    }
}

impl Training {
    /// The learning rate of step `step` of `steps_per_epoch · epochs`.
    pub fn rate(&self, step: u64, steps_per_epoch: u64) -> f64 {
        match &self.schedule {
            Schedule::Cosine => {
                let total = steps_per_epoch * u64::from(self.epochs);
                let done = step as f64 / total as f64;
                0.5 * self.learning_rate * (1.0 + (std::f64::consts::PI * done).cos())
            }
            Schedule::Step { at, factor } => {
                let epoch = (step / steps_per_epoch) as u32;
                let falls = at.iter().filter(|&&fall| epoch >= fall).count();
                self.learning_rate * factor.powi(falls as i32)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = include_str!("../../datasets/fmnist-nb201-mini/recipe.toml");

    #[test]
    fn the_shipped_recipe_reads() {
        let recipe = Recipe::parse(RECIPE).expect("a recipe");
        assert_eq!(recipe.space, "nas-bench-201");
    }

    #[test]
    fn mistakes_are_named() {
        let broken = |from: &str, to: &str| {
            let text = RECIPE.replacen(from, to, 1);
            assert_ne!(text, RECIPE, "{from}");
            Recipe::parse(&text).expect_err(to).to_string()
        };
        let none = broken("batch = 64", "batch = 0");
        assert!(
            none.contains("training.batch: expected 1 to 1000000, found 0"),
            "{none}"
        );
        let many = broken("channels = 4", "channels = 400000");
        assert!(
            many.contains("network.channels: expected 1 to 4096"),
            "{many}"
        );
        assert!(broken("nas-bench-201", "nas-bench-021").contains("did you mean"));
        assert!(broken("side", "sides").contains("sides"));
    }

    /// ```python
    /// p = torch.nn.Parameter(torch.zeros(1)); o = torch.optim.SGD([p], lr=0.1)
    /// s = torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=40)
    /// for _ in range(30): o.step(); s.step()
    /// print(o.param_groups[0]['lr'])   # 0.014644660940672618
    /// ```
    #[test]
    fn schedules_are_pytorchs() {
        let mut recipe = Recipe::parse(RECIPE).expect("a recipe");
        recipe.training.epochs = 4;
        recipe.training.learning_rate = 0.1;
        assert!((recipe.training.rate(30, 10) - 0.014_644_660_940_672_618).abs() < 1e-12);
        recipe.training.schedule = Schedule::Step {
            at: vec![1, 3],
            factor: 0.1,
        };
        assert!((recipe.training.rate(29, 10) - 0.01).abs() < 1e-12);
        assert!((recipe.training.rate(30, 10) - 0.001).abs() < 1e-12);
    }
}
