//! Graphs of architectures, and batches of them as one graph of several parts.

use crate::error::Error;
use crate::space::{Architecture, Graph, SearchSpace};

/// The graph of each architecture.
pub(super) struct Graphs {
    graphs: Vec<Graph>,
    labels: usize,
}

/// Several graphs side by side.
pub(super) struct Batch {
    /// Row-major one-hot labels of all nodes.
    pub(super) nodes: Vec<f32>,
    /// The nodes of each graph.
    pub(super) parts: Vec<std::ops::Range<usize>>,
    /// Target, source and weight: each node's mean over itself and what feeds it.
    pub(super) along: Vec<Link>,
    /// The same over what it feeds.
    pub(super) against: Vec<Link>,
}

/// Target, source and weight.
pub(super) type Link = (u32, u32, f32);

impl Graphs {
    pub(super) fn of(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Self, Error> {
        let graph = |arch: &Architecture| {
            space.graph(arch).ok_or_else(|| {
                Error::new(
                    "gcn",
                    format!("architectures of {} have no graph", space.name()),
                )
                .mend("choose a predictor that reads an encoding")
            })
        };
        let graphs: Vec<Graph> = archs.iter().map(graph).collect::<Result<_, _>>()?;
        let labels = graphs.first().map_or(0, |graph| graph.labels().len());
        Ok(Self { graphs, labels })
    }

    /// The number of labels of the space.
    pub(super) fn labels(&self) -> usize {
        self.labels
    }

    /// All graphs as one batch.
    pub(super) fn all(&self) -> Batch {
        self.batch(&(0..self.graphs.len()).collect::<Vec<_>>())
    }

    /// The graphs at these positions.
    pub(super) fn batch(&self, chosen: &[usize]) -> Batch {
        let mut batch = Batch {
            nodes: Vec::new(),
            parts: Vec::with_capacity(chosen.len()),
            along: Vec::new(),
            against: Vec::new(),
        };
        let mut first = 0;
        for graph in chosen.iter().map(|&at| &self.graphs[at]) {
            let nodes = graph.nodes().len();
            for &label in graph.nodes() {
                let start = batch.nodes.len();
                batch.nodes.resize(start + self.labels, 0.0);
                batch.nodes[start + usize::from(label)] = 1.0;
            }
            let edges = || {
                graph
                    .edges()
                    .iter()
                    .map(|&(from, to)| (usize::from(from), usize::from(to)))
            };
            add_links(
                &mut batch.along,
                first,
                nodes,
                edges().map(|(from, to)| (to, from)),
            );
            add_links(&mut batch.against, first, nodes, edges());
            batch.parts.push(first..first + nodes);
            first += nodes;
        }
        batch
    }
}

/// Adds the links of one graph: each node to itself and, from its sources, `(target, source)`, all of a target alike.
fn add_links(
    links: &mut Vec<Link>,
    first: usize,
    nodes: usize,
    pairs: impl Iterator<Item = (usize, usize)> + Clone,
) {
    let mut degree = vec![1.0; nodes];
    pairs.clone().for_each(|(target, _)| degree[target] += 1.0);
    let own = (0..nodes).map(|node| (node, node));
    for (target, source) in own.chain(pairs) {
        links.push((
            (first + target) as u32,
            (first + source) as u32,
            1.0 / degree[target],
        ));
    }
}
