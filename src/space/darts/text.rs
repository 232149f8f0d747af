//! The two published forms of a DARTS network: the genotype, and NAS-Bench-301's configuration.

use super::cell::{Cell, NODES};
use super::{NAME, OPERATIONS};
use crate::error::Error;
use serde_json::{Map, Value};
use std::fmt::Write;

/// Where the edges into each node begin in a configuration.
const FIRST_EDGES: [usize; NODES] = [0, 2, 5, 9];

pub(super) fn malformed(why: &str) -> Error {
    Error::new(NAME, format!("not an architecture: {why}")).mend(
        "expected `Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), … eight pairs], \
         normal_concat=[2, 3, 4, 5], reduce=[…], reduce_concat=[2, 3, 4, 5])`",
    )
}

fn code_of(name: &str) -> Result<u8, Error> {
    OPERATIONS
        .iter()
        .position(|known| *known == name)
        .map(|code| code as u8)
        .ok_or_else(|| Error::unknown_name(NAME, "operation", name, OPERATIONS))
}

/// The genotype as Python prints it.
pub(super) fn genotype(cells: &[Cell; 2]) -> String {
    let mut text = String::with_capacity(512);
    for (cell, head) in cells.iter().zip(["Genotype(normal=[", "reduce=["]) {
        text.push_str(head);
        for (at, &(source, operation)) in cell.nodes.iter().flatten().enumerate() {
            text.push_str(if at == 0 { "" } else { ", " });
            let operation = OPERATIONS[usize::from(operation)];
            write!(text, "('{operation}', {source})").expect("a string takes all");
        }
        text.push_str(match head {
            "reduce=[" => "], reduce_concat=[2, 3, 4, 5])",
            _ => "], normal_concat=[2, 3, 4, 5], ",
        });
    }
    text
}

/// Reads a genotype; the two edges of a node may stand in either order.
pub(super) fn parse_genotype(text: &str) -> Result<[Cell; 2], Error> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let parts = || {
        let rest = bare.strip_prefix("Genotype(normal=[")?;
        let (normal, rest) = rest.split_once("],normal_concat=")?;
        let (normal_concat, rest) = rest.split_once(",reduce=[")?;
        let (reduce, rest) = rest.split_once("],reduce_concat=")?;
        Some([(normal, normal_concat), (reduce, rest.strip_suffix(')')?)])
    };
    let [normal, reduce] = parts().ok_or_else(|| malformed("no genotype of two cells"))?;
    let cell = |(pairs, concat): (&str, &str)| match concat {
        "[2,3,4,5]" | "range(2,6)" => parse_cell(pairs),
        _ => Err(malformed(&format!(
            "the output is {concat}, not all four nodes"
        ))),
    };
    Ok([cell(normal)?, cell(reduce)?])
}

/// Reads `('op',0),('op',1),…`.
fn parse_cell(pairs: &str) -> Result<Cell, Error> {
    let inner = pairs
        .strip_prefix('(')
        .and_then(|pairs| pairs.strip_suffix(')'));
    let edges: Vec<(u8, u8)> = inner
        .unwrap_or_default()
        .split("),(")
        .map(|pair| {
            let (operation, source) = pair
                .split_once(',')
                .ok_or_else(|| malformed(&format!("`{pair}` is no pair")))?;
            let name = ['\'', '"'].iter().find_map(|&quote| {
                let name = operation.strip_prefix(quote)?;
                name.strip_suffix(quote)
            });
            let operation = code_of(name.unwrap_or(operation))?;
            let source = source.parse().ok().filter(|_| source.len() == 1);
            let source = source.ok_or_else(|| malformed(&format!("`{pair}` names no source")))?;
            Ok((source, operation))
        })
        .collect::<Result<_, Error>>()?;
    let pairs: Vec<[(u8, u8); 2]> = edges.chunks_exact(2).map(|e| [e[0], e[1]]).collect();
    let nodes = <[[(u8, u8); 2]; NODES]>::try_from(pairs)
        .ok()
        .filter(|_| edges.len() == 2 * NODES)
        .ok_or_else(|| malformed(&format!("a cell of {} pairs", edges.len())))?;
    cell_of(nodes)
}

/// The cell of these pairs in either order, if each node reads two different earlier sources.
fn cell_of(mut nodes: [[(u8, u8); 2]; NODES]) -> Result<Cell, Error> {
    for (node, pair) in (2_u8..).zip(&mut nodes) {
        pair.sort_unstable();
        let [(first, _), (second, _)] = *pair;
        if first == second || second >= node {
            let why = format!("node {node} reads {first} and {second}");
            return Err(malformed(&why));
        }
    }
    Ok(Cell { nodes })
}

/// Reads the keys `edge_{name}_{0..13}` and `inputs_node_{name}_{3..5}`.
pub(super) fn cell_of_config(name: &str, config: &Map<String, Value>) -> Result<Cell, Error> {
    let value = |key: &str| {
        let long = format!("NetworkSelectorDatasetInfo:darts:{key}");
        let found = config.get(&long).or_else(|| config.get(key));
        found.and_then(Value::as_str).ok_or_else(|| {
            Error::new(NAME, format!("the configuration lacks `{key}`"))
                .mend("expected two edges for each node, and the inputs of nodes 3, 4 and 5")
        })
    };
    let mut nodes = [[(0, 0); 2]; NODES];
    for ((node, pair), first_edge) in (2..).zip(&mut nodes).zip(FIRST_EDGES) {
        let inputs = match node {
            2 => "0_1",
            _ => value(&format!("inputs_node_{name}_{node}"))?,
        };
        let sources = inputs.split_once('_').and_then(|(first, second)| {
            let read = |text: &str| text.parse::<u8>().ok().filter(|&source| source < 5);
            Some([read(first)?, read(second)?])
        });
        let sources =
            sources.ok_or_else(|| malformed(&format!("`{inputs}` is no pair of inputs")))?;
        for (edge, source) in pair.iter_mut().zip(sources) {
            let key = format!("edge_{name}_{}", first_edge + usize::from(source));
            *edge = (source, code_of(value(&key)?)?);
        }
    }
    cell_of(nodes)
}
