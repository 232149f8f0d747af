//! An architecture: at most 32 small decisions, inline and `Copy`.

/// The most decisions an architecture can hold.
pub const MAX_DECISIONS: usize = 32;

/// A point of a search space: one option code per decision.
///
/// Totally ordered (by decisions, then length); that order is the tie-break everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Architecture {
    decisions: [u8; MAX_DECISIONS],
    len: u8,
}

impl Architecture {
    /// The architecture that takes these options.
    ///
    /// # Panics
    /// When there are more than [`MAX_DECISIONS`].
    #[inline]
    pub fn new(decisions: &[u8]) -> Self {
        let mut inline = [0; MAX_DECISIONS];
        inline[..decisions.len()].copy_from_slice(decisions);
        Self {
            decisions: inline,
            len: decisions.len() as u8,
        }
    }

    /// The option code of each decision.
    #[inline]
    pub fn decisions(&self) -> &[u8] {
        &self.decisions[..self.len as usize]
    }

    /// The same architecture with decision `at` set to `option`.
    #[inline]
    #[must_use]
    pub fn with(mut self, at: usize, option: u8) -> Self {
        self.set(at, option);
        self
    }

    /// Sets decision `at` to `option`.
    ///
    /// # Panics
    /// When there is no decision `at`.
    #[inline]
    pub fn set(&mut self, at: usize, option: u8) {
        assert!(at < self.len as usize, "decision {at} of {}", self.len);
        self.decisions[at] = option;
    }

    /// The first `N` decisions, for spaces whose architectures all have `N`: no length to check.
    ///
    /// What lies beyond the last decision reads as 0. `N` is at most [`MAX_DECISIONS`].
    #[inline]
    pub(crate) fn leading<const N: usize>(&self) -> &[u8; N] {
        const { assert!(N <= MAX_DECISIONS) };
        self.decisions.first_chunk().expect("asserted above")
    }

    /// In how many decisions two architectures of one space agree.
    #[inline]
    pub fn agreements(&self, other: &Self) -> usize {
        let pairs = self.decisions.iter().zip(&other.decisions);
        let equal: u8 = pairs.map(|(a, b)| u8::from(a == b)).sum();
        usize::from(equal) - (MAX_DECISIONS - usize::from(self.len))
    }
}

impl std::fmt::Debug for Architecture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Architecture{:?}", self.decisions())
    }
}
