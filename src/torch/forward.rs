//! The forward pass of a bank. Maps are kept channels-last: the stacked channels of all networks lie side by side, which
//! is what makes normalisation, pooling and grouped convolutions of a few channels each run at full width.

use super::bank::{Bank, EdgePlan, NORM_EPSILON, NORM_MOMENTUM, NodePlan, Step};
use crate::error::Error;
use crate::network::{Join, Layer};
use tch::{Kind, Tensor};

/// Whether normalisation uses the batch's statistics (and updates the running ones), or the running ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Batch statistics.
    Train,
    /// Running statistics.
    Evaluate,
}

impl Bank {
    /// The class scores `[network, image, class]` of images `[image, channel, row, column]`.
    ///
    /// # Errors
    /// When the images are not of the networks' input shape, or memory runs out.
    pub fn forward(&self, images: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        let mut values = vec![channels_last(images)?];
        for node in &self.nodes {
            let value = self.node(node, &values, mode)?;
            values.push(value);
        }
        values
            .pop()
            .filter(|scores| scores.dim() == 3)
            .ok_or_else(|| Error::new("network", "does not end in a linear layer"))
    }

    fn node(&self, node: &NodePlan, values: &[Tensor], mode: Mode) -> Result<Tensor, Error> {
        let mut parts = Vec::new();
        for edge in &node.edges {
            if edge.runs.iter().any(|run| run.group.is_some()) {
                parts.push(self.edge(node, edge, values, mode)?);
            }
        }
        match (node.join, parts.len()) {
            (_, 0) => {
                let channels = (self.networks * node.shape.channels) as i64;
                self.zeros(node, values[0].size()[0], channels)
            }
            (_, 1) => Ok(parts.remove(0)),
            (Join::Sum, _) => {
                let mut sum = parts.remove(0);
                for part in parts {
                    sum = sum.f_add(&part)?;
                }
                Ok(sum)
            }
            (Join::Concat, _) => self.concat(&parts),
        }
    }

    /// Joins channels network by network.
    fn concat(&self, parts: &[Tensor]) -> Result<Tensor, Error> {
        let mut unstacked = Vec::new();
        for part in parts {
            unstacked.push(part.f_unflatten(1, [self.networks as i64, -1])?);
        }
        channels_last(&Tensor::f_cat(&unstacked, 2)?.f_flatten(1, 2)?)
    }

    fn zeros(&self, node: &NodePlan, images: i64, channels: i64) -> Result<Tensor, Error> {
        let size = [
            images,
            node.shape.height as i64,
            node.shape.width as i64,
            channels,
        ];
        let zeros = Tensor::f_zeros(size, (Kind::Float, self.device))?;
        Ok(zeros.f_permute([0, 3, 1, 2])?)
    }

    fn edge(
        &self,
        node: &NodePlan,
        edge: &EdgePlan,
        values: &[Tensor],
        mode: Mode,
    ) -> Result<Tensor, Error> {
        let source = &values[edge.source];
        if let [steps] = &edge.groups[..]
            && edge.runs.len() == 1
        {
            return self.steps(steps, source.shallow_clone(), mode);
        }
        let lengths: Vec<i64> = edge.runs.iter().map(|r| r.networks.len() as i64).collect();
        let pieces = match edge.source {
            // The image is the same for all.
            0 => lengths.iter().map(|_| source.shallow_clone()).collect(),
            _ => self.pieces(source, &lengths)?,
        };
        let mut outputs: Vec<Option<Tensor>> = edge.runs.iter().map(|_| None).collect();
        for (group, steps) in edge.groups.iter().enumerate() {
            let mine = |at: &usize| edge.runs[*at].group == Some(group);
            let runs: Vec<usize> = (0..edge.runs.len()).filter(mine).collect();
            let inputs: Vec<&Tensor> = runs.iter().map(|&at| &pieces[at]).collect();
            let input = match (edge.source, &inputs[..]) {
                (0, [first, ..]) | (_, [first]) => first.shallow_clone(),
                _ => Tensor::f_cat(&inputs, 1)?,
            };
            let output = self.steps(steps, input, mode)?;
            let own: Vec<i64> = runs.iter().map(|&at| lengths[at]).collect();
            let channels = node.shape.channels as i64;
            let own: Vec<i64> = own.iter().map(|length| length * channels).collect();
            for (at, piece) in runs
                .into_iter()
                .zip(output.f_split_with_sizes(&own[..], 1)?)
            {
                outputs[at] = Some(piece);
            }
        }
        let mut ordered = Vec::new();
        for (output, length) in outputs.into_iter().zip(lengths) {
            ordered.push(match output {
                Some(output) => output,
                None => {
                    let channels = length * node.shape.channels as i64;
                    self.zeros(node, source.size()[0], channels)?
                }
            });
        }
        Ok(Tensor::f_cat(&ordered, 1)?)
    }

    /// The stacked map cut into runs of networks.
    fn pieces(&self, source: &Tensor, lengths: &[i64]) -> Result<Vec<Tensor>, Error> {
        let channels = source.size()[1] / self.networks as i64;
        let sizes: Vec<i64> = lengths.iter().map(|length| length * channels).collect();
        Ok(source.f_split_with_sizes(&sizes[..], 1)?)
    }

    fn steps(&self, steps: &[Step], mut value: Tensor, mode: Mode) -> Result<Tensor, Error> {
        for step in steps {
            value = self.step(step, value, mode)?;
        }
        Ok(value)
    }

    fn step(&self, step: &Step, value: Tensor, mode: Mode) -> Result<Tensor, Error> {
        match step {
            Step::Conv {
                weight,
                stride,
                padding,
                groups,
            } => {
                let weight = &self.parameters[*weight];
                let run = |value: &Tensor, weight: &Tensor| {
                    let none: Option<&Tensor> = None;
                    value.f_conv2d(weight, none, [*stride; 2], [*padding; 2], [1; 2], *groups)
                };
                let value = channels_last(&value)?;
                let output = match self.mixed_precision {
                    false => run(&value, weight)?,
                    true => {
                        let half = Kind::BFloat16;
                        let output = run(&value.f_to_kind(half)?, &weight.f_to_kind(half)?)?;
                        output.f_to_kind(Kind::Float)?
                    }
                };
                // A convolution of one input channel forgets the layout.
                channels_last(&output)
            }
            Step::Norm { scale, shift, norm } => {
                let (mean, variance) = &self.norms[*norm];
                Ok(value.f_batch_norm(
                    Some(&self.parameters[*scale]),
                    Some(&self.parameters[*shift]),
                    Some(mean),
                    Some(variance),
                    mode == Mode::Train,
                    NORM_MOMENTUM,
                    NORM_EPSILON,
                    true,
                )?)
            }
            Step::Linear { weight, bias } => {
                let weight = &self.parameters[*weight];
                let stacked = weight.size()[0];
                let features = value.f_flatten(1, -1)?.f_unflatten(1, [stacked, -1])?;
                let product = features.f_transpose(0, 1)?.f_bmm(weight)?;
                Ok(product.f_add(&self.parameters[*bias])?)
            }
            Step::Truncate { networks, channels } => {
                let unstacked = value.f_unflatten(1, [*networks, -1])?;
                let cut = unstacked.f_narrow(2, 0, *channels)?;
                channels_last(&cut.f_flatten(1, 2)?)
            }
            Step::Plain(layer) => self.plain(layer, value),
        }
    }

    fn plain(&self, layer: &Layer, value: Tensor) -> Result<Tensor, Error> {
        let square = |v: usize| [v as i64; 2];
        Ok(match *layer {
            Layer::Relu => value.f_relu()?,
            Layer::AvgPool {
                kernel,
                stride,
                padding,
            } => {
                let (kernel, stride, padding) = (square(kernel), square(stride), square(padding));
                value.f_avg_pool2d(kernel, stride, padding, false, false, None::<i64>)?
            }
            Layer::MaxPool {
                kernel,
                stride,
                padding,
            } => {
                let (kernel, stride, padding) = (square(kernel), square(stride), square(padding));
                value.f_max_pool2d(kernel, stride, padding, [1; 2], false)?
            }
            Layer::GlobalAvgPool => value.f_mean_dim(&[2_i64, 3][..], true, Kind::Float)?,
            // The others are steps of their own.
            _ => value,
        })
    }
}

/// The same map with the channels of a pixel side by side in memory.
pub(super) fn channels_last(map: &Tensor) -> Result<Tensor, Error> {
    let last = map.f_permute([0, 2, 3, 1])?.f_contiguous()?;
    Ok(last.f_permute([0, 3, 1, 2])?)
}
