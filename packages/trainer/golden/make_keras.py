"""Models of Keras 3 as it saves them, and their predictions, for src/model/import/imported-model.test.ts: keras.json.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-keras.txt
    KERAS_BACKEND=jax venv/bin/python packages/trainer/golden/make_keras.py packages/trainer/golden/keras.json

Each case has a .keras file, as base64 of a zip archive whose files are deflated (Keras stores them), pictures
[batch, height, width, channels] with values of 0 to 255, and what Keras predicts for them.
"""

import base64
import io
import json
import pathlib
import platform
import sys
import tempfile
import zipfile

import jax
import keras
import numpy as np
from keras import layers

PICTURES, CLASSES = 3, 3


def chain():
    """Most layers of image classifiers, one after the other. BatchNormalization has moved away from its initial statistics."""
    return keras.Sequential(
        [
            layers.Input((12, 10, 3), name="pixels"),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.ZeroPadding2D(((1, 0), (0, 1))),
            layers.Conv2D(4, 3, padding="same", use_bias=False, kernel_regularizer=keras.regularizers.L2(1e-3)),
            layers.BatchNormalization(momentum=0.5),
            layers.ReLU(max_value=6.0),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="silu"),
            layers.SeparableConv2D(6, 3, activation="gelu"),
            layers.LayerNormalization(),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Dropout(0.5),
            layers.GlobalAveragePooling2D(),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="chain",
    )


def graph():
    """Branches of different lengths with layers of the same class, shared layers, and models within the model."""
    pixels = layers.Input((8, 8, 1))
    scaled = layers.Rescaling(1 / 255)(pixels)
    stem = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(3, 3, padding="same", activation="tanh"), layers.BatchNormalization()], name="stem"
    )
    inner = layers.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", activation="elu")
    block = keras.Model(inner, layers.Add()([shared(inner), shared(shared(inner))]), name="block")
    first = block(stem(scaled), training=False)
    second = layers.Conv2D(3, 3, padding="same")(layers.Conv2D(3, 1, activation="relu")(scaled))
    third = layers.Conv2D(3, 3, padding="same")(scaled)
    joined = layers.Concatenate()([layers.Add()([first, second]), block(third)])
    flat = layers.Flatten()(layers.AveragePooling2D(4)(joined))
    return keras.Model(pixels, layers.Softmax()(layers.Dense(CLASSES)(flat)), name="graph")


def recurrent():
    """Rows of a picture as time steps."""
    return keras.Sequential(
        [
            layers.Input((6, 5, 1)),
            layers.Rescaling(1 / 255),
            layers.Reshape((6, 5)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="relu")),
            layers.GRU(3, reset_after=False),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="recurrent",
    )


def deflated(model):
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        saved = io.BytesIO(pathlib.Path(folder, "model.keras").read_bytes())
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return base64.b64encode(packed.getvalue()).decode()


def case(build):
    keras.utils.set_random_seed(11)
    model = build()
    shape = model.input_shape[1:]
    pictures = np.random.default_rng(5).integers(0, 256, (PICTURES, *shape))
    hot = np.eye(CLASSES)[np.arange(PICTURES) % CLASSES]
    model.compile("adam", "categorical_crossentropy")
    model.fit(pictures, hot, epochs=3, batch_size=PICTURES, verbose=0)
    predictions = model.predict(pictures, verbose=0)
    return {
        "name": model.name,
        "keras": deflated(model),
        "pictures": pictures.ravel().tolist(),
        "shape": [PICTURES, *shape],
        "predictions": predictions.ravel().astype(float).tolist(),
    }


made_by = f"make_keras.py: Keras {keras.__version__}, JAX {jax.__version__}, Python {platform.python_version()}"
content = {"madeBy": made_by, "cases": [case(build) for build in (chain, graph, recurrent)]}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(json.dumps(content) + "\n")
