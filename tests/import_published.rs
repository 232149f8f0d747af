//! Importers on published files, against figures read off the same files with Python (`pickle`, `bz2`, `json`, `csv`,
//! and for NAS-Bench-101 the record framing and protocol buffer by hand).

use archbench::import::{IMPORTERS, read};
use archbench::table::{
    Attribute, HardwareMetric, Meaning, Quantity, SeedPolicy, Split, Table, Verdict, facts,
};
use std::path::PathBuf;

/// A published file, where it is at hand, imported; all facts that it has are checked.
fn imported(path: &str, importer: &str) -> Option<Table> {
    let Some(folder) = std::env::var_os("ARCHBENCH_REAL_DATA") else {
        println!("skipped: ARCHBENCH_REAL_DATA not set");
        return None;
    };
    let table = read("auto", &PathBuf::from(folder).join(path)).expect("imported");
    assert_eq!(table.sources[0].importer, importer, "{path}");
    let own = IMPORTERS
        .iter()
        .find(|i| i.name == importer)
        .expect("registered")
        .facts();
    for fact in facts::GENERAL.iter().chain(own) {
        let verdict = (fact.check)(&table);
        assert!(
            !matches!(verdict, Verdict::Fails(_)),
            "{path}: {}: {verdict:?}",
            fact.name
        );
    }
    Some(table)
}

fn value(
    table: &Table,
    at: (&str, &str, &Meaning),
    arch: &str,
    epoch: u32,
    seed: SeedPolicy,
) -> f64 {
    let (task, schedule, meaning) = at;
    let space = table.task(task).expect("the task").space();
    let arch = space.parse(arch).expect("an architecture");
    let series = table
        .series(task, Some(schedule), meaning)
        .expect("the series");
    series.value(&arch, epoch, seed).expect("a value")
}

fn figure(table: &Table, task: &str, arch: &str, attribute: &Attribute) -> f64 {
    facts::figure(table.task(task).expect("the task"), arch, attribute).expect("a figure")
}

fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "{found} for {expected}"
    );
}

/// Architecture 11, by `d['200']['all_results'][('cifar10-valid', 777)]['eval_acc1es']['x-valid@99']` and the like.
#[test]
fn nats_bench_topology() {
    let Some(table) = imported(
        "nats-bench/NATS-tss-v1_0-3ffb9-simple",
        "nats-bench-topology",
    ) else {
        return;
    };
    let names: Vec<&str> = table.tasks.iter().map(|t| t.name()).collect();
    assert_eq!(
        names,
        ["cifar10-valid", "cifar10", "cifar100", "imagenet16-120"]
    );
    let arch =
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|";
    let of = |task, schedule, meaning: &Meaning, epoch, seed| {
        value(
            &table,
            (task, schedule, meaning),
            arch,
            epoch,
            SeedPolicy::Index(seed),
        )
    };
    near(
        of("cifar10-valid", "200", &Meaning::VALID, 1, 0),
        0.301_960_000_018_310_56,
    );
    near(
        of("cifar10-valid", "200", &Meaning::VALID, 100, 0),
        0.652_319_999_902_343_7,
    );
    near(
        of("cifar10-valid", "200", &Meaning::VALID, 200, 0),
        0.877_480_000_048_828_8,
    );
    near(of("cifar10-valid", "200", &Meaning::TEST, 200, 0), 0.876);
    near(
        of("cifar10-valid", "200", &Meaning::COST, 1, 0),
        12.462_056_795_756_022,
    );
    near(
        of("cifar10-valid", "200", &Meaning::COST, 200, 0),
        2_492.411_359_151_204,
    );
    near(
        of("cifar100", "200", &Meaning::VALID, 200, 1),
        0.681_799_999_267_577_5,
    );
    near(
        of("cifar100", "200", &Meaning::TEST, 200, 1),
        0.676_799_999_511_718_8,
    );
    let both = Meaning::new(Split::ValidAndTest, Quantity::Metric);
    near(of("cifar100", "200", &both, 1, 1), 0.0288);
    near(
        of("cifar10-valid", "12", &Meaning::VALID, 12, 0),
        0.625_799_999_926_757_8,
    );
    let mean = (0.877_480_000_048_828_8 + 0.881_319_999_951_171_9 + 0.879_399_999_217_529_3) / 3.0;
    let found = value(
        &table,
        ("cifar10-valid", "200", &Meaning::VALID),
        arch,
        200,
        SeedPolicy::Mean,
    );
    assert!((found - mean).abs() < 1e-8, "{found}");
    near(
        figure(&table, "cifar10-valid", arch, &Attribute::Params),
        802_426.0,
    );
    near(
        figure(&table, "cifar10-valid", arch, &Attribute::Flops),
        113_951_370.0,
    );

    let cifar10 = table.series("cifar10", Some("200"), &Meaning::VALID);
    let error = cifar10.err().expect("no validation split").to_string();
    assert!(error.contains("test/metric"), "{error}");
    let task = table.task("cifar10-valid").expect("there");
    assert_eq!(task.schedule("200").expect("there").seeds, [777, 888, 999]);
    assert_eq!(task.schedule("12").expect("there").seeds, [111, 777]);
    assert_eq!(
        table
            .task("cifar100")
            .expect("there")
            .schedule("12")
            .expect("there")
            .seeds,
        [111]
    );
    let valid = table
        .task("cifar100")
        .expect("there")
        .schedule("200")
        .expect("there");
    let epochs = valid.get(&Meaning::VALID).expect("there").epochs.as_slice();
    assert_eq!(
        epochs,
        [200],
        "validation and test are apart at the last epoch only"
    );
}

#[test]
fn nats_bench_size() {
    let Some(table) = imported("nats-bench/NATS-sss-v1_0-50262-simple", "nats-bench-size") else {
        return;
    };
    let of = |meaning: &Meaning, epoch| {
        value(
            &table,
            ("cifar100", "90", meaning),
            "8:8:40:32:40",
            epoch,
            SeedPolicy::Mean,
        )
    };
    near(of(&Meaning::VALID, 45), 0.488_199_999_633_789_05);
    near(of(&Meaning::TEST, 90), 0.627_000_000_046_288_2);
    near(of(&Meaning::COST, 90), 551.455_692_453_244_1);
    let task = table.task("cifar10-valid").expect("there");
    assert_eq!(task.schedule("1").expect("there").seeds, [777]);
    assert_eq!(task.schedule("12").expect("there").seeds, [777, 888, 999]);
}

#[test]
fn mini_nas_bench_201() {
    let Some(table) = imported(
        "nas-bench-201/mini-bench-arch-cell-accs.pd",
        "mini-nas-bench-201",
    ) else {
        return;
    };
    let arch =
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|";
    let of =
        |task, meaning: &Meaning| value(&table, (task, "12", meaning), arch, 12, SeedPolicy::Mean);
    assert!((of("cifar10-valid", &Meaning::VALID) - 0.63278).abs() < 1e-9);
    assert!((of("cifar10", &Meaning::TEST) - 0.74).abs() < 1e-9);
    assert!((of("cifar100", &Meaning::VALID) - 0.3364).abs() < 1e-9);
}

#[test]
fn nas_bench_101_records() {
    let Some(table) = imported("nas-bench-101/energy_4V9E.tfrecord", "nas-bench-101") else {
        return;
    };
    assert_eq!(table.tasks[0].archs().len(), 91);
    let task = &table.tasks[0];
    let row = (0..91).find(|row| {
        task.published_name(*row).expect("names") == Some("ea9270f536a1f1094f446246dad4fe89")
    });
    let arch = task.space().at_index(task.archs()[row.expect("there")]);
    let text = task.space().display(&arch);
    let of = |meaning: &Meaning, epoch, seed| {
        value(
            &table,
            ("cifar10", "108", meaning),
            &text,
            epoch,
            SeedPolicy::Index(seed),
        )
    };
    near(of(&Meaning::VALID, 108, 0), 0.942_508_041_858_673_1);
    near(of(&Meaning::VALID, 108, 2), 0.941_606_581_211_090_1);
    near(of(&Meaning::TEST, 108, 1), 0.932_692_289_352_417);
    near(of(&Meaning::COST, 108, 0), 5_374.929_199_218_75);
    near(of(&Meaning::VALID, 1, 0), 0.111_278_042_197_227_48);
    for schedule in ["4", "12", "36", "108"] {
        assert_eq!(task.schedule(schedule).expect("there").seeds, [0, 1, 2]);
    }
    let other = imported("nas-bench-101/energy_5V9E.tfrecord", "nas-bench-101").expect("there too");
    assert_eq!(other.tasks[0].archs().len(), 2_532);
}

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

#[test]
fn transnas_bench_101_micro_lists() {
    let Some(table) = imported(
        "transnas-bench-101/micro_zen_val_metric.zip",
        "nas-bench-suite-zero",
    ) else {
        return;
    };
    assert_eq!(table.tasks.len(), 7);
    assert!(table.tasks.iter().all(|t| t.archs().len() == 4_096));
    let of = |task| {
        value(
            &table,
            (task, "full", &Meaning::VALID),
            "64-41414-1_30_321",
            1,
            SeedPolicy::Mean,
        )
    };
    near(of("micro-class-scene"), 0.529_508_361_816_406_2);
    near(of("micro-room-layout"), -0.667_696_654_796_600_3);
    near(of("micro-segmentsemantic"), 0.943_060_607_910_156_2);
}

#[test]
fn nas_bench_nlp_logs() {
    let Some(table) = imported("nas-bench-nlp/wikitext2_logs.zip", "nas-bench-nlp") else {
        return;
    };
    let task = table.task("wikitext-2").expect("there");
    assert_eq!(task.archs().len(), 291);
    let cell = r#"{"f": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": {"op": "activation_tanh", "input": ["f"]}}"#;
    let of = |meaning: &Meaning, epoch| {
        value(
            &table,
            ("wikitext-2", "full", meaning),
            cell,
            epoch,
            SeedPolicy::Mean,
        )
    };
    near(of(&Meaning::VALID, 1), -5.680_663_164_924_173);
    near(of(&Meaning::VALID, 50), -5.240_856_395_048_254);
    near(of(&Meaning::TEST, 50), -5.147_947_130_803_299);
    near(of(&Meaning::COST, 50), 7_033.963_120_222_092);
    near(
        figure(&table, "wikitext-2", cell, &Attribute::Params),
        15_066_078.0,
    );
}

#[test]
fn accel_nas_bench_archive() {
    let Some(table) = imported("accel-nasbench/anb_dataset_jsons.tar.gz", "accel-nas-bench") else {
        return;
    };
    let blocks = [
        (6, 3, 1),
        (4, 5, 2),
        (6, 3, 3),
        (6, 5, 3),
        (6, 5, 2),
        (1, 3, 2),
        (1, 3, 2),
    ];
    let keys: Vec<String> = (blocks.iter().enumerate())
        .map(|(b, (e, k, l))| {
            format!("\"block{b}_e\": {e}, \"block{b}_k\": {k}, \"block{b}_l\": {l}, \"block{b}_se\": false")
        })
        .collect();
    let arch = format!("{{{}}}", keys.join(", "));
    near(
        value(
            &table,
            ("imagenet", "proxy", &Meaning::VALID),
            &arch,
            1,
            SeedPolicy::Mean,
        ),
        0.593_68,
    );
    near(
        value(
            &table,
            ("imagenet", "proxy", &Meaning::COST),
            &arch,
            1,
            SeedPolicy::Mean,
        ),
        2_660.431_460_380_554,
    );
    let a100 = Attribute::Hardware(HardwareMetric::ThroughputPerS, "a100".into());
    near(
        figure(&table, "imagenet", &arch, &a100),
        7_034.935_468_125_287,
    );
    let zcu = Attribute::Hardware(HardwareMetric::LatencyMs, "zcu102".into());
    near(
        figure(&table, "imagenet", &arch, &zcu),
        5.023_423_633_627_983,
    );
}

#[test]
fn learning_curves() {
    let files = [
        "metaqnn_cifar10",
        "metaqnn_svhn",
        "deep_resnets_cifar10",
        "deep_resnets_tinyimagenet",
    ];
    for (file, best) in files
        .into_iter()
        .zip([0.8416, 0.954, 0.800_480_769_2, 0.545])
    {
        let Some(table) = imported(&format!("curves/{file}.csv"), "baker-curves") else {
            return;
        };
        let task = table.tasks[0].name();
        let verdict = facts::best(&table, task, "full", &Meaning::VALID, best, 1e-12);
        assert!(matches!(verdict, Verdict::Holds(_)), "{file}: {verdict:?}");
    }
    let table = imported("curves/naap440.csv", "naap-440").expect("there too");
    near(
        value(
            &table,
            ("cifar10", "90", &Meaning::TEST),
            "model 001",
            1,
            SeedPolicy::Mean,
        ),
        0.3625,
    );
    let verdict = facts::best(&table, "cifar10", "90", &Meaning::TEST, 0.7491, 1e-12);
    assert!(matches!(verdict, Verdict::Holds(_)), "{verdict:?}");
}
