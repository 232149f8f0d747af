//! A whole table of our own, of made-up curves: it answers for every cell and stays small.

use archbench::network::Shape;
use archbench::space::{Architecture, open as open_space};
use archbench::table::{Format, Meaning, SeedPolicy, Table, export, open_plain};
use archbench::training::{
    Comparison, Cost, Costs, Coverage, Curve, Epoch, Kind, Plan, Recipe, Results, Tally, network,
    table,
};
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/fmnist-nb201-mini");

fn recipe() -> Recipe {
    Recipe::read(&Path::new(FOLDER).join("recipe.toml")).expect("shipped")
}

/// The next of a stream of numbers below `bound` (Knuth's MMIX generator).
fn next(state: &mut u64, bound: u32) -> u32 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    ((*state >> 33) % u64::from(bound)) as u32
}

/// Curves that are as hard to compress as trained ones: a slope and noise on it.
fn results(recipe: &Recipe, plan: &Plan) -> Results {
    let mut state = 1;
    let mut tally = |epoch: u32, images: usize| {
        let images = images as u32;
        let correct = images / 10 + images * epoch / 20 + next(&mut state, images / 4);
        Tally::new(
            correct,
            2.3 - f64::from(epoch) / 10.0 + f64::from(next(&mut state, 10_000)) / 1e4,
        )
    };
    let data = &recipe.data;
    let mut curve = || Curve {
        epochs: (1..=recipe.training.epochs)
            .map(|epoch| Epoch {
                train: tally(epoch, data.train),
                valid: tally(epoch, data.valid),
                test: tally(epoch, data.test),
            })
            .collect(),
        diverged: false,
    };
    let units = plan.units.iter();
    let curves = units.map(|unit| unit.archs.iter().map(|_| curve()).collect());
    (0..).zip(curves).collect()
}

fn costs(recipe: &Recipe, plan: &Plan) -> Costs {
    let mut state = 2;
    let input = Shape {
        channels: 1,
        height: recipe.data.side,
        width: recipe.data.side,
    };
    let archs = plan.units.iter().flat_map(|unit| &unit.archs);
    let cost = |arch| {
        let network = network(recipe, arch, input, 10).expect("trainable");
        Cost {
            params: network.params(),
            macs: 1000 * network.params(),
            step_us: 10_000 + next(&mut state, 20_000),
            one_us: 300 + next(&mut state, 500),
            batch_64_us: 3_000 + next(&mut state, 5_000),
        }
    };
    let mut cost = cost;
    Costs {
        kind: Kind::Cpu,
        devices: vec!["made up".into()],
        of: archs
            .map(|arch| (plan.space.index_of(arch) as u32, cost(arch)))
            .collect(),
    }
}

fn whole() -> (Recipe, Table) {
    let recipe = recipe();
    let plan = Plan::new(&recipe).expect("a plan");
    let results = results(&recipe, &plan);
    let costs = [costs(&recipe, &plan)];
    assert!(Coverage::of(&plan, &results, &costs).is_complete());
    assert!(!Coverage::of(&plan, &results, &[]).is_complete());
    let table = table(&recipe, &plan, &results, &costs).expect("a table");
    (recipe, table)
}

#[test]
fn a_whole_table_answers_for_every_cell_and_stays_small() {
    let (recipe, table) = whole();
    assert_eq!(table.about.name, recipe.name);
    assert_eq!(table.about.defects.len(), 1, "{:?}", table.about.defects);
    let folder = tempfile::tempdir().expect("temporary folder");
    let out = folder.path().join("table");
    export(&table, Format::Parquet, true, &out).expect("written");
    let bytes: u64 = std::fs::read_dir(&out)
        .expect("there")
        .map(|file| file.expect("a file").metadata().expect("its length").len())
        .sum();
    assert!(bytes <= 6_000_000, "{bytes}");

    let again = open_plain(&out).expect("opens").table;
    let space = open_space("nas-bench-201").expect("registered");
    for meaning in [Meaning::VALID, Meaning::TEST, Meaning::COST] {
        let view = again
            .series("fashion-mnist", None, &meaning)
            .expect("there");
        assert_eq!(view.schedule.name, "8");
        for raw in 0..space.raw_size() {
            let arch = space.at_index(raw);
            let value = |arch: &Architecture| view.value(arch, 8, SeedPolicy::Mean);
            assert_eq!(value(&arch), value(&space.canonical(&arch)));
            assert!(value(&arch).is_ok());
        }
    }
    let noise = archbench::training::quality(&again.tasks[0])
        .noise
        .expect("three seeds");
    assert_eq!((noise.architectures, noise.correlations.len()), (647, 3));
}

#[test]
fn a_diverged_training_ends_where_its_loss_did_and_is_counted() {
    let recipe = recipe();
    let plan = Plan::new(&recipe).expect("a plan");
    let mut results = results(&recipe, &plan);
    results.retain(|unit, _| *unit == 3);
    let curve = &mut results.get_mut(&3).expect("kept")[0];
    curve.epochs.truncate(5);
    curve.diverged = true;
    let table = table(&recipe, &plan, &results, &[]).expect("a table");
    assert!(
        table
            .about
            .defects
            .iter()
            .any(|d| d.starts_with("1 trainings diverged"))
    );
    let view = table
        .series("fashion-mnist", None, &Meaning::VALID)
        .expect("there");
    let arch = &plan.units[3].archs[0];
    assert!(view.value(arch, 5, SeedPolicy::Mean).is_ok());
    let error = view.value(arch, 6, SeedPolicy::Mean).expect_err("diverged");
    assert!(error.to_string().contains("is missing"), "{error}");
}

/// Repeats of cells whose first training is still to come: the seed noise is known, and nothing else of them is.
#[test]
fn the_seed_noise_of_a_part_needs_no_first_training() {
    let recipe = recipe();
    let plan = Plan::new(&recipe).expect("a plan");
    let mut results = results(&recipe, &plan);
    // The first bank, and another's second and third seed.
    results.retain(|unit, _| [0, 820, 901].contains(unit));
    assert_eq!(plan.units[820].archs, plan.units[901].archs);
    let table = table(&recipe, &plan, &results, &[]).expect("a table");
    let task = &table.tasks[0];
    assert_eq!(task.archs().len(), 16);
    let noise = archbench::training::quality(task).noise.expect("two seeds");
    assert_eq!(noise.architectures, 8);
    let repeated = &plan.units[820].archs[0];
    assert_eq!(archbench::training::tabulated(task, repeated), None);
    let first = archbench::training::tabulated(task, &plan.units[0].archs[0]);
    assert_eq!(first.map(|finals| finals[1]), {
        let last = results[&0][0].epochs.last().expect("eight");
        Some(f64::from(last.test.correct) / recipe.data.test as f64)
    });
    let drawn = archbench::training::sample(task, 5, 1, (0, 4));
    assert_eq!(
        drawn
            .iter()
            .map(|unit| unit.archs.len())
            .collect::<Vec<_>>(),
        [4, 1]
    );
    let known = &plan.units[0].archs;
    assert!(
        drawn
            .iter()
            .flat_map(|unit| &unit.archs)
            .all(|arch| known.contains(arch))
    );
}

/// ```python
/// old, new = numpy.array([[.5, .6], [.7, .8]]), numpy.array([[.5, .5], [.7, .8]])
/// print(((old - new) ** 2).mean(0) ** 0.5)   # [0. 0.07071068]
/// ```
#[test]
fn a_sample_is_held_against_the_seed_noise() {
    let (_, table) = whole();
    let task = &table.tasks[0];
    let pairs = [([0.5, 0.6], [0.5, 0.5]), ([0.7, 0.8], [0.7, 0.8])];
    let near = Comparison::of(task, &pairs).expect("judged");
    assert!(near.difference[0].abs() < 1e-12 && (near.difference[1] - 0.070_710_68).abs() < 1e-8);
    // Made-up curves have a uniform spread of a quarter: deviation 0.25 / sqrt(12).
    let deviation = 0.25 / 12.0_f64.sqrt();
    assert!(
        (near.expected[1] / 2.0_f64.sqrt() / deviation - 1.0).abs() < 0.05,
        "{near}"
    );
    assert!(near.holds());
    let far = [([0.9, 0.9], [0.1, 0.1]), ([0.8, 0.8], [0.4, 0.4])];
    assert!(!Comparison::of(task, &far).expect("judged").holds());
    assert!(Comparison::of(task, &[]).is_err());
}
