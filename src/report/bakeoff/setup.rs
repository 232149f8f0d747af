//! What a bake-off fitted, and on what.

use super::analysis::Analysis;
use crate::bakeoff::ResolvedBakeoff;
use crate::report::analysis::RESAMPLES;
use crate::report::contents::{count, shown_hash};
use crate::report::document::{Block, Column, Section, Table, Value};

/// Training sets, seeds and exclusions; tables and predictors.
pub(super) fn section(study: &ResolvedBakeoff, analysis: &Analysis) -> Section {
    let mut section = Section::new("setup", "What was run");
    let training = match study.training.as_str() {
        "random" => "drawn uniformly from the table".to_owned(),
        strategy => format!("the trajectories of {strategy}"),
    };
    let asked = match study.test_size {
        None => "every architecture that is left".to_owned(),
        Some(count) => format!("{count} architectures of those left, drawn for each replicate"),
    };
    let recalibration = match study.recalibration_folds {
        0 => "none".to_owned(),
        folds => format!("{folds} folds of the training set"),
    };
    section.blocks.push(Block::List(vec![
        format!(
            "Training sets: {} replicates, {training}; sizes of a replicate are nested. Root seed {}.",
            study.replicates, study.seed
        ),
        format!("Asked about: {asked}; none is the same network as one in the training set."),
        format!("Training seed of the table: {}.", study.seed_policy),
        format!("Recalibration of predicted deviations: {recalibration}."),
        format!(
            "Intervals: 95 %, bias-corrected and accelerated bootstrap over training sets, {RESAMPLES} resamples. The means \
             over tasks are taken within a replicate first; they leave out replicates that a task lacks."
        ),
        "Noise ceiling: the τ expected of a predictor of every architecture's true mean, against the metric as the seed policy makes it. It \
         is derived from the τ between trainings with two seeds, which both have noise and so agree less than the truth does with \
         either: reliability by Greiner's relation, Spearman–Brown for means of several, as if truth and noise were jointly normal. \
         By chance, and where they are not, a predictor can come out above it."
            .to_owned(),
        match analysis.failed.len() {
            0 => "Exclusions: no fit is left out.".to_owned(),
            n => format!("Exclusions: {n} fits failed and are left out (table below)."),
        },
    ]));
    section.table(tasks(study, analysis));
    section.table(predictors(study, analysis));
    if !analysis.failed.is_empty() {
        section.table(failed(analysis));
    }
    section
}

fn tasks(study: &ResolvedBakeoff, analysis: &Analysis) -> Table {
    let columns = vec![
        Column::new("task", "task"),
        Column::new("metric", "metric"),
        Column::new("space", "space"),
        Column::new("architectures", "architectures"),
        Column::new("isomorphism classes", "classes"),
        Column::new("training seeds", "training_seeds"),
        Column::new("τ of two seeds", "seed_agreement"),
        Column::new("noise ceiling [τ]", "noise_ceiling"),
        Column::new("table SHA-256, first digits", "table_sha256"),
        Column::new("source", "source"),
    ];
    let mut table = Table::new("tasks", "Tasks and their tables", columns);
    for (task, resolved) in analysis.tasks.iter().zip(&study.tasks) {
        table.row(vec![
            Value::Name(task.short.clone(), task.name.clone()),
            Value::Text(resolved.metric.clone()),
            Value::Text(resolved.space.clone()),
            count(resolved.architectures as usize),
            count(resolved.classes as usize),
            count(resolved.training_seeds as usize),
            task.seed_agreement.map_or(Value::Missing, Value::Number),
            task.noise_ceiling.map_or(Value::Missing, Value::Number),
            shown_hash(&resolved.table_sha256),
            Value::Text(resolved.citation.clone()),
        ]);
    }
    table
}

fn predictors(study: &ResolvedBakeoff, analysis: &Analysis) -> Table {
    let columns = [
        "label",
        "predictor",
        "encoding",
        "target",
        "features",
        "parameters",
        "source",
    ];
    let columns = columns.into_iter().map(|c| Column::new(c, c)).collect();
    let mut table = Table::new("predictors", "Predictors and their parameters", columns);
    for (label, predictor) in analysis.labels.iter().zip(&study.predictors) {
        let parameters = predictor.parameters.iter();
        let parameters: Vec<String> = parameters.map(|(k, v)| format!("{k} = {v}")).collect();
        let mut features = predictor.features.join(", ");
        if let Some(fidelity) = predictor.fidelity {
            features += &format!(" up to {fidelity}");
        }
        table.row(vec![
            Value::Text(label.clone()),
            Value::Text(predictor.name.clone()),
            Value::Text(predictor.encoding.clone()),
            Value::Text(predictor.target.clone()),
            Value::Text(features),
            Value::Text(parameters.join(", ")),
            Value::Text(predictor.citation.clone()),
        ]);
    }
    table
}

fn failed(analysis: &Analysis) -> Table {
    let columns = ["task", "predictor", "train_size", "replicate", "reason"];
    let columns = columns
        .into_iter()
        .map(|c| Column::new(c.replace('_', " "), c))
        .collect();
    let mut table = Table::new("exclusions", "Fits left out, and why", columns);
    if analysis.failed.len() > 20 {
        table = table.folded();
    }
    for fit in &analysis.failed {
        table.row(vec![
            Value::Text(fit.task.clone()),
            Value::Text(fit.predictor.clone()),
            count(fit.train_size as usize),
            count(fit.replicate as usize),
            Value::Text(fit.reason.clone()),
        ]);
    }
    table
}
