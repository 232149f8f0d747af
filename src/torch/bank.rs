//! A bank: M networks of one skeleton whose parameters are stacked, so that one step trains them all.
//!
//! On every edge the networks are grouped by what they do there, and a group runs as one layer: a convolution with one
//! group of channels per network, a batched matrix product for the classifier. Networks are independent: the sum of
//! their losses has, for each network, the gradient of its own loss.

use super::weights::{Fill, Slot, Streams, draw, uniform};
use crate::error::Error;
use crate::network::{Block, Join, Layer, Network, Shape};
use std::collections::BTreeMap;
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// Decay of the running mean and variance, and the variance's floor, as in PyTorch.
pub(super) const NORM_MOMENTUM: f64 = 0.1;
pub(super) const NORM_EPSILON: f64 = 1e-5;

/// Networks trained together.
pub struct Bank {
    pub(super) networks: usize,
    pub(super) nodes: Vec<NodePlan>,
    /// Trainable tensors, views of `flat`.
    pub(super) parameters: Vec<Tensor>,
    /// All trainable values.
    pub(super) flat: Tensor,
    /// Running means and variances, views of `running`.
    pub(super) norms: Vec<(Tensor, Tensor)>,
    /// All running values.
    pub(super) running: Tensor,
    /// Whether convolutions run in bfloat16.
    pub(super) mixed_precision: bool,
    pub(super) device: Device,
}

/// How a node is computed.
pub(super) struct NodePlan {
    pub(super) join: Join,
    pub(super) shape: Shape,
    pub(super) edges: Vec<EdgePlan>,
}

/// How an edge is computed: networks that do the same share a group, neighbours of one group share a run.
pub(super) struct EdgePlan {
    pub(super) source: usize,
    pub(super) runs: Vec<Run>,
    pub(super) groups: Vec<Vec<Step>>,
}

/// Consecutive networks of one group; `None` carries zeros.
pub(super) struct Run {
    pub(super) networks: Range<usize>,
    pub(super) group: Option<usize>,
}

/// A layer of a group, with its parameters' positions.
pub(super) enum Step {
    Conv {
        weight: usize,
        stride: i64,
        padding: i64,
        groups: i64,
    },
    Norm {
        scale: usize,
        shift: usize,
        norm: usize,
    },
    Linear {
        weight: usize,
        bias: usize,
    },
    Truncate {
        networks: i64,
        channels: i64,
    },
    Plain(Layer),
}

struct Compiler {
    slots: Vec<Slot>,
    norms: Vec<i64>,
}

impl Bank {
    /// Stacks networks and draws their weights. Parts that cannot reach the output are left out.
    ///
    /// # Errors
    /// When there is none, or they differ in more than the layers on their edges, or a shape does not fit.
    pub fn new(networks: &[Network], streams: &Streams<'_>, device: Device) -> Result<Self, Error> {
        let live: Vec<Network> = networks.iter().map(Network::live).collect();
        let Some(first) = networks.first() else {
            return Err(Error::new("bank", "no network"));
        };
        let shapes = first.shapes()?;
        for network in &networks[1..] {
            if !same_skeleton(first, network) || network.shapes()? != shapes {
                return Err(
                    Error::new("bank", "the networks' skeletons or shapes differ")
                        .mend("train them in banks of their own"),
                );
            }
        }
        let mut compiler = Compiler {
            slots: Vec::new(),
            norms: Vec::new(),
        };
        let nodes = (0..first.nodes.len())
            .map(|node| NodePlan {
                join: first.nodes[node].join,
                shape: shapes[node + 1],
                edges: (0..first.nodes[node].edges.len())
                    .map(|edge| compiler.edge(&live, node, edge))
                    .collect(),
            })
            .collect();
        compiler.finish(nodes, networks.len(), streams, device)
    }

    /// The number of networks.
    pub fn networks(&self) -> usize {
        self.networks
    }

    /// Runs convolutions in bfloat16 from now on.
    pub fn set_mixed_precision(&mut self, on: bool) {
        self.mixed_precision = on;
    }
}

fn same_skeleton(a: &Network, b: &Network) -> bool {
    a.input == b.input
        && a.nodes.len() == b.nodes.len()
        && a.nodes.iter().zip(&b.nodes).all(|(a, b)| {
            let sources = |node: &crate::network::Node| -> Vec<usize> {
                node.edges.iter().map(|e| e.source).collect()
            };
            a.join == b.join && sources(a) == sources(b)
        })
}

impl Compiler {
    fn edge(&mut self, networks: &[Network], node: usize, edge: usize) -> EdgePlan {
        let at = |network: usize| &networks[network].nodes[node].edges[edge];
        let mut members: BTreeMap<&[Layer], Vec<usize>> = BTreeMap::new();
        for network in 0..networks.len() {
            if let Block::Layers(layers) = &at(network).block {
                members.entry(layers).or_default().push(network);
            }
        }
        let keys: Vec<&[Layer]> = members.keys().copied().collect();
        let mut runs: Vec<Run> = Vec::new();
        for network in 0..networks.len() {
            let group = match &at(network).block {
                Block::Zero => None,
                Block::Layers(layers) => keys.iter().position(|k| k == layers),
            };
            match runs.last_mut() {
                Some(run) if run.group == group => run.networks.end = network + 1,
                _ => runs.push(Run {
                    networks: network..network + 1,
                    group,
                }),
            }
        }
        let source = at(0).source;
        let groups = members
            .into_iter()
            .map(|(layers, members)| self.group(layers, &members, (node, edge), source == 0))
            .collect();
        EdgePlan {
            source,
            runs,
            groups,
        }
    }

    fn group(
        &mut self,
        layers: &[Layer],
        members: &[usize],
        place: (usize, usize),
        of_image: bool,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        for (at, layer) in layers.iter().enumerate() {
            let shared_input = of_image && at == 0;
            let path = |what: &str| format!("{}.{}.{at}.{what}", place.0, place.1);
            steps.push(self.step(layer, members, shared_input, path));
        }
        steps
    }

    fn step(
        &mut self,
        layer: &Layer,
        members: &[usize],
        shared_input: bool,
        path: impl Fn(&str) -> String,
    ) -> Step {
        let count = members.len() as i64;
        let mut slot = |what: &str, size: Vec<i64>, stacked: Vec<i64>, fill: Fill| {
            let slot = Slot::new(path(what), members, [size, stacked], fill);
            self.slots.push(slot);
            self.slots.len() - 1
        };
        match *layer {
            Layer::Conv {
                inputs,
                outputs,
                kernel,
                stride,
                groups,
            } => {
                let (fan, side) = ((inputs / groups) as i64, kernel as i64);
                let size = vec![outputs as i64, fan, side, side];
                let stacked = vec![count * outputs as i64, fan, side, side];
                let fan_in = inputs / groups * kernel * kernel;
                // One image serves all networks: their filters stand side by side in one group.
                let is_side_by_side = shared_input && groups == 1;
                Step::Conv {
                    weight: slot("weight", size, stacked, uniform(fan_in)),
                    stride: stride as i64,
                    padding: side / 2,
                    groups: if is_side_by_side { 1 } else { count } * groups as i64,
                }
            }
            Layer::BatchNorm { channels } => {
                let (own, all) = (vec![channels as i64], vec![count * channels as i64]);
                let scale = slot("scale", own.clone(), all.clone(), Fill::Constant(1.0));
                let shift = slot("shift", own, all, Fill::Constant(0.0));
                self.norms.push(count * channels as i64);
                Step::Norm {
                    scale,
                    shift,
                    norm: self.norms.len() - 1,
                }
            }
            Layer::Linear { inputs, outputs } => {
                let (i, o) = (inputs as i64, outputs as i64);
                Step::Linear {
                    weight: slot("weight", vec![i, o], vec![count, i, o], uniform(inputs)),
                    bias: slot("bias", vec![o], vec![count, 1, o], uniform(inputs)),
                }
            }
            Layer::Truncate { channels } => Step::Truncate {
                networks: count,
                channels: channels as i64,
            },
            plain => Step::Plain(plain),
        }
    }

    fn finish(
        self,
        nodes: Vec<NodePlan>,
        networks: usize,
        streams: &Streams<'_>,
        device: Device,
    ) -> Result<Bank, Error> {
        let values = draw(&self.slots, streams)?;
        let flat = Tensor::f_from_slice(&values)?.f_to_device(device)?;
        let mut parameters = Vec::new();
        let mut start = 0;
        for slot in &self.slots {
            let length = slot.stacked.iter().product();
            let view = flat.f_narrow(0, start, length)?.f_view(&slot.stacked[..])?;
            parameters.push(view.f_detach()?.f_set_requires_grad(true)?);
            start += length;
        }
        let total: i64 = self.norms.iter().sum();
        let options = (Kind::Float, device);
        let running = Tensor::f_cat(
            &[
                Tensor::f_zeros([total], options)?,
                Tensor::f_ones([total], options)?,
            ],
            0,
        )?;
        let mut norms = Vec::new();
        let mut start = 0;
        for &length in &self.norms {
            let mean = running.f_narrow(0, start, length)?;
            norms.push((mean, running.f_narrow(0, total + start, length)?));
            start += length;
        }
        Ok(Bank {
            networks,
            nodes,
            parameters,
            flat,
            norms,
            running,
            mixed_precision: false,
            device,
        })
    }
}
