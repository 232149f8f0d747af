//! How the final regrets of a strategy's runs are spread, a panel per task.

use super::axes::{Panel, Scale};
use super::layout::{Grid, Margins, width_of};
use super::palette::{MUTED, PAPER, color};
use super::scene::{Align, Scene, TextLook, fit, text_width};
use crate::report::analysis::{Analysis, TaskAnalysis};

const ROW: f64 = 17.0;
const LABEL_SIZE: f64 = 10.5;
const LABEL_WIDTH: f64 = 190.0;
const MARGINS: Margins = Margins {
    left: 12.0,
    right: 14.0,
    top: 28.0,
    bottom: 38.0,
};

/// A line per strategy: 5–95 % as a line, 25–75 % as a bar, the median as a gap, the mean as a dot.
pub(super) fn final_regret(analysis: &Analysis) -> Option<Scene> {
    let strategies: Vec<usize> = (0..analysis.strategies.len())
        .filter(|&s| {
            analysis
                .tasks
                .iter()
                .any(|t| t.cells[s].quantiles.is_some())
        })
        .collect();
    if strategies.is_empty() {
        return None;
    }
    let widest = strategies
        .iter()
        .map(|&s| text_width(&analysis.strategies[s], LABEL_SIZE, false));
    let label = widest.fold(0.0, f64::max).min(LABEL_WIDTH);
    let height = ROW * strategies.len() as f64 + 6.0;
    let count = analysis.tasks.len();
    let grid = Grid::with_lead(label + 14.0, count, 4.0, height, MARGINS);
    let mut scene = Scene::new(width_of(count), grid.height);
    for (index, task) in analysis.tasks.iter().enumerate() {
        let (left, top) = grid.corner(index);
        let values = task.cells.iter().filter_map(|c| c.quantiles).flatten();
        let panel = Panel {
            left,
            top,
            width: grid.panel().0,
            height,
            x: Scale::log(values),
            y: Scale::linear(0.0, 1.0),
        };
        panel.x_axis(&mut scene, 4);
        let oracle = if task.oracle { " · ORACLE" } else { "" };
        panel.title(&mut scene, &format!("{}{oracle}", task.short));
        if grid.first_in_row(index) {
            draw_labels(&mut scene, &panel, analysis, &strategies);
        }
        draw_rows(&mut scene, &panel, task, &strategies);
        let x = format!("final regret [{}]", task.unit);
        let middle = (left + panel.width / 2.0, top + height + 27.0);
        scene.text(middle, x, TextLook::new(11.0).align(Align::Center));
    }
    Some(scene)
}

/// Middle of a row of a panel.
fn row_y(panel: &Panel, row: usize) -> f64 {
    panel.top + 3.0 + (row as f64 + 0.5) * ROW
}

fn draw_labels(scene: &mut Scene, panel: &Panel, analysis: &Analysis, strategies: &[usize]) {
    for (row, &strategy) in strategies.iter().enumerate() {
        let name = fit(&analysis.strategies[strategy], LABEL_SIZE, LABEL_WIDTH);
        let look = TextLook::new(LABEL_SIZE).align(Align::Right);
        scene.text((panel.left - 8.0, row_y(panel, row)), name, look);
    }
}

fn draw_rows(scene: &mut Scene, panel: &Panel, task: &TaskAnalysis, strategies: &[usize]) {
    for (row, &strategy) in strategies.iter().enumerate() {
        let y = row_y(panel, row);
        let cell = &task.cells[strategy];
        let (Some(quantiles), Some(regret)) = (cell.quantiles, cell.regret) else {
            // No runs here: said, not left as a gap that looks like a regret of 0.
            let look = TextLook::new(LABEL_SIZE).color(MUTED);
            scene.text((panel.left + 4.0, y), "no runs", look);
            continue;
        };
        let [q5, q25, q50, q75, q95] =
            quantiles.map(|q| panel.left + panel.x.position(q, panel.width));
        let ink = color(strategy);
        scene.line(&[(q5, y), (q95, y)], ink, 1.2, &[]);
        scene.rect((q25 - 1.0, y - 5.0), (q75 - q25 + 2.0, 10.0), ink, 1.0);
        scene.rect((q50 - 1.0, y - 5.0), (2.0, 10.0), PAPER, 1.0);
        let mean = panel.left + panel.x.position(regret.mean, panel.width);
        scene.dot((mean, y), 3.4, PAPER);
        scene.dot((mean, y), 2.4, ink);
    }
}
