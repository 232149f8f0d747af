//! The network: convolutions along and against the edges, the mean over nodes, a linear output.

use super::graphs::{Batch, Graphs, Link};
use crate::predictor::matrix::{Strided, multiply_add, vectorised};
use crate::predictor::mlp::{Moments, adam_step, cosine_rate};
use crate::rng::StreamRng;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// How a network is trained.
pub(super) struct Training {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) learning_rate: f32,
    pub(super) weight_decay: f32,
}

/// One convolution: weights along and against the edges, row-major, inputs × outputs.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Convolution {
    inputs: usize,
    outputs: usize,
    weights: [Vec<f32>; 2],
}

/// A trained graph network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct GraphNetwork {
    convolutions: Vec<Convolution>,
    /// Of the mean over nodes.
    output: Vec<f32>,
    bias: f32,
}

/// What a forward pass leaves for the backward pass.
struct Trace {
    /// Input of each convolution, and the output of the last.
    values: Vec<Vec<f32>>,
    /// What each convolution's two sides were before ReLU.
    sides: Vec<[Vec<f32>; 2]>,
    /// The mean over the nodes of each graph.
    means: Vec<f32>,
    outputs: Vec<f32>,
}

impl GraphNetwork {
    /// Random weights: uniform within ±√(6 / inputs) (He et al., ICCV 2015).
    pub(super) fn new(labels: usize, layers: usize, units: usize, rng: &mut StreamRng) -> Self {
        let mut draw = |count: usize, inputs: usize, gain: f32| -> Vec<f32> {
            let bound = (gain / inputs as f32).sqrt();
            (0..count)
                .map(|_| bound * (2.0 * rng.random::<f32>() - 1.0))
                .collect()
        };
        let convolutions = (0..layers).map(|layer| {
            let inputs = if layer == 0 { labels } else { units };
            Convolution {
                inputs,
                outputs: units,
                weights: [
                    draw(inputs * units, inputs, 6.0),
                    draw(inputs * units, inputs, 6.0),
                ],
            }
        });
        let convolutions = convolutions.collect();
        Self {
            convolutions,
            output: draw(units, units, 1.0),
            bias: 0.0,
        }
    }

    /// The output for each graph.
    pub(super) fn outputs(&self, batch: &Batch) -> Vec<f32> {
        vectorised!(self.forward(batch)).outputs
    }

    #[inline(always)]
    fn forward(&self, batch: &Batch) -> Trace {
        let nodes = batch.parts.last().map_or(0, |part| part.end);
        let units = self.output.len();
        let mut values = vec![batch.nodes.clone()];
        let mut sides = Vec::with_capacity(self.convolutions.len());
        for convolution in &self.convolutions {
            let input = &values[values.len() - 1];
            let side = |weights: &[f32], links: &[Link]| {
                let mut mixed = vec![0.0; nodes * convolution.outputs];
                let shape = (nodes, convolution.outputs, convolution.inputs);
                let rows = Strided::rows(input, convolution.inputs);
                multiply_add(
                    &mut mixed,
                    convolution.outputs,
                    rows,
                    weights,
                    convolution.outputs,
                    shape,
                );
                spread(links, &mixed, convolution.outputs, false)
            };
            let both = [
                side(&convolution.weights[0], &batch.along),
                side(&convolution.weights[1], &batch.against),
            ];
            let sum = both[0].iter().zip(&both[1]);
            values.push(
                sum.map(|(a, b)| 0.5 * a.max(0.0) + 0.5 * b.max(0.0))
                    .collect(),
            );
            sides.push(both);
        }
        let last = &values[values.len() - 1];
        let mut means = vec![0.0; batch.parts.len() * units];
        for (part, mean) in batch.parts.iter().zip(means.chunks_exact_mut(units)) {
            for row in last[part.start * units..part.end * units].chunks_exact(units) {
                for (slot, v) in mean.iter_mut().zip(row) {
                    *slot += v / part.len() as f32;
                }
            }
        }
        let output = |mean: &[f32]| {
            self.bias
                + mean
                    .iter()
                    .zip(&self.output)
                    .map(|(a, b)| a * b)
                    .sum::<f32>()
        };
        let outputs = means.chunks_exact(units).map(output).collect();
        Trace {
            values,
            sides,
            means,
            outputs,
        }
    }

    /// Trains on graphs and their targets.
    pub(super) fn train(
        &mut self,
        graphs: &Graphs,
        targets: &[f32],
        training: &Training,
        rng: &mut StreamRng,
    ) {
        let mut order: Vec<usize> = (0..targets.len()).collect();
        let batch = training.batch.min(order.len());
        let steps = training.epochs * order.len().div_ceil(batch);
        let mut state: Vec<Moments> = self
            .parameters()
            .into_iter()
            .map(|p| Moments::new(p.len()))
            .collect();
        let mut step = 0;
        for _ in 0..training.epochs {
            order.shuffle(rng);
            for chosen in order.chunks(batch) {
                let rate = cosine_rate(training.learning_rate, step, steps);
                step += 1;
                let batch = graphs.batch(chosen);
                let wanted: Vec<f32> = chosen.iter().map(|&at| targets[at]).collect();
                let gradients = vectorised!(self.gradients(&batch, &wanted));
                for (at, (values, gradient)) in
                    self.parameters().into_iter().zip(&gradients).enumerate()
                {
                    adam_step(
                        values,
                        &mut state[at],
                        gradient,
                        step,
                        rate,
                        training.weight_decay,
                    );
                }
            }
        }
    }

    /// All parameters, in the order of [`GraphNetwork::gradients`].
    fn parameters(&mut self) -> Vec<&mut [f32]> {
        let mut parameters: Vec<&mut [f32]> = Vec::new();
        for convolution in &mut self.convolutions {
            for weights in &mut convolution.weights {
                parameters.push(weights);
            }
        }
        parameters.push(&mut self.output);
        parameters.push(std::slice::from_mut(&mut self.bias));
        parameters
    }

    /// The gradients of the mean squared error in every group of parameters.
    #[inline(always)]
    fn gradients(&self, batch: &Batch, targets: &[f32]) -> Vec<Vec<f32>> {
        let trace = self.forward(batch);
        let units = self.output.len();
        let nodes = batch.parts.last().map_or(0, |part| part.end);
        let scale = 2.0 / targets.len() as f32;
        let errors: Vec<f32> = trace
            .outputs
            .iter()
            .zip(targets)
            .map(|(o, t)| scale * (o - t))
            .collect();
        let mut of_output = vec![0.0; units];
        let mut delta = vec![0.0; nodes * units];
        for ((part, mean), error) in batch
            .parts
            .iter()
            .zip(trace.means.chunks_exact(units))
            .zip(&errors)
        {
            for (slot, m) in of_output.iter_mut().zip(mean) {
                *slot += error * m;
            }
            for row in delta[part.start * units..part.end * units].chunks_exact_mut(units) {
                for (slot, w) in row.iter_mut().zip(&self.output) {
                    *slot = error * w / part.len() as f32;
                }
            }
        }
        let mut groups = vec![vec![errors.iter().sum()], of_output];
        for (at, convolution) in self.convolutions.iter().enumerate().rev() {
            let (inputs, outputs) = (convolution.inputs, convolution.outputs);
            let mut before = vec![0.0; nodes * inputs];
            for (side, links) in [&batch.along, &batch.against].into_iter().enumerate().rev() {
                let open = trace.sides[at][side].iter().zip(&delta);
                let through: Vec<f32> = open
                    .map(|(z, d)| if *z > 0.0 { 0.5 * d } else { 0.0 })
                    .collect();
                let mixed = spread(links, &through, outputs, true);
                let mut weights = vec![0.0; inputs * outputs];
                let across = Strided::transposed(&trace.values[at], inputs);
                multiply_add(
                    &mut weights,
                    outputs,
                    across,
                    &mixed,
                    outputs,
                    (inputs, outputs, nodes),
                );
                groups.push(weights);
                let turned = turned(&convolution.weights[side], outputs);
                let rows = Strided::rows(&mixed, outputs);
                multiply_add(
                    &mut before,
                    inputs,
                    rows,
                    &turned,
                    inputs,
                    (nodes, inputs, outputs),
                );
            }
            delta = before;
        }
        groups.reverse();
        groups
    }
}

/// Sums rows along links, or, `back`, along reversed links.
#[inline(always)]
fn spread(links: &[Link], rows: &[f32], columns: usize, back: bool) -> Vec<f32> {
    let mut sums = vec![0.0; rows.len()];
    for &(target, source, weight) in links {
        let (to, from) = if back {
            (source, target)
        } else {
            (target, source)
        };
        let from = &rows[from as usize * columns..][..columns];
        let to = &mut sums[to as usize * columns..][..columns];
        for (slot, v) in to.iter_mut().zip(from) {
            *slot += weight * v;
        }
    }
    sums
}

/// The transpose of a row-major matrix of this many columns.
fn turned(matrix: &[f32], columns: usize) -> Vec<f32> {
    let rows = matrix.len() / columns;
    let mut turned = vec![0.0; matrix.len()];
    for (i, row) in matrix.chunks_exact(columns).enumerate() {
        for (j, &v) in row.iter().enumerate() {
            turned[j * rows + i] = v;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use crate::space::{Architecture, Nb201, SearchSpace};

    /// Against differences of the loss.
    #[test]
    fn gradients_are_those_of_the_loss() {
        let space = Nb201::shared();
        let archs: Vec<Architecture> = (0..5)
            .map(|i| space.at_index((i * 2711 + 9_000) % 15_625))
            .collect();
        let graphs = Graphs::of(&*space, &archs).expect("has graphs");
        let batch = graphs.all();
        let targets = [0.3, -1.0, 0.8, 0.1, 2.0];
        let mut network = GraphNetwork::new(graphs.labels(), 2, 6, &mut derive_rng(2, &["gcn"]));
        let loss = |network: &GraphNetwork| -> f64 {
            let outputs = network.outputs(&batch);
            let squares = outputs
                .iter()
                .zip(&targets)
                .map(|(o, t)| f64::from(o - t).powi(2));
            squares.sum::<f64>() / 5.0
        };
        let gradients = network.gradients(&batch, &targets);
        for (group, gradient) in gradients.iter().enumerate() {
            for (at, &found) in gradient.iter().enumerate() {
                let mut shifted = |by: f32| {
                    network.parameters()[group][at] += by;
                    let loss = loss(&network);
                    network.parameters()[group][at] -= by;
                    loss
                };
                let slope = (shifted(1e-3) - shifted(-1e-3)) / 2e-3;
                let off = (slope - f64::from(found)).abs();
                assert!(
                    off < 2e-2 * slope.abs().max(0.2),
                    "{group} {at}: {slope} {found}"
                );
            }
        }
    }
}
