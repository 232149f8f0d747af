//! Curves over the budget: regret by task, mean rank, and the distribution of final regrets.

use super::axes::{Panel, Scale};
use super::layout::{Grid, Legend, Margins, width_of};
use super::palette::{color, dash};
use super::scene::Scene;
use crate::report::analysis::{Analysis, Curve, Curves, TaskAnalysis};

const MARGINS: Margins = Margins {
    left: 62.0,
    right: 14.0,
    top: 28.0,
    bottom: 38.0,
};

/// Simple regret against evaluations, a panel per task.
pub(super) fn regret_by_evaluations(analysis: &Analysis) -> Scene {
    let panels: Vec<_> = analysis
        .tasks
        .iter()
        .map(|t| (t, &t.by_evaluations))
        .filter(|(_, c)| !c.x.is_empty())
        .collect();
    regret(analysis, &panels, "evaluations", 1.0)
}

/// Simple regret against simulated time, a panel per task with training times; none if no task has any.
pub(super) fn regret_by_time(analysis: &Analysis) -> Option<Scene> {
    let panels: Vec<_> = analysis
        .tasks
        .iter()
        .filter_map(|t| t.by_time.as_ref().map(|c| (t, c)))
        .collect();
    let last = panels
        .iter()
        .filter_map(|(_, c)| c.x.last())
        .fold(0.0_f64, |a, b| a.max(*b));
    let (unit, per) = match last {
        s if s > 2.0 * 86_400.0 => ("days", 86_400.0),
        s if s > 2.0 * 3600.0 => ("hours", 3600.0),
        _ => ("seconds", 1.0),
    };
    (!panels.is_empty()).then(|| regret(analysis, &panels, &format!("simulated {unit}"), per))
}

fn regret(analysis: &Analysis, panels: &[(&TaskAnalysis, &Curves)], x: &str, per: f64) -> Scene {
    let strategies = shown(panels.iter().map(|(_, c)| *c), analysis.strategies.len());
    let width = width_of(panels.len());
    let legend = Legend::new(&analysis.strategies, &strategies, width);
    let height = if panels.len() <= 2 { 300.0 } else { 190.0 };
    let grid = Grid::new(panels.len(), legend.height, height, MARGINS);
    let mut scene = Scene::new(grid.width, grid.height);
    legend.draw(&mut scene);
    for (index, (task, curves)) in panels.iter().enumerate() {
        let xs: Vec<f64> = curves.x.iter().map(|x| x / per).collect();
        let values = curves.series.iter().flat_map(|s| s.mean.iter().copied());
        let (left, top) = grid.corner(index);
        let panel = Panel {
            left,
            top,
            width: grid.panel().0,
            height: grid.panel().1,
            x: Scale::log(xs[curves.first()..].iter().copied()),
            y: Scale::log(values),
        };
        let oracle = if task.oracle { " · ORACLE" } else { "" };
        panel.frame(&mut scene, &format!("{}{oracle}", task.short), (6, 5));
        draw_curves(&mut scene, &panel, &xs, curves, true);
        let x = if grid.last_in_column(index) { x } else { "" };
        panel.labels(&mut scene, x, &format!("regret [{}]", task.unit));
    }
    scene
}

/// Mean rank over the budget, averaged over tasks; none with fewer than two strategies.
pub(super) fn rank(analysis: &Analysis) -> Option<Scene> {
    let curves = &analysis.overall.rank_curves;
    let strategies = shown(std::iter::once(curves), analysis.strategies.len());
    if strategies.len() < 2 || curves.x.len() < 2 {
        return None;
    }
    let values = || curves.series.iter().flat_map(|s| s.mean.iter().copied());
    let low = values().fold(f64::MAX, f64::min).floor();
    let high = values().fold(1.0, f64::max).ceil();
    // All tied at a whole rank: a line in the middle.
    let (low, high) = match high > low {
        true => (low, high),
        false => (low - 1.0, high + 1.0),
    };
    // Rank 1 is on top: the axis runs downwards.
    let y = Scale::Linear {
        low: high,
        high: low,
    };
    Some(single(
        analysis,
        curves,
        &strategies,
        Scale::log(curves.x[curves.first()..].iter().copied()),
        y,
        (analysis.axis, "mean rank (1 is best)"),
    ))
}

/// Share of runs that ended at or below a normalised regret.
pub(super) fn ecdf(analysis: &Analysis) -> Option<Scene> {
    let curves = &analysis.overall.ecdf;
    let strategies = shown(std::iter::once(curves), analysis.strategies.len());
    if strategies.is_empty() || curves.x.len() < 2 {
        return None;
    }
    let labels = (
        "final regret as a share of the first incumbents' mean regret",
        "share of runs at or below",
    );
    let x = Scale::log(curves.x.iter().copied());
    let y = Scale::linear(0.0, 1.0);
    Some(single(analysis, curves, &strategies, x, y, labels))
}

/// Share of problems solved within a factor of the best strategy's cost.
pub(super) fn performance_profile(analysis: &Analysis) -> Option<Scene> {
    let curves = &analysis.overall.profile;
    let strategies = shown(std::iter::once(curves), analysis.strategies.len());
    if strategies.len() < 2 || curves.x.len() < 2 {
        return None;
    }
    let labels = (
        "factor of the best strategy's expected evaluations",
        "share of problems solved",
    );
    let x = Scale::log(curves.x.iter().copied());
    let y = Scale::linear(0.0, 1.0);
    Some(single(analysis, curves, &strategies, x, y, labels))
}

fn single(
    analysis: &Analysis,
    curves: &Curves,
    strategies: &[usize],
    x: Scale,
    y: Scale,
    labels: (&str, &str),
) -> Scene {
    let width = width_of(1);
    let legend = Legend::new(&analysis.strategies, strategies, width);
    let grid = Grid::new(1, legend.height, 300.0, MARGINS);
    let mut scene = Scene::new(grid.width, grid.height);
    legend.draw(&mut scene);
    let (left, top) = grid.corner(0);
    let panel = Panel {
        left,
        top: top - 14.0,
        width: grid.panel().0,
        height: grid.panel().1,
        x,
        y,
    };
    panel.frame(&mut scene, "", (8, 6));
    draw_curves(&mut scene, &panel, &curves.x, curves, false);
    panel.labels(&mut scene, labels.0, labels.1);
    scene
}

/// Strategies with a curve in any of the panels.
fn shown<'a>(panels: impl Iterator<Item = &'a Curves> + Clone, strategies: usize) -> Vec<usize> {
    let has = |s: usize| panels.clone().any(|c| !c.series[s].mean.is_empty());
    (0..strategies).filter(|&s| has(s)).collect()
}

fn draw_curves(scene: &mut Scene, panel: &Panel, xs: &[f64], curves: &Curves, bands: bool) {
    let path = |curve: &Curve, values: &[f64]| -> Vec<(f64, f64)> {
        let xs = &xs[curve.start..];
        xs.iter()
            .zip(values)
            .map(|(x, y)| panel.at(*x, *y))
            .collect()
    };
    if bands {
        // Many bands over one another would hide the curves.
        let drawn = curves.series.iter().filter(|c| !c.mean.is_empty()).count();
        let alpha = (0.9 / drawn.max(1) as f64).min(0.14);
        for (strategy, curve) in curves.series.iter().enumerate() {
            let mut outline = path(curve, &curve.high);
            outline.extend(path(curve, &curve.low).into_iter().rev());
            if outline.len() > 3 {
                scene.fill(outline, color(strategy), alpha);
            }
        }
    }
    for (strategy, curve) in curves.series.iter().enumerate() {
        let line = path(curve, &curve.mean);
        match line.as_slice() {
            [] => {}
            [only] => scene.dot(*only, 3.0, color(strategy)),
            line => scene.line(line, color(strategy), 1.6, dash(strategy)),
        }
    }
}
