"""What Pillow makes of small pictures in color, resized, for src/dataset/colors.test.ts: colors.json.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 pillow==13.0.0
    venv/bin/python packages/trainer/golden/make_colors.py packages/trainer/golden/colors.json
"""

import json
import platform
import sys

import numpy as np
import PIL
from PIL import Image

# Width and height, before and after.
CASES = [((37, 23), (16, 12)), ((8, 9), (10, 6)), ((5, 4), (24, 24))]


def main(path: str) -> None:
    generator = np.random.default_rng(1)
    content = {
        "madeBy": f"make_colors.py: Pillow {PIL.__version__}, Python {platform.python_version()}",
        "cases": [resized(generator, *each) for each in CASES],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


def resized(generator, before: tuple, after: tuple) -> dict:
    pixels = generator.integers(256, size=(before[1], before[0], 3), dtype=np.uint8)
    small = np.asarray(Image.fromarray(pixels).resize(after, Image.Resampling.BILINEAR))
    return {"before": before, "pixels": pixels.ravel().tolist(), "after": after, "resized": small.ravel().tolist()}


main(sys.argv[1])
