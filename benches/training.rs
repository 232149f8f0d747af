//! Networks trained in a bank against the same networks one at a time, in one run, on one thread of the processor or on
//! a CUDA device: `cargo bench --features torch --bench training -- cpu`.

// A bench may read the clock.
#![allow(clippy::disallowed_methods)]

use archbench::space::Architecture;
use archbench::torch::{Workshop, describe, open};
use archbench::training::{Plan, Recipe, Unit};
use std::path::Path;
use std::time::Instant;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fashion-mnist");
/// Where in the order of cells the banks begin.
const PLACES: [usize; 3] = [800, 3200, 5600];
const ROUNDS: usize = 2;

fn main() {
    let named = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let device = open(named.as_deref().unwrap_or("auto")).expect("a device");
    println!("{}", describe(device));
    let text = include_str!("../datasets/fmnist-nb201-mini/recipe.toml");
    let mut recipe = Recipe::parse(text).expect("shipped");
    let data = &mut recipe.data;
    (data.train, data.valid, data.test) = (256, 64, 64);
    recipe.training.epochs = 4;
    let images = 256 * 4;
    let plan = Plan::new(&recipe).expect("a plan");
    let shop = Workshop::open(&recipe, Some(Path::new(SAMPLE)), device).expect("the sample");
    let all: Vec<Architecture> = (plan.units.iter().filter(|unit| unit.seed == 0))
        .flat_map(|unit| unit.archs.clone())
        .collect();
    let seconds = |archs: &[Architecture], bank: usize| {
        let units: Vec<Unit> = archs
            .chunks(bank)
            .map(|archs| Unit {
                seed: 0,
                archs: archs.to_vec(),
            })
            .collect();
        let numbered: Vec<(u32, &Unit)> = (0..).zip(&units).collect();
        let start = Instant::now();
        shop.train(plan.space.as_ref(), &numbered, 1, &mut |_, _| Ok(()))
            .expect("trained");
        start.elapsed().as_secs_f64() / archs.len() as f64
    };
    let sizes: &[usize] = match device.is_cuda() {
        true => &[8, 64, 256],
        false => &[8],
    };
    for &size in sizes {
        let (mut alone, mut together) = (0.0, 0.0);
        for place in PLACES.repeat(ROUNDS) {
            // One at a time takes long where the device is far from full: eight tell enough.
            alone += seconds(&all[place..place + 8], 1);
            together += seconds(&all[place..place + size], size);
        }
        let runs = (PLACES.len() * ROUNDS) as f64;
        let shown = |seconds: f64| {
            let rate = runs / seconds;
            format!(
                "{:.0} networks/h, {:.0} images/s",
                3600.0 * rate,
                images as f64 * rate
            )
        };
        println!("one at a time: {}", shown(alone));
        println!(
            "banks of {size}: {}; {:.1} times",
            shown(together),
            alone / together
        );
    }
}
