//! Several sources in one table.

use crate::made_up::{CELLS, contents, message, nats, random_table, table};
use archbench::benchmark::SeedPolicy;
use archbench::space::open as open_space;
use archbench::table::{
    ANY_TASK, Attribute, HardwareMetric, Overlap, Table, TaskBuilder, join, open, store,
};

/// Latencies of every second cell, for any task.
fn latencies(device: &str) -> Table {
    let space = open_space("nas-bench-201").expect("registered");
    let mut task = TaskBuilder::new(ANY_TASK, "nas-bench-201", "accuracy").expect("a task");
    let latency = task.attribute(Attribute::Hardware(
        HardwareMetric::LatencyMs,
        device.into(),
    ));
    for cell in (0..2 * CELLS).step_by(2) {
        let row = task.row(&space.at_index(cell));
        task.put(latency, row, cell as f64);
    }
    table("latencies", vec![task.finish().expect("sound")])
}

#[test]
fn joining_adds_columns_to_the_same_architectures_and_reports_coverage() {
    let space = open_space("nas-bench-201").expect("registered");
    let (joined, coverage) = join(nats(), &latencies("pixel3"), Overlap::Refuse).expect("joined");
    assert_eq!(coverage.len(), 3);
    let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "pixel3".into());
    // By hand: a cell is covered when it is even, or of the class of an even one below 2 × 300.
    let classes: std::collections::BTreeSet<_> = (0..2 * CELLS)
        .step_by(2)
        .map(|cell| space.class(&space.at_index(cell)))
        .collect();
    let is_covered = |cell: &u64| {
        cell.is_multiple_of(2) || classes.contains(&space.class(&space.at_index(*cell)))
    };
    let expected = (0..CELLS).filter(is_covered).count();
    assert!(expected >= 150);
    for (task, c) in joined.tasks.iter().zip(&coverage) {
        assert_eq!((c.covered, c.architectures), (expected, 300), "{c:?}");
        assert_eq!(c.added, ["latency_ms/pixel3"]);
        for cell in 0..CELLS {
            let found = task.figure(&latency, &space.at_index(cell), SeedPolicy::Mean);
            match (cell % 2, is_covered(&cell)) {
                (0, _) => assert_eq!(found, Ok(cell as f64)),
                (_, covered) => assert_eq!(found.is_ok(), covered),
            }
        }
    }
    let (joined, _) = join(joined, &latencies("pixel2"), Overlap::Refuse).expect("another device");
    assert_eq!(joined.tasks[0].attributes().len(), 4);
    assert!(
        message(join(joined, &latencies("pixel2"), Overlap::Refuse))
            .contains("latency_ms/pixel2 is there already")
    );
    let other = random_table(1);
    assert!(message(join(nats(), &other, Overlap::Refuse)).contains("no task in common"));
    let dir = tempfile::tempdir().expect("a folder");
    let (joined, _) = join(nats(), &latencies("pixel3"), Overlap::Refuse).expect("joined");
    store(&joined, dir.path()).expect("stored");
    assert_eq!(
        contents(&open(dir.path()).expect("opened").table),
        contents(&joined)
    );
}

/// What is there stays, to the last value; what is new comes, also from a source that has both.
#[test]
fn what_is_there_can_be_kept() {
    let joined = || {
        join(nats(), &latencies("pixel3"), Overlap::Refuse)
            .expect("joined")
            .0
    };
    let (same, coverage) = join(joined(), &latencies("pixel3"), Overlap::Keep).expect("kept");
    assert_eq!(contents(&same), contents(&joined()));
    for c in &coverage {
        assert_eq!((c.kept.len(), c.added.len()), (1, 0), "{c:?}");
        assert_eq!(c.kept, ["latency_ms/pixel3"]);
    }
    // A table has all of itself already, and a source of two devices brings the one that is new.
    let (same, coverage) = join(nats(), &nats(), Overlap::Keep).expect("kept");
    assert_eq!(contents(&same), contents(&nats()));
    assert!(
        coverage
            .iter()
            .all(|c| c.added.is_empty() && !c.kept.is_empty())
    );
    let (both, _) = join(latencies("pixel3"), &latencies("raspi4"), Overlap::Refuse).expect("two");
    let (all, coverage) = join(joined(), &both, Overlap::Keep).expect("one is new");
    assert_eq!(coverage[0].added, ["latency_ms/raspi4"]);
    assert_eq!(all.tasks[0].attributes().len(), 4);
}
