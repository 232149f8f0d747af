//! Inference latency of a network by itself: the median of many warm forward passes.

use super::Device;
use super::bank::{Bank, Streams};
use super::forward::Mode;
use crate::error::Error;
use crate::network::Network;
use crate::timing::Stopwatch;
use tch::{Kind, Tensor, no_grad};

/// Passes before the first that is timed.
const WARM_UP: usize = 3;

/// Median seconds of a forward pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Of one image.
    pub one_s: f64,
    /// Of 64 images.
    pub batch_64_s: f64,
}

/// Measures a network with random weights; `passes` are timed for each batch size.
///
/// # Errors
/// When memory runs out.
pub fn latency(network: &Network, passes: usize, device: Device) -> Result<Latency, Error> {
    let streams = Streams {
        root: 0,
        seed: 0,
        names: &[String::new()],
    };
    let bank = Bank::new(std::slice::from_ref(network), &streams, device)?;
    let measure = |images: i64| -> Result<f64, Error> {
        let input = network.input;
        let size = [
            images,
            input.channels as i64,
            input.height as i64,
            input.width as i64,
        ];
        let batch = Tensor::f_zeros(size, (Kind::Float, device))?;
        let mut times = Vec::with_capacity(passes);
        for pass in 0..WARM_UP + passes {
            let watch = Stopwatch::start();
            let _ = bank.forward(&batch, Mode::Evaluate)?;
            if let Device::Cuda(index) = device {
                tch::Cuda::synchronize(index as i64);
            }
            if pass >= WARM_UP {
                times.push(watch.elapsed().as_secs_f64());
            }
        }
        times.sort_by(f64::total_cmp);
        Ok(times[times.len() / 2])
    };
    no_grad(|| {
        Ok(Latency {
            one_s: measure(1)?,
            batch_64_s: measure(64)?,
        })
    })
}
