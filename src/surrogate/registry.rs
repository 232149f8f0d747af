//! Which surrogates there are: those compiled into the binary, then those fitted here.

use super::card::Card;
use super::model;
use super::serve::SurrogateBenchmark;
use crate::benchmark::home;
use crate::error::Error;
use crate::table::sha256_hex;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The card's and the model's file.
const CARD: &str = "surrogate.toml";
const MODEL: &str = "model.bin";

/// A surrogate compiled into the binary: its name, card and model file.
type Shipped = (&'static str, &'static str, &'static [u8]);

const SHIPPED: &[Shipped] = &[(
    "nas-bench-graph-surrogate",
    include_str!("../../surrogates/nas-bench-graph-surrogate/surrogate.toml"),
    include_bytes!("../../surrogates/nas-bench-graph-surrogate/model.bin"),
)];

/// The folder of the surrogate of this name.
pub fn folder(name: &str) -> PathBuf {
    home().join("surrogates").join(name)
}

/// The names of all surrogates, shipped first.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = SHIPPED.iter().map(|s| s.0.to_owned()).collect();
    let fitted = std::fs::read_dir(home().join("surrogates"));
    let mut fitted: Vec<String> = fitted
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join(CARD).exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !names.contains(name))
        .collect();
    fitted.sort();
    names.extend(fitted);
    names
}

/// Whether a surrogate of this name is compiled into the binary.
pub fn is_shipped(name: &str) -> bool {
    SHIPPED.iter().any(|s| s.0 == name)
}

/// The card of a surrogate.
///
/// # Errors
/// When there is none of this name, or its card is damaged or changed.
pub fn read_card(name: &str) -> Result<Card, Error> {
    if let Some((_, card, _)) = SHIPPED.iter().find(|s| s.0 == name) {
        return Card::parse(card, Path::new(name));
    }
    let path = folder(name).join(CARD);
    let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
    let card = Card::parse(&text, &path)?;
    card.check(name, &path)?;
    Ok(card)
}

/// Opens a surrogate by name.
///
/// # Errors
/// When there is none of this name, or its files are damaged, changed or do not belong together.
pub fn open(name: &str) -> Result<Arc<SurrogateBenchmark>, Error> {
    let card = read_card(name)?;
    if let Some((_, _, bytes)) = SHIPPED.iter().find(|s| s.0 == name) {
        return read(&card, bytes, Path::new(name));
    }
    let path = folder(name).join(MODEL);
    let bytes = std::fs::read(&path).map_err(|e| unreadable(&path, &e))?;
    read(&card, &bytes, &path)
}

fn unreadable(path: &Path, e: &std::io::Error) -> Error {
    Error::new(path.display(), format!("cannot read: {e}"))
}

fn read(card: &Card, bytes: &[u8], place: &Path) -> Result<Arc<SurrogateBenchmark>, Error> {
    let tasks = model::read(bytes).map_err(|e| e.within(place.display()))?;
    if sha256_hex(bytes) != card.model_sha256 {
        let problem = "is not the model file that the card is of";
        return Err(Error::new(place.display(), problem).mend("fit the surrogate again"));
    }
    Ok(Arc::new(SurrogateBenchmark::new(card, tasks)))
}

/// Writes a surrogate into a folder, the card last: it is there whole or not at all.
///
/// # Errors
/// When a file cannot be written.
pub fn store(folder: &Path, card: &Card, model: &[u8]) -> Result<(), Error> {
    let folder = crate::study::Folder::create(folder)?;
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        folder.write_whole(&path, |to| {
            std::fs::write(to, bytes)
                .map_err(|e| Error::new(to.display(), format!("cannot write: {e}")))
        })
    };
    put(MODEL, model)?;
    put(CARD, card.to_toml()?.as_bytes())
}
