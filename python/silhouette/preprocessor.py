"""What a model's network sees of a picture: docs/formats/model.md, "What the network sees"."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy

from silhouette.kernels import Kernels, pixels_of

#: Version of the descriptions that are understood.
FORMAT_VERSION = 4

#: The kernels that the package brings along.
KERNELS = Path(__file__).with_name("preprocess.simd128.wasm")

#: How the pixels of each format are made; a model that was trained with anything else would answer wrongly.
PREPROCESSING = {
    pixel_format: {"background": "white", "gray": gray, "resize": "pillow13-bilinear", "threshold": threshold}
    for pixel_format, gray, threshold in (
        ("binary1", "opencv-15bit", "otsu"),
        ("gray8", "opencv-15bit", "none"),
        ("rgb8", "none", "none"),
    )
}

#: What a crop of 6 % off each side leaves of a side.
CROPPED = 0.88

#: The part of the picture that each view has: the whole and its middle, each with its mirror image.
VIEWS = {
    count: [(side * part, 0.0, 0.0, 0.0, part, 0.0) for part in (1.0, CROPPED) for side in (1.0, -1.0)][:count]
    for count in (1, 4)
}

#: What the fields of a description must be.
FIELDS = {
    "labels": lambda labels: isinstance(labels, list) and all(isinstance(label, str) for label in labels),
    "width": lambda width: isinstance(width, int) and width > 0,
    "height": lambda height: isinstance(height, int) and height > 0,
    "pixelFormat": lambda pixel_format: pixel_format in PREPROCESSING,
    "input": lambda kind: kind in ("otsu", "levels", "gray", "rgb"),
    "views": lambda views: views in VIEWS,
}


class Preprocessor:
    """Prepares pictures for one model. Not safe to be used by several threads at once."""

    def __init__(self, description: str | bytes | Mapping[str, object], kernels: str | PathLike[str] = KERNELS) -> None:
        """
        :param description: what the metadata of an exported model has as ``silhouette``, as JSON or parsed
        :param kernels: ``preprocess.simd128.wasm`` or ``preprocess.scalar.wasm``
        :raises ValueError: if the model expects anything that this version does not do
        """
        content = description if isinstance(description, Mapping) else json.loads(description)
        _check(content)
        self.labels: list[str] = content["labels"]
        self._width, self._height = content["width"], content["height"]
        self._format, self._input = content["pixelFormat"], content["input"]
        #: Pictures in black and white have one view.
        self.view_count: int = 1 if self._format == "binary1" else content["views"]
        self._kernels = Kernels(kernels)

    @property
    def stored(self) -> tuple[int, int, str]:
        """Width, height and format of the pictures that the model was trained with."""
        return self._width, self._height, self._format

    def views(self, picture: numpy.ndarray) -> numpy.ndarray:
        """
        The views of a picture, as the network sees them: ``[views, rows, columns, channels]``, float32.

        :param picture: ``[rows, columns, 3]`` or ``[rows, columns]`` bytes
        :raises ValueError: if it is anything else
        """
        pixels = pixels_of(picture)
        levels, _, bits = self._kernels.resize(pixels, self._width, self._height)
        if self._format == "binary1":
            return self.views_of_stored(bits)
        return self._views([levels] if self._format == "gray8" else list(colors_of(self._kernels, pixels, levels)))

    def views_of_stored(self, stored: bytes) -> numpy.ndarray:
        """
        The same, of a picture of a dataset that has this model's size and format.

        :param stored: its pixels, as the dataset has them
        """
        values = numpy.frombuffer(stored, numpy.uint8)
        if self._format == "binary1":
            shape = (1, self._height, self._width, 1)
            return numpy.unpackbits(values, count=self._height * self._width).reshape(shape).astype(numpy.float32)
        return self._views(list(values.reshape(-1, self._height, self._width)))

    def _views(self, planes: list[numpy.ndarray]) -> numpy.ndarray:
        return numpy.stack([self._view(planes, affine) for affine in VIEWS[self.view_count]])

    def _view(self, planes: list[numpy.ndarray], affine: tuple[float, ...]) -> numpy.ndarray:
        seen = [self._kernels.warp(plane, affine, self._width // 2, self._height // 2) for plane in planes]
        if self._input in ("gray", "rgb"):
            return (numpy.stack(seen, axis=-1) * (2 / 255) - 1).astype(numpy.float32)
        return self._masks(seen[0]) * numpy.float32(2) - numpy.float32(1)

    def _masks(self, levels: numpy.ndarray) -> numpy.ndarray:
        """Whether each pixel is above each threshold: ``[rows, columns, thresholds]``."""
        return numpy.stack([levels > threshold for threshold in self._thresholds(levels)], axis=-1)

    def _thresholds(self, levels: numpy.ndarray) -> tuple[int, ...]:
        if self._input == "levels" and len(numpy.unique(levels)) >= 3:
            return self._kernels.otsu_thresholds(levels)
        threshold = self._kernels.otsu_threshold(levels)
        return (threshold, threshold) if self._input == "levels" else (threshold,)


def colors_of(kernels: Kernels, pixels: numpy.ndarray, levels: numpy.ndarray) -> numpy.ndarray:
    """
    Red, green and blue of a picture at the size of its gray levels: ``[3, height, width]``.

    :param pixels: ``[rows, columns, channels]`` bytes
    :param levels: ``[height, width]`` of the same picture; all of its colors if it has one channel
    """
    height, width = levels.shape
    if pixels.shape[2] == 1:
        return numpy.broadcast_to(levels, (3, height, width))
    return kernels.resize_colors(pixels, width, height)


def _check(content: Mapping[str, object]) -> None:
    """Refuses what is prepared in another way."""
    if not isinstance(content, Mapping) or "formatVersion" not in content:
        raise ValueError("Expected the description of an exported model, but this is none: pass its metadata named silhouette")
    if content["formatVersion"] != FORMAT_VERSION:
        raise ValueError(
            f"Expected a model of format version {FORMAT_VERSION}, but it has version {content['formatVersion']}: "
            "install the version of silhouette that exported it, or export it again"
        )
    for field, is_valid in FIELDS.items():
        if not is_valid(content.get(field)):
            raise ValueError(
                f"Expected an intact description of a model, but its {field} is {content.get(field)!r}: export the model again"
            )
    expected = PREPROCESSING[content["pixelFormat"]]
    if content.get("preprocessing") != expected:
        raise ValueError(
            f"Expected a model for pictures prepared with {expected}, but it is for {content.get('preprocessing')}: "
            "install the version of silhouette that trained it, or train it again"
        )
