//! The isomorphism classes a run has proposed, and draws of others: for strategies that never propose a
//! known network again.

use super::AskContext;
use crate::space::{Architecture, ClassId, SearchSpace};
use rand::RngExt;

/// Marks a free slot: no class has it, because a class is a raw index below the space's size.
const FREE: u64 = u64::MAX;
/// Slots at the start; enough for a run of some hundred evaluations.
const FIRST_SLOTS: usize = 1 << 10;

/// A set of isomorphism classes that grows with a run.
///
/// Open addressing with linear probing. It is only ever asked for membership, so its order cannot show.
pub(super) struct KnownClasses {
    slots: Vec<u64>,
    len: usize,
}

impl KnownClasses {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![FREE; FIRST_SLOTS],
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn contains(&self, class: ClassId) -> bool {
        self.slots[self.place(class)] == class.0
    }

    /// Adds a class; whether it was new.
    pub(super) fn insert(&mut self, class: ClassId) -> bool {
        let place = self.place(class);
        if self.slots[place] == class.0 {
            return false;
        }
        self.slots[place] = class.0;
        self.len += 1;
        if 2 * self.len > self.slots.len() {
            self.grow();
        }
        true
    }

    /// The slot that holds `class`, or the free one where it would go.
    fn place(&self, class: ClassId) -> usize {
        let mask = self.slots.len() - 1;
        // Multiplicative hashing (Knuth, TAOCP 3, 6.4): the upper half of the product is well mixed.
        let mut place = (class.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.slots[place] != FREE && self.slots[place] != class.0 {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let doubled = vec![FREE; 2 * self.slots.len()];
        let old = std::mem::replace(&mut self.slots, doubled);
        for class in old.into_iter().filter(|&class| class != FREE) {
            let place = self.place(ClassId(class));
            self.slots[place] = class;
        }
    }
}

/// Uniform draws of raw architectures whose class was not proposed before.
///
/// While fewer than half of the classes are known, draws of known ones are rejected; then the rest is walked
/// in a random rotation of the raw order. A class is as likely as it is large, as when drawing strings from
/// the published table without replacement.
pub(super) struct FreshDraws {
    known: KnownClasses,
    classes: u64,
    /// The next raw index of the final walk.
    walk: Option<u64>,
}

impl FreshDraws {
    pub(super) fn new(space: &dyn SearchSpace) -> Self {
        Self {
            known: KnownClasses::new(),
            classes: space.class_count(),
            walk: None,
        }
    }

    /// Whether every class of the space was proposed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.known.len() as u64 >= self.classes
    }

    /// Whether the class of `arch` was proposed.
    pub(super) fn is_known(&self, space: &dyn SearchSpace, arch: &Architecture) -> bool {
        self.known.contains(space.class(arch))
    }

    /// Notes that `arch` is proposed; whether its class is new.
    pub(super) fn claim(&mut self, space: &dyn SearchSpace, arch: &Architecture) -> bool {
        self.known.insert(space.class(arch))
    }

    /// Draws and claims an architecture; none when every class was proposed.
    pub(super) fn draw(&mut self, ctx: &mut AskContext<'_>) -> Option<Architecture> {
        while !self.is_exhausted() {
            let arch = if (self.known.len() as u64) < self.classes.div_ceil(2) {
                ctx.space.sample(ctx.rng)
            } else {
                self.walk(ctx)
            };
            if self.claim(ctx.space, &arch) {
                return Some(arch);
            }
        }
        None
    }

    /// The next valid architecture of the walk.
    fn walk(&mut self, ctx: &mut AskContext<'_>) -> Architecture {
        let size = ctx.space.raw_size();
        let mut next = match self.walk {
            Some(next) => next,
            None => ctx.rng.random_range(0..size),
        };
        loop {
            let arch = ctx.space.at_index(next);
            next = (next + 1) % size;
            if ctx.space.is_valid(&arch) {
                self.walk = Some(next);
                return arch;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(classes in prop::collection::vec(0_u64..3_000, 0..4_000)) {
            let (mut known, mut model) = (KnownClasses::new(), BTreeSet::new());
            for class in classes {
                prop_assert_eq!(known.insert(ClassId(class)), model.insert(class));
                prop_assert_eq!(known.len(), model.len());
            }
            for class in 0..3_000 {
                prop_assert_eq!(known.contains(ClassId(class)), model.contains(&class));
            }
        }
    }
}
