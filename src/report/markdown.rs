//! A report as Markdown, with its figures beside it.

use super::document::{Block, Document, Table};
use super::figures::Figure;
use super::text::escape_markdown;
use std::fmt::Write as _;

/// The text; figures are linked as `figures/NAME.svg`.
pub(super) fn render(document: &Document, figures: &[Figure]) -> String {
    let mut out = format!("# {}\n", escape_markdown(&document.title));
    for section in &document.sections {
        let _ = write!(out, "\n## {}\n", escape_markdown(&section.title));
        for item in &section.blocks {
            block(&mut out, item, figures);
        }
    }
    out
}

fn block(out: &mut String, block: &Block, figures: &[Figure]) {
    let _ = match block {
        Block::Paragraph(text) => write!(out, "\n{}\n", escape_markdown(text)),
        Block::Lead(text) => write!(out, "\n**{}**\n", escape_markdown(text)),
        Block::List(items) => {
            let items = items.iter().map(|i| format!("- {}\n", escape_markdown(i)));
            write!(out, "\n{}", items.collect::<String>())
        }
        Block::Table(table) => {
            self::table(out, table);
            Ok(())
        }
        Block::Figure { id, alt, caption } => {
            if figures.iter().any(|f| f.id == *id) {
                let (alt, caption) = (escape_markdown(alt), escape_markdown(caption));
                let _ = write!(out, "\n![{alt}](figures/{id}.svg)\n\n*{caption}*\n");
            }
            Ok(())
        }
        Block::Checklist(items) => {
            out.push('\n');
            for (met, practice, done) in items {
                let mark = match met {
                    Some(true) => "[x]",
                    Some(false) => "[ ] unmet:",
                    None => "(not applicable)",
                };
                let (practice, done) = (escape_markdown(practice), escape_markdown(done));
                let _ = writeln!(out, "- {mark} **{practice}** {done}");
            }
            Ok(())
        }
    };
}

fn table(out: &mut String, table: &Table) {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let _ = write!(out, "\n{}\n", escape_markdown(&table.caption));
    for part in table.parts() {
        let titles = part.iter().map(|&c| &table.columns[c].title);
        out.push('\n');
        out.push_str(&line(titles.map(|t| escape_markdown(t)).collect()));
        let rule = |&c: &usize| if table.is_numeric(c) { "---:" } else { "---" }.to_owned();
        out.push_str(&line(part.iter().map(rule).collect()));
        for row in &table.rows {
            let cells = part.iter().map(|&c| escape_markdown(&row[c].shown()));
            out.push_str(&line(cells.collect()));
        }
    }
}
