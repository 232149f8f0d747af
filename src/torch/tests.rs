//! Banks against an independent PyTorch model, against themselves one by one, and across interruptions.

use super::Workshop;
use super::bank::Bank;
use super::forward::Mode;
use super::trainer::{Cancel, Ended};
use super::weights::Streams;
use crate::error::Error;
use crate::network::{
    Cell101, FlopRule, Nb101Operation, Network, Scale, Shape, nb_macro, nb101, nb201,
};
use crate::space::Architecture;
use crate::study::Shard;
use crate::training::{Plan, Recipe, ShardFile, Unit, gather};
use std::path::Path;
use std::sync::atomic::Ordering;
use tch::{Device, Kind, Reduction, Tensor, no_grad};

const SCALE: Scale = Scale {
    input: Shape {
        channels: 1,
        height: 8,
        width: 8,
    },
    classes: 10,
    channels: 4,
    cells: 1,
};

fn bank(networks: &[Network]) -> Bank {
    let names: Vec<String> = (0..networks.len()).map(|i| i.to_string()).collect();
    let streams = Streams {
        root: 1,
        seed: 0,
        names: &names,
    };
    Bank::new(networks, &streams, Device::Cpu).expect("a bank")
}

/// `size` values of `wave(factor · i)`.
fn wave(size: &[i64], factor: f64, wave: fn(f64) -> f64) -> Tensor {
    let values: Vec<f32> = (0..size.iter().product())
        .map(|i: i64| wave(i as f64 * factor) as f32)
        .collect();
    Tensor::from_slice(&values).view(size)
}

fn loss(scores: &Tensor, labels: &[i64]) -> Tensor {
    let none: Option<&Tensor> = None;
    let labels = Tensor::from_slice(labels);
    scores.cross_entropy_loss(&labels, none, Reduction::Mean, -100, 0.1)
}

/// The scores, loss and gradient norms of cell [3, 4, 2, 1, 3, 2] with parameters 0.3 sin(0.7 i), as PyTorch 2.11.0 gives
/// them for a model written anew from the paper, in Python:
/// ```python
/// def w(*s): n = math.prod(s); v = torch.sin(torch.arange(k, k + n, dtype=torch.float64) * 0.7).float() * 0.3; …
/// bn = lambda x: F.batch_norm(x, None, None, w(c), w(c), True, 0.1, 1e-5)
/// rcb = lambda x, i, o, k, s=1: bn(F.conv2d(F.relu(x), w(o, i, k, k), None, s, k // 2))
/// # cell: nodes as sums over earlier nodes; reduction: rcb(3, 2), rcb(3) + conv2d(avg_pool2d(x, 2, 2), w(2 * c, c, 1, 1))
/// x = torch.cos(torch.arange(192, dtype=torch.float64) * 0.37).float().reshape(3, 1, 8, 8)
/// s = F.relu(bn(h)).mean((2, 3)) @ w(16, 10) + w(10)
/// l = F.cross_entropy(s, torch.tensor([1, 7, 4]), label_smoothing=0.1)
/// print(s[0], l, [g.norm() for g in torch.autograd.grad(l, P)])
/// ```
#[test]
fn scores_and_gradients_are_pytorchs() {
    let network = nb201(&Architecture::new(&[3, 4, 2, 1, 3, 2]), &SCALE);
    let mut bank = bank(&[network]);
    assert_eq!((bank.flat.numel(), bank.parameters.len()), (11_766, 57));
    no_grad(|| bank.flat.copy_(&(wave(&[11_766], 0.7, f64::sin) * 0.3)));
    let images = wave(&[3, 1, 8, 8], 0.37, f64::cos);
    let scores = bank.forward(&images, Mode::Train).expect("scores").get(0);
    let expected = [
        -0.136137, 0.08289, 0.262932, 0.319313, 0.225516, 0.025656, -0.186271, -0.310592,
        -0.288836, -0.131236,
    ];
    let first = Vec::<f32>::try_from(&scores.get(0)).expect("values");
    for (found, expected) in first.into_iter().zip(expected) {
        assert!(
            (f64::from(found) - expected).abs() < 2e-5,
            "{found} {expected}"
        );
    }
    let loss = loss(&scores, &[1, 7, 4]);
    assert!((loss.double_value(&[]) - 2.316_826_58).abs() < 1e-5);
    let norms = [
        0.08695, 0.077681, 0.104543, 0.062872, 0.371623, 0.169756, 0.053232, 0.084397, 0.022267,
        0.083986, 0.08063, 0.098813, 0.214107, 0.044368, 0.098813, 0.040675, 0.076388, 0.060554,
        0.064764, 0.102192, 0.096826, 0.070336, 0.047976, 0.067111, 0.051069, 0.019578, 0.02191,
        0.033607, 0.033014, 0.053476, 0.017567, 0.121705, 0.144378, 0.017567, 0.017394, 0.014402,
        0.016719, 0.029562, 0.105654, 0.053631, 0.102882, 0.035671, 0.132624, 0.055037, 0.060157,
        0.05635, 0.028804, 0.015101, 0.050053, 0.0, 0.067259, 0.126748, 0.0, 0.128233, 0.140193,
        0.316795, 0.438268,
    ];
    let gradients = Tensor::run_backward(&[&loss], &bank.parameters, false, false);
    for (at, (gradient, expected)) in gradients.iter().zip(norms).enumerate() {
        let found = gradient.norm().double_value(&[]);
        assert!(
            (found - expected).abs() < 5e-5,
            "parameter {at}: {found} {expected}"
        );
    }
}

/// Cells that share little: every operation meets every other on some edge, one is blocked, one has dead edges.
fn cells() -> Vec<Network> {
    [
        [3, 4, 2, 1, 3, 2],
        [0, 1, 2, 3, 4, 0],
        [0, 0, 0, 0, 0, 0],
        [3, 3, 0, 3, 0, 0],
        [3, 4, 2, 1, 3, 2],
        [4, 4, 4, 4, 4, 4],
    ]
    .map(|cell| nb201(&Architecture::new(&cell), &SCALE))
    .to_vec()
}

/// Each network's scores, alone and in the bank, before and after steps of training.
fn assert_bank_equals_each_alone(networks: &[Network]) {
    let input = networks[0].input;
    let side = input.height as i64;
    let images = wave(&[6, input.channels as i64, side, side], 0.37, f64::cos);
    let labels = [1, 7, 4, 0, 2, 9];
    let train = |bank: &mut Bank| {
        let mut sgd = super::sgd::Sgd::new(bank, 0.9, true, 5e-4).expect("fits");
        let mut seen = Vec::new();
        for _ in 0..3 {
            let scores = bank.forward(&images, Mode::Train).expect("scores");
            seen.push(scores.detach());
            let parts: Vec<Tensor> = (0..bank.networks as i64)
                .map(|n| loss(&scores.get(n), &labels))
                .collect();
            let total = Tensor::stack(&parts, 0).sum(Kind::Float);
            sgd.step(bank, &total, 0.05).expect("a step");
        }
        seen.push(no_grad(|| {
            bank.forward(&images, Mode::Evaluate).expect("scores")
        }));
        seen
    };
    let together = train(&mut bank(networks));
    for (at, network) in networks.iter().enumerate() {
        let name = [at.to_string()];
        let streams = Streams {
            root: 1,
            seed: 0,
            names: &name,
        };
        let mut single =
            Bank::new(std::slice::from_ref(network), &streams, Device::Cpu).expect("a bank");
        for (step, alone) in train(&mut single).into_iter().enumerate() {
            let difference = (together[step].get(at as i64) - alone.get(0)).abs().max();
            let difference = difference.double_value(&[]);
            assert!(difference < 2e-3, "network {at}, step {step}: {difference}");
        }
    }
}

#[test]
fn a_bank_of_cells_equals_each_alone() {
    assert_bank_equals_each_alone(&cells());
}

#[test]
fn a_bank_of_macro_networks_equals_each_alone() {
    let scale = Scale {
        input: Shape {
            channels: 3,
            height: 16,
            width: 16,
        },
        ..SCALE
    };
    let network = |blocks: [u8; 8]| nb_macro(&Architecture::new(&blocks), &scale);
    assert_bank_equals_each_alone(&[
        network([2, 2, 2, 1, 2, 2, 2, 0]),
        network([0, 0, 1, 1, 0, 0, 2, 1]),
        network([1, 0, 0, 2, 1, 0, 0, 0]),
    ]);
}

/// Channels cut, outputs joined and a projection beside them.
#[test]
fn a_bank_of_modules_equals_each_alone() {
    use Nb101Operation::{Conv1x1, Conv3x3, MaxPool3x3};
    let network = |operations: [Nb101Operation; 3]| {
        let edges = vec![(0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (3, 4), (0, 4)];
        let operations = operations.to_vec();
        let scale = Scale {
            channels: 5,
            ..SCALE
        };
        nb101(&Cell101 { edges, operations }, &scale)
    };
    assert_bank_equals_each_alone(&[
        network([Conv3x3, MaxPool3x3, Conv1x1]),
        network([Conv1x1, Conv3x3, MaxPool3x3]),
    ]);
}

#[test]
fn different_skeletons_do_not_share_a_bank() {
    let other = nb_macro(&Architecture::new(&[1; 8]), &SCALE);
    let mut networks = cells();
    networks.push(other);
    let names: Vec<String> = (0..networks.len()).map(|i| i.to_string()).collect();
    let streams = Streams {
        root: 1,
        seed: 0,
        names: &names,
    };
    assert!(Bank::new(&networks, &streams, Device::Cpu).is_err());
}

/// bfloat16 has eight bits of precision: scores agree to some percent of their range.
#[test]
fn mixed_precision_stays_near() {
    let mut bank = bank(&cells());
    let images = wave(&[6, 1, 8, 8], 0.37, f64::cos);
    let scores = |bank: &Bank| no_grad(|| bank.forward(&images, Mode::Train).expect("scores"));
    let full = scores(&bank);
    bank.set_mixed_precision(true);
    let difference = (scores(&bank) - &full).abs().max().double_value(&[]);
    assert!(difference > 0.0 && difference < 0.15, "{difference}");
}

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fashion-mnist");

/// A few epochs on the sample.
fn recipe() -> Recipe {
    let text = include_str!("../../datasets/fmnist-nb201-mini/recipe.toml");
    let mut recipe = Recipe::parse(text).expect("a recipe");
    let data = &mut recipe.data;
    (data.train, data.valid, data.test, data.side) = (200, 100, 100, 16);
    recipe.training.epochs = 3;
    recipe.training.batch = 32;
    recipe.training.crop = 2;
    recipe.training.flip = true;
    recipe
}

fn unit() -> Unit {
    Unit {
        seed: 3,
        archs: vec![
            Architecture::new(&[3, 1, 2, 1, 3, 2]),
            Architecture::new(&[1, 1, 2, 4, 3, 0]),
        ],
    }
}

#[test]
fn networks_learn_and_a_resumed_training_gives_the_same_bits() {
    let recipe = recipe();
    let plan = Plan::new(&recipe).expect("a plan");
    let space = plan.space.as_ref();
    let shop = Workshop::open(&recipe, Some(Path::new(SAMPLE)), Device::Cpu).expect("opens");
    let folder = tempfile::tempdir().expect("temporary folder");
    let checkpoint = folder.path().join("c");
    let go_on = Cancel::new(false);

    let mut through = shop.trainer(space, &unit()).expect("a trainer");
    assert_eq!(through.run(&go_on, &mut |_| Ok(())), Ok(Ended::Finished));

    // Cancelled in the second epoch's first batch: it stands at the end of the first.
    let mut cut = shop.trainer(space, &unit()).expect("a trainer");
    let stop = Cancel::new(false);
    let ended = cut.run(&stop, &mut |trainer| {
        trainer.save(&checkpoint, "this")?;
        stop.store(true, Ordering::Relaxed);
        Ok(())
    });
    assert_eq!(ended, Ok(Ended::Cancelled));
    assert_eq!(cut.epochs_done(), 1);
    assert_eq!(cut.curves()[0].epochs.len(), 1);

    let mut resumed = shop.trainer(space, &unit()).expect("a trainer");
    assert!(resumed.load(&checkpoint, "other").is_err());
    resumed.load(&checkpoint, "this").expect("loads");
    assert_eq!(resumed.epochs_done(), 1);
    assert_eq!(resumed.run(&go_on, &mut |_| Ok(())), Ok(Ended::Finished));
    // The cancelled trainer itself can also go on.
    assert_eq!(cut.run(&go_on, &mut |_| Ok(())), Ok(Ended::Finished));
    for other in [&resumed, &cut] {
        assert_eq!(other.curves(), through.curves());
        for (a, b) in other
            .state()
            .expect("fits")
            .iter()
            .zip(&through.state().expect("fits"))
        {
            assert!(a.equal(b));
        }
    }
    let last = through.curves()[0].epochs.last().expect("three epochs");
    assert!(last.train.correct > 60, "{last:?} of 200, chance 20");

    let mut bytes = std::fs::read(&checkpoint).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&checkpoint, bytes).expect("written");
    assert!(resumed.load(&checkpoint, "this").is_err());
}

#[test]
fn divergence_is_recorded_and_spares_the_others() {
    let mut recipe = recipe();
    recipe.training.learning_rate = 1e30;
    let plan = Plan::new(&recipe).expect("a plan");
    let shop = Workshop::open(&recipe, Some(Path::new(SAMPLE)), Device::Cpu).expect("opens");
    let mut trainer = shop
        .trainer(plan.space.as_ref(), &unit())
        .expect("a trainer");
    assert_eq!(
        trainer.run(&Cancel::new(false), &mut |_| Ok(())),
        Ok(Ended::Finished)
    );
    assert!(
        trainer
            .curves()
            .iter()
            .all(|curve| curve.diverged && curve.epochs.is_empty())
    );
}

/// On two workers, in two shards, one of them cut and gone on with: the same results as in one go, and the same bytes as
/// the same shard on one worker.
#[test]
fn shards_workers_and_interruptions_change_nothing() {
    let mut recipe = recipe();
    recipe.training.epochs = 1;
    recipe.training.networks = 2;
    let mut plan = Plan::new(&recipe).expect("a plan");
    plan.units.truncate(4);
    let shop = Workshop::open(&recipe, Some(Path::new(SAMPLE)), Device::Cpu).expect("opens");
    let build = |folder: &Path, shard: Shard, workers: usize| {
        let mut file = ShardFile::open(folder, &recipe, shard, true).expect("a shard");
        let open: Vec<(u32, &Unit)> = (0..)
            .zip(&plan.units)
            .filter(|(unit, _)| shard.holds(*unit) && !file.done().contains_key(unit))
            .collect();
        let mut sink = |unit, curves| file.append(unit, curves);
        shop.train(plan.space.as_ref(), &open, workers, &mut sink)
            .expect("trained");
        file.finish().expect("in order")
    };
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("temporary folder"));
    let [whole, parts, single] = folders.each_ref().map(tempfile::TempDir::path);
    build(whole, Shard::WHOLE, 1);
    let second = Shard { index: 1, count: 2 };
    build(parts, Shard { index: 0, count: 2 }, 2);
    let path = build(parts, second, 2);
    let bytes = std::fs::read(&path).expect("there");
    std::fs::write(&path, &bytes[..bytes.len() - 5]).expect("cut");
    assert_eq!(gather(parts, &recipe, &plan).expect("readable").len(), 3);
    build(parts, second, 2);
    assert_eq!(std::fs::read(&path).expect("there"), bytes);
    let alone = std::fs::read(build(single, second, 1)).expect("there");
    assert_eq!(alone, bytes);
    let results = |folder: &Path| gather(folder, &recipe, &plan).expect("readable");
    assert_eq!(results(whole), results(parts));
    assert_eq!(results(whole).len(), 4);
}

/// The failure of one worker ends the others' work, and what was finished before it is kept.
#[test]
fn a_failing_sink_stops_the_build() {
    let mut recipe = recipe();
    recipe.training.epochs = 1;
    recipe.training.networks = 1;
    let plan = Plan::new(&recipe).expect("a plan");
    let shop = Workshop::open(&recipe, Some(Path::new(SAMPLE)), Device::Cpu).expect("opens");
    let units: Vec<(u32, &Unit)> = (0..).zip(&plan.units).take(200).collect();
    let mut taken = 0;
    let error = shop
        .train(plan.space.as_ref(), &units, 2, &mut |_, _| {
            taken += 1;
            match taken {
                3 => Err(Error::new("disk", "full")),
                _ => Ok(()),
            }
        })
        .expect_err("the third fails");
    assert_eq!(error.to_string(), "disk: full");
    assert!(taken <= 4, "{taken}");
}

#[test]
fn costs_are_measured() {
    let recipe = recipe();
    let cost = super::cost(&cells()[0], &recipe.training, Device::Cpu).expect("measured");
    assert_eq!(
        (cost.params, cost.macs),
        (11_766, cells()[0].flops(FlopRule::Macs).expect("fits"))
    );
    assert!(cost.one_us > 0 && cost.batch_64_us > 0 && cost.step_us > 0);
}
