//! Critical-difference diagram and win matrix.
//!
//! The diagram is Demšar's ("Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, 2006): mean ranks
//! on a line, strategies that Nemenyi's test does not tell apart joined by a bar.

use super::palette::{CELL_INK, Color, INK, MUTED, color};
use super::scene::{Align, Scene, TextLook, fit, text_width};
use crate::report::analysis::{Analysis, RankTest};

const WIDTH: f64 = 980.0;
const LABEL: f64 = 280.0;
const LINE: f64 = 21.0;
/// A cell of the win matrix.
const CELL: (f64, f64) = (46.0, 31.0);

/// The critical-difference diagram across tasks; none without a test.
pub(super) fn critical_difference(analysis: &Analysis) -> Option<Scene> {
    let test = analysis.overall.rank_test.as_ref()?;
    let count = test.strategies.len();
    let bars = test.cliques.len() as f64;
    let axis_y = 66.0;
    let first = axis_y + 16.0 + bars * 9.0 + 12.0;
    let half = count.div_ceil(2);
    let mut scene = Scene::new(WIDTH, first + half as f64 * LINE + 6.0);
    let x = |rank: f64| {
        let share = (rank - 1.0) / (count as f64 - 1.0).max(1.0);
        LABEL + (WIDTH - 2.0 * LABEL) * share
    };
    draw_axis(&mut scene, test, axis_y, x);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| {
        test.mean_ranks[*a]
            .total_cmp(&test.mean_ranks[*b])
            .then(a.cmp(b))
    });
    for (place, &i) in order.iter().enumerate() {
        let left = place < half;
        let row = if left { place } else { count - 1 - place };
        let y = first + row as f64 * LINE;
        draw_strategy(
            &mut scene,
            analysis,
            test,
            i,
            (x(test.mean_ranks[i]), axis_y, y, left),
        );
    }
    for (bar, clique) in test.cliques.iter().enumerate() {
        let ranks = || clique.iter().map(|&i| test.mean_ranks[i]);
        let from = x(ranks().fold(f64::MAX, f64::min)) - 4.0;
        let to = x(ranks().fold(0.0, f64::max)) + 4.0;
        let y = axis_y + 14.0 + bar as f64 * 9.0;
        scene.rect((from, y - 2.0), (to - from, 4.0), INK, 1.0);
    }
    Some(scene)
}

fn draw_axis(scene: &mut Scene, test: &RankTest, y: f64, x: impl Fn(f64) -> f64) {
    let count = test.strategies.len();
    scene.line(&[(x(1.0), y), (x(count as f64), y)], INK, 1.2, &[]);
    for rank in 1..=count {
        let at = x(rank as f64);
        scene.line(&[(at, y), (at, y - 6.0)], INK, 1.2, &[]);
        let look = TextLook::new(11.0).color(MUTED).align(Align::Center);
        scene.text((at, y - 14.0), rank.to_string(), look);
    }
    let length = x(1.0 + test.critical_difference) - x(1.0);
    let shown = length.min(WIDTH - LABEL - x(1.0));
    let (from, bar) = (x(1.0), 24.0);
    scene.line(&[(from, bar), (from + shown, bar)], INK, 1.6, &[]);
    scene.line(&[(from, bar - 4.0), (from, bar + 4.0)], INK, 1.6, &[]);
    if length <= shown {
        let to = from + shown;
        scene.line(&[(to, bar - 4.0), (to, bar + 4.0)], INK, 1.6, &[]);
    }
    let text = format!("critical difference {:.2}", test.critical_difference);
    scene.text((from, bar - 12.0), text, TextLook::new(11.0));
}

fn draw_strategy(
    scene: &mut Scene,
    analysis: &Analysis,
    test: &RankTest,
    index: usize,
    (x, axis_y, y, left): (f64, f64, f64, bool),
) {
    let strategy = test.strategies[index];
    let edge = if left {
        LABEL - 12.0
    } else {
        WIDTH - LABEL + 12.0
    };
    scene.line(&[(x, axis_y), (x, y), (edge, y)], color(strategy), 1.4, &[]);
    let rank = format!("{:.2}", test.mean_ranks[index]);
    let label = fit(&analysis.strategies[strategy], 12.0, LABEL - 66.0);
    let (align, sign) = if left {
        (Align::Right, -1.0)
    } else {
        (Align::Left, 1.0)
    };
    let look = TextLook::new(12.0).align(align);
    scene.text((edge + sign * 5.0, y), rank.clone(), look.color(MUTED));
    let aside = text_width(&rank, 12.0, false) + 12.0;
    scene.text((edge + sign * aside, y), label, look);
}

/// How often the row's strategy beats the column's; none with fewer than two strategies.
pub(super) fn win_matrix(analysis: &Analysis) -> Option<Scene> {
    let count = analysis.strategies.len();
    if analysis
        .overall
        .superiority
        .iter()
        .flatten()
        .all(Option::is_none)
    {
        return None;
    }
    let widest = (analysis.strategies.iter()).map(|l| text_width(l, 11.5, false));
    let label = widest.fold(0.0, f64::max).min(200.0) + 34.0;
    let (width, height) = (
        label + count as f64 * CELL.0 + 20.0,
        30.0 + count as f64 * CELL.1 + 30.0,
    );
    let mut scene = Scene::new(width.max(420.0), height);
    for strategy in 0..count {
        draw_names(&mut scene, &analysis.strategies[strategy], strategy, label);
    }
    for row in 0..count {
        for column in (0..count).filter(|column| *column != row) {
            let corner = (label + column as f64 * CELL.0, 30.0 + row as f64 * CELL.1);
            draw_cell(&mut scene, analysis, row, column, corner);
        }
    }
    let note = "row better than column: probability; tasks won:lost significantly";
    let look = TextLook::new(10.5).color(MUTED);
    scene.text(
        (8.0, height - 14.0),
        fit(note, 10.5, scene.width - 16.0),
        look,
    );
    Some(scene)
}

/// A strategy's name and number beside its row, and the number over its column.
fn draw_names(scene: &mut Scene, name: &str, strategy: usize, label: f64) {
    let middle = 30.0 + (strategy as f64 + 0.5) * CELL.1;
    let look = TextLook::new(11.5).align(Align::Right);
    scene.text((label - 26.0, middle), fit(name, 11.5, label - 34.0), look);
    let number = (strategy + 1).to_string();
    let small = TextLook::new(11.0).color(MUTED).align(Align::Center);
    scene.text((label - 12.0, middle), number.clone(), small);
    let over = label + (strategy as f64 + 0.5) * CELL.0;
    scene.text((over, 18.0), number, small);
}

fn draw_cell(
    scene: &mut Scene,
    analysis: &Analysis,
    row: usize,
    column: usize,
    corner: (f64, f64),
) {
    let size = (CELL.0 - 2.0, CELL.1 - 2.0);
    let middle = (corner.0 + size.0 / 2.0, corner.1 + size.1 / 2.0);
    let look = TextLook::new(10.5).align(Align::Center);
    let Some(share) = analysis.overall.superiority[row][column] else {
        scene.text(middle, "–", look.color(MUTED));
        return;
    };
    scene.rect(corner, size, tint(share), 1.0);
    let (won, lost) = analysis.overall.won_lost[row][column];
    let percent = format!("{:.0} %", 100.0 * share);
    scene.text((middle.0, middle.1 - 6.0), percent, look.color(CELL_INK));
    let counts = format!("{won}:{lost}");
    let small = TextLook::new(9.5).align(Align::Center).color(CELL_INK);
    scene.text((middle.0, middle.1 + 6.5), counts, small);
}

/// White at one half, towards blue above and orange below.
fn tint(share: f64) -> Color {
    let (end, weight) = if share >= 0.5 {
        ((86.0, 180.0, 233.0), 2.0 * share - 1.0)
    } else {
        ((230.0, 159.0, 40.0), 1.0 - 2.0 * share)
    };
    let blend = |to: f64| (247.0 + (to - 247.0) * weight.clamp(0.0, 1.0)).round() as u8;
    Color(blend(end.0), blend(end.1), blend(end.2))
}
