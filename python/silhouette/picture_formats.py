"""Recognizes files by their first bytes: pictures that are decoded, pictures of other formats, and other files.

The same rules, in the same words, as packages/trainer/src/dataset/picture-formats.ts.
"""

import re

#: Number of bytes needed to recognize a format: drawings may begin with a comment.
HEAD_BYTES = 512

#: Extensions of the formats that are decoded, in lower case.
PICTURE_EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif")

#: Signatures of these formats, each at an offset.
DECODED = (
    (0, b"\xff\xd8\xff"),  # JPEG
    (0, b"\x89PNG"),
    (8, b"WEBP"),
    (0, b"GIF8"),
    (0, b"II*\0"),  # TIFF, little-endian
    (0, b"MM\0*"),  # TIFF, big-endian
    (0, b"II+\0"),  # BigTIFF
    (0, b"MM\0+"),
    (4, b"ftypavif"),
    (4, b"ftypavis"),  # AVIF, a sequence
)

CONVERT = "convert it to JPEG or PNG"

HEIC = "is a HEIC photograph: convert it to JPEG, or set the phone's camera to its most compatible format"

#: Signatures of other picture formats, with what to do.
OTHERS = (
    *((4, b"ftyp" + brand, HEIC) for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")),
    (4, b"ftypcrx ", f"is a Canon raw photograph: {CONVERT}"),
    (4, b"JXL \r\n\x87\n", f"is a JPEG XL picture: {CONVERT}"),
    (0, b"\xff\x0a", f"is a JPEG XL picture: {CONVERT}"),
    (4, b"jP  \r\n\x87\n", f"is a JPEG 2000 picture: {CONVERT}"),
    (0, b"8BPS", f"is a Photoshop file: {CONVERT}"),
    (0, b"gimp xcf", f"is a GIMP file: {CONVERT}"),
    (0, b"\xff\x4f\xff\x51", f"is a JPEG 2000 picture: {CONVERT}"),
    (0, b"II\xbc\x01", f"is a JPEG XR picture: {CONVERT}"),
    (0, b"II*\0\x10\0\0\0CR", f"is a Canon raw photograph: {CONVERT}"),
    (0, b"FUJIFILMCCD-RAW", f"is a Fujifilm raw photograph: {CONVERT}"),
    *((0, start, f"is an Olympus raw photograph: {CONVERT}") for start in (b"IIRO", b"IIRS", b"MMOR")),
    (0, b"IIU\0", f"is a Panasonic raw photograph: {CONVERT}"),
    (0, b"FOVb", f"is a Sigma raw photograph: {CONVERT}"),
    (0, b"\0MRM", f"is a Minolta raw photograph: {CONVERT}"),
    (0, b"v/1\x01", f"is an OpenEXR picture: {CONVERT}"),
    (0, b"#?RADIANCE", f"is a Radiance picture: {CONVERT}"),
    (0, b"qoif", f"is a QOI picture: {CONVERT}"),
    (0, b"DDS ", f"is a DirectDraw texture: {CONVERT}"),
    (0, b"SIMPLE  =", f"is a FITS picture: {CONVERT}"),
    (128, b"DICM", f"is a DICOM picture: {CONVERT}"),
    (0, b"%PDF-", "is a PDF document: export its pictures as JPEG or PNG"),
    (0, b"%!PS", f"is a PostScript drawing: {CONVERT}"),
    (0, b"version https://git-lfs", "is a Git LFS pointer to a file that was not downloaded: run git lfs pull"),
)

#: White space, as JavaScript's regular expressions see it in Latin-1.
SPACE = rb"[\t\n\v\f\r \xa0]"

#: Netpbm: PBM, PGM and PPM, as text or bytes, and PAM.
NETPBM = re.compile(rb"P(?:[1-6]" + SPACE + rb"+(?:#|[0-9])|7\nWIDTH )")

#: The element ``svg`` after declarations, a document type and comments.
SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?%(space)b*"
    rb"(?:<\?(?:(?!\?>).)*\?>%(space)b*|<!--(?:(?!-->).)*-->%(space)b*|<!DOCTYPE svg\b[^>]*>%(space)b*)*"
    rb"<(?:\w+:)?svg(?:%(space)b|[/>])" % {b"space": SPACE},
    re.DOTALL,
)


def other_format(head: bytes) -> str | None:
    """
    What a file is that cannot be decoded, as the end of a sentence; empty for no picture at all; None if it can be decoded.

    :param head: its first ``HEAD_BYTES`` bytes, or all of a shorter file
    """
    head = head[:HEAD_BYTES]
    # Some raw photographs begin like TIFF and continue differently.
    for offset, signature, message in OTHERS:
        if head.startswith(signature, offset):
            return message
    if any(head.startswith(signature, offset) for offset, signature in DECODED):
        return None
    # The general brand of HEIF: the compatible brands tell which kind it is.
    if head.startswith((b"ftypmif1", b"ftypmsf1"), 4):
        return None if b"avif" in head[16 : head[3]] else HEIC
    # A text may begin with "BM": in a BMP file the four bytes after the size are 0.
    if head.startswith(b"BM") and head.startswith(b"\0\0\0\0", 6):
        return f"is a BMP picture: {CONVERT}"
    if NETPBM.match(head):
        return f"is a Netpbm picture: {CONVERT}"
    if SVG.match(head):
        return f"is an SVG drawing: {CONVERT}"
    return ""
