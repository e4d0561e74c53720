"""Writes golden.json: what Pillow and OpenCV make of pictures drawn here. Run by hand, when a case is added:

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_golden.py

Pixels stand in the file whole, in base64. The draws are seeded, so a second run writes the same file.
"""

import base64
import json
import pathlib

import cv2
import numpy as np
import PIL
from PIL import Image

# OpenCV's wheels compute Otsu's threshold with Intel IPP where they can, which differs from OpenCV's own code on ties.
cv2.setUseOptimized(False)
if hasattr(cv2, "ipp"):
    cv2.ipp.setUseIPP(False)

SEED = 20261122
random = np.random.default_rng(SEED)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def noise(height, width, channels):
    return random.integers(0, 256, (height, width, channels), dtype=np.uint8)


def drawing(height, width, channels):
    """A dark shape with soft edges before a brighter slope, and some grain: two classes, as in a photograph."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    distance = np.hypot((x - width * 0.45) / width, (y - height * 0.6) / height)
    plane = 150 + 80 * x / width - 120 / (1 + np.exp((distance - 0.3) * 25))
    color = plane[..., None] + np.array([10.0, 0.0, -15.0, 0.0])[:channels]
    return np.clip(color + random.normal(0, 6, (height, width, channels)), 0, 255).astype(np.uint8)


def gray_of(picture):
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY if picture.shape[2] == 3 else cv2.COLOR_RGBA2GRAY)


FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos3": Image.Resampling.LANCZOS,
}


def resized(gray, width, height, resampling=Image.Resampling.BILINEAR):
    return np.asarray(Image.fromarray(gray, "L").resize((width, height), resampling))


def resized_by_filter(gray, width, height):
    return {name: text(resized(gray, width, height, resampling)) for name, resampling in FILTERS.items()}


def otsu(gray):
    return int(cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])


def size_of(array):
    return {"width": array.shape[1], "height": array.shape[0]}


def gray_case(picture):
    return {**size_of(picture), "channels": picture.shape[2], "picture": text(picture), "gray": text(gray_of(picture))}


def resize_case(name, gray, width, height):
    return {
        "name": name,
        "source": {**size_of(gray), "levels": text(gray)},
        "target": {"width": width, "height": height, "levels": resized_by_filter(gray, width, height)},
    }


def otsu_case(name, gray):
    counts = np.bincount(gray.ravel(), minlength=256)
    mask = (gray > otsu(gray)).astype(np.uint8)
    return {
        "name": name,
        "levels": text(gray),
        "counts": [[int(level), int(counts[level])] for level in np.flatnonzero(counts)],
        "threshold": otsu(gray),
        "mask": text(mask),
        "bits": text(np.packbits(mask)),
    }


def binarize_case(name, picture, width, height):
    levels = resized(gray_of(picture), width, height)
    threshold = otsu(levels)
    return {
        "name": name,
        "source": {**size_of(picture), "channels": picture.shape[2], "picture": text(picture)},
        "target": {"width": width, "height": height, "bits": text(np.packbits(levels > threshold))},
        "threshold": threshold,
    }


def large_case(width, height, target_width, target_height):
    """Over 8,388,608 pixels; the test draws the same picture."""
    y, x = np.mgrid[0:height, 0:width]
    gray = ((x * x + 3 * y * y) >> 9 & 255).astype(np.uint8)
    return {
        "width": width,
        "height": height,
        "threshold": otsu(gray),
        "target": {
            "width": target_width,
            "height": target_height,
            "levels": resized_by_filter(gray, target_width, target_height),
        },
    }


def plane(*levels_and_counts):
    levels = np.concatenate([np.full(count, level, np.uint8) for level, count in levels_and_counts])
    return levels.reshape(1, -1)


def main():
    landscape, portrait = drawing(75, 100, 1)[..., 0], drawing(100, 75, 1)[..., 0]
    corners = np.array([[[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)]], np.uint8)
    resizes = [
        ("a landscape shrunk, rows first", landscape, 60, 60),
        ("a portrait shrunk, columns first", portrait, 60, 60),
        ("shrunk in height alone", portrait, 75, 33),
        ("shrunk in width alone", landscape, 41, 75),
        ("width shrunk, height enlarged", landscape, 37, 91),
        ("width enlarged, height shrunk", portrait, 97, 41),
        ("enlarged", noise(9, 7, 1)[..., 0], 40, 31),
        ("the same size", noise(17, 19, 1)[..., 0], 19, 17),
        ("to one pixel", noise(33, 31, 1)[..., 0], 1, 1),
        ("from one pixel", noise(1, 1, 1)[..., 0], 5, 4),
        ("one row", noise(1, 200, 1)[..., 0], 33, 1),
        ("one column", noise(200, 1, 1)[..., 0], 1, 33),
        ("a ratio of 30 in width", noise(3, 300, 1)[..., 0], 10, 3),
        ("a ratio of 150 in height", noise(300, 5, 1)[..., 0], 5, 2),
        ("noise to widths that fill no vector", noise(40, 53, 1)[..., 0], 17, 15),
        ("white stays white", np.full((50, 70), 255, np.uint8), 33, 31),
        ("black and white only", ((np.add.outer(np.arange(41), np.arange(37)) // 3 % 2) * 255).astype(np.uint8), 29, 53),
        ("a wide picture to a high one", noise(9, 90, 1)[..., 0], 10, 60),
    ]
    # Two equal peaks: every level between them separates equally well, up to the rounding of doubles.
    ties = [otsu_case(f"a tie between {a} and {b}", plane((a, n), (b, n))) for a, b, n in [(0, 255, 8), (10, 13, 5), (99, 201, 77)]]
    symmetric = [otsu_case(f"symmetric levels, step {s}", plane(*[(128 + s * k, 9 - abs(k)) for k in range(-6, 7)])) for s in (1, 7, 20)]
    golden = {
        "made by": f"make_golden.py: Pillow {PIL.__version__}, OpenCV {cv2.__version__}, numpy {np.__version__}, seed {SEED}",
        "gray": [gray_case(corners), gray_case(noise(5, 103, 3)), gray_case(noise(5, 103, 4))],
        "resize": [resize_case(*case) for case in resizes],
        "large": [large_case(3001, 2903, 7, 5), large_case(1500, 5800, 5, 9)],
        "otsu": [
            otsu_case("a drawing", landscape),
            otsu_case("noise", noise(31, 37, 1)[..., 0]),
            otsu_case("one level", plane((133, 50))),
            otsu_case("two levels", plane((60, 30), (200, 41))),
            otsu_case("one light pixel", plane((0, 1000), (255, 1))),
            *ties,
            *symmetric,
        ],
        "binarize": [
            binarize_case("RGB, rows first", drawing(75, 100, 3), 60, 60),
            binarize_case("RGB, columns first", drawing(100, 75, 3), 60, 60),
            binarize_case("RGBA, odd sizes", drawing(67, 83, 4), 45, 37),
            binarize_case("RGB enlarged", drawing(20, 21, 3), 50, 50),
            binarize_case("RGB at its own size", drawing(33, 31, 3), 31, 33),
        ],
    }
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
