//! Bytes that say what they are: magic, format version, SHA-256 of the payload, payload.

use crate::error::Error;
use sha2::{Digest, Sha256};

/// Magic, version, checksum.
const HEADER: usize = 8 + 4 + 32;

/// A kind of sealed file.
pub(crate) struct Seal {
    /// What it is called in errors.
    pub(crate) what: &'static str,
    /// Its first bytes.
    pub(crate) magic: &'static [u8; 8],
    /// Counts up whenever the payload or its meaning changes.
    pub(crate) version: u32,
    /// What makes a new one.
    pub(crate) mend: &'static str,
}

impl Seal {
    /// The file of a payload.
    pub(crate) fn seal(&self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend_from_slice(self.magic);
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&Sha256::digest(payload));
        bytes.extend_from_slice(payload);
        bytes
    }

    /// The payload of a file.
    ///
    /// # Errors
    /// When it is of another kind or version, or damaged.
    pub(crate) fn open<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
        if bytes.len() < HEADER || &bytes[..8] != self.magic {
            return Err(Error::new(self.what, format!("is not a {}", self.what)));
        }
        let version = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
        if version != self.version {
            let this = self.version;
            let problem = format!("has format version {version}, this program reads {this}");
            return Err(Error::new(self.what, problem).mend(self.mend));
        }
        let payload = &bytes[HEADER..];
        match Sha256::digest(payload)[..] == bytes[12..HEADER] {
            true => Ok(payload),
            false => Err(self.damaged("its checksum does not match")),
        }
    }

    /// The error of a damaged file.
    pub(crate) fn damaged(&self, problem: &str) -> Error {
        Error::new(self.what, problem).mend(format!("the file is damaged: {}", self.mend))
    }
}
