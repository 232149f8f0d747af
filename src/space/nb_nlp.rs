//! NAS-Bench-NLP: recurrent cells, each a graph of linear maps, activations, products, sums and blends.
//!
//! Source: Klyuchnikov, Trofimov, Artemova, Salnikov, Fedorov, Filippov, Burnaev, "NAS-Bench-NLP: Neural Architecture
//! Search Benchmark for Natural Language Processing", IEEE Access 2022, arXiv 2006.07116. Published cells of fifteen nodes
//! with up to three inputs each are more than 32 decisions hold, so that the trained cells are served as a
//! [`Pool`](super::Pool): they can be drawn and looked up, and have graphs for encodings.
//!
//! A cell prints as the published recipe, `{"f": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": …`.

use super::graph::{Graph, INPUT, OUTPUT};
use crate::error::Error;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

const NAME: &str = "nas-bench-nlp";
/// States of a cell at most.
const STATES: usize = 3;
/// Nodes of a cell at most, far above any published one.
const MAX_NODES: usize = 100;
const LABELS: &[&str] = &[
    "input",
    "output",
    "x",
    "h_prev_0",
    "h_prev_1",
    "h_prev_2",
    "h_new_0",
    "h_new_1",
    "h_new_2",
    "linear",
    "blend",
    "elementwise_prod",
    "elementwise_sum",
    "activation_tanh",
    "activation_sigm",
    "activation_leaky_relu",
];
const SOURCES: std::ops::Range<usize> = 2..6;
const RESULTS: std::ops::Range<usize> = 6..9;
/// Label and numbers of inputs of each operation.
const OPERATIONS: [(u8, std::ops::RangeInclusive<usize>); 7] = [
    (9, 1..=3),
    (10, 3..=3),
    (11, 2..=2),
    (12, 2..=2),
    (13, 1..=1),
    (14, 1..=1),
    (15, 1..=1),
];

/// A recurrent cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrentCell {
    /// In the published order, which need not be topological.
    nodes: Vec<Node>,
    /// Positions of the nodes such that each comes behind what it reads.
    order: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    name: String,
    /// Code among [`LABELS`].
    operation: u8,
    inputs: Vec<Source>,
}

/// What a node reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// `x` or a state of the step before: a code among [`LABELS`].
    Given(u8),
    /// The node at this position.
    Node(usize),
}

/// A recipe as JSON has it, its nodes in order.
struct Recipe<'t>(Vec<(Text<'t>, WireNode<'t>)>);

/// A text that is borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireNode<'t> {
    #[serde(borrow)]
    op: Text<'t>,
    #[serde(borrow)]
    input: Vec<Text<'t>>,
}

/// A text as JSON.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |b: u8| b >= b' ' && b != b'"' && b != b'\\';
        if !self.0.bytes().all(is_plain) {
            return write!(f, "{}", serde_json::Value::from(self.0));
        }
        f.write_str("\"")?;
        f.write_str(self.0)?;
        f.write_str("\"")
    }
}

impl<'de> Deserialize<'de> for Recipe<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Recipe<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of nodes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Recipe<'de>, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = map.next_entry()? {
                    nodes.push(node);
                }
                Ok(Recipe(nodes))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn malformed(why: impl fmt::Display) -> Error {
    Error::new(NAME, format!("not a recurrent cell: {why}")).mend(
        "expected a recipe such as `{\"f\": {\"op\": \"linear\", \"input\": [\"x\", \"h_prev_0\"]}, \
         \"h_new_0\": {\"op\": \"activation_tanh\", \"input\": [\"f\"]}}`",
    )
}

impl RecurrentCell {
    /// Reads a published recipe.
    ///
    /// # Errors
    /// When it is not JSON of nodes, an operation or input is unknown, an operation has a wrong number of inputs, the
    /// graph has a cycle, or there is no state `h_new_0`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Recipe(wire) = serde_json::from_str(text).map_err(malformed)?;
        if wire.len() > MAX_NODES {
            return Err(malformed(format!("{} nodes", wire.len())));
        }
        let position = |name: &str| wire.iter().position(|(known, _)| known.0 == name);
        let source = |Text(name): &Text<'_>| -> Result<Source, Error> {
            let given = SOURCES.clone().find(|&label| LABELS[label] == name);
            let given = given.map(|label| Source::Given(label as u8));
            given
                .or_else(|| position(name).map(Source::Node))
                .ok_or_else(|| malformed(format!("`{name}` is no node and no input")))
        };
        let mut nodes = Vec::with_capacity(wire.len());
        for (at, (Text(name), node)) in wire.iter().enumerate() {
            let op = node.op.0.as_ref();
            if position(name) != Some(at) || SOURCES.clone().any(|l| LABELS[l] == name) {
                return Err(malformed(format!("two nodes are called `{name}`")));
            }
            let known = OPERATIONS
                .iter()
                .map(|(label, _)| LABELS[usize::from(*label)]);
            let (operation, arity) = OPERATIONS
                .iter()
                .find(|(label, _)| LABELS[usize::from(*label)] == op)
                .ok_or_else(|| Error::unknown_name(NAME, "operation", op, known))?;
            if !arity.contains(&node.input.len()) {
                let why = format!("`{name}` is {op} of {} inputs", node.input.len());
                return Err(malformed(why));
            }
            nodes.push(Node {
                name: name.as_ref().to_owned(),
                operation: *operation,
                inputs: node.input.iter().map(source).collect::<Result<_, _>>()?,
            });
        }
        if position(LABELS[RESULTS.start]).is_none() {
            return Err(malformed("there is no `h_new_0`"));
        }
        let order = topological(&nodes).ok_or_else(|| malformed("it has a cycle"))?;
        Ok(Self { nodes, order })
    }

    /// The cell as a graph: `x` and the states before, the operations, and the states after.
    pub fn graph(&self) -> Graph {
        let mut labels = vec![INPUT];
        labels.extend(SOURCES.map(|label| label as u8));
        let mut edges: Vec<_> = (1..labels.len()).map(|given| (0, given)).collect();
        let first = labels.len();
        let mut place = vec![0; self.nodes.len()];
        for (behind, &at) in self.order.iter().enumerate() {
            place[at] = first + behind;
            labels.push(self.nodes[at].operation);
            for input in &self.nodes[at].inputs {
                let from = match *input {
                    Source::Given(label) => usize::from(label) - SOURCES.start + 1,
                    Source::Node(node) => place[node],
                };
                edges.push((from, place[at]));
            }
        }
        let output = labels.len() + STATES;
        for label in RESULTS {
            let state = self
                .nodes
                .iter()
                .position(|node| node.name == LABELS[label]);
            if let Some(at) = state {
                edges.extend([(place[at], labels.len()), (labels.len(), output)]);
            }
            labels.push(label as u8);
        }
        labels.push(OUTPUT);
        Graph::new(LABELS, &labels, &edges)
    }
}

/// Positions of the nodes, each behind what it reads; `None` when there is a cycle.
fn topological(nodes: &[Node]) -> Option<Vec<usize>> {
    let mut order = Vec::with_capacity(nodes.len());
    let mut placed = vec![false; nodes.len()];
    while order.len() < nodes.len() {
        let is_ready = |node: &Node| {
            let mut inputs = node.inputs.iter();
            inputs.all(|input| !matches!(input, Source::Node(at) if !placed[*at]))
        };
        let next = (0..nodes.len()).find(|&at| !placed[at] && is_ready(&nodes[at]))?;
        placed[next] = true;
        order.push(next);
    }
    Some(order)
}

impl fmt::Display for RecurrentCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, node) in self.nodes.iter().enumerate() {
            f.write_str(if at == 0 { "{" } else { ", " })?;
            write!(f, "{}: {{\"op\": \"", Quoted(&node.name))?;
            f.write_str(LABELS[usize::from(node.operation)])?;
            f.write_str("\", \"input\": [")?;
            for (at, input) in node.inputs.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { ", " })?;
                let name = match *input {
                    Source::Given(label) => LABELS[usize::from(label)],
                    Source::Node(at) => &self.nodes[at].name,
                };
                Quoted(name).fmt(f)?;
            }
            f.write_str("]}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::conformance::real_data;
    use crate::space::{Pool, SearchSpace};
    use std::collections::BTreeSet;
    use std::io::Read;

    /// The GRU of the published `get_example_recepie`.
    const GRU: &str = r#"{"r": {"op": "linear", "input": ["x", "h_prev_0"]}, "r_act": {"op": "activation_sigm", "input": ["r"]}, "z": {"op": "linear", "input": ["x", "h_prev_0"]}, "z_act": {"op": "activation_sigm", "input": ["z"]}, "rh": {"op": "elementwise_prod", "input": ["r_act", "h_prev_0"]}, "h_tilde": {"op": "linear", "input": ["x", "rh"]}, "h_tilde_act": {"op": "activation_tanh", "input": ["h_tilde"]}, "h_new_0": {"op": "blend", "input": ["z_act", "h_prev_0", "h_tilde_act"]}}"#;

    #[test]
    fn the_published_example_reads_and_prints() {
        let cell = RecurrentCell::parse(GRU).expect("published");
        assert_eq!(cell.to_string(), GRU);
        let graph = cell.graph();
        // Input, x, one state before, eight operations, one state after, output.
        assert_eq!(graph.nodes().len(), 13);
        assert_eq!(graph.nodes()[11..], [6, OUTPUT]);
    }

    #[test]
    fn the_published_recipes_make_a_pool() {
        let Some(path) = real_data("nas-bench-nlp/wikitext2_logs.zip") else {
            return;
        };
        let file = std::fs::File::open(path).expect("readable");
        let mut archive = zip::ZipArchive::new(file).expect("an archive");
        let mut recipes = BTreeSet::new();
        let mut logs = 0;
        for at in 0..archive.len() {
            let mut text = String::new();
            let mut entry = archive.by_index(at).expect("an entry");
            entry.read_to_string(&mut text).expect("text");
            // A log is Python's JSON, whose NaN is none, so that only the recipe is read.
            if let Some((_, rest)) = text.split_once("\"recepie\": ") {
                let recipe = serde_json::Deserializer::from_str(rest).into_iter().next();
                let recipe: String = recipe.expect("a value").expect("a text");
                recipes.insert(recipe);
                logs += 1;
            }
        }
        assert_eq!((logs, recipes.len()), (345, 291));
        for recipe in &recipes {
            let cell = RecurrentCell::parse(recipe).expect("published");
            assert_eq!(&cell.to_string(), recipe);
        }
        let pool = Pool::new(recipes.into_iter().collect()).expect("distinct");
        assert_eq!(pool.class_count(), 291);
        assert!((0..291).all(|index| pool.graph(&pool.at_index(index)).is_some()));
    }

    #[test]
    fn malformed_recipes_say_what_was_expected() {
        let error = |text: &str| RecurrentCell::parse(text).expect_err(text).to_string();
        assert!(error("").contains("recipe such as"));
        assert!(error("[]").contains("an object of nodes"));
        assert!(error("{}").contains("no `h_new_0`"));
        assert!(error(&GRU.replace("blend", "blent")).ends_with("did you mean `blend`?"));
        assert!(error(&GRU.replace(r#""rh"]"#, r#""rhh"]"#)).contains("`rhh` is no node"));
        assert!(
            error(&GRU.replace(r#"["r_act", "h_prev_0"]"#, r#"["r_act"]"#)).contains("of 1 inputs")
        );
        assert!(
            error(&GRU.replace(r#"["r_act", "h_prev_0"]"#, r#"["r_act", "h_new_0"]"#))
                .contains("cycle")
        );
        assert!(error(&GRU.replace(r#""z":"#, r#""r":"#)).contains("two nodes are called `r`"));
    }
}
