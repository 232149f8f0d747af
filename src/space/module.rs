//! A module: a labelled graph of at most seven vertices between an input and an output, its isomorphism and its
//! published hash.
//!
//! Source: Ying, Klein, Christiansen, Real, Murphy, Hutter, "NAS-Bench-101: Towards Reproducible Neural Architecture
//! Search", ICML 2019, arXiv 1902.09635. The hash is an iterated MD5 of degrees, labels and neighbourhoods; its authors
//! checked that it tells all modules of their space apart. NAS-Bench-ASR uses the same hash.

use md5::{Digest, Md5};

/// The most vertices of a module, input and output included.
pub(super) const MAX_VERTICES: usize = 7;

/// A module in topological order: vertex 0 is the input, the last one the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Module {
    /// Vertices in use.
    len: u8,
    /// The vertices that feed each vertex, one bit each.
    feeders: [u8; MAX_VERTICES],
    /// The operation of each vertex; that of the ends is 0.
    operations: [u8; MAX_VERTICES],
}

impl Module {
    /// A module of `operations.len() + 2` vertices; `feeders` has one entry for each.
    pub(super) fn new(feeders: &[u8], operations: &[u8]) -> Self {
        let mut module = Self {
            len: feeders.len() as u8,
            feeders: [0; MAX_VERTICES],
            operations: [0; MAX_VERTICES],
        };
        module.feeders[..feeders.len()].copy_from_slice(feeders);
        module.operations[1..=operations.len()].copy_from_slice(operations);
        module
    }

    /// The number of vertices.
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The operations between the ends.
    pub(super) fn operations(&self) -> &[u8] {
        &self.operations[1..self.len() - 1]
    }

    /// The edges, in the order of targets, then sources.
    pub(super) fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(move |to| {
            let feeds = move |from: &usize| self.feeders[to] >> from & 1 == 1;
            (0..to).filter(feeds).map(move |from| (from, to))
        })
    }

    /// The module without the vertices that are on no path from input to output; `None` where there is no such path.
    pub(super) fn pruned(&self) -> Option<Self> {
        let kept = on_paths(&self.feeders[..self.len()]);
        if kept == 0 {
            return None;
        }
        let below = |vertex: usize| (kept & ((1 << vertex) - 1)).count_ones() as usize;
        let mut pruned = Self {
            len: kept.count_ones() as u8,
            feeders: [0; MAX_VERTICES],
            operations: [0; MAX_VERTICES],
        };
        let is_kept = |vertex: &usize| kept >> vertex & 1 == 1;
        for vertex in (0..self.len()).filter(is_kept) {
            pruned.operations[below(vertex)] = self.operations[vertex];
            let mut feeders = 0;
            for from in (0..vertex).filter(is_kept) {
                feeders |= (self.feeders[vertex] >> from & 1) << below(from);
            }
            pruned.feeders[below(vertex)] = feeders;
        }
        Some(pruned)
    }

    /// The isomorphic module that stands for all of its class: of the vertices that can come next, one with the
    /// smallest feeders and operation does; where several tie, the smallest outcome counts.
    pub(super) fn canonical(&self) -> Self {
        let mut search = CanonicalSearch {
            of: self,
            order: [0; MAX_VERTICES],
            built: Self {
                len: self.len,
                feeders: [0; MAX_VERTICES],
                operations: [0; MAX_VERTICES],
            },
            best: None,
        };
        search.place(1, 1);
        search.best.unwrap_or(*self)
    }

    /// The published MD5, in hex.
    pub(super) fn hash(&self, degree: Degree) -> String {
        let mut hashes: Vec<String> = (0..self.len())
            .map(|vertex| {
                let outgoing = self.edges().filter(|&(from, _)| from == vertex).count();
                let incoming = self.feeders[vertex].count_ones();
                let label = match vertex {
                    0 => -1,
                    _ if vertex + 1 == self.len() => -2,
                    _ => i32::from(self.operations[vertex]),
                };
                let point = match degree {
                    Degree::Whole => "",
                    Degree::Decimal => ".0",
                };
                hex_md5(&format!("({outgoing}{point}, {incoming}{point}, {label})"))
            })
            .collect();
        for _ in 0..self.len() {
            hashes = (0..self.len())
                .map(|vertex| {
                    let around = |pick: fn((usize, usize)) -> (usize, usize)| {
                        let mut near: Vec<&str> = self
                            .edges()
                            .map(pick)
                            .filter(|&(at, _)| at == vertex)
                            .map(|(_, other)| hashes[other].as_str())
                            .collect();
                        near.sort_unstable();
                        near.concat()
                    };
                    let (before, after) = (around(|(from, to)| (to, from)), around(|edge| edge));
                    hex_md5(&format!("{before}|{after}|{}", hashes[vertex]))
                })
                .collect();
        }
        hashes.sort_unstable();
        hex_md5(&format!("['{}']", hashes.join("', '")))
    }
}

/// How degrees are written before they are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Degree {
    /// `2`
    Whole,
    /// `2.0`: the sums of a matrix of floating-point numbers.
    Decimal,
}

/// The vertices on paths from the first vertex to the last, one bit each; 0 where there is no such path.
pub(super) fn on_paths(feeders: &[u8]) -> u8 {
    let mut fed = 1;
    for (vertex, feeders) in feeders.iter().enumerate() {
        fed |= u8::from(feeders & fed != 0) << vertex;
    }
    let mut used = 1 << (feeders.len() - 1);
    for (vertex, feeders) in feeders.iter().enumerate().rev() {
        used |= feeders * (used >> vertex & 1);
    }
    match fed & used & 1 {
        1 => fed & used,
        _ => 0,
    }
}

fn hex_md5(text: &str) -> String {
    let bytes = Md5::digest(text.as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct CanonicalSearch<'a> {
    of: &'a Module,
    /// The vertex at each place.
    order: [usize; MAX_VERTICES],
    built: Module,
    best: Option<Module>,
}

impl CanonicalSearch<'_> {
    /// What `vertex` is at the next place: its feeders by their places, and its operation.
    fn seen(&self, vertex: usize, place: usize) -> (u8, u8) {
        let places = self.order[..place].iter().enumerate();
        let feeders = places.fold(0, |bits, (at, &from)| {
            bits | (self.of.feeders[vertex] >> from & 1) << at
        });
        (feeders, self.of.operations[vertex])
    }

    /// Fills the places from `place` on in every way that can be smallest; `placed` has a bit for each vertex before.
    fn place(&mut self, place: usize, placed: u8) {
        let last = self.of.len() - 1;
        if place == last {
            self.built.feeders[last] = self.seen(last, place).0;
            if self.best.is_none_or(|best| self.built < best) {
                self.best = Some(self.built);
            }
            return;
        }
        let of = self.of;
        let is_ready =
            |&vertex: &usize| placed >> vertex & 1 == 0 && of.feeders[vertex] & !placed == 0;
        let smallest = (1..last)
            .filter(is_ready)
            .map(|v| self.seen(v, place))
            .min();
        for vertex in (1..last).filter(is_ready) {
            let seen = self.seen(vertex, place);
            if Some(seen) == smallest {
                self.order[place] = vertex;
                (self.built.feeders[place], self.built.operations[place]) = seen;
                self.place(place + 1, placed | 1 << vertex);
            }
        }
    }
}
