//! A shard: the finished units of one part of a plan, in a file that is only ever appended to. A killed build loses the
//! units under way and no more.
//!
//! Layout, little-endian: the magic `ABT1`, SHA-256 of the recipe, the shard's index and count, then frames
//! `unit u32 · length u32 · CRC-32 of the payload u32 · payload`.

use super::curve::{Curve, Epoch, Tally};
use super::{Plan, Recipe};
use crate::error::Error;
use crate::study::Shard;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 4] = b"ABT1";
const HEADER: usize = 4 + 32 + 8;
const FRAME: usize = 12;
/// No shard is larger; a longer file is something else.
const LIMIT: u64 = 1 << 30;

/// What a unit gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitResult {
    /// Wall time of the whole bank's training, milliseconds.
    pub wall_ms: u32,
    /// One per network, in the unit's order.
    pub curves: Vec<Curve>,
}

/// An open shard.
#[derive(Debug)]
pub struct ShardFile {
    path: PathBuf,
    file: File,
    done: BTreeMap<u32, UnitResult>,
}

/// The file of a shard in a build's folder.
pub fn shard_path(folder: &Path, shard: Shard) -> PathBuf {
    folder.join(format!(
        "shard-{:03}-of-{:03}.bin",
        shard.index + 1,
        shard.count
    ))
}

impl ShardFile {
    /// Starts a shard, or goes on with one; a torn last frame is cut off.
    ///
    /// # Errors
    /// When the file cannot be written, is of another recipe, or is there although `resume` is not set.
    pub fn open(folder: &Path, recipe: &Recipe, shard: Shard, resume: bool) -> Result<Self, Error> {
        let path = shard_path(folder, shard);
        let failed = |e: std::io::Error| Error::new(path.display(), format!("cannot write: {e}"));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let header = header(recipe, shard);
        if path.is_file() && !resume {
            return Err(Error::new(path.display(), "the shard is there already")
                .mend("go on with --resume, or give another --out"));
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false);
        let mut file = file.open(&path).map_err(failed)?;
        let bytes = read_all(&mut file, &path)?;
        let (done, end) = match bytes.is_empty() {
            true => (BTreeMap::new(), 0),
            false => frames(&bytes, &header, &path)?,
        };
        if end == 0 {
            file.set_len(0).map_err(failed)?;
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            file.write_all(&header).map_err(failed)?;
        } else {
            file.set_len(end as u64).map_err(failed)?;
            file.seek(SeekFrom::Start(end as u64)).map_err(failed)?;
        }
        Ok(Self { path, file, done })
    }

    /// What is done.
    pub fn done(&self) -> &BTreeMap<u32, UnitResult> {
        &self.done
    }

    /// Appends a finished unit and makes sure that it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, for example because the disk is full; what was there stays whole.
    pub fn append(&mut self, unit: u32, result: UnitResult) -> Result<(), Error> {
        let payload = encode(&result);
        let mut frame = Vec::with_capacity(FRAME + payload.len());
        frame.extend(unit.to_le_bytes());
        frame.extend((payload.len() as u32).to_le_bytes());
        frame.extend(crc32fast::hash(&payload).to_le_bytes());
        frame.extend(payload);
        self.file
            .write_all(&frame)
            .and_then(|()| self.file.sync_data())
            .map_err(|e| {
                Error::new(self.path.display(), format!("cannot write: {e}"))
                    .mend("make room and go on with --resume")
            })?;
        self.done.insert(unit, result);
        Ok(())
    }
}

/// The results of all units of a plan, from the shards in a folder.
///
/// # Errors
/// When a shard is damaged or of another recipe, or units are missing.
pub fn gather(
    folder: &Path,
    recipe: &Recipe,
    plan: &Plan,
) -> Result<BTreeMap<u32, UnitResult>, Error> {
    let failed = |e: std::io::Error| Error::new(folder.display(), format!("cannot read: {e}"));
    let mut all = BTreeMap::new();
    let entries: Result<Vec<_>, _> = std::fs::read_dir(folder).map_err(failed)?.collect();
    for entry in entries.map_err(failed)? {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = |text: &str| text.parse::<u32>().ok();
        let parts = name
            .strip_prefix("shard-")
            .and_then(|rest| rest.strip_suffix(".bin"))
            .and_then(|rest| rest.split_once("-of-"));
        let Some((Some(index), Some(count))) = parts.map(|(i, n)| (number(i), number(n))) else {
            continue;
        };
        let shard = Shard {
            index: index.saturating_sub(1),
            count,
        };
        let mut file = File::open(&path).map_err(failed)?;
        let bytes = read_all(&mut file, &path)?;
        all.extend(frames(&bytes, &header(recipe, shard), &path)?.0);
    }
    let missing = (0..plan.units.len() as u32).filter(|unit| !all.contains_key(unit));
    match missing.count() {
        0 => Ok(all),
        count => Err(Error::new(
            folder.display(),
            format!("{count} of {} units are not trained yet", plan.units.len()),
        )
        .mend("go on with `archbench table build --resume`")),
    }
}

fn header(recipe: &Recipe, shard: Shard) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(Sha256::digest(recipe.fingerprint()));
    header.extend(shard.index.to_le_bytes());
    header.extend(shard.count.to_le_bytes());
    header
}

fn read_all(file: &mut File, path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::new(path.display(), format!("cannot read: {e}")))?;
    Ok(bytes)
}

/// The whole frames of a shard and where they end.
fn frames(
    bytes: &[u8],
    header: &[u8],
    path: &Path,
) -> Result<(BTreeMap<u32, UnitResult>, usize), Error> {
    if bytes.len() < HEADER || &bytes[..4] != MAGIC {
        return Err(
            Error::new(path.display(), "not a shard, or cut short in its header")
                .mend("remove it and build it again"),
        );
    }
    if &bytes[..HEADER] != header {
        return Err(
            Error::new(path.display(), "a shard of another recipe or place")
                .mend("give another --out"),
        );
    }
    let mut done = BTreeMap::new();
    let mut end = HEADER;
    while let Some(head) = bytes.get(end..end + FRAME) {
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
        let (unit, length, crc) = (word(0), word(4) as usize, word(8));
        let body = bytes.get(end + FRAME..end + FRAME + length);
        let Some(body) = body.filter(|body| crc32fast::hash(body) == crc) else {
            break;
        };
        let Some(result) = decode(body) else {
            break;
        };
        done.insert(unit, result);
        end += FRAME + length;
    }
    Ok((done, end))
}

fn encode(result: &UnitResult) -> Vec<u8> {
    let mut words = vec![result.wall_ms, result.curves.len() as u32];
    for curve in &result.curves {
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

fn decode(bytes: &[u8]) -> Option<UnitResult> {
    let mut words = bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")));
    let wall_ms = words.next()?;
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
    Some(UnitResult { wall_ms, curves })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let text = include_str!("../../datasets/fmnist-nb201-mini/recipe.toml");
        Recipe::parse(text).expect("a recipe")
    }

    fn result(n: u32) -> UnitResult {
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
        UnitResult {
            wall_ms: n,
            curves: vec![curve(3), curve(1)],
        }
    }

    #[test]
    fn a_shard_cut_anywhere_goes_on() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (recipe, shard) = (recipe(), Shard { index: 1, count: 3 });
        let mut file = ShardFile::open(folder.path(), &recipe, shard, false).expect("new");
        for unit in [1, 4, 7] {
            file.append(unit, result(unit)).expect("written");
        }
        let path = shard_path(folder.path(), shard);
        let whole = std::fs::read(&path).expect("there");
        let frame = (whole.len() - HEADER) / 3;
        for cut in whole.len() - frame..whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("cut");
            let mut again = ShardFile::open(folder.path(), &recipe, shard, true).expect("goes on");
            assert_eq!(again.done().keys().copied().collect::<Vec<_>>(), [1, 4]);
            assert_eq!(again.done()[&4], result(4));
            again.append(7, result(7)).expect("written");
            assert_eq!(std::fs::read(&path).expect("there"), whole);
        }
        assert!(ShardFile::open(folder.path(), &recipe, shard, false).is_err());
        let mut other = recipe.clone();
        other.seed += 1;
        assert!(ShardFile::open(folder.path(), &other, shard, true).is_err());
    }

    #[test]
    fn missing_units_are_counted() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let recipe = recipe();
        let plan = Plan::new(&recipe).expect("a plan");
        let shard = Shard { index: 1, count: 3 };
        let mut file = ShardFile::open(folder.path(), &recipe, shard, false).expect("new");
        file.append(1, result(1)).expect("written");
        let error = gather(folder.path(), &recipe, &plan).expect_err("most are missing");
        let expected = format!("{} of {} units", plan.units.len() - 1, plan.units.len());
        assert!(error.to_string().contains(&expected), "{error}");
    }
}
