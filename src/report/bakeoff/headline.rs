//! The sentence a bake-off's report begins with: who orders best, from whom it is not told apart, and who was not compared.

use super::analysis::Analysis;
use crate::bakeoff::Score;
use crate::report::text::{list, number};

/// Training sets below which the bootstrap's intervals are said to be too narrow: of normal values, those of the mean of ten
/// cover about 90 % and not 95, of five 85 %, of two half.
const FEW: usize = 10;

/// What is said first.
pub(super) fn headline(analysis: &Analysis) -> String {
    let (best, last) = (analysis.order[0], analysis.sizes.len() - 1);
    let numbers = &analysis.overall[best][last];
    let Some(tau) = numbers.score(Score::KendallTau) else {
        return "No predictor is called the best: none has a Kendall's τ of every fit on every task."
            .to_owned();
    };
    let (size, label) = (analysis.sizes[last], &analysis.labels[best]);
    let (who, mean) = (
        format!("At {size} training architectures {label}"),
        number(tau.mean),
    );
    let others = Others::of(analysis);
    let is_compared = !(others.near.is_empty() && others.apart.is_empty());
    let found = match (tau.interval, is_compared) {
        (None, true) => format!("{who} comes first on the only training set, with τ = {mean}"),
        (None, false) => format!("{who} has τ = {mean} on the only training set"),
        (Some([low, high]), _) => {
            let verb = match (is_compared, analysis.labels.len()) {
                (true, _) => " orders the rest best:",
                (false, 1) => ", the only predictor, has",
                (false, _) => " has",
            };
            format!("{who}{verb} τ = {mean} [{}, {}]", number(low), number(high))
        }
    };
    let clauses = match tau.interval {
        Some(_) => others.compared(),
        None => ", which gives no interval and tells nobody apart".to_owned(),
    };
    let caution = match numbers.fits {
        fits @ 2..FEW => format!(" From {fits} training sets, 95 % intervals are too narrow."),
        _ => String::new(),
    };
    format!("{found}{clauses}{}.{caution}", others.not_compared())
}

/// All but the best, by how they compare with it.
#[derive(Default)]
struct Others<'a> {
    /// Their paired difference may be 0, as far as its interval tells.
    near: Vec<&'a str>,
    /// Its interval is above 0.
    apart: Vec<&'a str>,
    /// There is none.
    unknown: Vec<&'a str>,
}

impl<'a> Others<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        let mut others = Self::default();
        let is_known = analysis.behind[analysis.order[0]].is_some_and(|own| own.interval.is_some());
        for &predictor in &analysis.order[1..] {
            let group = match analysis.behind[predictor].map(|behind| behind.interval) {
                Some(Some([low, _])) if low > 0.0 => &mut others.apart,
                Some(Some(_)) => &mut others.near,
                // Where even the best has no interval, it is not for want of theirs.
                Some(None) if !is_known => &mut others.near,
                _ => &mut others.unknown,
            };
            group.push(analysis.labels[predictor].as_str());
        }
        others
    }

    fn compared(&self) -> String {
        match self {
            Self { near, apart, .. } if near.is_empty() && apart.is_empty() => String::new(),
            Self { near, .. } if !near.is_empty() => {
                format!("; {} cannot be told from it", list(near))
            }
            Self { unknown, .. } if unknown.is_empty() => {
                "; the interval of every other predictor's paired difference is above 0".to_owned()
            }
            Self { apart, .. } => format!(
                "; the interval of the paired difference is above 0 for {}",
                list(apart)
            ),
        }
    }

    fn not_compared(&self) -> String {
        match self.unknown.is_empty() {
            true => String::new(),
            false => format!(
                "; {} could not be compared with it, for want of fits with a τ on the same training sets",
                list(&self.unknown)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bakeoff::resolved::tests::made_up;
    use crate::bakeoff::{Measure, ScoreRow, Scoreboard};
    use crate::report::BakeoffInput;
    use crate::report::bakeoff::analyse;

    /// A fit's τ; one that has none, or that failed.
    type Tau = Result<Option<f64>, ()>;

    /// What is said of predictors by the τ of their fits.
    fn said(predictors: &[(&str, &[Tau])]) -> String {
        let labels: Vec<&str> = predictors.iter().map(|p| p.0).collect();
        let study = made_up(&labels, predictors[0].1.len() as u32);
        let fits = predictors.iter().flat_map(|p| p.1).zip(0..);
        let rows = fits.map(|(tau, at)| {
            let mut values = vec![None; Measure::all().len()];
            values[0] = tau.ok().flatten();
            ScoreRow {
                place: study.place(at),
                asked: tau.is_ok().then_some(80),
                values,
                error: tau.is_err().then(|| "for a test".into()),
            }
        });
        let rows = rows.collect();
        headline(&analyse(&BakeoffInput {
            board: Scoreboard { study, rows },
            times: Vec::new(),
            provenance: None,
        }))
    }

    /// Twelve values around a mean.
    fn around(mean: f64, step: f64) -> Vec<Tau> {
        (0..12)
            .map(|i| Ok(Some(mean + step * (f64::from(i * 5 % 12) - 5.5))))
            .collect()
    }

    #[test]
    fn who_is_worse_for_sure_and_who_is_not() {
        let (best, near, far) = (around(0.7, 0.01), around(0.69, -0.01), around(0.3, 0.01));
        let all = said(&[("far", &far), ("best", &best), ("near", &near)]);
        assert!(
            all.starts_with("At 20 training architectures best orders the rest best: τ = 0.700 [")
        );
        assert!(all.ends_with("; near cannot be told from it."), "{all}");
        let apart = said(&[("far", &far), ("best", &best)]);
        assert!(
            apart.contains("every other predictor's paired difference is above 0."),
            "{apart}"
        );
    }

    #[test]
    fn who_was_not_compared_is_named() {
        let (best, far) = (around(0.7, 0.01), around(0.3, 0.01));
        let (failed, constant) = ([Err(()); 12], [Ok(None); 12]);
        let mut partly = around(0.65, 0.01);
        partly[3] = Ok(None);
        let all = said(&[
            ("failed", &failed),
            ("best", &best),
            ("far", &far),
            ("partly", &partly),
        ]);
        assert!(!all.contains("every other"), "{all}");
        assert!(
            all.contains("difference is above 0 for far; failed and partly could not be compared"),
            "{all}"
        );
        let none = said(&[("best", &best), ("constant", &constant)]);
        assert!(
            !none.contains("above 0") && none.contains("; constant could not be compared"),
            "{none}"
        );
        assert!(none.contains(" best has τ = 0.700 ["), "{none}");
        let nobody = said(&[("failed", &failed), ("constant", &constant)]);
        assert!(
            nobody.starts_with("No predictor is called the best"),
            "{nobody}"
        );
    }

    #[test]
    fn one_training_set_or_one_predictor_claims_nothing() {
        let one = said(&[("a", &[Ok(Some(0.5))]), ("b", &[Ok(Some(0.4))])]);
        assert!(one.ends_with("a comes first on the only training set, with τ = 0.500, which gives no interval and tells nobody apart."), "{one}");
        let failed = said(&[("a", &[Ok(Some(0.5))]), ("b", &[Err(())])]);
        assert!(
            failed.contains("a has τ = 0.500 on the only training set"),
            "{failed}"
        );
        assert!(failed.contains("; b could not be compared"), "{failed}");
        let alone = said(&[("a", &around(0.5, 0.01))]);
        assert!(
            alone
                .starts_with("At 20 training architectures a, the only predictor, has τ = 0.500 ["),
            "{alone}"
        );
        assert!(alone.ends_with("]."), "{alone}");
        let two = said(&[
            ("a", &[Ok(Some(0.5)), Ok(Some(0.6))]),
            ("b", &[Ok(Some(0.1)), Ok(Some(0.3))]),
        ]);
        assert!(
            two.ends_with(" From 2 training sets, 95 % intervals are too narrow."),
            "{two}"
        );
    }
}
