//! The files an import reads: a file, a folder, or the members of a zip archive, never unpacked to disk.

use crate::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes one member may unpack to.
const MAX_MEMBER: u64 = 4 << 30;

/// Named files, wherever they lie.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    names: Vec<String>,
    is_archive: bool,
}

impl Files {
    /// The file, folder or zip archive (`.zip`, `.whl`) at `path`.
    ///
    /// # Errors
    /// When it cannot be read or is no archive.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |e: std::io::Error| Error::new(path.display(), format!("cannot read: {e}"));
        let metadata = std::fs::metadata(path).map_err(failed)?;
        let mut files = Self {
            root: path.to_path_buf(),
            names: Vec::new(),
            is_archive: false,
        };
        let extension = path.extension().and_then(|e| e.to_str());
        if metadata.is_dir() {
            files.list(path, "", 0).map_err(failed)?;
        } else if matches!(extension, Some("zip" | "whl")) {
            files.is_archive = true;
            files.names = files.member_names()?;
        } else {
            files.names.push(String::new());
        }
        files.names.sort();
        Ok(files)
    }

    fn list(&mut self, folder: &Path, prefix: &str, depth: u32) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() && depth < 4 {
                self.list(&entry.path(), &format!("{name}/"), depth + 1)?;
            } else {
                self.names.push(name);
            }
        }
        Ok(())
    }

    fn archive(&self) -> Result<zip::ZipArchive<File>, Error> {
        let place = self.root.display();
        let file =
            File::open(&self.root).map_err(|e| Error::new(&place, format!("cannot read: {e}")))?;
        zip::ZipArchive::new(file)
            .map_err(|e| Error::new(&place, format!("not a zip archive: {e}")))
    }

    fn member_names(&self) -> Result<Vec<String>, Error> {
        let place = self.root.display();
        self.archive()?
            .file_names()
            .map(|name| match name {
                Ok(name) => Ok(name.into_owned()),
                Err(e) => Err(Error::new(
                    &place,
                    format!("a member's name is damaged: {e}"),
                )),
            })
            .collect()
    }

    /// The paths of the files below the root, sorted; a single file is the empty path with its root.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let is_single = self.names.len() == 1 && self.names[0].is_empty();
        let root = is_single.then(|| self.root.to_str()).flatten();
        self.names.iter().map(move |name| root.unwrap_or(name))
    }

    /// How an error names a file.
    pub fn place(&self, name: &str) -> String {
        format!("{}: {name}", self.root.display())
    }

    /// Reads a file whole.
    ///
    /// # Errors
    /// When it cannot be read, or is larger than its archive says.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let failed =
            |e: &dyn std::fmt::Display| Error::new(self.place(name), format!("cannot read: {e}"));
        if !self.is_archive {
            let path = match self.root.is_dir() {
                true => self.root.join(name),
                false => self.root.clone(),
            };
            return std::fs::read(path).map_err(|e| failed(&e));
        }
        let mut archive = self.archive()?;
        let member = archive.by_name(name).map_err(|e| failed(&e))?;
        let mut bytes = Vec::new();
        member
            .take(MAX_MEMBER + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| failed(&e))?;
        match bytes.len() as u64 <= MAX_MEMBER {
            true => Ok(bytes),
            false => Err(failed(&"larger than 4 GiB unpacked")),
        }
    }

    /// Reads the one file whose path ends in `ending`.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn read_ending(&self, ending: &str) -> Result<Vec<u8>, Error> {
        match self.names().find(|name| name.ends_with(ending)) {
            Some(name) => self.read(name),
            None => Err(Error::new(
                self.root.display(),
                format!("holds no file `{ending}`"),
            )),
        }
    }
}
