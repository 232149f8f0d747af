//! HELP's latencies of NAS-Bench-201's cells: for each device a PyTorch file with a list of 15,625 milliseconds in the
//! benchmark's order.
//!
//! Lee, Lee, Chong, Hwang: HELP: Hardware-Adaptive Efficient Latency Prediction for NAS via Meta-Learning, NeurIPS
//! 2021, arXiv 2106.08630. A device's name ends in the batch size where it was measured at several.

use super::nb201_order::order;
use super::pickle::Limits;
use super::torch::TorchFile;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::table::{ANY_TASK, About, Attribute, Fact, HardwareMetric, Table, TaskBuilder, Verdict};
use rayon::prelude::*;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "help-latency",
    summary: "HELP's latencies of NAS-Bench-201: DEVICE.pt, or a folder of them",
    detect: |files| files.names().all(|name| name.ends_with(".pt")),
    import,
    facts: FACTS,
};

fn import(files: &Files) -> Result<Table, Error> {
    let names: Vec<&str> = files.ending(".pt").collect();
    let devices: Vec<(String, Vec<f64>)> = (names.par_iter())
        .map(|name| {
            let failed = |problem: String| Error::new(files.place(name), problem);
            let file = name.rsplit('/').next().unwrap_or(name);
            let device = file.strip_suffix(".pt").unwrap_or(file).to_lowercase();
            let mut torch = TorchFile::new(files.seekable(name)?);
            let pickle = torch.load(Limits::default(), None).map_err(failed)?;
            let values = match pickle.root().numbers() {
                Some(values) => values,
                None => torch.tensor(pickle.root()).map_err(failed)?,
            };
            match values.len() == order().len() {
                true => Ok((device, values)),
                false => Err(failed(format!(
                    "{} latencies; {} expected",
                    values.len(),
                    order().len()
                ))),
            }
        })
        .collect::<Result<_, Error>>()?;
    if devices.is_empty() {
        return Err(Error::new(
            files.root_name(),
            "holds no latencies: no DEVICE.pt",
        ));
    }
    let mut builder = TaskBuilder::new(ANY_TASK, "nas-bench-201", "accuracy")?;
    let rows: Vec<_> = order().iter().map(|arch| builder.row(arch)).collect();
    for (device, values) in devices {
        let attribute = builder.attribute(Attribute::Hardware(HardwareMetric::LatencyMs, device));
        for (row, value) in rows.iter().zip(values) {
            builder.put(attribute, *row, value);
        }
    }
    Ok(Table {
        about: About {
            name: "help-latency".into(),
            title: "Latencies of NAS-Bench-201's networks on many devices".into(),
            citation: "Lee, Lee, Chong, Hwang, NeurIPS 2021, arXiv 2106.08630".into(),
            licence: "MIT".into(),
            seeds: "none: one measurement each".into(),
            defects: vec!["some devices report whole milliseconds only".into()],
        },
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![builder.finish().map_err(|e| e.within(files.root_name()))?],
    })
}

const FACTS: &[Fact] = &[
    Fact {
        name: "all 15,625 cells are there",
        check: |table| Verdict::equal(table.tasks[0].archs().len(), 15_625),
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
