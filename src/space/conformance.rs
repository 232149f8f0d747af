//! What every registered space must do, and helpers for the tests of single spaces.

use super::{Architecture, INPUT, OUTPUT, SPACES, SearchSpace, open};
use crate::rng::derive_rng;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use statrs::distribution::{ChiSquared, ContinuousCDF};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The SHA-256 of the numbers as little-endian 32-bit words.
pub(super) fn sha256_hex(values: impl Iterator<Item = u32>) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(value.to_le_bytes());
    }
    let bytes = hash.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of the texts one after another.
pub(super) fn sha256_of_text(texts: impl Iterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    texts.for_each(|text| hash.update(text));
    let bytes = hash.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The published file `name`, where the published data is at hand.
pub(crate) fn real_data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ARCHBENCH_REAL_DATA");
    if root.is_none() {
        println!("skipped: ARCHBENCH_REAL_DATA not set");
    }
    root.map(|root| PathBuf::from(root).join(name))
}

fn spaces() -> impl Iterator<Item = Arc<dyn SearchSpace>> {
    SPACES.iter().map(|entry| (entry.open)())
}

/// Spaces up to this size are checked whole.
const ENUMERABLE: u64 = 1 << 16;
/// Architectures looked at in a larger one.
const LOOKS: u64 = 20_000;

/// Whether all of a space is checked.
fn is_enumerable(space: &dyn SearchSpace) -> bool {
    space.raw_size() <= ENUMERABLE
}

/// Every raw index of a small space, ascending; evenly spread ones of a large space.
fn looks(space: &dyn SearchSpace) -> impl Iterator<Item = u64> {
    let size = space.raw_size();
    let step = match is_enumerable(space) {
        true => 1,
        // Odd, so that every option of the last decisions is met.
        false => (size / LOOKS) | 1,
    };
    (0..size.div_ceil(step)).map(move |look| look * step)
}

fn raw(space: &dyn SearchSpace) -> impl Iterator<Item = Architecture> {
    looks(space).map(|index| space.at_index(index))
}

/// How many decisions differ.
fn distance(a: &Architecture, b: &Architecture) -> usize {
    assert_eq!(a.decisions().len(), b.decisions().len());
    let pairs = a.decisions().iter().zip(b.decisions());
    pairs.filter(|(x, y)| x != y).count()
}

#[test]
fn names_are_unique_and_open_their_space() {
    let names: BTreeSet<&str> = SPACES.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), SPACES.len());
    for entry in SPACES {
        assert_eq!(open(entry.name).expect("registered").name(), entry.name);
        let is_cited = ["arXiv", "OpenReview"].map(|id| entry.citation.contains(id));
        assert!(!entry.summary.is_empty() && is_cited.contains(&true));
    }
    let error = open("nas-bench-202").map(|space| space.name().to_owned());
    let error = error.expect_err("not registered").to_string();
    assert!(error.ends_with("did you mean `nas-bench-201`?"), "{error}");
}

#[test]
fn raw_indices_are_the_lexicographic_ranks() {
    for space in spaces() {
        let sizes = space.decisions().iter().map(|d| d.options.len() as u64);
        assert_eq!(space.raw_size(), sizes.product::<u64>());
        let mut last = None;
        for index in looks(&*space) {
            let arch = space.at_index(index);
            assert_eq!(space.index_of(&arch), index);
            assert_eq!(arch.decisions().len(), space.decisions().len());
            let choices = arch.decisions().iter().zip(space.decisions());
            assert!(
                choices
                    .clone()
                    .all(|(&c, d)| usize::from(c) < d.options.len())
            );
            assert!(last < Some(arch), "{arch:?} out of order");
            last = Some(arch);
        }
    }
}

#[test]
fn texts_read_back() {
    for space in spaces() {
        for arch in raw(&*space) {
            let text = space.display(&arch);
            if space.is_valid(&arch) {
                assert_eq!(space.parse(&text), Ok(arch));
            }
        }
    }
}

#[test]
fn canonical_forms_are_members_that_stand_for_their_class() {
    for space in spaces() {
        let mut classes = BTreeSet::new();
        for arch in raw(&*space) {
            let canonical = space.canonical(&arch);
            assert_eq!(space.canonical(&canonical), canonical);
            assert_eq!(space.class(&canonical), space.class(&arch));
            assert_eq!(space.class(&arch).0, space.index_of(&canonical));
            assert_eq!(space.is_valid(&canonical), space.is_valid(&arch));
            if space.is_valid(&arch) {
                classes.insert(space.class(&arch));
            }
        }
        let (found, count) = (classes.len() as u64, space.class_count());
        match is_enumerable(&*space) {
            true => assert_eq!(found, count, "{}", space.name()),
            false => assert!(found <= count, "{}", space.name()),
        }
    }
}

#[test]
fn the_same_stream_draws_the_same() {
    for space in spaces() {
        let draw = |replicate: &str| {
            let mut rng = derive_rng(3, &[space.name(), replicate]);
            let mut arch = space.sample(&mut rng);
            let mut path = vec![arch];
            for _ in 0..50 {
                arch = space.mutate(&arch, &mut rng);
                path.extend([arch, space.sample(&mut rng)]);
            }
            path
        };
        assert_eq!(draw("0"), draw("0"));
        assert_ne!(draw("0"), draw("1"));
    }
}

/// Pearson's chi-squared test of `observed` against `weights`. The streams are fixed, so it cannot fail by chance later.
pub(super) fn assert_fits(observed: &[u64], weights: &[u64], what: &str) {
    let drawn = observed.iter().sum::<u64>() as f64;
    let total = weights.iter().sum::<u64>() as f64;
    let (mut statistic, mut cells) = (0.0, 0.0);
    for (&seen, &weight) in observed.iter().zip(weights) {
        if weight == 0 {
            assert_eq!(seen, 0, "{what}: impossible, but drawn");
            continue;
        }
        let expected = drawn * weight as f64 / total;
        statistic += (seen as f64 - expected).powi(2) / expected;
        cells += 1.0;
    }
    let reference = ChiSquared::new(cells - 1.0).expect("two cells or more");
    assert!(reference.sf(statistic) > 1e-4, "{what}: {statistic}");
}

/// How often each pair of options is taken by the decisions `first` and `first + 1`.
fn pair_counts(space: &dyn SearchSpace, archs: &[Architecture], first: usize) -> Vec<u64> {
    let options = |at: usize| space.decisions()[at].options.len();
    let mut counts = vec![0; options(first) * options(first + 1)];
    for choices in archs.iter().map(Architecture::decisions) {
        let cell = usize::from(choices[first]) * options(first + 1);
        counts[cell + usize::from(choices[first + 1])] += 1;
    }
    counts
}

/// Large spaces are left out unless all their architectures are valid, and all pairs of options as frequent.
#[test]
fn samples_are_uniform_over_the_valid_architectures() {
    for space in spaces() {
        let mut rng = derive_rng(11, &["uniform", space.name()]);
        let draws: Vec<_> = (0..100_000).map(|_| space.sample(&mut rng)).collect();
        assert!(draws.iter().all(|arch| space.is_valid(arch)));
        let valid: Vec<_> = raw(&*space).filter(|a| space.is_valid(a)).collect();
        let is_whole = is_enumerable(&*space);
        if !is_whole && valid.len() < looks(&*space).count() {
            continue;
        }
        for first in 0..space.decisions().len() - 1 {
            let weights = pair_counts(&*space, &valid, first);
            let weights = match is_whole {
                true => weights,
                false => vec![1; weights.len()],
            };
            let what = format!("{} decisions {first} and next", space.name());
            assert_fits(&pair_counts(&*space, &draws, first), &weights, &what);
        }
    }
}

#[test]
fn graphs_are_labelled_and_in_order() {
    for space in spaces() {
        let mut labels = None;
        for arch in raw(&*space).filter(|arch| space.is_valid(arch)) {
            let graph = space.graph(&arch).expect("a structure");
            assert_eq!(*labels.get_or_insert(graph.labels()), graph.labels());
            assert_eq!(graph.labels()[..2], ["input", "output"]);
            let nodes = graph.nodes();
            assert_eq!((nodes[0], nodes[nodes.len() - 1]), (INPUT, OUTPUT));
            let inner = &nodes[1..nodes.len() - 1];
            let known = 2..graph.labels().len() as u8;
            assert!(inner.iter().all(|label| known.contains(label)));
            assert!(graph.edges().is_sorted_by_key(|&(from, to)| (to, from)));
            for &(from, to) in graph.edges() {
                assert!(from < to && usize::from(to) < nodes.len());
            }
            for node in 1..nodes.len() as u8 - 1 {
                assert!(graph.edges().iter().any(|&(_, to)| to == node));
                assert!(graph.edges().iter().any(|&(from, _)| from == node));
            }
        }
    }
}

#[test]
fn mutants_are_uniform_over_the_neighbors_where_all_are_valid() {
    for space in spaces() {
        let mut rng = derive_rng(12, &["mutants", space.name()]);
        let arch = space.sample(&mut rng);
        let mut neighbors = Vec::new();
        space.neighbors(&arch, &mut neighbors);
        neighbors.sort_unstable();
        let mut seen = vec![0; neighbors.len()];
        for _ in 0..50_000 {
            let mutant = space.mutate(&arch, &mut rng);
            seen[neighbors.binary_search(&mutant).expect("a neighbor")] += 1;
        }
        // A decision is as likely as another, then an option is; weights are scaled to whole numbers.
        let weights: Vec<u64> = neighbors
            .iter()
            .map(|neighbor| {
                let mut pairs = neighbor.decisions().iter().zip(arch.decisions());
                let at = pairs.position(|(a, b)| a != b).expect("differs");
                2_520 / (space.decisions()[at].options.len() as u64 - 1)
            })
            .collect();
        assert_fits(&seen, &weights, space.name());
    }
}

/// The position of a registered space and one of its valid architectures.
fn place_and_arch() -> impl Strategy<Value = (usize, Architecture)> {
    (0..SPACES.len(), any::<u64>()).prop_map(|(at, seed)| {
        let space = (SPACES[at].open)();
        (at, space.sample(&mut derive_rng(seed, &["conformance"])))
    })
}

proptest! {
    #[test]
    fn mutants_differ_in_one_decision_and_are_valid((place, arch) in place_and_arch(), seed: u64) {
        let space = (SPACES[place].open)();
        let mut rng = derive_rng(seed, &["mutate"]);
        for _ in 0..20 {
            let mutant = space.mutate(&arch, &mut rng);
            prop_assert_eq!(distance(&arch, &mutant), 1);
            prop_assert!(space.is_valid(&mutant));
        }
    }

    #[test]
    fn neighbors_are_exactly_the_valid_architectures_one_decision_away((place, arch) in place_and_arch()) {
        let space = (SPACES[place].open)();
        let mut found = Vec::new();
        space.neighbors(&arch, &mut found);
        let distinct: BTreeSet<_> = found.iter().copied().collect();
        prop_assert_eq!(found.len(), distinct.len());
        prop_assert!(found.iter().all(|a| distance(a, &arch) == 1 && space.is_valid(a)));
        if is_enumerable(&*space) {
            let near = raw(&*space).filter(|a| distance(a, &arch) == 1 && space.is_valid(a));
            prop_assert_eq!(&near.collect::<BTreeSet<_>>(), &distinct);
        }
        for neighbor in found {
            let mut back = Vec::new();
            space.neighbors(&neighbor, &mut back);
            prop_assert!(back.contains(&arch));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for space in spaces() {
            if let Ok(arch) = space.parse(&text) {
                prop_assert_eq!(space.parse(&space.display(&arch)), Ok(arch));
            }
        }
    }

    #[test]
    fn a_damaged_text_is_read_or_refused(
        (place, arch) in place_and_arch(),
        at in any::<prop::sample::Index>(),
        cut in 0_usize..3,
        insert in "[0-9a-z|~+:,_(){}\\[\\]'\"é-]{0,3}",
    ) {
        let space = (SPACES[place].open)();
        let text: Vec<char> = space.display(&arch).chars().collect();
        let at = at.index(text.len());
        let end = (at + cut).min(text.len());
        let damaged: String = text[..at].iter().chain(&insert.chars().collect::<Vec<_>>()).chain(&text[end..]).collect();
        if let Ok(arch) = space.parse(&damaged) {
            prop_assert_eq!(space.parse(&space.display(&arch)), Ok(arch));
        }
    }
}
