//! `archbench verify`.

use super::Failure;
use super::study::kind_of;
use crate::bakeoff::Bakeoff;
use crate::benchmark::{folder, is_shipped, open_table};
use crate::error::Error;
use crate::import::IMPORTERS;
use crate::study::{Cells, Kind, Study};
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
            let runs = match kind_of(path)? {
                Kind::Search => Study::read(path)?.cells(),
                Kind::Bakeoff => Bakeoff::read(path)?.cells(),
            };
            println!("{}: {runs} runs, nothing wrong", self.what);
            return Ok(());
        }
        match verify_table(&self.what)? {
            0 => Ok(()),
            failed => Err(Failure::Checks(failed)),
        }
    }
}

/// Prints a line for each check; returns how many failed.
fn verify_table(name: &str) -> Result<u64, Error> {
    let mut failed = 0;
    let mut line = |verdict: &Verdict, what: &str| {
        let (word, detail) = match verdict {
            Verdict::Holds(found) => ("pass", found),
            Verdict::Skipped(why) => ("skip", why),
            Verdict::Fails(problem) => {
                failed += 1;
                ("FAIL", problem)
            }
        };
        println!("{word}  {what}: {detail}");
    };
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
