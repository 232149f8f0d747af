//! Sums that are exact in any order: numbers as multiples of a power of two, of which no sum overflows.
//!
//! What is predicted from the same numbers is then the same to the bit, in whatever order and groups they were added; ties stay
//! ties.

/// Room for sums, one bit short of the sign.
const BITS: i32 = 62;

/// What numbers are counted in: a power of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit(f64);

impl Unit {
    /// The smallest one for sums of `count` numbers, none larger than `largest` in magnitude.
    pub(super) fn for_sums(count: usize, largest: f64) -> Self {
        let log2 = |v: f64| v.max(f64::MIN_POSITIVE).log2();
        let above = (log2(largest) + log2(count as f64)).floor() as i32 + 1;
        Self(2.0_f64.powi((above - BITS).max(-1022)))
    }

    /// The nearest multiple.
    #[inline(always)]
    pub(super) fn whole(self, value: f64) -> i64 {
        let units = value * self.0.recip();
        // What `round` does, without a call of a library; of a power of two the reciprocal is exact.
        (units + 0.5_f64.copysign(units)) as i64
    }

    /// What a sum of multiples stands for.
    pub(super) fn value(self, sum: i64) -> f64 {
        sum as f64 * self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums known beforehand: all numbers are multiples of a sixteenth.
    #[test]
    fn sums_are_exact_up_to_the_bound() {
        let cases: [(Vec<f64>, f64); 6] = [
            (vec![], 0.0),
            (vec![0.0, 0.0], 0.0),
            (vec![-0.0625; 1000], -62.5),
            (vec![1.0; 64], 64.0),
            (vec![0.5, 1e15, -1e15, 0.0625], 0.5625),
            (vec![-1e308, 1e308], 0.0),
        ];
        for (numbers, sum) in cases {
            let largest = numbers.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            let unit = Unit::for_sums(numbers.len(), largest);
            let wholes: Vec<i64> = numbers.iter().map(|&v| unit.whole(v)).collect();
            let found = unit.value(wholes.iter().sum());
            let bound = numbers.len() as f64 * 1e-16 * largest;
            assert!((found - sum).abs() <= bound, "{found}, not {sum}");
            let sum = wholes.iter().map(|w| w.unsigned_abs()).sum::<u64>();
            assert!(sum <= 1 << BITS);
        }
    }
}
