"""In Wasmtime: prints the answers by the program of examples/, which calls the kernels by plain addresses.

Usage: python in_wasmtime.py KERNELS.wasm PICTURES.json
"""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
sys.dont_write_bytecode = True

from preprocess_in_python import Preprocessor  # noqa: E402

answers = []
for each in json.loads(Path(sys.argv[2]).read_text()):
    source, target = each["source"], each["target"]
    preprocessor = Preprocessor(sys.argv[1], target["width"], target["height"])
    pixels = base64.b64decode(source["picture"])
    threshold, bits = preprocessor.binarize(pixels, source["width"], source["height"], source["channels"])
    answers.append(f"{threshold} {base64.b64encode(bits).decode()}")
print(json.dumps({"alone": answers}))
