//! The order of NAS-Bench-201's architectures, by whose positions other publications refer to them.
//!
//! Its authors listed all cells in lexicographic order of their strings' operations, seeded Python's generator with
//! 88 and shuffled. The generator is the Mersenne Twister (Matsumoto & Nishimura, ACM TOMACS 8(1), 1998), the shuffle
//! Fisher and Yates', each draw by rejection: all of it is repeated here, so that no list needs to be at hand.

use crate::space::{Architecture, Nb201, SearchSpace};
use std::sync::LazyLock;

const CELLS: usize = 15_625;
/// The authors' seed.
const SEED: u32 = 88;
/// The operations in the authors' order.
const OPERATIONS: [&str; 5] = [
    "none",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
    "avg_pool_3x3",
];

/// The architecture at each index.
pub(super) fn order() -> &'static [Architecture] {
    static ORDER: LazyLock<Vec<Architecture>> = LazyLock::new(|| {
        let mut order: Vec<Architecture> = (0..CELLS).map(listed).collect();
        let mut twister = Twister::seeded(SEED);
        for last in (1..order.len()).rev() {
            order.swap(last, twister.below(last as u32 + 1) as usize);
        }
        order
    });
    &ORDER
}

/// Where each architecture of the space stands in [`order`].
pub(super) fn places() -> &'static [usize] {
    static PLACES: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let mut places = vec![0; CELLS];
        for (place, arch) in order().iter().enumerate() {
            places[Nb201::shared().index_of(arch) as usize] = place;
        }
        places
    });
    &PLACES
}

/// The cell at this place of the list before it was shuffled.
fn listed(rank: usize) -> Architecture {
    let operation = |at: u32| OPERATIONS[rank / 5usize.pow(5 - at) % 5];
    let (a, b, c) = (operation(0), operation(1), operation(2));
    let (d, e, f) = (operation(3), operation(4), operation(5));
    let text = format!("|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|");
    Nb201::shared()
        .parse(&text)
        .expect("the space's own operations")
}

const N: usize = 624;
const M: usize = 397;

/// The generator of Python's `random`.
struct Twister {
    state: [u32; N],
    at: usize,
}

impl Twister {
    /// `random.seed(seed)`: the reference code's initialisation by an array of one word.
    fn seeded(seed: u32) -> Self {
        let mut state = [0; N];
        state[0] = 19_650_218u32;
        for at in 1..N {
            let before = state[at - 1];
            state[at] = (before ^ (before >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(at as u32);
        }
        let mixed = |state: &[u32; N], at: usize, factor: u32| {
            let before = state[at - 1];
            state[at] ^ (before ^ (before >> 30)).wrapping_mul(factor)
        };
        let mut at = 1;
        let mut step = |state: &mut [u32; N], seed: Option<u32>| {
            state[at] = match seed {
                Some(seed) => mixed(state, at, 1_664_525).wrapping_add(seed),
                None => mixed(state, at, 1_566_083_941).wrapping_sub(at as u32),
            };
            at += 1;
            if at == N {
                state[0] = state[N - 1];
                at = 1;
            }
        };
        for _ in 0..N {
            step(&mut state, Some(seed));
        }
        for _ in 1..N {
            step(&mut state, None);
        }
        state[0] = 0x8000_0000;
        Self { state, at: N }
    }

    fn next(&mut self) -> u32 {
        if self.at == N {
            for at in 0..N {
                let y = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % N] & 0x7fff_ffff);
                let mask = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[at] = self.state[(at + M) % N] ^ (y >> 1) ^ mask;
            }
            self.at = 0;
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// A uniform draw below `bound`: as many bits as it has, again until the number is smaller.
    fn below(&mut self, bound: u32) -> u32 {
        loop {
            let drawn = self.next() >> bound.leading_zeros();
            if drawn < bound {
                return drawn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `random.seed(88); [random.getrandbits(32) for _ in range(3)]` and `l = list(range(10)); random.seed(88);
    /// random.shuffle(l)` (Python 3.11).
    #[test]
    fn the_generator_is_pythons() {
        let mut twister = Twister::seeded(88);
        let drawn: Vec<u32> = (0..3).map(|_| twister.next()).collect();
        assert_eq!(drawn, [1707201716, 4182107318, 813946014]);
        let mut twister = Twister::seeded(88);
        let mut list: Vec<u32> = (0..10).collect();
        for last in (1..10).rev() {
            list.swap(last, twister.below(last as u32 + 1) as usize);
        }
        assert_eq!(list, [8, 2, 9, 4, 0, 7, 1, 5, 3, 6]);
    }

    /// The first two architectures of the benchmark.
    #[test]
    fn the_first_architectures_are_the_published_ones() {
        let text = |at: usize| Nb201::shared().display(&order()[at]);
        assert_eq!(
            text(0),
            "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
        );
        assert_eq!(
            text(1),
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
        );
    }
}
