"""Classifies a photograph with a model that `silhouette export --to keras` has written.

    pip install ./python keras jax
    KERAS_BACKEND=jax python examples/classify_with_keras.py runs/photos/export/model.keras street.jpg
"""

import json
import sys
import zipfile

import keras
from silhouette import Preprocessor, read_picture

model, photograph = sys.argv[1:]
description = json.loads(zipfile.ZipFile(model).read("metadata.json"))["silhouette"]
preprocessor = Preprocessor(description)
views = preprocessor.views(read_picture(photograph))
probabilities = keras.saving.load_model(model).predict(views, verbose=0).mean(axis=0)
probabilities **= 1 / (description["calibration"] or {"temperature": 1})["temperature"]
for label, probability in sorted(zip(preprocessor.labels, probabilities / probabilities.sum()), key=lambda each: -each[1]):
    print(f"{label}\t{probability:.6f}")
