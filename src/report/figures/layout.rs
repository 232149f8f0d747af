//! What the figures share: the legend above the plots and the grid of small multiples.

use super::palette::{color, dash};
use super::scene::{Scene, TextLook, fit, text_width};

/// Width of a figure in pixels.
pub(super) const WIDTH: f64 = 1080.0;
const LEGEND_LINE: f64 = 20.0;
const SWATCH: f64 = 30.0;
const MARGIN: f64 = 12.0;

/// Strategies and where each stands in the legend, laid out in rows.
pub(super) struct Legend {
    entries: Vec<(usize, String, f64, f64)>,
    /// Height in pixels, the space below included.
    pub height: f64,
}

impl Legend {
    /// A legend of `strategies` (positions in `labels`), within `width` pixels.
    pub(super) fn new(labels: &[String], strategies: &[usize], width: f64) -> Self {
        let shown: Vec<String> = strategies
            .iter()
            .map(|&s| fit(&labels[s], 12.0, 260.0))
            .collect();
        let widths = shown.iter().map(|l| text_width(l, 12.0, false));
        let column = SWATCH + 22.0 + widths.fold(0.0, f64::max);
        let columns = (((width - 2.0 * MARGIN) / column).floor() as usize).max(1);
        let rows = shown.len().div_ceil(columns);
        let entries = shown.into_iter().zip(strategies).enumerate();
        let entries = entries.map(|(i, (label, &s))| {
            let x = MARGIN + (i % columns) as f64 * column;
            (s, label, x, 14.0 + (i / columns) as f64 * LEGEND_LINE)
        });
        Self {
            entries: entries.collect(),
            height: 14.0 + rows as f64 * LEGEND_LINE,
        }
    }

    /// Draws it at the top of the figure.
    pub(super) fn draw(&self, scene: &mut Scene) {
        for (strategy, label, x, y) in &self.entries {
            let ends = [(*x, *y), (x + SWATCH - 6.0, *y)];
            scene.line(&ends, color(*strategy), 2.5, dash(*strategy));
            scene.text((x + SWATCH, *y), label.clone(), TextLook::new(12.0));
        }
    }
}

/// Small multiples in rows.
pub(super) struct Grid {
    columns: usize,
    count: usize,
    top: f64,
    /// Space left of the first column.
    lead: f64,
    panel: (f64, f64),
    margins: Margins,
    /// Size of the whole figure.
    pub width: f64,
    pub height: f64,
}

/// Space around each panel in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Margins {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Grid {
    /// A grid of `count` panels `height` pixels high under a head of `top` pixels.
    pub(super) fn new(count: usize, top: f64, height: f64, margins: Margins) -> Self {
        Self::with_lead(0.0, count, top, height, margins)
    }

    /// The same, with `lead` pixels left of every row for labels that its panels share.
    pub(super) fn with_lead(
        lead: f64,
        count: usize,
        top: f64,
        height: f64,
        margins: Margins,
    ) -> Self {
        let columns = match count {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        let width = if count <= 1 { 720.0 } else { WIDTH };
        let cell = (width - lead) / columns as f64;
        let rows = count.max(1).div_ceil(columns) as f64;
        Self {
            columns,
            count,
            top,
            lead,
            panel: (cell - margins.left - margins.right, height),
            margins,
            width,
            height: top + rows * (height + margins.top + margins.bottom),
        }
    }

    /// Upper left corner of panel `index`.
    pub(super) fn corner(&self, index: usize) -> (f64, f64) {
        let column = (index % self.columns) as f64;
        let row = (index / self.columns) as f64;
        let cell = (self.width - self.lead) / self.columns as f64;
        let line = self.panel.1 + self.margins.top + self.margins.bottom;
        (
            self.lead + column * cell + self.margins.left,
            self.top + row * line + self.margins.top,
        )
    }

    /// Width and height of a panel.
    pub(super) fn panel(&self) -> (f64, f64) {
        self.panel
    }

    /// Whether panel `index` is the first of its row.
    pub(super) fn first_in_row(&self, index: usize) -> bool {
        index.is_multiple_of(self.columns)
    }

    /// Whether panel `index` has no panel below it.
    pub(super) fn last_in_column(&self, index: usize) -> bool {
        index + self.columns >= self.count
    }
}

/// Width the figure of `count` panels will have.
pub(super) fn width_of(count: usize) -> f64 {
    if count <= 1 { 720.0 } else { WIDTH }
}
