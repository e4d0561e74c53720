"""Mahalanobis' distances of scikit-learn for src/training/known-features.test.ts: known_features.json.

Features of three classes, drawn once as multiples of 1/1024; 70 of them, which are folded to 64 and scaled to length 1 here, too. The
covariance about the means of their classes is scikit-learn's ShrunkCovariance.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-known-features.txt
    venv/bin/python packages/trainer/golden/make_known_features.py packages/trainer/golden/known_features.json
"""

import json
import platform
import sys

import numpy as np
import sklearn
from sklearn.covariance import ShrunkCovariance

SIZES = [5, 70]
FOLDED = 64
SHRINKAGE = 0.1


def folded(features: np.ndarray) -> np.ndarray:
    sums = np.zeros((len(features), min(FOLDED, features.shape[1])))
    for index in range(features.shape[1]):
        sums[:, index % FOLDED] += features[:, index]
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)


cases = []
for size in SIZES:
    draws = np.random.default_rng(size)
    centers = draws.uniform(0, 4, (3, size))
    mixing = draws.normal(0, 0.3, (size, size))
    actual = draws.integers(0, 3, 40)
    features = np.round((centers[actual] + draws.normal(0, 1, (40, size)) @ mixing) * 1024) / 1024
    asked = np.round(draws.uniform(-2, 6, (6, size)) * 1024) / 1024
    z = folded(features)
    means = np.array([z[actual == label].mean(0) for label in range(3)])
    known = ShrunkCovariance(shrinkage=SHRINKAGE, assume_centered=True).fit(z - means[actual])
    squares = np.array([known.mahalanobis(folded(asked) - mean) for mean in means])
    cases.append(
        {
            "features": features.tolist(),
            "actual": actual.tolist(),
            "asked": asked.tolist(),
            "distances": np.sqrt(squares.min(0)).tolist(),
        }
    )

made_by = f"make_known_features.py: scikit-learn {sklearn.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
with open(sys.argv[1], "w") as file:
    json.dump({"madeBy": made_by, "cases": cases}, file)
    file.write("\n")
