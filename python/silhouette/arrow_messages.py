"""The messages of an Arrow IPC file, byte for byte as the JavaScript library apache-arrow 21 writes them.

The format leaves room in its metadata: the order of a table's fields, which default values are left out, how buffers are aligned. pyarrow
fills it in another way, so its files have the same rows but other bytes. Here it is filled as JavaScript does, so that a shard has the
same checksum whoever wrote it. Knows only what a dataset has: columns without nulls, dictionaries of texts.

Layout: https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc; the numbers of fields and
types are those of format/{Schema,Message,File}.fbs.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flatbuffers import Builder
from flatbuffers.number_types import BoolFlags, Int16Flags, Int32Flags, Int64Flags, Uint8Flags

MAGIC = b"ARROW1"

ALIGNMENT = 8

#: Metadata version 5.
VERSION = 4

#: Marks a message, as opposed to the old format without it.
CONTINUATION = b"\xff\xff\xff\xff"

#: Kinds of messages.
DICTIONARY, RECORDS = 2, 3

#: Types of columns.
INT, BINARY, UTF8, FIXED_SIZE_BINARY = 2, 4, 5, 15


@dataclass(frozen=True)
class Column:
    """A column that has no nulls. Of a dictionary, the type is that of its values."""

    name: str
    type: int
    #: Bits of an integer, or bytes of a fixed-size binary.
    width: int = 0
    #: Number of the dictionary that its 32-bit integers are indices in.
    dictionary: int | None = None


@dataclass(frozen=True)
class Block:
    """Where a message is in the file, in bytes."""

    offset: int
    metadata_bytes: int
    body_bytes: int


def integers(values: bytes) -> list[bytes]:
    """The buffers of a column of fixed size: no validity, and its values."""
    return [b"", values]


def texts(values: Sequence[bytes]) -> list[bytes]:
    """The buffers of a column of texts or binaries: no validity, where each value begins and the last ends, and all of them."""
    ends = [0]
    for value in values:
        ends.append(ends[-1] + len(value))
    return [b"", struct.pack(f"<{len(ends)}i", *ends), b"".join(values)]


class ArrowFile:
    """An Arrow IPC file that is made message by message. Every method returns the next bytes of the file."""

    def __init__(self) -> None:
        self._position = 0
        self._dictionaries: list[Block] = []
        self._batches: list[Block] = []

    def start(self) -> bytes:
        return self._counted(MAGIC + bytes(ALIGNMENT - len(MAGIC)))

    def dictionary(self, number: int, values: Sequence[str]) -> bytes:
        """A dictionary. All of them precede the first batch."""
        buffers = texts([value.encode() for value in values])

        def header(builder: Builder) -> int:
            data = _record_batch(builder, len(values), 1, buffers)
            return _table(builder, 3, [(0, Int64Flags, number, 0), (2, BoolFlags, False, False), (1, None, data, 0)])

        return self._message(DICTIONARY, header, buffers, self._dictionaries)

    def batch(self, rows: int, columns: Sequence[Sequence[bytes]]) -> bytes:
        """A record batch of ``rows`` rows, with the buffers of each column."""
        buffers = [buffer for column in columns for buffer in column]
        return self._message(
            RECORDS, lambda builder: _record_batch(builder, rows, len(columns), buffers), buffers, self._batches
        )

    def finish(self, columns: Sequence[Column], metadata: Mapping[str, str]) -> bytes:
        """The end of the stream of messages, and the footer."""
        builder = Builder(1024)
        schema = _schema(builder, columns, metadata)
        batches, dictionaries = (_blocks(builder, blocks) for blocks in (self._batches, self._dictionaries))
        slots = [(1, None, schema, 0), (0, Int16Flags, VERSION, 0), (3, None, batches, 0), (2, None, dictionaries, 0)]
        builder.Finish(_table(builder, 5, slots))
        footer = bytes(builder.Output())
        return self._counted(CONTINUATION + bytes(4) + footer + struct.pack("<i", len(footer)) + MAGIC)

    def _message(
        self, kind: int, header: Callable[[Builder], int], buffers: Sequence[bytes], blocks: list[Block]
    ) -> bytes:
        body_bytes = sum(_aligned(len(buffer)) for buffer in buffers)
        builder = Builder(1024)
        slots = [(0, Int16Flags, VERSION, 0), (2, None, header(builder), 0)]
        slots += [(1, Uint8Flags, kind, 0), (3, Int64Flags, body_bytes, 0)]
        builder.Finish(_table(builder, 5, slots))
        metadata = bytes(builder.Output())
        size = _aligned(len(metadata) + 8)
        blocks.append(Block(self._position, size, body_bytes))
        pieces = [CONTINUATION, struct.pack("<i", size - 8), metadata, bytes(size - 8 - len(metadata))]
        for buffer in buffers:
            pieces += [buffer, bytes(_aligned(len(buffer)) - len(buffer))]
        return self._counted(b"".join(pieces))

    def _counted(self, content: bytes) -> bytes:
        self._position += len(content)
        return content


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _table(builder: Builder, fields: int, slots: Sequence[tuple[int, type | None, int, int]]) -> int:
    """A table of so many fields, of which ``(field, flags, value, default)`` are set in this order; no flags for an offset."""
    builder.StartObject(fields)
    for field, flags, value, default in slots:
        if flags is None:
            builder.PrependUOffsetTRelativeSlot(field, value, default)
        else:
            builder.PrependSlot(flags, field, value, default)
    return builder.EndObject()


def _offsets(builder: Builder, values: Sequence[int]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependUOffsetTRelative(value)
    return builder.EndVector()


def _record_batch(builder: Builder, rows: int, columns: int, buffers: Sequence[bytes]) -> int:
    builder.StartVector(16, columns, 8)
    for _ in range(columns):
        _struct(builder, rows, 0)
    nodes = builder.EndVector()
    places, offset = [], 0
    for buffer in buffers:
        places.append((offset, _aligned(len(buffer))))
        offset += places[-1][1]
    builder.StartVector(16, len(places), 8)
    for place in reversed(places):
        _struct(builder, *place)
    regions = builder.EndVector()
    return _table(builder, 5, [(0, Int64Flags, rows, 0), (1, None, nodes, 0), (2, None, regions, 0)])


def _struct(builder: Builder, first: int, second: int) -> None:
    """Two 64-bit integers: the length and nulls of a column, or the place and length of a buffer."""
    builder.Prep(8, 16)
    builder.PrependInt64(second)
    builder.PrependInt64(first)


def _blocks(builder: Builder, blocks: Sequence[Block]) -> int:
    builder.StartVector(24, len(blocks), 8)
    for block in reversed(blocks):
        builder.Prep(8, 24)
        builder.PrependInt64(block.body_bytes)
        builder.Pad(4)
        builder.PrependInt32(block.metadata_bytes)
        builder.PrependInt64(block.offset)
    return builder.EndVector()


def _schema(builder: Builder, columns: Sequence[Column], metadata: Mapping[str, str]) -> int:
    fields = _offsets(builder, [_field(builder, column) for column in columns])
    pairs = []
    for key, value in metadata.items():
        texts_of_pair = [builder.CreateString(key), builder.CreateString(value)]
        pairs.append(_table(builder, 2, [(0, None, texts_of_pair[0], 0), (1, None, texts_of_pair[1], 0)]))
    return _table(builder, 4, [(1, None, fields, 0), (0, Int16Flags, 0, 0), (2, None, _offsets(builder, pairs), 0)])


def _field(builder: Builder, column: Column) -> int:
    encoding = None
    if column.dictionary is not None:
        index = _integer(builder, 32, True)
        slots = [(0, Int64Flags, column.dictionary, 0), (2, BoolFlags, False, False), (1, None, index, 0)]
        encoding = _table(builder, 4, slots)
    kind = _integer(builder, column.width, False) if column.type == INT else _type(builder, column)
    children = _offsets(builder, [])
    name = builder.CreateString(column.name)
    slots = [(3, None, kind, 0), (2, Uint8Flags, column.type, 0), (5, None, children, 0)]
    slots += [(1, BoolFlags, False, False), (0, None, name, 0)]
    if encoding is not None:
        slots.append((4, None, encoding, 0))
    return _table(builder, 7, slots)


def _integer(builder: Builder, bits: int, is_signed: bool) -> int:
    return _table(builder, 2, [(0, Int32Flags, bits, 0), (1, BoolFlags, is_signed, False)])


def _type(builder: Builder, column: Column) -> int:
    if column.type == FIXED_SIZE_BINARY:
        return _table(builder, 1, [(0, Int32Flags, column.width, 0)])
    return _table(builder, 0, [])
