//! JSON and CSV in the forms that the benchmarks' own scripts write and their readers expect.

use crate::{at, epochs, task};
use archbench::import::{Files, read, read_files};
use archbench::table::{Attribute, Meaning, SeedPolicy, Task, facts};

/// NAS-Bench-Suite-Zero's script puts the data sets under the space's name; NASLib writes architectures as tuples.
#[test]
fn suite_zero_of_every_space() {
    let entry = r#"{"synflow": {"score": 1.5, "time": 0.1}, "jacov": {"score": -Infinity, "time": 0.1}, "val_accuracy": 90.5}"#;
    let cells = "((0, 3), (1, 2), (0, 1), (2, 6), (1, 0), (3, 4), (2, 5), (4, 3)), ((0, 0), (1, 0), (0, 2), (1, 2), (0, 3), (1, 3), (0, 4), (1, 4))";
    let darts = "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('avg_pool_3x3', 0), ('dil_conv_5x5', 2), \
                 ('max_pool_3x3', 1), ('sep_conv_5x5', 3), ('dil_conv_3x3', 2), ('sep_conv_3x3', 4)], normal_concat=[2, 3, 4, 5], \
                 reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), \
                 ('sep_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_5x5', 1)], reduce_concat=[2, 3, 4, 5])";
    for (space, data_set, tuple, task_name, arch, (schedule, meaning, epoch)) in [
        (
            "nasbench201",
            "cifar10",
            "(4, 2, 2, 2, 2, 2)",
            "cifar10-valid",
            "|avg_pool_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
            ("200-seed888", Meaning::TEST, 200),
        ),
        // What NAS-Bench-201 itself was not trained on has no seed 888 of its own.
        (
            "nasbench201",
            "svhn",
            "(4, 2, 2, 2, 2, 2)",
            "svhn",
            "|avg_pool_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
            ("full", Meaning::TEST, 1),
        ),
        (
            "nasbench101",
            "cifar10",
            "(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1)",
            "cifar10",
            "011001000:input,conv3x3-bn-relu,output",
            ("108-one-repeat", Meaning::VALID, 108),
        ),
        (
            "nasbench301",
            "cifar10",
            cells,
            "cifar10",
            darts,
            ("surrogate", Meaning::VALID, 1),
        ),
        (
            "transbench101_macro",
            "class_scene",
            "(4, 1, 2, 3, 1, 0)",
            "macro-class-scene",
            "64-41231-basic",
            ("full", Meaning::VALID, 1),
        ),
        (
            "transbench101_micro",
            "jigsaw",
            "(1, 0, 2, 3, 3, 3)",
            "micro-jigsaw",
            "64-41414-1_02_333",
            ("full", Meaning::VALID, 1),
        ),
    ] {
        let tuple = if space == "nasbench301" {
            format!("({tuple})")
        } else {
            tuple.into()
        };
        let plain = format!(r#"{{"{data_set}": {{"{tuple}": {entry}}}}}"#);
        let nested = format!(r#"{{"{space}": {plain}}}"#);
        for text in [plain, nested] {
            let files = vec![(format!("zc_{space}.json"), text.into_bytes())];
            let table = read_files("auto", &Files::in_memory("zc", files))
                .unwrap_or_else(|e| panic!("{space}: {e}"));
            let value = at(&table, (task_name, schedule, &meaning), arch, 0, epoch);
            assert_eq!(value, Some(0.905), "{space}");
            let proxy = |name: &str| {
                facts::figure(
                    task(&table, task_name),
                    arch,
                    &Attribute::ProxyScore(name.into()),
                )
            };
            assert_eq!(
                (proxy("synflow"), proxy("jacov")),
                (Some(1.5), None),
                "{space}"
            );
        }
    }
}

/// Lists of different proxies repeat the accuracy of an architecture: it was trained once.
#[test]
fn suite_zero_lists_of_several_proxies() {
    let list = |proxy: &str| {
        format!(
            r#"[{{"idx": "0", "arch": "(4, 2, 2, 2, 2, 2)", "{proxy}": {{"score": 2.5, "time": 1.0}}, "val_accuracy": 90.5}}]"#
        )
    };
    let members = ["snip", "zen"].map(|proxy| {
        let name = format!("{proxy}/benchmark--nasbench201--cifar10--0.json");
        (name, list(proxy).into_bytes())
    });
    let table = read_files("auto", &Files::in_memory("zc", members.to_vec())).expect("imported");
    let of = task(&table, "cifar10-valid");
    assert_eq!(of.schedules().len(), 1, "no repeats");
    assert_eq!(of.attributes().len(), 4);
}

/// The data set of a CSV is the one in its name.
#[test]
fn csv_files_are_of_the_data_set_they_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "net,edgegpu_latency,fpga_energy\n\"(4, 2, 2, 2, 2, 2)\",5.5,0.25\n";
    for (name, tasks) in [
        ("hw_nas_bench_cifar10.csv", vec!["cifar10-valid", "cifar10"]),
        ("hw_cifar100.csv", vec!["cifar100"]),
        ("hw_ImageNet16-120.csv", vec!["imagenet16-120"]),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let table = read("auto", &path).expect("imported");
        let found: Vec<&str> = table.tasks.iter().map(Task::name).collect();
        assert_eq!(found, tasks, "{name}");
    }
    assert_eq!(
        read("auto", folder.path()).expect("all three").tasks.len(),
        4
    );
}

/// Columns are of the epochs in their names, 0 before the training; perplexities become negative.
#[test]
fn baker_curves_of_every_kind() {
    for (name, text, task_name, expected, last) in [
        (
            "metaqnn_svhn.csv",
            "net,lr,acc_1,acc_2\na,0.1,0.5,0.75\n",
            "metaqnn-svhn",
            vec![1, 2],
            0.75,
        ),
        (
            "alexnet_imagenet.csv",
            "base_model,lr,ss,acc_0,acc_1,acc_2\nalexnet,0.1,5,0.001,0.5,0.75\n",
            "alexnet-imagenet",
            vec![0, 1, 2],
            0.75,
        ),
        (
            "lstm_ptb.csv",
            "base_model,n_layer,base_lr,ep_0,ep_1,ep_2\nlstm,2,0.1,400,200.5,150\n",
            "lstm-ptb",
            vec![0, 1, 2],
            -150.0,
        ),
        (
            "deep_resnets_cifar10.csv",
            "num_params,lr,acc_0,acc_1,acc_2\n100,0.1,0.3,0.4,0.5\n",
            "deep-resnets-cifar10",
            vec![1, 2, 3],
            0.5,
        ),
    ] {
        let table = read_files(
            "auto",
            &Files::in_memory("curves", vec![(name.into(), text.into())]),
        )
        .expect(name);
        let series = table
            .series(task_name, Some("full"), &Meaning::VALID)
            .expect("there");
        let found = epochs(&table, task_name, "full", &Meaning::VALID);
        assert_eq!(found, expected, "{name}");
        let of = task(&table, task_name);
        let arch = of.space().at_index(0);
        let epoch = *expected.last().expect("some");
        assert_eq!(
            series.value(&arch, epoch, SeedPolicy::Index(0)).ok(),
            Some(last),
            "{name}"
        );
    }
}

/// LCBench logs the test accuracy as `Train/test_result`, beside 0 completed epochs first.
#[test]
fn lcbench_with_the_published_tags() {
    let log = r#""time": [0.5, 1.5], "epoch": [0.0, 1.0], "Train/loss": [0.7, 0.6], "Train/train_accuracy": [50.0, 60.0],
        "Train/val_accuracy": [51.25, 62.5], "Train/val_balanced_accuracy": [0.5, 0.625], "Train/test_result": [50.0, 60.5],
        "Train/test_cross_entropy": [0.75, 0.5], "Train/gradient_max": [0.1, NaN], "Train/lr": [0.01, 0.005]"#;
    let text = format!(
        r#"{{"APSFailure": {{"0": {{"config": {{"batch_size": 71, "network": "shapedmlpnet"}}, "log": {{{log}}},
            "results": {{"final_val_accuracy": 62.5}}}}}}}}"#
    );
    let files = vec![("data_2k.json".to_owned(), text.into_bytes())];
    let table = read_files("auto", &Files::in_memory("lcbench", files)).expect("imported");
    let of = task(&table, "apsfailure");
    let series = table
        .series("apsfailure", Some("full"), &Meaning::TEST)
        .expect("test");
    let arch = of.space().at_index(0);
    assert_eq!(
        series.value(&arch, 1, SeedPolicy::Index(0)).ok(),
        Some(0.605)
    );
}
