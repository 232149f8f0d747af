//! The file of a fitted predictor: magic, format version, SHA-256 of the payload, payload.

use super::entry::SavedModel;
use super::target::FittedTransform;
use super::{Fitted, named};
use crate::encoding::Encoding;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const PLACE: &str = "saved predictor";
const MAGIC: &[u8; 8] = b"archpred";
/// Counts up whenever a model's state or its meaning changes.
const VERSION: u32 = 1;
/// Magic, version, checksum.
const HEADER: usize = 8 + 4 + 32;

#[derive(Serialize, Deserialize)]
struct Payload {
    predictor: String,
    encoding: String,
    space: String,
    extra: Vec<String>,
    transform: FittedTransform,
    state: Vec<u8>,
}

pub(super) fn write(fitted: &Fitted) -> Result<Vec<u8>, Error> {
    let payload = Payload {
        predictor: fitted.entry.name.to_owned(),
        encoding: fitted.encoding.name(),
        space: fitted.space.clone(),
        extra: fitted.extra.clone(),
        transform: fitted.transform.clone(),
        state: fitted.model.state()?,
    };
    let payload = postcard::to_allocvec(&payload).map_err(|e| Error::new(PLACE, e))?;
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(&payload));
    bytes.extend_from_slice(&payload);
    Ok(bytes)
}

pub(super) fn read(bytes: &[u8]) -> Result<Fitted, Error> {
    let damaged = |problem: &str| {
        Error::new(PLACE, problem).mend("the file is damaged: fit the predictor again")
    };
    if bytes.len() < HEADER || &bytes[..8] != MAGIC {
        return Err(Error::new(PLACE, "is not a saved predictor"));
    }
    let version = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
    if version != VERSION {
        let problem = format!("has format version {version}, this program reads {VERSION}");
        return Err(Error::new(PLACE, problem).mend("fit the predictor again"));
    }
    let payload = &bytes[HEADER..];
    if Sha256::digest(payload)[..] != bytes[12..HEADER] {
        return Err(damaged("its checksum does not match"));
    }
    let payload: Payload =
        postcard::from_bytes(payload).map_err(|e| damaged(&format!("cannot be read: {e}")))?;
    let entry = named(&payload.predictor).map_err(|e| e.within(PLACE))?;
    let model: Box<dyn SavedModel> = entry
        .restore(&payload.state)
        .map_err(|e| damaged(&format!("its model cannot be read: {e}")))?;
    Ok(Fitted {
        entry,
        encoding: Encoding::named(&payload.encoding).map_err(|e| e.within(PLACE))?,
        space: payload.space,
        extra: payload.extra,
        transform: payload.transform,
        model,
    })
}
