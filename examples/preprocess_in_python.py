"""Binarizes pictures without JavaScript: runs the kernels of @silhouette/preprocess-wasm in Wasmtime.

    pip install wasmtime
    python examples/preprocess_in_python.py preprocess.simd128.wasm picture.ppm mask.pbm

Reads an 8-bit PGM or PPM and writes a PBM of 304 x 304 pixels whose white pixels are above Otsu's threshold. The functions,
which take memory addresses, are documented in packages/preprocess-wasm/src/abi.
"""

import re
import struct
import sys

from wasmtime import Engine, Instance, Module, Store

PAGE_BYTES = 65_536
BILINEAR = 1
GRAY = 1
BITS, NOT_INVERTED = 0, 0


class Preprocessor:
    """Converts pictures of any size to masks of one size, with 1 bit per pixel."""

    def __init__(self, binary: str, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.store = Store(Engine())
        self.exports = Instance(self.store, Module.from_file(self.store.engine, binary), []).exports(self.store)
        self.memory = self.exports["memory"]

    def call(self, name: str, *arguments: int) -> int:
        """Calls an exported function and returns its result as an unsigned 32-bit integer."""
        result = self.exports[name](self.store, *arguments)
        return 0 if result is None else result & 0xFFFF_FFFF

    def binarize(self, pixels: bytes, width: int, height: int, channels: int) -> tuple[int, bytes]:
        """Returns Otsu's threshold and the mask: bit 7 of each byte is its first pixel, and rows are not padded."""
        target = self.width * self.height
        sides = ((width, self.width), (height, self.height))
        plan_bytes = [self.call("resize_plan_bytes", BILINEAR, source, to) for source, to in sides]
        workspace_bytes = self.call("workspace_bytes", width, height, channels, self.width, self.height, GRAY)

        # Consecutive regions, each aligned to 16 bytes.
        end = self.call("arena_start")
        addresses = []
        for size in (19 * 4, *plan_bytes, 256 * 4, len(pixels), workspace_bytes, target, (target + 7) // 8):
            addresses.append((end + 15) // 16 * 16)
            end = addresses[-1] + size
        how, horizontal, vertical, counts, source, workspace, levels, mask = addresses
        missing = end - self.memory.data_len(self.store)
        if missing > 0:
            self.memory.grow(self.store, -(-missing // PAGE_BYTES))

        for plan, (from_length, to) in zip((horizontal, vertical), sides):
            self.call("resize_plan", BILINEAR, from_length, to, plan)
        sizes = (width * channels, channels, width, height, self.width, self.height)
        job = (source, *sizes, BILINEAR, horizontal, vertical, workspace, GRAY, levels)
        self.memory.write(self.store, struct.pack("<19I", *job, 0, height, counts, mask, BITS, NOT_INVERTED), how)
        self.memory.write(self.store, pixels, source)

        threshold = self.call("binarize", how)
        return threshold, bytes(self.memory.read(self.store, mask, mask + (target + 7) // 8))


def read_netpbm(path: str) -> tuple[bytes, int, int, int]:
    """Returns pixels, width, height and channels of an 8-bit PGM or PPM without comments."""
    with open(path, "rb") as file:
        content = file.read()
    header = re.match(rb"P([56])\s+(\d+)\s+(\d+)\s+255\s", content)
    if header is None:
        raise SystemExit(f"Expected an 8-bit PGM or PPM without comments, but {path} begins with {content[:20]!r}")
    kind, width, height = (int(number) for number in header.groups())
    channels = {5: 1, 6: 3}[kind]
    pixels = content[header.end() :]
    if len(pixels) != width * height * channels:
        raise SystemExit(f"Expected {width * height * channels} bytes of pixels in {path}, but there are {len(pixels)}")
    return pixels, width, height, channels


def main(binary: str, picture: str, output: str) -> None:
    # Rows of PBM files consist of whole bytes: a multiple of 8 pixels needs no padding.
    preprocessor = Preprocessor(binary, 304, 304)
    threshold, mask = preprocessor.binarize(*read_netpbm(picture))
    with open(output, "wb") as file:
        # In PBM, 1 is black.
        file.write(b"P4\n304 304\n" + bytes(byte ^ 0xFF for byte in mask))
    print(f"threshold {threshold}")


if __name__ == "__main__":
    main(*sys.argv[1:])
