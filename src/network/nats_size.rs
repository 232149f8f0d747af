//! NATS-Bench's size space: one fixed cell, and the channels of five layers to choose.
//!
//! Source: Dong, Liu, Musial, Gabrys, "NATS-Bench: Benchmarking NAS Algorithms for Architecture Topology and Size",
//! IEEE TPAMI 2021, arXiv 2009.00437. Layers 1, 3 and 5 are cells, 2 and 4 residual reductions.

use super::nb201::residual;
use super::{Builder, Edge, Layer, Network, Scale, batch_norm, conv, edge, relu_conv_bn};

/// The network of five channel counts, such as those of `8:16:24:32:40`. The scale's channels and cells do not matter.
pub fn nats_size(channels: [usize; 5], scale: &Scale) -> Network {
    let mut net = Builder::new(scale.input);
    let mut inputs = channels[0];
    let stem = vec![conv(scale.input.channels, inputs, 3, 1), batch_norm(inputs)];
    let mut at = net.chain(0, stem);
    for (layer, outputs) in channels.into_iter().enumerate() {
        at = match layer % 2 {
            0 => cell(&mut net, at, inputs, outputs),
            _ => residual(&mut net, at, inputs, outputs, 2),
        };
        inputs = outputs;
    }
    let head = vec![
        batch_norm(inputs),
        Layer::Relu,
        Layer::GlobalAvgPool,
        Layer::Linear {
            inputs,
            outputs: scale.classes,
        },
    ];
    net.chain(at, head);
    net.finish()
}

/// 3×3 convolutions on all edges but the skip connection from the input to the output.
fn cell(net: &mut Builder, input: usize, inputs: usize, outputs: usize) -> usize {
    let mut nodes: Vec<usize> = vec![input];
    for target in 1..4 {
        let edges: Vec<Edge> = nodes
            .iter()
            .enumerate()
            .map(|(source, &node)| {
                let from = if source == 0 { inputs } else { outputs };
                let layers = match (source, target) {
                    (0, 3) if from == outputs => vec![],
                    (0, 3) => vec![conv(from, outputs, 1, 1), batch_norm(outputs)],
                    _ => relu_conv_bn(from, outputs, 3, 1),
                };
                edge(node, layers)
            })
            .collect();
        nodes.push(net.sum(edges));
    }
    nodes[3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{FlopRule, Shape};

    /// `params` and `flop` of architectures 0, 11 and 284 in the published size files: CIFAR-10, then ImageNet16-120.
    #[test]
    fn published_counts() {
        let published = [
            ([8, 8, 8, 8, 8], 11_714, 4_481_114, 12_704, 1_121_336),
            ([8, 8, 8, 16, 32], 49_202, 6_840_650, 52_832, 1_714_040),
            ([8, 8, 40, 32, 40], 144_834, 21_827_994, 149_344, 5_461_816),
        ];
        let scale = |side, classes| Scale {
            input: Shape {
                channels: 3,
                height: side,
                width: side,
            },
            classes,
            channels: 0,
            cells: 0,
        };
        for (channels, params, flops, params_120, flops_120) in published {
            let cifar = nats_size(channels, &scale(32, 10));
            assert_eq!(cifar.params(), params);
            assert_eq!(cifar.flops(FlopRule::MacsAndBias), Ok(flops));
            let imagenet = nats_size(channels, &scale(16, 120));
            assert_eq!(imagenet.params(), params_120);
            assert_eq!(imagenet.flops(FlopRule::MacsAndBias), Ok(flops_120));
        }
    }
}
