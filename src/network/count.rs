//! Shapes, parameters and operations of a network, from its description.

use super::{Block, Join, Layer, Network, Shape};
use crate::error::Error;

/// What counts as an operation; papers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlopRule {
    /// Multiply-accumulates of convolutions and linear layers: NAS-Bench-Macro's rule.
    Macs,
    /// The same, and one per bias of a linear layer: NAS-Bench-201's and NATS-Bench's rule.
    MacsAndBias,
    /// Multiply-accumulates, and the element-wise layers: two per normalised value, one per ReLU, the window's size per
    /// pooled value. The rule of TensorWatch, with which NAS-Bench-Suite-Zero's `flops` were counted.
    EveryLayer,
}

impl Network {
    /// Trainable parameters, those of parts that cannot reach the output included.
    pub fn params(&self) -> u64 {
        self.layers().map(layer_params).sum()
    }

    /// Operations of one forward pass of one image.
    ///
    /// # Errors
    /// When shapes do not fit, for example for an image of odd side in a space that halves it.
    pub fn flops(&self, rule: FlopRule) -> Result<u64, Error> {
        let mut flops = 0;
        self.walk(|layer, input, output| flops += layer_flops(layer, input, output, rule))?;
        Ok(flops)
    }

    /// The shape of every source: the image, then each node.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn shapes(&self) -> Result<Vec<Shape>, Error> {
        self.walk(|_, _, _| {})
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        let edges = self.nodes.iter().flat_map(|node| &node.edges);
        edges.flat_map(|edge| match &edge.block {
            Block::Zero => &[][..],
            Block::Layers(layers) => layers,
        })
    }

    /// Visits every layer with the shapes before and after it. A node whose edges are all [`Block::Zero`] has the shape
    /// of its first source.
    fn walk(&self, mut visit: impl FnMut(&Layer, Shape, Shape)) -> Result<Vec<Shape>, Error> {
        let mut shapes = vec![self.input];
        for (at, node) in self.nodes.iter().enumerate() {
            let mut joined: Option<Shape> = None;
            for edge in &node.edges {
                let Block::Layers(layers) = &edge.block else {
                    continue;
                };
                let mut shape = shapes[edge.source];
                for layer in layers {
                    let next = after(layer, shape).map_err(|e| e.within(format!("node {at}")))?;
                    visit(layer, shape, next);
                    shape = next;
                }
                joined = Some(join(node.join, joined, shape).map_err(|e| e.within(at))?);
            }
            let first = node.edges.first().map_or(self.input, |e| shapes[e.source]);
            shapes.push(joined.unwrap_or(first));
        }
        Ok(shapes)
    }
}

fn join(how: Join, so_far: Option<Shape>, next: Shape) -> Result<Shape, Error> {
    let Some(mut shape) = so_far else {
        return Ok(next);
    };
    let channels = shape.channels;
    shape.channels = next.channels;
    if shape != next || (how == Join::Sum && channels != next.channels) {
        shape.channels = channels;
        return Err(
            Error::new("join", format!("{shape:?} does not fit {next:?}"))
                .mend("give images whose side can be halved as often as the network does"),
        );
    }
    if how == Join::Concat {
        shape.channels += channels;
    }
    Ok(shape)
}

fn after(layer: &Layer, from: Shape) -> Result<Shape, Error> {
    let window = |size: usize, kernel: usize, stride: usize, padding: usize| {
        (size + 2 * padding)
            .checked_sub(kernel)
            .map(|rest| rest / stride + 1)
    };
    let map = |channels, kernel, stride, padding| match (
        window(from.height, kernel, stride, padding),
        window(from.width, kernel, stride, padding),
    ) {
        (Some(height), Some(width)) => Ok(Shape {
            channels,
            height,
            width,
        }),
        _ => Err(Error::new(
            format!("{layer:?}"),
            format!("the map is too small: {from:?}"),
        )),
    };
    let expects = match layer {
        Layer::Conv { inputs, .. } | Layer::Linear { inputs, .. } => *inputs,
        Layer::BatchNorm { channels } => *channels,
        _ => from.channels,
    };
    if expects != from.channels {
        let problem = format!("expected {expects} channels, found {}", from.channels);
        return Err(Error::new(format!("{layer:?}"), problem));
    }
    match *layer {
        Layer::Conv {
            outputs,
            kernel,
            stride,
            ..
        } => map(outputs, kernel, stride, kernel / 2),
        Layer::AvgPool {
            kernel,
            stride,
            padding,
        }
        | Layer::MaxPool {
            kernel,
            stride,
            padding,
        } => map(from.channels, kernel, stride, padding),
        Layer::BatchNorm { .. } | Layer::Relu => Ok(from),
        Layer::Truncate { channels } => Ok(Shape { channels, ..from }),
        Layer::GlobalAvgPool => Ok(flat(from.channels)),
        Layer::Linear { outputs, .. } => Ok(flat(outputs)),
    }
}

fn flat(channels: usize) -> Shape {
    Shape {
        channels,
        height: 1,
        width: 1,
    }
}

fn layer_params(layer: &Layer) -> u64 {
    let count = match *layer {
        Layer::Conv {
            inputs,
            outputs,
            kernel,
            groups,
            ..
        } => inputs / groups * outputs * kernel * kernel,
        Layer::BatchNorm { channels } => 2 * channels,
        Layer::Linear { inputs, outputs } => (inputs + 1) * outputs,
        _ => 0,
    };
    count as u64
}

fn layer_flops(layer: &Layer, input: Shape, output: Shape, rule: FlopRule) -> u64 {
    let size = |shape: Shape| shape.channels * shape.height * shape.width;
    let every = rule == FlopRule::EveryLayer;
    let count = match *layer {
        Layer::Conv {
            inputs,
            kernel,
            groups,
            ..
        } => inputs / groups * kernel * kernel * size(output),
        Layer::Linear { inputs, outputs } => {
            inputs * outputs + usize::from(rule == FlopRule::MacsAndBias) * outputs
        }
        Layer::BatchNorm { .. } if every => 2 * size(input),
        Layer::Relu if every => size(input),
        Layer::AvgPool { kernel, .. } | Layer::MaxPool { kernel, .. } if every => {
            kernel * kernel * size(output)
        }
        // The rule adds one to each side of the window here.
        Layer::GlobalAvgPool if every => input.channels * (input.height + 1) * (input.width + 1),
        _ => 0,
    };
    count as u64
}
