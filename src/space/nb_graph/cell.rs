//! The four-node cell of NAS-Bench-Graph and its published canonical form.

/// The nine link patterns of the published table, in its order. Entry `i` is the node that feeds node `i + 1`; 0 is
/// the cell's input.
pub(super) const PATTERNS: [[u8; 4]; 9] = [
    [0, 0, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 1, 1],
    [0, 0, 1, 2],
    [0, 0, 1, 3],
    [0, 1, 1, 1],
    [0, 1, 1, 2],
    [0, 1, 2, 2],
    [0, 1, 2, 3],
];

/// The code of the skip connection.
pub(super) const SKIP: u8 = 8;

/// A tree of four operations below the input; nodes without a successor are summed to the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// The node that feeds each node; 0 is the input, node `i + 1` is entry `i`.
    pub(super) links: [u8; 4],
    /// The code of each node's operation in the list of nine.
    pub(super) ops: [u8; 4],
}

impl Cell {
    /// The position of the links among [`PATTERNS`].
    pub(super) fn pattern(&self) -> Option<usize> {
        PATTERNS.iter().position(|links| *links == self.links)
    }

    /// The published integer: the pattern, then one decimal digit per operation. `None` for unordered links.
    pub(super) fn hash(&self) -> Option<u32> {
        let digits = self.ops.iter().map(|&op| u32::from(op));
        self.pattern()
            .map(|pattern| digits.fold(pattern as u32, |hash, op| hash * 10 + op))
    }

    /// The same tree with its nodes renumbered so that the links are one of [`PATTERNS`], if they can be.
    pub(super) fn in_pattern(self) -> Option<Self> {
        (0..256_u32)
            .map(|code| [code >> 6, code >> 4, code >> 2, code].map(|node| (node & 3) as usize))
            .filter(|order| (0..4).all(|node| order.contains(&node)))
            .filter_map(|order| self.renumbered(order))
            .find(|cell| cell.pattern().is_some())
    }

    /// The tree whose node `i` is this one's node `order[i]`.
    fn renumbered(&self, order: [usize; 4]) -> Option<Self> {
        let mut links = [0; 4];
        for (link, &node) in links.iter_mut().zip(&order) {
            if let Some(feeder) = usize::from(self.links[node]).checked_sub(1) {
                *link = 1 + order.iter().position(|&old| old == feeder)? as u8;
            }
        }
        Some(Self {
            links,
            ops: order.map(|node| self.ops[node]),
        })
    }

    /// The published canonical form: skip connections moved to the front where they change nothing, then operations
    /// in interchangeable places sorted. `self` must be in a pattern, and so is the result.
    pub(super) fn canonical(self) -> Self {
        let mut cell = self;
        cell.hoist_skips();
        let mut cell = cell
            .in_pattern()
            .expect("a tree of four nodes has a pattern");
        cell.sort_equal_parts();
        cell
    }

    /// Moves to the front every skip connection that is not a branch of its own to the output. Such a branch also
    /// moves when it carries the input unchanged.
    fn hoist_skips(&mut self) {
        for node in 0..4 {
            if self.ops[node] != SKIP {
                continue;
            }
            let feeds = self.links.contains(&(node as u8 + 1));
            let alone = (0..4).all(|other| other == node || self.links[other] != self.links[node]);
            if feeds || alone || self.carries_input(node) {
                self.hoist(node);
            }
        }
    }

    /// Whether all operations from the input up to `node` are skip connections.
    fn carries_input(&self, node: usize) -> bool {
        let mut at = node;
        while self.ops[at] == SKIP {
            match usize::from(self.links[at]).checked_sub(1) {
                Some(feeder) => at = feeder,
                None => return true,
            }
        }
        false
    }

    /// Takes `node` out, feeding what it fed from its own feeder, and puts it first, between the input and the rest.
    fn hoist(&mut self, node: usize) {
        let label = node as u8 + 1;
        let feeder = self.links[node];
        for link in &mut self.links {
            *link = match *link {
                from if from == label => feeder + 1,
                from if from < label => from + 1,
                from => from,
            };
        }
        self.links[..=node].rotate_right(1);
        self.ops[..=node].rotate_right(1);
        self.links[0] = 0;
    }

    /// Sorts the operations that an automorphism of the pattern exchanges.
    fn sort_equal_parts(&mut self) {
        let ops = &mut self.ops;
        match self.links {
            [0, 0, 0, 0] => ops.sort_unstable(),
            [0, 0, 0, 1] => ops[1..3].sort_unstable(),
            [0, 0, 1, 1] | [0, 1, 2, 2] => ops[2..].sort_unstable(),
            [0, 1, 1, 1] => ops[1..].sort_unstable(),
            // Two chains of two nodes: 1→3 and 2→4.
            [0, 0, 1, 2] if (ops[0], ops[2]) > (ops[1], ops[3]) => {
                ops.swap(0, 1);
                ops.swap(2, 3);
            }
            _ => {}
        }
    }
}
