"""A folder of files that many processes write, one whole file each, wherever fsspec can write.

    <files>                          the files so far; then those that say that all are there
    .silhouette-preparation/         removed at the end:
      settings.json                  what is computed, and how
      00000-of-00016.json            the record of a file that is done, written after it

A file that has a record stays, whatever ends the job, so that the job can go on later. A file may be written more than once, by processes
that do not know of one another: they write the same bytes.
"""

import errno
import os
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from silhouette.dataset import shard_name
from silhouette.errors import SilhouetteError
from silhouette.json_text import parse_sealed_json, sealed_json

#: Folder of what a job needs to go on.
PREPARATION = ".silhouette-preparation"

SETTINGS = "settings.json"

#: Why a file cannot be written, by the system's code: in the words of packages/trainer/src/node/files/whole-file.ts.
REASONS = {
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "its folder is a file",
    errno.EEXIST: "a file of that name exists",
    errno.EISDIR: "it is a folder",
    errno.EACCES: "permission to write there is denied",
    errno.EPERM: "permission to write there is denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is exceeded",
    errno.ENAMETOOLONG: "the name is too long for the file system",
    errno.EFBIG: "the file would be too large for the file system",
}

#: How the names of the files end that a job makes: shard 0 of 16, and the ending.
PART = re.compile(r"\d{5}-of-\d{5}\.(?:arrow|parquet)$")

#: Records that are read at once.
RECORDS_AT_ONCE = 32

#: What is known of a file that is done, as JSON.
Record = dict[str, Any]


class OutputFolder:
    """The folder. Can be pickled: a relative path stays one of the process that named it."""

    def __init__(self, url: str, what: str, last: str) -> None:
        """
        :param what: the name of the content in errors, such as "the dataset"
        :param last: the name of the file that is written last
        """
        self.url, self._what, self._last = url, what, last
        self._system, path = url_to_fs(url)
        self._path = path.rstrip("/")
        self._is_local = isinstance(self._system, LocalFileSystem)

    def begin(self, settings: Mapping[str, object], parts: int, file_of: Callable[[int], str]) -> dict[int, Record]:
        """
        Claims the folder, which is empty, does not exist yet, or contains a job that was stopped.

        :param settings: what is computed, as JSON; another job cannot go on with it
        :param parts: number of files
        :param file_of: the name of each
        :returns: records of the files that are done
        :raises SilhouetteError: ``OUTPUT_EXISTS``, ``OUTPUT_UNWRITABLE``
        """
        with self._writing(self.url, "Name a folder that can be created."):
            return self._begin(settings, parts, file_of)

    def _begin(self, settings: Mapping[str, object], parts: int, file_of: Callable[[int], str]) -> dict[int, Record]:
        if self._is_local:
            os.makedirs(self._path, exist_ok=True)
        names = {name: size for name, size in self._names("").items() if not _is_temporary(name)}
        if names and PREPARATION not in names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            found = "a complete one" if self._last in names else f"{min(names)}{more}"
            raise SilhouetteError(
                "OUTPUT_EXISTS",
                f"Expected an empty folder for {self._what}, but {self.url} contains {found}",
                "Name an empty folder, or one that does not exist yet.",
            )
        before = self._read(f"{PREPARATION}/{SETTINGS}") if names else None
        if before is None:
            # Records without settings are of an unknown job.
            for name in self._names(PREPARATION):
                self._system.rm(self._in(f"{PREPARATION}/{name}"), recursive=True)
            self.write(f"{PREPARATION}/{SETTINGS}", [sealed_json(dict(settings)).encode()])
            return {}
        if "job" not in before:
            raise SilhouetteError(
                "OUTPUT_EXISTS",
                f"Expected a preparation that this program began in {self.url}, but it is of another program or version",
                "Continue it with the same one, name another folder, or remove this one to start again.",
            )
        # As they are once they have been written and read.
        now = parse_sealed_json(sealed_json(dict(settings)).encode())
        differing = [name for name in {**before, **now} if name != "crc32" and before.get(name) != now.get(name)]
        if differing:
            raise SilhouetteError(
                "OUTPUT_EXISTS",
                f"Expected the settings and photographs with which the job in {self.url} began, but these differ: {', '.join(differing)}",
                "Go on with the same ones, name another folder, or remove this one to begin again.",
            )
        return self._done(parts, file_of)

    def write(self, name: str, chunks: Sequence[bytes]) -> None:
        """
        Writes a file of the folder, which appears once it is complete: object stores see to that themselves.

        :raises SilhouetteError: ``OUTPUT_UNWRITABLE``
        """
        hint = "What is complete stays: once the folder can be written and has enough space, run the same command again to go on."
        with self._writing(f"{self.url.rstrip('/')}/{name}", hint):
            self._write(name, chunks)

    @contextmanager
    def _writing(self, path: str, hint: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Others, such as lost connections, may not come again.
            if error.errno not in REASONS:
                raise
            message = f"Expected to write {self._what} to {path}, but {REASONS[error.errno]}"
            raise SilhouetteError("OUTPUT_UNWRITABLE", message, hint) from error

    def _write(self, name: str, chunks: Sequence[bytes]) -> None:
        path = self._in(name)
        folder = path.rpartition("/")[0]
        if not self._is_local:
            self._system.makedirs(folder, exist_ok=True)
            with self._system.open(path, "wb") as file:
                file.writelines(chunks)
            return
        os.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.silhouette-{uuid.uuid4()}.partial"
        try:
            with open(temporary, "xb") as file:
                file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            if os.path.exists(temporary):
                os.remove(temporary)
            raise

    def keep(self, index: int, parts: int, record: Record) -> None:
        """Records that a file is done, which has been written."""
        self.write(f"{PREPARATION}/{shard_name(index, parts)}.json", [sealed_json(record).encode()])

    def drop(self, index: int, parts: int) -> None:
        """Removes a record, so that its file is made again."""
        self._system.rm_file(self._in(f"{PREPARATION}/{shard_name(index, parts)}.json"))

    def finish(self, files: Mapping[str, str], folder: str, done: Collection[str]) -> None:
        """
        Completes the folder: writes the last files in their order, and removes what only a job needs.

        :param folder: of the other files
        :param done: their names; others of such names are of jobs whose records were lost, or of pictures that cannot be used any more
        """
        for name in self._names(folder):
            if PART.search(name) and name not in done:
                self._system.rm_file(self._in(f"{folder}/{name}" if folder else name))
        for name, text in files.items():
            self.write(name, [text.encode()])
        self._system.rm(self._in(PREPARATION), recursive=True)
        if self._is_local:
            # Leftovers of processes that were killed.
            for name in self._names(folder):
                if _is_temporary(name):
                    os.remove(self._in(f"{folder}/{name}"))

    def _done(self, parts: int, file_of: Callable[[int], str]) -> dict[int, Record]:
        """The records whose files are there with the sizes that they say."""
        recorded = self._names(PREPARATION)
        wanted = [index for index in range(parts) if f"{shard_name(index, parts)}.json" in recorded]
        with ThreadPoolExecutor(RECORDS_AT_ONCE) as pool:
            records = pool.map(lambda index: self._read(f"{PREPARATION}/{shard_name(index, parts)}.json"), wanted)
        sizes = {folder: self._names(folder) for folder in {file_of(index).rpartition("/")[0] for index in wanted}}
        done = {}
        for index, record in zip(wanted, records):
            folder, _, name = file_of(index).rpartition("/")
            if record is not None and record["bytes"] in (0, sizes[folder].get(name)):
                done[index] = record
        return done

    def _names(self, folder: str) -> dict[str, int]:
        """The names in a folder, with their sizes in bytes; none if there is no folder."""
        self._system.invalidate_cache()
        try:
            entries = self._system.ls(self._in(folder), detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return {entry["name"].rstrip("/").rsplit("/", 1)[-1]: entry["size"] or 0 for entry in entries}

    def _read(self, name: str) -> Record | None:
        """What was written; None if it is missing or damaged: it is made again."""
        try:
            return parse_sealed_json(self._system.cat_file(self._in(name)))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    def _in(self, name: str) -> str:
        return f"{self._path}/{name}" if name else self._path


def _is_temporary(name: str) -> bool:
    """Whether it may be a leftover of a process that was killed."""
    return name.startswith(".silhouette-") and name.endswith(".partial")
