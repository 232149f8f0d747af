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
    /// Measure the latency of each network too.
    #[arg(long)]
    latency: bool,
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
    use crate::network::FlopRule;
    use crate::timing::Stopwatch;
    use crate::torch::{Cancel, Workshop, latency, open};
    use crate::training::{Curve, Recipe, Unit};

    /// Timed passes per batch size.
    const LATENCY_PASSES: usize = 50;

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
            let watch = Stopwatch::start();
            trainer.run(&Cancel::new(false), &mut |trainer| {
                if let Some(path) = &self.checkpoint {
                    trainer.save(path, &fingerprint)?;
                }
                let (done, all) = (trainer.epochs_done(), recipe.training.epochs);
                let elapsed_s = watch.elapsed().as_secs_f64();
                eprintln!("epoch {done}/{all}, {elapsed_s:.1} s");
                Ok(())
            })?;
            for (arch, curve) in unit.archs.iter().zip(trainer.curves()) {
                let network = workshop.network(arch)?;
                let name = space.display(arch);
                let latency = match self.latency {
                    true => Some(latency(&network, LATENCY_PASSES, device)?),
                    false => None,
                };
                let costs = (network.params(), network.flops(FlopRule::Macs)?);
                self.print(&recipe, &name, curve, costs);
                if let Some(latency) = latency {
                    println!(
                        "latency_s {} (1 image), {} (64)",
                        latency.one_s, latency.batch_64_s
                    );
                }
            }
            Ok(())
        }

        fn print(&self, recipe: &Recipe, name: &str, curve: &Curve, (params, flops): (u64, u64)) {
            let rows = curve
                .epochs
                .iter()
                .map(|e| [e.train, e.valid, e.test].map(|t| (t.correct, t.loss_e4)));
            if self.json {
                let json = serde_json::json!({
                    "arch": name,
                    "seed": self.seed,
                    "images": [recipe.data.train, recipe.data.valid, recipe.data.test],
                    "correct_and_loss_e4": rows.collect::<Vec<_>>(),
                    "diverged": curve.diverged,
                    "params": params,
                    "macs": flops,
                });
                println!("{json}");
                return;
            }
            println!("{name}: {params} parameters, {flops} multiply-accumulates");
            let images = [recipe.data.train, recipe.data.valid, recipe.data.test];
            for (epoch, splits) in (1..).zip(rows) {
                let shown = ["train", "valid", "test"].iter().zip(splits).zip(images);
                let shown: Vec<String> = shown
                    .map(|((split, (correct, loss)), images)| {
                        let loss = loss.map_or(f64::NAN, |l| f64::from(l) / 10_000.0);
                        format!(
                            "{split} {:.4} ({loss:.4})",
                            f64::from(correct) / images as f64
                        )
                    })
                    .collect();
                println!("  epoch {epoch}: {}", shown.join(", "));
            }
            if curve.diverged {
                println!("  diverged: the loss is no longer finite");
            }
        }
    }
}
