"""Local files that can be held: reading one waits as long as the test says so, which makes it known who reads it. For `ray_jobs.py`.

Reading `photo.png` waits while there is `$HELD/photo.png`, after writing who reads it to `$HELD/photo.png.by`. Decoding a file whose content
is `CRASH` ends the process, as a bug of the decoder may.
"""

import json
import os
import signal
import time
from pathlib import Path

import fsspec
import numpy
import silhouette.shards
from fsspec.implementations.local import LocalFileSystem
from silhouette.pictures import decode

CRASH = b"crash"


class HeldFiles(LocalFileSystem):
    """`held://` and the path of a file."""

    protocol = "held"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.removeprefix("held://"))

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: object) -> bytes:
        held = Path(os.environ["HELD"]) / Path(path).name
        if held.exists():
            import ray

            reader = held.with_name(f"{held.name}.by-{os.getpid()}")
            reader.write_text(json.dumps({"pid": os.getpid(), "node": ray.get_runtime_context().get_node_id()}))
            reader.rename(held.with_name(f"{held.name}.by"))
        while held.exists():
            time.sleep(0.02)
        return super().cat_file(path, start, end, **options)


def crashing_decode(content: bytes) -> numpy.ndarray:
    if content == CRASH:
        os.kill(os.getpid(), signal.SIGSEGV)
    return decode(content)


silhouette.shards.decode = crashing_decode
fsspec.register_implementation("held", HeldFiles)
