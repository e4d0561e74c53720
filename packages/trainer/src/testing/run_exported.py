"""For tests: runs exported models on the pixels beside them, and prints their outputs as JSON.

    python run_exported.py FOLDER

FOLDER has a folder for each model, with model.onnx, model.tflite or both, and pixels.json: {"shape", "values"}. Prints
{"<folder>": {"onnx": {"<output>": {"shape", "values"}}, "litert": ...}}.
"""

import json
import pathlib
import sys

import numpy
import onnxruntime
from ai_edge_litert.interpreter import Interpreter


def run_onnx(path: pathlib.Path, pixels: numpy.ndarray) -> dict[str, numpy.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pixel_values": pixels})))


def run_litert(path: pathlib.Path, pixels: numpy.ndarray) -> dict[str, numpy.ndarray]:
    return Interpreter(str(path)).get_signature_runner()(pixel_values=pixels)


RUNNERS = {"onnx": ("model.onnx", run_onnx), "litert": ("model.tflite", run_litert)}


def main(folder: str) -> None:
    answers = {}
    for case in sorted(pathlib.Path(folder).iterdir()):
        content = json.loads((case / "pixels.json").read_text())
        pixels = numpy.array(content["values"], numpy.float32).reshape(content["shape"])
        answers[case.name] = {
            name: {key: {"shape": value.shape, "values": value.ravel().tolist()} for key, value in run(case / file, pixels).items()}
            for name, (file, run) in RUNNERS.items()
            if (case / file).exists()
        }
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
