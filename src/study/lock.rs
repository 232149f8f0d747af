//! `study.lock.toml`: the resolved study, and what ran it.

use super::cells::Resolved;
use super::wire::Kind;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A lock file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock<S> {
    /// What ran the study.
    pub provenance: Provenance,
    /// The study with every default filled in, and the hashes of its tables.
    pub study: S,
}

/// The program that ran a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Version of archbench.
    pub archbench: String,
    /// The commit it was built from, where known.
    pub git_commit: Option<String>,
    /// The compiler.
    pub toolchain: Option<String>,
    /// The target triple.
    pub target: Option<String>,
}

impl Provenance {
    /// This program.
    pub fn this_binary() -> Self {
        Self {
            archbench: env!("CARGO_PKG_VERSION").to_string(),
            git_commit: option_env!("ARCHBENCH_GIT_COMMIT").map(String::from),
            toolchain: option_env!("ARCHBENCH_TOOLCHAIN").map(String::from),
            target: option_env!("ARCHBENCH_TARGET").map(String::from),
        }
    }
}

impl<S: Resolved> Lock<S> {
    /// As TOML.
    ///
    /// # Panics
    /// Never: the type holds plain values only.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a lock is plain values")
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// When it is missing or not a lock of such a study.
    pub fn read(path: &Path) -> Result<Self, Error> {
        toml::from_str(&text(path)?).map_err(|e| no_lock(path, &e))
    }
}

impl Provenance {
    /// What ran the study of the lock file at `path`, of whatever kind.
    ///
    /// # Errors
    /// When it is missing or not a lock.
    pub fn read(path: &Path) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            provenance: Provenance,
        }
        let head: Head = toml::from_str(&text(path)?).map_err(|e| no_lock(path, &e))?;
        Ok(head.provenance)
    }
}

/// The kind of the study that the lock file at `path` is of.
///
/// # Errors
/// When it is missing or not a lock.
pub fn locked_kind(path: &Path) -> Result<Kind, Error> {
    #[derive(Deserialize)]
    struct Head {
        study: Locked,
    }
    #[derive(Deserialize)]
    struct Locked {
        #[serde(default)]
        kind: Kind,
    }
    let head: Head = toml::from_str(&text(path)?).map_err(|e| no_lock(path, &e))?;
    Ok(head.study.kind)
}

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map_err(|e| Error::new(path.display(), format!("cannot read: {e}")))
}

fn no_lock(path: &Path, error: &toml::de::Error) -> Error {
    let problem = format!("not the lock of such a study: {}", error.message());
    Error::new(path.display(), problem)
}
