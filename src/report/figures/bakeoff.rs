//! The figures of a bake-off: quality against training size and cost, coverage, and the front of quality against time.

use super::axes::{Panel, Scale};
use super::layout::{Grid, Legend, Margins, width_of};
use super::palette::{GRID, INK, MUTED, color, dash};
use super::scene::{Align, Scene, TextLook};
use crate::bakeoff::{LEVELS, Measure, Score, Spread, Stage};
use crate::report::bakeoff::{Analysis, Estimate, Numbers, Point};

const MARGINS: Margins = Margins {
    left: 62.0,
    right: 14.0,
    top: 28.0,
    bottom: 38.0,
};

/// A predictor's way through a panel: where, and how well.
type Path = Vec<(f64, Estimate)>;

/// A panel's title, its paths by predictor, and the line that a perfect predictor is expected to reach.
struct Plot {
    title: String,
    paths: Vec<Path>,
    ceiling: Option<f64>,
    x: &'static str,
    y: String,
    is_log: bool,
}

/// Kendall's τ against training size.
pub(super) fn kendall_size(analysis: &Analysis) -> Option<Scene> {
    let tau = Measure::Score(Score::KendallTau, 0);
    let plots = by_task(analysis, |n| n.of(tau), |_, size| Some(f64::from(size)));
    draw(
        analysis,
        plots,
        "training architectures",
        "Kendall's τ",
        false,
    )
}

/// Kendall's τ against what the training set cost.
pub(super) fn kendall_cost(analysis: &Analysis) -> Option<Scene> {
    let tau = Measure::Score(Score::KendallTau, 0);
    let hours = |n: &Numbers, _| n.of(Measure::TrainCostS).map(|i| i.mean / 3600.0);
    let plots = by_task(analysis, |n| n.of(tau), hours);
    draw(
        analysis,
        plots,
        "simulated hours of the training set",
        "Kendall's τ",
        false,
    )
}

/// Precision of the predicted best 20 against training size.
pub(super) fn precision_size(analysis: &Analysis) -> Option<Scene> {
    let precision = Measure::Score(Score::Precision(1), 0);
    let plots = by_task(
        analysis,
        |n| n.of(precision),
        |_, size| Some(f64::from(size)),
    );
    let plots = plots.into_iter().map(|plot| Plot {
        ceiling: None,
        ..plot
    });
    draw(
        analysis,
        plots.collect(),
        "training architectures",
        "precision@20",
        false,
    )
}

/// Regret of the predicted best against training size.
pub(super) fn regret_size(analysis: &Analysis) -> Option<Scene> {
    let regret = Measure::Score(Score::Regret, 0);
    let plots = by_task(analysis, |n| n.of(regret), |_, size| Some(f64::from(size)));
    let plots = plots
        .into_iter()
        .zip(&analysis.tasks)
        .map(|(plot, task)| Plot {
            ceiling: None,
            y: format!("regret [{}]", task.unit),
            ..plot
        });
    draw(
        analysis,
        plots.collect(),
        "training architectures",
        "",
        true,
    )
}

fn by_task(
    analysis: &Analysis,
    quality: impl Fn(&Numbers) -> Option<Estimate>,
    place: impl Fn(&Numbers, u32) -> Option<f64>,
) -> Vec<Plot> {
    let plot = |task: &crate::report::bakeoff::TaskNumbers| {
        let path = |sizes: &Vec<Numbers>| -> Path {
            let sizes = sizes.iter().zip(&analysis.sizes);
            sizes
                .filter_map(|(n, size)| Some((place(n, *size)?, quality(n)?)))
                .collect()
        };
        let oracle = if task.oracle { " · ORACLE" } else { "" };
        Plot {
            title: format!("{}{oracle}", task.short),
            paths: task.cells.iter().map(path).collect(),
            ceiling: task.noise_ceiling,
            x: "",
            y: String::new(),
            is_log: false,
        }
    };
    let plots = analysis.tasks.iter().map(plot);
    plots
        .filter(|p| p.paths.iter().any(|path| !path.is_empty()))
        .collect()
}

fn draw(
    analysis: &Analysis,
    plots: Vec<Plot>,
    x: &'static str,
    y: &str,
    is_log: bool,
) -> Option<Scene> {
    if plots.is_empty() {
        return None;
    }
    let predictors: Vec<usize> = (0..analysis.labels.len())
        .filter(|&p| plots.iter().any(|plot| !plot.paths[p].is_empty()))
        .collect();
    let legend = Legend::new(&analysis.labels, &predictors, width_of(plots.len()));
    let height = if plots.len() <= 2 { 300.0 } else { 220.0 };
    let grid = Grid::new(plots.len(), legend.height, height, MARGINS);
    let mut scene = Scene::new(grid.width, grid.height);
    legend.draw(&mut scene);
    for (index, mut plot) in plots.into_iter().enumerate() {
        plot.is_log = is_log;
        if plot.y.is_empty() {
            plot.y = y.to_owned();
        }
        plot.x = if grid.last_in_column(index) { x } else { "" };
        draw_plot(&mut scene, &plot, grid.corner(index), grid.panel());
    }
    Some(scene)
}

fn draw_plot(scene: &mut Scene, plot: &Plot, (left, top): (f64, f64), size: (f64, f64)) {
    let points = || plot.paths.iter().flatten();
    let heights = points().flat_map(|(_, i)| i.interval.into_iter().flatten().chain([i.mean]));
    let y = match plot.is_log {
        true => Scale::log(points().map(|(_, i)| i.mean)),
        false => {
            let heights = heights.chain(plot.ceiling);
            let (low, high) = heights.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
            // Some room, but none where no value can be.
            let low = if low >= 0.0 {
                (low - 0.02).max(0.0)
            } else {
                low - 0.02
            };
            let high = if high <= 1.0 {
                (high + 0.02).min(1.0)
            } else {
                high + 0.02
            };
            Scale::linear(low, high)
        }
    };
    let panel = Panel {
        left,
        top,
        width: size.0,
        height: size.1,
        x: Scale::log(points().map(|(x, _)| *x)),
        y,
    };
    panel.frame(scene, &plot.title, (6, 5));
    if let Some(ceiling) = plot.ceiling {
        let y = panel.at(1.0, ceiling).1;
        scene.line(&[(left, y), (left + size.0, y)], MUTED, 1.4, &[6.0, 4.0]);
    }
    let drawn = plot.paths.iter().filter(|p| !p.is_empty()).count();
    // Many bands over one another would hide the curves.
    let alpha = (0.9 / drawn.max(1) as f64).min(0.14);
    for (predictor, path) in plot.paths.iter().enumerate() {
        let banded = || path.iter().filter_map(|(x, i)| Some((*x, i.interval?)));
        let upper = banded().map(|(x, [_, high])| panel.at(x, high));
        let mut outline: Vec<(f64, f64)> = upper.collect();
        let lower: Vec<(f64, f64)> = banded().map(|(x, [low, _])| panel.at(x, low)).collect();
        outline.extend(lower.into_iter().rev());
        if outline.len() > 2 {
            scene.fill(outline, color(predictor), alpha);
        }
    }
    for (predictor, path) in plot.paths.iter().enumerate() {
        let line: Vec<(f64, f64)> = path.iter().map(|(x, i)| panel.at(*x, i.mean)).collect();
        scene.line(&line, color(predictor), 1.6, dash(predictor));
        for point in line {
            scene.dot(point, 2.2, color(predictor));
        }
    }
    panel.labels(scene, plot.x, &plot.y);
}

/// Observed against nominal coverage at the largest size, as stated and recalibrated.
pub(super) fn coverage(analysis: &Analysis) -> Option<Scene> {
    let last = analysis.sizes.len() - 1;
    let of = |predictor: usize, stage| -> Vec<(f64, f64)> {
        let numbers = &analysis.overall[predictor][last];
        let levels = LEVELS.iter().enumerate();
        levels
            .filter_map(|(at, level)| {
                let found = numbers.of(Measure::Calibration(Spread::Coverage(at), stage))?;
                Some((*level, found.mean))
            })
            .collect()
    };
    let predictors: Vec<usize> = (0..analysis.labels.len())
        .filter(|&p| !of(p, Stage::Stated).is_empty())
        .collect();
    if predictors.is_empty() {
        return None;
    }
    let legend = Legend::new(&analysis.labels, &predictors, width_of(2));
    let grid = Grid::new(2, legend.height, 300.0, MARGINS);
    let mut scene = Scene::new(grid.width, grid.height);
    legend.draw(&mut scene);
    let stages = [
        (Stage::Stated, "as stated"),
        (Stage::Recalibrated, "recalibrated"),
    ];
    for (index, (stage, title)) in stages.into_iter().enumerate() {
        let (left, top) = grid.corner(index);
        let panel = Panel {
            left,
            top,
            width: grid.panel().0,
            height: grid.panel().1,
            x: Scale::linear(0.0, 1.0),
            y: Scale::linear(0.0, 1.0),
        };
        panel.frame(&mut scene, title, (5, 5));
        let diagonal = [panel.at(0.0, 0.0), panel.at(1.0, 1.0)];
        scene.line(&diagonal, MUTED, 1.2, &[4.0, 3.0]);
        for &predictor in &predictors {
            let line: Vec<(f64, f64)> = of(predictor, stage)
                .into_iter()
                .map(|(x, y)| panel.at(x, y))
                .collect();
            scene.line(&line, color(predictor), 1.4, dash(predictor));
            for point in line {
                scene.dot(point, 2.8, color(predictor));
            }
        }
        panel.labels(&mut scene, "nominal coverage", "observed coverage");
    }
    Some(scene)
}

/// Kendall's τ against time, with the Pareto front of the largest size.
pub(super) fn pareto(analysis: &Analysis) -> Option<Scene> {
    let placed = || analysis.points.iter().filter_map(|p| Some((p, p.tau?)));
    placed().next()?;
    let predictors: Vec<usize> = (0..analysis.labels.len())
        .filter(|&at| placed().any(|(p, _)| p.predictor == at))
        .collect();
    let legend = Legend::new(&analysis.labels, &predictors, width_of(1));
    let grid = Grid::new(1, legend.height, 340.0, MARGINS);
    let mut scene = Scene::new(grid.width, grid.height);
    legend.draw(&mut scene);
    let (left, top) = grid.corner(0);
    let taus = || placed().map(|(_, tau)| tau);
    let panel = Panel {
        left,
        top: top - 14.0,
        width: grid.panel().0,
        height: grid.panel().1,
        x: Scale::log(placed().map(|(p, _)| p.total_s)),
        y: Scale::linear(
            taus().fold(f64::MAX, f64::min) - 0.02,
            taus().fold(f64::MIN, f64::max) + 0.02,
        ),
    };
    panel.frame(&mut scene, "", (8, 6));
    draw_front(&mut scene, &panel, analysis);
    for &predictor in &predictors {
        let mine = placed().filter(|(p, _)| p.predictor == predictor);
        let line: Vec<(f64, f64)> = mine.map(|(p, tau)| panel.at(p.total_s, tau)).collect();
        scene.line(&line, color(predictor), 1.0, dash(predictor));
        for (at, point) in line.iter().enumerate() {
            let radius = if at + 1 == line.len() { 4.2 } else { 2.2 };
            scene.dot(*point, radius, color(predictor));
        }
    }
    let note = (left + panel.width - 8.0, panel.top + panel.height - 10.0);
    let look = TextLook::new(10.5).color(MUTED).align(Align::Right);
    scene.text(note, "large dots: largest training size", look);
    panel.labels(
        &mut scene,
        "seconds of a fit and all predictions",
        "Kendall's τ over all tasks",
    );
    Some(scene)
}

/// The front as a staircase: what is reached within a time.
fn draw_front(scene: &mut Scene, panel: &Panel, analysis: &Analysis) {
    let last = analysis.sizes.len() - 1;
    let on_front = |p: &&Point| p.on_front && p.size == last;
    let front = analysis.points.iter().filter(on_front);
    let mut front: Vec<(f64, f64)> = front.filter_map(|p| Some((p.total_s, p.tau?))).collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut stairs: Vec<(f64, f64)> = Vec::new();
    for &(time, tau) in &front {
        if let Some(&(_, before)) = stairs.last() {
            stairs.push((panel.at(time, tau).0, before));
        }
        stairs.push(panel.at(time, tau));
    }
    if let Some(&(_, y)) = stairs.last() {
        stairs.push((panel.left + panel.width, y));
    }
    scene.line(&stairs, GRID, 5.0, &[]);
    scene.line(&stairs, INK, 1.4, &[]);
}
