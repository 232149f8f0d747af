//! The weights of a bank: to whom each belongs, and how it is drawn.

use crate::error::Error;
use crate::rng::{StreamRng, derive_rng};
use rand::RngExt;

/// Which networks a parameter belongs to and how it is drawn.
pub(super) struct Slot {
    path: String,
    members: Vec<usize>,
    /// Per network; the stack has one more dimension or a longer first one.
    size: Vec<i64>,
    pub(super) stacked: Vec<i64>,
    fill: Fill,
}

#[derive(Clone, Copy)]
pub(super) enum Fill {
    Constant(f32),
    /// Uniform between ± this bound: PyTorch's default for convolutions and linear layers.
    Uniform(f32),
}

/// What weights are drawn from: the networks' names and the training seed.
#[derive(Debug, Clone)]
pub struct Streams<'a> {
    /// Root of every stream.
    pub root: u64,
    /// Training seed.
    pub seed: u32,
    /// One per network.
    pub names: &'a [String],
}

/// The values of all slots, one after another.
///
/// # Errors
/// When there is no memory for them.
pub(super) fn draw(slots: &[Slot], streams: &Streams<'_>) -> Result<Vec<f32>, Error> {
    let total = slots
        .iter()
        .map(Slot::length)
        .fold(0, usize::saturating_add);
    let mut values = Vec::new();
    values.try_reserve_exact(total).map_err(|_| {
        let megabytes = total / (1 << 18);
        Error::new("bank", format!("no memory for {megabytes} MiB of weights"))
            .mend("give the recipe fewer channels, or fewer networks to a bank")
    })?;
    for slot in slots {
        slot.draw(streams, &mut values);
    }
    Ok(values)
}

/// PyTorch's default for a layer with so many inputs.
pub(super) fn uniform(fan_in: usize) -> Fill {
    Fill::Uniform(1.0 / (fan_in as f32).sqrt())
}

impl Slot {
    pub(super) fn new(path: String, members: &[usize], sizes: [Vec<i64>; 2], fill: Fill) -> Self {
        let [size, stacked] = sizes;
        Self {
            path,
            members: members.to_vec(),
            size,
            stacked,
            fill,
        }
    }

    /// The weights of all its networks.
    fn length(&self) -> usize {
        let sides = self.stacked.iter().map(|&side| side as usize);
        sides.fold(1, usize::saturating_mul)
    }

    /// Every network's part comes from a stream of its own, whatever the bank holds besides.
    fn draw(&self, streams: &Streams<'_>, values: &mut Vec<f32>) {
        let length = self.size.iter().product::<i64>() as usize;
        for &member in &self.members {
            match self.fill {
                Fill::Constant(value) => values.extend(std::iter::repeat_n(value, length)),
                Fill::Uniform(bound) => {
                    let seed = streams.seed.to_string();
                    let name = &streams.names[member];
                    let parts = ["weights", name.as_str(), &seed, &self.path];
                    let mut rng: StreamRng = derive_rng(streams.root, &parts);
                    values.extend((0..length).map(|_| bound * (2.0 * rng.random::<f32>() - 1.0)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_fit_no_memory_are_an_error() {
        let names = ["wide".to_string()];
        let streams = Streams {
            root: 1,
            seed: 0,
            names: &names,
        };
        let size = vec![4_000_000, 4_000_000, 3, 3];
        let slot = Slot::new("conv".into(), &[0], [size.clone(), size], uniform(9));
        let message = draw(&[slot], &streams).expect_err("524 TiB").to_string();
        assert!(message.contains("no memory for 549316406 MiB"), "{message}");
    }
}
