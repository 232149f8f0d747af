//! A table as LaTeX (`\input` it; needs `booktabs`, `graphicx`, and for tall tables `longtable`).

use super::document::Table;
use super::text::escape_latex;
use std::fmt::Write as _;

/// Characters of a line side by side: a page's width after the shrinking that stays readable.
const LINE_CHARS: usize = 110;
/// Rows that one page holds.
const PAGE_ROWS: usize = 40;

/// The table with caption and label, to be set in one column of a page: too wide, it becomes several below one
/// another, each led by the columns of words at its left; too tall, it runs over pages.
pub(super) fn render(table: &Table) -> String {
    let caption = escape_latex(&table.caption);
    let heading = format!("\\caption{{{caption}}}\n\\label{{tab:{}}}", table.id);
    let parts = parts(table);
    if table.rows.len() > PAGE_ROWS {
        return tall(table, &parts, &heading);
    }
    let mut out = format!("\\begin{{table}}\n\\centering\n\\footnotesize\n{heading}\n");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str("\n\\medskip\n");
        }
        let _ = write!(
            out,
            "\\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}{{%\n\
             \\begin{{tabular}}{{{}}}\n\\toprule\n{}\\midrule\n{}\\bottomrule\n\\end{{tabular}}}}\n",
            alignment(table, part),
            titles(table, part),
            rows(table, part)
        );
    }
    out.push_str("\\end{table}\n");
    out
}

fn tall(table: &Table, parts: &[Vec<usize>], heading: &str) -> String {
    let mut out = "\\begingroup\n\\scriptsize\n\\setlength{\\tabcolsep}{3pt}\n".to_string();
    for (index, part) in parts.iter().enumerate() {
        let heading = if index == 0 {
            format!("{heading}\\\\\n")
        } else {
            String::new()
        };
        let titles = titles(table, part);
        let _ = write!(
            out,
            "\\begin{{longtable}}{{{}}}\n{heading}\\toprule\n{titles}\\midrule\n\\endfirsthead\n\
             \\toprule\n{titles}\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n{}\\end{{longtable}}\n",
            alignment(table, part),
            rows(table, part)
        );
    }
    out.push_str("\\endgroup\n");
    out
}

fn alignment(table: &Table, part: &[usize]) -> String {
    let side = |&c: &usize| if table.is_numeric(c) { 'r' } else { 'l' };
    part.iter().map(side).collect()
}

/// Titles, each in as many lines as make it no wider than its column needs.
fn titles(table: &Table, part: &[usize]) -> String {
    let stack = |&c: &usize| {
        let lines: Vec<String> = (broken(&table.columns[c].title, cells_chars(table, c)).iter())
            .map(|line| protected(line))
            .collect();
        match lines.len() {
            1 => lines[0].clone(),
            _ => {
                let side = if table.is_numeric(c) { 'r' } else { 'l' };
                format!("\\shortstack[{side}]{{{}}}", lines.join("\\\\"))
            }
        }
    };
    let titles: Vec<String> = part.iter().map(stack).collect();
    format!("{} \\\\\n", titles.join(" & "))
}

fn rows(table: &Table, part: &[usize]) -> String {
    let line = |row: &Vec<_>| {
        let cell = |&c: &usize| protected(&cell_text(row, c));
        let cells: Vec<String> = part.iter().map(cell).collect();
        format!("{} \\\\\n", cells.join(" & "))
    };
    table.rows.iter().map(line).collect()
}

fn cell_text(row: &[super::document::Value], column: usize) -> String {
    row[column].shown()
}

/// The columns of each part.
fn parts(table: &Table) -> Vec<Vec<usize>> {
    let columns = table.columns.len();
    let width = |c: usize| title_chars(table, c).max(cells_chars(table, c)) + 2;
    // At most two columns of words say what a row is about; more would leave no room beside them.
    let keys = (0..columns)
        .take_while(|&c| !table.is_numeric(c))
        .count()
        .clamp(1, 2)
        .min(columns);
    let keys_chars: usize = (0..keys).map(width).sum();
    let mut parts = vec![(0..keys).collect::<Vec<_>>()];
    let mut chars = keys_chars;
    for column in keys..columns {
        if chars + width(column) > LINE_CHARS && chars > keys_chars {
            parts.push((0..keys).collect());
            chars = keys_chars;
        }
        chars += width(column);
        if let Some(part) = parts.last_mut() {
            part.push(column);
        }
    }
    parts
}

fn cells_chars(table: &Table, column: usize) -> usize {
    let chars = table
        .rows
        .iter()
        .map(|row| cell_text(row, column).chars().count());
    chars.max().unwrap_or(0)
}

fn title_chars(table: &Table, column: usize) -> usize {
    let lines = broken(&table.columns[column].title, cells_chars(table, column));
    lines.iter().map(|l| l.chars().count()).max().unwrap_or(0)
}

/// A title in lines of no more than `chars` characters where its words allow it, but of eight at least.
fn broken(title: &str, chars: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in title.split(' ') {
        let last = lines.last_mut().expect("one at least");
        let needed = last.chars().count() + 1 + word.chars().count();
        if last.is_empty() {
            last.push_str(word);
        } else if needed <= chars.max(8) {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}

/// Escaped; a leading bracket would be read as the optional argument of the line break before it.
fn protected(text: &str) -> String {
    let text = escape_latex(text);
    if text.starts_with('[') {
        format!("{{}}{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::{Column, Table, Value};
    use super::*;

    fn table(columns: usize, rows: usize) -> Table {
        let titles = (0..columns)
            .map(|at| Column::new(format!("a title of column {at}"), &format!("c{at}")));
        let mut table = Table::new("t", "Caption", titles.collect());
        for row in 0..rows {
            let words = std::iter::once(Value::Text(format!("row {row}")));
            let numbers = (1..columns).map(|at| Value::Number(at as f64));
            table.row(words.chain(numbers).collect());
        }
        table
    }

    #[test]
    fn a_wide_table_is_cut_and_each_part_keeps_its_key() {
        let wide = parts(&table(30, 3));
        assert!(wide.len() > 1 && wide.iter().all(|part| part[0] == 0));
        let columns: Vec<usize> = wide.iter().flat_map(|part| part[1..].to_vec()).collect();
        assert_eq!(columns, (1..30).collect::<Vec<_>>());
    }

    #[test]
    fn a_tall_table_runs_over_pages() {
        assert!(render(&table(3, 40)).contains("\\begin{table}"));
        let tall = render(&table(3, 41));
        assert!(tall.contains("\\begin{longtable}{lrr}") && tall.contains("\\endhead"));
    }

    #[test]
    fn titles_break_between_words_only() {
        assert_eq!(
            broken("share of blocks A is better", 15),
            ["share of blocks", "A is better"]
        );
        assert_eq!(
            broken("regularized-evolution", 3),
            ["regularized-evolution"]
        );
    }
}
