"""Thumbnails of pictures for reports, by the kernels of @silhouette/preprocess-wasm/thumbnail: the files that JavaScript makes, byte for byte."""

import ctypes
import math
from os import PathLike
from pathlib import Path

import numpy

from silhouette.kernels import HAMMING, ResizeKernels, Target, pixels_of

#: Longer side of a thumbnail in pixels, and the quality of its JPEG.
SIDE, QUALITY = 160, 80

#: The kernels that the package brings along.
KERNELS = Path(__file__).with_name("thumbnail.simd128.wasm")


class Thumbnailer(ResizeKernels):
    """Makes thumbnails. Not safe to be used by several threads at once."""

    def __init__(self, kernels: str | PathLike[str] = KERNELS) -> None:
        """
        :param kernels: ``thumbnail.simd128.wasm`` or ``thumbnail.scalar.wasm``
        """
        super().__init__(kernels)

    def thumbnail(self, picture: numpy.ndarray) -> bytes:
        """
        A JPEG of at most 160 x 160 pixels, with the picture's aspect ratio.

        :param picture: ``[rows, columns, 3]`` or ``[rows, columns]`` bytes
        :raises ValueError: if it is anything else
        """
        pixels = pixels_of(picture)
        rows, columns, channels = pixels.shape
        shrink = max(1.0, columns / SIDE, rows / SIDE)
        width, height = (max(1, math.floor(length / shrink + 0.5)) for length in (columns, rows))
        target = Target(width, height, 1 if channels == 1 else 3, HAMMING)
        plan = self._begin(pixels, target)
        self._finish(plan, rows)
        length = self._call("jpeg_file", plan.levels, width, height, target.planes, QUALITY, plan.output)
        return ctypes.string_at(self._base() + plan.output, length)

    def _region_bytes(self, target: Target) -> tuple[int, ...]:
        return (self._call("jpeg_file_bytes", target.width, target.height),)
