"""The peer OpenCV, native, on one thread: picture -> gray -> resize -> Otsu -> mask of 0 and 1.

    python opencv.py JOB

JOB is JSON, as packages/bench/src/preprocess/peers/python-peer.ts sends it. The first line on standard output is the answer; each line of
round settings on standard input is answered by the times of one turn. All lines are JSON. Exit code 3: a library is not
installed, its name on standard error.
"""

import base64
import importlib.metadata
import json
import sys

from rounds import timed


def main():
    try:
        import cv2
        import numpy as np
    except ImportError as error:
        print(f"{error}", file=sys.stderr)
        raise SystemExit(3) from error
    job = json.loads(sys.argv[1])
    cv2.setNumThreads(1)
    source, target = job["source"], job["target"]
    pixels = np.fromfile(job["file"], np.uint8).reshape(source["height"], source["width"], source["channels"])
    binarize = binarizer(cv2, np, pixels, (target["width"], target["height"]), job["peer"].split()[-1])
    threshold, mask = binarize()
    tell({"threshold": threshold, "mask": base64.b64encode(mask).decode(), "library": library()})
    for line in sys.stdin:
        tell(timed(json.loads(line), binarize))


def binarizer(cv2, np, pixels, size, interpolation_name):
    """A function of no arguments; it reads `pixels` where they are, and writes into the same arrays each time."""
    interpolation = getattr(cv2, interpolation_name)
    height, width, channels = pixels.shape
    resized_pixels = size[0] * size[1]
    # As in packages/bench/src/preprocess/peers/opencv-js.ts: INTER_LINEAR looks at four pixels for each of the output.
    resizes_first = interpolation_name == "INTER_LINEAR" and width * height > 4 * resized_pixels
    code = {3: cv2.COLOR_RGB2GRAY, 4: cv2.COLOR_RGBA2GRAY}.get(channels)
    rows = (size[1], size[0])
    gray = np.empty(rows if resizes_first else (height, width), np.uint8)
    resized = np.empty((*rows, channels) if resizes_first and channels > 1 else rows, np.uint8)
    mask = np.empty(rows, np.uint8)

    def levels():
        if code is None:
            return cv2.resize(pixels, size, resized, interpolation=interpolation)
        if resizes_first:
            cv2.resize(pixels, size, resized, interpolation=interpolation)
            return cv2.cvtColor(resized, code, gray)
        cv2.cvtColor(pixels, code, gray)
        return cv2.resize(gray, size, resized, interpolation=interpolation)

    def binarize():
        threshold, _ = cv2.threshold(levels(), 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU, mask)
        return threshold, mask

    return binarize


def library():
    """What packages/bench/src/measure/installed-package.ts calls a library."""
    opencv, numpy = (importlib.metadata.distribution(name) for name in ("opencv-python-headless", "numpy"))
    files = [file.locate() for distribution in (opencv, numpy) for file in distribution.files or ()]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return {"name": opencv.name, "version": opencv.version, "installedBytes": size}


def tell(message):
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
