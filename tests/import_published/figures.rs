//! Zero-cost proxies and hardware measurements of NAS-Bench-201's cells.

use crate::support::{figure, imported, near, value};
use archbench::table::{Attribute, HardwareMetric, Meaning, SeedPolicy};

/// `val_accuracy` of architectures 0 and 284 is NATS-Bench's `ori-test@199` (CIFAR-10) and `x-test@199` of seed 888.
#[test]
fn suite_zeros_validation_accuracies_are_test_accuracies() {
    let Some(lists) = imported("nas-bench-201/zen_val_accuracy.zip", "nas-bench-suite-zero") else {
        return;
    };
    let nats = imported(
        "nats-bench/NATS-tss-v1_0-3ffb9-simple",
        "nats-bench-topology",
    )
    .expect("there too");
    let archs = [
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|",
    ];
    for task in ["cifar10-valid", "cifar100", "imagenet16-120"] {
        for arch in archs {
            let listed = value(
                &lists,
                (task, "200-seed888", &Meaning::TEST),
                arch,
                200,
                SeedPolicy::Mean,
            );
            let official = value(
                &nats,
                (task, "200", &Meaning::TEST),
                arch,
                200,
                SeedPolicy::Index(1),
            );
            assert!(
                (listed - official).abs() < 1e-8,
                "{task} {arch}: {listed} {official}"
            );
        }
    }
    assert!(lists.is_oracle());
    let zen = Attribute::ProxyScore("zen".into());
    near(
        figure(&lists, "cifar10-valid", archs[0], &zen),
        184.954_559_326_171_88,
    );
}

#[test]
fn suite_zeros_object_and_its_missing_scores() {
    let Some(table) = imported("nas-bench-201/zc_nasbench201.json", "nas-bench-suite-zero") else {
        return;
    };
    let counts: Vec<usize> = table.tasks.iter().map(|t| t.archs().len()).collect();
    assert_eq!(
        counts,
        [724, 725, 725],
        "imagenet16-120, cifar10-valid, cifar100"
    );
    let task = table.task("cifar10-valid").expect("there");
    let epe = task
        .attribute(&Attribute::ProxyScore("epe_nas".into()))
        .expect("there");
    let present = (0..725)
        .filter(|row| epe.at(*row).expect("in memory").get(0).is_some())
        .count();
    assert!(present < 725, "some are missing");
    // (0, 2, 3, 2, 3, 1)
    let arch =
        "|skip_connect~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_1x1~0|nor_conv_1x1~1|none~2|";
    near(
        figure(
            &table,
            "cifar10-valid",
            arch,
            &Attribute::ProxyScore("synflow".into()),
        ),
        41.948_768_609_375_43,
    );
}

#[test]
fn proxies_and_hardware_as_csv() {
    let Some(proxies) = imported(
        "nas-bench-201/zero_cost_proxies.csv",
        "zero-cost-proxies-csv",
    ) else {
        return;
    };
    assert_eq!(proxies.tasks[0].archs().len(), 9_445);
    // The published row says both `(4, 0, 3, 1, 4, 3)` and this string.
    let arch =
        "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|";
    near(
        figure(
            &proxies,
            "cifar10",
            arch,
            &Attribute::ProxyScore("jacov".into()),
        ),
        -88.289_870_843_375_43,
    );
    let table =
        imported("nas-bench-201/hw_nas_bench_cifar10.csv", "hw-nas-bench-csv").expect("there too");
    let arch = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|";
    let energy = Attribute::Hardware(HardwareMetric::EnergyMj, "edgegpu".into());
    near(
        figure(&table, "cifar10", arch, &energy),
        24.226_614_330_768_584,
    );
}

/// HELP's files are lists in the benchmark's order: its Eyeriss is HW-NAS-Bench's, which names the architectures.
#[test]
fn latencies_in_the_order_of_the_benchmark() {
    let Some(help) = imported("nas-bench-201/help_latency", "help-latency") else {
        return;
    };
    assert_eq!(help.tasks[0].attributes().len(), 10);
    let hw =
        imported("nas-bench-201/hw_nas_bench_cifar10.csv", "hw-nas-bench-csv").expect("there too");
    for device in ["eyeriss", "pixel3", "raspi4"] {
        let attribute = Attribute::Hardware(HardwareMetric::LatencyMs, device.into());
        let (ours, theirs) = (
            help.tasks[0].attribute(&attribute),
            hw.tasks[0].attribute(&attribute),
        );
        let (ours, theirs) = (ours.expect("there"), theirs.expect("there"));
        let differing = (0..15_625).filter(|row| {
            let of = |column: &archbench::table::AttributeColumn| {
                column.at(*row).expect("in memory").get(0)
            };
            of(ours) != of(theirs)
        });
        assert_eq!(differing.count(), 0, "{device}");
    }
}
