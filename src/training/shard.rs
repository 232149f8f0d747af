//! A shard: the finished units of one part of a plan. It holds what training gave and no times, so that the same recipe
//! gives the same bytes.

use super::curve::{Curve, Epoch, Tally};
use super::frames::{FrameFile, Frames, read};
use super::{Plan, Recipe};
use crate::error::Error;
use crate::study::Shard;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 4] = b"ABT2";

/// The curves of each finished unit, one per network.
pub type Results = BTreeMap<u32, Vec<Curve>>;

/// An open shard.
#[derive(Debug)]
pub struct ShardFile {
    file: FrameFile,
    done: Results,
}

/// The file of a shard in a build's folder.
pub fn shard_path(folder: &Path, shard: Shard) -> PathBuf {
    part_path(folder, "shard", shard)
}

/// `KIND-001-of-020.bin`.
pub(super) fn part_path(folder: &Path, kind: &str, shard: Shard) -> PathBuf {
    let (number, count) = (shard.index + 1, shard.count);
    folder.join(format!("{kind}-{number:03}-of-{count:03}.bin"))
}

impl ShardFile {
    /// Starts a shard, or goes on with one.
    ///
    /// # Errors
    /// When the file cannot be written, is damaged, of another recipe, or in use, or is there although `resume` is not
    /// set.
    pub fn open(folder: &Path, recipe: &Recipe, shard: Shard, resume: bool) -> Result<Self, Error> {
        let path = shard_path(folder, shard);
        let (file, frames) = FrameFile::open(&path, header(MAGIC, recipe, shard), resume)?;
        let done = decoded(frames, &path)?;
        Ok(Self { file, done })
    }

    /// What is done.
    pub fn done(&self) -> &Results {
        &self.done
    }

    /// Appends a finished unit and makes sure that it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, for example because the disk is full; what was there stays whole.
    pub fn append(&mut self, unit: u32, curves: Vec<Curve>) -> Result<(), Error> {
        self.file.append(unit, &encode(&curves))?;
        self.done.insert(unit, curves);
        Ok(())
    }

    /// Puts a shard in order of its units.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<PathBuf, Error> {
        let path = self.file.path().to_path_buf();
        self.file.sort()?;
        Ok(path)
    }
}

/// What all shards in a folder hold; none where there is no folder.
///
/// # Errors
/// When a shard is damaged, or of another recipe.
pub fn gather(folder: &Path, recipe: &Recipe, plan: &Plan) -> Result<Results, Error> {
    let mut all = Results::new();
    for (shard, path) in parts(folder, "shard")? {
        let frames = read(&path, &header(MAGIC, recipe, shard))?;
        for (number, curves) in decoded(frames, &path)? {
            let unit = plan.units.get(number as usize);
            if unit.is_none_or(|unit| unit.archs.len() != curves.len()) {
                let problem = format!("unit {number} is not one of this recipe's");
                return Err(Error::new(path.display(), problem).mend("remove the file"));
            }
            all.insert(number, curves);
        }
    }
    Ok(all)
}

/// The parts of one kind in a folder, in order.
pub(super) fn parts(folder: &Path, kind: &str) -> Result<Vec<(Shard, PathBuf)>, Error> {
    let failed = |e: std::io::Error| Error::new(folder.display(), format!("cannot read: {e}"));
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let shard = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_prefix(kind)?.strip_prefix('-'))
            .and_then(|rest| rest.strip_suffix(".bin")?.split_once("-of-"))
            .and_then(|(number, count)| {
                Some(Shard {
                    index: number.parse::<u32>().ok()?.checked_sub(1)?,
                    count: count.parse().ok()?,
                })
            });
        found.extend(shard.map(|shard| (shard, path)));
    }
    found.sort_by_key(|(shard, _)| (shard.count, shard.index));
    Ok(found)
}

/// What a part belongs to.
pub(super) fn header(magic: &[u8; 4], recipe: &Recipe, shard: Shard) -> Vec<u8> {
    let mut header = magic.to_vec();
    header.extend(Sha256::digest(recipe.fingerprint()));
    header.extend(shard.index.to_le_bytes());
    header.extend(shard.count.to_le_bytes());
    header
}

fn decoded(frames: Frames, path: &Path) -> Result<Results, Error> {
    let unit = |(number, payload): (u32, Vec<u8>)| {
        let curves = decode(&payload).ok_or_else(|| {
            Error::new(path.display(), format!("unit {number} is not readable"))
                .mend("remove the file and build it again")
        })?;
        Ok((number, curves))
    };
    frames.into_iter().map(unit).collect()
}

fn encode(curves: &[Curve]) -> Vec<u8> {
    let mut words = vec![curves.len() as u32];
    for curve in curves {
        words.push(u32::from(curve.diverged));
        words.push(curve.epochs.len() as u32);
        for epoch in &curve.epochs {
            for tally in [epoch.train, epoch.valid, epoch.test] {
                words.extend([tally.correct, tally.loss_e4.unwrap_or(u32::MAX)]);
            }
        }
    }
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn decode(bytes: &[u8]) -> Option<Vec<Curve>> {
    let mut words = bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")));
    let count = words.next()?;
    let mut curves = Vec::new();
    for _ in 0..count {
        let diverged = words.next()? != 0;
        let epochs = words.next()?;
        let mut curve = Curve {
            diverged,
            ..Curve::default()
        };
        for _ in 0..epochs {
            let mut tally = || {
                Some(Tally {
                    correct: words.next()?,
                    loss_e4: words
                        .next()
                        .map(|loss| (loss != u32::MAX).then_some(loss))?,
                })
            };
            curve.epochs.push(Epoch {
                train: tally()?,
                valid: tally()?,
                test: tally()?,
            });
        }
        curves.push(curve);
    }
    words.next().is_none().then_some(curves)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let text = include_str!("../../datasets/fmnist-nb201-mini/recipe.toml");
        Recipe::parse(text).expect("a recipe")
    }

    /// Eight curves, as a unit of the shipped recipe has; the second diverged.
    fn curves(n: u32) -> Vec<Curve> {
        let tally = |correct| Tally {
            correct,
            loss_e4: (correct % 5 != 0).then_some(7 * correct),
        };
        let epoch = |e| Epoch {
            train: tally(n + e),
            valid: tally(2 * n + e),
            test: tally(3 * n + e),
        };
        let curve = |epochs: u32| Curve {
            epochs: (0..epochs).map(epoch).collect(),
            diverged: epochs == 1,
        };
        [3, 1, 3, 3, 3, 3, 3, 3].map(curve).to_vec()
    }

    #[test]
    fn a_shard_keeps_what_it_is_given_and_knows_its_recipe() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (recipe, shard) = (recipe(), Shard { index: 1, count: 3 });
        let open = |recipe: &Recipe| ShardFile::open(folder.path(), recipe, shard, true);
        let mut file = open(&recipe).expect("new");
        for unit in [4, 1] {
            file.append(unit, curves(unit)).expect("written");
        }
        file.finish().expect("sorted");
        let expected = Results::from([(1, curves(1)), (4, curves(4))]);
        assert_eq!(open(&recipe).expect("goes on").done(), &expected);
        let plan = Plan::new(&recipe).expect("a plan");
        assert_eq!(gather(folder.path(), &recipe, &plan), Ok(expected));
        let mut other = recipe.clone();
        other.seed += 1;
        assert!(open(&other).is_err());
        assert!(gather(folder.path(), &other, &plan).is_err());
        assert_eq!(
            gather(&folder.path().join("none"), &recipe, &plan),
            Ok(Results::new())
        );
    }
}
