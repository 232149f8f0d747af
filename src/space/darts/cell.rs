//! The DARTS cell: two inputs, then four nodes that each sum two operations on different earlier ones.

/// Nodes behind the two inputs.
pub(super) const NODES: usize = 4;
/// The pairs of inputs each node can have.
pub(super) const PAIRS: [usize; NODES] = [1, 3, 6, 10];
/// Decisions of a cell: the inputs of the last three nodes, and eight operations.
pub(super) const CHOICES: usize = NODES - 1 + 2 * NODES;

/// A cell. Sources 0 and 1 are its inputs, source `n + 2` is node `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    /// Of each node, two (source, operation); the sources ascend.
    pub(super) nodes: [[(u8, u8); 2]; NODES],
}

/// The pair of sources of rank `rank`: 0_1, 0_2, 1_2, 0_3, …
fn sources(rank: usize) -> (u8, u8) {
    let mut second = 1;
    let mut below = 0;
    while below + second <= rank {
        below += second;
        second += 1;
    }
    ((rank - below) as u8, second as u8)
}

/// The rank of a pair of sources.
fn rank((first, second): (u8, u8)) -> u8 {
    second * (second - 1) / 2 + first
}

impl Cell {
    /// Reads [`CHOICES`] decisions.
    pub(super) fn from_choices(choices: &[u8]) -> Self {
        let mut choices = choices.iter().copied();
        let mut next = || choices.next().unwrap_or_default();
        let nodes = PAIRS.map(|pairs| {
            let rank = if pairs > 1 { next() } else { 0 };
            let (first, second) = sources(usize::from(rank));
            [(first, next()), (second, next())]
        });
        Self { nodes }
    }

    /// The decisions that make this cell.
    pub(super) fn choices(&self) -> [u8; CHOICES] {
        let mut choices = [0; CHOICES];
        let mut at = 0;
        for ([first, second], pairs) in self.nodes.iter().zip(PAIRS) {
            if pairs > 1 {
                choices[at] = rank((first.0, second.0));
                at += 1;
            }
            choices[at..at + 2].copy_from_slice(&[first.1, second.1]);
            at += 2;
        }
        choices
    }

    /// The isomorphic cell that stands for all of its class: the smallest of those with the nodes in another order.
    pub(super) fn canonical(&self) -> Self {
        let mut best = *self;
        for order in ORDERS {
            if let Some(cell) = self.reordered(order)
                && cell < best
            {
                best = cell;
            }
        }
        best
    }

    /// The cell whose node `i` is this one's node `order[i]`, where no node then precedes what it reads.
    fn reordered(&self, order: [u8; NODES]) -> Option<Self> {
        let mut place = [0, 1, 0, 0, 0, 0];
        for (at, &node) in (2..).zip(&order) {
            place[usize::from(node) + 2] = at;
        }
        let mut nodes = self.nodes;
        for (at, &node) in order.iter().enumerate() {
            let mut pair = self.nodes[usize::from(node)];
            for (source, _) in &mut pair {
                *source = place[usize::from(*source)];
            }
            pair.sort_unstable();
            if usize::from(pair[1].0) >= at + 2 {
                return None;
            }
            nodes[at] = pair;
        }
        Some(Self { nodes })
    }
}

/// Every order of four nodes.
const ORDERS: [[u8; NODES]; 24] = {
    let mut orders = [[0; NODES]; 24];
    let mut count = 0;
    let mut code = 0_u32;
    while code < 256 {
        let order = [code >> 6, code >> 4 & 3, code >> 2 & 3, code & 3];
        if 1 << order[0] | 1 << order[1] | 1 << order[2] | 1 << order[3] == 15 {
            orders[count] = [
                order[0] as u8,
                order[1] as u8,
                order[2] as u8,
                order[3] as u8,
            ];
            count += 1;
        }
        code += 1;
    }
    orders
};

/// The number of classes of cells with this many operations: for one wiring of each class of wirings, its labellings
/// up to the wiring's automorphisms (Burnside's lemma).
pub(super) fn class_count(operations: u64) -> u64 {
    let mut count = 0;
    for wiring in 0..PAIRS.iter().product() {
        // Each operation is named by its edge, so that an order shows where it moves every edge.
        let mut left = wiring;
        let mut edge = 0;
        let nodes = PAIRS.map(|pairs| {
            let (first, second) = sources(left % pairs);
            left /= pairs;
            edge += 2;
            [(first, edge - 2), (second, edge - 1)]
        });
        let cell = Cell { nodes };
        let wires = |cell: &Cell| cell.nodes.map(|pair| pair.map(|(source, _)| source));
        let reordered: Vec<Cell> = ORDERS.iter().filter_map(|&o| cell.reordered(o)).collect();
        if reordered.iter().any(|other| wires(other) < wires(&cell)) {
            continue;
        }
        let automorphisms = reordered
            .iter()
            .filter(|other| wires(other) == wires(&cell));
        let kept = automorphisms
            .clone()
            .map(|other| operations.pow(cycles(&other.nodes)));
        count += kept.sum::<u64>() / automorphisms.count() as u64;
    }
    count
}

/// The cycles of the permutation of eight edges that `nodes` writes down.
fn cycles(nodes: &[[(u8, u8); 2]; NODES]) -> u32 {
    let to: Vec<usize> = nodes
        .iter()
        .flatten()
        .map(|&(_, edge)| usize::from(edge))
        .collect();
    let mut seen = vec![false; to.len()];
    let mut cycles = 0;
    for start in 0..to.len() {
        let mut at = start;
        cycles += u32::from(!seen[start]);
        while !seen[at] {
            seen[at] = true;
            at = to[at];
        }
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Burnside's count against going through all 180 × n^8 cells of n operations.
    #[test]
    fn classes_of_few_operations_are_counted() {
        for operations in [1_u64, 2, 3] {
            let cells = 180 * operations.pow(8);
            let canonical = (0..cells).filter(|&index| {
                let mut left = index;
                let mut digit = |base: u64| {
                    let digit = left % base;
                    left /= base;
                    digit as u8
                };
                let nodes = PAIRS.map(|pairs| {
                    let (first, second) = sources(usize::from(digit(pairs as u64)));
                    [(first, digit(operations)), (second, digit(operations))]
                });
                let cell = Cell { nodes };
                cell.canonical() == cell
            });
            assert_eq!(
                canonical.count() as u64,
                class_count(operations),
                "{operations}"
            );
        }
    }

    #[test]
    fn pairs_are_ranked_in_the_published_order_of_a_node() {
        let pairs: Vec<_> = (0..10).map(sources).collect();
        assert_eq!(pairs[..4], [(0, 1), (0, 2), (1, 2), (0, 3)]);
        assert!((0..10).all(|at| usize::from(rank(pairs[at])) == at));
    }
}
