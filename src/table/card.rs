//! A table's card, `card.toml`: where it is from, what is wrong with it, and which files hold it.

use super::{Table, is_name};
use crate::error::Error;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of the layout of a table's files.
pub(super) const FORMAT: u32 = 2;

/// What a table is, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Kebab-case name.
    pub name: String,
    /// One line.
    pub title: String,
    /// Authors, venue, year, arXiv id.
    pub citation: String,
    /// SPDX identifier of the data's licence.
    pub licence: String,
    /// What the training seeds are.
    #[serde(default)]
    pub seeds: String,
    /// Known defects.
    #[serde(default)]
    pub defects: Vec<String>,
}

/// What a table was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The importer that read it, whose facts `verify` checks.
    pub importer: String,
    /// The published file, release or folder.
    pub files: String,
    /// SHA-256 of what was read, in hex: of the file, or of all files one after another in order of their names.
    pub sha256: String,
}

/// A card. The seal of a stored one identifies its table: it covers the checksums of all files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The version of the files' layout.
    #[serde(default = "current_format")]
    pub format: u32,
    /// SHA-256 of the card itself with an empty seal; empty in the card of a plain table, which may be edited.
    #[serde(default)]
    pub seal: String,
    /// Whether the table has test results only.
    #[serde(default)]
    pub oracle: bool,
    /// What it is.
    pub about: About,
    /// What it was made from.
    #[serde(rename = "source", default)]
    pub sources: Vec<Source>,
    /// The tasks, in the table's order.
    #[serde(rename = "task")]
    pub tasks: Vec<TaskCard>,
    /// The files beside the card.
    #[serde(rename = "file", default)]
    pub files: Vec<FileCard>,
}

/// A task of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskCard {
    /// Kebab-case name.
    pub name: String,
    /// What its metric is, for example `accuracy`.
    pub metric: String,
    /// The registered search space its architectures are from, or `pool`.
    pub space: String,
}

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCard {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of it.
    pub sha256: String,
    /// SHA-256 of an Arrow file's footer, which holds the checksums of its blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer_sha256: Option<String>,
}

const fn current_format() -> u32 {
    FORMAT
}

impl Card {
    /// The sealed card of a table in these files.
    pub(super) fn sealed(table: &Table, files: Vec<FileCard>) -> Self {
        let mut card = Self::unsealed(table);
        card.files = files;
        card.seal = card.computed_seal();
        card
    }

    /// The card of a table in plain files.
    pub(super) fn unsealed(table: &Table) -> Self {
        Self {
            format: FORMAT,
            seal: String::new(),
            oracle: table.is_oracle(),
            about: table.about.clone(),
            sources: table.sources.clone(),
            tasks: (table.tasks.iter())
                .map(|task| TaskCard {
                    name: task.name.clone(),
                    metric: task.metric.clone(),
                    space: task.space.name().to_string(),
                })
                .collect(),
            files: Vec::new(),
        }
    }

    /// Reads a card.
    ///
    /// # Errors
    /// When it is no card, or of another format.
    pub(super) fn parse(place: &str, text: &str) -> Result<Self, Error> {
        let card: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |span| {
                text[..span.start.min(text.len())].matches('\n').count() + 1
            });
            Error::new(format!("{place}: line {line}"), e.message())
        })?;
        if card.format != FORMAT {
            let problem = format!(
                "format version {}, this program reads {FORMAT}",
                card.format
            );
            return Err(Error::new(place, problem).mend("import the table again"));
        }
        let names = card.tasks.iter().map(|t| &t.name).chain([&card.about.name]);
        for name in names {
            if !is_name(name) {
                return Err(Error::new(place, format!("`{name}` is not a name"))
                    .mend("give lower-case letters, digits, `-`, `_` and `.`"));
            }
        }
        if card.tasks.is_empty() {
            return Err(Error::new(place, "has no [[task]]"));
        }
        Ok(card)
    }

    /// # Errors
    /// When the card is not what was sealed.
    pub(super) fn check_seal(&self, place: &str) -> Result<(), Error> {
        match self.seal == self.computed_seal() {
            true => Ok(()),
            false => Err(Error::new(
                place,
                "was changed after it was written: its seal does not hold",
            )
            .mend("import the table again")),
        }
    }

    fn computed_seal(&self) -> String {
        let open = Self {
            seal: String::new(),
            ..self.clone()
        };
        sha256_hex(open.to_toml().as_bytes())
    }

    /// As TOML.
    ///
    /// # Panics
    /// Never: the type holds plain values only.
    pub(super) fn to_toml(&self) -> String {
        toml::to_string(self).expect("a card is plain values")
    }
}

/// SHA-256 in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a stream, in hex.
///
/// # Errors
/// When it cannot be read.
pub fn sha256_of(mut reader: impl std::io::Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 17];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            got => hash.update(&buffer[..got]),
        }
    }
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    let both = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(both).collect()
}
