"""Datasets as docs/formats/dataset.md describes them: rows ─▶ the bytes of an Arrow file, and back.

The bytes are those that `silhouette prepare` writes for the same rows. Reading needs pyarrow.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from silhouette.arrow_messages import BINARY, FIXED_SIZE_BINARY, INT, UTF8, ArrowFile, Column, integers, texts
from silhouette.errors import SilhouetteError
from silhouette.json_text import crc32_hex, json_text, parse_sealed_json, sealed_json
from silhouette.preprocessor import PREPROCESSING

if TYPE_CHECKING:
    import pyarrow

#: Version of the format that is written and read.
FORMAT_VERSION = 3

#: Rows per record batch; the last may have fewer.
BATCH_ROWS = 512

SPLITS = ("train", "val", "test")

#: Keys of the description, and of its checksum, in the schema's metadata.
DESCRIPTION_KEY, DESCRIPTION_CRC32_KEY = "silhouette", "silhouette.crc32"

#: Maximum size of a thumbnail in bytes.
THUMBNAIL_BYTES = 64 * 1024

#: Ending of the name of a dataset file.
DATASET_ENDING = ".arrow"

#: Name of the file that describes a dataset of many files, and of the folder of these.
MANIFEST, SHARDS = "dataset.json", "shards"

#: The largest number of shards: their numbers have five digits.
MOST_SHARDS = 99_999


@dataclass(frozen=True)
class Row:
    """A picture and its origin."""

    #: Path of the photograph relative to its source, with ``/``.
    path: str
    #: Its class: one of the description's labels.
    label: str
    #: ``train``, ``val`` or ``test``.
    split: str
    #: Size of the upright photograph in pixels.
    source_width: int
    source_height: int
    #: Otsu's threshold, 0 to 255.
    threshold: int
    #: ``[height, width]`` pixels in the description's format.
    pixels: bytes
    #: A small JPEG; empty if none was kept.
    thumbnail: bytes = b""


@dataclass(frozen=True)
class Stored:
    """The size and format of stored pictures."""

    width: int
    height: int
    #: ``binary1``, ``gray8`` or ``rgb8``.
    pixel_format: str

    @property
    def bytes(self) -> int:
        """Size of a picture in bytes."""
        pixels = self.width * self.height
        return -(-pixels // 8) if self.pixel_format == "binary1" else pixels * (3 if self.pixel_format == "rgb8" else 1)


def describe(labels: Sequence[str], stored: Stored, split: Mapping[str, object]) -> dict[str, object]:
    """
    The description of a dataset, without its number of rows.

    :param split: where the splits come from, as in the description
    """
    return {
        "formatVersion": FORMAT_VERSION,
        "width": stored.width,
        "height": stored.height,
        "pixelFormat": stored.pixel_format,
        "labels": list(labels),
        "preprocessing": PREPROCESSING[stored.pixel_format],
        "split": dict(split),
    }


def stored_of(description: Mapping[str, object]) -> Stored:
    return Stored(description["width"], description["height"], description["pixelFormat"])


def split_by_content(split: Mapping[str, object], pixels: bytes) -> str:
    """The split of a picture without one, drawn from its pixels. ``split`` is that of the description, with ``from`` ``content``."""
    shares = [share if name in split["drawn"] else 0 for name, share in zip(SPLITS, split["fractions"])]
    if len(split["drawn"]) < len(SPLITS):
        whole = shares[0] + shares[1] + shares[2]
        shares = [share / whole for share in shares]
    digest = hashlib.sha256(b"%d/" % split["seed"] + pixels).digest()
    draw = int.from_bytes(digest[:8], "big") / 2**64
    if draw < shares[0]:
        return "train"
    return "val" if draw < shares[0] + shares[1] else "test"


def row_checksum(number: int, row: Row) -> int:
    """CRC-32 of a row, of which ``number`` is the index in the file."""
    words = struct.pack("<4I", number, row.source_width, row.source_height, row.threshold)
    names = f"{row.path}\0{row.label}\0{row.split}\0".encode()
    return zlib.crc32(row.thumbnail, zlib.crc32(row.pixels, zlib.crc32(words + names)))


class DatasetEncoder:
    """
    A dataset file that is made row by row, with at most one record batch in memory. Equal rows and descriptions give equal bytes, which
    are those of ``DatasetEncoder`` in JavaScript.
    """

    def __init__(self, description: Mapping[str, object]) -> None:
        """:param description: of the rows, except their number"""
        self._description = dict(description)
        self._stored = stored_of(description)
        self._labels = {label: index for index, label in enumerate(description["labels"])}
        self._file = ArrowFile()
        self._pending: list[Row] = []
        self._encoded = 0
        #: CRC-32 of the column ``crc32`` of the rows that have been encoded.
        self.crc32 = 0

    @property
    def rows(self) -> int:
        """Number of rows so far."""
        return self._encoded + len(self._pending)

    def add(self, row: Row) -> bytes:
        """
        Adds a row, and returns the next bytes of the file: none before a record batch is complete.

        :raises SilhouetteError: if it does not match the description
        """
        is_known = row.label in self._labels and row.split in SPLITS
        if not is_known or len(row.pixels) != self._stored.bytes or len(row.thumbnail) > THUMBNAIL_BYTES:
            raise SilhouetteError(
                "INVALID_ARGUMENT",
                f"Expected a row with a label of {', '.join(self._labels)}, a split of {', '.join(SPLITS)}, {self._stored.bytes} bytes of "
                f"pixels and at most {THUMBNAIL_BYTES} of a thumbnail, but received {row.label}, {row.split}, {len(row.pixels)} and "
                f"{len(row.thumbnail)} ({row.path})",
                "Write only rows that match the dataset's description.",
            )
        self._pending.append(row)
        return self._flush() if len(self._pending) == BATCH_ROWS else b""

    def finish(self) -> bytes:
        """
        The last bytes of the file.

        :raises SilhouetteError: if it has no rows
        """
        if self.rows == 0:
            message = "Expected at least one row for the dataset, but it has none"
            raise SilhouetteError("INVALID_ARGUMENT", message, "Add a row before finishing the dataset.")
        last = self._flush() if self._pending else b""
        text = json_text({**self._description, "rows": self._encoded})
        metadata = {DESCRIPTION_KEY: text, DESCRIPTION_CRC32_KEY: crc32_hex(text.encode())}
        return last + self._file.finish(columns_of(self._stored), metadata)

    def _flush(self) -> bytes:
        head = b""
        if self._encoded == 0:
            dictionaries = (list(self._labels), SPLITS)
            head = self._file.start() + b"".join(map(self._file.dictionary, range(2), dictionaries))
        rows, self._pending = self._pending, []
        checksums = _packed("I", [row_checksum(self._encoded + index, row) for index, row in enumerate(rows)])
        self.crc32 = zlib.crc32(checksums, self.crc32)
        self._encoded += len(rows)
        columns = [
            texts([row.path.encode() for row in rows]),
            integers(_packed("i", [self._labels[row.label] for row in rows])),
            integers(_packed("i", [SPLITS.index(row.split) for row in rows])),
            integers(_packed("I", [row.source_width for row in rows])),
            integers(_packed("I", [row.source_height for row in rows])),
            integers(_packed("B", [row.threshold for row in rows])),
            integers(checksums),
            integers(b"".join(row.pixels for row in rows)),
            texts([row.thumbnail for row in rows]),
        ]
        return head + self._file.batch(len(rows), columns)


def encode_dataset(description: Mapping[str, object], rows: Iterable[Row]) -> Iterator[bytes]:
    """The bytes of a dataset file in chunks. ``description`` has no number of rows. See :class:`DatasetEncoder`."""
    encoder = DatasetEncoder(description)
    for row in rows:
        yield encoder.add(row)
    yield encoder.finish()


def columns_of(stored: Stored) -> list[Column]:
    """The columns of a dataset, in order."""
    return [
        Column("path", UTF8),
        Column("label", UTF8, dictionary=0),
        Column("split", UTF8, dictionary=1),
        Column("sourceWidth", INT, 32),
        Column("sourceHeight", INT, 32),
        Column("threshold", INT, 8),
        Column("crc32", INT, 32),
        Column("pixels", FIXED_SIZE_BINARY, stored.bytes),
        Column("thumbnail", BINARY),
    ]


def _packed(code: str, values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}{code}", *values)


def shard_name(index: int, shards: int) -> str:
    """Shard ``index`` of ``shards``, as its files are named: ``00000-of-00016``."""
    return f"{index:05d}-of-{shards:05d}"


def shard_file(index: int, shards: int) -> str:
    """Path of a shard in the folder of its dataset."""
    return f"{SHARDS}/{shard_name(index, shards)}.arrow"


def manifest_text(description: Mapping[str, object], shards: Sequence[Mapping[str, object]]) -> str:
    """
    The text of ``dataset.json``.

    :param description: without the number of rows
    :param shards: ``file``, ``rows``, ``bytes`` and ``crc32`` of each, in order
    """
    rows = sum(shard["rows"] for shard in shards)
    return sealed_json({"formatVersion": FORMAT_VERSION, "description": {**description, "rows": rows}, "shards": list(shards)})


def parse_manifest(content: bytes, name: str) -> list[dict[str, object]]:
    """
    The shards that ``dataset.json`` lists, as for ``manifest_text``.

    :param name: of the file in errors
    :raises SilhouetteError: ``NOT_A_DATASET``, ``DATASET_VERSION`` or ``DATASET_DAMAGED``
    """
    if not content.startswith(b'{"formatVersion":'):
        raise _other(name, "it is another file")
    manifest = parse_sealed_json(content)
    if manifest is None:
        raise _damaged(name, "its checksum does not match")
    _check_version(manifest, name)
    return manifest["shards"]


class Dataset:
    """A dataset file that is open for reading. Every row is checked when it is read."""

    def __init__(self, source: "str | PathLike[str] | pyarrow.NativeFile | object", name: str | None = None) -> None:
        """
        :param source: path of the file, or a file that is open for reading and seeking
        :param name: of the file in errors
        :raises SilhouetteError: ``NOT_A_DATASET``, ``DATASET_VERSION`` or ``DATASET_DAMAGED``
        """
        import pyarrow

        self._name = name or str(source)
        opened = pyarrow.OSFile(str(source)) if isinstance(source, (str, PathLike)) else source
        try:
            self._reader = pyarrow.ipc.open_file(opened)
            metadata = self._reader.schema.metadata or {}
        except pyarrow.ArrowInvalid as error:
            raise self._other("it is another file") from error
        text = metadata.get(DESCRIPTION_KEY.encode())
        if text is None:
            raise self._other("it is another Arrow file")
        if crc32_hex(text).encode() != metadata.get(DESCRIPTION_CRC32_KEY.encode()):
            raise self._damaged("the checksum of its description does not match")
        #: As in the file.
        self.description: dict[str, object] = json.loads(text)
        _check_version(self.description, self._name)
        #: CRC-32 of the column ``crc32`` of the rows that have been read.
        self.crc32 = 0
        self._check_columns()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.description["rows"]

    def __iter__(self) -> Iterator[Row]:
        """
        :raises SilhouetteError: ``DATASET_DAMAGED`` for the first row that differs from its checksum
        """
        import pyarrow

        number = self.crc32 = 0
        for index in range(self._reader.num_record_batches):
            try:
                columns = self._reader.get_batch(index).to_pydict()
            except (pyarrow.ArrowInvalid, pyarrow.ArrowIndexError, OSError) as error:
                raise self._damaged(f"record batch {index} cannot be read") from error
            checksums = columns.pop("crc32")
            if len(checksums) != min(BATCH_ROWS, self.rows - number):
                raise self._damaged(f"record batch {index} has {len(checksums)} rows")
            for values, checksum in zip(zip(*columns.values()), checksums):
                row = Row(*values)
                is_listed = row.label in self.description["labels"] and row.split in SPLITS
                if not is_listed or row_checksum(number, row) != checksum:
                    raise self._damaged(f"row {number} does not match its checksum")
                self.crc32 = zlib.crc32(struct.pack("<I", checksum), self.crc32)
                yield row
                number += 1

    def _check_columns(self) -> None:
        import pyarrow

        texts_of = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
        stored, schema = stored_of(self.description), self._reader.schema
        integers_of = {8: pyarrow.uint8(), 32: pyarrow.uint32()}
        expected = [
            (
                column.name,
                texts_of
                if column.dictionary is not None
                else {UTF8: pyarrow.string(), BINARY: pyarrow.binary(), FIXED_SIZE_BINARY: pyarrow.binary(column.width or -1)}.get(
                    column.type, integers_of.get(column.width)
                ),
            )
            for column in columns_of(stored)
        ]
        if [(field.name, field.type) for field in schema] != expected:
            raise self._damaged("it has other columns")
        if self._reader.num_record_batches != -(-self.rows // BATCH_ROWS):
            raise self._damaged(f"it has {self._reader.num_record_batches} record batches for {self.rows} rows")

    def _other(self, what: str) -> SilhouetteError:
        return _other(self._name, what)

    def _damaged(self, what: str) -> SilhouetteError:
        return _damaged(self._name, what)


def _other(name: str, what: str) -> SilhouetteError:
    message = f"Expected a dataset at {name}, but {what}"
    return SilhouetteError("NOT_A_DATASET", message, "Name a dataset that silhouette prepare has written.")


def _damaged(name: str, what: str) -> SilhouetteError:
    message = f"Expected an intact dataset at {name}, but {what}"
    return SilhouetteError("DATASET_DAMAGED", message, "Copy the file again, or prepare the dataset again.")


def _check_version(content: Mapping[str, object], name: str) -> None:
    if content.get("formatVersion") != FORMAT_VERSION:
        raise SilhouetteError(
            "DATASET_VERSION",
            f"Expected a dataset of format version {FORMAT_VERSION} at {name}, but it has version {content.get('formatVersion')}",
            "Prepare it again.",
        )


def write_dataset(path: str | PathLike[str], description: Mapping[str, object], rows: Iterable[Row]) -> None:
    """Writes a dataset file. ``description`` has no number of rows: see :func:`describe`."""
    with open(path, "wb") as file:
        for chunk in encode_dataset(description, rows):
            file.write(chunk)


def read_dataset(path: str | PathLike[str]) -> tuple[dict[str, object], list[Row]]:
    """
    The description and all rows of a dataset file.

    :raises SilhouetteError: ``NOT_A_DATASET``, ``DATASET_VERSION`` or ``DATASET_DAMAGED``
    """
    dataset = Dataset(path)
    return dataset.description, list(dataset)
