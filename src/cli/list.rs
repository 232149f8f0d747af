//! `archbench list`.

use super::Failure;
use crate::benchmark;
use crate::encoding::ENCODINGS;
use crate::fetch::{Recipe, recipes};
use crate::import::IMPORTERS;
use crate::predictor::PREDICTORS;
use crate::space::SPACES;
use crate::strategy::STRATEGIES;
use crate::table::Stored;
use clap::{Args, ValueEnum};

/// `archbench list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to list; default: everything.
    what: Option<What>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Benchmarks,
    Strategies,
    Predictors,
    Encodings,
    Spaces,
    Importers,
    Recipes,
}

impl List {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let wants = |what| self.what.is_none() || self.what == Some(what);
        if wants(What::Benchmarks) {
            println!("benchmarks");
            for name in benchmark::names() {
                print_table(&name, &benchmark::open_table(&name)?);
            }
        }
        if wants(What::Strategies) {
            println!("strategies");
            for entry in STRATEGIES {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
                for (key, value) in entry.defaults() {
                    println!("    {key} = {value}");
                }
            }
        }
        if wants(What::Predictors) {
            println!("predictors");
            for entry in PREDICTORS {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
                println!("    target = \"{}\"", entry.target.name());
                for (key, value) in entry.defaults() {
                    println!("    {key} = {value}");
                }
            }
        }
        if wants(What::Encodings) {
            println!("encodings");
            for entry in ENCODINGS {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
            }
        }
        if wants(What::Spaces) {
            println!("spaces");
            for entry in SPACES {
                println!("  {}: {}. {}", entry.name, entry.summary, entry.citation);
            }
        }
        if wants(What::Importers) {
            println!("importers");
            for entry in IMPORTERS {
                println!("  {}: {}", entry.name, entry.summary);
            }
        }
        if wants(What::Recipes) {
            println!("recipes");
            recipes()?.iter().for_each(print_recipe);
        }
        Ok(())
    }
}

fn print_recipe(recipe: &Recipe) {
    let Recipe { name, title, .. } = recipe;
    println!("  {name}: {title}. Licence {}", recipe.licence);
    match (&recipe.by_hand, recipe.bytes()) {
        (Some(by_hand), _) => println!("    by hand: {}", by_hand.get),
        (None, Some(bytes)) => {
            println!("    archbench fetch {name} ({:.1} MB)", bytes as f64 / 1e6)
        }
        (None, None) => println!("    archbench fetch {name}"),
    }
}

fn print_table(name: &str, stored: &Stored) {
    let Stored { card, table } = stored;
    let bytes: u64 = card.files.iter().map(|f| f.bytes).sum();
    let oracle = if card.oracle {
        ", oracle: test metric only"
    } else {
        ""
    };
    println!("  {name}: {}. {}", card.about.title, card.about.citation);
    println!(
        "    {:.1} MB, licence {}{oracle}",
        bytes as f64 / 1e6,
        card.about.licence
    );
    for task in &table.tasks {
        println!(
            "    {}: {}, {} architectures of {}",
            task.name(),
            task.metric(),
            task.archs().len(),
            task.space().name()
        );
        for schedule in task.schedules() {
            let series: Vec<String> = (schedule.series.iter())
                .map(|s| format!("{} at {}", s.meaning, s.epochs))
                .collect();
            let seeds: Vec<String> = schedule.seeds.iter().map(u32::to_string).collect();
            println!(
                "      schedule {}, seeds {}: {}",
                schedule.name,
                seeds.join(" "),
                series.join(", ")
            );
        }
        let attributes: Vec<String> = (task.attributes().iter())
            .map(|c| match c.schedule {
                Some(at) => format!(
                    "{} (per seed of schedule {})",
                    c.attribute,
                    task.schedules()[at].name
                ),
                None => c.attribute.to_string(),
            })
            .collect();
        if !attributes.is_empty() {
            println!("      {}", attributes.join(", "));
        }
    }
}
