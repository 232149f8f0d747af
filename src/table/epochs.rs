//! The epochs a series was measured at.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The most epochs a grid may have.
const MAX_EPOCHS: usize = 1 << 20;

/// Completed training epochs, ascending, each once: written `1-200`, `4,12,36,108`, `0,6,12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epochs {
    epochs: Arc<[u32]>,
    /// The first epoch, where every later one follows its predecessor: positions are then differences.
    run_from: Option<u32>,
}

impl Epochs {
    /// These epochs.
    ///
    /// # Errors
    /// When there is none, or they are not ascending.
    pub fn new(epochs: &[u32]) -> Result<Self, String> {
        if epochs.is_empty() || epochs.len() > MAX_EPOCHS {
            return Err(format!(
                "expected 1 to {MAX_EPOCHS} epochs, found {}",
                epochs.len()
            ));
        }
        if !epochs.is_sorted_by(|a, b| a < b) {
            return Err("epochs are not ascending".into());
        }
        let is_run = epochs.windows(2).all(|pair| pair[1] == pair[0] + 1);
        Ok(Self {
            epochs: epochs.into(),
            run_from: is_run.then_some(epochs[0]),
        })
    }

    /// One epoch.
    pub fn one(epoch: u32) -> Self {
        Self::run(epoch, epoch)
    }

    /// Every epoch from `first` to `last`.
    ///
    /// # Panics
    /// When `last` is before `first`.
    pub fn run(first: u32, last: u32) -> Self {
        assert!(first <= last, "epochs {first} to {last}");
        Self {
            epochs: (first..=last).collect(),
            run_from: Some(first),
        }
    }

    /// The epochs, ascending.
    pub fn as_slice(&self) -> &[u32] {
        &self.epochs
    }

    /// How many there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.epochs.len()
    }

    /// The last.
    pub fn last(&self) -> u32 {
        self.epochs[self.epochs.len() - 1]
    }

    /// The position of `epoch`.
    #[inline]
    pub fn position(&self, epoch: u32) -> Option<usize> {
        match self.run_from {
            Some(first) => {
                let at = epoch.checked_sub(first)? as usize;
                (at < self.epochs.len()).then_some(at)
            }
            None => self.epochs.binary_search(&epoch).ok(),
        }
    }
}

impl fmt::Display for Epochs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &self.epochs[..];
        while let Some(&first) = rest.first() {
            let run = rest
                .iter()
                .zip(first..)
                .take_while(|(epoch, expected)| *epoch == expected)
                .count();
            // Two neighbours read better as a list.
            let run = if run < 3 { 1 } else { run };
            match run {
                1 => write!(f, "{first}")?,
                _ => write!(f, "{first}-{}", rest[run - 1])?,
            }
            rest = &rest[run..];
            if !rest.is_empty() {
                f.write_str(",")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Epochs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unreadable =
            || format!("`{text}` is not a list of epochs such as `1-200` or `4,12,36`");
        let mut epochs = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let first: u32 = first.trim().parse().map_err(|_| unreadable())?;
            let last: u32 = last.trim().parse().map_err(|_| unreadable())?;
            if last < first || (last - first) as usize >= MAX_EPOCHS - epochs.len() {
                return Err(unreadable());
            }
            epochs.extend(first..=last);
        }
        Self::new(&epochs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(set in proptest::collection::btree_set(0..40_u32, 1..30)) {
            let list: Vec<u32> = set.into_iter().collect();
            let epochs = Epochs::new(&list).unwrap();
            prop_assert_eq!(epochs.to_string().parse(), Ok(epochs.clone()));
            for epoch in 0..45 {
                prop_assert_eq!(epochs.position(epoch), list.iter().position(|e| *e == epoch));
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "a", "3-1", "2,1", "1,1", "1-", "0-4294967295"] {
            assert!(text.parse::<Epochs>().is_err(), "{text}");
        }
    }
}
