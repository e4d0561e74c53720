"""What fastai's `lr_find` makes of some losses, for src/training/rate-range.test.ts: rate_range.json.

Each case has the loss of each step, drawn once as multiples of 1/1024; fastai's smoothed losses (its AvgSmoothLoss); the number of steps
after which its LRFinder stops; and the index of the step that its `valley` suggests, or null for a loss that never falls. The source
of AvgSmoothLoss and valley is taken from the package, which is not imported: it needs a dozen others.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-rate-range.txt
    venv/bin/pip install --no-deps fastai==2.8.12
    venv/bin/python packages/trainer/golden/make_rate_range.py packages/trainer/golden/rate_range.json
"""

import ast
import importlib.util
import json
import pathlib
import platform
import sys
import types
from importlib import metadata

import numpy as np
import torch

STEPS = 100
GROWTH = 1.15

folder = pathlib.Path(importlib.util.find_spec("fastai").submodule_search_locations[0])


def source_of(path: str, name: str) -> str:
    text = (folder / path).read_text()
    [node] = [each for each in ast.parse(text).body if getattr(each, "name", "") == name]
    return ast.get_source_segment(text, node)


fastai = {"Metric": object, "tensor": lambda value: torch.tensor(value, dtype=torch.float64), "torch": torch, "to_detach": lambda value: value}
exec(source_of("learner.py", "AvgSmoothLoss"), fastai)
exec(source_of("callback/schedule.py", "valley"), fastai)


def case(losses: np.ndarray) -> dict:
    losses = np.round(losses * 1024) / 1024
    average = fastai["AvgSmoothLoss"]()
    average.reset()
    smoothed: list[float] = []
    best = float("inf")
    for loss in losses:
        average.accumulate(types.SimpleNamespace(loss=torch.tensor(loss, dtype=torch.float64)))
        smoothed.append(float(average.value))
        # LRFinder.after_batch
        best = min(best, smoothed[-1])
        if smoothed[-1] > 4 * best:
            break
    rates = [1e-6 * GROWTH**step for step in range(len(smoothed))]
    # Learner.lr_find
    first, last = STEPS // 10, -5
    counted = smoothed[first:last]
    falls = any(later < earlier for earlier, later in zip(counted, counted[1:]))
    rate, _ = fastai["valley"](rates[first:last], counted, STEPS) if falls else (None, None)
    suggested = None if rate is None else rates.index(rate)
    return {"losses": losses.tolist(), "smoothed": smoothed, "suggested": suggested}


draws = np.random.default_rng(0)
steps = np.arange(STEPS)
noise = draws.normal(0, 1, STEPS)
valley = 1.1 - 0.7 / (1 + np.exp(-(steps - 55) / 6))
cases = [
    case(valley + 0.05 * noise + np.exp(np.maximum(0, steps - 80) / 3) - 1),
    case(valley + 0.2 * np.abs(noise) + np.exp(np.maximum(0, steps - 90) / 8) - 1),
    case(1.1 + 0.3 * noise),
    case(2 - steps / 60),
    case(0.7 - 0.3 * np.exp(-((steps - 40) ** 2) / 200) + 0.02 * noise + np.exp(np.maximum(0, steps - 60) / 2) - 1),
    case(1 + steps / 50),
]

made_by = f"make_rate_range.py: fastai {metadata.version('fastai')}, torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
with open(sys.argv[1], "w") as file:
    json.dump({"madeBy": made_by, "cases": cases}, file)
    file.write("\n")
