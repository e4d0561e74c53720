"""Decodes pictures as Silhouette does: upright, in sRGB's three channels, transparent pixels on white."""

from os import PathLike

import numpy
from PIL import Image, ImageOps


def read_picture(path: str | PathLike[str]) -> numpy.ndarray:
    """The pixels of a picture file: ``[rows, columns, 3]`` bytes."""
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return numpy.asarray(Image.alpha_composite(white, picture).convert("RGB"))
