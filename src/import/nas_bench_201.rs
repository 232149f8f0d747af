//! NAS-Bench-201's own files, v1.0 and v1.1: a pickle of PyTorch, read as a stream.
//!
//! Dong, Yang: NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search, ICLR 2020, arXiv
//! 2001.00326.

use super::nats_bench::{Batch, FACTS_TOPOLOGY, defects};
use super::pickle::{Limits, Node};
use super::results_count::ArchResults;
use super::torch::TorchFile;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space;
use crate::table::{About, Table};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-201",
    summary: "NAS-Bench-201: NAS-Bench-201-v1_0-e61699.pth, NAS-Bench-201-v1_1-096897.pth",
    detect: |files| {
        files.names().any(|name| {
            let lower = name.to_lowercase();
            lower.contains("nas-bench-201") && lower.ends_with(".pth")
        })
    },
    import,
    facts: FACTS_TOPOLOGY,
};

/// The two schedules are called by what they are: short and full.
fn rename(schedule: &str) -> Option<&'static str> {
    match schedule {
        "less" => Some("12"),
        "full" => Some("200"),
        _ => None,
    }
}

fn import(files: &Files) -> Result<Table, Error> {
    let name = files.find(".pth")?;
    let failed = |problem: String| Error::new(files.place(name), problem);
    let space = space::open("nas-bench-201")?;
    let mut batch = Batch::new(space.clone());
    let mut take = |_: Node<'_>, value: Node<'_>| {
        batch.push(ArchResults::read(value, space.as_ref(), rename)?)
    };
    let limits = Limits {
        memory: 12 << 30,
        ..Limits::default()
    };
    TorchFile::new(files.seekable(name)?)
        .load(limits, Some(("arch2infos", &mut take)))
        .map_err(failed)?;
    Ok(Table {
        about: About {
            name: "nas-bench-201".into(),
            title: "Cells of six edges and five operations on three image data sets, with curves and seeds".into(),
            citation: "Dong & Yang, ICLR 2020, arXiv 2001.00326".into(),
            licence: "MIT".into(),
            seeds: "the published seeds of each schedule".into(),
            defects: defects(),
        },
        sources: vec![source(ENTRY.name, files)?],
        tasks: batch.finish().map_err(failed)?.finish()?,
    })
}
