//! Checks of what a browser, a viewer or a reader would stumble over.

/// Elements of HTML without a closing tag.
const VOID: [&str; 2] = ["meta", "br"];
/// Colours of paper, ink and grid; whatever has another one shows data.
const NEUTRAL: [&str; 6] = [
    "#FFFFFE", "#1B1F24", "#565F6B", "#E2E5E9", "#141414", "none",
];

/// The first word that is no number although it stands for one.
pub fn not_a_number(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let bad = ["nan", "inf", "infinity"];
    words
        .into_iter()
        .find(|word| bad.contains(&word.to_ascii_lowercase().as_str()))
}

/// Fails unless every element is closed in order, every attribute quoted, and every ampersand an entity.
pub fn check_well_formed(name: &str, text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.strip_prefix("<!DOCTYPE html>").unwrap_or(text);
    while let Some(start) = rest.find('<') {
        check_entities(name, &rest[..start], open.last() == Some(&"style"));
        let end = start
            + rest[start..]
                .find('>')
                .unwrap_or_else(|| panic!("{name}: a tag is cut"));
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}: </{closed}>");
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{name}: <{tag}>");
        check_entities(name, tag, false);
        let element = tag.split([' ', '\n', '/']).next().unwrap_or_default();
        assert!(
            element.chars().all(|c| c.is_ascii_alphanumeric()),
            "{name}: <{tag}>"
        );
        if !tag.ends_with('/') && !VOID.contains(&element) {
            open.push(element);
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} stay open");
}

fn check_entities(name: &str, text: &str, is_style: bool) {
    for after in text.split('&').skip(1).filter(|_| !is_style) {
        let entity = after.split(';').next().unwrap_or_default();
        let known = ["amp", "lt", "gt", "quot", "apos", "#39"];
        assert!(known.contains(&entity), "{name}: &{entity}");
    }
}

fn attribute<'a>(tag: &'a str, key: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {key}=\""))? + key.len() + 3;
    tag[start..].split('"').next()
}

/// Fails unless the figure is XML, shows data in colour and words, and holds its words within its view.
pub fn check_figure(name: &str, svg: &str) {
    check_well_formed(name, svg);
    let tags = || {
        svg.split('<')
            .skip(1)
            .map(|t| t.split('>').next().unwrap_or_default())
    };
    let head = tags().next().expect("an element");
    let view: Vec<f64> = attribute(head, "viewBox")
        .expect("a view box")
        .split(' ')
        .map(|v| v.parse().expect("a number"))
        .collect();
    let is_data = |tag: &&str| {
        let colors = ["fill", "stroke"].map(|key| attribute(tag, key));
        colors.into_iter().flatten().any(|c| !NEUTRAL.contains(&c))
    };
    assert!(tags().filter(is_data).count() > 0, "{name} shows nothing");
    let mut words = 0;
    for tag in tags().filter(|tag| tag.starts_with("text ")) {
        words += 1;
        for (key, end) in [("x", view[2]), ("y", view[3])] {
            let at: f64 = attribute(tag, key)
                .expect("a place")
                .parse()
                .expect("a number");
            assert!(
                (0.0..=end).contains(&at),
                "{name}: text at {key} = {at} of {end}"
            );
        }
    }
    assert!(words > 2, "{name} says nothing");
}

/// Fails unless the file begins as a PNG of a size that print can use.
pub fn check_png(name: &str, bytes: &[u8]) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{name}");
    let size = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    assert!(
        size(16) >= 800 && size(20) >= 100,
        "{name} is {} by {}",
        size(16),
        size(20)
    );
    assert!(bytes.ends_with(b"IEND\xaeB`\x82"), "{name} is cut");
}

#[test]
fn the_checks_see_what_is_wrong() {
    assert_eq!(not_a_number("0.5 [NaN, 1]"), Some("NaN"));
    assert_eq!(not_a_number("information, nanometres"), None);
    for bad in [
        "<a><b></a></b>",
        "<a>",
        "<p>&nope;</p>",
        "<p class=\"x>y</p>",
    ] {
        assert!(
            std::panic::catch_unwind(|| check_well_formed("bad", bad)).is_err(),
            "{bad}"
        );
    }
}
