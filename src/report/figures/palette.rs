//! Colours and dash patterns of the figures.
//!
//! The strategy colours extend the palette of Okabe and Ito ("Color Universal Design", 2008) with five of
//! Paul Tol's qualitative colours ("Colour Schemes", SRON/EPS/TN/09-002, 2021) and a grey, so that twelve strategies
//! differ under the common colour-vision deficiencies; the second six are dashed as well.
//!
//! Figures are drawn once, in the light colours. In the HTML page the style sheet made by [`dark_rules`]
//! replaces each colour by its dark counterpart by attribute selectors, which override the presentation attributes.

use std::fmt::Write as _;

/// An opaque colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// As in the SVG files.
    pub(super) fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}

/// Text and axes.
pub(super) const INK: Color = Color(0x1B, 0x1F, 0x24);
/// Tick labels and remarks.
pub(super) const MUTED: Color = Color(0x56, 0x5F, 0x6B);
/// Grid lines.
pub(super) const GRID: Color = Color(0xE2, 0xE5, 0xE9);
/// The background.
pub(super) const PAPER: Color = Color(0xFF, 0xFF, 0xFE);
/// Text on a coloured cell; the same in light and dark, as the cells are.
pub(super) const CELL_INK: Color = Color(0x14, 0x14, 0x14);

const SERIES: [Color; 12] = [
    Color(0x00, 0x72, 0xB2),
    Color(0xD5, 0x5E, 0x00),
    Color(0x00, 0x9E, 0x73),
    Color(0xCC, 0x79, 0xA7),
    Color(0xE6, 0x9F, 0x00),
    Color(0x56, 0xB4, 0xE9),
    Color(0x33, 0x22, 0x88),
    Color(0x88, 0x22, 0x55),
    Color(0x11, 0x77, 0x33),
    Color(0x99, 0x99, 0x33),
    Color(0xAA, 0x44, 0x99),
    Color(0x66, 0x66, 0x66),
];

/// What replaces the light colours on a dark page.
const DARK: [(Color, Color); 11] = [
    (INK, Color(0xE6, 0xE8, 0xEB)),
    (MUTED, Color(0xA3, 0xAC, 0xB8)),
    (GRID, Color(0x33, 0x3A, 0x44)),
    (PAPER, Color(0x16, 0x1A, 0x20)),
    (SERIES[0], Color(0x4B, 0xA3, 0xDB)),
    (SERIES[1], Color(0xF0, 0x7F, 0x2E)),
    (SERIES[6], Color(0x93, 0x88, 0xF0)),
    (SERIES[7], Color(0xDD, 0x6C, 0xA0)),
    (SERIES[8], Color(0x4F, 0xBF, 0x73)),
    (SERIES[10], Color(0xD4, 0x84, 0xC6)),
    (SERIES[11], Color(0xA8, 0xA8, 0xA8)),
];

/// Lengths of strokes and gaps in pixels; empty is a solid line.
pub(super) type Dash = &'static [f64];

const DASHES: [Dash; 4] = [&[], &[7.0, 3.0], &[2.0, 2.5], &[9.0, 3.0, 2.0, 3.0]];

/// Colour of the strategy at `index` of the study.
pub(super) fn color(index: usize) -> Color {
    SERIES[index % SERIES.len()]
}

/// Dash pattern of the strategy at `index`: with the colour, different for the first 24.
pub(super) fn dash(index: usize) -> Dash {
    DASHES[(index / 6) % DASHES.len()]
}

/// Style rules that recolour inline figures for a dark page.
pub(in crate::report) fn dark_rules() -> String {
    let mut css = String::new();
    for (light, dark) in DARK {
        let (light, dark) = (light.hex(), dark.hex());
        let _ = write!(
            css,
            ".figure [fill=\"{light}\"]{{fill:{dark}}}.figure [stroke=\"{light}\"]{{stroke:{dark}}}"
        );
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_twenty_four_strategies_look_different() {
        let looks: Vec<_> = (0..24).map(|i| (color(i).hex(), dash(i))).collect();
        for (i, a) in looks.iter().enumerate() {
            assert!(looks[..i].iter().all(|b| a != b), "{i}");
        }
    }
}
