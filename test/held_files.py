"""Local files that can be held: reading one waits as long as the test says so, which makes it known who reads it. For `ray_jobs.py`.

Reading `photo.png` waits while there is `$HELD/photo.png`, after writing who reads it to `$HELD/photo.png.by`.
"""

import json
import os
import time
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem


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


fsspec.register_implementation("held", HeldFiles)
