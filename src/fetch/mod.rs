//! Getting published files: recipes that say where they are, and downloads that are whole and right or not there.

mod download;
mod part;
mod recipe;
mod tls;

pub use download::{Client, Fetched, Patience};
pub use recipe::{ByHand, RECIPES, Recipe, RemoteFile, recipe, recipes};

use crate::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Fetches all files of a recipe into `folder`; returns what to import: the file, or the folder of several.
///
/// Files that are there already and right are not fetched again. `progress` is told the file, the bytes that are there
/// and how many there will be, where that is known; `say` is told what a user should know.
///
/// # Errors
/// When there is no direct link (the error says how to get the files by hand), or a file cannot be had whole and
/// right: then it is not there, but for the beginning of one whose checksum is known, with which the next call goes on.
pub fn fetch(
    client: &Client,
    recipe: &Recipe,
    folder: &Path,
    progress: &mut dyn FnMut(&RemoteFile, u64, Option<u64>),
    say: &mut dyn FnMut(&str),
) -> Result<PathBuf, Error> {
    if let Some(by_hand) = &recipe.by_hand {
        return Err(by_hand.error(recipe));
    }
    fs::create_dir_all(folder)
        .map_err(|e| Error::new(folder.display(), format!("cannot write: {e}")))?;
    let fetched =
        (recipe.files.iter()).try_for_each(|file| fetch_file(client, file, folder, progress, say));
    if fetched.is_err() {
        // Where nothing is there, no folder is either.
        let _ = fs::remove_dir(folder);
    }
    fetched?;
    Ok(match &recipe.files[..] {
        [one] => folder.join(&one.name),
        _ => folder.to_path_buf(),
    })
}

fn fetch_file(
    client: &Client,
    file: &RemoteFile,
    folder: &Path,
    progress: &mut dyn FnMut(&RemoteFile, u64, Option<u64>),
    say: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let known = match &file.sha256 {
        Some(pinned) => Some(pinned.clone()),
        None => recorded(folder, file)?,
    };
    let fetched = client.fetch(file, known.as_deref(), folder, &mut |done, all| {
        progress(file, done, all);
    })?;
    if known.is_none() {
        record(folder, file, &fetched.sha256)?;
        say(&format!(
            "{}: no published checksum is known; it is {} now, and later fetches must agree ({})",
            file.name,
            fetched.sha256,
            record_of(folder, file).display()
        ));
    }
    Ok(())
}

/// Where the checksum of a file that was published without one is written down: beside the folder, whose files are
/// imported as they lie there.
fn record_of(folder: &Path, file: &RemoteFile) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.sha256", file.name));
    folder.with_file_name(name)
}

fn recorded(folder: &Path, file: &RemoteFile) -> Result<Option<String>, Error> {
    let path = record_of(folder, file);
    match fs::read_to_string(&path) {
        Ok(line) => Ok(line.split_whitespace().next().map(str::to_owned)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::new(path.display(), format!("cannot read: {e}"))),
    }
}

/// Writes a checksum down as `sha256sum` does.
fn record(folder: &Path, file: &RemoteFile, sha256: &str) -> Result<(), Error> {
    let path = record_of(folder, file);
    fs::write(&path, format!("{sha256}  {}\n", file.name))
        .map_err(|e| Error::new(path.display(), format!("cannot write: {e}")))
}
