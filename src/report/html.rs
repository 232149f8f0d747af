//! A report as one HTML page that needs nothing else: style and figures are in it.
//!
//! Figures keep their light colours in the SVG; on a dark page the style sheet recolours them by attribute selectors (see
//! [`super::figures::palette`]). On a narrow page figures and tables scroll within their own box.

use super::document::{Block, Document, Table, Value};
use super::figures::{Figure, palette::dark_rules};
use super::text::escape_html;
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");

/// The page.
pub(super) fn render(document: &Document, figures: &[Figure]) -> String {
    let title = escape_html(&document.title);
    let mut out = String::with_capacity(1 << 20);
    let dark = dark_rules();
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}@media screen and (prefers-color-scheme:dark){{{dark}}}\n</style>\n</head>\n<body>\n"
    );
    let _ = write!(
        out,
        "<header><h1>{title}</h1></header>\n<nav aria-label=\"Contents\"><ul>"
    );
    for section in &document.sections {
        let name = escape_html(&section.title);
        let _ = write!(out, "<li><a href=\"#{}\">{name}</a></li>", section.id);
    }
    out.push_str("</ul></nav>\n<main>\n");
    for section in &document.sections {
        let name = escape_html(&section.title);
        let _ = writeln!(
            out,
            "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{name}</h2>",
            section.id
        );
        for item in &section.blocks {
            block(&mut out, item, figures);
        }
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn block(out: &mut String, block: &Block, figures: &[Figure]) {
    let _ = match block {
        Block::Paragraph(text) => writeln!(out, "<p>{}</p>", escape_html(text)),
        Block::Lead(text) => writeln!(out, "<p class=\"lead\">{}</p>", escape_html(text)),
        Block::List(items) => {
            let items = items.iter().map(|i| format!("<li>{}</li>", escape_html(i)));
            writeln!(out, "<ul>{}</ul>", items.collect::<String>())
        }
        Block::Table(table) => {
            self::table(out, table);
            Ok(())
        }
        Block::Figure { id, alt, caption } => {
            if let Some(figure) = figures.iter().find(|f| f.id == *id) {
                self::figure(out, figure, alt, caption);
            }
            Ok(())
        }
        Block::Checklist(items) => {
            out.push_str("<ul class=\"checklist\">\n");
            for (met, practice, done) in items {
                let (class, word) = verdict(*met);
                let (practice, done) = (escape_html(practice), escape_html(done));
                let _ = writeln!(
                    out,
                    "<li class=\"{class}\"><span class=\"verdict\">{word}</span>\
                     <span><strong>{practice}</strong> {done}</span></li>"
                );
            }
            writeln!(out, "</ul>")
        }
    };
}

/// Class and word of a checklist's verdict.
fn verdict(met: Option<bool>) -> (&'static str, &'static str) {
    match met {
        Some(true) => ("met", "✓ met"),
        Some(false) => ("unmet", "✗ unmet"),
        None => ("open", "not applicable"),
    }
}

fn figure(out: &mut String, figure: &Figure, alt: &str, caption: &str) {
    let (alt, caption) = (escape_html(alt), escape_html(caption));
    let opening = format!(
        "<svg role=\"img\" aria-label=\"{alt}\" style=\"min-width:{:.0}px;max-width:{:.0}px\" ",
        0.8 * figure.width(),
        figure.width()
    );
    let svg = figure.svg.replacen("<svg ", &opening, 1);
    let _ = writeln!(
        out,
        "<figure class=\"figure\" id=\"figure-{}\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-label=\"{alt}\">\n{svg}</div><figcaption>{caption}</figcaption></figure>",
        figure.id
    );
}

fn table(out: &mut String, table: &Table) {
    let caption = escape_html(&table.caption);
    if table.folded {
        let _ = writeln!(
            out,
            "<details><summary>{caption} <span class=\"file\">(tables/{}.csv)</span></summary>",
            table.id
        );
    }
    for (index, part) in table.parts().into_iter().enumerate() {
        let id = match index {
            0 => escape_html(&table.id),
            _ => format!("{}-{}", escape_html(&table.id), index + 1),
        };
        let _ = writeln!(
            out,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table id=\"table-{id}\">"
        );
        if index == 0 {
            let _ = writeln!(out, "<caption>{caption}</caption>");
        }
        rows(out, table, &part);
        out.push_str("</table></div>\n");
    }
    if table.folded {
        out.push_str("</details>\n");
    }
}

/// Head and body, of some of the columns.
fn rows(out: &mut String, table: &Table, columns: &[usize]) {
    let class = |c: usize| {
        if table.is_numeric(c) {
            " class=\"n\""
        } else {
            ""
        }
    };
    out.push_str("<thead><tr>");
    for &c in columns {
        let title = escape_html(&table.columns[c].title);
        let _ = write!(out, "<th scope=\"col\"{}>{title}</th>", class(c));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for &c in columns {
            let text = cell(&row[c]);
            let _ = match (c, class(c)) {
                (0, "") => write!(out, "<th scope=\"row\">{text}</th>"),
                (_, class) => write!(out, "<td{class}>{text}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>");
}

/// An interval stands below its mean, so that ten strategies fit side by side.
fn cell(value: &Value) -> String {
    let shown = escape_html(&value.shown());
    match (value, shown.split_once(' ')) {
        (Value::Interval(..), Some((mean, interval))) => {
            format!("{mean} <small>{interval}</small>")
        }
        _ => shown,
    }
}
