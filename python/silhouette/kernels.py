"""The kernels of @silhouette/preprocess-wasm in Wasmtime, called with plain addresses.

The functions and their contract are documented in packages/preprocess-wasm/src/abi. Nothing is kept in the kernels' memory between calls:
each puts its regions behind the kernels' own again. What depends on sizes alone is kept here, since most pictures have the size of another.
"""

import ctypes
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike

import numpy
from wasmtime import Engine, Func, Instance, Module, Store

PAGE_BYTES = 65_536
ALIGNMENT = 16

BILINEAR = 1

LEVELS = 256

#: Bytes of the table that thresholds between several classes need: a float for each pair of levels.
CLASS_TABLE_BYTES = 4 * LEVELS * LEVELS

#: Rows are passed in bands of so many bytes, or of 16 rows, so that the memory does not grow with the largest picture.
BAND_BYTES = 8 * 1024 * 1024
FEWEST_ROWS = 16

#: Number of pairs of sizes whose plans are kept: 10 to 20 KB each.
MOST_RESIZES = 512


@dataclass(frozen=True)
class Resize:
    """A resize of pictures of one size to another, as it is in memory."""

    #: Address of the job, and the job and its plans themselves.
    job: int
    head: bytes
    #: Addresses.
    source: int
    levels: int
    counts: int
    #: Rows per call, and where all regions end.
    band: int
    end: int


class Kernels:
    """An instance of the kernels. Not safe to be used by several threads at once."""

    def __init__(self, binary: str | PathLike[str]) -> None:
        self._store = Store(Engine())
        module = Module.from_file(self._store.engine, str(binary))
        exports = Instance(self._store, module, []).exports(self._store)
        self._memory = exports["memory"]
        self._functions = {name: each for name, each in exports.items() if isinstance(each, Func)}
        self._start = self._call("arena_start")
        self._resize_of = lru_cache(MOST_RESIZES)(self._planned)

    def resize(self, pixels: numpy.ndarray, width: int, height: int) -> numpy.ndarray:
        """The gray levels ``[height, width]`` of ``[rows, columns, channels]`` bytes, at another size."""
        return self._read(self._resized(pixels, width, height).levels, height, width)

    def resize_with_threshold(self, pixels: numpy.ndarray, width: int, height: int) -> tuple[numpy.ndarray, int]:
        """The same, and Otsu's threshold of them: levels above it are light."""
        resized = self._resized(pixels, width, height)
        self._call("histogram", resized.levels, width * height, resized.counts)
        threshold = self._call("otsu_threshold", resized.counts)
        return self._read(resized.levels, height, width), threshold

    def warp(self, levels: numpy.ndarray, affine: Sequence[float], width: int, height: int) -> numpy.ndarray:
        """The part of ``[rows, columns]`` levels that ``affine`` maps to, at another size: ``[height, width]``."""
        rows, columns = levels.shape
        # Six numbers, a ramp of light that is level, and the curve that changes no level.
        warping = struct.pack("<8d", *affine, 0, 0) + bytes(range(LEVELS))
        workspace_bytes = self._call("warp_workspace_bytes", width)
        how, source, workspace, warped = self._regions((len(warping), levels.size, workspace_bytes, width * height))
        self._write(warping, how)
        self._write(levels, source)
        self._call("warp", source, columns, rows, how, width, height, workspace, warped)
        return self._read(warped, height, width)

    def otsu_threshold(self, levels: numpy.ndarray) -> int:
        """Otsu's threshold: levels above it are light."""
        _, counts = self._counted(levels, ())
        return self._call("otsu_threshold", counts)

    def otsu_thresholds(self, levels: numpy.ndarray) -> tuple[int, int]:
        """Otsu's two thresholds between three classes of levels, of which there are at least three."""
        _, counts, table, thresholds = self._counted(levels, (CLASS_TABLE_BYTES, 2))
        self._call("multi_otsu_thresholds", counts, 3, table, thresholds)
        lower, upper = ctypes.string_at(self._base() + thresholds, 2)
        return lower, upper

    def _resized(self, pixels: numpy.ndarray, width: int, height: int) -> Resize:
        rows, columns, channels = pixels.shape
        resize = self._resize_of(columns, rows, channels, width, height)
        self._grow(resize.end)
        self._write(resize.head, resize.job)
        for first in range(0, rows, resize.band):
            band = pixels[first : first + resize.band]
            self._write(band, resize.source)
            self._call("resize_rows", resize.job, first, len(band))
        self._call("finish_resize", resize.job)
        return resize

    def _planned(self, columns: int, rows: int, channels: int, width: int, height: int) -> Resize:
        sides = ((columns, width), (rows, height))
        plan_bytes = [self._call("resize_plan_bytes", BILINEAR, source, target) for source, target in sides]
        workspace_bytes = self._call("workspace_bytes", columns, rows, channels, width, height)
        stride = columns * channels
        band = min(rows, max(BAND_BYTES // stride, FEWEST_ROWS))
        sizes = (12 * 4, *plan_bytes, band * stride, workspace_bytes, width * height, 4 * LEVELS)
        job, horizontal, vertical, source, workspace, levels, counts = self._regions(sizes)
        for plan, (length, target) in zip((horizontal, vertical), sides):
            self._call("resize_plan", BILINEAR, length, target, plan)
        layout = (stride, channels, columns, rows, width, height)
        words = (source, *layout, BILINEAR, horizontal, vertical, workspace, levels)
        plans = ctypes.string_at(self._base() + horizontal, vertical + plan_bytes[1] - horizontal)
        head = struct.pack("<12I", *words).ljust(horizontal - job, b"\0") + plans
        return Resize(job, head, source, levels, counts, band, counts + 4 * LEVELS)

    def _counted(self, levels: numpy.ndarray, more: Sequence[int]) -> list[int]:
        """Addresses of the levels, of their counts, and of regions of these sizes."""
        regions = self._regions((levels.size, 4 * LEVELS, *more))
        self._write(levels, regions[0])
        self._call("histogram", regions[0], levels.size, regions[1])
        return regions

    def _call(self, name: str, *arguments: int) -> int:
        """Calls a function and returns its result as an unsigned number of 32 bits."""
        result = self._functions[name](self._store, *arguments)
        return 0 if result is None else result & 0xFFFF_FFFF

    def _regions(self, sizes: Sequence[int]) -> list[int]:
        """Addresses of regions one after the other, in memory that is grown to hold them."""
        addresses = []
        end = self._start
        for size in sizes:
            addresses.append(-(-end // ALIGNMENT) * ALIGNMENT)
            end = addresses[-1] + size
        self._grow(end)
        return addresses

    def _grow(self, end: int) -> None:
        missing = end - self._memory.data_len(self._store)
        if missing > 0:
            self._memory.grow(self._store, -(-missing // PAGE_BYTES))

    def _base(self) -> int:
        """Where the memory is. It may move when it grows."""
        return ctypes.addressof(self._memory.data_ptr(self._store).contents)

    def _write(self, content: bytes | numpy.ndarray, address: int) -> None:
        if isinstance(content, bytes):
            ctypes.memmove(self._base() + address, content, len(content))
        else:
            values = numpy.ascontiguousarray(content)
            ctypes.memmove(self._base() + address, values.ctypes.data, values.nbytes)

    def _read(self, address: int, height: int, width: int) -> numpy.ndarray:
        levels = ctypes.string_at(self._base() + address, height * width)
        return numpy.frombuffer(levels, numpy.uint8).reshape(height, width)
