//! A pool: architectures without a structure to search, each only a name. They can be drawn and looked up; any is a
//! neighbour of none.
//!
//! An architecture is its position in the pool, written in hexadecimal digits as its decisions.

use super::nb_nlp::RecurrentCell;
use super::{Architecture, Decision, Graph, SearchSpace};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::RngExt;
use std::sync::Arc;

/// The name under which a table says that its architectures are a pool.
pub const POOL: &str = "pool";

const DIGITS: [&str; 16] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
];

/// A list of names as a search space.
pub struct Pool {
    names: Vec<String>,
    /// Positions in the order of their names.
    by_name: Vec<u32>,
    decisions: Vec<Decision>,
}

impl Pool {
    /// The pool of these names, each of which must occur once.
    ///
    /// # Errors
    /// When there is no name, or one occurs twice.
    pub fn new(names: Vec<String>) -> Result<Arc<Self>, Error> {
        if names.is_empty() || names.len() > u32::MAX as usize {
            let problem = format!("expected 1 to 2^32 - 1 names, found {}", names.len());
            return Err(Error::new(POOL, problem));
        }
        let mut by_name: Vec<u32> = (0..names.len() as u32).collect();
        by_name.sort_by_key(|&at| &names[at as usize]);
        let twice = by_name
            .windows(2)
            .find(|pair| names[pair[0] as usize] == names[pair[1] as usize]);
        if let Some(pair) = twice {
            let name = &names[pair[0] as usize];
            return Err(Error::new(POOL, format!("`{name}` occurs twice")));
        }
        let digits = (names.len() - 1).max(1).ilog(16) + 1;
        let decision = |at| Decision {
            name: format!("digit {at}"),
            options: DIGITS.to_vec(),
        };
        Ok(Arc::new(Self {
            decisions: (1..=digits).map(decision).collect(),
            names,
            by_name,
        }))
    }
}

impl SearchSpace for Pool {
    fn name(&self) -> &str {
        POOL
    }

    fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    fn canonical(&self, arch: &Architecture) -> Architecture {
        *arch
    }

    fn class_count(&self) -> u64 {
        self.names.len() as u64
    }

    fn raw_size(&self) -> u64 {
        self.names.len() as u64
    }

    fn is_valid(&self, arch: &Architecture) -> bool {
        self.index_of(arch) < self.raw_size()
    }

    fn parse(&self, text: &str) -> Result<Architecture, Error> {
        self.by_name
            .binary_search_by_key(&text, |&at| &self.names[at as usize])
            .map(|rank| self.at_index(u64::from(self.by_name[rank])))
            .map_err(|_| {
                let example = &self.names[0];
                Error::new(POOL, format!("`{text}` is not in the pool")).mend(format!(
                    "it has {} names such as `{example}`",
                    self.names.len()
                ))
            })
    }

    fn display(&self, arch: &Architecture) -> String {
        let name = self.names.get(self.index_of(arch) as usize);
        name.cloned().unwrap_or_default()
    }

    fn sample(&self, rng: &mut StreamRng) -> Architecture {
        self.at_index(rng.random_range(0..self.raw_size()))
    }

    /// A uniform draw from the others: there is no structure to mutate.
    fn mutate(&self, arch: &Architecture, rng: &mut StreamRng) -> Architecture {
        let others = self.raw_size() - 1;
        if others == 0 {
            return *arch;
        }
        let ahead = rng.random_range(1..=others);
        self.at_index((self.index_of(arch) + ahead) % self.raw_size())
    }

    /// The graph that the name tells of, where it is a recipe of NAS-Bench-NLP.
    fn graph(&self, arch: &Architecture) -> Option<Graph> {
        let name = self.names.get(self.index_of(arch) as usize)?;
        let cell = RecurrentCell::parse(name).ok()?;
        Some(cell.graph())
    }

    fn neighbors(&self, _: &Architecture, _: &mut Vec<Architecture>) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;

    fn pool(count: usize) -> (Vec<String>, Arc<Pool>) {
        // 307 is prime, so that all names differ; they are not in order.
        let names: Vec<String> = (0..count)
            .map(|i| format!("net {}", (i * 7) % 307))
            .collect();
        (names.clone(), Pool::new(names).expect("distinct names"))
    }

    #[test]
    fn names_are_found_drawn_and_printed() {
        for count in [1, 16, 17, 300] {
            let (names, pool) = pool(count);
            for (at, name) in names.iter().enumerate() {
                let arch = pool.parse(name).expect("in the pool");
                assert_eq!(pool.index_of(&arch), at as u64);
                assert_eq!(pool.display(&arch), *name);
                assert!(pool.is_valid(&arch));
            }
            let mut rng = derive_rng(1, &["pool"]);
            let drawn: std::collections::BTreeSet<_> =
                (0..20 * count).map(|_| pool.sample(&mut rng)).collect();
            assert_eq!(drawn.len(), count, "each is drawn");
        }
        assert!(Pool::new(vec!["a".into(), "a".into()]).is_err());
        assert!(Pool::new(Vec::new()).is_err());
    }

    #[test]
    fn a_mutant_is_another_one() {
        let (_, pool) = pool(17);
        let mut rng = derive_rng(2, &["pool"]);
        let mut arch = pool.at_index(16);
        for _ in 0..200 {
            let mutant = pool.mutate(&arch, &mut rng);
            assert!(mutant != arch && pool.is_valid(&mutant));
            arch = mutant;
        }
    }
}
