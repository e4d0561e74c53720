"""Decodes pictures as Silhouette does: upright, in sRGB, 8 bits, transparent pixels on white.

    file ─▶ first bytes ─▶ sample format from the header ─▶ libvips ─▶ 8 bits

By libvips, as JavaScript does by sharp: the same steps as packages/trainer/src/node/photographs/decode.ts, so that the same pictures are
refused, and all others have the same pixels.
"""

import math
import os
from os import PathLike

import numpy

# Set before the library starts: pictures are small, and whoever has many of them runs several processes.
os.environ.setdefault("VIPS_CONCURRENCY", "1")

import pyvips  # noqa: E402

from silhouette.errors import PictureError
from silhouette.picture_formats import HEAD_BYTES, other_format
from silhouette.tiff import tiff_facts

pyvips.cache_set_max(0)

#: Maximum number of pixels to decode: phones reach 108 million; more is a mistake, or an attack.
MOST_PIXELS = 120_000_000

#: Maximum file size to read: 120 million pixels of three 16-bit samples, with some margin.
MOST_BYTES = 1024 * 1024 * 1024

#: What is said of a picture that the decoder refuses.
DAMAGED = "cannot be decoded: it is damaged or incomplete"

#: What libraries report if they cannot get memory: this is no fault of the picture.
OUT_OF_MEMORY = ("out of memory", "cannot allocate", "unable to allocate", "bad_alloc", "unable to create thread")


def read_picture(path: str | PathLike[str]) -> numpy.ndarray:
    """
    The pixels of a picture file: ``[rows, columns, 3]`` bytes, or ``[rows, columns, 1]`` of some TIFFs.

    JPEG, PNG, WebP, GIF, TIFF (the first picture if there are several) and AVIF. EXIF orientation is applied, color profiles and CMYK are
    converted to sRGB, transparent pixels are composited on white, and 16 bits are reduced to 8.

    :raises PictureError: if it cannot be used
    :raises OSError: if it cannot be read
    """
    with open(path, "rb") as file:
        return decode(file.read())


def decode(content: bytes) -> numpy.ndarray:
    """
    The pixels of a picture file with this content: see :func:`read_picture`.

    :raises PictureError: if it cannot be used
    :raises MemoryError: if there is not enough memory
    """
    if not content:
        raise PictureError("EMPTY_FILE", "is empty")
    message = other_format(content[:HEAD_BYTES])
    if message is not None:
        raise PictureError(*("FORMAT_NOT_READ", message) if message else ("NOT_A_PICTURE", "is not a picture in a known format"))
    if len(content) > MOST_BYTES:
        raise PictureError("PICTURE_TOO_LARGE", f"has more than {MOST_BYTES} bytes")
    tiff = tiff_facts(content)
    if tiff is not None and tiff.unreadable is not None:
        raise PictureError("FORMAT_NOT_READ", tiff.unreadable)
    try:
        picture = _opened(content)
        if picture.width * picture.height > MOST_PIXELS:
            raise PictureError("PICTURE_TOO_LARGE", f"has more than {MOST_PIXELS} pixels")
        picture = _upright(picture)
        if tiff is not None and tiff.is_unranged:
            return _stretched(picture, tiff.is_white_zero)
        picture = _standard(picture)
        if (tiff is not None and tiff.has_other_band) or _is_opaque_webp_animation(content):
            picture = _without_opacity(picture)
        elif picture.hasalpha():
            # libvips' white of 16 bits, as sharp has it, is 255 in the upper 8.
            white = 255 * (256 if picture.interpretation in ("rgb16", "grey16") else 1)
            picture = picture.flatten(background=[white, white, white])
        is_png_16 = content.startswith(b"\x89PNG") and content[24:25] == b"\x10"
        if is_png_16 or (tiff is not None and tiff.has_16_bits):
            pixels = _from_16_bits(_as(picture, "rgb16", "ushort"), tiff is not None and tiff.is_white_zero)
        else:
            pixels = _as(picture, "srgb", "uchar")
    except pyvips.Error as error:
        reason = _reason(error)
        if any(words in reason.lower() for words in OUT_OF_MEMORY):
            raise MemoryError(f"Expected memory for a picture, but there is not enough ({reason}): run fewer workers") from error
        raise PictureError("PICTURE_DAMAGED", DAMAGED) from error
    if pixels.shape[2] not in (1, 3):
        raise PictureError("PICTURE_DAMAGED", f"decodes to {pixels.shape[2]} channels")
    return _filled_around(content, pixels)


def _opened(content: bytes) -> pyvips.Image:
    # libvips can decode the first picture of an AVIF sequence, but rejects the sequence brand.
    source = content[:8] + b"avif" + content[12:] if content[4:12] == b"ftypavis" else content
    options = {"access": "sequential", "fail_on": "warning"}
    try:
        picture = pyvips.Image.new_from_buffer(source, "", **options)
        if picture.get_typeof("heif-primary") and picture.get_n_pages() > 1 and picture.get("heif-primary") > 0:
            picture = pyvips.Image.new_from_buffer(source, "", page=picture.get("heif-primary"), **options)
    except pyvips.Error as error:
        raise PictureError("PICTURE_DAMAGED", DAMAGED) from error
    return picture


def _upright(picture: pyvips.Image) -> pyvips.Image:
    if picture.get_typeof("orientation") == 0 or picture.get("orientation") <= 1:
        return picture
    return picture.copy_memory().autorot()


def _standard(picture: pyvips.Image) -> pyvips.Image:
    """In a color space that does not depend on a device: 16-bit colors are Display P3 until they are converted."""
    space = picture.interpretation
    profile = "p3" if space == "rgb16" else "srgb"
    if picture.get_typeof("icc-profile-data") != 0 and space not in ("labs", "grey16"):
        depth = 16 if space == "rgb16" else 8
        try:
            return picture.icc_transform(profile, embedded=True, depth=depth, intent="perceptual")
        except pyvips.Error:
            # A damaged profile is ignored.
            return picture
    if space == "cmyk":
        return picture.icc_transform(profile, input_profile="cmyk", intent="perceptual")
    return picture


def _without_opacity(picture: pyvips.Image) -> pyvips.Image:
    return picture.extract_band(0, n=picture.bands - 1) if picture.hasalpha() else picture


def _as(picture: pyvips.Image, space: str, depth: str) -> numpy.ndarray:
    """``[rows, columns, channels]`` values in a color space."""
    if picture.interpretation in ("rgb16", "grey16"):
        picture = picture.cast("ushort")
    if picture.interpretation != space:
        picture = picture.colourspace(space, source_space=picture.interpretation)
    if picture.interpretation == "b-w":
        picture = picture.extract_band(0)
    if picture.format != depth:
        picture = picture.cast(depth)
    types = {"uchar": numpy.uint8, "ushort": numpy.uint16, "double": numpy.float64}
    values = numpy.frombuffer(picture.write_to_memory(), types[depth])
    return values.reshape(picture.height, picture.width, picture.bands)


def _from_16_bits(values: numpy.ndarray, is_white_zero: bool) -> numpy.ndarray:
    """The upper 8 bits of the smallest range of 8, 10, 12, 14 or 16 bits: cameras and sensors store their bits unscaled."""
    # The file's own values: if 0 is white, libvips has inverted them.
    turn = 0xFFFF if is_white_zero else 0
    own = values ^ turn
    most = int(own.max())
    bits = next((each for each in (8, 10, 12, 14) if most < 2**each), 16)
    return ((own >> (bits - 8)) ^ (turn & 0xFF)).astype(numpy.uint8)


def _stretched(picture: pyvips.Image, is_white_zero: bool) -> numpy.ndarray:
    """Gray levels without a defined range, stretched so that the minimum is black and the maximum white. NaN becomes black."""
    # libvips inverts unsigned samples only.
    is_negative = is_white_zero and picture.format not in ("uchar", "ushort", "uint")
    # libvips always interprets 16-bit samples as levels up to 65,535.
    values = _as(picture, "grey16" if picture.interpretation == "grey16" else "b-w", "double")[:, :, :1]
    known = values[~numpy.isnan(values)]
    if known.size == 0:
        raise PictureError("FORMAT_NOT_READ", "contains only NaN")
    low, high = float(known.min()), float(known.max())
    if not math.isfinite(high - low):
        raise PictureError("FORMAT_NOT_READ", f"contains values from {low} to {high}")
    scale = 0 if high == low else 255 / (high - low)
    levels = ((high - values) if is_negative else (values - low)) * scale
    return numpy.nan_to_num(numpy.floor(levels + 0.5)).astype(numpy.uint8)


def _is_opaque_webp_animation(content: bytes) -> bool:
    """Whether it is an animated WebP that declares no transparency: its canvas outside the frame is black."""
    flags = content[20] if content.startswith(b"RIFF") and content[12:16] == b"VP8X" and len(content) > 20 else 0
    return flags & 0x12 == 0x02


#: Size of a GIF's header, before its global color table.
GIF_HEADER_BYTES = 13


def _filled_around(content: bytes, pixels: numpy.ndarray) -> numpy.ndarray:
    """
    The picture, with the first color of its table around the first frame of a GIF without transparent color, where decoders leave the
    canvas black.
    """
    if not content.startswith(b"GIF8"):
        return pixels
    try:
        at = GIF_HEADER_BYTES + (3 << (content[10] & 7) + 1 if content[10] & 0x80 else 0)
        # Extensions before the first image: a label, then length-prefixed blocks, up to one of length 0.
        while content[at] == 0x21:
            if content[at + 1] == 0xF9 and content[at + 3] & 1:
                return pixels
            at += 2
            while content[at] > 0:
                at += 1 + content[at]
            at += 1
        if content[at] != 0x2C:
            return pixels
        left, top, width, height = (int.from_bytes(content[at + field : at + field + 2], "little") for field in (1, 3, 5, 7))
        table = at + 10 if content[at + 9] & 0x80 else GIF_HEADER_BYTES
        color = (content[table], content[table + 1], content[table + 2])
    except IndexError:
        return pixels
    rows, columns, channels = pixels.shape
    if left == 0 and top == 0 and width >= columns and height >= rows:
        return pixels
    around = color if channels == 3 else (math.floor(0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] + 0.5),)
    filled = numpy.empty_like(pixels)
    filled[:] = around
    frame = numpy.s_[top : top + height, left : left + width]
    filled[frame] = pixels[frame]
    return filled


def _reason(error: pyvips.Error) -> str:
    """The first line of what the library reports; empty for a warning that is treated as an error."""
    return error.detail.split("\n")[0]
