//! What the report of a bake-off says, section by section.

use super::analysis::Analysis;
use super::{Numbers, practices, setup};
use crate::bakeoff::{Measure, PICKS, Score, Spread, Stage, TOP_SHARES};
use crate::report::BakeoffInput;
use crate::report::analysis::Interval;
use crate::report::contents::{count, counted, figure, key, provenance};
use crate::report::document::{Block, Column, Document, Section, Table, Value};
use crate::report::text::{list, number};

/// The report of `input`.
pub(in crate::report) fn document(input: &BakeoffInput, analysis: &Analysis) -> Document {
    let study = &input.board.study;
    let mut sections = vec![
        summary(input, analysis),
        quality(analysis),
        picks(analysis),
        calibration(analysis),
    ];
    sections.extend(time(analysis));
    sections.extend([
        every_score(analysis),
        setup::section(study, analysis),
        practices::section(input, analysis),
        provenance(input.provenance.as_ref(), "scores.parquet"),
    ]);
    Document {
        title: format!("{}: predictors compared", study.name),
        sections,
    }
}

pub(super) fn value(interval: Option<Interval>) -> Value {
    interval.map_or(Value::Missing, |i| Value::Interval(i.mean, i.low, i.high))
}

fn summary(input: &BakeoffInput, analysis: &Analysis) -> Section {
    let study = &input.board.study;
    let mut section = Section::new("summary", "Summary");
    section.blocks.push(Block::Lead(headline(analysis)));
    section.paragraph(format!(
        "{} on {}, {} of each size, {} in all. Predictors see the same training sets; training sets are nested, and \
         no architecture asked about is the same network as one trained.",
        counted(analysis.labels.len(), "predictor"),
        counted(analysis.tasks.len(), "task"),
        counted(study.replicates as usize, "training set"),
        counted(analysis.fits, "fit"),
    ));
    let oracles = analysis.tasks.iter().filter(|t| t.oracle);
    let oracles: Vec<&str> = oracles.map(|t| t.name.as_str()).collect();
    if !oracles.is_empty() {
        section.paragraph(format!(
            "ORACLE: no validation split for {}; the test metric stood in for validation.",
            list(&oracles)
        ));
    }
    let mut columns = vec![Column::new("predictor", "predictor")];
    for size in &analysis.sizes {
        columns.push(Column::interval(
            format!("n = {size}"),
            &format!("tau_{size}"),
        ));
    }
    columns.push(Column::interval("behind the best, largest n", "behind"));
    let caption = "Kendall's τ-b by training size, mean over tasks [95 % interval over training sets]; last, the paired \
                   difference to the best at the largest size";
    let mut table = Table::new("kendall-tau", caption, columns);
    for &predictor in &analysis.order {
        let mut row = vec![Value::Text(analysis.labels[predictor].clone())];
        let sizes = analysis.overall[predictor].iter();
        row.extend(sizes.map(|n| value(n.score(Score::KendallTau))));
        row.push(match predictor == analysis.order[0] {
            true => Value::Missing,
            false => value(analysis.behind[predictor]),
        });
        table.row(row);
    }
    section.table(table);
    section
}

/// Who is best, and from whom it is not told apart.
fn headline(analysis: &Analysis) -> String {
    let (best, last) = (analysis.order[0], analysis.sizes.len() - 1);
    let Some(tau) = analysis.overall[best][last].score(Score::KendallTau) else {
        return "No predictor was scored on every task.".to_owned();
    };
    let near: Vec<&str> = analysis.order[1..]
        .iter()
        .filter(|p| analysis.behind[**p].is_some_and(|i| i.low <= 0.0))
        .map(|p| analysis.labels[*p].as_str())
        .collect();
    let apart = match near.as_slice() {
        [] => "; the interval of every other predictor's paired difference is above 0".to_owned(),
        near => format!("; {} cannot be told from it", list(near)),
    };
    format!(
        "At {} training architectures {} orders the rest best: τ = {} [{}, {}]{apart}.",
        analysis.sizes[last],
        analysis.labels[best],
        number(tau.mean),
        number(tau.low),
        number(tau.high),
    )
}

fn quality(analysis: &Analysis) -> Section {
    let mut section = Section::new("quality", "Correlation");
    let has_ceiling = analysis.tasks.iter().any(|t| t.noise_ceiling.is_some());
    let ceiling = match has_ceiling {
        true => {
            " Grey: noise ceiling, τ between trainings with two seeds, where the table has them."
        }
        false => "",
    };
    section.blocks.push(figure(
        "kendall-size",
        "Kendall's τ against training size, a panel per task",
        format!(
            "Kendall's τ-b against training size, mean with 95 % bootstrap band over training sets.{ceiling}"
        ),
    ));
    section.blocks.push(figure(
        "kendall-cost",
        "Kendall's τ against the simulated cost of the training set, a panel per task",
        "The same against the simulated training time of the training set, measured features included.",
    ));
    if !has_ceiling {
        section.paragraph(
            "No table of this study has a second training seed: the noise ceiling is unknown.",
        );
    }
    let costs = analysis.tasks.iter().flat_map(|t| t.cells.iter().flatten());
    if costs.clone().all(|n| n.of(Measure::TrainCostS).is_none()) {
        section.paragraph(
            "Against cost there is nothing to show: no table of this study has training times.",
        );
    }
    let mut columns = vec![
        Column::new("task", "task"),
        Column::new("predictor", "predictor"),
    ];
    for size in &analysis.sizes {
        columns.push(Column::interval(
            format!("n = {size}"),
            &format!("tau_{size}"),
        ));
    }
    let caption = "Kendall's τ-b by task and training size, mean [95 % interval]";
    let table = Table::new("kendall-tau-by-task", caption, columns);
    let mut table = table.led_by(2).folded();
    for task in &analysis.tasks {
        for &predictor in &analysis.order {
            let mut row = vec![
                Value::Name(task.short.clone(), task.name.clone()),
                Value::Text(analysis.labels[predictor].clone()),
            ];
            let sizes = task.cells[predictor].iter();
            row.extend(sizes.map(|n| value(n.score(Score::KendallTau))));
            table.row(row);
        }
    }
    section.table(table);
    section
}

/// A table over all tasks at the largest size: a row for each predictor.
fn at_largest(
    analysis: &Analysis,
    (id, caption): (&str, &str),
    columns: Vec<(String, Measure)>,
) -> Table {
    let last = analysis.sizes.len() - 1;
    let size = analysis.sizes[last];
    let mut head = vec![Column::new("predictor", "predictor")];
    head.extend(
        columns
            .iter()
            .map(|(title, m)| Column::interval(title, &m.name())),
    );
    let caption = format!("{caption}, n = {size}, mean over tasks [95 % interval]");
    let mut table = Table::new(id, caption, head);
    for &predictor in &analysis.order {
        let numbers: &Numbers = &analysis.overall[predictor][last];
        let mut row = vec![Value::Text(analysis.labels[predictor].clone())];
        row.extend(columns.iter().map(|(_, m)| value(numbers.of(*m))));
        table.row(row);
    }
    table
}

fn picks(analysis: &Analysis) -> Section {
    let mut section = Section::new("picks", "The best");
    section.paragraph(
        "What a search uses a predictor for: whether the predicted best are good. The predicted best k are compared with the \
         true best k among the architectures asked about; regret is how far the predicted best is below the true best.",
    );
    section.blocks.push(figure(
        "precision-size",
        "Precision of the predicted best 20 against training size, a panel per task",
        "Share of the predicted best 20 that are among the true best 20, against training size.",
    ));
    section.blocks.push(figure(
        "regret-size",
        "Regret of the predicted best against training size, a panel per task",
        "Regret of the predicted best against training size; both axes logarithmic.",
    ));
    let unit = analysis.unit.as_deref().unwrap_or("units differ");
    let mut columns = Vec::new();
    for (at, k) in PICKS.iter().enumerate() {
        columns.push((
            format!("precision@{k}"),
            Measure::Score(Score::Precision(at), 0),
        ));
    }
    for (at, k) in PICKS.iter().enumerate() {
        columns.push((
            format!("best rank@{k}"),
            Measure::Score(Score::BestRank(at), 0),
        ));
    }
    columns.push((format!("regret [{unit}]"), Measure::Score(Score::Regret, 0)));
    section.table(at_largest(
        analysis,
        ("picks", "The predicted best"),
        columns,
    ));
    let mut columns = Vec::new();
    for score in [Score::KendallTau, Score::SparseKendallTau, Score::Rmse] {
        for subset in 0..=TOP_SHARES.len() {
            let over = match subset {
                0 => "all".to_owned(),
                _ => format!("top {:.0} %", 100.0 * TOP_SHARES[subset - 1]),
            };
            let title = match score {
                Score::KendallTau => format!("τ, {over}"),
                Score::SparseKendallTau => format!("sparse τ, {over}"),
                _ => format!("RMSE [{unit}], {over}"),
            };
            columns.push((title, Measure::Score(score, subset)));
        }
    }
    let caption = "Over all and over the truly best alone; sparse τ rounds the truth to 0.1 percentage points";
    section.table(at_largest(analysis, ("top", caption), columns));
    section
}

fn calibration(analysis: &Analysis) -> Section {
    let mut section = Section::new("calibration", "Predicted uncertainty");
    let stated = Measure::Calibration(Spread::Nll, Stage::Stated);
    let has = |numbers: &Numbers| numbers.of(stated).is_some();
    if !analysis.overall.iter().flatten().any(has) {
        section.paragraph("No predictor of this study states how sure it is.");
        return section;
    }
    section.paragraph(
        "Predicted means and standard deviations, read as normal distributions. Recalibration makes of them Student's t of \
         another variance: a constant plus a multiple of the stated one. Both and the degrees of freedom are the likeliest on \
         the training set alone (cross-validation).",
    );
    section.blocks.push(figure(
        "coverage",
        "Observed against nominal coverage of central intervals, as stated and recalibrated",
        "Share of the truth within the central 50, 90 and 95 % intervals at the largest training size, mean over tasks; on \
         the diagonal a predictor knows how sure it may be.",
    ));
    let unit = analysis.unit.as_deref().unwrap_or("units differ");
    for (stage, id, what) in [
        (Stage::Stated, "calibration", "Deviations as stated"),
        (
            Stage::Recalibrated,
            "recalibration",
            "Deviations recalibrated",
        ),
    ] {
        let columns = vec![
            ("NLL".to_owned(), Measure::Calibration(Spread::Nll, stage)),
            (
                format!("CRPS [{unit}]"),
                Measure::Calibration(Spread::Crps, stage),
            ),
            (
                "50 % covers".to_owned(),
                Measure::Calibration(Spread::Coverage(0), stage),
            ),
            (
                "90 % covers".to_owned(),
                Measure::Calibration(Spread::Coverage(1), stage),
            ),
            (
                "95 % covers".to_owned(),
                Measure::Calibration(Spread::Coverage(2), stage),
            ),
        ];
        section.table(at_largest(analysis, (id, what), columns));
    }
    section
}

/// Measured times; none where there are none.
fn time(analysis: &Analysis) -> Option<Section> {
    if analysis.points.is_empty() {
        return None;
    }
    let mut section = Section::new("time", "Quality against time");
    section.paragraph(
        "Wall time as measured on one thread each, so not reproducible; the scores are. It comes from timings.parquet, \
         without which this section is left out.",
    );
    section.blocks.push(figure(
        "pareto",
        "Kendall's τ against the time of a fit and its predictions, with the Pareto front of the largest size",
        "Kendall's τ over all tasks against seconds of a fit and all its predictions; a line joins the training sizes of a \
         predictor. Ink: Pareto front at the largest size.",
    ));
    let columns = vec![
        Column::new("predictor", "predictor"),
        Column::new("n", "train_size"),
        Column::new("fit [ms]", "fit_ms"),
        Column::new("predict [µs each]", "predict_us"),
        Column::new("in all [ms]", "total_ms"),
        Column::new("τ", "kendall_tau"),
        Column::new("on the front", "on_front"),
    ];
    let caption = "Time of a fit and its predictions, mean over tasks and training sets; the front is that of each size";
    let mut table = Table::new("times", caption, columns).folded().led_by(2);
    for &predictor in &analysis.order {
        for point in analysis.points.iter().filter(|p| p.predictor == predictor) {
            table.row(vec![
                Value::Text(analysis.labels[predictor].clone()),
                count(analysis.sizes[point.size] as usize),
                Value::Number(1e3 * point.fit_s),
                Value::Number(point.predict_us),
                Value::Number(1e3 * point.total_s),
                point.tau.map_or(Value::Missing, Value::Number),
                Value::Text(if point.on_front { "yes" } else { "no" }.into()),
            ]);
        }
    }
    section.table(table);
    Some(section)
}

/// Every score of every task, predictor and size.
fn every_score(analysis: &Analysis) -> Section {
    let mut section = Section::new("scores", "Every score");
    for subset in 0..=TOP_SHARES.len() {
        let (id, over) = match subset {
            0 => (
                "scores".to_owned(),
                "all architectures asked about".to_owned(),
            ),
            _ => {
                let percent = format!("{:.0}", 100.0 * TOP_SHARES[subset - 1]);
                (
                    format!("scores-top-{percent}"),
                    format!("the truly best {percent} % of them"),
                )
            }
        };
        let mut columns = vec![
            Column::new("task", "task"),
            Column::new("predictor", "predictor"),
            Column::new("n", "train_size"),
            Column::new("fits", "fits"),
        ];
        for score in Score::ALL {
            let name = score.name();
            columns.push(Column::interval(name.replace('_', " "), &key(&name)));
        }
        let caption = format!(
            "Over {over}, mean [95 % interval]; errors and regret in percentage points for accuracy"
        );
        let mut table = Table::new(id, caption, columns).folded().led_by(4);
        for task in &analysis.tasks {
            for (predictor, sizes) in task.cells.iter().enumerate() {
                for (numbers, size) in sizes.iter().zip(&analysis.sizes) {
                    let mut row = vec![
                        Value::Name(task.short.clone(), task.name.clone()),
                        Value::Text(analysis.labels[predictor].clone()),
                        count(*size as usize),
                        count(numbers.fits),
                    ];
                    let scores = Score::ALL.into_iter();
                    row.extend(scores.map(|s| value(numbers.of(Measure::Score(s, subset)))));
                    table.row(row);
                }
            }
        }
        section.table(table);
    }
    section
}
