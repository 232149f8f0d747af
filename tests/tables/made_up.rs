//! Tables made up for these tests.

use archbench::rng::derive_rng;
use archbench::space::open as open_space;
use archbench::table::{
    About, Attribute, Epochs, Meaning, Quantity, Split, Table, Task, TaskBuilder,
};
use rand::RngExt;

pub const CELLS: u64 = 300;

pub fn about(name: &str) -> About {
    About {
        name: name.into(),
        title: "made up".into(),
        ..About::default()
    }
}

pub fn table(name: &str, tasks: Vec<Task>) -> Table {
    Table {
        about: about(name),
        sources: Vec::new(),
        tasks,
    }
}

/// A number of its own for each place.
pub fn value(parts: [u64; 4]) -> f64 {
    let [task, row, seed, epoch] = parts;
    (task * 7919 + row * 104_729 + seed * 1_299_709 + epoch * 15_485_863) as f64 % 1000.0 / 1000.0
}

/// NATS-Bench's layout in small: separate trainings of 12 and of 200 epochs, a task with validation at every epoch, one
/// with test results only, one with validation at the end and validation and test together before, seeds missing.
pub fn nats() -> Table {
    let space = open_space("nas-bench-201").expect("registered");
    let mut tasks = Vec::new();
    for (at, name) in ["cifar10-valid", "cifar10", "cifar100"]
        .into_iter()
        .enumerate()
    {
        let mut task = TaskBuilder::new(name, "nas-bench-201", "accuracy").expect("a task");
        let short = task.schedule("12", &[111]);
        let long = task.schedule("200", &[777, 888, 999]);
        let train = task.series(
            long,
            Meaning::new(Split::Train, Quantity::Metric),
            Epochs::run(1, 200),
        );
        let cost = task.series(long, Meaning::COST, Epochs::run(1, 200));
        let valid = match name {
            "cifar10-valid" => Some((Meaning::VALID, Epochs::run(1, 200))),
            "cifar100" => Some((Meaning::VALID, Epochs::one(200))),
            _ => None,
        };
        let valid =
            valid.map(|(meaning, epochs)| (task.series(long, meaning, epochs.clone()), epochs));
        let both = Meaning::new(Split::ValidAndTest, Quantity::Metric);
        let both = (name == "cifar100").then(|| task.series(long, both, Epochs::run(1, 200)));
        let test = task.series(long, Meaning::TEST, Epochs::one(200));
        let quick =
            (name != "cifar10").then(|| task.series(short, Meaning::VALID, Epochs::run(1, 12)));
        let flops = task.attribute_per_seed(Attribute::Flops, long);
        let params = task.attribute_per_seed(Attribute::Params, long);
        for cell in 0..CELLS {
            let row = task.row(&space.at_index(cell));
            let of =
                |seed: usize, epoch: u32| value([at as u64, cell, seed as u64, u64::from(epoch)]);
            for seed in 0..3 {
                task.put_for_seed(params, row, seed, cell as f64);
                task.put_for_seed(flops, row, seed, (cell + seed as u64) as f64);
                // As in the published files, many cells were trained with two seeds only.
                if seed == 1 && cell.is_multiple_of(3) {
                    continue;
                }
                for epoch in 1..=200 {
                    task.set(train, row, seed, epoch, of(seed, epoch));
                    task.set(cost, row, seed, epoch, f64::from(epoch) * 10.0);
                    if let Some((valid, epochs)) = &valid
                        && epochs.position(epoch).is_some()
                    {
                        task.set(*valid, row, seed, epoch, of(seed, epoch));
                    }
                    if let Some(both) = both {
                        task.set(both, row, seed, epoch, of(seed, epoch));
                    }
                }
                task.set(test, row, seed, 200, of(seed, 200) / 2.0);
            }
            if let Some(quick) = quick {
                for epoch in 1..=12 {
                    task.set(quick, row, 0, epoch, of(9, epoch));
                }
            }
        }
        tasks.push(task.finish().expect("sound"));
    }
    table("nats", tasks)
}

/// A table of random shape with random holes.
pub fn random_table(seed: u64) -> Table {
    let mut rng = derive_rng(seed, &["random table"]);
    let space = open_space("nas-bench-macro").expect("registered");
    let mut tasks = Vec::new();
    for at in 0..rng.random_range(1..3_u32) {
        let is_pool = rng.random_range(0..2_u32) == 0;
        let name = format!("task-{at}");
        let mut task = match is_pool {
            true => TaskBuilder::pool(&name, "perplexity"),
            false => TaskBuilder::new(&name, "nas-bench-macro", "perplexity"),
        }
        .expect("a task");
        let mut series = Vec::new();
        let mut attributes = Vec::new();
        for schedule in 0..rng.random_range(1..3_u32) {
            let seeds: Vec<u32> = (0..rng.random_range(1..4_u32)).map(|k| 3 + 7 * k).collect();
            let id = task.schedule(&format!("s{schedule}"), &seeds);
            for meaning in [Meaning::VALID, Meaning::TEST, Meaning::COST] {
                let first = rng.random_range(0..3_u32);
                let epochs = Epochs::run(first, first + rng.random_range(0..6_u32));
                series.push((
                    task.series(id, meaning, epochs.clone()),
                    seeds.len(),
                    epochs,
                ));
            }
            let meaning = Attribute::Other(format!("a{schedule}"));
            attributes.push((task.attribute_per_seed(meaning, id), seeds.len()));
        }
        attributes.push((task.attribute(Attribute::Params), 1));
        for _ in 0..rng.random_range(1..40_u32) {
            let cell = rng.random_range(0..space.raw_size());
            let row = match is_pool {
                true => task.named_row(&format!("net, \"{cell}\"")),
                false => task.row(&space.at_index(cell)),
            };
            // A function of the place, so that a row met twice gets the same values.
            let mut holes = derive_rng(seed ^ cell, &["holes"]);
            for (id, seeds, epochs) in &series {
                for seed in 0..*seeds {
                    for epoch in epochs.as_slice() {
                        let number: f64 = holes.random();
                        if number > 0.2 {
                            task.set(*id, row, seed, *epoch, number * 1e3 - 500.0);
                        }
                    }
                }
            }
            for (id, seeds) in &attributes {
                for seed in 0..*seeds {
                    let number: f64 = holes.random();
                    if number > 0.2 {
                        task.put_for_seed(*id, row, seed, number * 1e-7);
                    }
                }
            }
        }
        tasks.push(task.finish().expect("sound"));
    }
    table("random", tasks)
}

/// Every value of a table, in words; an error where it cannot be read.
pub fn contents(table: &Table) -> Result<String, String> {
    use std::fmt::Write;
    let damaged = |d: archbench::table::Damaged| format!("damaged near {}", d.offset);
    let mut text = String::new();
    for task in &table.tasks {
        let _ = writeln!(
            text,
            "{} {} {}",
            task.name(),
            task.metric(),
            task.space().name()
        );
        for row in 0..task.archs().len() {
            let arch = task
                .space()
                .display(&task.space().at_index(task.archs()[row]));
            let name = task
                .published_name(row)
                .map_err(damaged)?
                .unwrap_or_default();
            let _ = writeln!(text, "{arch} {name}");
            for schedule in task.schedules() {
                for series in &schedule.series {
                    for (seed, number) in schedule.seeds.iter().enumerate() {
                        let curve = series.curve(row, seed).map_err(damaged)?;
                        for (epoch, value) in series.epochs.as_slice().iter().zip(curve.iter()) {
                            if let Some(value) = value {
                                let _ = writeln!(
                                    text,
                                    "{} {} {number} {epoch} {value}",
                                    schedule.name, series.meaning
                                );
                            }
                        }
                    }
                }
            }
            // Files of several tasks have one order of columns for all.
            let mut columns: Vec<_> = task.attributes().iter().collect();
            columns.sort_by_key(|c| &c.attribute);
            for column in columns {
                let of = column.schedule.map(|at| task.schedules()[at].name.as_str());
                let values: Vec<_> = column.at(row).map_err(damaged)?.iter().collect();
                if values.iter().any(Option::is_some) {
                    let _ = writeln!(text, "{} {of:?} {values:?}", column.attribute);
                }
            }
        }
    }
    Ok(text)
}

pub fn message<T>(result: Result<T, impl std::fmt::Display>) -> String {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(e) => e.to_string(),
    }
}
