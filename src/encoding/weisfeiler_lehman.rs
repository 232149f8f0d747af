//! Weisfeiler–Lehman features: how often each neighbourhood of up to two rounds occurs in the network's graph.
//!
//! Shervashidze et al., "Weisfeiler-Lehman Graph Kernels", JMLR 2011; for architectures Ru, Wan, Dong and Osborne,
//! "Interpretable Neural Architecture Search via Bayesian Optimisation with Weisfeiler-Lehman Kernels", ICLR 2021, arXiv
//! 2006.07556. A node's next label is its own and the sorted labels that feed it. Deviation: the first round has a
//! column for each label, later ones are hashed into a fixed number of columns, which depends on no training set.

use super::{EncodingEntry, Features, graph_of};
use crate::error::Error;
use crate::space::{Architecture, Graph, SearchSpace};

/// Its line in the registry.
pub const ENTRY: EncodingEntry = EncodingEntry {
    name: "weisfeiler-lehman",
    summary: "counts of neighbourhoods in the operations' graph",
    citation: "Ru, Wan, Dong & Osborne, ICLR 2021, arXiv 2006.07556",
    encode,
};

/// Rounds after the first, and the columns of each.
const ROUNDS: usize = 2;
const HASHED: usize = 256;

fn encode(space: &dyn SearchSpace, archs: &[Architecture]) -> Result<Features, Error> {
    let labels = graph_of(space, &space.at_index(0))?.labels().len();
    let mut features = Features::zeros(archs.len(), labels + ROUNDS * HASHED);
    for (at, arch) in archs.iter().enumerate() {
        count(&graph_of(space, arch)?, labels, features.row_mut(at));
    }
    Ok(features)
}

fn count(graph: &Graph, labels: usize, row: &mut [f64]) {
    let mut codes: Vec<u64> = graph
        .nodes()
        .iter()
        .map(|&label| u64::from(label))
        .collect();
    for &label in graph.nodes() {
        row[usize::from(label)] += 1.0;
    }
    for round in 0..ROUNDS {
        let mut fed: Vec<Vec<u64>> = vec![Vec::new(); codes.len()];
        for &(from, to) in graph.edges() {
            fed[usize::from(to)].push(codes[usize::from(from)]);
        }
        let next = codes.iter().zip(&mut fed).map(|(&own, fed)| {
            fed.sort_unstable();
            fed.iter()
                .fold(mix(own), |code, &label| mix(code ^ label.rotate_left(17)))
        });
        codes = next.collect();
        for &code in &codes {
            row[labels + round * HASHED + code as usize % HASHED] += 1.0;
        }
    }
}

/// Spreads a label over 64 bits (the finaliser of SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
fn mix(mut code: u64) -> u64 {
    code = code.wrapping_add(0x9e37_79b9_7f4a_7c15);
    code = (code ^ (code >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    code = (code ^ (code >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    code ^ (code >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Nb201;

    #[test]
    fn each_round_counts_every_node_once() {
        let space = Nb201::shared();
        let archs: Vec<Architecture> = (0..space.raw_size())
            .step_by(101)
            .map(|at| space.at_index(at))
            .collect();
        let features = ENTRY.encode(&*space, &archs).expect("has graphs");
        for (row, arch) in features.iter().zip(&archs) {
            let nodes = space.graph(arch).expect("has graphs").nodes().len() as f64;
            let labels = row.len() - ROUNDS * HASHED;
            assert_eq!(row[..labels].iter().sum::<f64>(), nodes);
            assert_eq!(row[labels..labels + HASHED].iter().sum::<f64>(), nodes);
        }
    }

    #[test]
    fn order_of_isomorphic_parts_does_not_matter() {
        let space = Nb201::shared();
        // Two ways to write a pooling beside conv after conv, through node 1 or node 2.
        let one = "|nor_conv_3x3~0|+|none~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|";
        let other = "|none~0|+|nor_conv_3x3~0|none~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
        let archs = [one, other].map(|text| space.parse(text).expect("a cell"));
        let features = ENTRY.encode(&*space, &archs).expect("has graphs");
        assert_eq!(features.row(0), features.row(1));
    }
}
