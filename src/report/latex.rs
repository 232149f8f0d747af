//! A table as LaTeX (`\input` it; needs `booktabs`).

use super::document::Table;
use super::text::escape_latex;
use std::fmt::Write as _;

/// A `table` environment with caption and label; a wide table as several `tabular` below one another.
pub(super) fn render(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let mut out = format!(
        "\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n",
        escape_latex(&table.caption),
        table.id
    );
    for (index, part) in table.parts().into_iter().enumerate() {
        let side = |&c: &usize| if table.is_numeric(c) { 'r' } else { 'l' };
        let alignment: String = part.iter().map(side).collect();
        if index > 0 {
            out.push_str("\n\\medskip\n");
        }
        let _ = write!(out, "\\begin{{tabular}}{{{alignment}}}\n\\toprule\n");
        let titles = part.iter().map(|&c| protected(&table.columns[c].title));
        out.push_str(&line(titles.collect()));
        out.push_str("\\midrule\n");
        for row in &table.rows {
            let cells = part.iter().map(|&c| protected(&row[c].shown()));
            out.push_str(&line(cells.collect()));
        }
        out.push_str("\\bottomrule\n\\end{tabular}\n");
    }
    out.push_str("\\end{table}\n");
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
