//! `archbench train`.

use super::Failure;
use clap::Args;
use std::path::PathBuf;

/// `archbench train`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "torch"),
    allow(dead_code, reason = "parsed, then refused")
)]
pub(super) struct Train {
    /// The recipe.
    recipe: PathBuf,
    /// The architectures, as their paper writes them; they are trained together.
    #[arg(required = true)]
    archs: Vec<String>,
    /// The training seed.
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    #[arg(long, default_value = "auto")]
    device: String,
    /// The folder of the data set, instead of the recipe's.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Keep the training here after each epoch, and go on from it if it is there.
    #[arg(long)]
    checkpoint: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Measure the latency of each network and its training step too.
    #[arg(long)]
    latency: bool,
    /// Show no progress.
    #[arg(long)]
    quiet: bool,
}

#[cfg(not(feature = "torch"))]
impl Train {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        Err(super::torch_missing::torch_missing("train"))
    }
}

#[cfg(feature = "torch")]
mod with_torch {
    use super::{Failure, Train};
    use crate::cli::progress::Progress;
    use crate::network::FlopRule;
    use crate::torch::{Cancel, Workshop, open};
    use crate::training::{Cost, Curve, Recipe, Unit};

    impl Train {
        pub(in super::super) fn execute(&self) -> Result<(), Failure> {
            let recipe = Recipe::read(&self.recipe)?;
            let space = crate::space::open(&recipe.space)?;
            let device = open(&self.device)?;
            let workshop = Workshop::open(&recipe, self.data.as_deref(), device)?;
            let archs: Result<Vec<_>, _> = self.archs.iter().map(|a| space.parse(a)).collect();
            let unit = Unit {
                seed: self.seed,
                archs: archs?.iter().map(|arch| space.canonical(arch)).collect(),
            };
            let mut trainer = workshop.trainer(space.as_ref(), &unit)?;
            let fingerprint = format!("{} {:?}", recipe.fingerprint(), unit);
            if let Some(path) = self.checkpoint.as_ref().filter(|path| path.is_file()) {
                trainer.load(path, &fingerprint)?;
            }
            let mut progress = Progress::new("epochs", self.quiet);
            let all = u64::from(recipe.training.epochs);
            progress.show(u64::from(trainer.epochs_done()), all);
            trainer.run(&Cancel::new(false), &mut |trainer| {
                if let Some(path) = &self.checkpoint {
                    trainer.save(path, &fingerprint)?;
                }
                progress.show(u64::from(trainer.epochs_done()), all);
                Ok(())
            })?;
            progress.finish();
            for (arch, curve) in unit.archs.iter().zip(trainer.curves()) {
                let network = workshop.network(arch)?;
                let sizes = (network.params(), network.flops(FlopRule::Macs)?);
                let cost = match self.latency {
                    true => Some(workshop.cost(arch)?),
                    false => None,
                };
                let name = space.display(arch);
                match self.json {
                    true => println!("{}", self.json(&recipe, &name, curve, sizes, cost)),
                    false => print(&recipe, &name, curve, sizes, cost),
                }
            }
            Ok(())
        }

        fn json(
            &self,
            recipe: &Recipe,
            name: &str,
            curve: &Curve,
            (params, macs): (u64, u64),
            cost: Option<Cost>,
        ) -> serde_json::Value {
            let mut json = serde_json::json!({
                "arch": name,
                "seed": self.seed,
                "images": [recipe.data.train, recipe.data.valid, recipe.data.test],
                "correct_and_loss_e4": rows(curve),
                "diverged": curve.diverged,
                "params": params,
                "macs": macs,
            });
            if let Some(cost) = cost {
                json["latency_us"] = serde_json::json!([cost.one_us, cost.batch_64_us]);
                json["step_us"] = cost.step_us.into();
            }
            json
        }
    }

    /// Per epoch, the correct answers and the loss of each split.
    fn rows(curve: &Curve) -> Vec<[(u32, Option<u32>); 3]> {
        let epochs = curve.epochs.iter();
        epochs
            .map(|e| [e.train, e.valid, e.test].map(|t| (t.correct, t.loss_e4)))
            .collect()
    }

    fn print(
        recipe: &Recipe,
        name: &str,
        curve: &Curve,
        (params, macs): (u64, u64),
        cost: Option<Cost>,
    ) {
        println!("{name}: {params} parameters, {macs} multiply-accumulates");
        let images = [recipe.data.train, recipe.data.valid, recipe.data.test];
        for (epoch, splits) in (1..).zip(rows(curve)) {
            let shown = ["train", "valid", "test"].iter().zip(splits).zip(images);
            let shown: Vec<String> = shown
                .map(|((split, (correct, loss)), images)| {
                    let loss = loss.map_or(f64::NAN, |l| f64::from(l) / 10_000.0);
                    let accuracy = f64::from(correct) / images as f64;
                    format!("{split} {accuracy:.4} ({loss:.4})")
                })
                .collect();
            println!("  epoch {epoch}: {}", shown.join(", "));
        }
        if curve.diverged {
            println!("  diverged: the loss is no longer finite");
        }
        if let Some(cost) = cost {
            println!(
                "  {} µs for one image, {} µs for 64, {} µs for a training step",
                cost.one_us, cost.batch_64_us, cost.step_us
            );
        }
    }
}
