//! One perceptron: ReLU layers and a linear output, trained by AdamW on mean squared error.

use super::adam::{Moments, adam_step, cosine_rate};
use super::columns::{Batch, TrainingRows};
use crate::predictor::matrix::{Strided, multiply_add, vectorised};
use crate::rng::StreamRng;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Rows predicted at a time.
const BLOCK: usize = 256;

/// Fewer rows than this are multiplied one by one, without what is 0: of one-hot rows nearly all, of what ReLU leaves half.
const FEW: usize = 4;

/// How a network is trained.
pub(super) struct Training {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) learning_rate: f32,
    pub(super) weight_decay: f32,
}

/// A fully connected layer.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Layer {
    inputs: usize,
    outputs: usize,
    /// Row-major, inputs × outputs.
    weights: Vec<f32>,
    biases: Vec<f32>,
}

impl Layer {
    /// The outputs for each row, before ReLU.
    #[inline(always)]
    fn forward(&self, rows: &Batch<'_>, count: usize, output: &mut [f32]) {
        match rows {
            Batch::Dense(rows) if count < FEW => {
                let inputs = rows.chunks_exact(self.inputs.max(1));
                for (row, input) in output.chunks_exact_mut(self.outputs).zip(inputs) {
                    row.fill(0.0);
                    for (k, &x) in input.iter().enumerate() {
                        if x != 0.0 {
                            add(row, x, &self.weights[k * self.outputs..]);
                        }
                    }
                    add(row, 1.0, &self.biases);
                }
            }
            Batch::Dense(rows) => {
                let units = self.outputs;
                for row in output.chunks_exact_mut(units) {
                    row.copy_from_slice(&self.biases);
                }
                let shape = (count, units, self.inputs);
                let rows = Strided::rows(rows, self.inputs);
                multiply_add(output, units, rows, &self.weights, units, shape);
            }
            Batch::Ones(rows) => {
                for (row, ones) in output.chunks_exact_mut(self.outputs).zip(rows) {
                    row.fill(0.0);
                    for &one in *ones {
                        add(row, 1.0, &self.weights[one as usize * self.outputs..]);
                    }
                    add(row, 1.0, &self.biases);
                }
            }
        }
    }

    /// The gradient of the weights, from the rows that came in and the derivatives in what went out.
    #[inline(always)]
    fn weight_gradient(&self, rows: &Batch<'_>, delta: &[f32], gradient: &mut [f32]) {
        gradient.fill(0.0);
        match rows {
            Batch::Dense(rows) => {
                let shape = (self.inputs, self.outputs, delta.len() / self.outputs);
                let across = Strided::transposed(rows, self.inputs);
                multiply_add(gradient, self.outputs, across, delta, self.outputs, shape);
            }
            Batch::Ones(rows) => {
                for (delta, ones) in delta.chunks_exact(self.outputs).zip(rows) {
                    for &one in *ones {
                        let at = one as usize * self.outputs;
                        add(&mut gradient[at..at + self.outputs], 1.0, delta);
                    }
                }
            }
        }
    }

    /// The layer on these inputs alone.
    fn restricted(&self, kept: &[usize]) -> Self {
        let rows = kept.iter();
        let weights = rows.flat_map(|&at| &self.weights[at * self.outputs..][..self.outputs]);
        Self {
            inputs: kept.len(),
            outputs: self.outputs,
            weights: weights.copied().collect(),
            biases: self.biases.clone(),
        }
    }
}

/// Adds as much of `factor` times `more` as there is room for.
#[inline(always)]
fn add(row: &mut [f32], factor: f32, more: &[f32]) {
    for (slot, v) in row.iter_mut().zip(more) {
        *slot += factor * v;
    }
}

/// A trained network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::predictor) struct Network {
    layers: Vec<Layer>,
}

impl Network {
    /// Random weights: uniform within ±√(6 / inputs) (He et al., ICCV 2015), biases 0.
    pub(super) fn new(inputs: usize, hidden: &[usize], rng: &mut StreamRng) -> Self {
        let mut layers = Vec::with_capacity(hidden.len() + 1);
        let mut inputs = inputs;
        for &outputs in hidden.iter().chain(&[1]) {
            let gain: f32 = if layers.len() == hidden.len() {
                1.0
            } else {
                6.0
            };
            let bound = (gain / inputs.max(1) as f32).sqrt();
            let draw = || bound * (2.0 * rng.random::<f32>() - 1.0);
            layers.push(Layer {
                inputs,
                outputs,
                weights: std::iter::repeat_with(draw)
                    .take(inputs * outputs)
                    .collect(),
                biases: vec![0.0; outputs],
            });
            inputs = outputs;
        }
        Self { layers }
    }

    /// The output for each of `n` rows.
    pub(super) fn outputs(&self, rows: &[f32], n: usize) -> Vec<f32> {
        self.layer_outputs(rows, n, self.layers.len() - 1)
    }

    /// The last hidden layer's outputs for each of `n` rows, row-major.
    pub(in crate::predictor) fn last_hidden(&self, rows: &[f32], n: usize) -> Vec<f32> {
        self.layer_outputs(rows, n, self.layers.len() - 2)
    }

    /// Units of the last hidden layer.
    pub(in crate::predictor) fn hidden_units(&self) -> usize {
        self.layers[self.layers.len() - 1].inputs
    }

    fn layer_outputs(&self, rows: &[f32], n: usize, layer: usize) -> Vec<f32> {
        let columns = self.layers[0].inputs;
        let units = self.layers[layer].outputs;
        let mut activations = self.activations(BLOCK.min(n));
        let mut outputs = Vec::with_capacity(n * units);
        for start in (0..n).step_by(BLOCK) {
            let count = BLOCK.min(n - start);
            let block = &rows[start * columns..(start + count) * columns];
            vectorised(|| self.forward(&Batch::Dense(block), count, &mut activations));
            outputs.extend_from_slice(&activations[layer][..count * units]);
        }
        outputs
    }

    /// Room for the outputs of each layer.
    fn activations(&self, rows: usize) -> Vec<Vec<f32>> {
        self.layers
            .iter()
            .map(|l| vec![0.0; rows * l.outputs])
            .collect()
    }

    #[inline(always)]
    fn forward(&self, rows: &Batch<'_>, count: usize, activations: &mut [Vec<f32>]) {
        for (at, layer) in self.layers.iter().enumerate() {
            let (before, after) = activations.split_at_mut(at);
            let output = &mut after[0][..count * layer.outputs];
            match before.last() {
                None => layer.forward(rows, count, output),
                Some(input) => {
                    let input = Batch::Dense(&input[..count * layer.inputs]);
                    layer.forward(&input, count, output);
                }
            }
            if at + 1 < self.layers.len() {
                output.iter_mut().for_each(|v| *v = v.max(0.0));
            }
        }
    }

    /// Trains on rows of features and their targets. Weights of features that are always 0 only decay.
    pub(super) fn train(
        &mut self,
        rows: &[f32],
        targets: &[f32],
        training: &Training,
        rng: &mut StreamRng,
    ) {
        let rows = TrainingRows::new(rows, self.layers[0].inputs);
        let used = self.layers[0].restricted(rows.kept());
        let mut whole = std::mem::replace(&mut self.layers[0], used);
        let decayed = self.train_used(&rows, targets, training, rng);
        whole.weights.iter_mut().for_each(|w| *w *= decayed);
        let used = &mut self.layers[0];
        let trained = used.weights.chunks_exact(used.outputs);
        for (&at, trained) in rows.kept().iter().zip(trained) {
            whole.weights[at * whole.outputs..][..whole.outputs].copy_from_slice(trained);
        }
        whole.biases = std::mem::take(&mut used.biases);
        *used = whole;
    }

    /// Trains; what a weight without gradient has been multiplied by in the end.
    fn train_used(
        &mut self,
        rows: &TrainingRows,
        targets: &[f32],
        training: &Training,
        rng: &mut StreamRng,
    ) -> f32 {
        let n = targets.len();
        let batch = training.batch.min(n);
        let mut order: Vec<usize> = (0..n).collect();
        let mut state: Vec<(Moments, Moments)> = self
            .layers
            .iter()
            .map(|l| (Moments::new(l.weights.len()), Moments::new(l.outputs)))
            .collect();
        let mut work = Work::new(self, batch);
        let steps = training.epochs * n.div_ceil(batch);
        let (mut room, mut batch_targets) = (Vec::new(), Vec::new());
        let (mut step, mut decayed) = (0, 1.0);
        for _ in 0..training.epochs {
            order.shuffle(rng);
            for chosen in order.chunks(batch) {
                batch_targets.clear();
                batch_targets.extend(chosen.iter().map(|&at| targets[at]));
                let batch = rows.batch(chosen, &mut room);
                let rate = cosine_rate(training.learning_rate, step, steps);
                step += 1;
                decayed *= 1.0 - rate * training.weight_decay;
                vectorised(|| {
                    self.forward(&batch, chosen.len(), &mut work.activations);
                    self.backward(&batch, &batch_targets, &mut work);
                    self.adam_step(
                        &mut state,
                        &work.gradients,
                        step,
                        rate,
                        training.weight_decay,
                    );
                });
            }
        }
        decayed
    }

    #[inline(always)]
    fn adam_step(
        &mut self,
        state: &mut [(Moments, Moments)],
        gradients: &[(Vec<f32>, Vec<f32>)],
        step: usize,
        rate: f32,
        decay: f32,
    ) {
        let layers = self.layers.iter_mut().zip(state).zip(gradients);
        for ((layer, (weights, biases)), gradient) in layers {
            adam_step(&mut layer.weights, weights, &gradient.0, step, rate, decay);
            adam_step(&mut layer.biases, biases, &gradient.1, step, rate, 0.0);
        }
    }

    /// Fills the gradients of the mean squared error from the activations of the last forward pass.
    #[inline(always)]
    fn backward(&self, rows: &Batch<'_>, targets: &[f32], work: &mut Work) {
        let count = targets.len();
        let last = self.layers.len() - 1;
        let outputs = &work.activations[last][..count];
        for ((delta, o), t) in work.deltas[last].iter_mut().zip(outputs).zip(targets) {
            *delta = 2.0 * (o - t) / count as f32;
        }
        for at in (0..=last).rev() {
            let layer = &self.layers[at];
            let (before, after) = work.deltas.split_at_mut(at);
            let delta = &after[0][..count * layer.outputs];
            let (weights, biases) = &mut work.gradients[at];
            biases.fill(0.0);
            for row in delta.chunks_exact(layer.outputs) {
                add(biases, 1.0, row);
            }
            let Some(previous) = before.last_mut() else {
                layer.weight_gradient(rows, delta, weights);
                break;
            };
            let input = &work.activations[at - 1][..count * layer.inputs];
            layer.weight_gradient(&Batch::Dense(input), delta, weights);
            let previous = &mut previous[..count * layer.inputs];
            previous.fill(0.0);
            let across = &mut work.across[at];
            for (i, row) in layer.weights.chunks_exact(layer.outputs).enumerate() {
                for (o, &w) in row.iter().enumerate() {
                    across[o * layer.inputs + i] = w;
                }
            }
            let shape = (count, layer.inputs, layer.outputs);
            let delta = Strided::rows(delta, layer.outputs);
            multiply_add(previous, layer.inputs, delta, across, layer.inputs, shape);
            for (slot, &a) in previous.iter_mut().zip(input) {
                *slot = if a > 0.0 { *slot } else { 0.0 };
            }
        }
    }
}

/// What one step needs room for.
struct Work {
    activations: Vec<Vec<f32>>,
    /// Derivatives of the loss in each layer's outputs before ReLU.
    deltas: Vec<Vec<f32>>,
    /// Of weights and biases.
    gradients: Vec<(Vec<f32>, Vec<f32>)>,
    /// Weights transposed.
    across: Vec<Vec<f32>>,
}

impl Work {
    fn new(network: &Network, batch: usize) -> Self {
        let layers = network.layers.iter();
        Self {
            activations: network.activations(batch),
            deltas: network.activations(batch),
            gradients: layers
                .clone()
                .map(|l| (vec![0.0; l.weights.len()], vec![0.0; l.outputs]))
                .collect(),
            across: layers.map(|l| vec![0.0; l.weights.len()]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;

    /// Trained on the ones alone, without the columns that are never 1, a network is to the bit what it becomes on the plain
    /// rows, but for how the weights of those columns decay.
    #[test]
    fn the_form_of_the_rows_does_not_matter() {
        let (n, columns) = (50, 24);
        let mut rng = derive_rng(1, &["rows"]);
        let is_one = |at: usize, draw: f32| at % columns % 4 != 3 && draw < 0.2;
        let rows: Vec<f32> = (0..n * columns)
            .map(|at| f32::from(u8::from(is_one(at, rng.random()))))
            .collect();
        let targets: Vec<f32> = (0..n).map(|at| (at * 7 % 11) as f32 / 5.0 - 1.0).collect();
        let training = Training {
            epochs: 20,
            batch: 16,
            learning_rate: 0.01,
            weight_decay: 0.3,
        };
        let start = Network::new(columns, &[16, 8], &mut rng);
        let (mut plain, mut trained) = (start.clone(), start);
        let form = TrainingRows::plain(&rows, columns);
        plain.train_used(&form, &targets, &training, &mut derive_rng(2, &["order"]));
        trained.train(&rows, &targets, &training, &mut derive_rng(2, &["order"]));
        for column in 0..columns {
            let of = |network: &Network| network.layers[0].weights[column * 16..][..16].to_vec();
            let (plain, trained) = (of(&plain), of(&trained));
            match column % 4 {
                3 => {
                    let close = |(p, t): (&f32, &f32)| (p - t).abs() < 1e-5 * p.abs().max(1e-3);
                    assert!(plain.iter().zip(&trained).all(close));
                }
                _ => assert_eq!(plain, trained),
            }
        }
        // Row by row, without what is 0, is the same as all at once.
        let single = (rows.chunks_exact(columns)).flat_map(|row| trained.outputs(row, 1));
        assert_eq!(single.collect::<Vec<f32>>(), trained.outputs(&rows, n));
        assert_eq!(plain.outputs(&rows, n), trained.outputs(&rows, n));
    }
}
