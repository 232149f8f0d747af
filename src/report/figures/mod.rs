//! The figures of a report, drawn once and rendered as SVG and as PNG.

mod axes;
mod bakeoff;
mod curves;
mod distribution;
mod layout;
pub(super) mod palette;
mod ranks;
mod render;
mod scene;

use super::analysis::Analysis;
use crate::error::Error;
use rayon::prelude::*;
use scene::Scene;
use std::path::Path;

/// A figure: its files' stem, what it shows, and its drawing.
pub(super) struct Figure {
    /// Also its anchor in the page.
    pub id: &'static str,
    scene: Scene,
    /// The SVG document.
    pub svg: String,
}

impl Figure {
    /// Writes the PNG.
    pub(super) fn png(&self, path: &Path) -> Result<(), Error> {
        render::png(&self.scene, path)
    }

    /// Width in pixels at its natural size.
    pub(super) fn width(&self) -> f64 {
        self.scene.width
    }
}

/// Draws every figure a search study has data for.
pub(super) fn draw(analysis: &Analysis) -> Result<Vec<Figure>, Error> {
    if analysis.runs == 0 {
        return Ok(Vec::new());
    }
    let drawings: [(&str, Drawing<Analysis>); 8] = [
        ("regret-evaluations", |a| {
            Some(curves::regret_by_evaluations(a))
        }),
        ("regret-time", curves::regret_by_time),
        ("rank", curves::rank),
        ("critical-difference", ranks::critical_difference),
        ("ecdf", curves::ecdf),
        ("performance-profile", curves::performance_profile),
        ("final-regret", distribution::final_regret),
        ("win-matrix", ranks::win_matrix),
    ];
    draw_each(&drawings, analysis)
}

/// Draws every figure a bake-off has data for.
pub(super) fn draw_bakeoff(analysis: &super::bakeoff::Analysis) -> Result<Vec<Figure>, Error> {
    let drawings: [(&str, Drawing<super::bakeoff::Analysis>); 6] = [
        ("kendall-size", bakeoff::kendall_size),
        ("kendall-cost", bakeoff::kendall_cost),
        ("precision-size", bakeoff::precision_size),
        ("regret-size", bakeoff::regret_size),
        ("coverage", bakeoff::coverage),
        ("pareto", bakeoff::pareto),
    ];
    draw_each(&drawings, analysis)
}

/// Draws a figure, if there is data for it.
type Drawing<A> = fn(&A) -> Option<Scene>;

fn draw_each<A: Sync>(
    drawings: &[(&'static str, Drawing<A>)],
    analysis: &A,
) -> Result<Vec<Figure>, Error> {
    drawings
        .par_iter()
        .filter_map(|(id, drawing)| drawing(analysis).map(|scene| (*id, scene)))
        .map(|(id, scene)| {
            let svg = render::svg(&scene)?;
            Ok(Figure { id, scene, svg })
        })
        .collect()
}
