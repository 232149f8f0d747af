//! Parameters that make model-guided strategies quick enough for tests over every space: the same code, smaller models.

use archbench::strategy::{StrategyConfig, StrategyEntry};
use std::sync::Arc;

/// What a model costs to fit makes a run with a paper's defaults take seconds.
const QUICK: [(&str, &str); 7] = [
    (
        "bayesian-optimization",
        "edits = 2\nrepeats = 1\nrefit_growth = 1.5",
    ),
    ("smac", "initial = 10\ncandidates = 20\nlocal_searches = 1"),
    (
        "bananas",
        "candidates = 20\npredictor = { name = \"mlp-ensemble\", encoding = \"path\", members = 2, \
         hidden = [8], epochs = 2, min_steps = 10 }",
    ),
    (
        "npenas",
        "candidates = 20\npredictor = { name = \"gcn\", members = 1, layers = 1, units = 8, \
         epochs = 1, min_steps = 10 }",
    ),
    ("predictor-guided-evolution", "candidates = 50"),
    (
        "predictor-guided-local-search",
        "restart = 20\npredictor = { name = \"gradient-boosting\", rounds = 10 }",
    ),
    ("pnas", "survey = 20"),
];

/// The quick parameters of a model-guided strategy; none of the others, which are quick as they are.
pub fn parameters(name: &str) -> Option<toml::Table> {
    let (_, text) = QUICK.iter().find(|(guided, _)| *guided == name)?;
    Some(text.parse().expect("a table"))
}

/// The strategy with its defaults, or the quick parameters where it is guided by a model.
#[allow(dead_code)]
pub fn configured(entry: &StrategyEntry) -> Arc<dyn StrategyConfig> {
    let mut all = entry.defaults();
    all.extend(parameters(entry.name).unwrap_or_default());
    entry.configure(all).expect("sound parameters")
}
