//! Reading a table from its plain form.

use super::fill::fill;
use super::frame::{from_csv, from_parquet};
use super::{ARCHITECTURES, TRAININGS};
use crate::error::Error;
use crate::shield::shielded;
use crate::table::card::{Card, sha256_hex};
use crate::table::{Stored, Table};
use polars::prelude::*;
use std::path::Path;

/// Opens the plain table in `folder`.
///
/// # Errors
/// When it is not there, or is not as documented.
pub fn open_plain(folder: &Path) -> Result<Stored, Error> {
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    from_bytes(&folder.display().to_string(), &read)
}

/// Makes a plain table of its files, which `read` gives by name.
///
/// # Errors
/// When a file is missing, not as documented, or not what a sealed card says.
pub fn from_bytes(place: &str, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Stored, Error> {
    let card_place = format!("{place}: card.toml");
    let text = read("card.toml").ok_or_else(|| Error::new(&card_place, "is not there"))?;
    let text = String::from_utf8(text).map_err(|_| Error::new(&card_place, "is not UTF-8"))?;
    let card = Card::parse(&card_place, &text)?;
    if !card.seal.is_empty() {
        card.check_seal(&card_place)?;
    }
    let trainings = read_frame(place, TRAININGS, &card, read)?;
    let architectures = read_frame(place, ARCHITECTURES, &card, read)?;
    if trainings.is_none() && architectures.is_none() {
        return Err(
            Error::new(place, "holds neither trainings nor architectures")
                .mend("expected trainings.csv or trainings.parquet beside card.toml"),
        );
    }
    // What was decoded from damaged bytes may be found to be damaged only when it is looked at.
    let tasks = shielded(place, || {
        fill(&card.tasks, trainings.as_ref(), architectures.as_ref())
    })?;
    let table = Table {
        about: card.about.clone(),
        sources: card.sources.clone(),
        tasks: tasks.map_err(|e| e.within(place))?,
    };
    Ok(Stored { card, table })
}

fn read_frame(
    place: &str,
    stem: &str,
    card: &Card,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<Option<DataFrame>, Error> {
    for extension in ["parquet", "csv"] {
        let name = format!("{stem}.{extension}");
        let listed = card.files.iter().find(|f| f.name == name);
        let Some(bytes) = read(&name) else {
            match listed {
                Some(_) => return Err(Error::new(format!("{place}: {name}"), "is not there")),
                None => continue,
            }
        };
        let place = format!("{place}: {name}");
        if let Some(file) = listed {
            let found = sha256_hex(&bytes);
            if found != file.sha256 {
                let problem = format!("checksum is {found}, its card says {}", file.sha256);
                return Err(Error::new(place, problem)
                    .mend("the file is damaged or of another card: import it again"));
            }
        }
        return match extension {
            "parquet" => from_parquet(&place, &bytes),
            _ => from_csv(&place, &bytes),
        }
        .map(Some);
    }
    Ok(None)
}
