//! Zero-cost proxies of NAS-Bench-201 as CSV: `net` (a tuple of operations), perhaps `net_str`, then one column for each
//! proxy; and HW-NAS-Bench's figures in this form. The data set is the one in the file's name, else CIFAR-10.
//!
//! Kadlecová, Lukasik, Pilát, Vidnerová, Safari, Neruda, Hutter: Surprisingly Strong Performance Prediction with Neural
//! Graph Features, ICML 2024, arXiv 2404.16551; scores of NAS-Bench-Suite-Zero.

use super::nb201_tuple::Tuples;
use super::suite_zero::is_sentinel;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::table::{About, Attribute, Fact, HardwareMetric, Table, Task, TaskBuilder, Verdict};

/// The proxies' line in the registry.
pub const PROXIES: ImporterEntry = ImporterEntry {
    name: "zero-cost-proxies-csv",
    summary: "zero-cost proxies of NAS-Bench-201: zero_cost_proxies.csv, nb201_ImageNet16-120_zc_proxies.csv",
    detect: |files| has_columns(files, &["net", "synflow"]),
    import: |files| import(files, &PROXY_FILE),
    facts: &[Fact {
        name: "no proxy is a sentinel",
        check: |table| {
            let task = &table.tasks[0];
            let columns = task.attributes().iter();
            let mut values =
                columns.flat_map(|c| (0..task.archs().len()).filter_map(|r| c.at(r).ok()?.get(0)));
            Verdict::equal(values.any(is_sentinel), false)
        },
    }],
};

/// HW-NAS-Bench's line for the CSV form.
pub const HARDWARE: ImporterEntry = ImporterEntry {
    name: "hw-nas-bench-csv",
    summary: "HW-NAS-Bench's latencies and energies of NAS-Bench-201 as CSV: hw_nas_bench_*.csv",
    detect: |files| has_columns(files, &["net", "edgegpu_latency"]),
    import: |files| import(files, &HARDWARE_FILE),
    facts: &[Fact {
        name: "all 15,625 cells are there",
        check: |table| Verdict::equal(table.tasks[0].archs().len(), 15_625),
    }],
};

/// Columns that some files have beside the proxies: accuracies, ranks, another name of the cell.
const NO_PROXIES: [&str; 8] = [
    "val_accs",
    "val_acc",
    "val_accuracy",
    "test_acc",
    "test_accuracy",
    "random",
    "rank",
    "new_net",
];
/// Parts of names of files in the same form on other spaces.
const OTHER_SPACES: [&str; 5] = ["nb101", "nb301", "tnb101", "trans", "darts"];

/// What a CSV of this kind is.
struct Form {
    importer: &'static str,
    attribute: fn(&str) -> Option<Attribute>,
    about: fn() -> About,
}

const PROXY_FILE: Form = Form {
    importer: PROXIES.name,
    attribute: |column| {
        let name = column.to_lowercase();
        let is_proxy = !NO_PROXIES.contains(&name.as_str());
        is_proxy.then_some(Attribute::ProxyScore(name))
    },
    about: || {
        About {
        name: "zero-cost-proxies-nas-bench-201".into(),
        title: "Thirteen zero-cost proxies of NAS-Bench-201".into(),
        citation: "Krishnakumar et al., NeurIPS 2022, arXiv 2210.03230; CSV by Kadlecová et al., ICML 2024".into(),
        licence: "MIT".into(),
        seeds: "one".into(),
        defects: vec!["on CIFAR-10 9,445 of the 15,625 cells: one of each class without unreachable parts".into()],
    }
    },
};

const HARDWARE_FILE: Form = Form {
    importer: HARDWARE.name,
    attribute: hardware,
    about: || About {
        name: "hw-nas-bench".into(),
        title: "Latency and energy of NAS-Bench-201's networks on six devices".into(),
        citation: "Li et al., ICLR 2021, arXiv 2103.10584".into(),
        licence: "MIT".into(),
        seeds: "none: one measurement each, batch 1".into(),
        defects: vec!["the published average of all metrics is a product, and left out".into()],
    },
};

/// `pixel3_latency` in milliseconds, `fpga_energy` in millijoules, another figure by its name.
pub(super) fn hardware(column: &str) -> Option<Attribute> {
    match column.rsplit_once('_')? {
        ("average_hw", _) => None,
        (device, "latency") => Some(Attribute::Hardware(
            HardwareMetric::LatencyMs,
            device.into(),
        )),
        (device, "energy") => Some(Attribute::Hardware(HardwareMetric::EnergyMj, device.into())),
        _ => Some(Attribute::Other(column.to_lowercase())),
    }
}

/// Whether there are CSV files, all with these columns.
fn has_columns(files: &Files, columns: &[&str]) -> bool {
    let has = |name: &str| {
        let Ok(reader) = files.reader(name) else {
            return false;
        };
        match csv::Reader::from_reader(reader).headers() {
            Ok(header) => columns.iter().all(|c| header.iter().any(|h| h == *c)),
            Err(_) => false,
        }
    };
    let is_of_nb201 = |name: &str| {
        let lower = name.rsplit('/').next().unwrap_or(name).to_lowercase();
        !OTHER_SPACES.iter().any(|other| lower.contains(other))
    };
    let mut names = files.ending(".csv").peekable();
    names.peek().is_some() && names.all(|name| is_of_nb201(name) && has(name))
}

/// The tasks of a file's data set, which its name says; without one it is CIFAR-10. What is measured of an
/// architecture on CIFAR-10 holds for both of its splits.
fn tasks_of(name: &str) -> &'static [&'static str] {
    let file = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    match file {
        file if file.contains("imagenet") => &["imagenet16-120"],
        file if file.contains("cifar100") => &["cifar100"],
        _ => &["cifar10-valid", "cifar10"],
    }
}

fn import(files: &Files, form: &Form) -> Result<Table, Error> {
    let mut tasks: Vec<Task> = Vec::new();
    for name in files.ending(".csv") {
        let place = || files.place(name);
        let task = read_task(&files.read(name)?, form.attribute).map_err(|e| e.within(place()))?;
        for of in tasks_of(name) {
            if tasks.iter().any(|known| known.name() == *of) {
                return Err(Error::new(place(), format!("is a second file of {of}"))
                    .mend("import one file of each data set"));
            }
            tasks.push(task.clone().named(of));
        }
    }
    if tasks.is_empty() {
        return Err(Error::new(files.root_name(), "holds no file `.csv`"));
    }
    Ok(Table {
        about: (form.about)(),
        sources: vec![source(form.importer, files)?],
        tasks,
    })
}

fn read_task(bytes: &[u8], attribute: fn(&str) -> Option<Attribute>) -> Result<Task, Error> {
    let wrong =
        |line: u64, problem: &dyn std::fmt::Display| Error::new(format!("line {line}"), problem);
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|e| wrong(1, &e))?.clone();
    let net = header
        .iter()
        .position(|h| h == "net")
        .ok_or_else(|| wrong(1, &"no column `net`"))?;
    let mut builder = TaskBuilder::new("cifar10-valid", "nas-bench-201", "accuracy")?;
    let is_figure = |column: &str| !matches!(column, "net" | "net_str" | "");
    let columns: Vec<_> = (header.iter().enumerate())
        .filter(|(_, column)| is_figure(column))
        .filter_map(|(at, column)| Some((at, builder.attribute(attribute(column)?))))
        .collect();
    let tuples = Tuples::new();
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|e| wrong(e.position().map_or(0, csv::Position::line), &e))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        let arch = (tuples.arch(&record[net])).map_err(|e| e.within(format!("line {line}")))?;
        let row = builder.row(&arch);
        for (at, id) in &columns {
            let (column, text) = (&header[*at], &record[*at]);
            if text.is_empty() {
                continue;
            }
            let value: f64 = text
                .parse()
                .map_err(|_| wrong(line, &format!("`{column}`: `{text}` is no number")))?;
            if value.is_finite() && !is_sentinel(value) {
                builder.put_first(*id, row, value);
            }
        }
    }
    builder.finish()
}
