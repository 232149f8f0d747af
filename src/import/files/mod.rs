//! The files an import reads: a file, a folder, or the members of an archive, never unpacked to disk.
//!
//! An archive is not trusted. Names that lead out of it, repeated names, links, members that overlap, and members
//! that unpack to far more than they are packed are refused.

mod bzip2;
mod guard;
mod on_disk;
mod tar;
mod zip_members;

pub(crate) use guard::Guarded;
pub(crate) use zip_members::member_ending;

use crate::error::Error;
use crate::table::sha256_hex;
use on_disk::{OnDisk, is_leftover, lower_name};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use zip_members::ZipMembers;

/// Files of at most so many bytes are read whole: of a file in memory small pieces cost no system calls.
const SMALL: u64 = 1 << 20;

/// Names of packed files.
const GZIP: [&str; 2] = [".gz", ".tgz"];
const BZIP2: [&str; 2] = [".bz2", ".pbz2"];

fn ends_in(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether a file's name says that it is packed.
fn is_packed(name: &str) -> bool {
    let name = name.to_lowercase();
    ends_in(&name, &GZIP) || ends_in(&name, &BZIP2)
}

/// A reader that can go back.
pub(crate) trait ReadSeek: Read + Seek + Send {
    /// Everything, where it lies in memory.
    fn whole(&self) -> Option<&[u8]>;
}

impl ReadSeek for File {
    fn whole(&self) -> Option<&[u8]> {
        None
    }
}

impl ReadSeek for Cursor<Vec<u8>> {
    fn whole(&self) -> Option<&[u8]> {
        Some(self.get_ref())
    }
}

/// Named files, wherever they lie.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    names: Vec<String>,
    holder: Holder,
    /// What is known of each file on disk; of an archive, of itself.
    on_disk: Vec<OnDisk>,
}

#[derive(Debug)]
enum Holder {
    Single,
    Folder,
    Zip(ZipMembers),
    /// The members of a tar archive, unpacked in memory, in the order of the names.
    Tar(Vec<Vec<u8>>),
    /// Files that were never on disk.
    Memory(Vec<Vec<u8>>),
}

impl Files {
    /// The file, folder or archive (`.zip`, `.whl`, `.tar`, `.tar.gz`, `.tgz`, `.tar.bz2`) at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is no archive, or is one that is not to be trusted.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |e: std::io::Error| Error::new(path.display(), format!("cannot read: {e}"));
        let lower = path.to_string_lossy().to_lowercase();
        let ends = |endings: &[&str]| ends_in(&lower, endings);
        // A path such as `.` names nothing by itself.
        let root = match path.file_name() {
            Some(_) => path.to_path_buf(),
            None => std::fs::canonicalize(path).map_err(failed)?,
        };
        let mut files = Self {
            root,
            names: Vec::new(),
            holder: Holder::Single,
            on_disk: Vec::new(),
        };
        let found = std::fs::metadata(path).map_err(failed)?;
        if found.is_dir() {
            files.holder = Holder::Folder;
            let listed = on_disk::list(path).map_err(failed)?.into_iter();
            (files.names, files.on_disk) = listed.map(|(n, size)| (n, OnDisk::new(size))).unzip();
        } else if ends(&[".zip", ".whl"]) {
            let members = ZipMembers::open(path)?;
            let names = members.names().filter(|name| !is_leftover(name));
            files.names = names.map(str::to_owned).collect();
            files.holder = Holder::Zip(members);
            files.on_disk.push(OnDisk::new(found.len()));
        } else if ends(&[".tar", ".tar.gz", ".tgz", ".tar.bz2"]) {
            let reader = files.stream(File::open(path).map_err(failed)?, &lower)?;
            let members = tar::read(reader).map_err(|e| Error::new(path.display(), e))?;
            let members = members.into_iter();
            let (names, contents) = members.filter(|(name, _)| !is_leftover(name)).unzip();
            (files.names, files.holder) = (names, Holder::Tar(contents));
            files.on_disk.push(OnDisk::new(found.len()));
        } else {
            files.names.push(lower_name(path));
            files.on_disk.push(OnDisk::new(found.len()));
        }
        files.check_pointers()?;
        Ok(files)
    }

    /// Refuses what Git LFS leaves in the place of a large file.
    fn check_pointers(&self) -> Result<(), Error> {
        const POINTER: &[u8] = b"version https://git-lfs";
        /// Bytes of a pointer at most, by its specification.
        const LONGEST: u64 = 1024;
        let files = self.names.iter().zip(&self.on_disk);
        for (name, _) in files.filter(|(_, file)| file.size < LONGEST) {
            let read = self.path(name).map(std::fs::read);
            if read.is_some_and(|read| read.is_ok_and(|bytes| bytes.starts_with(POINTER))) {
                let problem = "is a pointer of Git LFS, not the file itself";
                return Err(Error::new(self.place(name), problem).mend("run `git lfs pull`"));
            }
        }
        Ok(())
    }

    /// Files in memory, as if they lay in a folder `root`.
    pub fn in_memory(root: &str, mut members: Vec<(String, Vec<u8>)>) -> Self {
        members.sort();
        let (names, contents) = members.into_iter().unzip();
        Self {
            root: PathBuf::from(root),
            names,
            holder: Holder::Memory(contents),
            on_disk: Vec::new(),
        }
    }

    /// The paths of the files below the root, sorted; a single file's is its name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The names with this ending.
    pub fn ending<'f>(&'f self, ending: &'f str) -> impl Iterator<Item = &'f str> {
        self.names().filter(move |name| name.ends_with(ending))
    }

    /// The name of the root.
    pub fn root_name(&self) -> String {
        lower_name(&self.root)
    }

    /// How an error names a file.
    pub fn place(&self, name: &str) -> String {
        match self.holder {
            Holder::Single => self.root.display().to_string(),
            _ => format!("{}: {name}", self.root.display()),
        }
    }

    /// Unpacks a stream as its name says: `.gz`, `.bz2`, `.pbz2`.
    fn stream<'r>(
        &self,
        packed: impl Read + Send + 'r,
        name: &str,
    ) -> Result<Box<dyn Read + Send + 'r>, Error> {
        Ok(if ends_in(name, &GZIP) {
            Box::new(Guarded::new(packed, |r| {
                flate2::read::MultiGzDecoder::new(r)
            }))
        } else if ends_in(name, &BZIP2) {
            Box::new(Guarded::new(packed, bzip2::Decoder::new))
        } else {
            Box::new(packed)
        })
    }

    /// Where a file lies on disk, if it does.
    fn path(&self, name: &str) -> Option<PathBuf> {
        match self.holder {
            Holder::Single => Some(self.root.clone()),
            Holder::Folder => Some(self.root.join(name)),
            _ => None,
        }
    }

    /// The bytes of a file on disk when it was found.
    fn size(&self, name: &str) -> Option<u64> {
        let at = self
            .position(name)
            .ok()
            .filter(|_| self.path(name).is_some());
        at.map(|at| self.on_disk[at].size)
    }

    /// A file on disk, whole.
    fn whole(&self, name: &str, path: &Path) -> Result<Vec<u8>, Error> {
        let failed = |e: std::io::Error| Error::new(self.place(name), format!("cannot read: {e}"));
        (self.on_disk[self.position(name)?].read(path)).map_err(failed)
    }

    fn packed(&self, name: &str) -> Result<Box<dyn Read + Send + '_>, Error> {
        Ok(match &self.holder {
            Holder::Single | Holder::Folder => Box::new(self.seekable(name)?),
            Holder::Zip(members) => {
                let bytes = members.read(name);
                Box::new(Cursor::new(
                    bytes.map_err(|e| e.within(self.root.display()))?,
                ))
            }
            Holder::Tar(contents) | Holder::Memory(contents) => {
                Box::new(Cursor::new(&contents[self.position(name)?]))
            }
        })
    }

    fn position(&self, name: &str) -> Result<usize, Error> {
        let missing = || Error::new(self.root.display(), format!("holds no file `{name}`"));
        // The names of all holders are sorted.
        (self
            .names
            .binary_search_by(|known| known.as_str().cmp(name)))
        .map_err(|_| missing())
    }

    /// A file as a stream, unpacked where its name says that it is packed.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn reader(&self, name: &str) -> Result<Box<dyn Read + Send + '_>, Error> {
        let packed = self.packed(name)?;
        self.stream(packed, &name.to_lowercase())
    }

    /// A file that can be read from any place.
    pub(crate) fn seekable(&self, name: &str) -> Result<Box<dyn ReadSeek>, Error> {
        let failed = |e: std::io::Error| Error::new(self.place(name), format!("cannot read: {e}"));
        let Some(path) = self.path(name) else {
            return Ok(Box::new(Cursor::new(self.read(name)?.into_owned())));
        };
        Ok(match self.on_disk[self.position(name)?].size {
            ..=SMALL => Box::new(Cursor::new(self.whole(name, &path)?)),
            _ => Box::new(File::open(&path).map_err(failed)?),
        })
    }

    /// Reads a file whole, unpacked where its name says that it is packed.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, or unpacks to more than it may.
    pub fn read(&self, name: &str) -> Result<Cow<'_, [u8]>, Error> {
        let failed = |e: std::io::Error| Error::new(self.place(name), format!("cannot read: {e}"));
        if !is_packed(name) {
            return match &self.holder {
                Holder::Single => self.whole(name, &self.root).map(Cow::Owned),
                Holder::Folder => (self.whole(name, &self.root.join(name))).map(Cow::Owned),
                Holder::Zip(members) => {
                    let bytes = members.read(name);
                    (bytes.map(Cow::Owned)).map_err(|e| e.within(self.root.display()))
                }
                Holder::Tar(contents) | Holder::Memory(contents) => {
                    Ok(Cow::Borrowed(&contents[self.position(name)?]))
                }
            };
        }
        // Room for what published tables unpack to, as far as that is little.
        let packed = self.size(name).unwrap_or(0).min(SMALL);
        let mut bytes = Vec::with_capacity(4 * packed as usize);
        let is_read = match ends_in(&name.to_lowercase(), &BZIP2) {
            true => unpack_bzip2(self.packed(name)?, &mut bytes),
            false => self.reader(name)?.read_to_end(&mut bytes).map(|_| ()),
        };
        is_read.map_err(failed)?;
        Ok(Cow::Owned(bytes))
    }

    /// The one file whose path ends in `ending`.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn find(&self, ending: &str) -> Result<&str, Error> {
        self.find_known(|_| false, ending)
    }

    /// The one file that `is_known` by its name; without any, the one whose path ends in `ending`.
    ///
    /// # Errors
    /// When there is none, or several.
    pub(crate) fn find_known(
        &self,
        is_known: impl Fn(&str) -> bool,
        ending: &str,
    ) -> Result<&str, Error> {
        let mut found: Vec<&str> = self.names().filter(|name| is_known(name)).collect();
        if found.is_empty() {
            found = self.names().filter(|n| n.ends_with(ending)).collect();
        }
        match found[..] {
            [one] => Ok(one),
            [] => Err(Error::new(
                self.root.display(),
                format!("holds no file `{ending}`"),
            )),
            [first, second, ..] => Err(Error::new(
                self.root.display(),
                format!("holds `{first}` and `{second}`"),
            )
            .mend("import one of them")),
        }
    }

    /// SHA-256, in hex, of the file or archive; of a folder, of the list of its files' own checksums.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn checksum(&self) -> Result<String, Error> {
        use rayon::prelude::*;
        let failed = |path: &Path, e| Error::new(path.display(), format!("cannot read: {e}"));
        let of = |at: usize, path: &Path| {
            let sum = self.on_disk[at].checksum(path);
            sum.map_err(|e| failed(path, e))
        };
        match &self.holder {
            Holder::Single => return of(0, &self.root),
            Holder::Zip(members) => match members.in_memory() {
                Some(archive) => return Ok(sha256_hex(archive)),
                None => return of(0, &self.root),
            },
            Holder::Tar(_) => return of(0, &self.root),
            Holder::Memory(contents) => return Ok(sha256_hex(&contents.concat())),
            Holder::Folder => {}
        }
        let lines: Vec<String> = (self.names.par_iter().enumerate())
            .map(|(at, name)| Ok(format!("{}  {name}\n", of(at, &self.root.join(name))?)))
            .collect::<Result<_, Error>>()?;
        Ok(sha256_hex(lines.concat().as_bytes()))
    }
}

/// Unpacks a stream without going over it a second time.
fn unpack_bzip2(packed: impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut decoder = bzip2::Decoder::new(packed);
    while decoder.read_block(bytes)? {
        if guard::is_bomb(decoder.packed(), bytes.len() as u64) {
            return Err(io::Error::other(guard::bomb()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
