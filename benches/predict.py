"""Time of fits and predictions with scikit-learn, XGBoost and LightGBM, one thread: the peer of `benches/predict.rs`, which writes
the file DATA.

    OMP_NUM_THREADS=1 python benches/predict.py DATA [RUST_OUTPUT]

With what `benches/predict.rs` printed, prints a table of both and their ratios.
"""

import sys
import time
import warnings

import lightgbm
import numpy as np
import xgboost
from scipy.stats import norm, rankdata
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVR

warnings.filterwarnings("ignore")
RUNS = 3

table = np.loadtxt(sys.argv[1], delimiter=",")
order = np.argsort(table[:, 0])
metric, cells = table[:, 1], table[:, 2:].astype(int)
one_hot = np.hstack([np.eye(cells[:, d].max() + 1)[cells[:, d]] for d in range(cells.shape[1])])

COMPARED = [
    ("random forest", lambda: RandomForestRegressor(500, max_features="sqrt", n_jobs=1)),
    ("extra trees", lambda: ExtraTreesRegressor(500, max_features="sqrt", n_jobs=1)),
    (
        "boosting by depth",
        lambda: xgboost.XGBRegressor(n_estimators=500, learning_rate=0.1, max_depth=6, tree_method="hist", n_jobs=1),
    ),
    (
        "boosting by leaves",
        lambda: lightgbm.LGBMRegressor(
            n_estimators=500, learning_rate=0.1, num_leaves=31, min_child_samples=5, reg_lambda=1.0, n_jobs=1, verbose=-1
        ),
    ),
    ("support vectors", SVR),
    ("nearest neighbours", lambda: KNeighborsRegressor(5, n_jobs=1)),
    (
        "Gaussian process",
        lambda: GaussianProcessRegressor(ConstantKernel() * RBF(3.0) + WhiteKernel(), normalize_y=True),
    ),
]


def read(line):
    name, figures = line.rsplit(": ", 1)
    return name, [float(part.split()[0]) for part in figures.split(", ")]


ours = dict(read(line) for line in open(sys.argv[2]) if "µs" in line) if len(sys.argv) > 2 else {}
if ours:
    print("| | n | fit ms | Python | ratio | predict µs | Python | ratio |\n|---|---|---|---|---|---|---|---|")
for n in (200, 1000):
    X = one_hot[order[:n]]
    y = norm.ppf((rankdata(metric[order[:n]]) - 0.375) / (n + 0.25))
    for name, make in COMPARED:
        fit, predict = [], []
        for _ in range(RUNS if n < 1000 or name != "Gaussian process" else 1):
            start = time.perf_counter()
            model = make().fit(X, y)
            fit.append(time.perf_counter() - start)
            start = time.perf_counter()
            model.predict(one_hot)
            predict.append(time.perf_counter() - start)
        fit_ms, predict_us = 1e3 * min(fit), 1e6 * min(predict) / len(cells)
        if ours:
            ms, us = ours[f"{name} {n}"]
            print(
                f"| {name} | {n} | {ms:.2f} | {fit_ms:.1f} | {fit_ms / ms:.1f} "
                f"| {us:.3f} | {predict_us:.2f} | {predict_us / us:.1f} |",
                flush=True,
            )
        else:
            print(f"{name} {n}: {fit_ms:.3f} ms, {predict_us:.3f} µs", flush=True)
