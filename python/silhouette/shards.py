"""Prepares one shard of a dataset: pictures of a part ─▶ decode ─▶ gray, resize, Otsu ─▶ split ─▶ the bytes of a dataset file.

A shard needs nothing of the others, so any process anywhere can prepare any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike

import numpy

from silhouette.dataset import SPLITS, DatasetEncoder, Row, Stored, split_by_content, stored_of
from silhouette.errors import PictureError, SilhouetteError
from silhouette.kernels import Kernels
from silhouette.file_tree import Skip
from silhouette.pictures import decode
from silhouette.preprocessor import KERNELS, colors_of
from silhouette.sources import PhotographPart, Read, TarPart
from silhouette.thumbnails import Thumbnailer


@dataclass
class Shard:
    """A shard that has been prepared."""

    #: The bytes of its file; none if it has no pictures.
    chunks: list[bytes] = field(default_factory=list)
    rows: int = 0
    #: CRC-32 of the column ``crc32``.
    crc32: int = 0
    #: By split, the number of pictures of each class, in the order of the labels.
    counts: dict[str, list[int]] = field(default_factory=dict)
    #: What is skipped, in order.
    skips: list[Skip] = field(default_factory=list)
    #: Paths of what is left out, in order.
    left_out: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return sum(map(len, self.chunks))


class ShardPreparer:
    """Prepares shards one after another. Not safe to be used by several threads at once."""

    def __init__(
        self,
        description: Mapping[str, object],
        thumbnails: bool = True,
        kernels: str | PathLike[str] = KERNELS,
        strict: bool = False,
    ) -> None:
        """
        :param description: of the dataset, without its number of rows
        :param thumbnails: whether a thumbnail of each photograph is kept
        :param strict: whether a picture that cannot be used is an error
        :param kernels: of all but thumbnails, ``preprocess.simd128.wasm`` or ``preprocess.scalar.wasm``
        """
        self._description, self._strict = description, strict
        self._stored = stored_of(description)
        self._kernels = Kernels(kernels)
        self._thumbnailer = Thumbnailer() if thumbnails else None

    def prepare(self, part: PhotographPart | TarPart) -> Shard:
        """
        Prepares the pictures of a part, in its order. A problem with a picture is in the result; one of the machine is raised.

        :raises SilhouetteError: ``ARCHIVE_DAMAGED``; ``PICTURE_UNUSABLE`` if nothing may be skipped
        """
        labels = self._description["labels"]
        shard = Shard(counts={split: [0] * len(labels) for split in SPLITS})
        encoder = DatasetEncoder(self._description)
        for read in part:
            if read.content is None:
                shard.left_out.append(read.path)
                continue
            try:
                row = self._row(read)
            except PictureError as error:
                skip = Skip(read.path, error.code, error.message)
                if self._strict:
                    raise unusable(skip) from error
                shard.skips.append(skip)
                continue
            shard.chunks.append(encoder.add(row))
            shard.counts[row.split][labels.index(row.label)] += 1
        shard.rows = encoder.rows
        if shard.rows > 0:
            shard.chunks.append(encoder.finish())
        shard.crc32 = encoder.crc32
        return shard

    def _row(self, read: Read) -> Row:
        if isinstance(read.content, PictureError):
            raise read.content
        picture = decode(read.content)
        threshold, pixels = store_picture(self._kernels, picture, self._stored)
        split = read.split or split_by_content(self._description["split"], pixels)
        thumbnail = self._thumbnailer.thumbnail(picture) if self._thumbnailer else b""
        rows, columns, _ = picture.shape
        return Row(read.path, read.label, split, columns, rows, threshold, pixels, thumbnail)


def unusable(skip: Skip) -> SilhouetteError:
    """The error for a picture that cannot be used, if none may be skipped."""
    return SilhouetteError(
        "PICTURE_UNUSABLE",
        f"Expected only usable pictures, but {skip.path} {skip.message}",
        "Repair or remove it, or turn strict off to skip such pictures.",
    )


def store_picture(kernels: Kernels, picture: numpy.ndarray, stored: Stored) -> tuple[int, bytes]:
    """Otsu's threshold of a decoded picture, and its pixels as a dataset stores them."""
    levels, threshold, bits = kernels.resize(picture, stored.width, stored.height)
    if stored.pixel_format == "binary1":
        return threshold, bits
    if stored.pixel_format == "gray8":
        return threshold, levels.tobytes()
    return threshold, colors_of(kernels, picture, levels).tobytes()
