//! What each network costs alone on a device: measured beside training, kept in files of its own, because no measurement
//! repeats itself to the byte.

use super::Recipe;
use super::frames::{FrameFile, Frames, read};
use super::shard::{header, part_path, parts};
use crate::error::Error;
use crate::study::Shard;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 4] = b"ABC2";
/// The frame that holds the device in words; no architecture has this number.
const DEVICE: u32 = u32::MAX;

/// A kind of device. Each has cost files of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The processor, one thread.
    Cpu,
    /// A CUDA device.
    Cuda,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Cpu, Self::Cuda];

    /// In file names and in names of attributes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }

    fn prefix(self) -> String {
        format!("cost-{}", self.name())
    }
}

/// The cost of a network at the recipe's scale. Times are medians of many warm passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Trainable parameters.
    pub params: u64,
    /// Multiply-accumulates of one forward pass of one image.
    pub macs: u64,
    /// Microseconds of one step of training on a batch of the recipe's size.
    pub step_us: u32,
    /// Microseconds of a forward pass of one image.
    pub one_us: u32,
    /// Microseconds of a forward pass of 64 images.
    pub batch_64_us: u32,
}

/// All that was measured on one kind of device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    /// The kind of device.
    pub kind: Kind,
    /// The devices in words.
    pub devices: Vec<String>,
    /// By raw index of the architecture.
    pub of: BTreeMap<u32, Cost>,
}

/// An open file of costs.
#[derive(Debug)]
pub struct CostFile {
    file: FrameFile,
    done: BTreeMap<u32, Cost>,
}

impl CostFile {
    /// Starts a file, or goes on with one.
    ///
    /// # Errors
    /// When the file cannot be written, is damaged, of another recipe or device, or in use, or is there although
    /// `resume` is not set.
    pub fn open(
        folder: &Path,
        recipe: &Recipe,
        shard: Shard,
        (kind, device): (Kind, &str),
        resume: bool,
    ) -> Result<Self, Error> {
        let path = part_path(folder, &kind.prefix(), shard);
        let (mut file, mut frames) = FrameFile::open(&path, header(MAGIC, recipe, shard), resume)?;
        match frames.remove(&DEVICE) {
            None => file.append(DEVICE, device.as_bytes())?,
            Some(known) if known == device.as_bytes() => {}
            Some(known) => {
                let known = String::from_utf8_lossy(&known).into_owned();
                return Err(Error::new(
                    path.display(),
                    format!("was measured on another device: {known}"),
                )
                .mend("remove it and measure this shard again"));
            }
        }
        let done = decoded(frames, &path)?;
        Ok(Self { file, done })
    }

    /// What is measured.
    pub fn done(&self) -> &BTreeMap<u32, Cost> {
        &self.done
    }

    /// Appends the cost of the architecture of raw index `arch`.
    ///
    /// # Errors
    /// When it cannot be written; what was there stays whole.
    pub fn append(&mut self, arch: u32, cost: Cost) -> Result<(), Error> {
        self.file.append(arch, &encode(&cost))?;
        self.done.insert(arch, cost);
        Ok(())
    }

    /// Where it lies.
    pub fn path(&self) -> PathBuf {
        self.file.path().to_path_buf()
    }
}

/// What the cost files in a folder hold, of the kinds of device that were measured.
///
/// # Errors
/// When a file is damaged, or of another recipe.
pub fn gather_costs(folder: &Path, recipe: &Recipe) -> Result<Vec<Costs>, Error> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let mut costs = Costs {
            kind,
            devices: Vec::new(),
            of: BTreeMap::new(),
        };
        for (shard, path) in parts(folder, &kind.prefix())? {
            let mut frames = read(&path, &header(MAGIC, recipe, shard))?;
            let device = frames.remove(&DEVICE).unwrap_or_default();
            let device = String::from_utf8_lossy(&device).into_owned();
            if !device.is_empty() && !costs.devices.contains(&device) {
                costs.devices.push(device);
            }
            costs.of.extend(decoded(frames, &path)?);
        }
        if !costs.of.is_empty() {
            all.push(costs);
        }
    }
    Ok(all)
}

fn encode(cost: &Cost) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(cost.params.to_le_bytes());
    bytes.extend(cost.macs.to_le_bytes());
    for time in [cost.step_us, cost.one_us, cost.batch_64_us] {
        bytes.extend(time.to_le_bytes());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<Cost> {
    let (params, rest) = bytes.split_first_chunk::<8>()?;
    let (macs, rest) = rest.split_first_chunk::<8>()?;
    let times: &[u8; 12] = rest.try_into().ok()?;
    let time = |at: usize| u32::from_le_bytes(times[4 * at..][..4].try_into().expect("4 bytes"));
    Some(Cost {
        params: u64::from_le_bytes(*params),
        macs: u64::from_le_bytes(*macs),
        step_us: time(0),
        one_us: time(1),
        batch_64_us: time(2),
    })
}

fn decoded(frames: Frames, path: &Path) -> Result<BTreeMap<u32, Cost>, Error> {
    let cost = |(arch, payload): (u32, Vec<u8>)| {
        let cost = decode(&payload).ok_or_else(|| {
            Error::new(path.display(), format!("cost {arch} is not readable"))
                .mend("remove the file and measure it again")
        })?;
        Ok((arch, cost))
    };
    frames.into_iter().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_kept_per_device() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let text = include_str!("../../datasets/fmnist-nb201-mini/recipe.toml");
        let recipe = Recipe::parse(text).expect("a recipe");
        let open = |kind, device| {
            CostFile::open(folder.path(), &recipe, Shard::WHOLE, (kind, device), true)
        };
        let cost = Cost {
            params: 1 << 40,
            macs: 3,
            step_us: 4,
            one_us: 5,
            batch_64_us: 6,
        };
        let mut file = open(Kind::Cpu, "mine").expect("new");
        file.append(7, cost).expect("written");
        drop(file);
        assert_eq!(open(Kind::Cpu, "mine").expect("goes on").done()[&7], cost);
        let other = open(Kind::Cpu, "yours").expect_err("another device");
        assert!(other.to_string().contains("mine"), "{other}");
        open(Kind::Cuda, "yours").expect("a file of its own");
        let all = gather_costs(folder.path(), &recipe).expect("readable");
        assert_eq!(all.len(), 1);
        assert_eq!(
            (&all[0].devices[..], all[0].of.len()),
            (&["mine".to_string()][..], 1)
        );
    }
}
