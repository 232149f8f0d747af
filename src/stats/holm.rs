//! Holm's step-down adjustment of p-values for several tests at once.
//!
//! Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
//! Statistics 1979: the i-th smallest of m p-values is multiplied by m − i + 1, and no adjusted
//! value may be below that of a smaller one. It holds the family-wise error under any dependence.

use super::by_value;

/// The adjusted p-values, in the order of `p_values`; empty for no tests.
///
/// `None` when one is not between 0 and 1.
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| by_value(&p_values[a], &p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut floor = 0.0f64;
    for (step, &index) in order.iter().enumerate() {
        let remaining = (p_values.len() - step) as f64;
        floor = floor.max((p_values[index] * remaining).min(1.0));
        adjusted[index] = floor;
    }
    Some(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `statsmodels.stats.multitest.multipletests([.01,.04,.03,.005,.5,.03], method='holm')[1]`
    #[test]
    fn agrees_with_statsmodels() {
        let ours = holm(&[0.01, 0.04, 0.03, 0.005, 0.5, 0.03]).expect("probabilities");
        for (a, b) in ours.iter().zip([0.05, 0.12, 0.12, 0.03, 0.5, 0.12]) {
            assert!((a - b).abs() < 1e-15, "{a} is not {b}");
        }
    }

    #[test]
    fn degenerate_inputs() {
        assert_eq!(holm(&[]), Some(vec![]));
        assert_eq!(holm(&[0.2]), Some(vec![0.2]));
        assert_eq!(holm(&[0.2, f64::NAN]), None);
        assert_eq!(holm(&[-0.1]), None);
    }

    proptest! {
        #[test]
        fn adjusted_values_are_monotone_and_between_raw_and_bonferroni(
            p in prop::collection::vec(0.0..=1.0f64, 1..20)
        ) {
            let adjusted = holm(&p).expect("probabilities");
            for i in 0..p.len() {
                let bonferroni = (p[i] * p.len() as f64).min(1.0);
                prop_assert!(p[i] <= adjusted[i] && adjusted[i] <= bonferroni);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }
}
