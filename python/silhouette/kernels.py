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
from typing import NamedTuple

import numpy
from wasmtime import Engine, Func, Instance, Module, Store

PAGE_BYTES = 65_536
ALIGNMENT = 16

#: Filters of a resize.
BILINEAR, HAMMING = 1, 2

#: Of a mask: 1 bit per pixel, which is 1 where a level is above the threshold.
BITS, NOT_INVERTED = 0, 0

LEVELS = 256

#: Bytes of the table that thresholds between several classes need: a float for each pair of levels.
CLASS_TABLE_BYTES = 4 * LEVELS * LEVELS

#: Rows are passed in bands of so many bytes, or of 32 rows, so that the memory does not grow with the largest picture.
BAND_BYTES = 8 * 1024 * 1024
FEWEST_ROWS = 32

#: Bytes of the arguments of a call with addresses of regions: up to 19 words.
ARGUMENT_BYTES = 80

#: Number of pairs of sizes whose plans are kept: 10 to 60 KB each.
MOST_PLANS = 512


def pixels_of(picture: numpy.ndarray) -> numpy.ndarray:
    """
    The pixels of a picture as the kernels take them: ``[rows, columns, channels]``.

    :param picture: ``[rows, columns, 3]``, ``[rows, columns, 1]`` or ``[rows, columns]`` bytes
    :raises ValueError: if it is anything else
    """
    if not isinstance(picture, numpy.ndarray):
        raise ValueError(f"Expected a picture as an array of numpy, but received {type(picture).__name__}: see read_picture")
    pixels = picture[..., numpy.newaxis] if picture.ndim == 2 else picture
    if pixels.dtype != numpy.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
        raise ValueError(
            f"Expected a picture of [rows, columns, 3] or [rows, columns] bytes, but received {picture.dtype} of {picture.shape}"
        )
    return pixels


class Resized(NamedTuple):
    """A picture at another size, in gray and in black and white."""

    #: ``[height, width]`` bytes.
    levels: numpy.ndarray
    #: Otsu's threshold, 0 to 255: levels above it are light.
    threshold: int
    #: A bit per pixel, which is 1 where it is light: as ``numpy.packbits`` packs them.
    bits: bytes


@dataclass(frozen=True)
class Target:
    """What pictures become."""

    width: int
    height: int
    #: 1 for gray levels; 3 for planes of red, green and blue, of pictures with colors.
    planes: int
    filter: int


@dataclass(frozen=True)
class Plan:
    """How pictures of one size are resized to another: what is the same for all of them, and where it is in memory."""

    #: Address of the call's arguments, and these and the plans of both sides themselves.
    arguments: int
    head: bytes
    #: Addresses.
    source: int
    levels: int
    output: int
    #: Rows per call, the first row of the last call, and where all regions end.
    band: int
    last: int
    end: int


class ResizeKernels:
    """An instance of kernels that resize. Not safe to be used by several threads at once."""

    def __init__(self, binary: str | PathLike[str]) -> None:
        self._store = Store(Engine())
        module = Module.from_file(self._store.engine, str(binary))
        exports = Instance(self._store, module, []).exports(self._store)
        self._memory = exports["memory"]
        self._functions = {name: each for name, each in exports.items() if isinstance(each, Func)}
        self._start = self._call("arena_start")
        self._plan_of = lru_cache(MOST_PLANS)(self._planned)

    def _region_bytes(self, target: Target) -> tuple[int, ...]:
        """Bytes of the regions for what is made of the levels; the last is that of the output."""
        raise NotImplementedError

    def _words(self, last: int, count: int, *regions: int) -> tuple[int, ...]:
        """What the arguments have besides the resize, if one call takes the last ``count`` rows, from row ``last`` on."""
        return ()

    def _begin(self, pixels: numpy.ndarray, target: Target) -> Plan:
        """Takes all rows of ``[rows, columns, channels]`` bytes but the last ones, which are in their place: of most pictures, all."""
        plan = self._plan_of(*pixels.shape, target)
        self._grow(plan.end)
        self._write(plan.head, plan.arguments)
        for first in range(0, plan.last, plan.band):
            self._write(pixels[first : first + plan.band], plan.source)
            self._call("resize_rows", plan.arguments, first, plan.band)
        self._write(pixels[plan.last :], plan.source)
        return plan

    def _finish(self, plan: Plan, rows: int) -> None:
        """Takes the last rows, and completes the levels."""
        self._call("resize_rows", plan.arguments, plan.last, rows - plan.last)
        self._call("finish_resize", plan.arguments)

    def _planned(self, rows: int, columns: int, channels: int, target: Target) -> Plan:
        width, height, planes = target.width, target.height, target.planes
        sides = ((columns, width), (rows, height))
        plan_bytes = [self._call("resize_plan_bytes", target.filter, source, to) for source, to in sides]
        workspace_bytes = self._call("workspace_bytes", columns, rows, channels, width, height, planes)
        stride = columns * channels
        band = min(rows, max(BAND_BYTES // stride, FEWEST_ROWS))
        last = (rows - 1) // band * band
        region_bytes = self._region_bytes(target)
        sizes = (ARGUMENT_BYTES, *plan_bytes, band * stride, workspace_bytes, planes * width * height, *region_bytes)
        arguments, horizontal, vertical, source, workspace, levels, *regions = self._regions(sizes)
        for plan, (length, to) in zip((horizontal, vertical), sides):
            self._call("resize_plan", target.filter, length, to, plan)
        layout = (stride, channels, columns, rows, width, height)
        job = (source, *layout, target.filter, horizontal, vertical, workspace, planes, levels)
        words = (*job, *self._words(last, rows - last, *regions))
        plans = ctypes.string_at(self._base() + horizontal, vertical + plan_bytes[1] - horizontal)
        head = struct.pack(f"<{len(words)}I", *words).ljust(horizontal - arguments, b"\0") + plans
        return Plan(arguments, head, source, levels, regions[-1], band, last, regions[-1] + region_bytes[-1])

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


class Kernels(ResizeKernels):
    """An instance of the kernels of masks. Not safe to be used by several threads at once."""

    def resize(self, pixels: numpy.ndarray, width: int, height: int) -> Resized:
        """``[rows, columns, channels]`` bytes at another size. A single call for most pictures: calls take longer than the kernels."""
        plan = self._begin(pixels, Target(width, height, 1, BILINEAR))
        threshold = self._call("binarize", plan.arguments)
        bits = ctypes.string_at(self._base() + plan.output, -(-width * height // 8))
        return Resized(self._read(plan.levels, height, width), threshold, bits)

    def resize_colors(self, pixels: numpy.ndarray, width: int, height: int) -> numpy.ndarray:
        """Red, green and blue of ``[rows, columns, 3]`` bytes at another size: ``[3, height, width]``."""
        plan = self._begin(pixels, Target(width, height, 3, BILINEAR))
        self._finish(plan, len(pixels))
        return self._read(plan.levels, 3 * height, width).reshape(3, height, width)

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

    def _region_bytes(self, target: Target) -> tuple[int, ...]:
        return 4 * LEVELS, -(-target.width * target.height // 8)

    def _words(self, last: int, count: int, *regions: int) -> tuple[int, ...]:
        counts, mask = regions
        return last, count, counts, mask, BITS, NOT_INVERTED

    def _counted(self, levels: numpy.ndarray, more: Sequence[int]) -> list[int]:
        """Addresses of the levels, of their counts, and of regions of these sizes."""
        regions = self._regions((levels.size, 4 * LEVELS, *more))
        self._write(levels, regions[0])
        self._call("histogram", regions[0], levels.size, regions[1])
        return regions
