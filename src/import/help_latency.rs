//! HELP's latencies of NAS-Bench-201's cells: for each device a PyTorch file with a list of 15,625 milliseconds in the
//! benchmark's order; and those of 5,000 networks of FBNet's or of Once-for-all's space, which become a pool.
//!
//! Lee, Lee, Chong, Hwang: HELP: Hardware-Adaptive Efficient Latency Prediction for NAS via Meta-Learning, NeurIPS
//! 2021, arXiv 2106.08630. A device's name ends in the batch size where it was measured at several.

use super::nb201_order::places;
use super::pickle::{Limits, Node};
use super::torch::TorchFile;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::table::{ANY_TASK, About, Attribute, Fact, HardwareMetric, Table, TaskBuilder, Verdict};
use rayon::prelude::*;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "help-latency",
    summary: "HELP's latencies of NAS-Bench-201 or FBNet: DEVICE.pt, or a folder of them",
    detect: |files| {
        let is_folder = |name: &str| name.split('/').rev().nth(1) == Some("latency");
        let mut names = files.names().peekable();
        names.peek().is_some()
            && (files.ending(".pt").any(is_folder) || names.all(|name| name.ends_with(".pt")))
    },
    import,
    facts: FACTS,
};

/// Whether a file is of latencies. Whole folders of HELP's repository have a folder of them beside other files.
fn is_latency(files: &Files, name: &str) -> bool {
    let in_folder = |n: &str| n.split('/').rev().nth(1) == Some("latency");
    name.ends_with(".pt") && (in_folder(name) || !files.names().any(in_folder))
}

/// A device and its latencies: in the order of NAS-Bench-201's space where they are as many, otherwise in the file's.
type Device = (String, Vec<f64>);

fn read_device(files: &Files, name: &str) -> Result<Device, Error> {
    let failed = |problem: String| Error::new(files.place(name), problem);
    let file = name.rsplit('/').next().unwrap_or(name);
    let device = file.strip_suffix(".pt").unwrap_or(file).to_lowercase();
    let mut torch = TorchFile::new(files.seekable(name)?);
    let pickle = torch.load(Limits::default(), None).map_err(failed)?;
    // As many as there are cells: a list of them, straight into the space's order.
    let of_cells = (pickle.root().items()).filter(|items| items.len() == places().len());
    if let Some(values) = of_cells.and_then(|_| pickle.root().numbers_at(places())) {
        return Ok((device, values));
    }
    let values = match pickle.root().numbers() {
        Some(values) => values,
        None => torch.tensor(pickle.root()).map_err(failed)?,
    };
    if values.is_empty() {
        return Err(failed("holds no latencies".into()));
    }
    let values = match values.len() == places().len() {
        true => places().iter().map(|place| values[*place]).collect(),
        false => values,
    };
    Ok((device, values))
}

fn import(files: &Files) -> Result<Table, Error> {
    let names: Vec<&str> = files.names().filter(|n| is_latency(files, n)).collect();
    let devices: Vec<Device> = (names.par_iter())
        .map(|name| read_device(files, name))
        .collect::<Result<_, Error>>()?;
    let Some((_, first)) = devices.first() else {
        return Err(Error::new(
            files.root_name(),
            "holds no latencies: no DEVICE.pt",
        ));
    };
    let count = first.len();
    if let Some(at) = devices.iter().position(|(_, values)| values.len() != count) {
        let problem = format!(
            "{} latencies; {count} expected, as before",
            devices[at].1.len()
        );
        let error = Error::new(files.place(names[at]), problem);
        return Err(error.mend("import the folders of the spaces one by one"));
    }
    let is_nb201 = count == places().len();
    let (mut builder, rows) = match is_nb201 {
        true => {
            let mut builder = TaskBuilder::new(ANY_TASK, "nas-bench-201", "accuracy")?;
            builder.add_all_rows();
            (builder, Vec::new())
        }
        false => {
            let space = space_of(files);
            let mut builder = TaskBuilder::pool(&space, "accuracy")?;
            let networks = networks(files, &space, count)?;
            let rows = networks
                .iter()
                .map(|name| builder.named_row(name))
                .collect();
            (builder, rows)
        }
    };
    for (device, values) in devices {
        let attribute = builder.attribute(Attribute::Hardware(HardwareMetric::LatencyMs, device));
        if is_nb201 {
            builder.put_all(attribute, values);
            continue;
        }
        // Of a network listed twice the first measurement counts.
        let known = rows.iter().zip(values).filter(|(_, v)| v.is_finite());
        known.for_each(|(row, value)| builder.put_first(attribute, *row, value));
    }
    Ok(Table {
        about: about(files, is_nb201),
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![builder.finish().map_err(|e| e.within(files.root_name()))?],
    })
}

/// The other space, by the folder; its networks are no others' of the same place.
fn space_of(files: &Files) -> String {
    let place = files
        .place(files.names().next().unwrap_or(""))
        .to_lowercase();
    let known = ["fbnet", "ofa"];
    let is_part = |space: &&str| place.split(['/', '\\', ' ']).any(|part| part == *space);
    known.into_iter().find(is_part).unwrap_or("networks").into()
}

fn about(files: &Files, is_nb201: bool) -> About {
    let mut defects = vec!["some devices report whole milliseconds only".to_string()];
    if !is_nb201 {
        defects.push("networks are a pool: their space is not one of ours".into());
    }
    About {
        name: match is_nb201 {
            true => "help-latency".into(),
            false => format!("help-latency-{}", space_of(files)),
        },
        title: match is_nb201 {
            true => "Latencies of NAS-Bench-201's networks on many devices",
            false => "Latencies of HELP's other networks on many devices",
        }
        .into(),
        citation: "Lee, Lee, Chong, Hwang, NeurIPS 2021, arXiv 2106.08630".into(),
        licence: "MIT".into(),
        seeds: "none: one measurement each".into(),
        defects,
    }
}

/// What networks of another space are called: FBNet's by the operations of `metainfo.pt`, where it is there, else by
/// their place.
fn networks(files: &Files, space: &str, count: usize) -> Result<Vec<String>, Error> {
    let placed = (0..count).map(|at| format!("{space} {at:05}"));
    let Ok(name) = files.find("metainfo.pt") else {
        return Ok(placed.collect());
    };
    let failed = |problem: String| Error::new(files.place(name), problem);
    let mut torch = TorchFile::new(files.seekable(name)?);
    let pickle = torch.load(Limits::default(), None).map_err(failed)?;
    let archs = pickle.root().field("arch").map_err(failed)?.items();
    let names: Option<Vec<String>> = archs.and_then(|archs| {
        let name = |arch: Node<'_>| {
            let operations = arch.get("arch_str")?.items()?;
            let operations: Option<Vec<&str>> = operations.map(Node::text).collect();
            Some(operations?.join(" "))
        };
        archs.map(name).collect()
    });
    match names {
        Some(names) if names.len() == count => Ok(names),
        _ => Ok(placed.collect()),
    }
}

const FACTS: &[Fact] = &[
    Fact {
        name: "all 15,625 cells are there",
        check: |table| match table.tasks[0].name() {
            ANY_TASK => Verdict::equal(table.tasks[0].archs().len(), 15_625),
            _ => Verdict::Skipped("not of NAS-Bench-201".into()),
        },
    },
    Fact {
        name: "every latency is positive",
        check: |table| {
            let task = &table.tasks[0];
            for column in task.attributes() {
                for row in 0..task.archs().len() {
                    match column.at(row) {
                        Ok(values) if values.iter().flatten().all(|v| v > 0.0) => {}
                        _ => return Verdict::Fails(format!("{} of row {row}", column.attribute)),
                    }
                }
            }
            Verdict::Holds(format!("{} devices", task.attributes().len()))
        },
    },
];
