//! Critical-difference diagram and win matrix.
//!
//! The diagram is Demšar's ("Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, 2006): mean ranks
//! on a line, strategies that Nemenyi's test does not tell apart joined by a bar.

use super::palette::{CELL_INK, Color, INK, MUTED, color};
use super::scene::{Align, Scene, TextLook, fit, text_width};
use crate::report::analysis::{Analysis, RankTest};

const WIDTH: f64 = 860.0;
const LABEL: f64 = 220.0;
const LINE: f64 = 21.0;

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

/// Share of paired runs that the row's strategy wins against the column's; none with fewer than two strategies.
pub(super) fn win_matrix(analysis: &Analysis) -> Option<Scene> {
    let count = analysis.strategies.len();
    if analysis.overall.pairs.is_empty() {
        return None;
    }
    let widest = analysis
        .strategies
        .iter()
        .map(|l| text_width(l, 11.5, false));
    let label = widest.fold(0.0, f64::max).min(190.0) + 16.0;
    let cell = (58.0, 26.0);
    let (width, height) = (
        label + count as f64 * cell.0 + 34.0,
        30.0 + count as f64 * cell.1 + 30.0,
    );
    let mut scene = Scene::new(width.max(420.0), height);
    for strategy in 0..count {
        let middle = 30.0 + (strategy as f64 + 0.5) * cell.1;
        let name = format!(
            "{} ",
            fit(&analysis.strategies[strategy], 11.5, label - 30.0)
        );
        let look = TextLook::new(11.5).align(Align::Right);
        scene.text((label - 24.0, middle), name.trim_end(), look);
        let number = (strategy + 1).to_string();
        let small = TextLook::new(11.0).color(MUTED).align(Align::Center);
        scene.text((label - 10.0, middle), number.clone(), small);
        scene.text(
            (label + (strategy as f64 + 0.5) * cell.0, 18.0),
            number,
            small,
        );
    }
    for pair in &analysis.overall.pairs {
        for (row, column, share) in [
            (pair.a, pair.b, pair.share),
            (pair.b, pair.a, 1.0 - pair.share),
        ] {
            let at = (label + column as f64 * cell.0, 30.0 + row as f64 * cell.1);
            let size = (cell.0 - 2.0, cell.1 - 2.0);
            scene.rect(at, size, tint(share), 1.0);
            let (won, lost) = analysis.overall.won_lost[row][column];
            let text = format!("{:.0}% {won}:{lost}", 100.0 * share);
            let look = TextLook::new(10.0).color(CELL_INK).align(Align::Center);
            let middle = (at.0 + size.0 / 2.0, at.1 + size.1 / 2.0);
            scene.text(middle, text, look);
        }
    }
    let note = "row against column: share of paired runs won, tasks won:lost significantly";
    let look = TextLook::new(10.5).color(MUTED);
    scene.text(
        (8.0, height - 14.0),
        fit(note, 10.5, scene.width - 16.0),
        look,
    );
    Some(scene)
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
