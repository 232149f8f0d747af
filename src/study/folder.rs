//! The output folder of a study: what stands in it, and writing there without leaving half a file.

use crate::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A study's output folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes sure the folder is there and can be written to.
    ///
    /// # Errors
    /// When it cannot.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let refused = |e: std::io::Error| {
            Error::new(
                path.display(),
                format!("cannot write to the output folder: {e}"),
            )
            .mend("give another --out")
        };
        std::fs::create_dir_all(path).map_err(refused)?;
        tempfile::tempfile_in(path).map_err(refused)?;
        Ok(Self(path.to_path_buf()))
    }

    /// An existing folder, to read from.
    pub fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The lock file.
    pub fn lock(&self) -> PathBuf {
        self.0.join("study.lock.toml")
    }

    /// The journal of a run under way, or of a finished shard.
    pub fn journal(&self) -> PathBuf {
        self.0.join("cells.journal")
    }

    /// The records.
    pub fn records(&self) -> PathBuf {
        self.0.join("records.parquet")
    }

    /// The scores of a bake-off.
    pub fn scores(&self) -> PathBuf {
        self.0.join("scores.parquet")
    }

    /// Whether it holds the results of a study.
    pub fn has_results(&self) -> bool {
        self.records().exists() || self.scores().exists()
    }

    /// The wall times.
    pub fn timings(&self) -> PathBuf {
        self.0.join("timings.parquet")
    }

    /// Writes `target` through a temporary neighbour: it is there whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_whole(
        &self,
        target: &Path,
        write: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let failed = |e: std::io::Error| Error::new(target.display(), format!("cannot write: {e}"));
        let temporary = tempfile::NamedTempFile::new_in(&self.0).map_err(failed)?;
        write(temporary.path())?;
        File::open(temporary.path())
            .and_then(|file| file.sync_all())
            .map_err(failed)?;
        set_readable(temporary.path()).map_err(failed)?;
        temporary.persist(target).map_err(|e| failed(e.error))?;
        Ok(())
    }
}

/// Temporary files are private; results are for everybody the folder lets in.
fn set_readable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))?;
    }
    let _ = path;
    Ok(())
}
