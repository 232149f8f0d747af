//! A report before it is written: sections of plain blocks, the same for HTML and Markdown.

use super::text::{interval, number};

/// A cell of a table: shown rounded, exported whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// A name as shown, and in full.
    Name(String, String),
    Number(f64),
    /// Mean, low and high.
    Interval(f64, f64, f64),
    /// A number with the text that shows it.
    Shown(f64, String),
    /// Nothing to show; never imputed.
    Missing,
}

impl Value {
    /// As HTML, Markdown and LaTeX show it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Name(text, _) | Self::Shown(_, text) => text.clone(),
            Self::Number(value) => number(*value),
            Self::Interval(mean, low, high) => interval(*mean, *low, *high),
            Self::Missing => "–".to_owned(),
        }
    }

    /// Whether it is set flush right.
    pub(super) fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Name(..))
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// As shown, with the unit.
    pub title: String,
    /// In CSV: lower case, with underscores.
    pub key: String,
    /// Whether its cells are intervals: three columns in CSV.
    pub interval: bool,
}

impl Column {
    pub(super) fn new(title: impl Into<String>, key: &str) -> Self {
        Self {
            title: title.into(),
            key: key.to_owned(),
            interval: false,
        }
    }

    pub(super) fn interval(title: impl Into<String>, key: &str) -> Self {
        Self {
            interval: true,
            ..Self::new(title, key)
        }
    }
}

/// Columns of a table shown side by side, those that lead aside; more are shown below one another.
const COLUMNS_ABREAST: usize = 10;

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// Its files' stem and its anchor.
    pub id: String,
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    /// Folded away in HTML until opened.
    pub folded: bool,
    /// First columns, which say what a row is of.
    pub leads: usize,
}

impl Table {
    pub(super) fn new(
        id: impl Into<String>,
        caption: impl Into<String>,
        columns: Vec<Column>,
    ) -> Self {
        Self {
            id: id.into(),
            caption: caption.into(),
            columns,
            rows: Vec::new(),
            folded: false,
            leads: 1,
        }
    }

    /// With so many first columns that say what a row is of.
    pub(super) fn led_by(mut self, columns: usize) -> Self {
        self.leads = columns;
        self
    }

    pub(super) fn folded(mut self) -> Self {
        self.folded = true;
        self
    }

    /// Whether a column is set flush right: it holds numbers, or nothing at all beside them.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row[column].is_number())
    }

    /// The columns to show side by side: all of them, or parts that a page can hold, each led by the first columns.
    pub(super) fn parts(&self) -> Vec<Vec<usize>> {
        let leads = 0..self.leads.min(self.columns.len());
        let values: Vec<usize> = (leads.end..self.columns.len()).collect();
        let count = values.len().div_ceil(COLUMNS_ABREAST).max(1);
        let size = values.len().div_ceil(count).max(1);
        match values.is_empty() {
            true => vec![leads.collect()],
            false => values
                .chunks(size)
                .map(|part| leads.clone().chain(part.iter().copied()).collect())
                .collect(),
        }
    }

    pub(super) fn row(&mut self, values: Vec<Value>) {
        debug_assert_eq!(values.len(), self.columns.len());
        self.rows.push(values);
    }
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Paragraph(String),
    /// A statement that stands out.
    Lead(String),
    List(Vec<String>),
    Table(Table),
    /// The figure of this name, what it shows, and the caption.
    Figure {
        id: &'static str,
        alt: String,
        caption: String,
    },
    /// Whether a practice is met (`None` where it does not apply), the practice, and what the study did.
    Checklist(Vec<(Option<bool>, String, String)>),
}

/// A section.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    pub id: &'static str,
    pub title: String,
    pub blocks: Vec<Block>,
}

impl Section {
    pub(super) fn new(id: &'static str, title: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            blocks: Vec::new(),
        }
    }

    pub(super) fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    pub(super) fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    pub title: String,
    pub sections: Vec<Section>,
}

impl Document {
    /// Its tables, in order.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        let blocks = self.sections.iter().flat_map(|s| &s.blocks);
        blocks.filter_map(|b| match b {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_table_is_shown_in_even_parts_that_lose_no_column() {
        let columns = |n: usize| (0..n).map(|i| Column::new(i.to_string(), "k")).collect();
        let parts = |n| Table::new("t", "t", columns(n)).parts();
        let led = Table::new("t", "t", columns(14)).led_by(3).parts();
        assert_eq!(led[1], [0, 1, 2, 9, 10, 11, 12, 13]);
        assert_eq!(parts(1), [[0]]);
        assert_eq!(parts(11).len(), 1);
        assert_eq!(parts(13), [[0, 1, 2, 3, 4, 5, 6], [0, 7, 8, 9, 10, 11, 12]]);
        assert_eq!(parts(21).iter().map(Vec::len).collect::<Vec<_>>(), [11, 11]);
    }
}
