//! Cells and networks on images: NAS-Bench-101, NAS-Bench-201, NATS-Bench, TransNAS-Bench-101, MnasNet.

use crate::support::{figure, imported, near, value};
use archbench::table::{Attribute, HardwareMetric, Meaning, Quantity, SeedPolicy, Split};

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
        0.301_960_000_018_310_6,
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
    near(of(&Meaning::VALID, 45), 0.488_199_999_633_789_1);
    near(of(&Meaning::TEST, 90), 0.627_000_000_488_281_2);
    near(of(&Meaning::COST, 90), 551.455_693_244_934_1);
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
    near(of("micro-class-scene"), 0.529_508_361_816_406_1);
    near(of("micro-room-layout"), -0.667_696_654_796_600_3);
    near(of("micro-segmentsemantic"), 0.943_060_607_910_156_2);
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
