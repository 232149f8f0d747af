//! A space seen as one whose networks grow by blocks.
//!
//! A decision can grow where one of its options leaves the place empty: `none`, `zero`, `absent`, `identity` or `skip`. A block is
//! such a decision at another option, and the size of a network its number of blocks. Decisions without an empty option are made
//! at the start, in all ways. So NAS-Bench-201 and TransNAS-Bench-101's cells grow by operations on edges, NAS-Bench-Macro by
//! layers, TransNAS-Bench-101's networks from four to six modules, NAS-Bench-ASR by operations and skip connections, and
//! NAS-Bench-Graph by operations on each of its nine patterns. A network is reached by way of smaller ones that can be
//! trained: all of NAS-Bench-201 and NAS-Bench-Macro are, and of TransNAS-Bench-101's 3,256 networks 2,920.

use crate::space::{Architecture, SearchSpace};

/// Options that leave a place empty.
const EMPTY: [&str; 5] = ["none", "zero", "absent", "identity", "skip"];
/// The most ways to make the decisions that cannot grow.
const MOST_STARTS: u64 = 2_000;

/// How the networks of a space grow.
#[derive(Debug)]
pub(super) struct Growth {
    /// The empty option of each decision that has one.
    empty: Vec<Option<u8>>,
    options: Vec<u8>,
    /// The smallest networks.
    smallest: Vec<Architecture>,
}

impl Growth {
    /// How the networks of `space` grow.
    ///
    /// # Errors
    /// When they do not, saying why.
    pub(super) fn of(space: &dyn SearchSpace) -> Result<Self, String> {
        let decisions = space.decisions();
        let empty: Vec<Option<u8>> = decisions
            .iter()
            .map(|d| {
                let at = d.options.iter().position(|o| EMPTY.contains(o));
                at.map(|at| at as u8)
            })
            .collect();
        let refused = |why: &str| {
            format!(
                "the networks of {} do not grow by blocks: {why}",
                space.name()
            )
        };
        if empty.iter().all(Option::is_none) {
            let named = EMPTY.join(", ");
            return Err(refused(&format!("no decision has an option among {named}")));
        }
        let mut growth = Self {
            options: decisions.iter().map(|d| d.options.len() as u8).collect(),
            empty,
            smallest: Vec::new(),
        };
        if growth.raw_starts() > MOST_STARTS {
            return Err(refused(
                "too much is decided by decisions that have no empty option",
            ));
        }
        let blank = growth.without_blocks();
        let trained: Vec<Architecture> = (blank.iter().copied())
            .filter(|arch| space.is_valid(arch))
            .collect();
        growth.smallest = match trained.len() {
            0 | 1 => growth.grown(space, &blank),
            _ => trained,
        };
        let mut classes = growth.smallest.iter().map(|arch| space.class(arch));
        let first = classes.next();
        match classes.all(|class| Some(class) == first) {
            true => Err(refused("there is one smallest network or none")),
            false => Ok(growth),
        }
    }

    fn raw_starts(&self) -> u64 {
        let fixed = self.empty.iter().zip(&self.options);
        fixed
            .filter(|(empty, _)| empty.is_none())
            .map(|(_, &options)| u64::from(options))
            .fold(1, u64::saturating_mul)
    }

    /// Every network of no block, whether it can be trained or not.
    fn without_blocks(&self) -> Vec<Architecture> {
        let blank: Vec<u8> = self.empty.iter().map(|e| e.unwrap_or(0)).collect();
        let mut starts = vec![Architecture::new(&blank)];
        for (at, _) in self.empty.iter().enumerate().filter(|(_, e)| e.is_none()) {
            let all = |arch: &Architecture| {
                let arch = *arch;
                (0..self.options[at]).map(move |option| arch.with(at, option))
            };
            starts = starts.iter().flat_map(all).collect();
        }
        starts
    }

    /// The smallest networks: those of no block if there are several that can be trained, otherwise those of one.
    pub(super) fn smallest(&self) -> &[Architecture] {
        &self.smallest
    }

    /// The networks with a block more than one of `archs`, each once, in order.
    pub(super) fn grown(
        &self,
        space: &dyn SearchSpace,
        archs: &[Architecture],
    ) -> Vec<Architecture> {
        let mut grown = Vec::new();
        for arch in archs {
            for (at, empty) in self.empty.iter().enumerate() {
                let here = Some(arch.decisions()[at]);
                if empty.is_none() || here != *empty {
                    continue;
                }
                let options = (0..self.options[at]).filter(|&option| Some(option) != here);
                let larger = options.map(|option| arch.with(at, option));
                grown.extend(larger.filter(|arch| space.is_valid(arch)));
            }
        }
        grown.sort_unstable();
        grown.dedup();
        grown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::open;

    /// Sizes by counting: C(6, b) 4^b cells of b operations on six edges; C(8, b) 2^b networks of b blocks in eight layers.
    /// Of the 3,256 sequences of modules, those whose beginnings are networks too:
    /// ```python
    /// ok = lambda m: 1 <= sum(x & 1 for x in m) <= 3 and 1 <= sum(x >= 2 for x in m) <= 4
    /// every = lambda m: all(ok(m[:k]) for k in range(4, len(m) + 1))
    /// sum(every(m) for n in (4, 5, 6) for m in product(range(4), repeat=n))
    /// ```
    #[test]
    fn sizes_are_those_of_the_spaces() {
        for (space, sizes) in [
            (
                "nas-bench-201",
                &[24_usize, 240, 1280, 3840, 6144, 4096][..],
            ),
            (
                "nas-bench-macro",
                &[16, 112, 448, 1120, 1792, 1792, 1024, 256],
            ),
        ] {
            let space = open(space).expect("registered");
            let growth = Growth::of(&*space).expect("grows");
            let mut level = growth.smallest().to_vec();
            for &size in sizes {
                assert_eq!(level.len(), size, "{}", space.name());
                level = growth.grown(&*space, &level);
            }
            assert!(level.is_empty(), "{}", space.name());
        }
        let space = open("transnas-bench-101-macro").expect("registered");
        let growth = Growth::of(&*space).expect("grows");
        let mut level = growth.smallest().to_vec();
        let mut all = 0;
        while !level.is_empty() {
            all += level.len();
            level = growth.grown(&*space, &level);
        }
        assert_eq!(all, 2_920);
    }

    #[test]
    fn spaces_of_one_size_are_refused() {
        for (space, why) in [
            ("darts", "no decision has an option"),
            ("nats-bench-size", "no decision has an option"),
            ("accel-nasbench", "no decision has an option"),
            ("nas-bench-101", "one smallest network or none"),
        ] {
            let space = open(space).expect("registered");
            let refused = Growth::of(&*space).expect_err("does not grow");
            assert!(refused.contains(why), "{refused}");
        }
    }
}
