use super::*;
use crate::rng::derive_rng;
use proptest::prelude::*;

const V: [f64; 9] = [3.1, 0.2, 5.5, 2.2, 9.7, 1.4, 4.8, 0.9, 7.3];

/// `v=[3.1,.2,5.5,2.2,9.7,1.4,4.8,.9,7.3]; scipy.stats.bootstrap((v,), f, n_resamples=400000,
/// method=m, rng=1, vectorized=True, batch=5000).confidence_interval` with f = np.mean, np.median
/// and `lambda a, axis: scipy.stats.trim_mean(a, .25, axis=axis)`, m = 'percentile' and 'BCa'.
#[test]
fn intervals_agree_with_scipy_within_monte_carlo_error() {
    use {Ends::*, Statistic::*};
    for (statistic, ends, low, high) in [
        (Mean, Percentile, 2.0444444444444443, 5.944444444444445),
        (Mean, BiasCorrected, 2.1999999999999997, 6.166666666666667),
        (Median, Percentile, 0.9, 7.3),
        (Median, BiasCorrected, 0.9, 7.3),
        (InterquartileMean, Percentile, 1.42, 6.22),
        (InterquartileMean, BiasCorrected, 1.36, 6.08),
    ] {
        let mut rng = derive_rng(1, &["bootstrap"]);
        let ours = interval(&V, statistic, ends, 0.95, 200_000, &mut rng).expect("defined");
        assert!(
            (ours.low - low).abs() < 0.05,
            "{statistic:?} {ends:?} {ours:?}"
        );
        assert!(
            (ours.high - high).abs() < 0.05,
            "{statistic:?} {ends:?} {ours:?}"
        );
        assert_eq!(Some(ours.estimate), statistic.of(&V));
    }
}

/// With three values all 27 resamples can be listed: their means are the exact bootstrap.
#[test]
fn draws_are_uniform_over_all_resamples() {
    let values = [0.0, 1.0, 10.0];
    let mut rng = derive_rng(3, &["uniform"]);
    let draws = Draws::new(3, 270_000, &mut rng).expect("some");
    let mut means = vec![0.0; 270_000];
    draws.means(&values, &mut means);
    let mut exact: Vec<f64> = Vec::new();
    for a in values {
        for b in values {
            exact.extend(values.map(|c| (a + b + c) / 3.0));
        }
    }
    for cut in [0.0, 0.5, 1.0, 3.4, 4.1, 7.1] {
        let share = |v: &[f64]| v.iter().filter(|m| **m <= cut).count() as f64 / v.len() as f64;
        assert!((share(&means) - share(&exact)).abs() < 0.004, "{cut}");
    }
}

/// A 90 % interval of the mean of 30 uniform values should cover 0.5 about 90 % of the time; the
/// percentile bootstrap is known to fall a little short.
#[test]
fn coverage_is_near_the_level() {
    let mut rng = derive_rng(11, &["coverage"]);
    let mut covered = 0;
    for _ in 0..1000 {
        let v: Vec<f64> = (0..30)
            .map(|_| f64::from(rng.next_u32()) / 2f64.powi(32))
            .collect();
        let i = interval(&v, Statistic::Mean, Ends::Percentile, 0.9, 500, &mut rng);
        covered += usize::from(i.is_some_and(|i| i.low <= 0.5 && 0.5 <= i.high));
    }
    assert!((850..=930).contains(&covered), "{covered} of 1000");
}

#[test]
fn degenerate_inputs() {
    let rng = &mut derive_rng(1, &["x"]);
    let same = Some(Interval {
        estimate: 0.1,
        low: 0.1,
        high: 0.1,
    });
    for statistic in [
        Statistic::Mean,
        Statistic::Median,
        Statistic::InterquartileMean,
    ] {
        for ends in [Ends::Percentile, Ends::BiasCorrected] {
            assert_eq!(interval(&[], statistic, ends, 0.95, 10, rng), None);
            assert_eq!(interval(&[f64::NAN], statistic, ends, 0.95, 10, rng), None);
            assert_eq!(interval(&V, statistic, ends, 1.0, 10, rng), None);
            assert_eq!(interval(&V, statistic, ends, 0.95, 0, rng), None);
            assert_eq!(interval(&[0.1], statistic, ends, 0.95, 1, rng), same);
            assert_eq!(interval(&[0.1; 7], statistic, ends, 0.95, 50, rng), same);
        }
        let band = |curves: &[Vec<Option<f64>>], rng: &mut StreamRng| {
            super::band(curves, statistic, 0.95, 20, rng)
        };
        assert_eq!(band(&[], rng), None);
        assert_eq!(band(&[vec![Some(1.0)], vec![]], rng), None);
        assert_eq!(band(&[vec![Some(f64::NAN)]], rng), None);
        let rows = vec![vec![None, Some(0.1)], vec![Some(3.0), Some(0.1)]];
        assert_eq!(band(&rows, rng), Some(vec![None, same]));
    }
}

/// A band is at every point the interval from the same draws.
#[test]
fn a_band_resamples_whole_replicates() {
    for statistic in [
        Statistic::Mean,
        Statistic::Median,
        Statistic::InterquartileMean,
    ] {
        let curves: Vec<Vec<Option<f64>>> = V
            .iter()
            .map(|v| vec![Some(*v), Some(-2.0 * v), Some(v * v)])
            .collect();
        let stream = || derive_rng(5, &["band"]);
        let band = band(&curves, statistic, 0.9, 400, &mut stream()).expect("defined");
        for (point, ours) in band.iter().enumerate() {
            let values = column(&curves, point).expect("defined");
            let ours = ours.expect("defined");
            let alone = interval(
                &values,
                statistic,
                Ends::Percentile,
                0.9,
                400,
                &mut stream(),
            );
            let alone = alone.expect("defined");
            assert!((ours.low - alone.low).abs() < 1e-12);
            assert!((ours.high - alone.high).abs() < 1e-12);
        }
    }
}

proptest! {
    /// A resample's statistic from counts against the statistic of the written-out resample.
    #[test]
    fn counts_give_the_statistic_of_the_resample(
        values in prop::collection::vec((-9..9i32).prop_map(f64::from), 1..30),
        seed: u64,
    ) {
        let draws = Draws::new(values.len(), 3, &mut derive_rng(seed, &["p"])).expect("some");
        let ordered = Ordered::new(&values);
        for counts in draws.rows() {
            let written: Vec<f64> = values
                .iter()
                .zip(counts)
                .flat_map(|(v, c)| std::iter::repeat_n(*v, *c as usize))
                .collect();
            prop_assert_eq!(written.len(), values.len());
            for statistic in [Statistic::Mean, Statistic::Median, Statistic::InterquartileMean] {
                let ours = ordered.resampled(counts, statistic);
                let expected = statistic.of(&written).expect("defined");
                prop_assert!((ours - expected).abs() < 1e-12, "{:?}", statistic);
            }
        }
    }

    #[test]
    fn selected_quantiles_are_sorted_quantiles(
        v in prop::collection::vec(-9.0..9.0f64, 1..50), p in 0.0..=1.0f64
    ) {
        let expected = super::super::summary::quantile(&v, p).expect("defined");
        let ours = select_quantile(&mut v.clone(), p).expect("defined");
        prop_assert!((ours - expected).abs() < 1e-12);
    }
}
