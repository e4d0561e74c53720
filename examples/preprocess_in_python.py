"""Binarizes pictures without JavaScript: the kernels of @silhouette/preprocess-wasm in Wasmtime, by plain addresses.

    pip install wasmtime
    python examples/preprocess_in_python.py preprocess.simd128.wasm picture.ppm mask.pbm

Reads a PGM or PPM of 8 bits, writes a PBM of 304 x 304 pixels whose white pixels are above Otsu's threshold. The functions
are documented in packages/preprocess-wasm/src/abi.
"""

import re
import struct
import sys

from wasmtime import Engine, Instance, Module, Store

PAGE_BYTES = 65_536
BILINEAR = 1
BITS = 0


class Preprocessor:
    """Makes masks of one size, 1 bit a pixel, from pictures of any size."""

    def __init__(self, binary: str, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.store = Store(Engine())
        self.exports = Instance(self.store, Module.from_file(self.store.engine, binary), []).exports(self.store)
        self.memory = self.exports["memory"]

    def call(self, name: str, *arguments: int) -> int:
        """What the function answers: 32 bits, unsigned."""
        answer = self.exports[name](self.store, *arguments)
        return 0 if answer is None else answer & 0xFFFF_FFFF

    def binarize(self, pixels: bytes, width: int, height: int, channels: int) -> tuple[int, bytes]:
        """Otsu's threshold, and the mask: bit 7 of a byte is its first pixel, rows follow each other without padding."""
        target = self.width * self.height
        sides = ((width, self.width), (height, self.height))
        plan_bytes = [self.call("resize_plan_bytes", BILINEAR, source, to) for source, to in sides]
        workspace_bytes = self.call("workspace_bytes", width, height, channels, self.width, self.height)

        # One region after the other, each at a multiple of 16.
        end = self.call("arena_start")
        addresses = []
        for size in (12 * 4, *plan_bytes, 256 * 4, len(pixels), workspace_bytes, target, (target + 7) // 8):
            addresses.append((end + 15) // 16 * 16)
            end = addresses[-1] + size
        job, horizontal, vertical, counts, source, workspace, levels, mask = addresses
        missing = end - self.memory.data_len(self.store)
        if missing > 0:
            self.memory.grow(self.store, -(-missing // PAGE_BYTES))

        for plan, (from_length, to) in zip((horizontal, vertical), sides):
            self.call("resize_plan", BILINEAR, from_length, to, plan)
        sizes = (width * channels, channels, width, height, self.width, self.height)
        words = (source, *sizes, BILINEAR, horizontal, vertical, workspace, levels)
        self.memory.write(self.store, struct.pack("<12I", *words), job)
        self.memory.write(self.store, pixels, source)

        self.call("resize_rows", job, 0, height)
        self.call("finish_resize", job)
        self.call("histogram", levels, target, counts)
        threshold = self.call("otsu_threshold", counts)
        self.call("write_mask", levels, target, threshold, BITS, 0, mask)
        return threshold, bytes(self.memory.read(self.store, mask, mask + (target + 7) // 8))


def read_netpbm(path: str) -> tuple[bytes, int, int, int]:
    """Pixels, width, height and channels of a PGM or PPM of 8 bits without comments."""
    with open(path, "rb") as file:
        content = file.read()
    header = re.match(rb"P([56])\s+(\d+)\s+(\d+)\s+255\s", content)
    if header is None:
        raise SystemExit(f"Expected a PGM or PPM of 8 bits without comments, but {path} begins with {content[:20]!r}")
    kind, width, height = (int(number) for number in header.groups())
    channels = {5: 1, 6: 3}[kind]
    pixels = content[header.end() :]
    if len(pixels) != width * height * channels:
        raise SystemExit(f"Expected {width * height * channels} bytes of pixels in {path}, but there are {len(pixels)}")
    return pixels, width, height, channels


def main(binary: str, picture: str, output: str) -> None:
    # Rows of PBM files are whole bytes: a multiple of 8 pixels needs no padding.
    preprocessor = Preprocessor(binary, 304, 304)
    threshold, mask = preprocessor.binarize(*read_netpbm(picture))
    with open(output, "wb") as file:
        # In PBM 1 is black.
        file.write(b"P4\n304 304\n" + bytes(byte ^ 0xFF for byte in mask))
    print(f"threshold {threshold}")


if __name__ == "__main__":
    main(*sys.argv[1:])
