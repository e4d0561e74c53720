"""Trains the reference network in PyTorch on silhouette's input and compares; README.md has the commands.

    python make_parity.py INPUT [GOLDEN]

INPUT contains initial weights, one batch, and silhouette's gradients and losses (src/testing/parity-case.ts). With GOLDEN,
PyTorch's gradients and losses are written for src/training/parity.test.ts, independently of INPUT's results.
Results are reproducible on the same machine.
"""

import json
import pathlib
import platform
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

BLOCKS = 5
STEPS = 10

# Defaults of Keras and TensorFlow.js.
BATCH_NORM_EPSILON = 1e-3
ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-7}


def main(input_path, golden_path=None):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    versions = (
        f"make_parity.py: torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    )
    print(versions)

    tensors, metadata = read(input_path)
    weights = of_kind(tensors, "weights")
    pictures, labels = tensors["pictures"], tensors["labels"]
    count = sum(each.size for each in weights.values())
    print(f"{metadata['case']}: {count} trainable parameters, pictures {pictures.shape}")

    single, single_losses = train(weights, pictures, labels, torch.float32)
    double, double_losses = train(weights, pictures, labels, torch.float64)
    report_gradients(of_kind(tensors, "gradients"), single, double)
    report_losses(json.loads(metadata["losses"]), single_losses, double_losses)

    if golden_path is not None:
        texts = {
            "made by": versions,
            "case": metadata["case"],
            "input crc32": checksum([*weights.values(), pictures, labels]),
            "losses in float32": json.dumps(single_losses),
            "losses in float64": json.dumps(double_losses),
        }
        write(golden_path, {f"gradients/{name}": each.astype("<f4") for name, each in double.items()}, texts)
        print(f"{golden_path}: {pathlib.Path(golden_path).stat().st_size} bytes")


def train(weights, pictures, labels, dtype):
    """Returns the gradients of the first of STEPS steps, and the losses before each, in the layouts of TensorFlow.js."""
    parameters = {name: torch.tensor(values, dtype=dtype, requires_grad=True) for name, values in weights.items()}
    pictures, labels = torch.tensor(pictures, dtype=dtype), torch.tensor(labels, dtype=dtype)
    # One tensor at a time, with the plain formula: the fused variants round differently.
    adam = torch.optim.Adam(parameters.values(), **ADAM, foreach=False, fused=False)
    first, losses = None, []
    for _ in range(STEPS):
        adam.zero_grad()
        loss = F.cross_entropy(logits(list(parameters.values()), pictures), labels)
        loss.backward()
        losses.append(loss.item())
        first = first or {name: each.grad.numpy().copy() for name, each in parameters.items()}
        adam.step()
    return first, losses


def logits(parameters, pictures):
    """The reference network without dropout. It includes the layout permutations, so gradients are in silhouette's layout."""
    take = iter(parameters)
    # [batch, height, width, 1] to PyTorch's [batch, 1, height, width]. Not with permute: PyTorch treats a single permuted
    # channel as channels last, a layout in which it sums BatchNorm's statistics so naively that float32 gradients are off
    # by 1%.
    x = pictures.reshape(len(pictures), 1, *pictures.shape[1:3])
    for _ in range(BLOCKS):
        kernel, bias, scale, offset = next(take), next(take), next(take), next(take)
        kernel = kernel.permute(3, 2, 0, 1).contiguous()  # [height, width, in, out] to [out, in, height, width]
        x = F.max_pool2d(F.relu(F.conv2d(x, kernel, bias)), 2)
        x = F.batch_norm(x, None, None, scale, offset, training=True, eps=BATCH_NORM_EPSILON)
    x = x.permute(0, 2, 3, 1).flatten(1)  # channels last, as TensorFlow.js flattens
    for activation in (F.relu, F.relu, lambda logits: logits):
        kernel, bias = next(take), next(take)
        x = activation(x @ kernel + bias)  # [in, out]
    if next(take, None) is not None:
        raise SystemExit("Expected the parameters of the reference network, but the input has more of them")
    return x


def distance(values, reference):
    """Relative L2 distance."""
    reference = reference.astype(np.float64)
    return float(np.linalg.norm(values.astype(np.float64) - reference) / np.linalg.norm(reference))


def report_gradients(ours, single, double):
    print("\ngradients of step 1: relative L2 distance from PyTorch's in float64")
    print(f"{'tensor':24}{'norm':>12}{'ours':>12}{'PyTorch f32':>14}")
    for name, reference in double.items():
        columns = distance(ours[name], reference), distance(single[name], reference)
        print(f"{name:24}{np.linalg.norm(reference):12.3e}{columns[0]:12.2e}{columns[1]:14.2e}")


def report_losses(ours, single, double):
    print("\nlosses before each step, and their distances")
    print(f"{'step':>4}{'ours':>14}{'PyTorch f32':>14}{'PyTorch f64':>14}{'ours-f32':>12}{'f32-f64':>12}{'ours-f64':>12}")
    rows = [(a, b, c, abs(a - b), abs(b - c), abs(a - c)) for a, b, c in zip(ours, single, double, strict=True)]
    for step, (*losses, d1, d2, d3) in enumerate(rows, 1):
        print(f"{step:4}" + "".join(f"{loss:14.9f}" for loss in losses) + f"{d1:12.2e}{d2:12.2e}{d3:12.2e}")
    print(f"{'most':>46}" + "".join(f"{max(column):12.2e}" for column in list(zip(*rows))[3:]))


def of_kind(tensors, kind):
    """The tensors named `kind/...`, in order, keyed by the part after the slash."""
    return {name.split("/")[1]: each for name, each in tensors.items() if name.startswith(f"{kind}/")}


def checksum(arrays):
    """CRC-32 of all values in sequence, like `fingerprint` in src/testing/parity-case.ts."""
    crc = 0
    for each in arrays:
        crc = zlib.crc32(np.ascontiguousarray(each).tobytes(), crc)
    return f"{crc:08x}"


# The files are safetensors with a checksum at the start of the metadata, as described in src/values/safetensors.ts.

HEADER_START = b'{"__metadata__":{"crc32":"'
CRC32_AT = 8 + len(HEADER_START)


def read(path):
    data = pathlib.Path(path).read_bytes()
    data_start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:data_start])
    metadata = header.pop("__metadata__")
    if metadata["crc32"] != f"{zlib.crc32(data[:CRC32_AT] + b'00000000' + data[CRC32_AT + 8 :]):08x}":
        raise SystemExit(f"{path} is damaged: its checksum differs")
    tensors = {}
    for name, each in header.items():
        begin, end = each["data_offsets"]
        values = np.frombuffer(data[data_start + begin : data_start + end], {"F32": "<f4", "I32": "<i4"}[each["dtype"]])
        tensors[name] = values.reshape(each["shape"])
    return tensors, metadata


def write(path, tensors, texts):
    header, end = {"__metadata__": {"crc32": "00000000", **texts}}, 0
    for name, each in tensors.items():
        header[name] = {"dtype": "F32", "shape": each.shape, "data_offsets": [end, end + each.nbytes]}
        end += each.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = len(text).to_bytes(8, "little") + text + b"".join(each.tobytes() for each in tensors.values())
    crc = f"{zlib.crc32(data):08x}".encode()
    pathlib.Path(path).write_bytes(data[:CRC32_AT] + crc + data[CRC32_AT + 8 :])


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
