//! The file of a fitted predictor.

use super::entry::SavedModel;
use super::target::FittedTransform;
use super::{Fitted, named};
use crate::encoding::Encoding;
use crate::error::Error;
use crate::sealed::Seal;
use serde::{Deserialize, Serialize};

/// Its version counts up whenever a model's state or its meaning changes.
const SEAL: Seal = Seal {
    what: PLACE,
    magic: b"archpred",
    version: 2,
    mend: "fit the predictor again",
};
const PLACE: &str = "saved predictor";

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
    Ok(SEAL.seal(&payload))
}

pub(super) fn read(bytes: &[u8]) -> Result<Fitted, Error> {
    let payload = SEAL.open(bytes)?;
    let payload: Payload =
        postcard::from_bytes(payload).map_err(|e| SEAL.damaged(&format!("cannot be read: {e}")))?;
    let entry = named(&payload.predictor).map_err(|e| e.within(PLACE))?;
    let model: Box<dyn SavedModel> = entry
        .restore(&payload.state)
        .map_err(|e| SEAL.damaged(&format!("its model cannot be read: {e}")))?;
    Ok(Fitted {
        entry,
        encoding: Encoding::named(&payload.encoding).map_err(|e| e.within(PLACE))?,
        space: payload.space,
        extra: payload.extra,
        transform: payload.transform,
        model,
    })
}
