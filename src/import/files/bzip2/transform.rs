//! The Burrows–Wheeler transform, undone.

/// Chains that are followed at once.
const LANES: usize = 12;
/// Steps between two enlargements of what the lanes have read.
const ROUND: usize = 512;
/// Chains of a large block.
const CHAINS: usize = 128;
/// The least bytes for a chain.
const LEAST: usize = 64;
/// Links written at once.
const FEW: usize = 4;
/// On the link of a place where a chain starts.
const START: u32 = 1 << 31;

/// What a chain reads: part of what a lane does.
#[derive(Clone, Copy, Default)]
struct Chain {
    lane: usize,
    from: usize,
    to: usize,
    /// The chain where it ends.
    next: usize,
    /// Where it starts.
    place: usize,
}

/// The inverse transform, and its memory for the next block.
///
/// It is one chain of places, each known when the link before is there, and the links of a block are more than near
/// caches hold. So chains are started at many places and several followed at once, each up to a place where
/// another starts; then they are put together. A block of some period has several closed chains of which the
/// origin's is gone round more than once, and the others are of no use.
#[derive(Default)]
pub(super) struct Transform {
    /// Of each place: the next place, and below that, in eight bits, its byte.
    links: Vec<u32>,
    /// What the lanes have read, by round.
    rounds: Vec<[[u8; ROUND]; LANES]>,
    chains: Vec<Chain>,
    /// From one place where a chain starts to the next.
    distance: usize,
}

impl Transform {
    /// Makes `bytes` what was transformed to `runs`, where each byte occurs as often as `counts` says.
    pub(super) fn undo(
        &mut self,
        runs: &[u32],
        counts: &[u32; 256],
        origin: usize,
        bytes: &mut Vec<u8>,
    ) {
        let total = counts.iter().sum::<u32>() as usize;
        self.link(runs, counts, total);
        self.start(origin, total);
        self.follow(total);
        self.put_together(origin, total, bytes);
    }

    /// Sorts the places by their bytes.
    #[inline(never)]
    fn link(&mut self, runs: &[u32], counts: &[u32; 256], total: usize) {
        let mut bounds = [(0, 0); 256];
        let mut from = 0;
        for (bounds, count) in bounds.iter_mut().zip(counts) {
            let to = from + *count as usize;
            *bounds = (from, to);
            from = to;
        }
        if self.links.len() < total + 2 {
            self.links.resize(total + 2, 0);
        }
        let mut at = 0;
        for run in runs {
            let (from, end) = &mut bounds[usize::from(*run as u8)];
            let count = (*run >> 8) as usize;
            let link = at << 8 | *run & 0xff;
            if *from + FEW <= *end && count <= FEW {
                // Those too many are written over later.
                let few = [link, link + 0x100, link + 0x200, link + 0x300];
                self.links[*from..*from + FEW].copy_from_slice(&few);
            } else {
                let links = self.links[*from..*from + count].iter_mut();
                for (slot, link) in links.zip((link..).step_by(0x100)) {
                    *slot = link;
                }
            }
            *from += count;
            at += *run >> 8;
        }
    }

    /// Says where chains start: at equal distances, but for the origin.
    fn start(&mut self, origin: usize, total: usize) {
        self.distance = total.div_ceil((total / LEAST).clamp(1, CHAINS));
        let distance = self.distance;
        self.chains.clear();
        self.chains
            .extend((0..total.div_ceil(distance)).map(|at| Chain {
                place: if origin / distance == at {
                    origin
                } else {
                    at * distance
                },
                ..Chain::default()
            }));
        for chain in &self.chains {
            self.links[chain.place] |= START;
        }
        // Where lanes begin, and where they stay when there is nothing more to do.
        self.links[total] = START;
        self.links[total + 1] = (total as u32 + 1) << 8;
    }

    /// Follows all chains.
    #[inline(never)]
    fn follow(&mut self, total: usize) {
        let links = self.links.as_slice();
        let mut places = [total; LANES];
        let mut turns = Turns {
            links,
            chains: &mut self.chains,
            distance: self.distance,
            rest: total + 1,
            works: [None; LANES],
            started: 0,
            done: 0,
        };
        self.rounds.clear();
        while turns.done < turns.chains.len() {
            let before = self.rounds.len() * ROUND;
            let mut round = [[0; ROUND]; LANES];
            for step in 0..ROUND {
                for lane in 0..LANES {
                    let mut link = links[places[lane]];
                    if link & START != 0 {
                        link = turns.turn(lane, before + step, places[lane]);
                    }
                    round[lane][step] = link as u8;
                    places[lane] = (link >> 8) as usize;
                }
            }
            self.rounds.push(round);
        }
    }

    /// Appends what the chains from the origin's on have read, as long as the block is.
    fn put_together(&self, origin: usize, total: usize, bytes: &mut Vec<u8>) {
        bytes.clear();
        let mut left = total;
        let mut chain = &self.chains[origin / self.distance];
        while left > 0 {
            let to = chain.to.min(chain.from + left);
            left -= to - chain.from;
            let mut from = chain.from;
            while from < to {
                let within = from % ROUND;
                let count = (ROUND - within).min(to - from);
                let read = &self.rounds[from / ROUND][chain.lane];
                bytes.extend_from_slice(&read[within..within + count]);
                from += count;
            }
            chain = &self.chains[chain.next];
        }
    }
}

/// Which lane follows which chain.
struct Turns<'t> {
    links: &'t [u32],
    chains: &'t mut [Chain],
    distance: usize,
    rest: usize,
    works: [Option<usize>; LANES],
    started: usize,
    done: usize,
}

impl Turns<'_> {
    /// Ends a lane's chain at a place where another starts; the first link of its next chain.
    #[cold]
    #[inline(never)]
    fn turn(&mut self, lane: usize, step: usize, place: usize) -> u32 {
        if let Some(work) = self.works[lane].take() {
            let chain = &mut self.chains[work];
            chain.to = step;
            chain.next = place / self.distance;
            self.done += 1;
        }
        let mut place = self.rest;
        if let Some(chain) = self.chains.get_mut(self.started) {
            (chain.lane, chain.from) = (lane, step);
            place = chain.place;
            self.works[lane] = Some(self.started);
            self.started += 1;
        }
        self.links[place] & !START
    }
}
