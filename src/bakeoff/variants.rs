//! The predictors of a bake-off: each as configured, with each of its encodings and fidelities. What cannot be fitted, or would
//! be ignored, is found by a trial.

use super::measured::Measured;
use super::plan::Task;
use super::pool::Pool;
use super::resolved::ResolvedPredictor;
use super::wire::{COMMON_KEYS, WireBakeoff, WirePredictor};
use crate::benchmark::SeedPolicy;
use crate::encoding::{Encoding, ExtraColumn, ExtraFeatures};
use crate::error::Error;
use crate::predictor::{Predictor, PredictorEntry, named};
use crate::rng::derive_rng;
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
        let mut features = variant.features.iter();
        let checked = features.try_for_each(|one| task.check(one, variant.fidelity, seed));
        checked.and_then(|()| try_out(variant, &task.pool)).err()
    })
}

/// Fits to two architectures: what fails here fails in every cell. Measurements are made up, since a single one may be missing.
fn try_out(variant: &Variant, pool: &Pool) -> Result<(), Error> {
    let archs = &pool.archs[..pool.archs.len().min(2)];
    let values = &[0.0, 1.0][..archs.len()];
    let columns = variant.features.iter().map(|measured| ExtraColumn {
        name: measured.to_string(),
        values: values.to_vec(),
        cost_s: vec![0.0; archs.len()],
    });
    let extra = ExtraFeatures::new(&columns.collect::<Vec<_>>())?;
    let extra = (!variant.features.is_empty()).then_some(&extra);
    let (space, mut rng) = (&*pool.space, derive_rng(0, &["bakeoff", "trial"]));
    let fitted = (variant.predictor).fit(space, archs, extra, values, &mut rng)?;
    fitted.predict(space, archs, extra).map(|_| ())
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
    let mut table = parameters.clone();
    table.insert("target".into(), target.into());
    for predictor in encoded(wire, entry, table)? {
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

/// The predictor with each of its encodings; once where it reads none.
fn encoded(
    wire: &WireBakeoff,
    entry: &WirePredictor,
    table: toml::Table,
) -> Result<Vec<Predictor>, Error> {
    let encodings = encodings_of(wire, entry)?;
    let names_own = entry.encoding.is_some() || entry.encodings.is_some();
    let plain = Predictor::configure(&entry.name, table.clone())?;
    if plain.sees_instead().is_some() && !names_own {
        return Ok(vec![plain]);
    }
    let with = |encoding: &String| {
        let mut table = table.clone();
        table.insert("encoding".into(), encoding.clone().into());
        Predictor::configure(&entry.name, table)
    };
    encodings.iter().map(with).collect()
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
        return match &entry.fidelities {
            None => Ok(vec![None]),
            Some(_) => Err(Error::new("fidelities", "would be ignored")
                .mend("they are lengths of a curve: features = [\"curve\"]")),
        };
    }
    let own = entry.fidelities.as_ref().unwrap_or(&wire.fidelities);
    match own.is_empty() {
        true => Err(Error::new("features", "a curve of no length")
            .mend("say how long it is: fidelities = [3, 9]")),
        false => Ok(own.iter().copied().map(Some).collect()),
    }
}

#[cfg(test)]
mod tests {
    use crate::bakeoff::Bakeoff;
    use crate::benchmark;
    use crate::study::Cells;

    fn parse(predictor: &str) -> Result<Vec<String>, String> {
        let text = format!(
            "kind = \"bakeoff\"\nname = \"small\"\nseed = 7\nreplicates = 1\ntrain_sizes = [12]\n\
             encodings = [\"one-hot\", \"path\"]\n[[benchmark]]\nname = \"nas-bench-graph\"\n\
             tasks = [\"cora\"]\n[[predictor]]\n{predictor}"
        );
        let study = Bakeoff::parse(&text, &benchmark::open);
        let study = study.map_err(|errors| errors[0].to_string())?;
        let predictors = study.resolved().predictors.iter();
        Ok(predictors.map(|p| p.encoding.clone()).collect())
    }

    #[test]
    fn what_would_be_ignored_or_cannot_be_fitted_is_refused() {
        for (predictor, complaint) in [
            (
                "name = \"ridge\"\nfidelities = [3]",
                "fidelities: would be ignored",
            ),
            (
                "name = \"ridge\"\nencoding = \"none\"",
                "there are no features",
            ),
            (
                "name = \"gcn\"\nencodings = [\"path\"]",
                "encoding = \"path\" would be ignored; it looks at the network's graph",
            ),
            (
                "name = \"k-nearest-neighbors\"\nfeatures = [\"params\"]",
                "features params would be ignored; it counts the decisions",
            ),
        ] {
            let found = parse(predictor).expect_err("refused");
            assert!(found.contains(complaint), "{found}");
        }
    }

    #[test]
    fn one_that_reads_no_encoding_is_fitted_once() {
        let of = |predictor: &str| parse(predictor).expect("sound").len();
        assert_eq!(of("name = \"ridge\""), 2);
        assert_eq!(of("name = \"gaussian-process\""), 1);
        assert_eq!(of("name = \"k-nearest-neighbors\""), 1);
        assert_eq!(
            of("name = \"k-nearest-neighbors\"\ndistance = \"euclidean\""),
            2
        );
    }
}
