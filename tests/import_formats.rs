//! Importers on small files made in the form of published ones that are too large to have at hand.

#[path = "support/formats.rs"]
mod formats;
#[path = "support/pickle.rs"]
mod pickle;

use archbench::import::{Files, read_files};
use archbench::table::{
    Attribute, HardwareMetric, Meaning, Quantity, SeedPolicy, Split, Table, facts,
};
use pickle::Py;

const ARCHS: [&str; 2] = [
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
];

fn import(format: &str, members: Vec<(&str, Vec<u8>)>) -> Result<Table, String> {
    let members = members
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    let files = Files::in_memory("made", members);
    assert!(
        read_files("auto", &files).is_ok() || read_files(format, &files).is_err(),
        "auto finds {format}"
    );
    read_files(format, &files).map_err(|e| e.to_string())
}

fn value(table: &Table, at: (&str, &str, &Meaning), arch: &str, epoch: u32, seed: u32) -> f64 {
    let (task, schedule, meaning) = at;
    let space = table.task(task).expect("the task").space();
    let arch = space.parse(arch).expect("an architecture");
    let series = table
        .series(task, Some(schedule), meaning)
        .expect("the series");
    series
        .value(&arch, epoch, SeedPolicy::Index(seed))
        .expect("a value")
}

fn check_arch_results(table: &Table, schedule: &str) {
    for (index, arch) in ARCHS.into_iter().enumerate() {
        let valid = ("cifar100", schedule, &Meaning::VALID);
        assert_eq!(
            value(table, valid, arch, 2, 1),
            (10.0 * index as f64 + 1.0 + 0.888) / 100.0
        );
        assert_eq!(
            value(table, ("cifar10", schedule, &Meaning::COST), arch, 2, 0),
            1.0
        );
    }
    let task = table.task("cifar10-valid").expect("there");
    assert!(!table.task("cifar10").expect("there").has(&Meaning::VALID));
    let figure = |attribute: &Attribute| facts::figure(task, ARCHS[0], attribute);
    assert_eq!(figure(&Attribute::Params), Some(250_000.0));
    assert_eq!(figure(&Attribute::Flops), Some(12_500_000.0));
    assert_eq!(
        figure(&Attribute::Hardware(
            HardwareMetric::LatencyMs,
            "gpu-batch256".into()
        )),
        Some(20.0)
    );
    let both = Meaning::new(Split::ValidAndTest, Quantity::Metric);
    assert!(table.task("cifar100").expect("there").has(&both));
}

#[test]
fn nats_bench_in_one_file_equals_the_folder() {
    let schedules = [("12", 2), ("200", 3)];
    let one = formats::bz2(&formats::monolithic(&ARCHS, &schedules).dumps());
    let one = import(
        "nats-bench-topology",
        vec![("NATS-tss-v1_0-3ffb9.pickle.pbz2", one)],
    )
    .expect("imported");
    let of =
        |i: i64| formats::bz2(&formats::arch_results(i, ARCHS[i as usize], &schedules).dumps());
    let folder = vec![
        ("NATS-tss-v1_0-3ffb9-simple/000000.pickle.pbz2", of(0)),
        ("NATS-tss-v1_0-3ffb9-simple/000001.pickle.pbz2", of(1)),
        (
            "NATS-tss-v1_0-3ffb9-simple/meta.pickle.pbz2",
            formats::bz2(&Py::None.dumps()),
        ),
    ];
    let folder = import("nats-bench-topology", folder).expect("imported");
    for table in [&one, &folder] {
        check_arch_results(table, "12");
        assert_eq!(
            value(table, ("cifar100", "200", &Meaning::VALID), ARCHS[1], 3, 0),
            0.12777
        );
    }
    let misnamed = vec![
        ("NATS-tss-v1_0-3ffb9-simple/000007.pickle.pbz2", of(0)),
        ("NATS-tss-x/000001.pickle.pbz2", of(1)),
    ];
    let error = import("nats-bench-topology", misnamed)
        .err()
        .expect("refused");
    assert!(error.contains("architecture 0, not 7"), "{error}");
}

#[test]
fn nas_bench_201_in_both_forms_of_torch_files() {
    let pickle = formats::monolithic(&ARCHS, &[("less", 2), ("full", 3)]).dumps();
    for bytes in [
        formats::torch_zip(&pickle, &[]),
        formats::torch_legacy(&pickle),
        pickle.clone(),
    ] {
        let table = import(
            "nas-bench-201",
            vec![("NAS-Bench-201-v1_1-096897.pth", bytes)],
        )
        .expect("imported");
        check_arch_results(&table, "12");
    }
    for cut in [1, 30, 200] {
        let mut bytes = formats::torch_legacy(&pickle);
        bytes.truncate(bytes.len() - 40 - cut);
        import(
            "nas-bench-201",
            vec![("NAS-Bench-201-v1_0-e61699.pth", bytes)],
        )
        .err()
        .expect("cut short");
    }
}

/// `{'nasbench201': {'cifar100': {'edgegpu_latency': […], 'config': [{'arch_str': …}]}}, 'fbnet': {}}`; without
/// `config` in the benchmark's order.
#[test]
fn hw_nas_bench_pickle() {
    let config = |arch: &str| {
        Py::dict(vec![
            ("name", Py::text("infer.tiny")),
            ("arch_str", Py::text(arch)),
        ])
    };
    let metrics = Py::dict(vec![
        ("edgegpu_latency", Py::floats(&[5.5, 6.5])),
        ("fpga_energy", Py::floats(&[1.5, 2.5])),
        ("average_hw_metric", Py::floats(&[8.25, 16.25])),
        ("config", Py::List(vec![config(ARCHS[1]), config(ARCHS[0])])),
    ]);
    let all: Vec<f64> = (0..15_625).map(f64::from).collect();
    let ordered = Py::dict(vec![("pixel3_latency", Py::floats(&all))]);
    let root = Py::dict(vec![
        (
            "nasbench201",
            Py::dict(vec![("cifar100", metrics), ("ImageNet16-120", ordered)]),
        ),
        ("fbnet", Py::dict(Vec::new())),
    ]);
    let table = import(
        "hw-nas-bench",
        vec![("HW-NAS-Bench-v1_0.pickle", root.dumps())],
    )
    .expect("imported");
    let of = |task: &str, arch: &str, metric, device: &str| {
        let task = table.task(task).expect("there");
        facts::figure(task, arch, &Attribute::Hardware(metric, device.into()))
    };
    assert_eq!(
        of("cifar100", ARCHS[1], HardwareMetric::LatencyMs, "edgegpu"),
        Some(5.5)
    );
    assert_eq!(
        of("cifar100", ARCHS[0], HardwareMetric::EnergyMj, "fpga"),
        Some(2.5)
    );
    assert_eq!(
        of(
            "imagenet16-120",
            ARCHS[1],
            HardwareMetric::LatencyMs,
            "pixel3"
        ),
        Some(1.0)
    );
    let kept = table.task("cifar100").expect("there").attributes().len();
    assert_eq!(kept, 2, "the product of all metrics is left out");
}

/// A tensor of doubles as `torch.save(torch.arange(15625.), path)` writes it: a view of storage `0`.
#[test]
fn help_latency_as_a_tensor() {
    let pickle = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nDoubleStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuM\x09\x3dtQK\x00M\x09\x3d\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR.";
    let storage: Vec<u8> = (0..15_625)
        .flat_map(|i| (f64::from(i) + 0.5).to_le_bytes())
        .collect();
    let file = |bytes: Vec<u8>| vec![("pixel9.pt", formats::torch_zip(pickle, &[("0", bytes)]))];
    let table = import("help-latency", file(storage.clone())).expect("imported");
    let attribute = Attribute::Hardware(HardwareMetric::LatencyMs, "pixel9".into());
    assert_eq!(
        facts::figure(&table.tasks[0], ARCHS[1], &attribute),
        Some(1.5)
    );
    let error = import("help-latency", file(storage[..800].to_vec()))
        .err()
        .expect("refused");
    assert!(error.contains("beyond its storage"), "{error}");
}

#[test]
fn transnas_bench_101_file() {
    let bytes = formats::torch_zip(&formats::transnas().dumps(), &[]);
    let table = import(
        "transnas-bench-101",
        vec![("transnas-bench_v10141024.pth", bytes)],
    )
    .expect("imported");
    let names: Vec<&str> = table.tasks.iter().map(|t| t.name()).collect();
    assert_eq!(
        names,
        [
            "micro-class-scene",
            "micro-room-layout",
            "macro-class-scene",
            "macro-room-layout"
        ]
    );
    let cell = "64-41414-1_02_333";
    assert_eq!(
        value(
            &table,
            ("micro-class-scene", "full", &Meaning::VALID),
            cell,
            2,
            0
        ),
        0.4
    );
    assert_eq!(
        value(
            &table,
            ("macro-room-layout", "full", &Meaning::TEST),
            "64-1234-basic",
            1,
            0
        ),
        -0.1
    );
    // Times that fall from epoch to epoch are of each epoch.
    assert_eq!(
        value(
            &table,
            ("micro-class-scene", "full", &Meaning::COST),
            cell,
            2,
            0
        ),
        19.0
    );
    let params = Attribute::Other("encoder_params".into());
    assert_eq!(facts::figure(&table.tasks[0], cell, &params), Some(1.5));
}

#[test]
fn nas_bench_301_results() {
    let files = [
        ("rs/results_0.json", 92.5, 8),
        ("re/results_7_ti.json", 93.0, 8),
        ("de/results_1.json", 90.0, 5),
    ];
    let members = files
        .map(|(name, valid, layers)| (name, formats::nas_bench_301(valid, layers).into_bytes()));
    let table = import("nas-bench-301", members.to_vec()).expect("imported");
    let task = &table.tasks[0];
    let arch = task
        .space()
        .display(&task.space().at_index(task.archs()[0]));
    assert_eq!(task.archs().len(), 1);
    // In the order of the files' names, re comes before rs.
    let of = |schedule, meaning: &Meaning, epoch, seed| {
        value(&table, ("cifar10", schedule, meaning), &arch, epoch, seed)
    };
    assert_eq!(of("3", &Meaning::VALID, 3, 0), 0.93);
    assert_eq!(of("3-repeats", &Meaning::VALID, 3, 0), 0.925);
    assert_eq!(of("3-layers5-channels32", &Meaning::VALID, 1, 0), 0.5);
    assert_eq!(of("3", &Meaning::TEST, 3, 0), 0.915);
    assert_eq!(of("3", &Meaning::COST, 3, 0), 600.5);
    let series = task
        .schedule("3")
        .expect("there")
        .get(&Meaning::VALID)
        .expect("there");
    assert_eq!(series.epochs.as_slice(), [1, 3], "NaN is missing");
    assert_eq!(
        facts::figure(task, &arch, &Attribute::Params),
        Some(1_234_567.0)
    );
}

#[test]
fn lcbench_json() {
    let table = import(
        "lcbench",
        vec![("data_2k.json", formats::lcbench().into_bytes())],
    )
    .expect("imported");
    let of = |meaning: &Meaning, epoch| {
        value(
            &table,
            ("fashion-mnist", "full", meaning),
            "configuration 0000",
            epoch,
            0,
        )
    };
    assert_eq!(of(&Meaning::VALID, 0), 0.2);
    assert_eq!(of(&Meaning::TEST, 2), 0.6);
    assert_eq!(of(&Meaning::COST, 2), 4.5);
}

#[test]
fn nas_bench_graph_full_release() {
    let members = vec![
        ("cora1.bench", formats::graph_full(1).dumps()),
        ("cora0.bench", formats::graph_full(0).dumps()),
    ];
    let table = import("nas-bench-graph-full", members).expect("imported");
    let task = &table.tasks[0];
    assert_eq!((task.name(), task.archs().len()), ("cora", 2));
    let arch = task
        .space()
        .display(&task.space().at_index(task.archs()[0]));
    assert_eq!(
        value(&table, ("cora", "full", &Meaning::VALID), &arch, 3, 1),
        0.5 + 0.01 * 3.0
    );
    assert_eq!(
        value(&table, ("cora", "full", &Meaning::TEST), &arch, 1, 0),
        0.4
    );
    assert_eq!(
        facts::figure(task, &arch, &Attribute::Params),
        Some(1_500_000.0)
    );
}

#[test]
fn nas_bench_graph_in_part() {
    let entry = Py::dict(vec![
        ("valid_perf", Py::Float(0.75)),
        ("perf", Py::Float(0.5)),
        ("latency", Py::Float(0.002)),
        ("para", Py::Float(1.5)),
    ]);
    let cora = Py::Dict(vec![(Py::Int(10_000), entry)]);
    let table = import("nas-bench-graph", vec![("cora.bench", cora.dumps())]).expect("imported");
    let task = &table.tasks[0];
    let arch = task
        .space()
        .display(&task.space().at_index(task.archs()[0]));
    let valid = ("cora", "full", &Meaning::VALID);
    assert_eq!(value(&table, valid, &arch, 1, 0), 0.75);
    assert!(table.sources[0].files.contains("cora of light/*.bench"));
}

/// Whether the CSV reader or the importer finds what is wrong.
#[test]
fn a_damaged_curve_is_named_once_by_file_and_line() {
    for damaged in ["b,0.5", "b,x,0.6"] {
        let text = format!("net,acc_1,acc_2\na,0.5,0.6\n{damaged}\n");
        let name = "metaqnn_svhn.csv";
        let files = Files::in_memory("made", vec![(name.into(), text.into_bytes())]);
        let error = read_files("baker-curves", &files).err().expect("damaged");
        let said = error.to_string();
        assert_eq!(said.matches(name).count(), 1, "{said}");
        assert!(said.contains("line 3"), "{said}");
    }
}
