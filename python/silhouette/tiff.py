"""The sample format of a TIFF, from the tags of its first picture: libvips also reads samples other than gray or color of 8 or 16 bits,
and shows those as black or white.

The same rules, in the same words, as packages/trainer/src/node/photographs/tiff.ts.
"""

import struct
from dataclasses import dataclass

SUBFILE_TYPE, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC = 254, 258, 259, 262
SAMPLES_PER_PIXEL, EXTRA_SAMPLES, SAMPLE_FORMAT, DNG_VERSION = 277, 338, 339, 50706

#: Samples of gray or color, by photometric interpretation: white is zero, black is zero, RGB, palette, separated, YCbCr.
COLOR_SAMPLES = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}
WHITE_IS_ZERO, PALETTE, YCBCR = 0, 3, 6

#: Maximum bits per palette index.
MOST_PALETTE_BITS = 8

#: JPEG compressions, which libtiff converts to RGB.
JPEG = (6, 7)

#: Sample formats of unsigned integers; 4 means undefined.
UNSIGNED = (1, 4)
SIGNED = 2
FORMAT_NAMES = {SIGNED: "signed", 3: "floating-point", 5: "complex", 6: "complex"}

#: Maximum number of values to read per tag: no picture has more samples per pixel.
MOST_VALUES = 64

#: Codes of the integer types: unsigned, signed, and offsets; libtiff accepts any of them for any tag, and reads them as unsigned here.
TYPES = {1: "B", 3: "H", 4: "I", 6: "B", 8: "H", 9: "I", 13: "I", 16: "Q", 17: "Q", 18: "Q"}

REMEDY = "convert it to 8 or 16 bits per sample"


@dataclass(frozen=True)
class TiffFacts:
    """The properties of a TIFF that determine how it is decoded."""

    #: Why its samples are not gray or color, as the end of a sentence.
    unreadable: str | None
    #: Whether it has one sample besides gray or color that is not opacity: near infrared, for example.
    has_other_band: bool
    #: Whether gray or color have 16 bits.
    has_16_bits: bool
    #: Whether it contains gray levels without a defined range: signed, floating-point, or of 32 bits.
    is_unranged: bool
    #: Whether its gray level 0 is white.
    is_white_zero: bool


def tiff_facts(content: bytes) -> TiffFacts | None:
    """None if ``content`` is not a TIFF, or its tags are damaged."""
    tags = _tags(content)
    if tags is None:
        return None
    photometric = tags.get(PHOTOMETRIC, [1])[0]
    samples = tags.get(SAMPLES_PER_PIXEL, [1])[0]
    bits = max(tags.get(BITS_PER_SAMPLE, [1]))
    colors = COLOR_SAMPLES.get(photometric)
    other = next((each for each in tags.get(SAMPLE_FORMAT, [1]) if each not in UNSIGNED), None)
    is_unranged = samples == 1 and colors == 1 and (bits == 32 or (bits == 8 and other == SIGNED))

    def unreadable() -> str | None:
        if DNG_VERSION in tags or tags.get(SUBFILE_TYPE, [0])[0] & 1:
            return "is a raw photograph, of which only a preview could be decoded: convert it to JPEG or PNG"
        if not is_unranged and (other is not None or bits > 16 or bits & (bits - 1)):
            return f"contains {bits}-bit {FORMAT_NAMES.get(other, 'unsigned')} samples: {REMEDY}"
        if photometric == PALETTE and bits > MOST_PALETTE_BITS:
            return f"has a {bits}-bit palette: convert it to RGB"
        if colors is None or (photometric == YCBCR and tags.get(COMPRESSION, [1])[0] not in JPEG):
            return f"has an unsupported color space (photometric interpretation {photometric}): convert it to RGB"
        if not colors <= samples <= colors + 1:
            return f"has {samples} samples per pixel: convert it to gray or RGB"
        return None

    return TiffFacts(
        unreadable=unreadable(),
        has_other_band=samples == (colors or 0) + 1 and tags.get(EXTRA_SAMPLES, [0])[0] == 0,
        has_16_bits=bits == 16 and not is_unranged,
        is_unranged=is_unranged,
        is_white_zero=photometric == WHITE_IS_ZERO,
    )


def _tags(content: bytes) -> dict[int, list[int]] | None:
    """The integer values of the tags in the first directory."""
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None:
        return None

    def read(code: str, offset: int) -> int:
        return struct.unpack_from(order + code, content, offset)[0]

    try:
        is_big = read("H", 2) == 43
        word, count = ("Q", "Q") if is_big else ("I", "H")
        word_bytes, count_bytes = struct.calcsize(word), struct.calcsize(count)
        directory = read(word, 8 if is_big else 4)
        tags = {}
        for index in range(read(count, directory)):
            entry = directory + count_bytes + index * (4 + 2 * word_bytes)
            code = TYPES.get(read("H", entry + 2))
            if code is None:
                continue
            number = min(read(word, entry + 4), MOST_VALUES)
            size = struct.calcsize(code)
            value = entry + 4 + word_bytes
            first = value if number * size <= word_bytes else read(word, value)
            values = [read(code, first + place * size) for place in range(number)]
            if values:
                tags[read("H", entry)] = values
        return tags
    except struct.error:
        return None
