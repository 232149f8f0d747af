//! The shipped table of our own trainings: it is what the shards hold, answers for every cell, and its reference study comes
//! out again.

use archbench::benchmark;
use archbench::space::{Nb201, SearchSpace};
use archbench::table::{Format, Meaning, SeedPolicy, export};
use archbench::training::{Plan, Recipe, gather, gather_costs, table};
use assert_cmd::Command;
use std::path::Path;

const NAME: &str = "fmnist-nb201-mini";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Values are in the two Parquet files; the card also says how the table compares with others.
#[test]
fn the_table_is_what_the_shards_hold() {
    let folder = root().join("datasets").join(NAME);
    let recipe = Recipe::read(&folder.join("recipe.toml")).expect("shipped");
    let plan = Plan::new(&recipe).expect("a plan");
    let shards = folder.join("shards");
    let results = gather(&shards, &recipe, &plan).expect("trained");
    let costs = gather_costs(&shards, &recipe).expect("measured");
    let merged = table(&recipe, &plan, &results, &costs).expect("a table");
    assert_eq!(merged.about.name, NAME);
    let out = tempfile::tempdir().expect("temporary folder");
    let out = out.path().join("table");
    export(&merged, Format::Parquet, true, &out).expect("written");
    for file in ["trainings.parquet", "architectures.parquet"] {
        let [made, shipped] = [&out, &folder].map(|at| std::fs::read(at.join(file)).expect("read"));
        assert!(made == shipped, "{file} is not what the shards hold");
    }
}

/// Every string is answered for; where nothing reaches the output, all images are taken for one class, of ten.
#[test]
fn cells_that_pass_nothing_on_are_at_chance_and_others_learn() {
    let table = benchmark::open_table(NAME).expect("shipped").table;
    let space = Nb201::shared();
    let test = (table.series("fashion-mnist", None, &Meaning::TEST)).expect("tests");
    let mut learnt = Vec::new();
    let mut cut_off = 0;
    for raw in 0..space.raw_size() {
        let arch = space.at_index(raw);
        let accuracy = test.value(&arch, 8, SeedPolicy::Mean).expect("trained");
        if space.has_path(&arch) {
            learnt.push(accuracy);
        } else {
            cut_off += 1;
            let name = space.display(&arch);
            assert!((accuracy - 0.1).abs() < 0.03, "{name}: {accuracy}");
        }
    }
    // As many of the published table's cells train to chance level.
    assert_eq!((learnt.len(), cut_off), (15_625 - 341, 341));
    learnt.sort_by(f64::total_cmp);
    let (median, best) = (learnt[learnt.len() / 2], learnt[learnt.len() - 1]);
    assert!(
        median > 0.5 && best > 0.75 && best < 0.95,
        "{median} {best}"
    );
}

#[test]
fn the_reference_study_comes_out_again() {
    let committed = root().join("reports/fmnist");
    let out = tempfile::tempdir().expect("temporary folder");
    Command::cargo_bin("archbench")
        .expect("the program")
        .arg("run")
        .arg(committed.join("study.toml"))
        .arg("--out")
        .arg(out.path())
        .assert()
        .success();
    let mut compared = 0;
    for entry in std::fs::read_dir(committed.join("tables")).expect("committed") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        // Measured times are not the same again.
        if path.file_stem().is_some_and(|stem| stem == "times") {
            continue;
        }
        let again = std::fs::read(out.path().join("tables").join(name)).expect("made");
        let before = std::fs::read(&path).expect("read");
        assert!(again == before, "{}", path.display());
        compared += 1;
    }
    assert!(compared >= 6, "{compared}");
}
