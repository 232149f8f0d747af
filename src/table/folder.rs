//! A table at rest: a folder with `card.toml` and one Arrow file for each task.
//!
//! Files are named after their contents and never written again; the card is the last to be written, under a temporary
//! name first. So a table is there whole or not at all, one that is replaced goes on serving those who have it open,
//! and what an interrupted import left is removed by the next.

use super::card::{Card, FileCard, sha256_of};
use super::facts::Verdict;
use super::{Table, Task, arrow};
use crate::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

const CARD: &str = "card.toml";

/// A table as stored: its card and itself.
pub struct Stored {
    /// Its card; the seal identifies the table.
    pub card: Card,
    /// The table.
    pub table: Table,
}

/// Whether a folder holds a table.
pub fn is_table(folder: &Path) -> bool {
    folder.join(CARD).is_file()
}

/// Whether a folder holds a table in the plain form.
pub fn is_plain(folder: &Path) -> bool {
    let names = ["trainings", "architectures"];
    let is_there = |name: &str| {
        ["csv", "parquet"]
            .iter()
            .any(|extension| folder.join(format!("{name}.{extension}")).is_file())
    };
    is_table(folder) && names.into_iter().any(is_there)
}

/// Reads the card of the table in `folder`.
///
/// # Errors
/// When there is none, or it is damaged.
pub fn read_card(folder: &Path) -> Result<Card, Error> {
    let path = folder.join(CARD);
    let place = path.display().to_string();
    let text = fs::read_to_string(&path).map_err(|e| {
        Error::new(&place, format!("cannot read: {e}")).mend("import the table again")
    })?;
    let card = Card::parse(&place, &text)?;
    card.check_seal(&place)?;
    Ok(card)
}

/// Opens the table in `folder`: its data are mapped, and checked when they are first touched.
///
/// # Errors
/// When it is not there or damaged.
pub fn open(folder: &Path) -> Result<Stored, Error> {
    let card = read_card(folder)?;
    let mut tasks = Vec::with_capacity(card.files.len());
    for file in &card.files {
        let path = folder.join(&file.name);
        let footer = file.footer_sha256.as_deref().unwrap_or_default();
        tasks.push(arrow::open(&path, footer)?);
    }
    let expected = card.tasks.iter().map(|t| t.name.as_str());
    if !tasks.iter().map(Task::name).eq(expected) {
        return Err(
            Error::new(folder.display(), "its files are not the tasks on its card")
                .mend("import the table again"),
        );
    }
    let table = Table {
        about: card.about.clone(),
        sources: card.sources.clone(),
        tasks,
    };
    Ok(Stored { card, table })
}

/// Writes a table into `folder`, replacing the one that may be there; returns its card.
///
/// # Errors
/// When the folder cannot be written.
pub fn store(table: &Table, folder: &Path) -> Result<Card, Error> {
    let failed = |e: io::Error| Error::new(folder.display(), format!("cannot write: {e}"));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut files = Vec::with_capacity(table.tasks.len());
    for task in &table.tasks {
        files.push(store_task(task, folder).map_err(failed)?);
    }
    let card = Card::sealed(table, files);
    write_durably(folder, CARD, |out| out.write_all(card.to_toml().as_bytes())).map_err(failed)?;
    remove_others(folder, &card).map_err(failed)?;
    Ok(card)
}

fn store_task(task: &Task, folder: &Path) -> io::Result<FileCard> {
    let mut temporary = temporary(folder)?;
    let mut out = BufWriter::with_capacity(1 << 20, temporary.as_file_mut());
    let written = arrow::write(task, &mut out)?;
    out.flush()?;
    drop(out);
    temporary.as_file().sync_all()?;
    let name = format!("{}-{}.arrow", task.name(), &written.sha256[..12]);
    temporary.persist(folder.join(&name)).map_err(|e| e.error)?;
    Ok(FileCard {
        name,
        bytes: written.bytes,
        sha256: written.sha256,
        footer_sha256: Some(written.footer_sha256),
    })
}

/// A file of `folder` without its name yet, as readable by others as any file one writes.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".import-").tempfile_in(folder)
}

/// Writes a file of `folder` under a temporary name, brings it to the disk, and gives it its name.
pub(super) fn write_durably(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut temporary = temporary(folder)?;
    let mut out = BufWriter::with_capacity(1 << 20, temporary.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.as_file().sync_all()?;
    temporary.persist(folder.join(name)).map_err(|e| e.error)?;
    // The name is durable when the folder is.
    File::open(folder)?.sync_all()
}

/// Removes the files of this folder that the card does not name: of the table it replaced, or of an interrupted import.
fn remove_others(folder: &Path, card: &Card) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_ours = name.ends_with(".arrow") || name.starts_with(".import-");
        if is_ours && !card.files.iter().any(|f| f.name == name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Computes the checksum of every file of the table in `folder`: for each, its name and whether it is the card's.
///
/// # Errors
/// When the card is damaged.
pub fn check_files(folder: &Path) -> Result<Vec<(String, Verdict)>, Error> {
    let card = read_card(folder)?;
    let check = |file: &FileCard| match File::open(folder.join(&file.name)).and_then(sha256_of) {
        Err(e) => Verdict::Fails(format!("cannot read: {e}")),
        Ok(found) if found == file.sha256 => {
            Verdict::Holds(format!("{} bytes, SHA-256 {found}", file.bytes))
        }
        Ok(found) => Verdict::Fails(format!("SHA-256 is {found}, the card says {}", file.sha256)),
    };
    let files = card.files.iter();
    Ok(files.map(|file| (file.name.clone(), check(file))).collect())
}
