//! Files as the benchmarks' own code saves them, with Python's pickle and PyTorch's two serialisations: `make.py` beside
//! this file makes them.

mod side_by_side;
mod text;

use archbench::import::{Files, read_files};
use archbench::table::{
    Attribute, HardwareMetric, Meaning, Quantity, SeedPolicy, Split, Table, Task, facts,
};
use std::path::PathBuf;

const ARCHS: [&str; 2] = [
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
];

fn bytes(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/official");
    std::fs::read(folder.join(name)).expect(name)
}

/// Imports a file of this folder, found by its name alone.
fn import(name: &str, published: &str) -> Table {
    let files = Files::in_memory("official", vec![(published.into(), bytes(name))]);
    read_files("auto", &files).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn task<'t>(table: &'t Table, name: &str) -> &'t Task {
    table.task(name).unwrap_or_else(|| panic!("no task {name}"))
}

/// A value by architecture, seed and epoch; `None` where it is missing.
fn at(
    table: &Table,
    (name, schedule, meaning): (&str, &str, &Meaning),
    arch: &str,
    seed: u32,
    epoch: u32,
) -> Option<f64> {
    let series = table
        .series(name, Some(schedule), meaning)
        .unwrap_or_else(|e| panic!("{e}"));
    let arch = task(table, name)
        .space()
        .parse(arch)
        .expect("an architecture");
    series.value(&arch, epoch, SeedPolicy::Index(seed)).ok()
}

/// The epochs a series was measured at.
fn epochs(table: &Table, name: &str, schedule: &str, meaning: &Meaning) -> Vec<u32> {
    let schedule = task(table, name).schedule(schedule).expect("the schedule");
    let series = schedule.get(meaning).expect("the series");
    series.epochs.as_slice().to_vec()
}

/// The two architectures of `make.py`, the second trained with a seed of its own by the newer code.
fn check_nas_bench_201(table: &Table, archs: &[usize]) {
    let published = |arch: usize, seed: u32, epoch: u32| {
        10.0 * arch as f64 + f64::from(epoch - 1) + f64::from(seed) / 1000.0
    };
    let valid = ("cifar10-valid", "200", &Meaning::VALID);
    let test = ("cifar100", "200", &Meaning::TEST);
    let both = Meaning::new(Split::ValidAndTest, Quantity::Metric);
    let both = ("cifar100", "200", &both);
    let seeds: Vec<u32> = [777, 888, 999]
        .into_iter()
        .filter(|seed| archs.contains(&usize::from(*seed == 999)))
        .collect();
    let of_schedule = task(table, "cifar10-valid").schedule("200").expect("there");
    assert_eq!(of_schedule.seeds, seeds);
    for (place, seed) in (0..).zip(seeds) {
        let arch = usize::from(seed == 999);
        for epoch in 1..=3 {
            let expected = published(arch, seed, epoch) / 100.0;
            let value = |of, place, epoch| at(table, of, ARCHS[arch], place, epoch);
            assert_eq!(value(valid, place, epoch), Some(expected));
            let beyond = (published(arch, seed, epoch) + 2.0) / 100.0;
            assert_eq!(value(both, place, epoch), Some(beyond));
            // The older code evaluated the halves of the test set at the end only.
            let of_test =
                (epoch == 3 || seed == 999).then_some((published(arch, seed, epoch) + 1.0) / 100.0);
            assert_eq!(
                value(test, place, epoch),
                of_test,
                "seed {seed}, epoch {epoch}"
            );
        }
    }
    // A loss that was no number is missing, not an error.
    let loss = Meaning::new(Split::Train, Quantity::Loss);
    assert_eq!(epochs(table, "cifar10-valid", "200", &loss), [1, 2]);
    let params = facts::figure(task(table, "cifar100"), ARCHS[archs[0]], &Attribute::Params);
    assert_eq!(params, Some(250_000.0));
}

#[test]
fn nas_bench_201_of_both_serialisations() {
    for (name, published) in [
        (
            "NAS-Bench-201-v1_0-legacy.pth",
            "NAS-Bench-201-v1_0-e61699.pth",
        ),
        (
            "NAS-Bench-201-v1_1-zip.pth",
            "NAS-Bench-201-v1_1-096897.pth",
        ),
    ] {
        let table = import(name, published);
        check_nas_bench_201(&table, &[0, 1]);
        let short = ("cifar10-valid", "12", &Meaning::COST);
        assert_eq!(at(&table, short, ARCHS[1], 0, 2), Some(5.0));
        let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "gpu-batch256".into());
        let of = task(&table, "cifar10-valid");
        assert_eq!(facts::figure(of, ARCHS[0], &latency), Some(20.0));
    }
}

/// The archive's files have the trained weights beside the results, as tensors of either serialisation.
#[test]
fn nas_bench_201_with_weights() {
    let members = ["000000-FULL.pth", "000001-FULL.pth"]
        .map(|name| (format!("NAS-BENCH-201-4-v1.0-archive/{name}"), bytes(name)));
    let files = Files::in_memory("archive", members.to_vec());
    let table = read_files("auto", &files).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(table.sources[0].importer, "nas-bench-201");
    check_nas_bench_201(&table, &[0, 1]);
    let misnamed = vec![("000007-FULL.pth".to_owned(), bytes("000001-FULL.pth"))];
    let error = read_files("auto", &Files::in_memory("archive", misnamed)).err();
    let error = error.expect("refused").to_string();
    assert!(error.contains("architecture 1, not 7"), "{error}");
}

/// NATS-Bench's full archive keeps the weights, which Python's own pickle writes with their bytes inside.
#[test]
fn nats_bench_with_weights() {
    let table = import(
        "000000.pickle.pbz2",
        "NATS-tss-v1_0-3ffb9-full/000000.pickle.pbz2",
    );
    let valid = ("cifar10-valid", "12", &Meaning::VALID);
    assert_eq!(
        at(&table, valid, ARCHS[0], 0, 2),
        Some((1.0 + 0.777) / 100.0)
    );
}

/// Every protocol of Python's pickle, with NumPy's scalars and arrays.
#[test]
fn hw_nas_bench_in_every_protocol() {
    for protocol in 0..=5 {
        let name = format!("HW-NAS-Bench-{protocol}.pickle");
        let table = import(&name, "HW-NAS-Bench-v1_0.pickle");
        let of = task(&table, "cifar100");
        let device = |metric, name: &str| Attribute::Hardware(metric, name.into());
        for (attribute, expected) in [
            (device(HardwareMetric::LatencyMs, "edgegpu"), [5.5, 6.5]),
            (device(HardwareMetric::EnergyMj, "edgegpu"), [24.25, 25.25]),
            (device(HardwareMetric::LatencyMs, "fpga"), [0.5, 0.75]),
            (
                Attribute::Other("eyeriss_arithmetic_intensity".into()),
                [7.0, 8.0],
            ),
        ] {
            let found = ARCHS.map(|arch| facts::figure(of, arch, &attribute));
            assert_eq!(
                found,
                expected.map(Some),
                "protocol {protocol}: {attribute}"
            );
        }
    }
}

#[test]
fn nas_bench_graph_in_every_protocol() {
    for protocol in 0..=5 {
        let name = format!("cora{protocol}.bench");
        let table = import(&name, &name);
        let of = task(&table, "cora");
        let arch = of.space().display(&of.space().at_index(of.archs()[0]));
        let value =
            |meaning: &Meaning, epoch| at(&table, ("cora", "full", meaning), &arch, 0, epoch);
        let expected = 0.25 + f64::from(protocol) / 8.0;
        assert_eq!(
            value(&Meaning::VALID, 2),
            Some(expected),
            "protocol {protocol}"
        );
        let loss = Meaning::new(Split::Valid, Quantity::Loss);
        assert_eq!(value(&loss, 1), Some(1.75));
        assert_eq!(value(&loss, 2), None);
        assert_eq!(
            facts::figure(of, &arch, &Attribute::Params),
            Some(1_750_000.0)
        );
    }
}

#[test]
fn transnas_bench_101() {
    let table = import("transnas-bench.pth", "transnas-bench_v10141024.pth");
    let micro = "64-41414-1_02_333";
    let value = |task: &str, meaning: &Meaning, arch, epoch| {
        at(&table, (task, "full", meaning), arch, 0, epoch)
    };
    assert_eq!(
        value("micro-class-scene", &Meaning::VALID, micro, 2),
        Some(0.41)
    );
    assert_eq!(
        value("micro-room-layout", &Meaning::TEST, micro, 2),
        Some(-4.0)
    );
    assert_eq!(
        value("macro-class-scene", &Meaning::COST, "64-1234-basic", 2),
        Some(120.0)
    );
    assert_eq!(
        value("micro-autoencoder", &Meaning::VALID, micro, 1),
        Some(-0.125)
    );
    let l1 = Meaning::new(Split::Valid, Quantity::Other("l1-loss".into()));
    assert_eq!(value("micro-autoencoder", &l1, micro, 1), Some(0.25));
    let info = |name: &str| {
        facts::figure(
            task(&table, "micro-class-scene"),
            micro,
            &Attribute::Other(name.into()),
        )
    };
    assert_eq!(info("inference_time"), Some(0.0125));
    assert_eq!(info("model_flops"), None, "an empty string is no figure");
}
