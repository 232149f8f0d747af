//! One perceptron: ReLU layers and a linear output, trained by AdamW on mean squared error.

use super::adam::{Moments, adam_step, cosine_rate};
use crate::predictor::matrix::{Strided, multiply_add, vectorised};
use crate::rng::StreamRng;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Rows predicted at a time.
const BLOCK: usize = 256;

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
        let mut activations = self.activations(BLOCK);
        let mut outputs = Vec::with_capacity(n * units);
        for start in (0..n).step_by(BLOCK) {
            let count = BLOCK.min(n - start);
            let block = &rows[start * columns..(start + count) * columns];
            vectorised(|| self.forward(block, count, &mut activations));
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
    fn forward(&self, rows: &[f32], count: usize, activations: &mut [Vec<f32>]) {
        for (at, layer) in self.layers.iter().enumerate() {
            let (before, after) = activations.split_at_mut(at);
            let input = before.last().map_or(rows, |a| &a[..count * layer.inputs]);
            let output = &mut after[0][..count * layer.outputs];
            for row in output.chunks_exact_mut(layer.outputs) {
                row.copy_from_slice(&layer.biases);
            }
            let shape = (count, layer.outputs, layer.inputs);
            let input = Strided::rows(input, layer.inputs);
            multiply_add(
                output,
                layer.outputs,
                input,
                &layer.weights,
                layer.outputs,
                shape,
            );
            if at + 1 < self.layers.len() {
                output.iter_mut().for_each(|v| *v = v.max(0.0));
            }
        }
    }

    /// Trains on rows of features and their targets.
    pub(super) fn train(
        &mut self,
        rows: &[f32],
        targets: &[f32],
        training: &Training,
        rng: &mut StreamRng,
    ) {
        let n = targets.len();
        let columns = self.layers[0].inputs;
        let batch = training.batch.min(n);
        let mut order: Vec<usize> = (0..n).collect();
        let mut state: Vec<(Moments, Moments)> = self
            .layers
            .iter()
            .map(|l| (Moments::new(l.weights.len()), Moments::new(l.outputs)))
            .collect();
        let mut work = Work::new(self, batch);
        let steps = training.epochs * n.div_ceil(batch);
        let (mut batch_rows, mut batch_targets) = (Vec::new(), Vec::new());
        let mut step = 0;
        for _ in 0..training.epochs {
            order.shuffle(rng);
            for chosen in order.chunks(batch) {
                batch_rows.clear();
                batch_targets.clear();
                for &at in chosen {
                    batch_rows.extend_from_slice(&rows[at * columns..][..columns]);
                    batch_targets.push(targets[at]);
                }
                let rate = cosine_rate(training.learning_rate, step, steps);
                step += 1;
                vectorised(|| {
                    self.forward(&batch_rows, chosen.len(), &mut work.activations);
                    self.backward(&batch_rows, &batch_targets, &mut work);
                    let layers = self.layers.iter_mut().zip(&mut state);
                    for ((layer, moments), gradient) in layers.zip(&work.gradients) {
                        let decay = training.weight_decay;
                        adam_step(
                            &mut layer.weights,
                            &mut moments.0,
                            &gradient.0,
                            step,
                            rate,
                            decay,
                        );
                        adam_step(
                            &mut layer.biases,
                            &mut moments.1,
                            &gradient.1,
                            step,
                            rate,
                            0.0,
                        );
                    }
                });
            }
        }
    }

    /// Fills the gradients of the mean squared error from the activations of the last forward pass.
    #[inline(always)]
    fn backward(&self, rows: &[f32], targets: &[f32], work: &mut Work) {
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
            let input = match at {
                0 => rows,
                _ => &work.activations[at - 1][..count * layer.inputs],
            };
            let (weights, biases) = &mut work.gradients[at];
            weights.fill(0.0);
            biases.fill(0.0);
            for row in delta.chunks_exact(layer.outputs) {
                for (slot, d) in biases.iter_mut().zip(row) {
                    *slot += d;
                }
            }
            let shape = (layer.inputs, layer.outputs, count);
            let across = Strided::transposed(input, layer.inputs);
            multiply_add(weights, layer.outputs, across, delta, layer.outputs, shape);
            if let Some(previous) = before.last_mut() {
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
