//! A table as LaTeX (`\input` it; needs `booktabs`).

use super::document::Table;
use super::text::escape_latex;
use std::fmt::Write as _;

/// A `table` environment with caption and label.
pub(super) fn render(table: &Table) -> String {
    let alignment: String = (0..table.columns.len())
        .map(|c| {
            let numeric = table.rows.iter().all(|row| row[c].is_number());
            if numeric { 'r' } else { 'l' }
        })
        .collect();
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let mut out = format!(
        "\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{{alignment}}}\n\\toprule\n",
        escape_latex(&table.caption),
        table.id
    );
    let titles = table.columns.iter().map(|c| protected(&c.title));
    out.push_str(&line(titles.collect()));
    out.push_str("\\midrule\n");
    for row in &table.rows {
        out.push_str(&line(row.iter().map(|v| protected(&v.shown())).collect()));
    }
    let _ = write!(out, "\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n");
    out
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
