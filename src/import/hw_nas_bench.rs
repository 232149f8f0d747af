//! HW-NAS-Bench's pickle: `{"nasbench201": {data set: {metric: a value for each architecture, "config": …}}}`.
//!
//! Li, Yu, Fu, Zhang, Zhao, You, Yu, Wang, Hao, Lin: HW-NAS-Bench: Hardware-Aware Neural Architecture Search Benchmark,
//! ICLR 2021, arXiv 2103.10584. Latencies are in milliseconds, energies in millijoules, at batch 1. Its tables for
//! FBNet's space are of operations, not of architectures, and are left out.

use super::nb201_csv::hardware;
use super::nb201_order::order;
use super::pickle::{self, Node};
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{self, Architecture, SearchSpace};
use crate::table::{
    About, Attribute, Fact, HardwareMetric, Table, Task, TaskBuilder, Verdict, facts,
};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "hw-nas-bench",
    summary: "HW-NAS-Bench: HW-NAS-Bench-v1_0.pickle",
    detect: |files| files.names().any(is_it),
    import,
    facts: FACTS,
};

fn is_it(name: &str) -> bool {
    name.to_lowercase().contains("hw-nas-bench") && name.ends_with(".pickle")
}

fn import(files: &Files) -> Result<Table, Error> {
    let name = files.find_known(is_it, ".pickle")?;
    let failed = |problem: String| Error::new(files.place(name), problem);
    let pickle = pickle::load(&files.read(name)?).map_err(|e| failed(e.to_string()))?;
    let space = space::open("nas-bench-201")?;
    let data_sets = pickle.root().field("nasbench201").map_err(failed)?.pairs();
    let mut tasks = Vec::new();
    for (data_set, metrics) in
        data_sets.ok_or_else(|| failed("`nasbench201` is not a dictionary".into()))?
    {
        let data_set = data_set
            .text()
            .ok_or_else(|| failed("a data set without a name".into()))?;
        let within = |problem: String| failed(format!("nasbench201, {data_set}: {problem}"));
        let lower = data_set.to_lowercase();
        let columns = columns(metrics).map_err(within)?;
        let archs = archs(metrics, space.as_ref()).map_err(within)?;
        // What is measured of an architecture on CIFAR-10 holds for both of its splits.
        let (first, also) = match lower.as_str() {
            "cifar10" => ("cifar10-valid", Some("cifar10")),
            other => (other, None),
        };
        let task = task(first, &archs, columns).map_err(|e| e.within(files.place(name)))?;
        let copy = also.map(|name| task.clone().named(name));
        tasks.push(task);
        tasks.extend(copy);
    }
    Ok(Table {
        about: About {
            name: "hw-nas-bench".into(),
            title: "Latency and energy of NAS-Bench-201's networks on six devices".into(),
            citation: "Li et al., ICLR 2021, arXiv 2103.10584".into(),
            licence: "MIT".into(),
            seeds: "none: one measurement each, batch 1".into(),
            defects: vec![
                "the published average of all metrics is a product, and left out".into(),
                "the tables of FBNet's operations are left out".into(),
            ],
        },
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

/// What is measured, with a value for each architecture in the file's order.
fn columns(metrics: Node<'_>) -> Result<Vec<(Attribute, Vec<f64>)>, String> {
    let mut columns = Vec::new();
    for (name, values) in metrics.pairs().ok_or("not a dictionary of metrics")? {
        let name = name.text().ok_or("a metric without a name")?;
        let Some(attribute) = (name != "config").then(|| hardware(name)).flatten() else {
            continue;
        };
        let numbers = values
            .numbers()
            .ok_or_else(|| format!("`{name}` is not a list of numbers"))?;
        columns.push((attribute, numbers));
    }
    Ok(columns)
}

fn task(
    name: &str,
    archs: &[Architecture],
    columns: Vec<(Attribute, Vec<f64>)>,
) -> Result<Task, Error> {
    let mut builder = TaskBuilder::new(name, "nas-bench-201", "accuracy")?;
    let rows: Vec<_> = archs.iter().map(|arch| builder.row(arch)).collect();
    for (attribute, values) in columns {
        if values.len() != rows.len() {
            let (values, rows) = (values.len(), rows.len());
            let problem = format!("{attribute} has {values} values for {rows} architectures");
            return Err(Error::new(name, problem));
        }
        let id = builder.attribute(attribute);
        for (row, value) in rows.iter().zip(values).filter(|(_, v)| v.is_finite()) {
            builder.put_first(id, *row, value);
        }
    }
    builder.finish()
}

/// The architectures in the file's order: as `config` says, else NAS-Bench-201's own.
fn archs(metrics: Node<'_>, space: &dyn SearchSpace) -> Result<Vec<Architecture>, String> {
    let Some(configs) = metrics.get("config").and_then(Node::items) else {
        return Ok(order().to_vec());
    };
    configs
        .enumerate()
        .map(|(at, config)| {
            let text = config.get("arch_str").and_then(Node::text);
            let text = text.ok_or_else(|| format!("`config` {at} has no `arch_str`"))?;
            space.parse(text).map_err(|e| format!("`config` {at}: {e}"))
        })
        .collect()
}

/// The figures of architecture 0 that the publication prints.
const FACTS: &[Fact] = &[Fact {
    name: "architecture 0 takes 5.807 ms and 24.227 mJ on the edge GPU",
    check: |table| {
        let task = &table.tasks[0];
        let text = task.space().display(&order()[0]);
        let device = || "edgegpu".to_string();
        let latency = facts::figure(
            task,
            &text,
            &Attribute::Hardware(HardwareMetric::LatencyMs, device()),
        );
        let energy = facts::figure(
            task,
            &text,
            &Attribute::Hardware(HardwareMetric::EnergyMj, device()),
        );
        match (task.name(), latency, energy) {
            ("cifar10-valid" | "cifar10", Some(latency), Some(energy)) => Verdict::near(
                (latency - 5.807_418_537).abs() + (energy - 24.226_614_33).abs(),
                0.0,
                1e-6,
            ),
            _ => Verdict::Skipped("the first task is not cifar10".into()),
        }
    },
}];
