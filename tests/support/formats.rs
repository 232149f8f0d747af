//! Small files of published formats whose official files are large, made as their authors' code writes them.

use super::pickle::Py;
use std::io::{Cursor, Write};

/// What NATS-Bench and NAS-Bench-201 hold of one architecture (`ArchResults.state_dict()` for each schedule): `epochs`
/// of each schedule, trainings on three data sets.
pub fn arch_results(index: i64, arch: &str, schedules: &[(&str, i64)]) -> Py {
    let accuracy =
        |seed: i64, epoch: i64| Py::Float((10 * index + epoch) as f64 + seed as f64 / 1000.0);
    let training = |data_set: &str, seed: i64, epochs: i64| {
        let by_epoch = |value: &dyn Fn(i64) -> Py| {
            Py::Dict((0..epochs).map(|e| (Py::Int(e), value(e))).collect())
        };
        let splits: &[&str] = match data_set {
            "cifar10-valid" => &["x-valid", "ori-test"],
            "cifar10" => &["ori-test"],
            _ => &["x-valid", "x-test", "ori-test"],
        };
        let evaluated = |value: &dyn Fn(i64) -> Py| {
            let keys = splits
                .iter()
                .flat_map(|s| (0..epochs).map(move |e| (format!("{s}@{e}"), e)));
            Py::Dict(keys.map(|(key, e)| (Py::Text(key), value(e))).collect())
        };
        Py::dict(vec![
            ("name", Py::text(data_set)),
            ("train_acc1es", by_epoch(&|e| accuracy(seed, e))),
            ("train_acc5es", Py::None),
            (
                "train_losses",
                by_epoch(&|e| Py::Float(2.0 / (e + 1) as f64)),
            ),
            ("train_times", by_epoch(&|_| Py::Float(0.5))),
            ("params", Py::Float(0.25)),
            ("flop", Py::Float(12.5)),
            ("seed", Py::Text(format!("{seed:04}"))),
            ("epochs", Py::Int(epochs)),
            ("latency", Py::floats(&[0.01, 0.03])),
            ("eval_acc1es", evaluated(&|e| accuracy(seed, e))),
            ("eval_times", evaluated(&|_| Py::Float(0.25))),
            (
                "eval_losses",
                evaluated(&|e| Py::Float(3.0 / (e + 1) as f64)),
            ),
            ("net_state_dict", Py::None),
        ])
    };
    let schedule = |epochs: i64| {
        let keys = ["cifar10-valid", "cifar10", "cifar100"]
            .into_iter()
            .flat_map(|d| [777, 888].map(|s| (d, s)));
        let results = keys.map(|(d, s)| {
            (
                Py::Tuple(vec![Py::text(d), Py::Int(s)]),
                training(d, s, epochs),
            )
        });
        Py::dict(vec![
            ("arch_index", Py::Int(index)),
            ("arch_str", Py::text(arch)),
            ("all_results", Py::Dict(results.collect())),
        ])
    };
    Py::Dict(
        schedules
            .iter()
            .map(|(name, epochs)| (Py::text(name), schedule(*epochs)))
            .collect(),
    )
}

/// `{'meta_archs': […], 'arch2infos': {0: …, 1: …}, 'evaluated_indexes': […]}`
pub fn monolithic(archs: &[&str], schedules: &[(&str, i64)]) -> Py {
    let infos = (0..)
        .zip(archs)
        .map(|(i, arch)| (Py::Int(i), arch_results(i, arch, schedules)));
    Py::dict(vec![
        (
            "meta_archs",
            Py::List(archs.iter().map(|arch| Py::text(arch)).collect()),
        ),
        ("arch2infos", Py::Dict(infos.collect())),
        (
            "evaluated_indexes",
            Py::List((0..archs.len() as i64).map(Py::Int).collect()),
        ),
    ])
}

/// `bz2.compress`
pub fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    writer.write_all(bytes).expect("in memory");
    writer.finish().expect("in memory")
}

/// `torch.save` since 1.6: `archive/data.pkl` and the storages, stored.
pub fn torch_zip(pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut member = |name: &str, content: &[u8]| {
        writer.start_file(name, options).expect("in memory");
        writer.write_all(content).expect("in memory");
    };
    member("archive/data.pkl", pickle);
    for (key, bytes) in storages {
        member(&format!("archive/data/{key}"), bytes);
    }
    member("archive/version", b"3\n");
    writer.finish().expect("in memory").into_inner()
}

/// `torch.save` before 1.6: pickles of magic number, protocol and system, then the value and the storages' keys.
pub fn torch_legacy(pickle: &[u8]) -> Vec<u8> {
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";
    let system = Py::dict(vec![
        ("protocol_version", Py::Int(1001)),
        ("little_endian", Py::Int(1)),
    ]);
    [
        &magic[..],
        b"\x80\x02M\xe9\x03.",
        &system.dumps(),
        pickle,
        &Py::List(Vec::new()).dumps(),
    ]
    .concat()
}

/// A raw result of NAS-Bench-301.
pub fn nas_bench_301(valid: f64, layers: u32) -> String {
    let mut config: Vec<String> = Vec::new();
    for cell in ["normal", "reduce"] {
        for (node, inputs) in [(3, "0_1"), (4, "0_2"), (5, "1_3")] {
            config.push(format!(
                "\"NetworkSelectorDatasetInfo:darts:inputs_node_{cell}_{node}\": \"{inputs}\""
            ));
        }
        for edge in [0, 1, 2, 3, 5, 7, 10, 12] {
            config.push(format!(
                "\"NetworkSelectorDatasetInfo:darts:edge_{cell}_{edge}\": \"sep_conv_3x3\""
            ));
        }
    }
    config.push(format!(
        "\"NetworkSelectorDatasetInfo:darts:layers\": {layers}"
    ));
    config.push("\"NetworkSelectorDatasetInfo:darts:init_channels\": 32".into());
    format!(
        "{{\"optimized_hyperparamater_config\": {{{}}}, \"budget\": 3.0, \"runtime\": 600.5, \"test_accuracy\": 91.5, \
         \"info\": [{{\"val_accuracy\": {valid}, \"train_accuracy\": 99.0, \"model_parameters\": 1234567}}], \
         \"learning_curves\": {{\"Train/val_accuracy\": [50.0, NaN, {valid}]}}}}",
        config.join(", ")
    )
}

/// LCBench's JSON of one data set and configuration.
pub fn lcbench() -> String {
    let list = |scale: f64| format!("[{}, {}, {}]", scale, 2.0 * scale, 3.0 * scale);
    format!(
        "{{\"Fashion-MNIST\": {{\"0\": {{\"config\": {{\"batch_size\": 71, \"imputation_strategy\": \"mean\"}}, \"log\": \
         {{\"epoch\": [0.0, 1.0, 2.0], \"time\": {time}, \"Train/val_accuracy\": {acc}, \"Train/test_accuracy\": {acc}, \
         \"Train/train_accuracy\": {acc}, \"Train/loss\": {loss}, \"Train/gradient_max\": {loss}}}, \"results\": \
         {{\"final_val_accuracy\": 60.0}}}}}}}}",
        time = list(1.5),
        acc = list(20.0),
        loss = list(0.5)
    )
}

/// A seed's file of NAS-Bench-Graph's full release.
pub fn graph_full(seed: i64) -> Py {
    let epoch = |e: i64| {
        let base = 0.5 + 0.01 * (e + seed) as f64;
        Py::floats(&[base + 0.1, base, base - 0.1, 1.0, 2.0, 3.0, base])
    };
    let entry = |hash: i64| {
        let info = Py::dict(vec![
            ("dur", Py::List((0..3).map(epoch).collect())),
            ("latency", Py::Float(0.005)),
            ("para", Py::Float(1.5)),
        ]);
        (Py::Int(hash), info)
    };
    Py::Dict([0, 10_000].map(entry).to_vec())
}

/// TransNAS-Bench-101 with one cell and one network on two tasks.
pub fn transnas() -> Py {
    let training = |metric: &str, scale: f64| {
        let list = |by: f64| Py::floats(&[by * scale, 2.0 * by * scale]);
        Py::dict(vec![
            ("total_epochs", Py::Int(2)),
            (
                "model_info",
                Py::dict(vec![
                    ("encoder_params", Py::Float(1.5)),
                    ("inference_time", Py::Float(0.01)),
                ]),
            ),
            (
                "metrics",
                Py::Dict(
                    [("train_", 0.3), ("valid_", 0.2), ("test_", 0.1)]
                        .map(|(split, by)| (Py::Text(format!("{split}{metric}")), list(by)))
                        .into_iter()
                        .chain([(Py::text("time_elapsed"), Py::floats(&[10.0, 9.0]))])
                        .collect(),
                ),
            ),
        ])
    };
    let tasks = || {
        Py::dict(vec![
            ("class_scene", training("top1", 100.0)),
            ("room_layout", training("neg_loss", -1.0)),
        ])
    };
    let data = Py::dict(vec![
        ("macro", Py::dict(vec![("64-1234-basic", tasks())])),
        ("micro", Py::dict(vec![("64-41414-1_02_333", tasks())])),
    ]);
    Py::dict(vec![
        ("data", data),
        ("task_list", Py::List(vec![Py::text("class_scene")])),
    ])
}
