//! Predictions equal to those of scikit-learn, XGBoost and NumPy on a small fixed training set.
//!
//! ```python
//! cells = np.array(list(itertools.product(range(5), repeat=6)))
//! one_hot = OneHotEncoder(categories=[range(5)] * 6, sparse_output=False).fit_transform
//! X = one_hot(cells[[i * 1237 % 15625 for i in range(60)]])
//! Q = one_hot(cells[[(i * 7919 + 5) % 15625 for i in range(6)]])
//! y = np.array([(i * 37 % 19) / 10 - 0.9 + 0.005 * i for i in range(60)])
//! ```

use super::{Predictions, Predictor};
use crate::rng::derive_rng;
use crate::space::{Architecture, Nb201, SearchSpace};

pub(super) fn training_set() -> (Vec<Architecture>, Vec<f64>) {
    let archs = (0..60)
        .map(|i| Nb201::shared().at_index(i * 1237 % 15625))
        .collect();
    let targets = (0..60).map(|i| f64::from(i * 37 % 19) / 10.0 - 0.9 + 0.005 * f64::from(i));
    (archs, targets.collect())
}

pub(super) fn queries() -> Vec<Architecture> {
    (0..6)
        .map(|i| Nb201::shared().at_index((i * 7919 + 5) % 15625))
        .collect()
}

fn predictions(name: &str, parameters: &str) -> Predictions {
    let space = Nb201::shared();
    let mut table: toml::Table = parameters.parse().expect("a table");
    table.insert("target".into(), "plain".into());
    let predictor = Predictor::configure(name, table).expect("legal");
    let (archs, targets) = training_set();
    let mut rng = derive_rng(0, &["reference"]);
    let fitted = predictor
        .fit(&*space, &archs, None, &targets, &mut rng)
        .expect("fits");
    fitted
        .predict(&*space, &queries(), None)
        .expect("of the space")
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!(
            (f - e).abs() < tolerance,
            "{what}: {found:?} is not {expected:?}"
        );
    }
}

/// `Ridge(alpha=1.0)`, `Lasso(alpha=0.01, tol=1e-12, max_iter=100000)`,
/// `ElasticNet(alpha=0.01, l1_ratio=0.5, tol=1e-12, max_iter=100000)`, each `.fit(X, y).predict(Q)`
#[test]
fn linear_models_agree_with_scikit_learn() {
    let ridge = [
        -0.3234424078,
        -0.4166473647,
        -0.3427411976,
        0.3471327283,
        -0.2832610103,
        -0.1811454004,
    ];
    assert_close(&predictions("ridge", "").mean, &ridge, 1e-8, "ridge");
    let lasso = [
        -0.1820958441,
        -0.2068580212,
        -0.2679576168,
        0.2063926393,
        -0.2176121072,
        -0.1210247273,
    ];
    assert_close(&predictions("lasso", "").mean, &lasso, 1e-7, "lasso");
    let net = [
        -0.2894879482,
        -0.2284172809,
        -0.3783692667,
        0.2559200542,
        -0.2797493188,
        -0.196970963,
    ];
    assert_close(
        &predictions("elastic-net", "").mean,
        &net,
        1e-7,
        "elastic net",
    );
}

/// `BayesianRidge(tol=1e-9, max_iter=100000).fit(X, y).predict(Q, return_std=True)`
#[test]
fn bayesian_ridge_agrees_with_scikit_learn() {
    let found = predictions("bayesian-ridge", "iterations = 100000\ntolerance = 1e-9");
    let mean = [
        -0.3077736295,
        -0.3820375622,
        -0.3115945824,
        0.3195818954,
        -0.2772571597,
        -0.1518471771,
    ];
    assert_close(&found.mean, &mean, 1e-6, "mean");
    let std = [
        0.365184568,
        0.3906654457,
        0.3956435128,
        0.3999643152,
        0.3509873308,
        0.3857782111,
    ];
    assert_close(
        &found.std.expect("has one"),
        &std,
        1e-6,
        "standard deviation",
    );
}

/// `SVR(tol=1e-9).fit(X, y).predict(Q)` and the same of `NuSVR(tol=1e-9)`
#[test]
fn support_vectors_agree_with_scikit_learn() {
    let svr = [
        -0.3236248555,
        -0.1640089549,
        -0.0294984308,
        0.0966590771,
        -0.3574968983,
        0.0847132765,
    ];
    assert_close(
        &predictions("svr", "tolerance = 1e-9").mean,
        &svr,
        1e-6,
        "svr",
    );
    let nu = [
        -0.3225709265,
        -0.1673461871,
        -0.0329408424,
        0.0979966086,
        -0.3629656464,
        0.0811608912,
    ];
    assert_close(
        &predictions("nu-svr", "tolerance = 1e-9").mean,
        &nu,
        1e-4,
        "nu-svr",
    );
}

/// `KNeighborsRegressor(n_neighbors=k).fit(X, y).predict(Q)` where no two are equally far as the k-th: k = 1 of queries
/// 0, 3, 4, 5 and k = 3 of queries 0, 4
#[test]
fn neighbors_agree_with_scikit_learn() {
    for distance in ["hamming", "euclidean"] {
        let with = |k: usize| {
            predictions(
                "k-nearest-neighbors",
                &format!("k = {k}\ndistance = \"{distance}\""),
            )
            .mean
        };
        let (one, three) = (with(1), with(3));
        assert_close(
            &[one[0], one[3], one[4], one[5]],
            &[-0.9, 0.335, -0.235, 0.05],
            1e-9,
            distance,
        );
        assert_close(
            &[three[0], three[4]],
            &[-0.2033333333, -0.4566666667],
            1e-9,
            distance,
        );
    }
}

/// `XGBRegressor(base_score=y.mean(), **kw).fit(X, y).predict(Q)` with `tree_method='exact', n_estimators=20, max_depth=3,
/// learning_rate=.3, reg_lambda=1`; the same with `n_estimators=10, max_depth=6, reg_lambda=2, reg_alpha=.1,
/// min_child_weight=2`; and `tree_method='hist', n_estimators=15, max_depth=0, max_leaves=5, grow_policy='lossguide',
/// learning_rate=.2`
#[test]
fn boosting_agrees_with_xgboost() {
    let plain = [
        -0.761236012,
        -0.2119721025,
        -0.0877785459,
        -0.1848023534,
        -0.3606203496,
        0.2911309302,
    ];
    let found = predictions("gradient-boosting", "rounds = 20\nmax_depth = 3").mean;
    assert_close(&found, &plain, 1e-5, "depth 3");
    let penalised = [
        -0.5428653955,
        -0.0437154025,
        0.056882374,
        -0.1760760546,
        -0.328060329,
        0.3700482249,
    ];
    let found = predictions(
        "gradient-boosting",
        "rounds = 10\nlambda = 2.0\nalpha = 0.1\nmin_child_weight = 2.0",
    )
    .mean;
    assert_close(&found, &penalised, 1e-5, "penalised");
    let by_leaves = [
        -0.3281112909,
        -0.2509282827,
        -0.1019027382,
        -0.0987918675,
        -0.2373142987,
        0.2907832861,
    ];
    let parameters = "rounds = 15\nmax_depth = 64\nmax_leaves = 5\nlearning_rate = 0.2";
    assert_close(
        &predictions("gradient-boosting", parameters).mean,
        &by_leaves,
        1e-5,
        "by leaves",
    );
}

/// `DecisionTreeRegressor(max_depth=3, min_samples_leaf=2).fit(X, y).predict(Q)`: a forest of one whole tree, but for
/// query 5, where two splits gain the same and scikit-learn draws one
#[test]
fn a_forest_of_one_tree_agrees_with_scikit_learn() {
    let parameters =
        "trees = 1\nbootstrap = false\nmax_features = 1.0\nmax_depth = 3\nmin_leaf = 2";
    let tree = [0.2859677419, -0.5675, -0.3775, 0.2859677419, -0.5675];
    assert_close(
        &predictions("random-forest", parameters).mean[..5],
        &tree,
        1e-9,
        "tree",
    );
}

/// ```python
/// def posterior(k, lengths):
///     best = (np.inf,)
///     c = y - y.mean()
///     for l in lengths:
///         for s in [1e-3, 1e-2, .03, .1, .2, .4, 1., 2.]:
///             K = k(X, X, l) + s * np.eye(60); a = np.linalg.solve(K, c); v = c @ a / 60
///             best = min(best, (60 * np.log(v) + np.linalg.slogdet(K)[1], l, s, a, v, K), key=lambda b: b[0])
///     _, l, s, a, v, K = best; ks = k(Q, X, l)
///     return y.mean() + ks @ a, np.sqrt(v * (1 - np.einsum('ij,ij->i', ks, np.linalg.solve(K, ks.T).T) + s))
/// d = lambda A, B: ((A[:, None] - B[None]) ** 2).sum(2); m = d(X, X).sum() / (60 * 59)
/// posterior(lambda A, B, l: A @ B.T / 6, [1])
/// posterior(lambda A, B, l: np.exp(-.5 * d(A, B) / l), [m * f * f for f in (.25, .5, .75, 1, 1.5, 2.5)])
/// ```
#[test]
fn gaussian_processes_on_features_agree_with_numpy() {
    let found = predictions("feature-gaussian-process", "");
    let mean = [
        -0.3141738489,
        -0.3957527411,
        -0.3243120013,
        0.3297219236,
        -0.2799436874,
        -0.1637180742,
    ];
    assert_close(&found.mean, &mean, 1e-8, "cosine");
    let std = [
        0.3618163685,
        0.3880599632,
        0.3929446888,
        0.3975108189,
        0.3473927363,
        0.3826540894,
    ];
    assert_close(&found.std.expect("has one"), &std, 1e-8, "cosine");
    let found = predictions(
        "feature-gaussian-process",
        "kernel = \"squared-exponential\"",
    );
    let mean = [
        -0.3066463629,
        -0.3292900376,
        -0.2632122467,
        0.2733959036,
        -0.2910374374,
        -0.1052130347,
    ];
    assert_close(&found.mean, &mean, 1e-8, "squared exponential");
    let std = [
        0.3890020019,
        0.4156770157,
        0.4219577797,
        0.424401865,
        0.3773739999,
        0.4124672996,
    ];
    assert_close(&found.std.expect("has one"), &std, 1e-8, "squared");
}

/// `PLSRegression(k).fit(X, y).predict(Q)` of scikit-learn, k = 2 and 4
#[test]
fn partial_least_squares_agrees_with_scikit_learn() {
    let two = [
        -0.3416011943,
        -0.3618290005,
        -0.1438103037,
        0.300588749,
        -0.3863795619,
        -0.068415954,
    ];
    let found = predictions("partial-least-squares", "").mean;
    assert_close(&found, &two, 1e-8, "two components");
    let four = [
        -0.3200771572,
        -0.4135302386,
        -0.4383221737,
        0.2333228905,
        -0.2781019765,
        -0.2607788319,
    ];
    let found = predictions("partial-least-squares", "components = 4").mean;
    assert_close(&found, &four, 1e-8, "four components");
}
