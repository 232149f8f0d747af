//! A network as a typed directed acyclic graph: what path, graph and Weisfeiler–Lehman encodings read.
//!
//! Operations are nodes. Where a paper puts them on edges, each edge becomes a node between the edges that enter and
//! leave it, as NAS-BOWL (Ru, Wan, Dong, Osborne, ICLR 2021, arXiv 2006.07556) does for NAS-Bench-201. Only what
//! carries a signal from the input to the output is in the graph: `none` operations and dangling parts are left out.

/// The label of the first node of every graph.
pub const INPUT: u8 = 0;
/// The label of the last node of every graph.
pub const OUTPUT: u8 = 1;

/// A network: labelled nodes in topological order, the input first and the output last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    labels: &'static [&'static str],
    nodes: Vec<u8>,
    edges: Vec<(u8, u8)>,
}

impl Graph {
    /// The part of a graph that lies on paths from its first node to its last.
    ///
    /// `labels` are those of the search space, beginning with `input` and `output`; `nodes` are their codes; each
    /// edge leads from an earlier node to a later one.
    ///
    /// # Panics
    /// When there are fewer than two nodes or more than 255, or an edge leads backwards.
    pub(super) fn new(
        labels: &'static [&'static str],
        nodes: &[u8],
        edges: &[(usize, usize)],
    ) -> Self {
        let last = nodes.len() - 1;
        assert!(edges.iter().all(|&(from, to)| from < to && to <= last));
        assert!(nodes[0] == INPUT && nodes[last] == OUTPUT && last < 255);
        let mut edges = edges.to_vec();
        edges.sort_unstable_by_key(|&(from, to)| (to, from));
        edges.dedup();
        let mut fed = vec![false; nodes.len()];
        fed[0] = true;
        for &(from, to) in &edges {
            fed[to] |= fed[from];
        }
        let mut used = vec![false; nodes.len()];
        used[last] = true;
        for &(from, to) in edges.iter().rev() {
            used[from] |= used[to];
        }
        let mut position = vec![None; nodes.len()];
        let mut kept = Vec::with_capacity(nodes.len());
        for (node, &label) in nodes.iter().enumerate() {
            // The ends stay even where nothing connects them.
            if fed[node] && used[node] || node == 0 || node == last {
                position[node] = Some(kept.len() as u8);
                kept.push(label);
            }
        }
        let edges = edges.iter().filter(|&&(from, _)| fed[from]);
        Self {
            labels,
            nodes: kept,
            edges: edges
                .filter_map(|&(from, to)| position[from].zip(position[to]))
                .collect(),
        }
    }

    /// Operations one after another.
    pub(super) fn chain(labels: &'static [&'static str], operations: &[u8]) -> Self {
        let mut nodes = Vec::with_capacity(operations.len() + 2);
        nodes.push(INPUT);
        nodes.extend(operations);
        nodes.push(OUTPUT);
        let edges: Vec<_> = (1..nodes.len()).map(|node| (node - 1, node)).collect();
        Self::new(labels, &nodes, &edges)
    }

    /// The graph of a cell with operations on its edges, each `(source, target, label)`, in the order of their
    /// targets; `None` is no connection. The cell's output is node `last`.
    pub(super) fn of_edges(
        labels: &'static [&'static str],
        operations: impl Iterator<Item = (usize, usize, Option<u8>)>,
        last: usize,
    ) -> Self {
        let present: Vec<(usize, usize, u8)> = operations
            .filter_map(|(source, target, label)| label.map(|label| (source, target, label)))
            .collect();
        let output = present.len() + 1;
        let mut nodes = vec![INPUT];
        let mut edges = Vec::new();
        for (at, &(source, target, label)) in present.iter().enumerate() {
            nodes.push(label);
            if source == 0 {
                edges.push((0, at + 1));
            }
            let feeds = |&(_, &(from, _, _)): &(usize, &(usize, usize, u8))| from == target;
            let fed = present.iter().enumerate().filter(feeds);
            edges.extend(fed.map(|(later, _)| (at + 1, later + 1)));
            if target == last {
                edges.push((at + 1, output));
            }
        }
        nodes.push(OUTPUT);
        Self::new(labels, &nodes, &edges)
    }

    /// The names of all labels of the search space, the same for each of its graphs; `input` and `output` first.
    pub fn labels(&self) -> &'static [&'static str] {
        self.labels
    }

    /// The label code of each node, in topological order.
    pub fn nodes(&self) -> &[u8] {
        &self.nodes
    }

    /// Source and target of each edge, in the order of targets, then sources.
    pub fn edges(&self) -> &[(u8, u8)] {
        &self.edges
    }
}

/// What isomorphic graphs have in common: the colours of all nodes after colour refinement, as nested texts.
#[cfg(test)]
pub(super) fn refined_colours(graph: &Graph) -> Vec<String> {
    let mut colours: Vec<String> = graph.nodes.iter().map(u8::to_string).collect();
    for _ in 0..3 {
        let around = |node: u8, pick: fn(&(u8, u8)) -> (u8, u8)| {
            let near = graph.edges.iter().map(pick).filter(|&(at, _)| at == node);
            let mut near: Vec<&str> = near
                .map(|(_, o)| colours[usize::from(o)].as_str())
                .collect();
            near.sort_unstable();
            near.join(",")
        };
        colours = (0..graph.nodes.len() as u8)
            .map(|node| {
                let (before, after) = (
                    around(node, |&(from, to)| (to, from)),
                    around(node, |&edge| edge),
                );
                format!("({}<{before}>{after})", colours[usize::from(node)])
            })
            .collect();
    }
    colours.sort_unstable();
    colours
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: &[&str] = &["input", "output", "conv", "pool"];

    #[test]
    fn dangling_parts_are_left_out() {
        // Node 2 is not fed, node 3 feeds nothing.
        let edges = [(0, 1), (2, 4), (1, 3), (1, 4), (0, 4), (0, 4)];
        let graph = Graph::new(LABELS, &[INPUT, 2, 3, 3, OUTPUT], &edges);
        assert_eq!(graph.nodes(), [INPUT, 2, OUTPUT]);
        assert_eq!(graph.edges(), [(0, 1), (0, 2), (1, 2)]);
    }

    #[test]
    fn ends_without_a_path_stay_apart() {
        let graph = Graph::new(LABELS, &[INPUT, 2, OUTPUT], &[(0, 1)]);
        assert_eq!(graph.nodes(), [INPUT, OUTPUT]);
        assert!(graph.edges().is_empty());
    }

    #[test]
    fn operations_on_edges_become_nodes() {
        // A cell 0 → 1 → 2 with a pool beside: conv on 0→1, pool on 0→2, conv on 1→2.
        let edges = [(0, 1, Some(2)), (0, 2, Some(3)), (1, 2, Some(2))];
        let graph = Graph::of_edges(LABELS, edges.into_iter(), 2);
        assert_eq!(graph.nodes(), [INPUT, 2, 3, 2, OUTPUT]);
        assert_eq!(graph.edges(), [(0, 1), (0, 2), (1, 3), (2, 4), (3, 4)]);
    }
}
