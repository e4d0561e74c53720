"""What Keras and PyTorch make of learning rates, patience and smoothed labels, for src/training/recipe.test.ts: recipe.json.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-recipe.txt
    venv/bin/python packages/trainer/golden/make_recipe.py packages/trainer/golden/recipe.json
"""

import json
import os
import platform
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

RATE = 0.02


def main(path: str) -> None:
    versions = f"torch {torch.__version__}, keras {keras.__version__}, Python {platform.python_version()}"
    generator = np.random.default_rng(1)
    content = {
        "madeBy": f"make_recipe.py: {versions}",
        "cosines": [cosine(steps=7, epochs=5, warmup_epochs=each) for each in (0, 1, 2.5)],
        "plateaus": [plateau(falling(generator), factor, patience) for factor, patience in ((0.5, 1), (0.1, 3), (0.2, 5))],
        "patiences": [stopped(falling(generator), patience) for patience in (1, 2, 4, 8)],
        "losses": [smoothed_loss(generator, classes, smoothing) for classes, smoothing in ((2, 0.1), (3, 0), (5, 0.3))],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


def cosine(steps: int, epochs: int, warmup_epochs: float) -> dict:
    """The rate of every step, by PyTorch."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    warmup = round(warmup_epochs * steps)
    schedule = CosineAnnealingLR(optimizer, epochs * steps - warmup)
    if warmup > 0:
        rise = LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        schedule = SequentialLR(optimizer, [rise, schedule], [warmup])
    rates = []
    for _ in range(epochs * steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    learning_rate = {"schedule": "cosine", "rate": RATE, "warmupEpochs": warmup_epochs}
    return {"learningRate": learning_rate, "steps": steps, "epochs": epochs, "rates": rates}


def falling(generator) -> list:
    """Losses of 30 epochs that fall ever more slowly, some by less than Keras' minimum of 1e-4, with noise."""
    losses = 1 / np.sqrt(np.arange(1, 31)) + 0.05 * generator.normal(size=30)
    losses[10:20] = losses[10] - 3e-5 * np.arange(10)
    return losses.round(6).tolist()


def compiled() -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="mse")
    return model


def plateau(losses: list, factor: float, patience: int) -> dict:
    """The rate of every epoch, by Keras."""
    callback = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=factor, patience=patience)
    model = compiled()
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        rates.append(float(model.optimizer.learning_rate))
        callback.on_epoch_end(epoch, {"val_loss": loss})
    learning_rate = {"schedule": "plateau", "rate": RATE, "warmupEpochs": 0, "factor": factor, "patience": patience}
    return {"learningRate": learning_rate, "losses": losses, "rates": rates}


def stopped(losses: list, patience: int) -> dict:
    """The number of epochs that Keras trains, and the one whose weights it restores."""
    callback = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience, restore_best_weights=True)
    model = compiled()
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        model.layers[0].bias.assign([epoch + 1])
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    restored = int(keras.ops.convert_to_numpy(model.layers[0].bias)[0])
    return {"patience": patience, "losses": losses, "epochs": epoch + 1, "restored": restored}


def smoothed_loss(generator, classes: int, smoothing: float) -> dict:
    """The mean loss of some pictures by Keras, with a weight per class, and its gradient by the logits."""
    pictures = 6
    labels = generator.integers(classes, size=pictures)
    weights = generator.uniform(0.2, 3, size=classes).round(3)
    logits = torch.tensor(generator.normal(size=(pictures, classes)).round(3) * 2, requires_grad=True)
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing, dtype="float64")
    loss = loss_of(torch.tensor(np.eye(classes)[labels]), logits, sample_weight=torch.tensor(weights[labels]))
    loss.backward()
    return {
        "labels": labels.tolist(),
        "classWeights": weights.tolist(),
        "labelSmoothing": smoothing,
        "logits": logits.detach().tolist(),
        "loss": loss.item(),
        "gradients": logits.grad.tolist(),
    }


main(sys.argv[1])
