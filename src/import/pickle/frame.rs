//! A pandas frame, in the form its pickles have had since pandas 0.14 and since 1.3.

use super::Value;
use super::globals::Global;
use super::node::{Node, Pickle};
use std::borrow::Cow;

/// A frame: named columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame<'p> {
    /// Name and values of each column, in order.
    pub columns: Vec<(Cow<'p, str>, Column<'p>)>,
}

/// A column's values.
#[derive(Debug, Clone, PartialEq)]
pub enum Column<'p> {
    /// Numbers.
    Numbers(Vec<f64>),
    /// Strings.
    Texts(Vec<Cow<'p, str>>),
}

impl<'p> Frame<'p> {
    /// The frame a pickle holds.
    ///
    /// # Errors
    /// When it holds none, saying what is missing.
    pub fn from_pickle(pickle: &'p Pickle) -> Result<Self, String> {
        let (_, state) = (pickle.root())
            .record_of(Global::DataFrame)
            .ok_or("not a pandas frame")?;
        let manager = (state.get("_mgr"))
            .or_else(|| state.get("_data"))
            .ok_or("a frame without its blocks")?;
        let (arguments, state) = manager
            .record_of(Global::BlockManager)
            .ok_or("a frame without its blocks")?;
        match arguments.item(1) {
            Some(axes) => {
                let blocks = arguments.item(0).and_then(Node::items);
                let blocks = blocks.ok_or("a frame without its blocks")?;
                let parts = blocks.map(block_of_record).collect::<Result<_, _>>()?;
                Self::assemble(axes, parts)
            }
            None => {
                let newest = state
                    .item(3)
                    .and_then(|s| s.get("0.14.1"))
                    .ok_or("a frame written by pandas before 0.14")?;
                let blocks = newest.field("blocks")?.items();
                let blocks = blocks.ok_or("a frame without its blocks")?;
                let part =
                    |b: Node<'_>| Ok((b.field("values")?.value(), b.field("mgr_locs")?.value()));
                let parts = blocks.map(part).collect::<Result<_, String>>()?;
                Self::assemble(newest.field("axes")?, parts)
            }
        }
    }

    /// `parts`: values, and the columns they are of.
    fn assemble(axes: Node<'p>, parts: Vec<(Value, Value)>) -> Result<Self, String> {
        let names = axes.item(0).and_then(index_names);
        let names = names.ok_or("a frame whose columns have no names")?;
        let mut columns: Vec<Option<Column<'p>>> = vec![None; names.len()];
        for (values, places) in parts {
            let at = |value| Node { value, ..axes };
            let places = placement(at(places), names.len())?;
            for (place, column) in places.into_iter().zip(block_columns(at(values))?) {
                columns[place] = Some(column);
            }
        }
        let columns: Vec<Column<'p>> = columns
            .into_iter()
            .collect::<Option<_>>()
            .ok_or("a frame with a column that no block holds")?;
        let lengths = columns.iter().map(Column::len);
        if lengths.clone().min() != lengths.max() {
            return Err("a frame with columns of different lengths".into());
        }
        Ok(Self {
            columns: names.into_iter().zip(columns).collect(),
        })
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn numbers(&self, name: &str) -> Result<&[f64], String> {
        match self.columns.iter().find(|(n, _)| n == name) {
            Some((_, Column::Numbers(values))) => Ok(values),
            _ => Err(format!("no column of numbers `{name}`")),
        }
    }

    /// A column of strings.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn texts(&self, name: &str) -> Result<&[Cow<'p, str>], String> {
        match self.columns.iter().find(|(n, _)| n == name) {
            Some((_, Column::Texts(values))) => Ok(values),
            _ => Err(format!("no column of strings `{name}`")),
        }
    }
}

impl Column<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }
}

fn block_of_record(block: Node<'_>) -> Result<(Value, Value), String> {
    let record = block.record().ok_or("a frame with a damaged block")?;
    let arguments = Node {
        value: record.arguments,
        ..block
    };
    match (record.of, arguments.item(0), arguments.item(1)) {
        (Global::UnpickleBlock | Global::NewBlock, Some(values), Some(places)) => {
            Ok((values.value(), places.value()))
        }
        _ => Err("a frame with a damaged block".into()),
    }
}

/// What an array or a pandas array of strings holds.
fn unwrap(values: Node<'_>) -> Option<Node<'_>> {
    match values.record_of(Global::ArrayBacked) {
        Some((_, state)) => state.item(1).or_else(|| state.item(0)),
        None => Some(values),
    }
}

fn index_names(index: Node<'_>) -> Option<Vec<Cow<'_, str>>> {
    let (arguments, _) = index.record_of(Global::NewIndex)?;
    let data = unwrap(arguments.item(1)?.get("data")?)?;
    data.array()?.texts(data.pickle)
}

/// The columns a block is of: a slice, or a list or array of numbers.
fn placement(places: Node<'_>, count: usize) -> Result<Vec<usize>, String> {
    let wrong = || "a frame's block names columns that are not there".to_string();
    let numbers = match places.record_of(Global::Slice) {
        Some((arguments, _)) => {
            let part = |at: usize| arguments.item(at).and_then(Node::int);
            let (from, to) = part(0).zip(part(1)).ok_or_else(wrong)?;
            let step = part(2).unwrap_or(1);
            if !(1..=1 << 20).contains(&step) || !(0..=count as i64).contains(&to) || from < 0 {
                return Err(wrong());
            }
            (from..to)
                .step_by(step as usize)
                .map(|v| v as f64)
                .collect()
        }
        None => places.numbers().ok_or_else(wrong)?,
    };
    (numbers.into_iter())
        .map(|n| Some(n as usize).filter(|at| *at < count && n >= 0.0))
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}

/// The columns of a block, each a row of its array.
fn block_columns(values: Node<'_>) -> Result<Vec<Column<'_>>, String> {
    let wrong = || "a frame's block is neither of numbers nor of strings".to_string();
    let values = unwrap(values).ok_or_else(wrong)?;
    let array = values.array().ok_or_else(wrong)?;
    let width = *array.shape.last().ok_or_else(wrong)?;
    if width == 0 {
        return Err("a frame without rows".into());
    }
    if let Some(numbers) = array.numbers(values.pickle) {
        return Ok(rows(numbers, width).map(Column::Numbers).collect());
    }
    let texts = array.texts(values.pickle).ok_or_else(wrong)?;
    Ok(rows(texts, width).map(Column::Texts).collect())
}

/// The rows of an array, each with values of its own.
fn rows<T>(values: Vec<T>, width: usize) -> impl Iterator<Item = Vec<T>> {
    let mut left = values.into_iter();
    std::iter::repeat_with(move || left.by_ref().take(width).collect::<Vec<T>>())
        .take_while(|row| !row.is_empty())
}
