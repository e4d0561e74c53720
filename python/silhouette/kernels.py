"""The kernels of @silhouette/preprocess-wasm in Wasmtime, called with plain addresses.

The functions and their contract are documented in packages/preprocess-wasm/src/abi. Nothing is kept between calls: each puts its
regions behind the kernels' own memory again.
"""

import struct
from collections.abc import Sequence
from os import PathLike

import numpy
from wasmtime import Engine, Instance, Module, Store

PAGE_BYTES = 65_536
ALIGNMENT = 16

BILINEAR = 1

LEVELS = 256

#: Bytes of the table that thresholds between several classes need: a float for each pair of levels.
CLASS_TABLE_BYTES = 4 * LEVELS * LEVELS


class Kernels:
    """An instance of the kernels. Not safe to be used by several threads at once."""

    def __init__(self, binary: str | PathLike[str]) -> None:
        self._store = Store(Engine())
        module = Module.from_file(self._store.engine, str(binary))
        self._exports = Instance(self._store, module, []).exports(self._store)
        self._memory = self._exports["memory"]

    def resize(self, pixels: numpy.ndarray, width: int, height: int) -> numpy.ndarray:
        """The gray levels ``[height, width]`` of ``[rows, columns, channels]`` bytes, at another size."""
        rows, columns, channels = pixels.shape
        sides = ((columns, width), (rows, height))
        plan_bytes = [self._call("resize_plan_bytes", BILINEAR, source, target) for source, target in sides]
        workspace_bytes = self._call("workspace_bytes", columns, rows, channels, width, height)
        sizes = (12 * 4, *plan_bytes, pixels.size, workspace_bytes, width * height)
        job, horizontal, vertical, source, workspace, levels = self._regions(sizes)
        for plan, (length, target) in zip((horizontal, vertical), sides):
            self._call("resize_plan", BILINEAR, length, target, plan)
        layout = (columns * channels, channels, columns, rows, width, height)
        words = (source, *layout, BILINEAR, horizontal, vertical, workspace, levels)
        self._memory.write(self._store, struct.pack("<12I", *words), job)
        self._memory.write(self._store, pixels.tobytes(), source)
        self._call("resize_rows", job, 0, rows)
        self._call("finish_resize", job)
        return self._read(levels, height, width)

    def warp(self, levels: numpy.ndarray, affine: Sequence[float], width: int, height: int) -> numpy.ndarray:
        """The part of ``[rows, columns]`` levels that ``affine`` maps to, at another size: ``[height, width]``."""
        rows, columns = levels.shape
        # Six numbers, a ramp of light that is level, and the curve that changes no level.
        warping = struct.pack("<8d", *affine, 0, 0) + bytes(range(LEVELS))
        workspace_bytes = self._call("warp_workspace_bytes", width)
        how, source, workspace, warped = self._regions((len(warping), levels.size, workspace_bytes, width * height))
        self._memory.write(self._store, warping, how)
        self._memory.write(self._store, levels.tobytes(), source)
        self._call("warp", source, columns, rows, how, width, height, workspace, warped)
        return self._read(warped, height, width)

    def otsu_threshold(self, levels: numpy.ndarray) -> int:
        """Otsu's threshold: levels above it are light."""
        (counts,) = self._regions((4 * LEVELS,))
        self._memory.write(self._store, _counts(levels), counts)
        return self._call("otsu_threshold", counts)

    def otsu_thresholds(self, levels: numpy.ndarray) -> tuple[int, int]:
        """Otsu's two thresholds between three classes of levels, of which there are at least three."""
        counts, table, thresholds = self._regions((4 * LEVELS, CLASS_TABLE_BYTES, 2))
        self._memory.write(self._store, _counts(levels), counts)
        self._call("multi_otsu_thresholds", counts, 3, table, thresholds)
        lower, upper = self._memory.read(self._store, thresholds, thresholds + 2)
        return lower, upper

    def _call(self, name: str, *arguments: int) -> int:
        """Calls a function and returns its result as an unsigned number of 32 bits."""
        result = self._exports[name](self._store, *arguments)
        return 0 if result is None else result & 0xFFFF_FFFF

    def _regions(self, sizes: Sequence[int]) -> list[int]:
        """Addresses of regions one after the other, in memory that is grown to hold them."""
        addresses = []
        end = self._call("arena_start")
        for size in sizes:
            addresses.append(-(-end // ALIGNMENT) * ALIGNMENT)
            end = addresses[-1] + size
        missing = end - self._memory.data_len(self._store)
        if missing > 0:
            self._memory.grow(self._store, -(-missing // PAGE_BYTES))
        return addresses

    def _read(self, address: int, height: int, width: int) -> numpy.ndarray:
        levels = self._memory.read(self._store, address, address + height * width)
        return numpy.frombuffer(levels, numpy.uint8).reshape(height, width)


def _counts(levels: numpy.ndarray) -> bytes:
    return numpy.bincount(levels.ravel(), minlength=LEVELS).astype("<u4").tobytes()
