//! NAS-Bench-201's macro skeleton: a stem, three stages of equal cells, and a residual reduction between stages.
//!
//! Source: Dong, Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020,
//! arXiv 2001.00326, section 2.1; published with 16 channels and 5 cells per stage.

use super::{Block, Builder, Edge, Layer, Network, Scale, batch_norm, conv, edge, relu_conv_bn};
use crate::space::Architecture;

/// The network of a NAS-Bench-201 cell.
pub fn nb201(arch: &Architecture, scale: &Scale) -> Network {
    let mut net = Builder::new(scale.input);
    let mut channels = scale.channels;
    let stem = vec![
        conv(scale.input.channels, channels, 3, 1),
        batch_norm(channels),
    ];
    let mut at = net.chain(0, stem);
    for stage in 0..3 {
        if stage > 0 {
            at = residual_reduction(&mut net, at, channels);
            channels *= 2;
        }
        for _ in 0..scale.cells {
            at = cell(&mut net, at, arch, channels);
        }
    }
    let head = vec![
        batch_norm(channels),
        Layer::Relu,
        Layer::GlobalAvgPool,
        Layer::Linear {
            inputs: channels,
            outputs: scale.classes,
        },
    ];
    net.chain(at, head);
    net.finish()
}

/// One cell: nodes 1 to 3, each the sum of an operation on every earlier node.
fn cell(net: &mut Builder, input: usize, arch: &Architecture, channels: usize) -> usize {
    let mut operations = arch.decisions().iter();
    let mut nodes = vec![input];
    for _ in 1..4 {
        let edges = nodes
            .iter()
            .zip(&mut operations)
            .map(|(&source, &operation)| Edge {
                source,
                block: operation_block(operation, channels),
            })
            .collect();
        nodes.push(net.sum(edges));
    }
    nodes[3]
}

/// The operation's layers, in the order of the published list: none, skip, conv 1×1, conv 3×3, average pooling.
fn operation_block(operation: u8, channels: usize) -> Block {
    Block::Layers(match operation {
        0 => return Block::Zero,
        1 => vec![],
        2 => relu_conv_bn(channels, channels, 1, 1),
        3 => relu_conv_bn(channels, channels, 3, 1),
        _ => vec![Layer::AvgPool {
            kernel: 3,
            stride: 1,
            padding: 1,
        }],
    })
}

/// Halves the map and doubles the channels.
fn residual_reduction(net: &mut Builder, input: usize, channels: usize) -> usize {
    residual(net, input, channels, 2 * channels, 2)
}

/// Two 3×3 convolutions beside a shortcut of mean pooling (where the map shrinks) and a 1×1 convolution (where it or
/// the channels change). A map of odd side gives branches of different size and is refused by the shape check.
pub(super) fn residual(
    net: &mut Builder,
    input: usize,
    inputs: usize,
    outputs: usize,
    stride: usize,
) -> usize {
    let mut long = relu_conv_bn(inputs, outputs, 3, stride);
    long.extend(relu_conv_bn(outputs, outputs, 3, 1));
    let mut shortcut = Vec::new();
    if stride == 2 {
        shortcut.push(Layer::AvgPool {
            kernel: 2,
            stride: 2,
            padding: 0,
        });
        shortcut.push(conv(inputs, outputs, 1, 1));
    } else if inputs != outputs {
        shortcut.extend(relu_conv_bn(inputs, outputs, 1, 1));
    }
    net.sum(vec![edge(input, long), edge(input, shortcut)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{FlopRule, Shape};
    use crate::space::conformance::real_data;
    use crate::space::{Nb201, SearchSpace};

    const PUBLISHED: Scale = Scale {
        input: Shape {
            channels: 3,
            height: 32,
            width: 32,
        },
        classes: 10,
        channels: 16,
        cells: 5,
    };

    /// The authors' own figures (NATS-Bench topology files, CIFAR-10): the empty cell has 7,783,050 operations, all
    /// 3×3 convolutions 220,119,690; 0.073306 and 1.531546 million parameters.
    #[test]
    fn extremes_are_the_published_ones() {
        let network = |op| nb201(&Architecture::new(&[op; 6]), &PUBLISHED);
        for (op, params, flops) in [(0, 73_306, 7_783_050), (3, 1_531_546, 220_119_690)] {
            assert_eq!(network(op).params(), params);
            assert_eq!(network(op).flops(FlopRule::MacsAndBias), Ok(flops));
        }
    }

    #[test]
    fn every_scored_cell_has_the_published_counts() {
        let Some(path) = real_data("nas-bench-201/zero_cost_proxies.csv") else {
            return;
        };
        let mut rows = csv::Reader::from_path(path).expect("readable");
        let space = Nb201::shared();
        let mut count = 0;
        for row in rows.deserialize() {
            let row: std::collections::BTreeMap<String, String> = row.expect("a row");
            let whole = |column: &str| {
                let millions: f64 = row[column].parse().expect("a number");
                (millions * 1e6).round() as u64
            };
            let network = nb201(
                &space.parse(&row["net_str"]).expect("published"),
                &PUBLISHED,
            );
            assert_eq!(network.params(), whole("params"), "{}", row["net_str"]);
            assert_eq!(network.flops(FlopRule::EveryLayer), Ok(whole("flops")));
            count += 1;
        }
        assert_eq!(count, 9_445);
    }

    #[test]
    fn an_odd_side_is_refused() {
        let mut scale = PUBLISHED;
        scale.input.height = 14;
        scale.input.width = 14;
        let network = nb201(&Architecture::new(&[3; 6]), &scale);
        assert!(network.flops(FlopRule::Macs).is_err());
    }

    #[test]
    fn what_cannot_reach_the_output_is_dropped() {
        // Edges 0→1 and 0→2 lead nowhere when 1→2, 1→3 and 2→3 are `none`.
        let network = nb201(&Architecture::new(&[3, 3, 0, 3, 0, 0]), &PUBLISHED);
        let lean = nb201(&Architecture::new(&[0, 0, 0, 3, 0, 0]), &PUBLISHED);
        assert_eq!(network.live(), lean);
    }
}
