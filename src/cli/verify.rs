//! `archbench verify`.

use super::Failure;
use super::study::kind_of;
use super::surrogate::open_benchmark;
use crate::bakeoff::Bakeoff;
use crate::benchmark::{folder, is_shipped, open_table};
use crate::error::Error;
use crate::import::IMPORTERS;
use crate::study::{Cells, Kind, Study};
use crate::surrogate::{self, SurrogateStudy};
use crate::table::{Fact, Source, Verdict, check_files, facts};
use clap::Args;
use std::path::Path;

/// `archbench verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// A benchmark's name, or a study file.
    what: String,
}

impl Verify {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        if self.what.ends_with(".toml") {
            let path = Path::new(&self.what);
            if SurrogateStudy::is_one(path) {
                let study = SurrogateStudy::read(path)?;
                surrogate::check(&study, open_benchmark(&study)?.as_ref())?;
                println!("{}: a surrogate to be fitted, nothing wrong", self.what);
                return Ok(());
            }
            let runs = match kind_of(path)? {
                Kind::Search => Study::read(path)?.cells(),
                Kind::Bakeoff => Bakeoff::read(path)?.cells(),
            };
            println!("{}: {runs} runs, nothing wrong", self.what);
            return Ok(());
        }
        let failed = match surrogate::names().contains(&self.what) {
            true => verify_surrogate(&self.what),
            false => verify_table(&self.what)?,
        };
        match failed {
            0 => Ok(()),
            failed => Err(Failure::Checks(failed)),
        }
    }
}

/// Prints a check's line; returns whether it failed.
fn print(verdict: &Verdict, what: &str) -> bool {
    let (word, detail) = match verdict {
        Verdict::Holds(found) => ("pass", found),
        Verdict::Skipped(why) => ("skip", why),
        Verdict::Fails(problem) => ("FAIL", problem),
    };
    println!("{word}  {what}: {detail}");
    word == "FAIL"
}

/// Prints a line for each check; returns how many failed.
fn verify_surrogate(name: &str) -> u64 {
    let opened = surrogate::read_card(name).and_then(|card| Ok((card, surrogate::open(name)?)));
    let (card, model) = match opened {
        Ok(opened) => opened,
        Err(e) => return u64::from(print(&Verdict::Fails(e.to_string()), "the surrogate opens")),
    };
    let hash = Verdict::Holds(card.model_sha256.clone());
    let mut failed = u64::from(print(&hash, "checksum of the model file"));
    let table = match open_benchmark(&card.study) {
        Ok(table) if table.spec().sha256 == card.table_sha256 => table,
        found => {
            let why = match found {
                Ok(table) => Verdict::Fails(format!("`{}` is another one", table.spec().name)),
                Err(e) => Verdict::Skipped(e.to_string()),
            };
            return failed + u64::from(print(&why, "the table it was fitted to"));
        }
    };
    print(
        &Verdict::Holds(card.table_sha256.clone()),
        "the table it was fitted to",
    );
    let again = match surrogate::held_out_again(&card, &model, table.as_ref()) {
        Ok(again) => again,
        Err(e) => {
            return failed
                + u64::from(print(
                    &Verdict::Fails(e.to_string()),
                    "scores on what was held out",
                ));
        }
    };
    for (scores, [r2, tau]) in card.scores.iter().zip(again) {
        let (r2, tau) = (r2.unwrap_or(f64::NAN), tau.unwrap_or(f64::NAN));
        let found = format!("R² {r2:.6}, τ {tau:.6}");
        let same = (r2 - scores.r2).abs() < 1e-9 && (tau - scores.kendall_tau).abs() < 1e-9;
        let verdict = match same {
            true => Verdict::Holds(found),
            false => Verdict::Fails(format!(
                "{found}, the card says R² {:.6}, τ {:.6}",
                scores.r2, scores.kendall_tau
            )),
        };
        failed += u64::from(print(
            &verdict,
            &format!("{} held out of {}", scores.held_out, scores.task),
        ));
    }
    failed
}

/// Prints a line for each check; returns how many failed.
fn verify_table(name: &str) -> Result<u64, Error> {
    let mut failed = 0;
    let mut line = |verdict: &Verdict, what: &str| failed += u64::from(print(verdict, what));
    // Files first: what a damaged table says of itself means nothing.
    let is_there = is_shipped(name) || crate::table::is_table(&folder(name));
    if is_there && !is_shipped(name) {
        match check_files(&folder(name)) {
            Err(e) => line(&Verdict::Fails(e.to_string()), "the card"),
            Ok(files) => {
                for (file, verdict) in files {
                    line(&verdict, &format!("checksum of {file}"));
                }
            }
        }
    }
    let stored = match open_table(name) {
        Ok(stored) => stored,
        // Damage is what was to be found out; a name that is not there is a slip of the pen.
        Err(e) if is_there => {
            line(&Verdict::Fails(e.to_string()), "the table opens");
            return Ok(failed);
        }
        Err(e) => return Err(e),
    };
    let seal = Verdict::Holds(stored.card.seal.clone());
    line(&seal, "seal of the card, and the checksums in it");
    for fact in facts::GENERAL.iter().chain(facts_of(&stored.table.sources)) {
        line(&(fact.check)(&stored.table), fact.name);
    }
    Ok(failed)
}

/// The facts of the importers a table was made by.
fn facts_of(sources: &[Source]) -> impl Iterator<Item = &'static Fact> {
    let used = |name: &str| sources.iter().any(|s| s.importer == name);
    let importers: Vec<_> = IMPORTERS.iter().filter(|i| used(i.name)).collect();
    importers.into_iter().flat_map(|i| i.facts())
}
