"""Folders of photographs wherever fsspec reaches: what is in them, without what does not matter.

The same rules as packages/trainer/src/dataset/photographs/file-tree.ts and node/photographs/listing.ts. Files that are named like a picture
are not opened; all others are identified by their first bytes.
"""

import errno
import json
import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from silhouette.dataset import MANIFEST, SHARDS
from silhouette.errors import SilhouetteError
from silhouette.folder_names import is_system_name
from silhouette.picture_formats import HEAD_BYTES, PICTURE_EXTENSIONS, other_format

#: Files that only folders of results have, which are no classes.
RESULTS = frozenset(
    [
        *(".silhouette-run.lock", ".silhouette-dataset.arrow", ".silhouette-preparation"),
        *("cross-validation.json", "learning-rates.csv"),
    ]
)


#: What file systems say of a file that changes with its content: sizes, checksums, times.
VERSION_DETAILS = (
    *("size", "ETag", "etag", "generation", "CRC"),
    *("mtime", "LastModified", "last_modified", "updated", "modificationTime", "created"),
)


class Skip(NamedTuple):
    """A file or folder that looks like a photograph and is skipped."""

    path: str
    #: One of the codes of ``SkipReason`` in packages/trainer/src/dataset/skip.ts.
    code: str
    #: The reason, as the end of a sentence.
    message: str


@dataclass
class Listing:
    """The content of one folder, without hidden and system files."""

    path: str
    #: Its path with links resolved.
    real: str
    #: Names, in order.
    folders: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    #: Names with reasons.
    skips: list[Skip] = field(default_factory=list)

    def skips_below(self, prefix: str) -> list[Skip]:
        """What is skipped, with paths that begin with ``prefix``."""
        return [Skip(composed(prefix + name), code, message) for name, code, message in self.skips]


class Tree:
    """Folders of a file system, each of which is listed once."""

    def __init__(self, system: AbstractFileSystem) -> None:
        self._system = system
        self._is_local = isinstance(system, LocalFileSystem)
        self._listings: dict[str, Listing] = {}
        self._versions: dict[str, str] = {}

    def list(self, path: str) -> Listing:
        """
        The content of a folder.

        :raises SilhouetteError: ``FOLDER_NOT_FOUND`` or ``FOLDER_UNREADABLE``
        """
        if path not in self._listings:
            try:
                self._listings[path] = self._listed(path)
            except (FileNotFoundError, NotADirectoryError) as error:
                what = "it is a file" if isinstance(error, NotADirectoryError) else "it does not exist"
                message = f"Expected a folder of photographs at {path}, but {what}"
                raise SilhouetteError("FOLDER_NOT_FOUND", message, "Name a folder with one subfolder per class.") from error
            except PermissionError as error:
                message = f"Expected a readable folder at {path}, but it cannot be read ({error_name(error)})"
                raise SilhouetteError("FOLDER_UNREADABLE", message, "Check its permissions.") from error
        return self._listings[path]

    def inner(self, listing: Listing, name: str) -> Listing:
        return self.list(inside(listing.path, name))

    def version(self, file: str) -> str:
        """The version of a file of a folder that was listed: see ``version_of``."""
        return self._versions.get(file) or version_of(self._system, {"name": file})

    def _listed(self, path: str) -> Listing:
        entries = self._local_entries(path) if self._is_local else self._entries(path)
        listing = Listing(path, os.path.realpath(path) if self._is_local else path)
        for name, kind in entries:
            if name.startswith(".") or is_system_name(name):
                continue
            if kind == "directory":
                if not self._holds_only_runs(inside(path, name)):
                    listing.folders.append(name)
            elif kind == "file":
                if extension_of(name) in PICTURE_EXTENSIONS:
                    listing.pictures.append(name)
                else:
                    self._add_other(listing, name)
            elif kind != "other":
                listing.skips.append(Skip(name, "LINK_BROKEN", kind))
        listing.folders.sort(key=by_code_units)
        return listing

    def _local_entries(self, path: str) -> Iterator[tuple[str, str]]:
        with os.scandir(path) as entries:
            for entry in entries:
                # A name that is not UTF-8 is read as JavaScript reads it; the file is then not found.
                name = entry.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                if entry.is_symlink():
                    try:
                        os.stat(entry.path)
                    except OSError as error:
                        yield name, "is a link to itself" if error.errno == errno.ELOOP else "is a broken link"
                        continue
                yield name, "directory" if entry.is_dir() else "file" if entry.is_file() else "other"

    def _entries(self, path: str) -> Iterator[tuple[str, str]]:
        if not self._system.isdir(path):
            raise NotADirectoryError(path) if self._system.exists(path) else FileNotFoundError(path)
        for entry in self._system.ls(path, detail=True):
            name = entry["name"].rstrip("/").rsplit("/", 1)[-1]
            # Object stores may list the folder itself as an empty object.
            if entry["name"].strip("/") != path.strip("/"):
                self._versions[inside(path, name)] = version_of(self._system, entry)
                yield name, entry["type"]

    def _add_other(self, listing: Listing, name: str) -> None:
        """A file without a picture extension: its content says what it is."""
        try:
            message = other_format(self._system.cat_file(inside(listing.path, name), start=0, end=HEAD_BYTES))
        except OSError as error:
            check_machine(error)
            listing.skips.append(Skip(name, "FILE_UNREADABLE", f"cannot be read ({error_name(error)})"))
            return
        if message is None:
            listing.pictures.append(name)
        elif message:
            listing.skips.append(Skip(name, "FORMAT_NOT_READ", message))

    def _holds_only_runs(self, path: str) -> bool:
        try:
            entries = dict(self._local_entries(path) if self._is_local else self._entries(path))
        except OSError:
            return False
        if not RESULTS.isdisjoint(entries) or (MANIFEST in entries and SHARDS in entries):
            return True
        if "config.json" in entries:
            return self._is_of_run(inside(path, "config.json"))
        if not entries or any(kind != "directory" for kind in entries.values()):
            return False
        return all(self._holds_only_runs(inside(path, name)) for name in entries)

    def _is_of_run(self, file: str) -> bool:
        """Whether it has what the configuration of a run begins and ends with."""
        try:
            content = json.loads(self._system.cat_file(file))
        except (OSError, ValueError):
            return False
        return isinstance(content, dict) and "formatVersion" in content and list(content)[-1] == "crc32"


def version_of(system: AbstractFileSystem, entry: Mapping[str, object]) -> str:
    """
    The version of a file: two that differ in their content differ in it, unless both were written within one tick of the file system's clock,
    or it knows of nothing but sizes. On this machine, the time of the last change of the status also changes if a file gets its old time
    back, other permissions, or another name.

    :param entry: what the file system says of the file
    """
    if not isinstance(system, LocalFileSystem):
        return " ".join(str(entry[detail]) for detail in VERSION_DETAILS if detail in entry)
    try:
        status = os.stat(entry["name"])
    except OSError as error:
        return error_name(error)
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def by_code_units(text: str) -> bytes:
    """A key that sorts texts as JavaScript does, by their UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def extension_of(name: str) -> str:
    """The extension of a name, in lower case and with its dot; empty without one."""
    at = name.rfind(".")
    return name[at:].lower() if at > 0 else ""


def inside(path: str, name: str) -> str:
    """The path of ``name`` in a folder. The path of an archive's own folder is empty."""
    return f"{path}/{name}" if path else name


def composed(name: str) -> str:
    """A name in Unicode's composed form (NFC): macOS may return accents as separate characters."""
    return unicodedata.normalize("NFC", name)


#: Errors that would occur for any picture: too many open files, no memory, a disk that cannot be read.
MACHINE_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO)


def check_machine(error: OSError) -> None:
    """Raises ``error`` if the machine or the network is at fault, and not the file."""
    if error.errno in MACHINE_ERRORS or isinstance(error, (ConnectionError, TimeoutError)):
        raise error


def error_name(error: OSError) -> str:
    """The system's code for an error, such as ``EACCES``."""
    names: Callable[[int], str | None] = errno.errorcode.get
    kinds = {FileNotFoundError: "ENOENT", PermissionError: "EACCES", IsADirectoryError: "EISDIR"}
    return (error.errno and names(error.errno)) or kinds.get(type(error)) or str(error)
