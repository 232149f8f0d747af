//! The Friedman test that several strategies do equally well over common blocks, with the
//! Iman–Davenport F and Kendall's coefficient of concordance W.
//!
//! Friedman, "The use of ranks to avoid the assumption of normality", JASA 1937, with the
//! correction for ties; Iman and Davenport, "Approximations of the critical region of the Friedman
//! statistic", Communications in Statistics 1980; recommended by Demšar, "Statistical comparisons
//! of classifiers over multiple data sets", JMLR 2006. All three follow from the same integer
//! sums, so a block-wise perfect agreement is recognised exactly.

use super::rank::{ranks_and_ties, tie_term};
use super::shape;
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};

/// The result of [`friedman`].
#[derive(Debug, Clone, PartialEq)]
pub struct Friedman {
    /// The number of blocks, N.
    pub blocks: usize,
    /// The number of strategies, k.
    pub strategies: usize,
    /// The mean rank of each strategy, 1 being best.
    pub mean_ranks: Vec<f64>,
    /// Friedman's χ², corrected for ties; 0 when every block is all tied.
    pub chi_squared: f64,
    /// The degrees of freedom of χ², k − 1.
    pub degrees: usize,
    /// The p-value of χ².
    pub p_chi_squared: f64,
    /// The Iman–Davenport form, the better calibrated; `None` with a single block.
    pub iman_davenport: Option<ImanDavenport>,
    /// Kendall's W from 0 (no agreement between blocks) to 1 (the same order in every block).
    pub kendall_w: f64,
}

/// The Iman–Davenport F of a Friedman test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImanDavenport {
    /// The statistic F; `None` where it is unbounded, when all blocks agree perfectly.
    pub statistic: Option<f64>,
    /// The numerator's and the denominator's degrees of freedom, k − 1 and (k − 1)(N − 1).
    pub degrees: (usize, usize),
    /// The p-value of F, 0 where F is unbounded.
    pub p_value: f64,
}

/// The Friedman test over `rows` (a block each: a task or replicate), one column a strategy.
///
/// `None` for an empty or ragged table, a value that is not finite, or fewer than two strategies.
pub fn friedman<R: AsRef<[f64]>>(rows: &[R]) -> Option<Friedman> {
    let (blocks, strategies) = shape(rows)?;
    if strategies < 2 {
        return None;
    }
    let (n, k) = (blocks as f64, strategies as f64);
    let mut sums = vec![0.0; strategies];
    let mut ties = 0.0;
    for row in rows {
        let (ranks, tied) = ranks_and_ties(row.as_ref());
        ties += tie_term(&tied);
        for (sum, rank) in sums.iter_mut().zip(ranks) {
            *sum += rank;
        }
    }
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let between = (12.0 * squares - 3.0 * n * n * k * (k + 1.0) * (k + 1.0)).max(0.0);
    let total = n * (n * k * (k * k - 1.0) - ties);
    let kendall_w = if total > 0.0 { between / total } else { 0.0 };
    let degrees = strategies - 1;
    let chi_squared = n * (k - 1.0) * kendall_w;
    Some(Friedman {
        blocks,
        strategies,
        mean_ranks: sums.iter().map(|sum| sum / n).collect(),
        chi_squared,
        degrees,
        p_chi_squared: ChiSquared::new(degrees as f64).ok()?.sf(chi_squared),
        iman_davenport: iman_davenport(between, total, blocks, strategies),
        kendall_w,
    })
}

/// F = (N − 1) W / (1 − W) with W = between / total.
fn iman_davenport(between: f64, total: f64, blocks: usize, k: usize) -> Option<ImanDavenport> {
    if blocks < 2 {
        return None;
    }
    let degrees = (k - 1, (k - 1) * (blocks - 1));
    let (statistic, p_value) = if between == 0.0 {
        (Some(0.0), 1.0)
    } else if between >= total {
        (None, 0.0)
    } else {
        let f = (blocks - 1) as f64 * between / (total - between);
        let law = FisherSnedecor::new(degrees.0 as f64, degrees.1 as f64).ok()?;
        (Some(f), law.sf(f))
    };
    Some(ImanDavenport {
        statistic,
        degrees,
        p_value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-11 * (1.0 + b.abs()), "{a} is not {b}");
    }

    /// `r=np.array([[9,7,6,8],[4,4,5,1],[3,2,2,2],[8,8,8,8],[5,6,3,4],[1,2,4,3]])`
    /// `c,p=scipy.stats.friedmanchisquare(*r.T); F=5*c/(18-c); scipy.stats.f.sf(F,3,15); c/18`
    #[test]
    fn agrees_with_scipy_with_ties() {
        let rows = [
            [9.0, 7.0, 6.0, 8.0],
            [4.0, 4.0, 5.0, 1.0],
            [3.0, 2.0, 2.0, 2.0],
            [8.0; 4],
            [5.0, 6.0, 3.0, 4.0],
            [1.0, 2.0, 4.0, 3.0],
        ];
        let result = friedman(&rows).expect("defined");
        close(result.chi_squared, 0.8666666666666742);
        close(result.p_chi_squared, 0.8334635314744566);
        close(result.kendall_w, 0.04814814814814857);
        let f = result.iman_davenport.expect("six blocks");
        close(f.statistic.expect("bounded"), 0.2529182879377455);
        close(f.p_value, 0.8580338810340872);
        assert_eq!((result.degrees, f.degrees), (3, (3, 15)));
    }

    /// `scipy.stats.friedmanchisquare([1,1,2,1],[2,3,1,2],[3,2,3,3])`
    #[test]
    fn agrees_with_scipy_without_ties() {
        let rows = [
            [1.0, 2.0, 3.0],
            [1.0, 3.0, 2.0],
            [2.0, 1.0, 3.0],
            [1.0, 2.0, 3.0],
        ];
        let result = friedman(&rows).expect("defined");
        close(result.chi_squared, 4.5);
        close(result.p_chi_squared, 0.10539922456186433);
    }

    #[test]
    fn degenerate_tables_are_defined() {
        assert_eq!(friedman::<Vec<f64>>(&[]), None);
        assert_eq!(friedman(&[[1.0], [2.0]]), None);
        assert_eq!(friedman(&[[1.0, f64::NAN]]), None);
        let tied = friedman(&[[1.0; 3]; 4]).expect("defined");
        assert_eq!(
            (tied.chi_squared, tied.p_chi_squared, tied.kendall_w),
            (0.0, 1.0, 0.0)
        );
        assert_eq!(tied.iman_davenport.map(|f| f.p_value), Some(1.0));
        let agreed = friedman(&[[1.0, 2.0, 3.0]; 5]).expect("defined");
        assert_eq!((agreed.chi_squared, agreed.kendall_w), (10.0, 1.0));
        let f = agreed.iman_davenport.expect("five blocks");
        assert_eq!((f.statistic, f.p_value), (None, 0.0));
        let single = friedman(&[[3.0, 1.0]]).expect("defined");
        assert_eq!((single.kendall_w, single.iman_davenport), (1.0, None));
    }

    proptest! {
        #[test]
        fn permuting_blocks_or_strategies_keeps_the_test(
            rows in prop::collection::vec(prop::array::uniform4((0..6i32).prop_map(f64::from)), 1..12)
        ) {
            let result = friedman(&rows).expect("defined");
            prop_assert!((0.0..=1.0).contains(&result.kendall_w));
            prop_assert!((0.0..=1.0).contains(&result.p_chi_squared));
            let turned: Vec<[f64; 4]> =
                rows.iter().rev().map(|[a, b, c, d]| [*c, *a, *d, *b]).collect();
            let other = friedman(&turned).expect("defined");
            prop_assert_eq!(result.chi_squared, other.chi_squared);
            prop_assert_eq!(result.iman_davenport, other.iman_davenport);
        }
    }
}
