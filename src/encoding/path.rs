//! Path encoding: a column for each sequence of operations, 1 where a path from input to output runs through it.
//!
//! White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
//! Search", AAAI 2021, arXiv 1910.11858. Truncated, as there, to short paths: the longest length for which there are at
//! most 1,024 columns. Deviations: a path through `none` is no path, and a skip connection is no operation, so that cells
//! that compute the same share their paths; learning from few architectures gains much from it.

use super::{EncodingEntry, Features, graph_of};
use crate::error::Error;
use crate::space::{Architecture, Graph, SearchSpace};

/// Its line in the registry.
pub const ENTRY: EncodingEntry = EncodingEntry {
    name: "path",
    summary: "a column for each short sequence of operations from input to output",
    citation: "White, Neiswanger & Savani, AAAI 2021, arXiv 1910.11858",
    encode,
};

/// Columns at most.
const MOST_COLUMNS: usize = 1024;
/// Labels of operations that pass on what they get.
const SKIPS: [&str; 2] = ["skip", "skip_connect"];
/// Labels that are no operation: input and output.
const ENDS: usize = 2;

fn encode(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Features, Error> {
    let paths = Paths::of(space)?;
    let mut features = Features::zeros(archs.len(), paths.columns());
    for (at, arch) in archs.iter().enumerate() {
        let row = features.row_mut(at);
        for column in paths.of_arch(space, arch)? {
            row[column as usize] = 1.0;
        }
    }
    Ok(features)
}

/// The paths of a space's architectures.
pub(crate) struct Paths {
    operations: usize,
    /// The first column of the paths of each length, and the end of the last.
    starts: Vec<usize>,
}

impl Paths {
    /// The paths of `space`.
    ///
    /// # Errors
    /// When its architectures have no graph.
    pub(crate) fn of(space: &dyn SearchSpace) -> Result<Self, Error> {
        let operations = graph_of(space, &space.at_index(0))?.labels().len() - ENDS;
        let starts = starts(operations);
        Ok(Self { operations, starts })
    }

    /// The number of paths that have a column.
    pub(crate) fn columns(&self) -> usize {
        *self.starts.last().expect("at least the empty path")
    }

    /// The columns of an architecture's paths, ascending.
    ///
    /// # Errors
    /// When it has no graph.
    pub(crate) fn of_arch(
        &self,
        space: &dyn SearchSpace,
        arch: &Architecture,
    ) -> Result<Vec<u32>, Error> {
        Ok(self.of_graph(&graph_of(space, arch)?))
    }

    fn of_graph(&self, graph: &Graph) -> Vec<u32> {
        let nodes = graph.nodes();
        // For each node, the sequences that lead to it: their length and their rank among those of the length.
        let mut reaching: Vec<Vec<(usize, usize)>> = vec![Vec::new(); nodes.len()];
        reaching[0].push((0, 0));
        for &(from, to) in graph.edges() {
            let (from, to) = (usize::from(from), usize::from(to));
            let label = usize::from(nodes[to]);
            let passes = to + 1 == nodes.len() || SKIPS.contains(&graph.labels()[label]);
            let (before, after) = reaching.split_at_mut(to);
            for &(length, rank) in &before[from] {
                if passes {
                    after[0].push((length, rank));
                } else if length + 2 < self.starts.len() {
                    after[0].push((length + 1, rank * self.operations + label - ENDS));
                }
            }
            after[0].sort_unstable();
            after[0].dedup();
        }
        let whole = &reaching[nodes.len() - 1];
        whole
            .iter()
            .map(|&(length, rank)| (self.starts[length] + rank) as u32)
            .collect()
    }
}

/// The first column of the paths of each length, and the end of the last.
fn starts(operations: usize) -> Vec<usize> {
    let mut starts = vec![0, 1];
    let mut of_length = operations;
    while starts[starts.len() - 1] + of_length <= MOST_COLUMNS && of_length > 0 {
        starts.push(starts[starts.len() - 1] + of_length);
        of_length = of_length.saturating_mul(operations);
        if operations == 1 && starts.len() > crate::space::MAX_DECISIONS {
            break;
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Nb201;

    /// By hand: operations are skip_connect 0, conv 1×1 1, conv 3×3 2, average pooling 3.
    #[test]
    fn paths_of_a_cell() {
        let space = Nb201::shared();
        let text =
            "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
        let arch = space.parse(text).expect("a cell");
        let features = ENTRY.encode(&*space, &[arch]).expect("has graphs");
        assert_eq!(features.columns(), 1 + 4 + 16 + 64 + 256);
        let set: Vec<usize> = (0..341).filter(|&at| features.row(0)[at] == 1.0).collect();
        // Pooling alone; conv 3×3, (skip), conv 1×1.
        assert_eq!(set, [1 + 3, 1 + 4 + 2 * 4 + 1]);
    }

    #[test]
    fn isomorphic_cells_have_the_same_paths() {
        let space = Nb201::shared();
        for index in 0..space.raw_size() {
            let arch = space.at_index(index);
            let both = ENTRY
                .encode(&*space, &[arch, space.canonical(&arch)])
                .expect("has graphs");
            assert_eq!(both.row(0), both.row(1));
        }
    }
}
