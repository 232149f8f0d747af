//! NAS-Bench-201: a cell of four nodes with one of five operations on each of its six edges.
//!
//! Source: Dong, Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020,
//! arXiv 2001.00326. All 15,625 cells were trained, so all are valid, also the 341 that let nothing through.
//!
//! Isomorphism classes are those of the published 6,466 unique strings, in the variant that considers zeros: a node is
//! the sorted sum of its inputs, each written `(source)@operation`, a skip connection is its source and a `none` edge
//! (or an edge out of exactly zero) is the term `#`. Cells of a class always compute the same function, but the classes
//! are finer than that: a zero stays in the sum, so `x+#` is not `x` and `#+#` is not `#`, and a sum inside a sum is not
//! flattened before sorting. Dropping zero terms alone would leave 5,390 classes, flattening sums as well 4,930.

use super::graph::Graph;
use super::uniform::{Notation, UniformSpace};
use super::{Architecture, Decision};
use crate::error::Error;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

const NAME: &str = "nas-bench-201";
/// The operations in the order of the published list.
const OPERATIONS: [&str; 5] = [
    "none",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
    "avg_pool_3x3",
];
const _: () = {
    assert!(OPERATIONS[0].len() == 4);
    let mut code = 1;
    while code < OPERATIONS.len() {
        assert!(OPERATIONS[code].len() == 12);
        code += 1;
    }
};
const LABELS: &[&str] = &[
    "input",
    "output",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
    "avg_pool_3x3",
];
const NONE: u8 = 0;
const SKIP_CONNECT: u8 = 1;
/// Source and target node, in the order of the published string.
const EDGES: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];

/// The NAS-Bench-201 space.
pub type Nb201 = UniformSpace<CellEdges, 5, 6>;

/// Operations and their source nodes, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.
pub enum CellEdges {}

impl Nb201 {
    /// The space, built once.
    pub fn shared() -> Arc<Self> {
        static SPACE: LazyLock<Arc<Nb201>> = LazyLock::new(|| Arc::new(Nb201::with_classes()));
        SPACE.clone()
    }

    fn with_classes() -> Self {
        let mut first = BTreeMap::new();
        let smallest: Vec<u32> = (0..)
            .zip(Self::all())
            .map(|(index, choices)| *first.entry(unique_string(choices)).or_insert(index))
            .collect();
        let decision = |(source, target)| Decision {
            name: format!("edge {source}→{target}"),
            options: OPERATIONS.to_vec(),
        };
        Self::build(EDGES.map(decision).to_vec(), |index| {
            smallest[index as usize]
        })
    }

    /// Whether a path of edges other than `none` leads from the input to the output.
    pub fn has_path(&self, arch: &Architecture) -> bool {
        let mut reached = [true, false, false, false];
        for (&(source, target), &op) in EDGES.iter().zip(arch.decisions()) {
            reached[target] |= reached[source] && op != NONE;
        }
        reached[3]
    }
}

/// The published unique string of the cell, zeros considered.
fn unique_string(choices: [u8; 6]) -> String {
    let mut nodes = vec!["0".to_owned()];
    let mut edges = choices.into_iter();
    for _ in 1..4 {
        let mut terms: Vec<String> = nodes
            .iter()
            .zip(&mut edges)
            .map(|(source, op)| match op {
                NONE => "#".to_owned(),
                _ if source == "#" => "#".to_owned(),
                SKIP_CONNECT => source.clone(),
                _ => format!("({source})@{}", OPERATIONS[op as usize]),
            })
            .collect();
        terms.sort_unstable();
        nodes.push(terms.join("+"));
    }
    nodes.swap_remove(3)
}

fn malformed(text: &str, why: &str) -> Error {
    Error::new(NAME, format!("`{text}` is not an architecture: {why}"))
        .mend("expected `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`")
}

/// The operation in `op~source`.
fn parse_edge(text: &str, edge: &str, source: usize) -> Result<u8, Error> {
    let name = (edge.rsplit_once('~'))
        .filter(|(_, node)| *node == ["0", "1", "2"][source])
        .map(|(name, _)| name)
        .ok_or_else(|| malformed(text, &format!("`{edge}` must end in `~{source}`")))?;
    OPERATIONS
        .iter()
        .position(|known| *known == name)
        .map(|code| code as u8)
        .ok_or_else(|| Error::unknown_name(NAME, "operation", name, OPERATIONS))
}

/// Reads a string that is as published; anything else is for [`Notation::parse`] to explain.
fn parse_plain(text: &[u8]) -> Option<[u8; 6]> {
    let mut rest = text;
    let mut choices = [NONE; 6];
    for (&(source, target), choice) in EDGES.iter().zip(&mut choices) {
        let start: &[u8] = match (source, target) {
            (0, 1) => b"|",
            (0, _) => b"+|",
            _ => b"",
        };
        let (operation, after) = leading_operation(rest.strip_prefix(start)?)?;
        let [b'~', digit, b'|', left @ ..] = after else {
            return None;
        };
        if usize::from(digit.wrapping_sub(b'0')) != source {
            return None;
        }
        (*choice, rest) = (operation, left);
    }
    rest.is_empty().then_some(choices)
}

/// The operation that a text begins with, and what follows. Names of a known length are compared as whole words.
#[inline]
fn leading_operation(text: &[u8]) -> Option<(u8, &[u8])> {
    fn strip<'t, const LEN: usize>(text: &'t [u8], name: &str) -> Option<&'t [u8]> {
        let (start, after) = text.split_first_chunk::<LEN>()?;
        (Some(start) == name.as_bytes().first_chunk()).then_some(after)
    }
    if let Some(after) = strip::<4>(text, OPERATIONS[0]) {
        return Some((NONE, after));
    }
    (1..OPERATIONS.len()).find_map(|code| Some((code as u8, strip::<12>(text, OPERATIONS[code])?)))
}

impl Notation<6> for CellEdges {
    const NAME: &'static str = NAME;

    fn parse(text: &str) -> Result<[u8; 6], Error> {
        if let Some(choices) = parse_plain(text.as_bytes()) {
            return Ok(choices);
        }
        let three = || malformed(text, "there must be three nodes joined by `+`");
        let mut nodes = text.split('+');
        let mut choices = [NONE; 6];
        let mut left = choices.iter_mut();
        for inputs in 1..=3 {
            let node = nodes.next().ok_or_else(three)?;
            let wrong = || {
                let why = format!("`{node}` must be {inputs} edge(s) between bars");
                malformed(text, &why)
            };
            let inner = node
                .strip_prefix('|')
                .and_then(|node| node.strip_suffix('|'));
            let mut edges = inner.ok_or_else(wrong)?.split('|');
            for (source, choice) in left.by_ref().take(inputs).enumerate() {
                *choice = parse_edge(text, edges.next().ok_or_else(wrong)?, source)?;
            }
            if edges.next().is_some() {
                return Err(wrong());
            }
        }
        match nodes.next() {
            None => Ok(choices),
            Some(_) => Err(three()),
        }
    }

    fn display(ops: &[u8; 6]) -> String {
        let mut text = String::new();
        for (&(source, target), &op) in EDGES.iter().zip(ops) {
            if source == 0 {
                text.push_str(if target == 1 { "|" } else { "+|" });
            }
            text.push_str(OPERATIONS[op as usize]);
            text.push('~');
            text.push(char::from(b'0' + source as u8));
            text.push('|');
        }
        text
    }

    fn graph(ops: &[u8; 6]) -> Graph {
        let edges = EDGES.iter().zip(ops);
        let edges = edges.map(|(&(from, to), &op)| (from, to, (op != NONE).then_some(op + 1)));
        Graph::of_edges(LABELS, edges, 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SearchSpace;
    use crate::space::conformance::{real_data, sha256_hex};

    /// `OPS` is the operation list; the digest is over the smallest member of each cell's class.
    /// ```python
    /// def unique(c):
    ///     n, e = ['0'], iter(c)
    ///     for _ in range(3):
    ///         t = []
    ///         for s in n:
    ///             o = OPS[next(e)]
    ///             t.append('#' if o == 'none' or s == '#' else s if o == 'skip_connect' else '(' + s + ')@' + o)
    ///         n.append('+'.join(sorted(t)))
    ///     return n[3]
    /// for i, c in enumerate(itertools.product(range(5), repeat=6)):
    ///     h.update(rep.setdefault(unique(c), i).to_bytes(4, 'little'))
    /// ```
    #[test]
    fn classes_are_the_published_unique_strings() {
        let space = Nb201::shared();
        assert_eq!(space.class_count(), 6_466);
        let canonical = (0..space.raw_size()).map(|i| space.class(&space.at_index(i)).0 as u32);
        assert_eq!(
            sha256_hex(canonical),
            "a85a275ebef1a0c0dd262036094fc698ee800bb3909f58d5ccb278ad55369d56"
        );
    }

    #[test]
    fn a_published_cell_reads_as_its_edges() {
        let text = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_3x3~2|";
        let arch = Nb201::shared().parse(text).expect("published");
        assert_eq!(arch.decisions(), [4, 1, 0, 2, 4, 3]);
        assert_eq!(Nb201::shared().display(&arch), text);
    }

    /// 341 cells of the published table train to chance level because nothing reaches the output.
    #[test]
    fn blocked_cells_are_341_and_a_class_is_blocked_whole() {
        let space = Nb201::shared();
        let cells = || (0..space.raw_size()).map(|i| space.at_index(i));
        assert_eq!(cells().filter(|a| !space.has_path(a)).count(), 341);
        for arch in cells() {
            assert_eq!(
                space.has_path(&arch),
                space.has_path(&space.canonical(&arch))
            );
        }
    }

    #[test]
    fn malformed_texts_say_what_was_expected() {
        let error = |text: &str| Nb201::shared().parse(text).expect_err(text).to_string();
        assert!(error("|none~0|").contains("three nodes"));
        assert!(error("|non~0|+|none~0|none~1|+|none~0|none~1|none~2|").contains("mean `none`"));
        assert!(error("|none~0|+|none~1|none~0|+|none~0|none~1|none~2|").contains("end in `~0`"));
        assert!(error("|none~0|+|none~0|+|none~0|none~1|none~2|").contains("2 edge(s)"));
        assert!(error("|+|none~0|none~1|+|none~0|none~1|none~2|").contains("1 edge(s)"));
    }

    #[test]
    fn published_strings_parse() {
        let Some(data) = real_data("nas-bench-201/zero_cost_proxies.csv") else {
            return;
        };
        let mut rows = csv::Reader::from_path(data).expect("readable");
        let mut count = 0;
        for row in rows.records() {
            let row = row.expect("a row");
            let arch = Nb201::shared().parse(&row[1]).expect("published");
            assert_eq!(Nb201::shared().display(&arch), row[1]);
            count += 1;
        }
        assert_eq!(count, 9_445);
    }
}
