//! Files on disk: what is there, and the checksums of what was read.

use crate::table::{sha256_hex, sha256_of};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// The deepest folder that is looked into.
const MAX_DEPTH: u32 = 6;

/// A file on disk.
#[derive(Debug)]
pub(super) struct OnDisk {
    /// Bytes when it was found.
    pub(super) size: u64,
    sum: OnceLock<String>,
}

impl OnDisk {
    pub(super) fn new(size: u64) -> Self {
        let sum = OnceLock::new();
        Self { size, sum }
    }

    /// Reads it whole. Its checksum is taken while the bytes are at hand, so that it is that of what was read.
    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = std::fs::read(path)?;
        self.sum.get_or_init(|| sha256_hex(&bytes));
        Ok(bytes)
    }

    /// SHA-256 in hex.
    pub(super) fn checksum(&self, path: &Path) -> io::Result<String> {
        match self.sum.get() {
            Some(known) => Ok(known.clone()),
            None => sha256_of(File::open(path)?),
        }
    }
}

/// The files below a folder with their sizes, sorted by their paths.
pub(super) fn list(folder: &Path) -> io::Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    add(&mut files, folder, "", 0)?;
    files.sort();
    Ok(files)
}

fn add(to: &mut Vec<(String, u64)>, folder: &Path, prefix: &str, depth: u32) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = format!("{prefix}{}", lower_name(&path));
        // Links are followed; those that lead nowhere, pipes and sockets hold no data.
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() && !is_leftover(&name) => to.push((name, found.len())),
            Ok(found) if found.is_dir() && depth < MAX_DEPTH => {
                add(to, &path, &format!("{name}/"), depth + 1)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a file is what macOS leaves beside others, and not data.
pub(super) fn is_leftover(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.starts_with("._") || file == ".DS_Store" || name.split('/').any(|part| part == "__MACOSX")
}

/// The last part of a path.
pub(super) fn lower_name(path: &Path) -> String {
    (path.file_name().unwrap_or_default())
        .to_string_lossy()
        .into_owned()
}
