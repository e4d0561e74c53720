"""Reads a dataset file with pyarrow and the standard library only, and reports what it found as JSON on stdout.

Usage: python read_dataset.py FILE.arrow. Shares no code with @silhouette/trainer: the row's checksum and the order of the
bits follow docs/formats/dataset.md.
"""

import hashlib
import json
import struct
import sys
import zlib

import pyarrow


def row_checksum(number: int, row: dict) -> int:
    words = struct.pack("<4I", number, row["sourceWidth"], row["sourceHeight"], row["threshold"])
    texts = b"".join(row[name].encode() + b"\0" for name in ("path", "label", "split"))
    return zlib.crc32(row["thumbnail"], zlib.crc32(row["pixels"], zlib.crc32(texts, zlib.crc32(words))))


def unpacked(pixels: bytes, count: int) -> bytes:
    """One byte a pixel, 0 or 1; bit 7 of a byte is its first pixel."""
    return bytes(byte >> (7 - bit) & 1 for byte in pixels for bit in range(8))[:count]


def main(path: str) -> None:
    with pyarrow.memory_map(path) as source:
        table = pyarrow.ipc.open_file(source).read_all()
        table.validate(full=True)
        metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        description = json.loads(metadata["silhouette"])
        count = description["width"] * description["height"]
        rows = [
            {
                "path": row["path"],
                "label": row["label"],
                "split": row["split"],
                "threshold": row["threshold"],
                "sourceWidth": row["sourceWidth"],
                "sourceHeight": row["sourceHeight"],
                "crc32": row["crc32"],
                "recomputedCrc32": row_checksum(number, row),
                "sha256OfMask": hashlib.sha256(unpacked(row["pixels"], count)).hexdigest(),
                "sha256OfThumbnail": hashlib.sha256(row["thumbnail"]).hexdigest(),
            }
            for number, row in enumerate(table.to_pylist())
        ]
        columns = [[field.name, str(field.type), field.nullable] for field in table.schema]
        json.dump({"columns": columns, "metadata": metadata, "rows": rows}, sys.stdout)


main(sys.argv[1])
