//! Axes: scales with their ticks, and the frame of a panel.

use super::palette::{GRID, INK, MUTED};
use super::scene::{Align, Point, Scene, TextLook};
use crate::report::text::short;

/// Room in pixels for the value 0 below a logarithmic scale.
const ZERO_ROOM: f64 = 16.0;

/// Maps values to a share of the axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scale {
    Linear {
        low: f64,
        high: f64,
    },
    /// Logarithmic; values at or below zero are drawn at the axis' start, apart from the rest.
    Log {
        low: f64,
        high: f64,
        zero: bool,
    },
}

impl Scale {
    /// A linear scale from `low` to `high`; one unit long where they are the same.
    pub(super) fn linear(low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self::Linear { low, high }
    }

    /// A logarithmic scale that shows every value, at most six decades deep.
    pub(super) fn log(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high, mut zero) = (f64::MAX, 0.0_f64, false);
        for value in values {
            if value > 0.0 {
                low = low.min(value);
                high = high.max(value);
            } else {
                zero = true;
            }
        }
        if high <= 0.0 {
            (low, high) = (0.1, 1.0);
        }
        if low < high * 1e-6 {
            low = high * 1e-6;
            zero = true;
        }
        if high / low < 1.5 {
            (low, high) = (low / 1.3, high * 1.3);
        }
        Self::Log {
            low: low / 1.05,
            high: high * 1.05,
            zero,
        }
    }

    /// Position of `value` on an axis of `length` pixels, from its start.
    pub(super) fn position(&self, value: f64, length: f64) -> f64 {
        match *self {
            Self::Linear { low, high } => length * (value - low) / (high - low),
            Self::Log { low, high, zero } => {
                let room = if zero { ZERO_ROOM } else { 0.0 };
                if value < low {
                    return if zero { 0.3 * ZERO_ROOM } else { 0.0 };
                }
                room + (length - room) * (value / low).ln() / (high / low).ln()
            }
        }
    }

    /// Values to mark and their labels, about `count` of them.
    pub(super) fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        let values = match *self {
            Self::Linear { low, high } => linear_ticks(low.min(high), low.max(high), count),
            Self::Log { low, high, .. } => log_ticks(low, high, count),
        };
        let zero = matches!(self, Self::Log { zero: true, .. }).then(|| (0.0, "0".to_owned()));
        zero.into_iter()
            .chain(values.into_iter().map(|v| (v, short(v))))
            .collect()
    }
}

fn linear_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let raw = (high - low) / count.max(1) as f64;
    let magnitude = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|m| m * magnitude)
        .into_iter()
        .find(|s| *s >= raw * 0.999)
        .unwrap_or(10.0 * magnitude);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Powers of ten, thinned or refined with 2 and 5 until about `count` ticks are left.
fn log_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let exponents = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let of = |multiples: &[f64], every: i32| -> Vec<f64> {
        exponents
            .clone()
            .filter(|e| e.rem_euclid(every) == 0)
            .flat_map(|e| multiples.iter().map(move |m| decimal(*m, e)))
            .filter(|v| (low..=high).contains(v))
            .collect()
    };
    let sets: [(&[f64], i32); 6] = [
        (&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0], 1),
        (&[1.0, 2.0, 5.0], 1),
        (&[1.0, 3.0], 1),
        (&[1.0], 1),
        (&[1.0], 2),
        (&[1.0], 3),
    ];
    let candidates = sets.iter().map(|(m, every)| of(m, *every));
    let best = candidates
        .filter(|ticks| ticks.len() >= 2 && ticks.len() <= count + 1)
        .max_by_key(Vec::len);
    best.unwrap_or_else(|| linear_ticks(low, high, count))
}

/// `multiple · 10^exponent`, as near to the decimal as can be.
fn decimal(multiple: f64, exponent: i32) -> f64 {
    if exponent >= 0 {
        multiple * 10_f64.powi(exponent)
    } else {
        multiple / 10_f64.powi(-exponent)
    }
}

/// The rectangle that curves are drawn in, with a scale on each side.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Scale,
    pub y: Scale,
}

impl Panel {
    /// Where a pair of values is drawn, held within the panel.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        let across = self.x.position(x, self.width).clamp(0.0, self.width);
        let up = self.y.position(y, self.height).clamp(0.0, self.height);
        (self.left + across, self.top + self.height - up)
    }

    /// Draws grid lines, tick labels and the panel's title.
    pub(super) fn frame(&self, scene: &mut Scene, title: &str, ticks: (usize, usize)) {
        self.x_axis(scene, ticks.0);
        let look = TextLook::new(10.5).color(MUTED).align(Align::Right);
        for (value, label) in self.y.ticks(ticks.1) {
            let y = self.at(0.0, value).1;
            scene.line(
                &[(self.left, y), (self.left + self.width, y)],
                GRID,
                1.0,
                &[],
            );
            scene.text((self.left - 5.0, y), label, look);
        }
        let corner = (self.left, self.top + self.height);
        scene.line(
            &[
                (self.left, self.top),
                corner,
                (self.left + self.width, corner.1),
            ],
            MUTED,
            1.0,
            &[],
        );
        self.title(scene, title);
    }

    /// Draws the title over the panel.
    pub(super) fn title(&self, scene: &mut Scene, title: &str) {
        let title = super::scene::fit(title, 12.0, self.width * 0.95);
        scene.text(
            (self.left, self.top - 11.0),
            title,
            TextLook::new(12.0).bold(),
        );
    }

    /// Draws grid lines and labels of the x axis.
    pub(super) fn x_axis(&self, scene: &mut Scene, ticks: usize) {
        let look = TextLook::new(10.5).color(MUTED).align(Align::Center);
        let bottom = self.top + self.height;
        for (value, label) in self.x.ticks(ticks) {
            let x = self.left + self.x.position(value, self.width);
            scene.line(&[(x, self.top), (x, bottom)], GRID, 1.0, &[]);
            scene.text((x, bottom + 11.0), label, look);
        }
    }

    /// Names the axes.
    pub(super) fn labels(&self, scene: &mut Scene, x: &str, y: &str) {
        let look = TextLook::new(11.0).color(INK).align(Align::Center);
        let middle = self.left + self.width / 2.0;
        scene.text((middle, self.top + self.height + 28.0), x, look);
        let middle = self.top + self.height / 2.0;
        scene.text((self.left - 48.0, middle), y, look.upward());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let labels = |scale: Scale, n| -> Vec<String> {
            scale.ticks(n).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(
            labels(Scale::linear(0.0, 1.0), 4),
            ["0", "0.25", "0.5", "0.75", "1"]
        );
        let log = Scale::log([1.0, 300.0].into_iter());
        assert_eq!(labels(log, 6), ["1", "3", "10", "30", "100", "300"]);
        let zero = Scale::log([0.0, 0.01, 2.0].into_iter());
        assert_eq!(labels(zero, 4), ["0", "0.01", "0.03", "0.1", "0.3", "1"]);
    }

    #[test]
    fn a_scale_of_nothing_or_of_zeros_is_still_a_scale() {
        for values in [vec![], vec![0.0], vec![0.7]] {
            let scale = Scale::log(values.iter().copied());
            assert!(scale.position(0.7, 100.0).is_finite());
            assert!(scale.ticks(4).len() >= 2, "{values:?}");
        }
    }
}
