"""Runs the parts of a job on a Ray cluster: one task reads and writes one part whole.

    parts ─▶ tasks, a few more than there are CPUs ─▶ small records

Plain tasks instead of Ray Data: no picture and no row travels through the object store, a task needs one CPU and waits for no other, so
that a job goes on with any CPU that is left, and the driver alone decides what is tried again.
"""

import os
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from silhouette.errors import SilhouetteError
from silhouette.output import Record
from silhouette.sources import DatasetPart, PhotographPart, TarPart, WatchedPart

Part = PhotographPart | TarPart | DatasetPart

#: How often a part is tried. Workers may be killed, and machines may fail; what fails this often is at fault itself.
MOST_ATTEMPTS = 5

#: The largest number of pictures of a part that may crash the decoder; for more, the decoder is at fault.
MOST_CRASHING = 10

#: Tasks per CPU that are submitted at once, so that none waits for the driver.
TASKS_PER_CPU = 2

#: Seconds between looks at the size of the cluster, and the longest without progress before the user is told.
LOOK_SECONDS, QUIET_SECONDS = 1, 60

#: Bytes of shared memory of a local cluster, which holds the arguments of tasks.
OBJECT_STORE_BYTES = 256 * 1024 * 1024

#: Where Ray notes the cluster that runs on this machine, in ``RAY_TMPDIR`` or /tmp.
CURRENT_CLUSTER = "ray/ray_current_cluster"


@contextmanager
def cluster(address: str | None, workers: int | None) -> Iterator[int | None]:
    """
    Joins a cluster: the given one, that of ``RAY_ADDRESS``, or the one that runs on this machine. Starts a local one if there is none, which
    ends with the job and leaves nothing.

    Yields the largest number of tasks at once, or None for any.

    :param workers: this number for a cluster that is joined; CPUs of a local one
    """
    noted = os.path.join(os.environ.get("RAY_TMPDIR", "/tmp"), CURRENT_CLUSTER)
    joined = address or os.environ.get("RAY_ADDRESS") or ("auto" if os.path.exists(noted) else None)
    temporary = None
    if joined is None:
        temporary = tempfile.mkdtemp(prefix="silhouette-ray-")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        if "RAY_AUTH_TOKEN_PATH" not in os.environ:
            # Otherwise Ray writes a token into the home directory.
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    try:
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        if joined is not None:
            try:
                ray.init(joined, **quiet)
            except ConnectionError as error:
                raise SilhouetteError(
                    "CLUSTER_NOT_FOUND",
                    f"Expected a Ray cluster at {joined}, but it cannot be reached ({error})",
                    "Correct --address or RAY_ADDRESS, or start the cluster with ray start --head.",
                ) from error
        else:
            ray.init(
                "local",
                num_cpus=workers,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                _temp_dir=temporary,
                **quiet,
            )
        yield None if joined is None else workers
    finally:
        ray.shutdown()
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def run_parts(
    compute: Callable[[Any, int, Part], Record],
    context: object,
    parts: Mapping[int, Part],
    address: str | None,
    workers: int | None,
    report: Callable[[str], None],
) -> Iterator[tuple[int, Record]]:
    """
    Runs ``compute(context, index, part)`` in a task for each of the parts, and yields their indices with the results as they come.

    A part whose worker or machine fails is tried again. If it was the worker, its pictures are announced from then on: one that ends two
    workers is skipped, as a picture that crashes the decoder.

    :param address: of the cluster; by default the one that there is, or a local one
    :param workers: tasks at once; by default as many as there are CPUs
    :param report: gets a sentence for each failure
    :raises SilhouetteError: as soon as a task raises one; ``WORKERS_FAILED`` for a part that fails repeatedly
    """
    with cluster(address, workers) as most:
        import ray

        task: Any = ray.remote(num_cpus=1, max_retries=0)(_computed)
        shared, failures = ray.put(context), _Failures(report)

        def submit(index: int) -> Any:
            return task.remote(compute, shared, index, parts[index], *failures.watch(index))

        waiting, running = deque(parts), {}
        looked = told = 0.0
        room = 1
        while waiting or running:
            now = time.monotonic()
            if now - looked > LOOK_SECONDS:
                cpus = int(ray.cluster_resources().get("CPU", 0))
                room = most or max(cpus * TASKS_PER_CPU, 1)
                looked, told = now, told or now
            while waiting and len(running) < room:
                index = waiting.popleft()
                running[submit(index)] = index
            done, _ = ray.wait(list(running), timeout=LOOK_SECONDS)
            if not done and now - told > QUIET_SECONDS:
                report(f"still waiting for {len(running)} parts on {int(ray.cluster_resources().get('CPU', 0))} CPUs")
                told = now
            for reference in done:
                told = now
                index = running.pop(reference)
                try:
                    yield index, ray.get(reference)
                except ray.exceptions.RayError as error:
                    failures.add(index, error)
                    waiting.append(index)


def _computed(
    compute: Callable[[Any, int, Part], Record],
    context: object,
    index: int,
    part: Part,
    journal: Any | None,
    crashing: Collection[int],
) -> Record:
    """What a task does."""
    if journal is None or isinstance(part, DatasetPart):
        return compute(context, index, part)
    import ray

    return compute(context, index, WatchedPart(part, lambda *picture: ray.get(journal.note.remote(index, picture)), crashing))


class _Journal:
    """An actor that knows which picture of each part was announced last: it survives the workers."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, str]] = {}

    def note(self, index: int, picture: tuple[int, str]) -> None:
        self._last[index] = picture

    def taken(self, index: int) -> tuple[int, str] | None:
        """The picture of a part, which is then forgotten."""
        return self._last.pop(index, None)


class _Failures:
    """Failures of parts, and the pictures that may be at fault."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._journal: Any = None
        #: By part: failures since a picture was found to be at fault; the picture that the last worker opened before it crashed; numbers of
        #: the pictures that are skipped.
        self._attempts: Counter[int] = Counter()
        self._suspects: dict[int, tuple[int, str]] = {}
        self._crashing: defaultdict[int, set[int]] = defaultdict(set)

    def watch(self, index: int) -> tuple[Any | None, Collection[int]]:
        """Where the next attempt announces its pictures, and which it skips."""
        return (self._journal, self._crashing[index]) if index in self._attempts else (None, ())

    def add(self, index: int, error: Exception) -> None:
        """
        Takes note of a failure.

        :raises SilhouetteError: that of the task; ``WORKERS_FAILED`` if the part shall not be tried again
        """
        import ray

        cause = getattr(error, "cause", None)
        if isinstance(cause, SilhouetteError):
            raise cause from None
        what = f"{type(cause).__name__}: {cause}" if cause is not None else _first_line(error)
        self._attempts[index] += 1
        if isinstance(error, (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError)):
            self._suspect(index, what)
        if self._attempts[index] == MOST_ATTEMPTS:
            raise SilhouetteError(
                "WORKERS_FAILED",
                f"Expected a result for part {index}, but all {MOST_ATTEMPTS} attempts failed, the last one with {what}",
                "If workers are out of memory, run fewer on each machine. If a module is missing, install "
                "silhouette-classifier[ray] on all machines.",
            )
        self._report(f"part {index} failed and is tried again ({what})")

    def _suspect(self, index: int, what: str) -> None:
        """After a worker has crashed: a picture may be why, if it was opened last for the second time."""
        import ray

        if self._journal is None:
            self._journal = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(_Journal).remote()
        before = self._suspects.pop(index, None)
        opened = ray.get(self._journal.taken.remote(index))
        if opened is None:
            return
        if opened != before:
            self._suspects[index] = opened
            return
        number, path = opened
        self._crashing[index].add(number)
        self._attempts[index] = 0
        self._report(f"{path} ended two workers and is skipped")
        if len(self._crashing[index]) > MOST_CRASHING:
            raise SilhouetteError(
                "WORKERS_FAILED",
                f"Expected a decoder that works, but it ended the workers for more than {MOST_CRASHING} pictures of part {index}, the last of "
                f"them {path} ({what})",
                "Install silhouette-classifier[ray] again on all machines, or run fewer workers on each.",
            )


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"


class Progress:
    """Reports progress on stderr: in place on a terminal, otherwise a line every few seconds."""

    SECONDS = 5

    def __init__(self, parts: int, done: int, pictures: int) -> None:
        self._parts, self._done, self._before, self._pictures = parts, done, pictures, pictures
        self._begin = self._last = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        if done > 0:
            self.say(f"{done} of {parts} shards are there already: going on")

    def part(self, pictures: int) -> None:
        """Another part is done."""
        self._done += 1
        self._pictures += pictures
        now = time.monotonic()
        if self._is_terminal or self._done == self._parts or now - self._last > self.SECONDS:
            self._last = now
            speed = (self._pictures - self._before) / max(now - self._begin, 1e-9)
            line = f"{self._done:,} of {self._parts:,} shards, {self._pictures:,} pictures, {speed:,.0f} pictures/s"
            print(f"\r{line}\x1b[K" if self._is_terminal else line, end="" if self._is_terminal else "\n", file=sys.stderr, flush=True)
            if self._is_terminal and self._done == self._parts:
                print(file=sys.stderr)

    def say(self, sentence: str) -> None:
        print(f"\r{sentence}\x1b[K" if self._is_terminal else sentence, file=sys.stderr, flush=True)
