"""Makes thumbnails with the bytes that JavaScript makes: pixels ─▶ luma, mean colors at half its size ─▶ a small JPEG.

The same steps as packages/preprocess-wasm/ts/jpeg-thumbnails.ts, by the same kernels.
"""

import math
from os import PathLike
from pathlib import Path

import numpy

from silhouette.kernels import BICUBIC, Kernels

#: The kernels that the package brings along.
JPEG_KERNELS = Path(__file__).with_name("jpeg.simd128.wasm")

#: Longer side in pixels, and the quality of the JPEG.
SIDE, QUALITY = 160, 80


class Thumbnails(Kernels):
    """Makes thumbnails of decoded pictures. Not safe to be used by several threads at once."""

    def __init__(self, binary: str | PathLike[str] = JPEG_KERNELS) -> None:
        """:param binary: ``jpeg.simd128.wasm`` or ``jpeg.scalar.wasm``"""
        super().__init__(binary, BICUBIC)

    def encode(self, pixels: numpy.ndarray) -> bytes:
        """A JPEG of at most 160 x 160 pixels of a picture, ``[rows, columns, channels]`` bytes."""
        rows, columns, channels = pixels.shape
        scale = min(1, SIDE / max(rows, columns))
        width, height = (max(1, math.floor(side * scale + 0.5)) for side in (columns, rows))
        levels = self.resize(pixels, width, height).tobytes()
        colors = b"" if channels == 1 else self._mean_colors(pixels, -(-width // 2), -(-height // 2))
        if colors[0::3] == colors[1::3] == colors[2::3]:
            colors = b""
        most_bytes = self._call("jpeg_file_bytes", width, height)
        source, file = self._regions((len(levels) + len(colors), most_bytes))
        self._write(levels + colors, source)
        length = self._call("jpeg_file", source, width, height, int(len(colors) > 0), QUALITY, file)
        return self._bytes(file, length)

    def _mean_colors(self, pixels: numpy.ndarray, width: int, height: int) -> bytes:
        """The mean colors of ``height`` rows of ``width`` boxes of pixels."""
        rows, columns, channels = pixels.shape
        stride = columns * channels
        source, colors = self._regions(((-(-rows // height) + 1) * stride, 3 * width))
        means = []
        for y in range(height):
            top = y * rows // height
            end = max((y + 1) * rows // height, top + 1)
            self._write(pixels[top:end], source)
            self._call("average_colors", source, columns, channels, stride, end - top, width, colors)
            means.append(self._bytes(colors, 3 * width))
        return b"".join(means)
