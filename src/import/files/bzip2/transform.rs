//! The Burrows–Wheeler transform, undone.

/// Chains that are followed at once.
const LANES: usize = 12;
/// Steps between two enlargements of what the lanes have read.
const ROUND: usize = 512;
/// Chains of a large block.
const CHAINS: usize = 128;
/// The least bytes of a block for each chain.
const LEAST: usize = 64;
/// Links written at once.
const FEW: usize = 8;
/// On the link of a place where a chain starts.
const START: u32 = 1 << 31;

/// What is followed from the place of a start to the next.
struct Chain {
    place: usize,
    /// The lane that read it, and between which of its steps.
    lane: usize,
    from: usize,
    to: usize,
    /// The chain that starts where it ends.
    next: usize,
}

/// The inverse transform, and its memory for the next block.
///
/// It is a chain of places, each known only when the link before is there, and the links of a block are more than near
/// caches hold. So chains are started at many places and several followed at once, each to where another starts;
/// then they are put together from the origin on. The chain of a block with a period is closed before its end, and
/// gone round again; there are others, of no use, beside it.
#[derive(Default)]
pub(super) struct Transform {
    /// Of each place: the next, and below that, in eight bits, its byte.
    links: Vec<u32>,
    /// What the lanes have read.
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

    /// Links the places in the order of their bytes.
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
            if count <= FEW && *from + FEW <= *end {
                // Those too many are written over by the byte's next run.
                let few: [u32; FEW] = std::array::from_fn(|at| link + 0x100 * at as u32);
                self.links[*from..*from + FEW].copy_from_slice(&few);
            } else {
                let links = &mut self.links[*from..*from + count];
                for (slot, link) in links.iter_mut().zip((link..).step_by(0x100)) {
                    *slot = link;
                }
            }
            *from += count;
            at += *run >> 8;
        }
    }

    /// Starts chains at equal distances, but for that of the origin.
    fn start(&mut self, origin: usize, total: usize) {
        let distance = total.div_ceil((total / LEAST).clamp(1, CHAINS));
        self.distance = distance;
        self.chains.clear();
        for (at, place) in (0..total).step_by(distance).enumerate() {
            let place = match origin / distance == at {
                true => origin,
                false => place,
            };
            self.links[place] |= START;
            self.chains.push(Chain {
                place,
                lane: 0,
                from: 0,
                to: 0,
                next: 0,
            });
        }
        // Where lanes are before their first chain, and after their last.
        self.links[total] = START;
        self.links[total + 1] = (total as u32 + 1) << 8;
    }

    /// Follows all chains.
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
                for (lane, (place, read)) in places.iter_mut().zip(&mut round).enumerate() {
                    let mut link = links[*place];
                    if link & START != 0 {
                        link = turns.turn(lane, before + step, *place);
                    }
                    read[step] = link as u8;
                    *place = (link >> 8) as usize;
                }
            }
            self.rounds.push(round);
        }
    }

    /// What the chains have read, from the origin's on and as long as the block is.
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
    /// Where a lane stays that has nothing more to do.
    rest: usize,
    works: [Option<usize>; LANES],
    started: usize,
    done: usize,
}

impl Turns<'_> {
    /// Ends a lane's chain at a place where another starts; the first link of what the lane follows next.
    // Put in its place, it would take the lanes' places out of registers.
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
