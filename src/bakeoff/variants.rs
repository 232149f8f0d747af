//! The predictors of a bake-off: each as configured, with each of its encodings and fidelities.

use super::measured::Measured;
use super::plan::Task;
use super::resolved::ResolvedPredictor;
use super::wire::{COMMON_KEYS, WireBakeoff, WirePredictor};
use crate::benchmark::SeedPolicy;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::predictor::{Predictor, PredictorEntry, named};
use crate::strategy::Fidelity;

/// A predictor ready to fit.
pub(super) struct Variant {
    pub(super) predictor: Predictor,
    pub(super) features: Vec<Measured>,
    pub(super) fidelity: Option<Fidelity>,
    /// The name of its random streams: the label alone, so that encodings and fidelities of a predictor are paired.
    pub(super) stream: String,
}

/// Every predictor with every encoding and fidelity, in the file's order.
pub(super) fn resolve_predictors(
    wire: &WireBakeoff,
    tasks: &[Task],
    seed: SeedPolicy,
    errors: &mut Vec<Error>,
) -> Vec<(Variant, ResolvedPredictor)> {
    let mut found: Vec<(Variant, ResolvedPredictor)> = Vec::new();
    for entry in &wire.predictors {
        let place = format!("[[predictor]] {}", entry.name);
        let variants = match variants_of(wire, entry) {
            Ok(variants) => variants,
            Err(e) => {
                errors.push(e.within(&place));
                continue;
            }
        };
        for (variant, resolved) in variants {
            if found
                .iter()
                .any(|(_, r)| r.identity() == resolved.identity())
            {
                let (label, encoding) = (&resolved.label, &resolved.encoding);
                let problem = format!("label `{label}` is used twice with encoding {encoding}");
                errors.push(Error::new("[[predictor]]", problem).mend("give each a `label`"));
            } else if let Some(e) = misfit(&variant, tasks, seed) {
                errors.push(e.within(&place));
            } else {
                found.push((variant, resolved));
            }
        }
    }
    found
}

/// Why a variant cannot be fitted on the tasks, if so: the first reason is enough.
fn misfit(variant: &Variant, tasks: &[Task], seed: SeedPolicy) -> Option<Error> {
    tasks.iter().find_map(|task| {
        let pool = &task.pool;
        let encoded = variant
            .predictor
            .encoding()
            .encode(&*pool.space, &pool.archs[..1]);
        let checked = variant
            .features
            .iter()
            .map(|measured| task.check(measured, variant.fidelity, seed));
        encoded
            .map(|_| ())
            .and_then(|()| checked.collect::<Result<(), Error>>())
            .err()
    })
}

fn variants_of(
    wire: &WireBakeoff,
    entry: &WirePredictor,
) -> Result<Vec<(Variant, ResolvedPredictor)>, Error> {
    let registered = named(&entry.name)?;
    let parameters = parameters_of(entry, registered)?;
    let features = entry.features.iter().map(|text| text.parse());
    let features: Vec<Measured> = features
        .collect::<Result<_, String>>()
        .map_err(|e| Error::new("features", e))?;
    let fidelities = fidelities_of(wire, entry, &features)?;
    let target = entry.target.as_deref().unwrap_or(registered.target.name());
    let mut variants = Vec::new();
    for encoding in encodings_of(wire, entry)? {
        let mut table = parameters.clone();
        table.insert("encoding".into(), encoding.clone().into());
        table.insert("target".into(), target.into());
        let predictor = Predictor::configure(&entry.name, table)?;
        for &fidelity in &fidelities {
            let resolved = ResolvedPredictor {
                name: entry.name.clone(),
                label: entry.label.clone().unwrap_or_else(|| entry.name.clone()),
                encoding: Encoding::name(predictor.encoding()),
                target: target.to_owned(),
                features: entry.features.clone(),
                fidelity,
                citation: registered.citation.to_owned(),
                parameters: parameters.clone(),
            };
            let variant = Variant {
                predictor: predictor.clone(),
                features: features.clone(),
                fidelity: fidelity.map(Fidelity),
                stream: resolved.label.clone(),
            };
            variants.push((variant, resolved));
        }
    }
    Ok(variants)
}

/// The predictor's own parameters, defaults filled in.
fn parameters_of(entry: &WirePredictor, registered: &PredictorEntry) -> Result<toml::Table, Error> {
    let mut parameters = registered.defaults();
    for (key, value) in &entry.parameters {
        if parameters.insert(key.clone(), value.clone()).is_none() {
            let defaults = registered.defaults();
            let known = defaults.keys().map(String::as_str).chain(COMMON_KEYS);
            return Err(Error::unknown_name("parameters", "parameter", key, known));
        }
    }
    Ok(parameters)
}

fn encodings_of<'a>(
    wire: &'a WireBakeoff,
    entry: &'a WirePredictor,
) -> Result<&'a [String], Error> {
    let encodings = match (&entry.encoding, &entry.encodings) {
        (Some(_), Some(_)) => {
            let problem = "stands beside `encoding`: give one of the two";
            return Err(Error::new("encodings", problem));
        }
        (Some(one), None) => std::slice::from_ref(one),
        (None, Some(some)) => some,
        (None, None) => &wire.encodings,
    };
    match encodings.is_empty() {
        true => Err(Error::new("encodings", "is empty").mend("leave it out for one-hot")),
        false => Ok(encodings),
    }
}

/// One for each length of the learning curve; a single `None` where no curve is seen.
fn fidelities_of(
    wire: &WireBakeoff,
    entry: &WirePredictor,
    features: &[Measured],
) -> Result<Vec<Option<u32>>, Error> {
    if !features.contains(&Measured::Curve) {
        return Ok(vec![None]);
    }
    let own = entry.fidelities.as_ref().unwrap_or(&wire.fidelities);
    match own.is_empty() {
        true => Err(Error::new("features", "a curve of no length")
            .mend("say how long it is: fidelities = [3, 9]")),
        false => Ok(own.iter().copied().map(Some).collect()),
    }
}
