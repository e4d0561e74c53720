"""What Keras makes of a small network in a few steps with its first blocks frozen, for src/network/frozen-blocks.test.ts: frozen.json.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-recipe.txt
    venv/bin/python packages/trainer/golden/make_frozen.py packages/trainer/golden/frozen.json
"""

import json
import os
import platform
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

RATE = 0.1
STEPS = 4
PICTURES, SIDE, CLASSES = 6, 10, 3

# Layers of the first blocks: convolution, pooling and normalization; convolution, normalization and activation.
BLOCK_LAYERS = [3, 3]


def main(path: str) -> None:
    generator = np.random.default_rng(1)
    draw = lambda shape: generator.normal(size=shape).astype(np.float32)
    pictures = draw((PICTURES, SIDE, SIDE, 1))
    labels = generator.integers(CLASSES, size=PICTURES)
    start = [draw(each.shape) * 0.5 for each in network(0).get_weights()]
    # Moving variances.
    for place in (5, 10):
        start[place] = np.abs(start[place]) + 0.5
    content = {
        "madeBy": f"make_frozen.py: torch {torch.__version__}, keras {keras.__version__}, Python {platform.python_version()}",
        "rate": RATE,
        "side": SIDE,
        "classes": CLASSES,
        "pictures": pictures.ravel().tolist(),
        "labels": labels.tolist(),
        "start": [each.ravel().tolist() for each in start],
        "cases": [train(freeze, start, pictures, labels) for freeze in (0, 1, 2)],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


def network(freeze: int) -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.BatchNormalization(),
            layers.Conv2D(4, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    for layer in model.layers[: sum(BLOCK_LAYERS[:freeze])]:
        layer.trainable = False
    return model


def train(freeze: int, start: list, pictures, labels) -> dict:
    """The losses of the steps, and all weights afterwards, in the order of the layers."""
    model = network(freeze)
    place = 0
    for layer in model.layers:
        count = len(layer.get_weights())
        layer.set_weights(start[place : place + count])
        place += count
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="categorical_crossentropy")
    hot = np.eye(CLASSES, dtype=np.float32)[labels]
    losses = [float(model.train_on_batch(pictures, hot)) for _ in range(STEPS)]
    weights = [each.ravel().tolist() for layer in model.layers for each in layer.get_weights()]
    return {"freeze": freeze, "losses": losses, "weights": weights}


main(sys.argv[1])
