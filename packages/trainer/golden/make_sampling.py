"""How often PyTorch's WeightedRandomSampler draws each of a few pictures in an epoch if every class weighs the same, for
src/training/sampling.test.ts: sampling.json.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements.txt
    venv/bin/python packages/trainer/golden/make_sampling.py packages/trainer/golden/sampling.json
"""

import json
import platform
import sys

import torch
from torch.utils.data import WeightedRandomSampler

EPOCHS = 20_000

CASES = [[0, 0, 0, 0, 0, 0, 1, 1, 2], [1, 0, 1, 1, 1], [3, 1, 3, 3, 1, 3, 3, 3]]


def main(path: str) -> None:
    torch.manual_seed(1)
    content = {
        "madeBy": f"make_sampling.py: torch {torch.__version__}, Python {platform.python_version()}",
        "epochs": EPOCHS,
        "cases": [{"labels": labels, "draws": draws(labels)} for labels in CASES],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


def draws(labels: list) -> list:
    """The mean number of times that an epoch has each picture."""
    weights = [1 / labels.count(label) for label in labels]
    sampler = WeightedRandomSampler(weights, num_samples=len(labels), replacement=True)
    counts = torch.zeros(len(labels), dtype=torch.int64)
    for _ in range(EPOCHS):
        counts += torch.bincount(torch.tensor(list(sampler)), minlength=len(labels))
    return (counts / EPOCHS).tolist()


main(sys.argv[1])
