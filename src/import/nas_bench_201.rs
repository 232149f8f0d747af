//! NAS-Bench-201's own files, v1.0 and v1.1: a pickle of PyTorch, read as a stream; or the archive with a file of PyTorch
//! for each architecture, whose weights are passed over.
//!
//! Dong, Yang: NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search, ICLR 2020, arXiv
//! 2001.00326.

use super::nats_bench::{Batch, FACTS_TOPOLOGY, defects};
use super::pickle::{Limits, Node};
use super::results_count::{ArchResults, Tasks};
use super::torch::TorchFile;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{self, SearchSpace};
use crate::table::{About, Table};
use rayon::prelude::*;
use std::sync::Arc;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-201",
    summary: "NAS-Bench-201: NAS-Bench-201-v1_0-e61699.pth, NAS-Bench-201-v1_1-096897.pth, or the archive's folder of \
              000000-FULL.pth",
    detect: |files| {
        let mut names = files.names();
        names.any(|name| is_whole(name) || named_index(name).is_some())
    },
    import,
    facts: FACTS_TOPOLOGY,
};

/// Files read at a time.
const FILES: usize = 64;

/// The two schedules are called by what they are: short and full.
fn rename(schedule: &str) -> Option<&'static str> {
    match schedule {
        "less" => Some("12"),
        "full" => Some("200"),
        _ => None,
    }
}

/// The index that the name of an architecture's file says: `000157-FULL.pth`, `000157-SIMPLE.pth`.
fn named_index(name: &str) -> Option<u32> {
    let stem = name.rsplit('/').next()?.strip_suffix(".pth")?;
    let digits = (stem.strip_suffix("-FULL")).or_else(|| stem.strip_suffix("-SIMPLE"))?;
    digits.parse().ok()
}

fn import(files: &Files) -> Result<Table, Error> {
    let space = space::open("nas-bench-201")?;
    let archs: Vec<&str> = files.names().filter(|n| named_index(n).is_some()).collect();
    let tasks = match archs[..] {
        [] => read_one(files, &space)?,
        _ => read_folder(files, &archs, &space)?,
    };
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
        tasks: tasks.finish()?,
    })
}

/// Whether a file is the whole benchmark, by its name.
fn is_whole(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.contains("nas-bench-201") && lower.ends_with(".pth")
}

fn read_one(files: &Files, space: &Arc<dyn SearchSpace>) -> Result<Tasks, Error> {
    let name = files.find_known(is_whole, ".pth")?;
    let failed = |problem: String| Error::new(files.place(name), problem);
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
    batch.finish().map_err(failed)
}

fn read_folder(
    files: &Files,
    names: &[&str],
    space: &Arc<dyn SearchSpace>,
) -> Result<Tasks, Error> {
    let read = |name: &&str| {
        let failed = |problem: String| Error::new(files.place(name), problem);
        let mut file = TorchFile::new(files.seekable(name)?);
        let pickle = file.load(Limits::default(), None).map_err(failed)?;
        let results = ArchResults::read(pickle.root(), space.as_ref(), rename).map_err(failed)?;
        match named_index(name) {
            Some(index) if index != results.index => {
                let problem = format!("is of architecture {}, not {index}", results.index);
                Err(failed(problem))
            }
            _ => Ok(results),
        }
    };
    let mut batch = Batch::new(space.clone());
    for part in names.chunks(FILES) {
        let read: Vec<ArchResults> = part.par_iter().map(read).collect::<Result<_, Error>>()?;
        for (name, results) in part.iter().zip(read) {
            (batch.push(results)).map_err(|e| Error::new(files.place(name), e))?;
        }
    }
    (batch.finish()).map_err(|e| Error::new(files.root_name(), e))
}
