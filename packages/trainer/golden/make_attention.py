"""Grad-CAM of small networks by PyTorch's autograd, for src/network/attention.test.ts: attention.json.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-attention.txt
    venv/bin/python packages/trainer/golden/make_attention.py packages/trainer/golden/attention.json

Each case has the weights in Keras' order and layout, pictures [batch, height, width, channels], the predicted classes, and maps:
ReLU of the feature maps, weighted by the means of the gradients that a hook sees, divided by the largest value.
"""

import json
import platform
import sys

import numpy as np
import torch
from torch.nn import functional as F

PICTURES, CLASSES, EPSILON = 5, 3, 1e-3


class Flattened:
    """As the article's network: convolution, ReLU, pooling, normalization, flattened; two dense layers."""

    side, channels, variances = 14, 1, [5]
    shapes = [(3, 3, 1, 4), (4,), (4,), (4,), (4,), (4,), (144, 8), (8,), (8, CLASSES), (CLASSES,)]

    def features(self, x, w):
        x = F.max_pool2d(F.relu(convolved(x, w[0]) + w[1][:, None, None]), 2)
        return normalized(x, w[2:6])

    def head(self, x, w):
        # Keras flattens [rows, columns, channels].
        x = F.relu(x.permute(0, 2, 3, 1).flatten(1) @ w[6] + w[7])
        return x @ w[8] + w[9]


class Averaged:
    """As the compact network: convolution, pooling, normalization, ReLU, twice; global average, a dense layer."""

    side, channels, variances = 12, 3, [4, 9]
    shapes = [(3, 3, 3, 4), *[(4,)] * 4, (3, 3, 4, 6), *[(6,)] * 4, (6, CLASSES), (CLASSES,)]

    def features(self, x, w):
        x = F.relu(normalized(F.max_pool2d(convolved(x, w[0], padding=1), 2), w[1:5]))
        return F.relu(normalized(convolved(x, w[5], padding=1), w[6:10]))

    def head(self, x, w):
        return x.mean((2, 3)) @ w[10] + w[11]


def convolved(x, kernel, padding=0):
    return F.conv2d(x, kernel.permute(3, 2, 0, 1), padding=padding)


def normalized(x, w):
    gamma, beta, mean, variance = w
    return F.batch_norm(x, mean, variance, gamma, beta, training=False, eps=EPSILON)


def case(network, generator) -> dict:
    weights = [generator.normal(size=shape).astype(np.float32) * np.float32(0.5) for shape in network.shapes]
    for place in network.variances:
        weights[place] = np.abs(weights[place]) + np.float32(0.5)
    pictures = generator.normal(size=(PICTURES, network.side, network.side, network.channels)).astype(np.float32)
    w = [torch.tensor(each, dtype=torch.float64) for each in weights]
    maps = network.features(torch.tensor(pictures, dtype=torch.float64).permute(0, 3, 1, 2), w).requires_grad_()
    seen = {}
    maps.register_hook(lambda gradient: seen.update(gradient=gradient))
    logits = network.head(maps, w)
    most, classes = logits.max(1)
    most.sum().backward()
    cam = F.relu((seen["gradient"].mean((2, 3), keepdim=True) * maps).sum(1)).detach()
    cam = cam / cam.amax((1, 2), keepdim=True).clamp_min(1e-12)
    return {
        "network": type(network).__name__,
        "weights": [each.ravel().tolist() for each in weights],
        "pictures": pictures.ravel().tolist(),
        "side": network.side,
        "channels": network.channels,
        "classes": classes.tolist(),
        "rows": cam.shape[1],
        "columns": cam.shape[2],
        "maps": [each.ravel().tolist() for each in cam.numpy()],
    }


def main(path: str) -> None:
    generator = np.random.default_rng(1)
    content = {
        "madeBy": f"make_attention.py: torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}",
        "cases": [case(Flattened(), generator), case(Averaged(), generator)],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


main(sys.argv[1])
