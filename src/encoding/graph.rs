//! Graph encoding: the upper triangle of the adjacency matrix of the network's graph, then the one-hot labels of its
//! nodes, the operations in topological order.
//!
//! The input of graph networks such as Wen et al., "Neural Predictor for Neural Architecture Search", ECCV 2020, arXiv
//! 1912.00848, laid out in a row. The output is the last node; graphs with fewer nodes leave a gap before it.

use super::{EncodingEntry, Features, graph_of};
use crate::error::Error;
use crate::space::{Architecture, SearchSpace};

/// Its line in the registry.
pub const ENTRY: EncodingEntry = EncodingEntry {
    name: "graph",
    summary: "the adjacency matrix of the operations' graph and their labels",
    citation: "Wen et al., ECCV 2020, arXiv 1912.00848",
    encode,
};

fn encode(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Features, Error> {
    let labels = graph_of(space, &space.at_index(0))?.labels().len();
    // An operation for each decision at most, and the two ends.
    let nodes = space.decisions().len() + 2;
    let triangle = nodes * (nodes - 1) / 2;
    let mut features = Features::zeros(archs.len(), triangle + nodes * labels);
    for (at, arch) in archs.iter().enumerate() {
        let graph = graph_of(space, arch)?;
        let last = graph.nodes().len() - 1;
        if last >= nodes {
            let problem = format!("`{}` has {} nodes", space.display(arch), last + 1);
            return Err(Error::new("graph encoding", problem)
                .mend(format!("expected at most {nodes} in {}", space.name())));
        }
        let place = |node: usize| if node == last { nodes - 1 } else { node };
        let row = features.row_mut(at);
        for &(from, to) in graph.edges() {
            let (from, to) = (place(usize::from(from)), place(usize::from(to)));
            row[to * (to - 1) / 2 + from] = 1.0;
        }
        for (node, &label) in graph.nodes().iter().enumerate() {
            row[triangle + place(node) * labels + usize::from(label)] = 1.0;
        }
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Nb201;

    /// A single convolution from input to output: edges 0→1 and 1→7 of eight nodes.
    #[test]
    fn a_chain_of_one_operation() {
        let space = Nb201::shared();
        let text = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|";
        let arch = space.parse(text).expect("a cell");
        let features = ENTRY.encode(&*space, &[arch]).expect("has graphs");
        let row = features.row(0);
        let set: Vec<usize> = (0..row.len()).filter(|&at| row[at] == 1.0).collect();
        let labels = (row.len() - 28) / 8;
        assert_eq!(set[..2], [0, 21 + 1]);
        assert_eq!(set.len(), 2 + 3);
        assert_eq!((set[2], set[4]), (28, 28 + 7 * labels + 1));
    }
}
