"""The peers that are Python: PyTorch and Keras train, use, and load for the job's network. One turn a process.

    python peers.py JOB

JOB is JSON, as packages/bench/src/training/turn.ts sends it, and so is the answer, on the last line of standard output. Exit code 3:
a library is not installed, its name on standard error.
"""

import json
import os
import pathlib
import resource
import sys
import time

from rounds import timed

JOB = json.loads(sys.argv[1])
# Before the libraries are loaded: some read it once.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(JOB["threads"])
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["KERAS_BACKEND"] = "tensorflow"

# Of the reference network: each convolution is followed by pooling.
FILTERS = (32, 64, 96, 96, 64)
DENSE_UNITS = (256, 128)
# Of the compact network: all but the last one.
COMPACT_FILTERS = (16, 32, 64, 96, 96)
DROPOUT_RATE = 0.2
# Keras' defaults, which TensorFlow.js shares.
BATCH_NORM_EPSILON = 1e-3
ADAM = {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}

# Steps whose losses are compared.
CHECKED_STEPS = 3

# Of the profile of a step, as in ../src/training/node-turn.ts.
PROFILE_WARMUPS = 3
PROFILED_STEPS = 3


def main():
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        missing(error)
    peer = PEERS[JOB["peer"]]
    try:
        turn = peer(JOB)
    except ImportError as error:
        missing(error)
    # Kilobytes, but bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    turn["peakBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps(turn))


def missing(error):
    print(f"{error}", file=sys.stderr)
    raise SystemExit(3)


# PyTorch


def pytorch(job, memory_format_name):
    import torch

    torch.set_num_threads(job["threads"])
    torch.set_num_interop_threads(1)
    memory_format = getattr(torch, memory_format_name)
    tensors = read(job["input"])

    def batch_of(pictures):
        # One channel only: [batch, height, width, 1] and [batch, 1, height, width] are the same bytes. Not by permute, which
        # PyTorch takes for channels last.
        x = torch.from_numpy(pictures.reshape(len(pictures), 1, *pictures.shape[1:3]))
        return x.contiguous(memory_format=memory_format)

    versions = {"torch": torch.__version__, "Python": sys.version.split()[0]}
    if job["suite"] == "load":
        return {"versions": versions, **loading(job, lambda floats: batch_of(floats).numpy())}

    def network(dropout):
        layers_of = {"reference": reference_layers, "compact": compact_layers}[job["network"]]
        layers = layers_of(dropout, iter(weights_of(tensors)))
        return torch.nn.Sequential(*layers).to(memory_format=memory_format)

    def reference_layers(dropout, weights):
        layers = []
        for _ in FILTERS:
            layers += [convolution(next(weights), next(weights)), torch.nn.ReLU(inplace=True), torch.nn.MaxPool2d(2)]
            layers += [norm(next(weights), next(weights))]
        layers += [torch.nn.Dropout(dropout), torch.nn.Flatten()]
        rows, columns = map_size(tensors["pictures"].shape)
        for index, units in enumerate((*DENSE_UNITS, job["classes"])):
            kernel, bias = next(weights), next(weights)
            if index == 0:
                # Flattened with channels first, other than in TensorFlow.js.
                kernel = kernel.reshape(rows, columns, FILTERS[-1], units).transpose(2, 0, 1, 3).reshape(-1, units)
            layers += [dense(kernel, bias), *([torch.nn.ReLU(inplace=True)] if index < len(DENSE_UNITS) else [])]
            layers += [torch.nn.Dropout(dropout)] if index == 0 else []
        return layers

    def compact_layers(dropout, weights):
        layers = []
        for index in range(len(COMPACT_FILTERS)):
            layers += [convolution(next(weights), padding=1)]
            layers += [torch.nn.MaxPool2d(2)] if index < len(COMPACT_FILTERS) - 1 else []
            layers += [norm(next(weights), next(weights)), torch.nn.ReLU(inplace=True)]
        layers += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Dropout(dropout)]
        return [*layers, dense(next(weights), next(weights))]

    def convolution(kernel, bias=None, padding=0):
        layer = torch.nn.Conv2d(*kernel.shape[2:], 3, padding=padding, bias=bias is not None)
        assign(layer.weight, kernel.transpose(3, 2, 0, 1))
        if bias is not None:
            assign(layer.bias, bias)
        return layer

    def norm(scale, offset):
        layer = torch.nn.BatchNorm2d(len(scale), eps=BATCH_NORM_EPSILON)
        assign(layer.weight, scale)
        assign(layer.bias, offset)
        return layer

    def dense(kernel, bias):
        layer = torch.nn.Linear(*kernel.shape)
        assign(layer.weight, kernel.T)
        assign(layer.bias, bias)
        return layer

    def assign(parameter, values):
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values.copy()))

    x, labels = batch_of(tensors["pictures"]), torch.from_numpy(tensors["labels"].argmax(1))

    if job["suite"] == "predict":
        model = network(DROPOUT_RATE).eval()

        def predict():
            with torch.inference_mode():
                return torch.softmax(model(x), 1).numpy()

        return {"versions": versions, **turn_of(job, predict, lambda: {"values": predict().ravel().tolist()})}

    def training(dropout):
        model = network(dropout).train()
        adam = torch.optim.Adam(
            model.parameters(), ADAM["learning_rate"], (ADAM["beta_1"], ADAM["beta_2"]), ADAM["epsilon"], fused=True
        )

        def step():
            adam.zero_grad(set_to_none=True)
            loss = torch.nn.functional.cross_entropy(model(x), labels)
            loss.backward()
            adam.step()
            return loss.item()

        return step

    def profile_of(step):
        activities = [torch.profiler.ProfilerActivity.CPU]
        with torch.profiler.profile(activities=activities) as profile:
            begin = time.perf_counter()
            step()
            milliseconds = 1e3 * (time.perf_counter() - begin)
        operations = [
            {"name": event.key, "milliseconds": event.self_cpu_time_total / 1e3}
            for event in profile.key_averages()
            if event.self_cpu_time_total > 0
        ]
        return {"milliseconds": milliseconds, "operations": operations}

    return {"versions": versions, **turn_of(job, training(DROPOUT_RATE), checked(training), profile_of)}


# Keras


def keras(job):
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(job["threads"])
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__, "Python": sys.version.split()[0]}
    tensors = read(job["input"])
    if job["suite"] == "load":
        return {"versions": versions, **loading(job, lambda floats: tf.constant(floats).numpy())}
    x, labels = tf.constant(tensors["pictures"]), tf.constant(tensors["labels"])

    def network(dropout):
        model = keras.Sequential([keras.Input(tensors["pictures"].shape[1:])])
        for layer in {"reference": reference_layers, "compact": compact_layers}[job["network"]](dropout):
            model.add(layer)
        model.add(keras.layers.Dense(job["classes"], activation="softmax"))
        for variable, values in zip(model.trainable_weights, weights_of(tensors), strict=True):
            variable.assign(values)
        return model

    def reference_layers(dropout):
        for filters in FILTERS:
            yield keras.layers.Conv2D(filters, 3, activation="relu")
            yield keras.layers.MaxPooling2D(2)
            yield keras.layers.BatchNormalization()
        yield keras.layers.Dropout(dropout)
        yield keras.layers.Flatten()
        for index, units in enumerate(DENSE_UNITS):
            yield keras.layers.Dense(units, activation="relu")
            if index == 0:
                yield keras.layers.Dropout(dropout)

    def compact_layers(dropout):
        for index, filters in enumerate(COMPACT_FILTERS):
            yield keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)
            if index < len(COMPACT_FILTERS) - 1:
                yield keras.layers.MaxPooling2D(2)
            yield keras.layers.BatchNormalization()
            yield keras.layers.ReLU()
        yield keras.layers.GlobalAveragePooling2D()
        yield keras.layers.Dropout(dropout)

    if job["suite"] == "predict":
        model = network(DROPOUT_RATE)
        compiled = tf.function(lambda pictures: model(pictures, training=False))

        def predict():
            return compiled(x).numpy()

        return {"versions": versions, **turn_of(job, predict, lambda: {"values": predict().ravel().tolist()})}

    def training(dropout):
        model = network(dropout)
        # XLA takes twice as long here, step for step; Keras left to itself does not choose it either.
        model.compile(keras.optimizers.Adam(**ADAM), "categorical_crossentropy", jit_compile=False)
        return lambda: float(model.train_on_batch(x, labels))

    return {"versions": versions, **turn_of(job, training(DROPOUT_RATE), checked(training))}


PEERS = {
    "PyTorch": lambda job: pytorch(job, "contiguous_format"),
    "PyTorch channels-last": lambda job: pytorch(job, "channels_last"),
    "Keras": keras,
}


# Turns


def checked(training):
    """The losses of the first steps, without dropout, whose masks no two libraries share."""

    def losses():
        step = training(0.0)
        return {"values": [step() for _ in range(CHECKED_STEPS)]}

    return losses


def turn_of(job, call, answer, profile_of=None):
    """What was asked for: the answer to be compared, with the profile of a warmed-up step of median time; or times."""
    if job["want"] == "answer":
        result = answer()
        if profile_of is not None:
            timed({**job["settings"], "leastWarmups": PROFILE_WARMUPS, "measureMilliseconds": 0, "leastSamples": 1}, call)
            profiles = sorted((profile_of(call) for _ in range(PROFILED_STEPS)), key=lambda each: each["milliseconds"])
            result["profile"] = profiles[PROFILED_STEPS // 2]
        return result
    return timed(job["settings"], call)


def loading(job, tensor_of):
    """Packed pictures of a dataset to a batch of floating-point numbers, as a step takes it."""
    import zlib

    import numpy as np
    import pyarrow

    table = pyarrow.ipc.open_file(job["dataset"]).read_all()
    width, height = job["width"], job["height"]
    packed = np.concatenate([packed_rows(chunk) for chunk in table["pixels"].chunks])
    indices = np.arange(job["batch"]) % len(packed)

    def load():
        bits = np.unpackbits(packed[indices], axis=1)[:, : width * height]
        return tensor_of(bits.astype(np.float32).reshape(-1, height, width, 1))

    return turn_of(job, load, lambda: {"values": [zlib.crc32(np.ascontiguousarray(load()).tobytes())]})


def packed_rows(chunk):
    """The bytes of a chunk of pictures, a row each. Arrow may pad its buffer."""
    import numpy as np

    size = len(chunk) * chunk.type.byte_width
    return np.frombuffer(chunk.buffers()[1], np.uint8)[:size].reshape(len(chunk), -1)


# The file of weights and pictures: safetensors, as packages/trainer/src/node/files/tensor-file.ts writes it.


def read(path):
    import numpy as np

    data = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, each in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = each["data_offsets"]
            tensors[name] = np.frombuffer(data[start + begin : start + end], "<f4").reshape(each["shape"]).copy()
    return tensors


def weights_of(tensors):
    """The trainable weights, in the order of the layers, in TensorFlow's layouts."""
    return [each for name, each in tensors.items() if name.startswith("weights/")]


def map_size(shape):
    """Rows and columns of the last block's map."""
    rows, columns = shape[1:3]
    for _ in FILTERS:
        rows, columns = (rows - 2) // 2, (columns - 2) // 2
    return rows, columns


if __name__ == "__main__":
    main()
