//! Checkpoints: a training at the end of an epoch, in one file that is replaced whole. Going on from it gives, on the
//! processor, the bits that training through would have given.
//!
//! Layout: the magic `ABC1`, the length of a JSON head as u64, the head, the values as little-endian f32, then CRC-32 of
//! all before it.

use super::trainer::Trainer;
use crate::error::Error;
use crate::study::Folder;
use crate::training::{Curve, Epoch, Tally};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tch::Tensor;

const MAGIC: &[u8; 4] = b"ABC1";

/// Whether it diverged, and per epoch the correct answers and loss of each split.
type PackedCurve = (bool, Vec<[(u32, u32); 3]>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Recipe, architectures and seed.
    fingerprint: String,
    epochs_done: u32,
    /// Parameters, running statistics, momentum: values of each.
    lengths: [u64; 3],
    /// Per network.
    curves: Vec<PackedCurve>,
}

impl Trainer<'_> {
    /// Writes the training as it stands. `fingerprint` names what is trained.
    ///
    /// # Errors
    /// When the file cannot be written; an older checkpoint then stays.
    pub fn save(&self, path: &Path, fingerprint: &str) -> Result<(), Error> {
        let state = self.state()?;
        let mut values = Vec::new();
        let mut lengths = [0; 3];
        for (tensor, length) in state.iter().zip(&mut lengths) {
            let tensor = tensor.f_to_device(tch::Device::Cpu)?;
            let part = Vec::<f32>::try_from(&tensor)?;
            *length = part.len() as u64;
            values.extend(part.into_iter().flat_map(f32::to_le_bytes));
        }
        let head = Head {
            fingerprint: fingerprint.to_string(),
            epochs_done: self.epochs_done,
            lengths,
            curves: self.curves.iter().map(packed).collect(),
        };
        let head = serde_json::to_vec(&head).map_err(|e| Error::new("checkpoint", e))?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend((head.len() as u64).to_le_bytes());
        bytes.extend(head);
        bytes.extend(values);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = Folder::create(parent.unwrap_or(Path::new(".")))?;
        folder.write_whole(path, |temporary| {
            std::fs::write(temporary, &bytes)
                .map_err(|e| Error::new(path.display(), format!("cannot write: {e}")))
        })
    }

    /// Goes on from a checkpoint of the same training.
    ///
    /// # Errors
    /// When the file is damaged or of another training; nothing has changed then.
    pub fn load(&mut self, path: &Path, fingerprint: &str) -> Result<(), Error> {
        let failed = |problem: String| {
            Error::new(path.display(), problem).mend("remove it to train from the start")
        };
        let bytes = std::fs::read(path).map_err(|e| failed(format!("cannot read: {e}")))?;
        let (head, values) =
            parts(&bytes).ok_or_else(|| failed("not a checkpoint, or damaged".into()))?;
        if head.fingerprint != fingerprint || head.curves.len() != self.curves.len() {
            return Err(failed("a checkpoint of another training".into()));
        }
        let expected = self.state()?.map(|tensor| tensor.numel() as u64);
        if head.lengths != expected || values.len() as u64 != 4 * expected.iter().sum::<u64>() {
            return Err(failed("a checkpoint of another network".into()));
        }
        let values: Vec<f32> = values
            .chunks_exact(4)
            .map(|word| f32::from_le_bytes(word.try_into().expect("4 bytes")))
            .collect();
        let (first, rest) = values.split_at(expected[0] as usize);
        let (second, third) = rest.split_at(expected[1] as usize);
        let [a, b, c] = [first, second, third].map(Tensor::f_from_slice);
        self.restore(&[a?, b?, c?])?;
        self.epochs_done = head.epochs_done;
        self.curves = head.curves.into_iter().map(unpacked).collect();
        Ok(())
    }
}

fn parts(bytes: &[u8]) -> Option<(Head, &[u8])> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let rest = body.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (head, values) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(head).ok()?, values))
}

fn packed(curve: &Curve) -> PackedCurve {
    let pair = |tally: Tally| (tally.correct, tally.loss_e4.unwrap_or(u32::MAX));
    let epochs = curve.epochs.iter();
    let epochs = epochs.map(|e| [e.train, e.valid, e.test].map(pair));
    (curve.diverged, epochs.collect())
}

fn unpacked((diverged, epochs): PackedCurve) -> Curve {
    let tally = |(correct, loss): (u32, u32)| Tally {
        correct,
        loss_e4: (loss != u32::MAX).then_some(loss),
    };
    let epochs = epochs.into_iter().map(|splits| {
        let [train, valid, test] = splits.map(tally);
        Epoch { train, valid, test }
    });
    Curve {
        epochs: epochs.collect(),
        diverged,
    }
}
