//! `archbench list`.

use super::Failure;
use crate::benchmark;
use crate::encoding::ENCODINGS;
use crate::error::Error;
use crate::import::IMPORTERS;
use crate::predictor::PREDICTORS;
use crate::space::SPACES;
use crate::strategy::STRATEGIES;
use crate::surrogate;
use crate::table::Stored;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// `archbench list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to list; default: everything.
    what: Option<What>,
    /// Print one JSON object in place of text.
    #[arg(long)]
    json: bool,
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
        match self.json {
            true => self.print_json(),
            false => self.print_text(),
        }
    }

    fn wants(&self, what: What) -> bool {
        self.what.is_none_or(|wanted| wanted == what)
    }

    fn print_json(&self) -> Result<(), Failure> {
        let mut listing = serde_json::Map::new();
        let mut put = |what: What, key: &str, entries: Vec<Value>| {
            if self.wants(what) {
                listing.insert(key.into(), entries.into());
            }
        };
        let mut tables = Vec::new();
        if self.wants(What::Benchmarks) {
            for name in benchmark::names() {
                tables.push(match benchmark::open_table(&name) {
                    Ok(stored) => table_json(&name, &stored),
                    Err(e) => json!({"name": name, "problem": e.to_string()}),
                });
            }
            tables.extend(surrogate::names().iter().map(|name| surrogate_json(name)));
        }
        put(What::Benchmarks, "benchmarks", tables);
        let strategies = STRATEGIES.iter().map(|e| {
            json!({"name": e.name, "summary": e.summary, "citation": e.citation, "parameters": e.defaults()})
        });
        put(What::Strategies, "strategies", strategies.collect());
        let predictors = PREDICTORS.iter().map(|e| {
            json!({"name": e.name, "summary": e.summary, "citation": e.citation, "target": e.target.name(),
                "parameters": e.defaults()})
        });
        put(What::Predictors, "predictors", predictors.collect());
        let encodings = (ENCODINGS.iter())
            .map(|e| json!({"name": e.name, "summary": e.summary, "citation": e.citation}));
        put(What::Encodings, "encodings", encodings.collect());
        let spaces = (SPACES.iter())
            .map(|e| json!({"name": e.name, "summary": e.summary, "citation": e.citation}));
        put(What::Spaces, "spaces", spaces.collect());
        let importers = (IMPORTERS.iter()).map(|e| json!({"name": e.name, "summary": e.summary}));
        put(What::Importers, "importers", importers.collect());
        let recipes = crate::fetch::recipes()?;
        let recipes = recipes.iter().map(|r| {
            json!({"name": r.name, "title": r.title, "licence": r.licence, "import": r.import, "bytes": r.bytes(),
                "by_hand": r.by_hand.as_ref().map(|by_hand| &by_hand.get)})
        });
        put(What::Recipes, "recipes", recipes.collect());
        println!("{}", Value::Object(listing));
        Ok(())
    }

    fn print_text(&self) -> Result<(), Failure> {
        let wants = |what| self.wants(what);
        if wants(What::Benchmarks) {
            println!("benchmarks");
            // One that is damaged does not hide the others.
            for name in benchmark::names() {
                match benchmark::open_table(&name) {
                    Ok(stored) => print_table(&name, &stored),
                    Err(e) => println!("  {name}: {e}"),
                }
            }
            for name in surrogate::names() {
                if let Err(e) = print_surrogate(&name) {
                    println!("  {name}: {e}");
                }
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
            crate::fetch::recipes()?.iter().for_each(print_recipe);
        }
        Ok(())
    }
}

fn print_surrogate(name: &str) -> Result<(), Error> {
    let surrogate = benchmark::open(name)?;
    let spec = surrogate.spec();
    println!("  {name}: {}. {}", spec.title, spec.citation);
    for (at, task) in spec.tasks.iter().enumerate() {
        let space = surrogate.space(at);
        println!(
            "    {}: {}, every architecture of {}",
            task.name,
            task.metric,
            space.name()
        );
    }
    Ok(())
}

fn surrogate_json(name: &str) -> Value {
    let surrogate = match benchmark::open(name) {
        Ok(surrogate) => surrogate,
        Err(e) => return json!({"name": name, "problem": e.to_string()}),
    };
    let spec = surrogate.spec();
    let tasks = spec.tasks.iter().enumerate().map(|(at, task)| {
        json!({"name": task.name, "metric": task.metric, "space": surrogate.space(at).name(), "seeds": task.seeds})
    });
    json!({
        "name": name,
        "title": spec.title,
        "citation": spec.citation,
        "surrogate": true,
        "tasks": tasks.collect::<Vec<_>>(),
    })
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

fn table_json(name: &str, stored: &Stored) -> Value {
    let Stored { card, table } = stored;
    let tasks = table.tasks.iter().map(|task| {
        let schedules = task.schedules().iter().map(|schedule| {
            let series = (schedule.series.iter())
                .map(|s| json!({"meaning": s.meaning.to_string(), "epochs": s.epochs.as_slice()}));
            json!({"name": schedule.name, "seeds": schedule.seeds, "series": series.collect::<Vec<_>>()})
        });
        let attributes = task.attributes().iter().map(|column| {
            let schedule = column.schedule.map(|at| &task.schedules()[at].name);
            json!({"name": column.attribute.to_string(), "per_seed_of": schedule})
        });
        json!({
            "name": task.name(),
            "metric": task.metric(),
            "space": task.space().name(),
            "architectures": task.archs().len(),
            "schedules": schedules.collect::<Vec<_>>(),
            "attributes": attributes.collect::<Vec<_>>(),
        })
    });
    json!({
        "name": name,
        "title": card.about.title,
        "citation": card.about.citation,
        "licence": card.about.licence,
        "bytes": card.files.iter().map(|f| f.bytes).sum::<u64>(),
        "oracle": card.oracle,
        "tasks": tasks.collect::<Vec<_>>(),
    })
}

fn print_recipe(recipe: &crate::fetch::Recipe) {
    let crate::fetch::Recipe { name, title, .. } = recipe;
    println!("  {name}: {title}. Licence {}", recipe.licence);
    match (&recipe.by_hand, recipe.bytes()) {
        (Some(by_hand), _) => println!("    by hand: {}", by_hand.get),
        (None, Some(bytes)) => {
            println!("    archbench fetch {name} ({:.1} MB)", bytes as f64 / 1e6)
        }
        (None, None) => println!("    archbench fetch {name}"),
    }
}
