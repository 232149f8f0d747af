//! Networks as plain descriptions: what an architecture of a search space becomes when it is trained.
//!
//! A [`Network`] is a list of nodes; each joins what its edges carry from earlier nodes, and each edge is a short chain
//! of layers. Parameters and operations are counted from the description alone ([`Network::params`],
//! [`Network::flops`]); the `torch` feature trains the same description. Architectures of one space share the nodes and
//! edges of their networks and differ in the layers on them, which is what lets many be trained in one step.

mod count;
mod nats_size;
mod nb101;
mod nb201;
mod nb_macro;

pub use count::FlopRule;
pub use nats_size::nats_size;
pub use nb_macro::nb_macro;
pub use nb101::{Cell101, Nb101Operation, nb101};
pub use nb201::nb201;

/// The shape of one image or feature map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// One layer. Convolutions have no bias and are padded by half their kernel; all have square kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Convolution.
    Conv {
        /// Input channels.
        inputs: usize,
        /// Output channels.
        outputs: usize,
        /// Side of the kernel.
        kernel: usize,
        /// Step between outputs.
        stride: usize,
        /// Groups of channels that do not mix.
        groups: usize,
    },
    /// Batch normalisation with scale and shift.
    BatchNorm {
        /// Channels.
        channels: usize,
    },
    /// max(0, x).
    Relu,
    /// Mean over a window, of what lies inside the map.
    AvgPool {
        /// Side of the window.
        kernel: usize,
        /// Step between outputs.
        stride: usize,
        /// Rows and columns added on each side.
        padding: usize,
    },
    /// Maximum over a window.
    MaxPool {
        /// Side of the window.
        kernel: usize,
        /// Step between outputs.
        stride: usize,
        /// Rows and columns added on each side.
        padding: usize,
    },
    /// Mean over the whole map; leaves one row and column.
    GlobalAvgPool,
    /// The first channels only.
    Truncate {
        /// How many are kept.
        channels: usize,
    },
    /// Fully connected, with bias.
    Linear {
        /// Input features.
        inputs: usize,
        /// Output features.
        outputs: usize,
    },
}

/// What an edge carries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// Nothing: zeros of the node's shape.
    Zero,
    /// The source through these layers; none leave it as it is.
    Layers(Vec<Layer>),
}

/// A connection from an earlier node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// 0 is the image, `k` is node `k - 1`.
    pub source: usize,
    /// What happens on the way.
    pub block: Block,
}

/// How a node joins its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Adds them.
    Sum,
    /// Puts their channels one after the other.
    Concat,
}

/// A feature map of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// How the edges are joined.
    pub join: Join,
    /// What comes in.
    pub edges: Vec<Edge>,
}

/// A network: the last node holds one value per class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The shape of an image.
    pub input: Shape,
    /// In the order of computation.
    pub nodes: Vec<Node>,
}

/// The size of a network besides its architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// The shape of an image.
    pub input: Shape,
    /// Classes to tell apart.
    pub classes: usize,
    /// Channels behind the stem.
    pub channels: usize,
    /// Cells per stage, where the space has cells.
    pub cells: usize,
}

impl Network {
    /// The same function without what cannot reach the output: such edges carry [`Block::Zero`]. It trains like the
    /// whole network, and costs less. Counts are those of the whole network: count first.
    #[must_use]
    pub fn live(&self) -> Self {
        let mut live = self.clone();
        let mut used = vec![false; self.nodes.len() + 1];
        used[self.nodes.len()] = true;
        for (at, node) in live.nodes.iter_mut().enumerate().rev() {
            for edge in &mut node.edges {
                if !used[at + 1] && node.join == Join::Sum {
                    edge.block = Block::Zero;
                }
                used[edge.source] |= edge.block != Block::Zero;
            }
        }
        live
    }
}

/// Builds a network node by node.
struct Builder {
    nodes: Vec<Node>,
    input: Shape,
}

impl Builder {
    fn new(input: Shape) -> Self {
        Self {
            nodes: Vec::new(),
            input,
        }
    }

    /// Appends a node and gives the source number that names it.
    fn join(&mut self, join: Join, edges: Vec<Edge>) -> usize {
        self.nodes.push(Node { join, edges });
        self.nodes.len()
    }

    fn sum(&mut self, edges: Vec<Edge>) -> usize {
        self.join(Join::Sum, edges)
    }

    /// A node with one edge.
    fn chain(&mut self, source: usize, layers: Vec<Layer>) -> usize {
        self.sum(vec![edge(source, layers)])
    }

    fn finish(self) -> Network {
        Network {
            input: self.input,
            nodes: self.nodes,
        }
    }
}

fn edge(source: usize, layers: Vec<Layer>) -> Edge {
    Edge {
        source,
        block: Block::Layers(layers),
    }
}

fn conv(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Layer {
    Layer::Conv {
        inputs,
        outputs,
        kernel,
        stride,
        groups: 1,
    }
}

fn batch_norm(channels: usize) -> Layer {
    Layer::BatchNorm { channels }
}

fn relu_conv_bn(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Vec<Layer> {
    vec![
        Layer::Relu,
        conv(inputs, outputs, kernel, stride),
        batch_norm(outputs),
    ]
}

fn conv_bn_relu(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Vec<Layer> {
    vec![
        conv(inputs, outputs, kernel, stride),
        batch_norm(outputs),
        Layer::Relu,
    ]
}
