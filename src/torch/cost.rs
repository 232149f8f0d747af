//! What a network costs by itself: inference latency and the time of a training step, medians of many warm passes.

use super::Device;
use super::bank::Bank;
use super::forward::Mode;
use super::sgd::Sgd;
use super::trainer::losses;
use super::weights::Streams;
use crate::error::Error;
use crate::network::{FlopRule, Network};
use crate::rng::derive_rng;
use crate::timing::Stopwatch;
use crate::training::{Cost, Training};
use rand::RngExt;
use tch::{Kind, Tensor, no_grad};

/// Passes before the first that is timed.
const WARM_UP: usize = 3;
/// Timed passes: of one image, of 64, of a training step.
const PASSES: [usize; 3] = [51, 25, 9];

/// Measures a network with random weights on random images.
///
/// # Errors
/// When its shapes do not fit, or memory runs out.
pub fn cost(network: &Network, training: &Training, device: Device) -> Result<Cost, Error> {
    let streams = Streams {
        root: 0,
        seed: 0,
        names: &[String::new()],
    };
    let mut bank = Bank::new(std::slice::from_ref(network), &streams, device)?;
    let [one, batch_64] = [images(network, 1, device)?, images(network, 64, device)?];
    let forward = |bank: &Bank, images: &Tensor, passes: usize| {
        no_grad(|| {
            median_us(passes, device, || {
                bank.forward(images, Mode::Evaluate).map(drop)
            })
        })
    };
    let one_us = forward(&bank, &one, PASSES[0])?;
    let batch_64_us = forward(&bank, &batch_64, PASSES[1])?;
    let batch = images(network, training.batch, device)?;
    let labels = Tensor::f_zeros([training.batch as i64], (Kind::Int64, device))?;
    bank.set_mixed_precision(training.mixed_precision);
    let mut sgd = Sgd::new(
        &bank,
        training.momentum,
        training.nesterov,
        training.weight_decay,
    )?;
    let step_us = median_us(PASSES[2], device, || {
        let scores = bank.forward(&batch, Mode::Train)?;
        let loss = losses(&scores, &labels, training.label_smoothing)?.f_mean(Kind::Float)?;
        sgd.step(&mut bank, &loss, training.learning_rate)
    })?;
    Ok(Cost {
        params: network.params(),
        macs: network.flops(FlopRule::Macs)?,
        step_us,
        one_us,
        batch_64_us,
    })
}

/// Values between -1 and 1.
fn images(network: &Network, count: usize, device: Device) -> Result<Tensor, Error> {
    let input = network.input;
    let size = [count, input.channels, input.height, input.width];
    let mut rng = derive_rng(0, &["cost"]);
    let values: Vec<f32> = (0..size.iter().product())
        .map(|_| 2.0 * rng.random::<f32>() - 1.0)
        .collect();
    let size = size.map(|length| length as i64);
    let images = Tensor::f_from_slice(&values)?.f_view(size)?;
    Ok(images.f_to_device(device)?)
}

fn median_us(
    passes: usize,
    device: Device,
    mut pass: impl FnMut() -> Result<(), Error>,
) -> Result<u32, Error> {
    let mut times = Vec::with_capacity(passes);
    for at in 0..WARM_UP + passes {
        let watch = Stopwatch::start();
        pass()?;
        if let Device::Cuda(index) = device {
            tch::Cuda::synchronize(index as i64);
        }
        if at >= WARM_UP {
            times.push(watch.elapsed().as_micros());
        }
    }
    times.sort_unstable();
    Ok(u32::try_from(times[times.len() / 2]).unwrap_or(u32::MAX))
}
