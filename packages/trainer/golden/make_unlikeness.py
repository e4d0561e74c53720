"""Decision values of scikit-learn for src/training/unlikeness.test.ts: unlikeness.json.

Features of known and of other pictures in blocks, drawn once as multiples of 1/1024; one block has 130, which are folded to 128. Each block is
scaled to length 1 and all features are standardized here, too. The support vector machine is scikit-learn's LinearSVC, whose objective is
|w|^2 / 2 + C * the sum of the squared hinge losses. Decision values are given relative to the mean of the known pictures.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-unlikeness.txt
    venv/bin/python packages/trainer/golden/make_unlikeness.py packages/trainer/golden/unlikeness.json
"""

import json
import platform
import sys

import numpy as np
import sklearn
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

CASES = [[3, 4], [130, 2]]
KNOWN, OTHERS, ASKED = 15, 10, 5
FOLDED = 128


def joined(blocks: list[np.ndarray]) -> np.ndarray:
    parts = []
    for block in blocks:
        sums = np.zeros((len(block), min(FOLDED, block.shape[1])))
        for index in range(block.shape[1]):
            sums[:, index % FOLDED] += block[:, index]
        parts.append(sums / np.linalg.norm(sums, axis=1, keepdims=True))
    return np.concatenate(parts, axis=1)


cases = []
for sizes in CASES:
    draws = np.random.default_rng(sum(sizes))
    count = KNOWN + OTHERS + ASKED
    is_other = np.arange(count) >= KNOWN
    blocks = []
    for size in sizes:
        center, away = draws.uniform(1, 4, size), draws.normal(0, 1, size)
        block = center + np.outer(is_other, away) + draws.normal(0, 1, (count, size))
        blocks.append(np.round(block * 1024) / 1024)
    z = joined(blocks)
    learned = z[: KNOWN + OTHERS]
    scaler = StandardScaler().fit(learned)
    machine = LinearSVC(C=1 / len(learned), loss="squared_hinge", dual=False, tol=1e-12, max_iter=100_000)
    machine.fit(scaler.transform(learned), is_other[: KNOWN + OTHERS])
    values = machine.decision_function(scaler.transform(z))
    rows = [[block[row].tolist() for block in blocks] for row in range(count)]
    cases.append(
        {
            "known": rows[:KNOWN],
            "others": rows[KNOWN : KNOWN + OTHERS],
            "asked": rows,
            "values": (values - values[:KNOWN].mean()).tolist(),
        }
    )

made_by = f"make_unlikeness.py: scikit-learn {sklearn.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
with open(sys.argv[1], "w") as file:
    json.dump({"madeBy": made_by, "cases": cases}, file)
    file.write("\n")
