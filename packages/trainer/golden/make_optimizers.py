"""What PyTorch's optimizers make of a few variables in a dozen steps, and its averages of their values, for
src/training/{optimizer,averaged-weights}.test.ts: optimizers.json.

Variables and gradients are drawn once, as multiples of 1/1024 or of a millionth of that, so that float32 holds them exactly;
PyTorch computes in float64. Each case has the recipe's `optimizer` and `clipNorm`, and all values after each step.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements.txt
    venv/bin/python packages/trainer/golden/make_optimizers.py packages/trainer/golden/optimizers.json
"""

import json
import platform
import sys

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

SHAPES = [(5,), (3, 4), (2, 2, 1, 3)]
STEPS = 12

# Gradients of the first variable are so small that Adam's epsilon counts.
GRADIENT_SCALES = [2.0**-20, 1, 1]

ADAM = {"betas": (0.9, 0.999), "eps": 1e-7}

# One tensor at a time, with the plain formula.
PLAIN = {"foreach": False, "fused": False}

CASES = [
    ({"method": "adam"}, None),
    ({"method": "adamw", "weightDecay": 0.004}, None),
    ({"method": "adamw", "weightDecay": 0.5}, None),
    ({"method": "sgd", "momentum": 0}, None),
    ({"method": "sgd", "momentum": 0.9}, None),
    ({"method": "sgd", "momentum": 0.9}, 2.5),
    ({"method": "sgd", "momentum": 0}, 1000),
    ({"method": "adamw", "weightDecay": 0.004}, 2.5),
]


def main(path: str) -> None:
    generator = np.random.default_rng(1)
    draw = lambda shape: np.rint(generator.normal(size=shape) * 1024) / 1024
    start = [draw(shape) for shape in SHAPES]
    gradients = [[draw(shape) * scale for shape, scale in zip(SHAPES, GRADIENT_SCALES)] for _ in range(STEPS)]
    rates = [0.01 * (1 + step % 3) for step in range(STEPS)]
    content = {
        "madeBy": f"make_optimizers.py: torch {torch.__version__}, Python {platform.python_version()}",
        "shapes": SHAPES,
        "start": [each.ravel().tolist() for each in start],
        "rates": rates,
        "gradients": [[each.ravel().tolist() for each in step] for step in gradients],
        "cases": [
            {"optimizer": optimizer, "clipNorm": clip_norm, "values": train(optimizer, clip_norm, start, gradients, rates)}
            for optimizer, clip_norm in CASES
        ],
    }
    content["averages"] = [average(decay, content["cases"][4]["values"]) for decay in (0.5, 0.99)]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


def train(recipe, clip_norm, start, gradients, rates):
    """The values of all variables, one after the other, after each step."""
    variables = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in start]
    optimizer = optimizer_of(recipe, variables)
    values = []
    for step, rate in zip(gradients, rates):
        for variable, gradient in zip(variables, step):
            variable.grad = torch.tensor(gradient, dtype=torch.float64)
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(variables, clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        values.append([value for each in variables for value in each.detach().ravel().tolist()])
    return values


def average(decay, values):
    """The moving average of the values after each step."""
    module = torch.nn.Module()
    module.values = torch.nn.Parameter(torch.tensor(values[0], dtype=torch.float64))
    averaged = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(decay))
    averages = []
    for each in values:
        module.values.data.copy_(torch.tensor(each, dtype=torch.float64))
        averaged.update_parameters(module)
        averages.append(averaged.module.values.tolist())
    return {"decay": decay, "values": values, "averages": averages}


def optimizer_of(recipe, variables):
    match recipe["method"]:
        case "adam":
            return torch.optim.Adam(variables, **ADAM, **PLAIN)
        case "adamw":
            kernels = [each for each in variables if each.ndim >= 2]
            others = [each for each in variables if each.ndim < 2]
            groups = [{"params": kernels, "weight_decay": recipe["weightDecay"]}, {"params": others, "weight_decay": 0}]
            return torch.optim.AdamW(groups, **ADAM, **PLAIN)
        case "sgd":
            return torch.optim.SGD(variables, momentum=recipe["momentum"], **PLAIN)


main(sys.argv[1])
