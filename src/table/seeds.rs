//! Which of a schedule's seeds answer a query: one, all, those that are there, or one drawn by name.

use super::{Damaged, Series};

/// Which training seed answers a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedPolicy {
    /// The mean over every seed the schedule declares; a missing one is an error.
    Mean,
    /// The mean over those seeds that are there: an imputation, to be named wherever results are.
    MeanOfPresent,
    /// The seed at this position.
    Index(u32),
    /// A draw among the seeds that are there, per architecture, from the stream with this key: the same for every
    /// strategy of a replicate (common random numbers).
    Draw {
        /// See [`crate::rng::derive_key`].
        key: u64,
    },
}

/// The seeds that answer a query on one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seeds {
    /// The one at this position.
    One(usize),
    /// All.
    All,
    /// Those whose bit is set.
    Some(u64),
}

impl Seeds {
    /// The seeds that `policy` means for the architecture `raw`, among so many of which `present` gives a bit each;
    /// none where there is none to choose.
    #[inline]
    pub(crate) fn choose<E>(
        policy: SeedPolicy,
        seeds: usize,
        raw: u64,
        present: impl FnOnce() -> Result<u64, E>,
    ) -> Result<Option<Self>, E> {
        Ok(match policy {
            SeedPolicy::Index(k) => ((k as usize) < seeds).then_some(Self::One(k as usize)),
            SeedPolicy::Mean if seeds == 1 => Some(Self::One(0)),
            SeedPolicy::Mean => Some(Self::All),
            SeedPolicy::MeanOfPresent => Some(Self::Some(present()?)),
            SeedPolicy::Draw { key } => {
                let present = present()?;
                let draw = mix(key ^ raw).checked_rem(u64::from(present.count_ones()));
                draw.map(|draw| {
                    let left = (0..draw).fold(present, |bits, _| bits & (bits - 1));
                    Self::One(left.trailing_zeros() as usize)
                })
            }
        })
    }

    /// Whether the seed at this position is one of them.
    #[inline]
    pub(crate) fn has(self, seed: usize) -> bool {
        match self {
            Self::One(one) => one == seed,
            Self::All => true,
            Self::Some(bits) => bits >> seed & 1 == 1,
        }
    }
}

impl Series {
    /// The seeds that `policy` means for a row and an epoch (by position).
    #[inline]
    pub(crate) fn choose(
        &self,
        policy: SeedPolicy,
        row: usize,
        epoch: usize,
        raw: u64,
    ) -> Result<Option<Seeds>, Damaged> {
        Seeds::choose(policy, self.seeds(), raw, || self.present(row, epoch))
    }

    /// A bit for each seed that has a value; a schedule has at most 64.
    fn present(&self, row: usize, epoch: usize) -> Result<u64, Damaged> {
        let mut bits = 0;
        for seed in 0..self.seeds() {
            bits |= u64::from(self.at(row, seed, epoch)?.is_some()) << seed;
        }
        Ok(bits)
    }

    /// The mean over these seeds, if every one has a value and there is one.
    #[inline]
    pub(crate) fn over(
        &self,
        seeds: Seeds,
        row: usize,
        epoch: usize,
    ) -> Result<Option<f64>, Damaged> {
        if let Seeds::One(seed) = seeds {
            return self.at(row, seed, epoch);
        }
        let (mut sum, mut count) = (0.0, 0);
        for seed in 0..self.seeds() {
            if !seeds.has(seed) {
                continue;
            }
            match self.at(row, seed, epoch)? {
                Some(value) => sum += value,
                None => return Ok(None),
            }
            count += 1;
        }
        Ok((count > 0).then(|| sum / f64::from(count)))
    }
}

/// Spreads a key over 64 bits (the finaliser of SplitMix64; Steele, Lea & Flood, OOPSLA 2014).
fn mix(mut key: u64) -> u64 {
    key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}
