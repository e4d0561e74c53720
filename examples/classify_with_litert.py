"""Classifies a photograph with a model that `silhouette export --to litert` has written.

    pip install ./python ai-edge-litert
    python examples/classify_with_litert.py runs/photos/export/model.tflite street.jpg
"""

import sys
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.schema_py_generated import ModelT
from silhouette import Preprocessor, read_picture

model, photograph = sys.argv[1:]
content = ModelT.InitFromPackedBuf(Path(model).read_bytes())
metadata = {entry.name.decode(): bytes(content.buffers[entry.buffer].data).decode() for entry in content.metadata}
preprocessor = Preprocessor(metadata["silhouette"])
classify = Interpreter(model).get_signature_runner()
answer = classify(pixel_values=preprocessor.views(read_picture(photograph)))
for label, probability in sorted(zip(preprocessor.labels, answer["probabilities"][0]), key=lambda each: -each[1]):
    print(f"{label}\t{probability:.6f}")
# A model that was never calibrated has no novelty.
print("novelty", *(f"{each:.6f}" for each in answer.get("novelty", ())), sep="\t")
