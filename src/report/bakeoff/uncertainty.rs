//! How honest predicted deviations are: the report's section on them.

use super::analysis::Analysis;
use super::contents::{at_largest, error_unit};
use crate::bakeoff::{Measure, Spread, Stage};
use crate::report::contents::figure;
use crate::report::document::Section;
use crate::report::text::list;

/// Figures and tables of deviations, as stated and as recalibrated.
pub(super) fn section(analysis: &Analysis) -> Section {
    let mut section = Section::new("calibration", "Predicted uncertainty");
    let stated = Measure::Calibration(Spread::Coverage(0), Stage::Stated);
    let states = |numbers: &super::Numbers| numbers.of(stated).is_some();
    if !analysis.overall.iter().flatten().any(states) {
        section.paragraph("No predictor of this study states how sure it is.");
        return section;
    }
    section.paragraph(
        "Predicted means and standard deviations, read as normal distributions. Recalibration makes of them Student's t of \
         another variance: a constant plus a multiple of the stated one. Both and the degrees of freedom are the likeliest on \
         the training set alone (cross-validation).",
    );
    if let Some(points) = points(analysis) {
        section.paragraph(points);
    }
    section.blocks.push(figure(
        "coverage",
        "Observed against nominal coverage of central intervals, as stated and recalibrated",
        "Share of the truth within the central 50, 90 and 95 % intervals at the largest training size, mean over tasks; on \
         the diagonal a predictor knows how sure it may be.",
    ));
    for (stage, id, what) in [
        (Stage::Stated, "calibration", "Deviations as stated"),
        (
            Stage::Recalibrated,
            "recalibration",
            "Deviations recalibrated",
        ),
    ] {
        let crps = format!("CRPS [{}]", error_unit(analysis));
        let columns = [
            ("NLL", Spread::Nll),
            (&crps, Spread::Crps),
            ("50 % covers", Spread::Coverage(0)),
            ("90 % covers", Spread::Coverage(1)),
            ("95 % covers", Spread::Coverage(2)),
        ];
        let columns = columns
            .map(|(title, spread)| (title.to_owned(), Measure::Calibration(spread, stage)))
            .to_vec();
        section.table(at_largest(analysis, (id, what), columns));
    }
    section
}

/// Whose likelihood is missing, and why.
fn points(analysis: &Analysis) -> Option<String> {
    let mut who = Vec::new();
    for &predictor in &analysis.order {
        if let (without @ 1.., all) = analysis.without_nll[predictor] {
            let label = &analysis.labels[predictor];
            who.push(format!("{label} ({without} of {all} fits)"));
        }
    }
    let last = analysis.sizes.last()?;
    (!who.is_empty()).then(|| {
        format!(
            "No NLL as stated at n = {last} of {}: a deviation of 0 was stated, which is a point without a density, so that the NLL \
             is infinite wherever the truth is not that point. CRPS and coverage are defined all the same.",
            list(&who)
        )
    })
}
