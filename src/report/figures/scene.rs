//! A figure before it is drawn: a list of shapes in pixels, the same for SVG and PNG.

use super::palette::{Color, Dash, INK, PAPER};
use plotters::style::{FontDesc, FontFamily, FontStyle};

/// A point in pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// Where a text's anchor lies in it, horizontally.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// A text's look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextLook {
    pub size: f64,
    pub color: Color,
    pub bold: bool,
    pub align: Align,
    /// Turned to be read from below.
    pub upward: bool,
}

impl TextLook {
    /// Plain text of `size` pixels, anchored at its left.
    pub(super) const fn new(size: f64) -> Self {
        Self {
            size,
            color: INK,
            bold: false,
            align: Align::Left,
            upward: false,
        }
    }

    pub(super) const fn color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    pub(super) const fn align(mut self, align: Align) -> Self {
        self.align = align;
        self
    }

    pub(super) const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(super) const fn upward(mut self) -> Self {
        self.upward = true;
        self
    }
}

/// One thing to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A line through points.
    Line {
        points: Vec<Point>,
        color: Color,
        width: f64,
    },
    /// A filled polygon.
    Fill {
        points: Vec<Point>,
        color: Color,
        alpha: f64,
    },
    /// A filled rectangle from its upper left corner.
    Rect {
        at: Point,
        size: Point,
        color: Color,
        alpha: f64,
    },
    /// A filled circle.
    Dot {
        at: Point,
        radius: f64,
        color: Color,
    },
    /// A line of text, anchored at the middle of its height.
    Text {
        at: Point,
        text: String,
        look: TextLook,
    },
}

/// A figure as shapes, later ones over earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// An empty figure with its background.
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut scene = Self {
            width,
            height,
            shapes: Vec::new(),
        };
        scene.rect((0.0, 0.0), (width, height), PAPER, 1.0);
        scene
    }

    /// Adds a line, cut into strokes when `dash` is not empty.
    pub(super) fn line(&mut self, points: &[Point], color: Color, width: f64, dash: Dash) {
        let strokes = if dash.is_empty() {
            vec![points.to_vec()]
        } else {
            dashed(points, dash)
        };
        self.shapes
            .extend(strokes.into_iter().map(|points| Shape::Line {
                points,
                color,
                width,
            }));
    }

    pub(super) fn fill(&mut self, points: Vec<Point>, color: Color, alpha: f64) {
        self.shapes.push(Shape::Fill {
            points,
            color,
            alpha,
        });
    }

    pub(super) fn rect(&mut self, at: Point, size: Point, color: Color, alpha: f64) {
        self.shapes.push(Shape::Rect {
            at,
            size,
            color,
            alpha,
        });
    }

    pub(super) fn dot(&mut self, at: Point, radius: f64, color: Color) {
        self.shapes.push(Shape::Dot { at, radius, color });
    }

    pub(super) fn text(&mut self, at: Point, text: impl Into<String>, look: TextLook) {
        let text = text.into();
        self.shapes.push(Shape::Text { at, text, look });
    }
}

/// Cuts a line into strokes and gaps of the given lengths.
fn dashed(points: &[Point], dash: Dash) -> Vec<Vec<Point>> {
    let mut strokes = Vec::new();
    let mut stroke: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut phase, mut left) = (0, dash[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length <= left {
                left -= length;
                if phase % 2 == 0 {
                    stroke.push(to);
                }
                break;
            }
            let share = left / length;
            from = (
                from.0 + share * (to.0 - from.0),
                from.1 + share * (to.1 - from.1),
            );
            if phase % 2 == 0 {
                stroke.push(from);
                strokes.push(std::mem::take(&mut stroke));
            } else {
                stroke = vec![from];
            }
            phase = (phase + 1) % dash.len();
            left = dash[phase];
        }
    }
    if stroke.len() > 1 {
        strokes.push(stroke);
    }
    strokes
}

/// Width in pixels of `text` at `size`, in the font the figures are drawn with.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    super::render::register_fonts();
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    // Measured large: the font's own measure is in whole pixels.
    let font = FontDesc::new(FontFamily::SansSerif, 120.0, style);
    font.box_size(text)
        .map_or(text.chars().count() as f64 * 0.6 * size, |(width, _)| {
            f64::from(width) * size / 100.0
        })
}

/// `text` cut to `width` pixels, with an ellipsis in the middle: variants of one strategy often differ at the end.
pub(super) fn fit(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size, false) <= width {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let tail = kept * 2 / 5;
        let head = chars[..kept - tail].iter();
        let tail = chars[chars.len() - tail..].iter();
        head.collect::<String>() + "…" + &tail.collect::<String>()
    };
    let kept = (1..chars.len()).rev().map(cut);
    kept.into_iter()
        .find(|cut| text_width(cut, size, false) <= width)
        .unwrap_or_else(|| "…".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_the_line_with_gaps() {
        let strokes = dashed(&[(0.0, 0.0), (10.0, 0.0), (20.0, 0.0)], &[7.0, 3.0]);
        assert_eq!(
            strokes,
            vec![vec![(0.0, 0.0), (7.0, 0.0)], vec![(10.0, 0.0), (17.0, 0.0)]]
        );
    }

    #[test]
    fn long_names_are_cut_to_fit() {
        let long = "regularized-evolution with a very long label";
        assert!(text_width(&fit(long, 11.0, 90.0), 11.0, false) <= 90.0);
        assert!(fit(long, 11.0, 90.0).ends_with("label"));
        assert_eq!(fit("tpe", 11.0, 90.0), "tpe");
    }
}
