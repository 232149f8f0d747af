//! What every registered predictor must do.

use super::{Fitted, PREDICTORS, Predictor, PredictorEntry};
use crate::encoding::{ExtraColumn, ExtraFeatures};
use crate::rng::derive_rng;
use crate::space::{Architecture, Nb201, SearchSpace};
use std::collections::BTreeSet;

/// A smooth function of the cell, the operations of unequal worth.
fn metric(arch: &Architecture) -> f64 {
    let worth = [0.0, 0.4, 0.7, 1.0, 0.3];
    let terms = arch.decisions().iter().enumerate();
    let sum: f64 = terms
        .map(|(edge, &op)| worth[usize::from(op)] * (1.0 + edge as f64 / 3.0))
        .sum();
    0.5 + 0.05 * sum
}

fn draw(n: usize) -> (Vec<Architecture>, Vec<f64>) {
    let space = Nb201::shared();
    let mut rng = derive_rng(5, &["conformance"]);
    let archs: Vec<Architecture> = (0..n).map(|_| space.sample(&mut rng)).collect();
    let targets = archs.iter().map(metric).collect();
    (archs, targets)
}

fn configured(entry: &PredictorEntry) -> Predictor {
    Predictor::configure(entry.name, toml::Table::new()).expect("defaults are legal")
}

fn fit(entry: &PredictorEntry, archs: &[Architecture], targets: &[f64]) -> Fitted {
    let mut rng = derive_rng(1, &["fit"]);
    configured(entry)
        .fit(&*Nb201::shared(), archs, None, targets, &mut rng)
        .unwrap_or_else(|e| panic!("{}: {e}", entry.name))
}

fn means(fitted: &Fitted, archs: &[Architecture]) -> Vec<f64> {
    let space = Nb201::shared();
    let both = fitted.predict(&*space, archs, None).expect("of the space");
    let mean = fitted
        .predict_mean(&*space, archs, None)
        .expect("of the space");
    assert_eq!(both.mean, mean);
    assert!(mean.iter().all(|m| m.is_finite()));
    if let Some(std) = both.std {
        assert!(std.len() == mean.len() && std.iter().all(|s| s.is_finite() && *s >= 0.0));
    }
    mean
}

#[test]
fn names_are_unique_and_defaults_configure() {
    let names: BTreeSet<&str> = PREDICTORS.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), PREDICTORS.len());
    for entry in PREDICTORS {
        assert!(!entry.summary.is_empty() && !entry.citation.is_empty());
        let given = Predictor::configure(entry.name, entry.defaults());
        assert_eq!(given.expect("defaults are legal").entry().name, entry.name);
        let unknown = toml::toml! { no_such_key = 1 };
        assert!(
            Predictor::configure(entry.name, unknown).is_err(),
            "{}",
            entry.name
        );
    }
}

#[test]
fn a_simple_function_is_learnt_and_the_seed_decides() {
    let (archs, targets) = draw(60);
    let (others, truth) = draw(300);
    for entry in PREDICTORS {
        let fitted = fit(entry, &archs, &targets);
        let found = means(&fitted, &others[60..]);
        let tau = crate::stats::correlation::kendall(&found, &truth[60..]);
        assert!(tau.is_some_and(|tau| tau > 0.5), "{}: {tau:?}", entry.name);
        assert_eq!(means(&fit(entry, &archs, &targets), &others[60..]), found);
    }
}

#[test]
fn one_point_a_constant_and_repeated_rows_are_defined() {
    let (archs, targets) = draw(12);
    let others = draw(50).0;
    for entry in PREDICTORS {
        for found in [
            means(&fit(entry, &archs[..1], &[0.7]), &others),
            means(&fit(entry, &archs, &[0.7; 12]), &others),
            means(&fit(entry, &[archs[0]; 12], &[0.7; 12]), &others),
        ] {
            assert!(
                found.iter().all(|m| (m - 0.7).abs() < 1e-6),
                "{}: {found:?}",
                entry.name
            );
        }
        // Means of these are rounded.
        for (n, constant) in [(3, 0.1), (7, 0.9), (10, 0.9)] {
            let found = means(&fit(entry, &archs[..n], &vec![constant; n]), &others);
            let close = found.iter().all(|m| (m - constant).abs() < 1e-6);
            assert!(close, "{}: {found:?}", entry.name);
        }
        means(&fit(entry, &[archs[0]; 12], &targets), &others);
        means(&fit(entry, &archs[..2], &targets[..2]), &others);
    }
}

#[test]
fn bad_training_sets_and_queries_are_clear_errors() {
    let space = Nb201::shared();
    let (archs, targets) = draw(12);
    let alien = Architecture::new(&[0, 0, 0, 0, 0, 9]);
    for entry in PREDICTORS {
        let predictor = configured(entry);
        let fails = |archs: &[Architecture], targets: &[f64]| {
            let mut rng = derive_rng(1, &["fit"]);
            let fitted = predictor.fit(&*space, archs, None, targets, &mut rng);
            fitted.map(|_| ()).expect_err("bad input").to_string()
        };
        assert!(fails(&[], &[]).contains("empty"));
        assert!(fails(&archs, &targets[1..]).contains("11 targets"));
        assert!(fails(&archs[..2], &[0.1, f64::NAN]).contains("NaN"));
        assert!(fails(&[alien], &[0.1]).contains("no option 9"));
        let fitted = fit(entry, &archs, &targets);
        assert!(fitted.predict(&*space, &[alien], None).is_err());
        let other = crate::space::open("nas-bench-macro").expect("registered");
        let arch = [other.at_index(0)];
        assert!(fitted.predict(&*other, &arch, None).is_err());
        assert_eq!(fitted.predict_mean(&*space, &[], None), Ok(vec![]));
    }
}

#[test]
fn saved_models_predict_the_same_bits_and_damage_is_found() {
    let space = Nb201::shared();
    let (archs, targets) = draw(40);
    let others = draw(200).0;
    for entry in PREDICTORS {
        let fitted = fit(entry, &archs, &targets);
        let bytes = fitted.save().expect("plain values");
        let loaded = Fitted::load(&bytes).unwrap_or_else(|e| panic!("{}: {e}", entry.name));
        let predict = |f: &Fitted| f.predict(&*space, &others, None).expect("of the space");
        assert_eq!(predict(&fitted), predict(&loaded), "{}", entry.name);
        assert_eq!(loaded.save().expect("plain values"), bytes);
        let error = |bytes: &[u8]| {
            Fitted::load(bytes)
                .map(|_| ())
                .expect_err("damaged")
                .to_string()
        };
        let mut version = bytes.clone();
        version[8] += 1;
        assert!(error(&version).contains("format version"));
        let mut flipped = bytes.clone();
        *flipped.last_mut().expect("not empty") ^= 1;
        assert!(error(&flipped).contains("checksum"));
        assert!(error(&bytes[..bytes.len() - 1]).contains("checksum"));
        assert!(error(&bytes[..20]).contains("not a saved predictor"));
    }
}

/// Those whose fit is one optimum, whatever the order of the training set; others draw samples or take steps.
#[test]
fn the_order_of_the_training_set_does_not_matter_where_the_optimum_is_unique() {
    let (archs, targets) = draw(60);
    let others = draw(200).0;
    let (mut turned, mut turned_targets) = (archs.clone(), targets.clone());
    turned.reverse();
    turned_targets.reverse();
    for name in [
        "ridge",
        "lasso",
        "elastic-net",
        "bayesian-ridge",
        "k-nearest-neighbors",
        "svr",
        "gaussian-process",
    ] {
        let entry = super::named(name).expect("registered");
        let found = means(&fit(entry, &archs, &targets), &others);
        let again = means(&fit(entry, &turned, &turned_targets), &others);
        let close = found.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(close, "{name}");
    }
}

/// A feature that is the metric itself is worth more than any encoding.
#[test]
fn extra_features_are_learnt_from_and_must_be_the_same_when_asked() {
    let space = Nb201::shared();
    let (archs, targets) = draw(60);
    let (others, truth) = draw(200);
    let extra = |name: &str, values: &[f64]| {
        let column = ExtraColumn {
            name: name.into(),
            values: values.to_vec(),
            cost_s: vec![1.0; values.len()],
        };
        ExtraFeatures::new(&[column]).expect("finite")
    };
    for name in ["ridge", "gradient-boosting", "random-forest"] {
        let entry = super::named(name).expect("registered");
        let mut rng = derive_rng(1, &["fit"]);
        let known = extra("valid@12", &targets);
        let fitted = configured(entry).fit(&*space, &archs, Some(&known), &targets, &mut rng);
        let fitted = fitted.expect("fits");
        let asked = extra("valid@12", &truth);
        let found = fitted
            .predict_mean(&*space, &others, Some(&asked))
            .expect("the same feature");
        let tau = crate::stats::correlation::kendall(&found, &truth).expect("varied");
        assert!(tau > 0.8, "{name}: {tau}");
        let other = extra("valid@13", &truth);
        assert!(fitted.predict_mean(&*space, &others, Some(&other)).is_err());
        assert!(fitted.predict_mean(&*space, &others, None).is_err());
    }
}

/// What a predictor reads may be 0 for all that were trained and any number for what is asked about; what it does not read is refused.
#[test]
fn extra_features_are_read_or_refused() {
    let space = Nb201::shared();
    let (archs, targets) = draw(12);
    let extra = |n: usize, value: f64| {
        let column = ExtraColumn {
            name: "proxy".into(),
            values: vec![value; n],
            cost_s: vec![1.0; n],
        };
        ExtraFeatures::new(&[column]).expect("finite")
    };
    let mut refuse = Vec::new();
    for entry in PREDICTORS {
        let predictor = configured(entry);
        for n in [1, 12] {
            let known = extra(n, 0.0);
            let mut rng = derive_rng(1, &["fit"]);
            let fitted = predictor.fit(&*space, &archs[..n], Some(&known), &targets[..n], &mut rng);
            let Some(instead) = predictor.sees_instead() else {
                let asked = extra(n, 3.7);
                let fitted = fitted.unwrap_or_else(|e| panic!("{}: {e}", entry.name));
                let found = fitted.predict_mean(&*space, &archs[..n], Some(&asked));
                let found = found.unwrap_or_else(|e| panic!("{}: {e}", entry.name));
                assert!(found.iter().all(|m| m.is_finite()), "{}", entry.name);
                continue;
            };
            let named = toml::toml! { encoding = "path" };
            for e in [
                fitted.map(|_| ()).expect_err("ignored"),
                Predictor::configure(entry.name, named)
                    .map(|_| ())
                    .expect_err("ignored"),
            ] {
                let text = e.to_string();
                assert!(
                    text.contains("would be ignored") && text.contains(instead),
                    "{text}"
                );
            }
            refuse.push(entry.name);
        }
    }
    refuse.dedup();
    assert_eq!(refuse, ["k-nearest-neighbors", "gaussian-process", "gcn"]);
}

#[test]
fn a_stack_reads_what_one_of_its_members_reads() {
    let stack = |members: &str, beside: &str| {
        let parameters = format!("members = [{members}]\n{beside}");
        Predictor::configure("stacking", parameters.parse().expect("a table"))
    };
    let (process, ridge) = (
        "{ name = \"gaussian-process\" }",
        "{ name = \"ridge\", weight = 1 }",
    );
    let own = "{ name = \"ridge\", encoding = \"path\", weight = 0.5 }";
    assert!(stack(&format!("{process}, {ridge}"), "encoding = \"path\"").is_ok());
    assert!(stack(&format!("{process}, {own}"), "").is_ok());
    for (members, beside) in [
        (process.to_owned(), "encoding = \"path\""),
        (format!("{process}, {own}"), "encoding = \"path\""),
        ("{ name = \"gcn\", encoding = \"path\" }".to_owned(), ""),
    ] {
        let error = stack(&members, beside).map(|_| ()).expect_err("ignored");
        assert!(error.to_string().contains("would be ignored"), "{error}");
    }
    let negative = stack("{ name = \"ridge\", weight = -1 }", "").map(|_| ());
    assert!(
        negative
            .expect_err("negative")
            .to_string()
            .contains("expected 0 or more")
    );
}
