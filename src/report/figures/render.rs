//! Draws a [`Scene`] with plotters: the same code for SVG and PNG.
//!
//! Plotters counts in whole pixels, so the SVG is drawn eight times as large and scaled back by its view box: curves
//! stay smooth. The PNG is drawn at twice the size, for print and dense screens.

use super::palette::Color;
use super::scene::{Align, Point, Scene, Shape, TextLook};
use crate::error::Error;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::Color as _;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;
use std::sync::Once;

const SVG_SCALE: f64 = 8.0;
const PNG_SCALE: f64 = 2.0;

/// Makes the figures' font known, once.
pub(super) fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Both are whole fonts compiled in; a failure would show as missing text, never as a panic.
        let _ = register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular());
        let _ = register_font("sans-serif", FontStyle::Bold, dejavu::sans::bold());
    });
}

/// The scene as an SVG document.
pub(super) fn svg(scene: &Scene) -> Result<String, Error> {
    let mut text = String::new();
    let size = pixels(scene, SVG_SCALE);
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(scene, &area, SVG_SCALE).map_err(|e| Error::new("figure", e))?;
    }
    let drawn = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("width=\"{}\" height=\"{}\"", scene.width, scene.height);
    let text = text.replacen(&drawn, &shown, 1);
    Ok(text.replace(" opacity=\"1\"", "").replace(" \"", "\""))
}

/// Draws the scene to a PNG file.
pub(super) fn png(scene: &Scene, path: &Path) -> Result<(), Error> {
    let area = BitMapBackend::new(path, pixels(scene, PNG_SCALE)).into_drawing_area();
    draw(scene, &area, PNG_SCALE).map_err(|e| Error::new(path.display(), e))
}

fn pixels(scene: &Scene, scale: f64) -> (u32, u32) {
    (
        (scene.width * scale).round() as u32,
        (scene.height * scale).round() as u32,
    )
}

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

fn draw<DB: DrawingBackend>(scene: &Scene, area: &DrawingArea<DB, Shift>, scale: f64) -> Drawn<DB> {
    register_fonts();
    let at = |(x, y): Point| ((x * scale).round() as i32, (y * scale).round() as i32);
    for shape in &scene.shapes {
        match shape {
            Shape::Line {
                points,
                color,
                width,
            } => {
                let style = rgba(*color, 1.0).stroke_width((width * scale).round().max(1.0) as u32);
                let points: Vec<_> = points.iter().copied().map(at).collect();
                area.draw(&PathElement::new(points, style))?;
            }
            Shape::Fill {
                points,
                color,
                alpha,
            } => {
                let points: Vec<_> = points.iter().copied().map(at).collect();
                area.draw(&Polygon::new(points, rgba(*color, *alpha).filled()))?;
            }
            Shape::Rect {
                at: corner,
                size,
                color,
                alpha,
            } => {
                let corners = [at(*corner), at((corner.0 + size.0, corner.1 + size.1))];
                area.draw(&Rectangle::new(corners, rgba(*color, *alpha).filled()))?;
            }
            Shape::Dot {
                at: center,
                radius,
                color,
            } => {
                let radius = (radius * scale).round() as i32;
                area.draw(&Circle::new(
                    at(*center),
                    radius,
                    rgba(*color, 1.0).filled(),
                ))?;
            }
            Shape::Text {
                at: anchor,
                text,
                look,
            } => {
                area.draw(&Text::new(text.as_str(), at(*anchor), style(look, scale)))?;
            }
        }
    }
    area.present()
}

fn rgba(color: Color, alpha: f64) -> RGBAColor {
    RGBColor(color.0, color.1, color.2).mix(alpha)
}

/// Plotters' font size is the height of a line; ours is the em.
fn style(look: &TextLook, scale: f64) -> TextStyle<'static> {
    let weight = if look.bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let mut font = FontDesc::new(FontFamily::SansSerif, 1.2 * look.size * scale, weight);
    if look.upward {
        font = font.transform(FontTransform::Rotate270);
    }
    let horizontal = match look.align {
        Align::Left => HPos::Left,
        Align::Center => HPos::Center,
        Align::Right => HPos::Right,
    };
    let mut style = TextStyle::from(font).pos(Pos::new(horizontal, VPos::Center));
    style.color = rgba(look.color, 1.0).to_backend_color();
    style
}
