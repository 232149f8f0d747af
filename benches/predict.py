"""Time of fits and predictions with scikit-learn and XGBoost, one thread: the peer of `benches/predict.rs`.

    OMP_NUM_THREADS=1 python benches/predict.py
"""

import itertools
import time

import numpy as np
import xgboost
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVR

RUNS = 3

cells = np.array([c[::-1] for c in itertools.product(range(5), repeat=6)])
one_hot = np.eye(5)[cells].reshape(len(cells), 30)
metric = cells @ np.arange(1.0, 7.0) + cells[:, 0] * cells[:, 5] + (cells[:, 2] * 7 + cells[:, 3] * 3) % 5

COMPARED = [
    ("random forest", lambda: RandomForestRegressor(500, max_features="sqrt", n_jobs=1)),
    ("extra trees", lambda: ExtraTreesRegressor(500, max_features="sqrt", n_jobs=1)),
    ("boosting", lambda: xgboost.XGBRegressor(n_estimators=500, tree_method="hist", n_jobs=1)),
    ("support vectors", SVR),
    ("nearest neighbours", lambda: KNeighborsRegressor(5, n_jobs=1)),
    (
        "Gaussian process",
        lambda: GaussianProcessRegressor(ConstantKernel() * RBF(3.0) + WhiteKernel(), normalize_y=True),
    ),
]

for n in (200, 1000):
    rows = np.arange(n) * 7919 % len(cells)
    X, y = one_hot[rows], metric[rows]
    y = (y - y.mean()) / y.std()
    for name, make in COMPARED:
        fit, predict = [], []
        for _ in range(RUNS if n < 1000 or name != "Gaussian process" else 1):
            start = time.perf_counter()
            model = make().fit(X, y)
            fit.append(time.perf_counter() - start)
            start = time.perf_counter()
            model.predict(one_hot)
            predict.append(time.perf_counter() - start)
        print(f"{name} {n}: {1e3 * min(fit):.3f} ms, {1e6 * min(predict) / len(cells):.3f} µs", flush=True)
