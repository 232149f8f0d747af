//! Numbers and names as text: one way to write each, and the escapes of each format.

/// A number with about three significant digits, for tables and sentences.
pub(super) fn number(value: f64) -> String {
    fixed(value, decimals(value))
}

/// `mean [low, high]`, all with the decimals that suit the mean, and no more than the interval's width warrants: it is at most
/// 150 units of the last place wide.
pub(super) fn interval(mean: f64, low: f64, high: f64) -> String {
    let widest = high.abs().max(low.abs());
    let width = high - low;
    let warranted = match width > 0.0 {
        true => (150.0 / width).log10().floor().clamp(0.0, 8.0) as usize,
        false => usize::MAX,
    };
    let places = decimals(if mean == 0.0 { widest } else { mean }).min(warranted);
    format!(
        "{} [{}, {}]",
        fixed(mean, places),
        fixed(low, places),
        fixed(high, places)
    )
}

fn decimals(value: f64) -> usize {
    let size = value.abs();
    match size {
        0.0 => 0,
        s if s >= 1000.0 => 0,
        s if s >= 100.0 => 1,
        s if s >= 1.0 => 2,
        s => (2 - s.log10().floor() as i32).clamp(3, 8) as usize,
    }
}

fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    // A rounded negative is not "-0.00".
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    }
}

/// A number without trailing zeros, for axis ticks and whole numbers.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e6).contains(&size) {
        let exponent = (size.log10() + 1e-9).floor() as i32;
        let digits = trim(&format!("{:.2}", value / 10_f64.powi(exponent)));
        return format!("{digits}e{exponent}");
    }
    trim(&format!("{value:.6}"))
}

fn trim(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A p-value: `0.012`, or `< 0.001`.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// As [`p_value`], with the equals sign that a sentence needs.
pub(super) fn p_equals(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

/// `a`, `a and b`, `a, b and c`; all in quotation marks when one has a comma of its own.
pub(super) fn list<S: AsRef<str>>(names: &[S]) -> String {
    let quoted = names.iter().any(|n| n.as_ref().contains(','));
    let shown = |name: &S| match quoted {
        true => format!("“{}”", name.as_ref()),
        false => name.as_ref().to_owned(),
    };
    match names {
        [] => String::new(),
        [one] => shown(one),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(shown).collect();
            format!("{} and {}", rest.join(", "), shown(last))
        }
    }
}

/// Text for HTML, in elements and in quoted attributes.
pub(super) fn escape_html(text: &str) -> String {
    replace(text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    })
}

/// Text for LaTeX's text mode.
pub(super) fn escape_latex(text: &str) -> String {
    replace(text, |c| match c {
        '\\' => Some("\\textbackslash{}"),
        '{' => Some("\\{"),
        '}' => Some("\\}"),
        '&' => Some("\\&"),
        '%' => Some("\\%"),
        '$' => Some("\\$"),
        '#' => Some("\\#"),
        '_' => Some("\\_"),
        '~' => Some("\\textasciitilde{}"),
        '^' => Some("\\textasciicircum{}"),
        '<' => Some("\\textless{}"),
        '>' => Some("\\textgreater{}"),
        '|' => Some("\\textbar{}"),
        '≥' => Some("$\\ge$"),
        '≤' => Some("$\\le$"),
        '–' => Some("--"),
        '×' => Some("$\\times$"),
        'χ' => Some("$\\chi$"),
        '²' => Some("$^2$"),
        '“' => Some("``"),
        '”' => Some("''"),
        'δ' => Some("$\\delta$"),
        'τ' => Some("$\\tau$"),
        'α' => Some("$\\alpha$"),
        '\n' => Some(" "),
        _ => None,
    })
}

/// Text for Markdown, in paragraphs and in table cells.
pub(super) fn escape_markdown(text: &str) -> String {
    replace(text, |c| match c {
        '\\' => Some("\\\\"),
        '`' => Some("\\`"),
        '*' => Some("\\*"),
        '_' => Some("\\_"),
        '[' => Some("\\["),
        ']' => Some("\\]"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '&' => Some("&amp;"),
        '|' => Some("\\|"),
        '#' => Some("\\#"),
        '~' => Some("\\~"),
        '\n' => Some(" "),
        _ => None,
    })
}

fn replace(text: &str, with: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match with(c) {
            Some(replacement) => out.push_str(replacement),
            None => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [0.0, 0.01234, 0.5, 1.005, 12.345, 123.45, 12345.6, -0.00001].map(number);
        assert_eq!(
            shown,
            [
                "0",
                "0.0123",
                "0.500",
                "1.00",
                "12.35",
                "123.5",
                "12346",
                "-0.0000100"
            ]
        );
        assert_eq!(interval(0.2, 0.1, 0.3), "0.20 [0.10, 0.30]");
        assert_eq!(interval(0.058, 0.0444, 0.0748), "0.058 [0.044, 0.075]");
        assert_eq!(interval(80.11, 79.96, 80.27), "80.11 [79.96, 80.27]");
        assert_eq!(interval(0.5, 0.5, 0.5), "0.500 [0.500, 0.500]");
        assert_eq!(interval(0.0, 0.0, 0.0), "0 [0, 0]");
    }

    #[test]
    fn ticks_have_no_trailing_zeros() {
        assert_eq!(
            [0.25, 300.0, 1e-5, 2e7, 0.3].map(short),
            ["0.25", "300", "1e-5", "2e7", "0.3"]
        );
    }

    #[test]
    fn lists_quote_names_with_commas() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a", "b, first"]), "“a” and “b, first”");
        assert_eq!(list::<&str>(&[]), "");
    }

    #[test]
    fn hostile_names_are_escaped() {
        let name = "<script>&\"|_,{$%#}";
        assert_eq!(escape_html(name), "&lt;script&gt;&amp;&quot;|_,{$%#}");
        assert_eq!(
            escape_latex(name),
            "\\textless{}script\\textgreater{}\\&\"\\textbar{}\\_,\\{\\$\\%\\#\\}"
        );
        assert_eq!(escape_markdown(name), "&lt;script&gt;&amp;\"\\|\\_,{$%\\#}");
    }
}
