"""Decodes pictures as Silhouette does: upright, in sRGB's three channels, transparent pixels on white."""

from os import PathLike

import numpy
from PIL import Image, ImageOps

#: Pillow's modes of one channel with more than 8 bits, and how many; it would clip them instead of scaling.
DEEP = {"I;16": 16, "I;16L": 16, "I;16B": 16, "I;16N": 16}


def read_picture(path: str | PathLike[str]) -> numpy.ndarray:
    """
    The pixels of a picture file: ``[rows, columns, 3]`` bytes.

    :raises ValueError: for pixels of 32 bits, which have no common scale
    """
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened)
        if upright.mode in DEEP:
            upright = Image.fromarray((numpy.asarray(upright) >> DEEP[upright.mode] - 8).astype(numpy.uint8))
        elif upright.mode in ("I", "F"):
            raise ValueError(f"Expected a picture of 8 or 16 bits per channel, but {path} has 32: convert it first")
        picture = upright.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return numpy.asarray(Image.alpha_composite(white, picture).convert("RGB"))
