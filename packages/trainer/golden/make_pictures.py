"""Small pictures of many kinds with the pixels that Pillow shows, or OpenCV where Pillow shows none: pictures.json.

Each entry has the file, base64, and its pixels: [height, width, 3] red, green and blue over white, base64. Numbers without a
range of their own are stretched by OpenCV's normalize, and of 16 bits whose upper ones are never set, the lower ones count.

    python3 -m venv venv && venv/bin/pip install -r packages/trainer/golden/requirements-pictures.txt
    venv/bin/python packages/trainer/golden/make_pictures.py packages/trainer/golden/pictures.json
"""

import base64
import io
import json
import struct
import sys

import cv2
import numpy as np
import tifffile
from PIL import Image

y, x = np.mgrid[0:9, 0:14]
GRAY = ((x * 17 + y * 5) % 256).astype(np.uint8)
GRAY[2:6, 3:9] = 30
RGB = np.stack([GRAY, np.roll(GRAY, 3, 1), 255 - GRAY], -1).astype(np.uint8)
BAND = np.where(x < 7, 250, 5).astype(np.uint8)
HALF_OPAQUE = np.where(x < 7, 255, 0).astype(np.uint8)

entries = []


def entry(name: str, file: bytes, pixels: np.ndarray) -> None:
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, -1)
    entries.append(
        {
            "name": name,
            "file": base64.b64encode(file).decode(),
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "pixels": base64.b64encode(pixels.astype(np.uint8).tobytes()).decode(),
        }
    )


def tiff(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **{"photometric": "minisblack", **options})
    return file.getvalue()


def saved(image: Image.Image, format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def pillow(file: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(file))
    if image.mode in ("P", "LA", "RGBA") or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def shown_by_pillow(name: str, file: bytes) -> None:
    entry(name, file, pillow(file))


def normalized(array: np.ndarray) -> np.ndarray:
    return np.rint(cv2.normalize(array.astype(np.float64), None, 0, 255, cv2.NORM_MINMAX))


def gif(left: int, top: int, width: int, height: int, color: int, extension: bytes = b"") -> bytes:
    """One frame of one color on a canvas of 14 x 9, its LZW codes without compression."""
    palette = bytes([255, 200, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0])
    codes = [4]
    for index in range(width * height):
        codes += [color] + ([4] if index % 2 else [])
    bits = "".join(f"{code:03b}"[::-1] for code in [*codes, 5])
    data = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255))
    screen = b"GIF89a" + struct.pack("<HHBBB", 14, 9, 0x81, 0, 0) + palette
    return screen + extension + b"," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\2" + blocks + b"\0;"


shown_by_pillow("TIFF, gray", tiff(GRAY))
shown_by_pillow("TIFF, gray, white is zero", tiff(GRAY, photometric="miniswhite"))
shown_by_pillow("TIFF, RGB", tiff(RGB, photometric="rgb"))
shown_by_pillow("TIFF, RGB, planar", tiff(np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate"))
shown_by_pillow("TIFF, RGB, tiled", tiff(RGB, photometric="rgb", tile=(16, 16)))
shown_by_pillow("BigTIFF, RGB", tiff(RGB, photometric="rgb", bigtiff=True))
shown_by_pillow("TIFF, RGB and near infrared", tiff(np.dstack([RGB, BAND]), photometric="rgb", extrasamples=[0]))
shown_by_pillow("TIFF, RGB and opacity", tiff(np.dstack([RGB, HALF_OPAQUE]), photometric="rgb", extrasamples=[2]))
shown_by_pillow(
    "TIFF, RGB times opacity",
    tiff(np.dstack([RGB * (HALF_OPAQUE[..., None] // 255), HALF_OPAQUE]), photometric="rgb", extrasamples=[1]),
)
shown_by_pillow("TIFF, gray and another band", tiff(np.dstack([GRAY, BAND]), extrasamples=[0]))
shown_by_pillow("TIFF, two pictures", tiff(np.stack([GRAY, 255 - GRAY])))
shown_by_pillow("TIFF, palette", saved(Image.fromarray(RGB).convert("P"), "TIFF"))
shown_by_pillow("TIFF, one bit", saved(Image.fromarray(GRAY > 100), "TIFF"))
entry("TIFF, 16 bits", tiff(GRAY.astype(np.uint16) * 257), GRAY)
entry("TIFF, 16 bits, big-endian", tiff(GRAY.astype(">u2") * 257, byteorder=">"), GRAY)
entry("TIFF, 16 bits, values to 255", tiff(GRAY.astype(np.uint16)), GRAY)
entry("TIFF, 16 bits, values to 4,095", tiff(GRAY.astype(np.uint16) * 16 + 7), GRAY)
entry("TIFF, RGB of 16 bits, values to 255", tiff(RGB.astype(np.uint16), photometric="rgb"), RGB)
entry("TIFF, 32 bits", tiff(GRAY.astype(np.uint32) * 65_535), normalized(GRAY))
entry("TIFF, signed, 8 bits", tiff((GRAY.astype(int) - 128).astype(np.int8)), normalized(GRAY))
entry("TIFF, signed, 32 bits", tiff(GRAY.astype(np.int32) * 1000 - 90_000), normalized(GRAY))
entry("TIFF, floating-point, 0 to 1", tiff((GRAY / 255).astype(np.float32)), normalized(GRAY))
entry("TIFF, floating-point, metres", tiff((400 + 900 * (GRAY / 255)).astype(np.float32)), normalized(GRAY))
entry("PNG, 16 bits", saved(Image.fromarray(GRAY.astype(np.uint16) * 257), "PNG"), GRAY)
entry("PNG, 16 bits, values to 255", saved(Image.fromarray(GRAY.astype(np.uint16)), "PNG"), GRAY)
shown_by_pillow("PNG, one bit", saved(Image.fromarray(GRAY > 100), "PNG"))
shown_by_pillow("PNG, gray and opacity", saved(Image.fromarray(np.dstack([GRAY, HALF_OPAQUE])), "PNG"))
shown_by_pillow("PNG, RGB, one color transparent", saved(Image.fromarray(RGB), "PNG", transparency=tuple(int(v) for v in RGB[3, 4])))

first = Image.new("RGBA", (14, 9), (0, 0, 0, 0))
first.paste((200, 30, 30, 255), (3, 2, 8, 6))
second = Image.new("RGBA", (14, 9), (10, 200, 10, 255))
animation = {"save_all": True, "append_images": [second], "duration": 100}
shown_by_pillow("GIF, animated, transparent", saved(first, "GIF", disposal=2, **animation))
shown_by_pillow("GIF, first frame smaller than the canvas", gif(4, 2, 6, 5, 2))
shown_by_pillow(
    "GIF, first frame smaller than the canvas, transparent", gif(4, 2, 6, 5, 2, b"\x21\xf9\x04\x01\0\0\x01\0")
)
shown_by_pillow("WebP, animated, free canvas", saved(first, "WEBP", lossless=True, **animation))
shown_by_pillow("PNG, animated", saved(first, "PNG", **animation))

with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(entries, file, indent=1)
    file.write("\n")
