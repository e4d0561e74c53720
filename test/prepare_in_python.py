"""Runs `python -m silhouette.ray prepare` several times without a cluster: part by part, in this process.

Usage: python prepare_in_python.py JOBS.json, which lists `arguments` of each, `parts` after which it is stopped, or null, and perhaps `files`
that are written before, in base64 by URL. Reports how each ended, as JSON.
"""

import base64
import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import fsspec
from silhouette.ray import job
from silhouette.ray.__main__ import main


stopped_after = None


def run_parts(compute: Callable, context: object, parts: Mapping[int, object], *_: object) -> Iterator[tuple[int, dict]]:
    for index, part in parts.items():
        if index == stopped_after:
            raise KeyboardInterrupt
        yield index, compute(context, index, part)


job.run_parts = run_parts
ended = []
for each in json.loads(Path(sys.argv[1]).read_text()):
    stopped_after = each["parts"]
    for url, content in each.get("files", {}).items():
        with fsspec.open(url, "wb") as file:
            file.write(base64.b64decode(content))
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        code = main(["prepare", *each["arguments"]])
    ended.append({"code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()})
json.dump(ended, sys.stdout)
