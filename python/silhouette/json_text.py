"""JSON as JavaScript's ``JSON.stringify`` writes it: compact, in Unicode, with numbers in their shortest form."""

import json
import re
import zlib
from typing import Any

SEALED = re.compile(rb'(\{.+),"crc32":"([0-9a-f]{8})"\}\n', re.DOTALL)


def json_text(value: object) -> str:
    """``value`` as JSON. Numbers without a fraction are written without one, whatever their type."""
    return json.dumps(_as_numbers(value), ensure_ascii=False, separators=(",", ":"))


def sealed_json(value: dict[str, object]) -> str:
    """
    An object whose last member is a checksum of what is before it, as the text of a file.

        {"a":1,"crc32":"<CRC-32 of {"a":1}>"} and a line feed
    """
    text = json_text(value)
    return f'{text[:-1]},"crc32":"{crc32_hex(text.encode())}"}}\n'


def parse_sealed_json(content: bytes) -> Any | None:
    """The object in the text of a file; None if the file is damaged."""
    match = SEALED.fullmatch(content)
    if match is None or crc32_hex(match[1] + b"}").encode() != match[2]:
        return None
    return json.loads(match[1] + b"}")


def crc32_hex(content: bytes) -> str:
    """zlib's CRC-32 as 8 lowercase hexadecimal digits."""
    return f"{zlib.crc32(content):08x}"


def _as_numbers(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _as_numbers(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_numbers(each) for each in value]
    return value
