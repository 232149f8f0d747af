//! NAS-Bench-101's macro skeleton: a stem, three stacks of three equal modules, halving the map and doubling the
//! channels between stacks.
//!
//! Source: Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019, arXiv 1902.09635;
//! published with 128 channels and 3 modules per stack. A module's output channels are shared evenly among the vertices
//! that lead to its output; earlier vertices take the widest of their successors and are cut to size.

use super::{Builder, Edge, Join, Layer, Network, Scale, conv_bn_relu, edge};

const STACKS: usize = 3;

/// The operation of an inner vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nb101Operation {
    /// 1×1 convolution, normalisation, ReLU.
    Conv1x1,
    /// 3×3 convolution, normalisation, ReLU.
    Conv3x3,
    /// 3×3 maximum.
    MaxPool3x3,
}

/// A module: a directed acyclic graph without vertices that lead nowhere. Vertex 0 is the input, the last the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell101 {
    /// Edges `(from, to)` with `from < to`.
    pub edges: Vec<(usize, usize)>,
    /// The operations of vertices 1, 2, …
    pub operations: Vec<Nb101Operation>,
}

impl Cell101 {
    fn output(&self) -> usize {
        self.operations.len() + 1
    }

    fn has(&self, from: usize, to: usize) -> bool {
        self.edges.contains(&(from, to))
    }

    /// Channels of each vertex for a module from `inputs` to `outputs` channels.
    fn channels(&self, inputs: usize, outputs: usize) -> Vec<usize> {
        let last = self.output();
        let mut channels = vec![0; last + 1];
        (channels[0], channels[last]) = (inputs, outputs);
        let mut leading: Vec<usize> = (1..last).filter(|&v| self.has(v, last)).collect();
        let share = outputs / leading.len().max(1);
        let mut rest = outputs % leading.len().max(1);
        for vertex in leading.drain(..) {
            channels[vertex] = share + usize::from(rest > 0);
            rest = rest.saturating_sub(1);
        }
        for vertex in (1..last).rev().filter(|&v| !self.has(v, last)) {
            channels[vertex] = (vertex + 1..last)
                .filter(|&to| self.has(vertex, to))
                .map(|to| channels[to])
                .max()
                .unwrap_or(0);
        }
        channels
    }
}

/// The network of a NAS-Bench-101 module.
pub fn nb101(cell: &Cell101, scale: &Scale) -> Network {
    let mut net = Builder::new(scale.input);
    let mut channels = scale.channels;
    let mut inputs = channels;
    let mut at = net.chain(0, conv_bn_relu(scale.input.channels, channels, 3, 1));
    for stack in 0..STACKS {
        if stack > 0 {
            at = net.chain(at, vec![max_pool(2, 2, 0)]);
            channels *= 2;
        }
        for _ in 0..scale.cells {
            at = module(&mut net, at, cell, inputs, channels);
            inputs = channels;
        }
    }
    let classifier = Layer::Linear {
        inputs: channels,
        outputs: scale.classes,
    };
    net.chain(at, vec![Layer::GlobalAvgPool, classifier]);
    net.finish()
}

fn max_pool(kernel: usize, stride: usize, padding: usize) -> Layer {
    Layer::MaxPool {
        kernel,
        stride,
        padding,
    }
}

fn module(net: &mut Builder, input: usize, cell: &Cell101, inputs: usize, outputs: usize) -> usize {
    let last = cell.output();
    let channels = cell.channels(inputs, outputs);
    let mut nodes = vec![input; last + 1];
    for vertex in 1..last {
        let mut edges: Vec<Edge> = (1..vertex)
            .filter(|&from| cell.has(from, vertex))
            .map(|from| edge(nodes[from], cut(channels[from], channels[vertex])))
            .collect();
        if cell.has(0, vertex) {
            edges.push(edge(input, conv_bn_relu(inputs, channels[vertex], 1, 1)));
        }
        let sum = net.sum(edges);
        nodes[vertex] = net.chain(
            sum,
            operation(cell.operations[vertex - 1], channels[vertex]),
        );
    }
    let into: Vec<Edge> = (1..last)
        .filter(|&from| cell.has(from, last))
        .map(|from| edge(nodes[from], vec![]))
        .collect();
    let project = || edge(input, conv_bn_relu(inputs, outputs, 1, 1));
    match (into.is_empty(), cell.has(0, last)) {
        (true, _) => net.sum(vec![project()]),
        (false, false) => net.join(Join::Concat, into),
        (false, true) => {
            let joined = net.join(Join::Concat, into);
            net.sum(vec![edge(joined, vec![]), project()])
        }
    }
}

fn cut(from: usize, to: usize) -> Vec<Layer> {
    match from == to {
        true => vec![],
        false => vec![Layer::Truncate { channels: to }],
    }
}

fn operation(operation: Nb101Operation, channels: usize) -> Vec<Layer> {
    match operation {
        Nb101Operation::Conv1x1 => conv_bn_relu(channels, channels, 1, 1),
        Nb101Operation::Conv3x3 => conv_bn_relu(channels, channels, 3, 1),
        Nb101Operation::MaxPool3x3 => vec![max_pool(3, 1, 1)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Shape;
    use crate::space::conformance::real_data;

    const PUBLISHED: Scale = Scale {
        input: Shape {
            channels: 3,
            height: 32,
            width: 32,
        },
        classes: 10,
        channels: 128,
        cells: 3,
    };

    /// The published matrix (rows joined) and operations of a module.
    fn cell(matrix: &str, operations: &str) -> Cell101 {
        let operations: Vec<&str> = operations.split(',').collect();
        let vertices = operations.len();
        let bits = matrix.bytes().enumerate().filter(|(_, bit)| *bit == b'1');
        Cell101 {
            edges: bits.map(|(at, _)| (at / vertices, at % vertices)).collect(),
            operations: operations[1..vertices - 1]
                .iter()
                .map(|name| match *name {
                    "conv1x1-bn-relu" => Nb101Operation::Conv1x1,
                    "conv3x3-bn-relu" => Nb101Operation::Conv3x3,
                    "maxpool3x3" => Nb101Operation::MaxPool3x3,
                    other => panic!("unknown operation {other}"),
                })
                .collect(),
        }
    }

    /// `trainable_parameters` of published rows: outputs joined, channels cut, a projection beside the joined outputs.
    #[test]
    fn published_parameters() {
        let (c1, c3, mp) = ("conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3");
        for (matrix, inner, params) in [
            ("0111001000010000", [c1, c3].as_slice(), 12_962_698),
            ("0110000110000100000100000", &[mp, mp, c1], 2_793_866),
            ("0111000111000110000100000", &[c3, c1, c1], 2_155_680),
            ("0101100101000110000100000", &[c3, mp, c1], 2_621_083),
        ] {
            let operations = format!("input,{},output", inner.join(","));
            let network = nb101(&cell(matrix, &operations), &PUBLISHED);
            assert_eq!(network.params(), params, "{matrix}");
            assert!(network.shapes().is_ok(), "{matrix}");
        }
    }

    #[test]
    fn every_published_row_at_hand_has_its_parameters() {
        let Some(path) = real_data("nas-bench-101/energy_5V9E.tfrecord") else {
            return;
        };
        let bytes = std::fs::read(path).expect("readable");
        let (mut at, mut rows) = (0, 0);
        while at < bytes.len() {
            let length = u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
            let body = &bytes[at + 12..at + 12 + length as usize];
            at += 16 + length as usize;
            let row: serde_json::Value = serde_json::from_slice(body).expect("JSON");
            let text = |column: usize| row[column].as_str().expect("text");
            let params = trainable_parameters(&base64(text(4)));
            let network = nb101(&cell(text(2), text(3)), &PUBLISHED);
            assert_eq!(network.params(), params, "{} {}", text(2), text(3));
            rows += 1;
        }
        assert_eq!(rows, 2_532);
    }

    fn base64(text: &str) -> Vec<u8> {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
        for c in text.bytes() {
            let Some(digit) = DIGITS.iter().position(|&d| d == c) else {
                continue;
            };
            held = held << 6 | digit as u32;
            bits += 6;
            if bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits) as u8);
            }
        }
        bytes
    }

    /// Field 2 of the protobuf message.
    fn trainable_parameters(bytes: &[u8]) -> u64 {
        let varint = |at: &mut usize| {
            let mut value = 0_u64;
            for shift in (0..).step_by(7) {
                let byte = bytes[*at];
                *at += 1;
                value |= u64::from(byte & 127) << shift;
                if byte < 128 {
                    break;
                }
            }
            value
        };
        let mut at = 0;
        while at < bytes.len() {
            match varint(&mut at) {
                16 => return varint(&mut at),
                tag if tag & 7 == 2 => at += varint(&mut at) as usize,
                tag if tag & 7 == 1 => at += 8,
                tag => panic!("unexpected tag {tag}"),
            }
        }
        panic!("no parameters")
    }
}
