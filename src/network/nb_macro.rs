//! NAS-Bench-Macro's skeleton: stages of 2, 3 and 3 layers, each stage's first layer halving the map.
//!
//! Source: Su et al., "Prioritized Architecture Sampling with Monto-Carlo Tree Search", CVPR 2021, arXiv 2103.11922;
//! published with 32 channels behind the stem.

use super::{Block, Builder, Edge, Layer, Network, Scale, batch_norm, conv, conv_bn_relu, edge};
use crate::space::Architecture;

const STAGES: [usize; 3] = [2, 3, 3];
/// Features before the classifier.
const FEATURES: usize = 1280;

/// The network of a NAS-Bench-Macro architecture.
pub fn nb_macro(arch: &Architecture, scale: &Scale) -> Network {
    let mut net = Builder::new(scale.input);
    let mut channels = scale.channels;
    let mut at = net.chain(0, conv_bn_relu(scale.input.channels, channels, 3, 1));
    let mut blocks = arch.decisions().iter();
    for layers in STAGES {
        for layer in 0..layers {
            let block = blocks.next().copied().unwrap_or(0);
            let (outputs, stride) = match layer {
                0 => (2 * channels, 2),
                _ => (channels, 1),
            };
            at = self::layer(&mut net, at, block, channels, outputs, stride);
            channels = outputs;
        }
    }
    let mut head = conv_bn_relu(channels, FEATURES, 1, 1);
    head.push(Layer::GlobalAvgPool);
    head.push(Layer::Linear {
        inputs: FEATURES,
        outputs: scale.classes,
    });
    net.chain(at, head);
    net.finish()
}

/// Identity, or an inverted residual of expansion 3 and kernel 3, or of expansion 6 and kernel 5.
fn layer(
    net: &mut Builder,
    source: usize,
    block: u8,
    inputs: usize,
    outputs: usize,
    stride: usize,
) -> usize {
    let keeps_shape = inputs == outputs && stride == 1;
    let layers = match block {
        0 if keeps_shape => vec![],
        0 => vec![conv(inputs, outputs, 1, stride), batch_norm(outputs)],
        1 => inverted_residual(inputs, outputs, stride, 3, 3),
        _ => inverted_residual(inputs, outputs, stride, 6, 5),
    };
    let shortcut = match block != 0 && keeps_shape {
        true => Block::Layers(vec![]),
        false => Block::Zero,
    };
    let shortcut = Edge {
        source,
        block: shortcut,
    };
    net.sum(vec![edge(source, layers), shortcut])
}

fn inverted_residual(
    inputs: usize,
    outputs: usize,
    stride: usize,
    expansion: usize,
    kernel: usize,
) -> Vec<Layer> {
    let hidden = inputs * expansion;
    let mut layers = conv_bn_relu(inputs, hidden, 1, 1);
    layers.push(Layer::Conv {
        inputs: hidden,
        outputs: hidden,
        kernel,
        stride,
        groups: hidden,
    });
    layers.extend([batch_norm(hidden), Layer::Relu]);
    layers.extend([conv(hidden, outputs, 1, 1), batch_norm(outputs)]);
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{FlopRule, Shape};
    use crate::space::conformance::real_data;
    use crate::space::{NbMacro, SearchSpace};

    const PUBLISHED: Scale = Scale {
        input: Shape {
            channels: 3,
            height: 32,
            width: 32,
        },
        classes: 10,
        channels: 32,
        cells: 0,
    };

    /// The published best, `22212220`, has 1,985,514 parameters and 85,164,544 operations.
    #[test]
    fn the_best_has_the_published_counts() {
        let arch = NbMacro::shared().parse("22212220").expect("published");
        let network = nb_macro(&arch, &PUBLISHED);
        assert_eq!(network.params(), 1_985_514);
        assert_eq!(network.flops(FlopRule::Macs), Ok(85_164_544));
    }

    #[test]
    fn every_architecture_has_the_published_counts() {
        let Some(path) = real_data("nas-bench-macro/nas-bench-macro_cifar10.json") else {
            return;
        };
        let text = std::fs::read_to_string(path).expect("readable");
        let table: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let rows = table.as_object().expect("an object");
        assert_eq!(rows.len(), 6_561);
        for (name, row) in rows {
            let arch = NbMacro::shared().parse(name).expect("published");
            let network = nb_macro(&arch, &PUBLISHED);
            assert_eq!(Some(network.params()), row["params"].as_u64(), "{name}");
            assert_eq!(
                network.flops(FlopRule::Macs).ok(),
                row["flops"].as_u64(),
                "{name}"
            );
        }
    }
}
