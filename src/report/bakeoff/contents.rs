//! What the report of a bake-off says, section by section.

use super::analysis::Analysis;
use super::headline::headline;
use super::numbers::Estimate;
use super::{Numbers, practices, setup, uncertainty};
use crate::bakeoff::{Measure, PICKS, Score, TOP_SHARES};
use crate::report::BakeoffInput;
use crate::report::contents::{count, counted, figure, key, provenance};
use crate::report::document::{Block, Column, Document, Section, Table, Value};
use crate::report::text::list;

/// The report of `input`.
pub(in crate::report) fn document(input: &BakeoffInput, analysis: &Analysis) -> Document {
    let study = &input.board.study;
    let mut sections = vec![
        summary(input, analysis),
        quality(analysis),
        picks(analysis),
        uncertainty::section(analysis),
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

fn value(estimate: Option<Estimate>) -> Value {
    match estimate {
        Some(Estimate {
            mean,
            interval: Some([low, high]),
        }) => Value::Interval(mean, low, high),
        Some(Estimate { mean, .. }) => Value::Number(mean),
        None => Value::Missing,
    }
}

/// The unit of errors over all tasks.
pub(super) fn error_unit(analysis: &Analysis) -> &str {
    analysis.unit.as_deref().unwrap_or("units differ")
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

fn quality(analysis: &Analysis) -> Section {
    let mut section = Section::new("quality", "Correlation");
    let has_ceiling = analysis.tasks.iter().any(|t| t.noise_ceiling.is_some());
    let ceiling = match has_ceiling {
        true => {
            " Grey: noise ceiling, the τ that a predictor of every architecture's true mean is expected to reach, where the table has \
             several seeds (the table of tasks says from what it is derived)."
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
pub(super) fn at_largest(
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
         true best k among the architectures asked about; best rank is the true rank of the best of them, and regret how far the \
         predicted best is below the true best. Where predictions tie, picks are drawn among them: all three are expectations over ties broken \
         at random. Where the truth ties at the border of the best k, each of the tied counts by the share of the places that are left.",
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
    let unit = error_unit(analysis);
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
    let caption = "Over all and over the truly best alone, with all that equal the last of them; sparse τ rounds the truth to 0.1 percentage points";
    section.table(at_largest(analysis, ("top", caption), columns));
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
