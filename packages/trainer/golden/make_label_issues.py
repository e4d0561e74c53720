"""Writes label_issues.json: label issues that cleanlab finds in random predictions, by confident learning.

    pip install -r requirements-label-issues.txt
    python make_label_issues.py

Northcutt, Jiang and Chuang (2021): Confident Learning: Estimating Uncertainty in Dataset Labels.
"""

import json
from pathlib import Path

import numpy as np
from cleanlab.count import get_confident_thresholds
from cleanlab.filter import find_label_issues

CASES = [(2, 60, 0.1), (3, 120, 0.1), (3, 120, 0.4), (5, 200, 0.2), (10, 300, 0.15)]


def case(classes: int, pictures: int, noise: float, rng: np.random.Generator) -> dict:
    """Random labels, of which a share `noise` is wrong, with predictions around the true ones."""
    truth = rng.integers(0, classes, pictures)
    # Every class has pictures.
    truth[:classes] = np.arange(classes)
    labels = truth.copy()
    wrong = rng.random(pictures) < noise
    wrong[:classes] = False
    labels[wrong] = (labels[wrong] + rng.integers(1, classes, wrong.sum())) % classes
    logits = rng.normal(size=(pictures, classes))
    logits[np.arange(pictures), truth] += rng.uniform(0, 4, pictures)
    # Some classes are predicted more confidently than others.
    logits *= 1 + 0.3 * np.arange(classes)
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = np.round(probabilities / probabilities.sum(axis=1, keepdims=True), 6)
    found = find_label_issues(labels, probabilities, filter_by="confident_learning")
    return {
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "thresholds": get_confident_thresholds(labels, probabilities).tolist(),
        "issues": np.flatnonzero(found).tolist(),
    }


rng = np.random.default_rng(1)
cases = [case(*each, rng) for each in CASES]
text = json.dumps({"cases": cases})
Path(__file__).with_name("label_issues.json").write_text(text + "\n")
print([len(each["issues"]) for each in cases])
