"""Writes thresholds.json: what OpenCV and scikit-image make of histograms and planes drawn here. Run by hand, when a
case is added:

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_thresholds.py

Planes are in base64, masks are packed eight pixels a byte. The draws are seeded, so a second run writes the same file.
"""

import base64
import json
import pathlib

import cv2
import numpy as np
import skimage
from skimage.filters import threshold_li, threshold_multiotsu, threshold_sauvola

# OpenCV's wheels compute some thresholds with Intel IPP where they can, which differs from OpenCV's own code on ties.
cv2.setUseOptimized(False)
if hasattr(cv2, "ipp"):
    cv2.ipp.setUseIPP(False)

SEED = 20261125
random = np.random.default_rng(SEED)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def counts_of(plane):
    counts = np.bincount(plane.ravel())
    return [[int(level), int(counts[level])] for level in np.flatnonzero(counts)]


def plane_of(levels_and_counts, dtype=np.uint8):
    return np.concatenate([np.full((1, count), level, dtype) for level, count in levels_and_counts], axis=1)


def multi_otsu(plane, classes):
    """The thresholds, or None where scikit-image refuses: fewer levels than classes."""
    try:
        return [int(threshold) for threshold in threshold_multiotsu(plane, classes)]
    except ValueError:
        return None


def histogram_case(name, plane):
    return {
        "name": name,
        "counts": counts_of(plane),
        "multiOtsu": {classes: multi_otsu(plane, classes) for classes in (3, 4)},
        "triangle": cv2.threshold(plane, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_TRIANGLE)[0],
        "li": float(threshold_li(plane)),
    }


def deep_case(name, plane):
    threshold = cv2.threshold(plane, 0, 65535, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    mask = cv2.threshold(plane, threshold, 1, cv2.THRESH_BINARY)[1]
    return {
        "name": name,
        "levels": text(plane.astype("<u2")),
        "counts": counts_of(plane),
        "threshold": threshold,
        "mask": text(np.packbits(mask.astype(np.uint8))),
    }


def sauvola_case(plane, levels, window, k):
    mask = levels > threshold_sauvola(levels, window, k, r=128)
    return {"plane": plane, "window": window, "k": k, "mask": text(np.packbits(mask))}


def local_mean_case(plane, levels, window, offset):
    mask = cv2.adaptiveThreshold(levels, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, offset)
    return {"plane": plane, "window": window, "offset": offset, "mask": text(np.packbits(mask))}


def page(height, width):
    """Dark strokes on paper that is lit from a corner, and some grain."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    light = 235 - 170 * np.hypot(x / width, y / height) / np.sqrt(2)
    strokes = ((x * 3 + y) % 23 < 4) & (y % 13 < 9)
    return np.clip(light * np.where(strokes, 0.6, 1) + random.normal(0, 4, (height, width)), 0, 255).astype(np.uint8)


def noise(height, width):
    return random.integers(0, 256, (height, width), dtype=np.uint8)


def tail(levels):
    """Counts that rise from 1 to a high peak, along the levels."""
    return [(level, 1 + index // 4 + (900 if index > len(levels) - 6 else 0)) for index, level in enumerate(levels)]


def histograms():
    order_3 = [(9, 4), (24, 2), (39, 4), (54, 2), (69, 4)]
    order_4 = [(5, 1), (6, 4), (7, 1), (8, 3), (9, 1), (10, 4), (11, 1)]
    peaks = [np.clip(random.normal(mean, 14, 700), 0, 255) for mean in (40, 105, 170, 225)]
    return [
        ("a page in uneven light", page(67, 83)),
        ("noise", noise(31, 37)),
        ("four peaks", np.concatenate(peaks).astype(np.uint8).reshape(1, -1)),
        ("one level", plane_of([(133, 50)])),
        ("black alone", plane_of([(0, 50)])),
        ("white alone", plane_of([(255, 50)])),
        ("two levels", plane_of([(60, 30), (200, 41)])),
        ("two neighbours at black, more of the lighter", plane_of([(0, 3), (1, 5)])),
        ("three neighbours at white, fewest of white", plane_of([(253, 6), (254, 5), (255, 1)])),
        ("three levels", plane_of([(0, 7), (100, 5), (255, 9)])),
        ("four levels", plane_of([(0, 7), (99, 5), (100, 5), (255, 9)])),
        ("five levels", plane_of([(17, 7), (18, 5), (100, 5), (101, 40), (255, 9)])),
        ("flat over all levels", plane_of([(level, 3) for level in range(256)])),
        ("flat over a few levels", plane_of([(level, 11) for level in range(50, 81)])),
        ("flat with gaps: ties", plane_of([(level, 4) for level in range(3, 250, 19)])),
        ("symmetric: ties", plane_of([(128 + 9 * k, 9 - abs(k)) for k in range(-8, 9)])),
        ("a tie of three classes that the order of additions decides", plane_of(order_3)),
        ("a tie of four classes that the order of additions decides", plane_of(order_4)),
        ("two equal peaks and a bridge", plane_of([(10, 50), (11, 1), (130, 1), (240, 1), (241, 50)])),
        ("a dark tail", plane_of(tail(range(20, 181)))),
        ("a light tail", plane_of(tail(range(235, 74, -1)))),
        ("a dark tail that begins at black", plane_of(tail(range(0, 120)))),
        ("a light tail that ends at white", plane_of(tail(range(255, 130, -1)))),
        ("one light pixel", plane_of([(0, 1000), (255, 1)])),
        ("mostly black", plane_of([(0, 1000), (1, 3), (2, 1), (90, 2), (255, 1)])),
    ]


def deep_planes():
    deep = page(13, 17).astype(np.uint16) * 256 + random.integers(0, 256, (13, 17), dtype=np.uint16)
    return [
        ("a page in uneven light", deep),
        ("levels of 12 bits", deep >> 4),
        ("noise", random.integers(0, 65536, (11, 9), dtype=np.uint16)),
        ("one level", plane_of([(40_000, 9)], np.uint16)),
        ("black and white", plane_of([(0, 8), (65_535, 8)], np.uint16)),
        ("two levels that share a high byte", plane_of([(0x1234, 5), (0x12F0, 6)], np.uint16)),
        ("symmetric: ties", plane_of([(30_000 + 999 * k, 7 - abs(k)) for k in range(-6, 7)], np.uint16)),
    ]


def main():
    planes = {
        "a page": page(61, 47),
        "a wide page": page(9, 211),
        "noise": noise(13, 17),
        "black": np.zeros((7, 9), np.uint8),
        "gray": np.full((7, 9), 133, np.uint8),
        "white": np.full((7, 9), 255, np.uint8),
        "one pixel": noise(1, 1),
        "one row": noise(1, 70),
        "one column": noise(70, 1),
        "two by two": noise(2, 2),
        "black and white": np.where(noise(33, 35) > 127, 255, 0).astype(np.uint8),
    }
    windows = {
        "a page": (3, 15, 25, 61, 63, 151),
        "a wide page": (5, 31, 127),
        "noise": (3, 5, 13, 17, 19, 33, 35, 101, 2901),
    }
    golden = {
        "made by": f"make_thresholds.py: OpenCV {cv2.__version__}, scikit-image {skimage.__version__}, "
        f"numpy {np.__version__}, seed {SEED}",
        "histograms": [histogram_case(*case) for case in histograms()],
        "deep": [deep_case(*case) for case in deep_planes()],
        "planes": {
            name: {"width": levels.shape[1], "height": levels.shape[0], "levels": text(levels)}
            for name, levels in planes.items()
        },
        "sauvola": [
            sauvola_case(name, levels, window, k)
            for name, levels in planes.items()
            for window in (1, *windows.get(name, (3, 15)))
            for k in ((0.2, 0.5, 0, -0.3, 1.7) if window == 15 or name == "noise" and window == 5 else (0.2,))
        ],
        "localMean": [
            local_mean_case(name, levels, window, offset)
            for name, levels in planes.items()
            for window in windows.get(name, (3, 15))
            for offset in ((5, 0, -3, 2.5, -2.5, 300, -300) if window in (3, 15) else (5,))
        ],
    }
    path = pathlib.Path(__file__).with_name("thresholds.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
