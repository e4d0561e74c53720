"""Classifies a photograph with a model that `silhouette export --to onnx` has written.

    pip install ./python onnxruntime
    python examples/classify_with_onnx.py runs/photos/export/model.onnx street.jpg
"""

import sys

import onnxruntime
from silhouette import Preprocessor, read_picture

model, photograph = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
preprocessor = Preprocessor(session.get_modelmeta().custom_metadata_map["silhouette"])
pixel_values = preprocessor.views(read_picture(photograph))
probabilities, *novelty = session.run(None, {"pixel_values": pixel_values})
for label, probability in sorted(zip(preprocessor.labels, probabilities[0]), key=lambda each: -each[1]):
    print(f"{label}\t{probability:.6f}")
# A model that was never calibrated has no novelty.
print("novelty", *(f"{each[0]:.6f}" for each in novelty), sep="\t")
