"""Draws small networks, and trains them in PyTorch for ts/networks.test.ts; README.md has the command.

    python make_networks.py networks.safetensors

A network is a list of layers as tf.layers makes them: `kind` names the function, `config` is its argument, `inputs` are
the layers before it, or `input`. The file has these descriptions, the initial weights, an input and labels; and what
PyTorch makes of them: the output and all gradients, in float64 and then rounded, and the losses of 20 steps in float32 and
in float64. On one machine a second run gives the same bytes.
"""

import json
import pathlib
import platform
import sys

import numpy as np
import torch
import torch.nn.functional as F

from draw_networks import draw_networks
from tensorflow_layers import compute

SEED = 1
STEPS = 20

# As TensorFlow.js has them by default.
ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-7}


def main(path):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    versions = (
        f"make_networks.py: torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    )
    print(versions)
    tensors, descriptions = {}, []
    for drawn in draw_networks(np.random.default_rng(SEED)):
        expected, losses = train(drawn, torch.float64)
        in_single, losses_in_single = train(drawn, torch.float32)
        report(drawn, expected, in_single, losses, losses_in_single)
        for kind, arrays in (("given", drawn.given), ("expected", expected)):
            tensors |= {f"{drawn.name}/{kind}/{name}": each.astype("<f4") for name, each in arrays.items()}
        descriptions.append(
            {
                "name": drawn.name,
                "inputShape": drawn.given["input"].shape[1:],
                "layers": drawn.layers,
                "loss": drawn.loss,
                "losses": {"float32": losses_in_single, "float64": losses},
            }
        )
    write(path, tensors, {"made by": versions, "networks": json.dumps(descriptions)})
    print(f"{path}: {len(descriptions)} networks, {pathlib.Path(path).stat().st_size} bytes")


def train(drawn, dtype):
    """The `output` and `gradients/...` of the first of STEPS steps, and the losses before each."""
    given = {name: torch.tensor(each, dtype=dtype) for name, each in drawn.given.items()}
    labels = given.pop("labels")
    weights = [name for name in given if name != "input"]
    # Words have no gradient.
    differentiable = weights if drawn.layers[0]["kind"] == "embedding" else ["input", *weights]
    for name in differentiable:
        given[name].requires_grad_()
    # One tensor after the other, in the plain formula: the fused variants round otherwise.
    adam = torch.optim.Adam([given[name] for name in weights], **ADAM, foreach=False, fused=False)
    first, losses = None, []
    for _ in range(STEPS):
        adam.zero_grad()
        output = forward(drawn, given)
        loss = cross_entropy(drawn.loss, output, labels)
        loss.backward()
        losses.append(loss.item())
        first = first or {
            "output": output.detach().numpy().copy(),
            **{f"gradients/{name}": given[name].grad.numpy().copy() for name in differentiable},
        }
        adam.step()
    return first, losses


def forward(drawn, given):
    outputs = {"input": given["input"]}
    for layer in drawn.layers:
        prefix = f"{layer['name']}/"
        weights = {name.removeprefix(prefix): each for name, each in given.items() if name.startswith(prefix)}
        outputs[layer["name"]] = compute(layer, weights, [outputs[each] for each in layer["inputs"]])
    return outputs[drawn.layers[-1]["name"]]


def cross_entropy(loss, logits, labels):
    """Mean over examples, or pixels; and over classes that do not exclude each other."""
    if loss == "softmaxCrossEntropy":
        return F.cross_entropy(logits.flatten(0, -2), labels.flatten(0, -2))
    return F.binary_cross_entropy_with_logits(logits, labels)


def report(drawn, expected, in_single, losses, losses_in_single):
    """How far PyTorch's float32 is from its float64."""
    distances = {name: distance(in_single[name], each) for name, each in expected.items()}
    worst = max((name for name in distances if name != "output"), key=distances.get)
    apart = max(abs(a - b) for a, b in zip(losses, losses_in_single, strict=True))
    size = sum(each.size for name, each in drawn.given.items() if name not in ("input", "labels"))
    print(f"\n{drawn.name}: input {drawn.given['input'].shape}, {size} weights")
    print("  " + ", ".join(layer["kind"] for layer in drawn.layers))
    print(f"  {drawn.loss}: {losses[0]:.4f} to {losses[-1]:.4f}, float32 is {apart:.1e} off")
    print(f"  float32 is off by {distances['output']:.1e} in the output, at most {distances[worst]:.1e} in {worst}")


def distance(values, reference):
    """Relative L2 distance."""
    apart, norm = np.linalg.norm(values.astype(np.float64) - reference), np.linalg.norm(reference)
    return float(apart / norm)


def write(path, tensors, texts):
    """In the safetensors format."""
    header, end = {"__metadata__": texts}, 0
    for name, each in tensors.items():
        header[name] = {"dtype": "F32", "shape": each.shape, "data_offsets": [end, end + each.nbytes]}
        end += each.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = len(text).to_bytes(8, "little") + text + b"".join(each.tobytes() for each in tensors.values())
    pathlib.Path(path).write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
