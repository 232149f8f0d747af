//! Publications whose files lie in one folder, as people keep them, and files that were renamed or hold nothing.

use crate::{at, bytes, task};
use archbench::import::{Files, read_files};
use archbench::table::{Attribute, Meaning, Table, facts};

fn import(members: &[(&str, &str)]) -> Result<Table, String> {
    let files = members.iter();
    let files = files.map(|(name, text)| (name.to_string(), text.as_bytes().to_vec()));
    let files = Files::in_memory("folder", files.collect());
    read_files("auto", &files).map_err(|e| e.to_string())
}

const NB101: &str = r#"{"nasbench101": {"cifar10": {
    "(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1)": {"id": 7, "flops": 624.5, "fisher": 4946208256.0, "snip": -1e8, "val_accuracy": 90.5},
    "(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 4, 1)": {"flops": 600, "fisher": 0.25, "snip": 2, "val_accuracy": 80}}}}"#;
const NB201: &str = r#"{"cifar10": {"(4, 2, 2, 2, 2, 2)": {"snip": {"score": 1.5, "time": 1}, "val_accuracy": 90.5}},
    "cifar100": {"(4, 2, 2, 2, 2, 2)": {"snip": {"score": 1.5, "time": 1}, "val_accuracy": 70.5}}}"#;
const CELL_101: &str = "011001000:input,conv3x3-bn-relu,output";
const CELL_201: &str = "|avg_pool_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";

/// The first release of NAS-Bench-Suite-Zero's scores has no times; Fisher's scores reach 5e9, -1e8 stands for none.
#[test]
fn bare_scores_and_large_ones_are_scores() {
    let table = import(&[("zc_nasbench101.json", NB101)]).expect("imported");
    let score = |name: &str| {
        let proxy = Attribute::ProxyScore(name.into());
        facts::figure(task(&table, "cifar10"), CELL_101, &proxy)
    };
    assert_eq!(score("flops"), Some(624.5));
    assert_eq!(score("fisher"), Some(4_946_208_256.0));
    assert_eq!((score("snip"), score("id")), (None, None));
}

/// Two of NAS-Bench-101's cells are the same network: the entry that comes second is counted, not lost in silence.
#[test]
fn entries_of_one_network_are_counted() {
    let twice = NB101.replace("(0, 1, 0, 0, 0, 1", "(0, 1, 1, 0, 0, 1");
    let twice = twice.replace(
        "0, 0, 0, 0, 4, 1)\": {\"flops\": 600",
        "0, 0, 0, 0,4, 1)\": {\"flops\": 600",
    );
    let table = import(&[("zc_nasbench101.json", &twice)]).expect("imported");
    let is_said = |defect: &String| defect.starts_with("cifar10: 1 entries are of networks");
    assert!(
        table.about.defects.iter().any(is_said),
        "{:?}",
        table.about.defects
    );
}

#[test]
fn spaces_with_a_data_set_in_common_have_tasks_of_their_own() {
    let table = import(&[("zc_nasbench101.json", NB101), ("a/zc_nasbench301.json", r#"{"cifar10": {
        "[[(0, 0), (1, 5), (1, 1), (0, 1), (1, 3), (0, 3), (1, 3), (3, 2)], [(1, 0), (0, 2), (1, 3), (0, 3), (3, 0), (0, 1), (2, 0), (3, 6)]]":
            {"val_accuracy": 93.5}}}"#)])
    .expect("imported");
    let names: Vec<&str> = table.tasks.iter().map(|t| t.name()).collect();
    assert_eq!(names, ["nas-bench-101-cifar10", "darts-cifar10"]);
}

/// What NAS-Bench-201's files call a validation accuracy is a test accuracy, whatever the file is called.
#[test]
fn a_renamed_file_keeps_its_meaning_and_an_unknown_one_is_refused() {
    let upper = NB201.replace("cifar100", "CIFAR100");
    for (name, text) in [
        ("zc_nasbench201 (1).json", NB201),
        ("zc_NASBench201_v2.json", upper.as_str()),
    ] {
        let table = import(&[(name, text)]).expect("imported");
        assert!(table.is_oracle(), "{name}");
        let test = ("cifar100", "200-seed888", &Meaning::TEST);
        assert_eq!(at(&table, test, CELL_201, 0, 200), Some(0.705));
    }
    let refused = import(&[("zc_mine.json", NB201)]).err().expect("unknown");
    assert!(
        refused.contains("unknown benchmark `mine`; known: nasbench101"),
        "{refused}"
    );
}

#[test]
fn nothing_and_two_of_one_name_are_refused() {
    let log = r#"{"fashion-mnist": {"0": {"config": {}, "log": {"Train/val_accuracy": [50]}}}}"#;
    let both = [("data_2k.json", log), ("data_2k_lw.json", log)];
    import(&both[..1]).expect("one of them");
    let refused = import(&both).err().expect("both");
    assert!(
        refused.contains("two tasks are called `fashion-mnist`"),
        "{refused}"
    );
    for (name, text, problem) in [
        ("data_2k.json", "{}", "no task"),
        ("zc_nasbench201.json", "{}", "neither scores nor accuracies"),
        (
            "zc_nasbench201.json",
            r#"{"cifar10": {"(4, 2, 2, 2, 2, 2)": {"s": null}}}"#,
            "neither scores",
        ),
    ] {
        let refused = import(&[(name, text)]).err().expect(name);
        assert!(refused.contains(problem), "{refused}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let marked = format!("\u{feff}{NB201}");
    let table = import(&[("zc_nasbench201.json", &marked)]).expect("imported");
    assert_eq!(table.tasks.len(), 2);
}

#[test]
fn of_two_whole_files_neither_is_taken_for_both() {
    let of = |name: &str, file: &str| (name.to_owned(), bytes(file));
    let transnas = of("transnas-bench_v10141024.pth", "transnas-bench.pth");
    let mut members = vec![
        transnas,
        of("NAS-Bench-201-v1_1.pth", "NAS-Bench-201-v1_1-zip.pth"),
    ];
    let read = |members: &[_], format: &str| {
        read_files(format, &Files::in_memory("folder", members.to_vec())).map_err(|e| e.to_string())
    };
    // Each format finds its own.
    read(&members, "transnas-bench-101").expect("there");
    read(&members, "nas-bench-201").expect("there");
    members.push(of(
        "NAS-Bench-201-v1_0.pth",
        "NAS-Bench-201-v1_0-legacy.pth",
    ));
    let refused = read(&members, "nas-bench-201").err().expect("two");
    assert!(
        refused.contains("holds `NAS-Bench-201-v1_0.pth` and `NAS-Bench-201-v1_1.pth`"),
        "{refused}"
    );
}

/// SVHN's accuracies are multiples of 1/26,032, the size of its test set, in the spaces' own files as well.
#[test]
fn accuracies_of_test_data_are_never_validation() {
    let text = NB201.replace("cifar100", "svhn");
    let table = import(&[("zc_nasbench201.json", &text)]).expect("imported");
    assert!(table.is_oracle());
    let test = ("svhn", "full", &Meaning::TEST);
    assert_eq!(at(&table, test, CELL_201, 0, 1), Some(0.705));
    assert_eq!(table.about.seeds, "one training, as published");
    // Accuracies and ranks beside the proxies are no proxies.
    let csv = "net,val_accs,synflow,random,rank,new_net\n\"(4, 2, 2, 2, 2, 2)\",70.5,2.5,0.1,3,\"(2, 3, 2, 3, 2, 3)\"\n";
    let table = import(&[("nb201_valid_nets.csv", csv)]).expect("imported");
    let names: Vec<String> = table.tasks[0]
        .attributes()
        .iter()
        .map(|c| c.attribute.to_string())
        .collect();
    assert_eq!(names, ["proxy_score/synflow"]);
    import(&[("tnb101_micro_valid_nets.csv", csv)])
        .err()
        .expect("another space");
}

/// Networks of two spaces have places only, which are not the same networks.
#[test]
fn helps_other_spaces_are_not_one() {
    let latencies = |space: &str| {
        let pickle =
            b"\x80\x02]q\x00(G\x3f\xf8\x00\x00\x00\x00\x00\x00G\x40\x04\x00\x00\x00\x00\x00\x00e."
                .to_vec();
        let files = vec![(format!("{space}/latency/pixel2.pt"), pickle)];
        let table = read_files("auto", &Files::in_memory("help", files));
        table.unwrap_or_else(|e| panic!("{space}: {e}"))
    };
    for space in ["fbnet", "ofa"] {
        let table = latencies(space);
        assert_eq!(table.tasks[0].name(), space);
        assert_eq!(table.about.name, format!("help-latency-{space}"));
    }
}
