"""Writes warp.json: what PyTorch makes of planes drawn here by `affine_grid` and `grid_sample`, in float64, at twice the
output's size, and `avg_pool2d` of it; ramps and curves by numpy. Run by hand, when a case is added:

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_warp.py

Planes are bytes in base64. Levels are not rounded: they are in base64, too, as 16-bit words, in units of 1/256 of a level.
What a curve makes of them is bytes again. The draws are seeded, so a second run writes the same file.
"""

import base64
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

SEED = 20261129
random = np.random.default_rng(SEED)

IDENTITY = (1, 0, 0, 0, 1, 0)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def warped(plane, affine, ramp, width, height):
    """Levels, not rounded, within 0 to 255."""
    theta = torch.tensor(affine, dtype=torch.float64).reshape(1, 2, 3)
    grid = F.affine_grid(theta, (1, 1, 2 * height, 2 * width), align_corners=False)
    source = torch.from_numpy(plane.astype(np.float64))[None, None]
    samples = F.grid_sample(source, grid, mode="bilinear", padding_mode="border", align_corners=False)
    levels = F.avg_pool2d(samples, 2)[0, 0].numpy()
    u = (2 * np.arange(width) + 1) / width - 1
    v = (2 * np.arange(height) + 1) / height - 1
    return np.clip(levels + ramp[0] * u[None, :] + ramp[1] * v[:, None], 0, 255)


def case(name, planes, plane, size, affine=IDENTITY, ramp=(0, 0), curve=None):
    width, height = size
    levels = warped(planes[plane], affine, ramp, width, height)
    described = {"name": name, "plane": plane, "width": width, "height": height, "affine": affine, "ramp": ramp}
    if curve is None:
        return {**described, "levels": text(np.round(levels * 256).astype("<u2"))}
    # A level that is rounded to the other side changes by up to the curve's steepest step.
    steepest = int(np.abs(np.diff(curve.astype(int))).max())
    curved = curve[np.floor(levels + 0.5).astype(np.uint8)]
    return {**described, "curve": text(curve), "steepest": steepest, "curved": text(curved)}


def drawing(height, width):
    """Strokes on paper that is lit from a corner, and some grain."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    light = 235 - 150 * np.hypot(x / width, y / height) / np.sqrt(2)
    strokes = ((x * 3 + y) % 23 < 6) & (y % 13 < 9)
    levels = light * np.where(strokes, 0.4, 1) + random.normal(0, 4, (height, width))
    return np.clip(levels, 0, 255).astype(np.uint8)


def rotation(degrees, scale=1.0):
    c, s = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return (c, -s, 0, s, c, 0)


def main():
    slope = np.clip(np.add.outer(np.arange(64) * 1.5, np.arange(64) * 2.0), 0, 255)
    planes = {
        "a drawing": drawing(64, 64),
        "a wide drawing": drawing(41, 90),
        "noise": random.integers(0, 256, (48, 48), dtype=np.uint8),
        "one row": random.integers(0, 256, (1, 40), dtype=np.uint8),
        "one pixel": np.full((1, 1), 201, np.uint8),
        "a slope": slope.astype(np.uint8),
    }
    half = (32, 32)
    maps = [
        ("the identity", "a drawing", half, IDENTITY),
        ("mirrored", "a drawing", half, (-1, 0, 0, 0, 1, 0)),
        ("upside down", "a drawing", half, (1, 0, 0, 0, -1, 0)),
        ("turned by 90 degrees", "a drawing", half, rotation(90)),
        ("turned by 11 degrees", "a drawing", half, rotation(11)),
        ("turned by -37 degrees and enlarged", "a drawing", half, rotation(-37, 0.6)),
        ("sheared", "a drawing", half, (1, 0.3, 0, -0.1, 1, 0)),
        ("a corner", "a drawing", half, (0.875, 0, -0.125, 0, 0.875, 0.125)),
        ("shifted beyond an edge", "a drawing", half, (1, 0, 0.7, 0, 1, -1.3)),
        ("seen from afar", "a drawing", half, (1.9, 0.2, 0, -0.2, 1.9, 0)),
        ("mirrored, turned, sheared and shifted", "a drawing", half, (-0.93, 0.21, 0.06, 0.17, 1.08, -0.11)),
        ("as large", "a drawing", (64, 64), rotation(5)),
        ("enlarged", "noise", (61, 53), (0.4, 0.1, 0.2, -0.05, 0.5, -0.3)),
        ("by a factor of three", "noise", (16, 16), rotation(20)),
        ("of noise, by two", "noise", (24, 24), rotation(-8, 0.95)),
        ("of a wide drawing, by other factors", "a wide drawing", (31, 37), (0.9, -0.15, 0.05, 0.3, 0.8, -0.1)),
        ("of a wide drawing, narrow", "a wide drawing", (3, 40), (1, 0.5, 0, 0, 1, 0)),
        ("of one row", "one row", (20, 5), (0.8, 0.3, 0.1, 0, 1, 0)),
        ("of one pixel", "one pixel", (5, 4), rotation(30)),
        ("to one pixel", "a slope", (1, 1), (0.1, 0, 0.2, 0, 0.1, -0.3)),
    ]
    ramps = [
        ("a ramp to the right", (25.5, 0)),
        ("a ramp upwards", (0, -40)),
        ("a ramp beyond black and white", (200, 150)),
    ]
    curves = [
        ("the negative", np.arange(255, -1, -1).astype(np.uint8)),
        ("a gamma of 1.8", np.round(255 * (np.arange(256) / 255) ** 1.8).astype(np.uint8)),
    ]
    golden = {
        "made by": f"make_warp.py: torch {torch.__version__}, numpy {np.__version__}, seed {SEED}",
        "planes": {
            name: {"width": levels.shape[1], "height": levels.shape[0], "levels": text(levels)}
            for name, levels in planes.items()
        },
        "warped": [case(name, planes, *rest) for name, *rest in maps]
        + [case(name, planes, "a slope", half, rotation(15), ramp) for name, ramp in ramps],
        "curved": [
            case(name, planes, "a slope", half, rotation(-10, 0.9), (30, -20), curve) for name, curve in curves
        ],
    }
    path = pathlib.Path(__file__).with_name("warp.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
