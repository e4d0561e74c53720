"""Loads .keras files in Keras 3 and prints what they answer, for model/export/keras-in-python.test.ts.

    python run_keras.py FOLDER

Each folder in FOLDER has `model.keras`, and `pixels.json` with `shape` and `values`. Keras saves every model again as `again.keras`. Models
of recipes, whose folders begin with `the `, are also compiled and trained for a step. A warning of Keras is an error.
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
# Each network computes once or twice: compiling takes longer than that.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

import keras  # noqa: E402
import numpy  # noqa: E402

warnings.filterwarnings("error", category=UserWarning)

answers = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    pixels = json.loads((folder / "pixels.json").read_text())
    pictures = numpy.array(pixels["values"], "float32").reshape(pixels["shape"])
    model = keras.saving.load_model(folder / "model.keras")
    model.save(folder / "again.keras")
    answer = {"values": numpy.asarray(model(pictures, training=False)).ravel().tolist()}
    if folder.name.startswith("the "):
        answer["predicted"] = model.predict(pictures, verbose=0).ravel().tolist()
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        hot = numpy.eye(model.output_shape[1])[numpy.arange(len(pictures)) % model.output_shape[1]]
        answer["loss"] = model.fit(pictures, hot, verbose=0).history["loss"][0]
    answers[folder.name] = answer
json.dump(answers, sys.stdout)
