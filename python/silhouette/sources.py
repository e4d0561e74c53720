"""Where pictures come from, cut into parts that are read one by one: class folders, tars, or datasets.

Everything is planned once and read elsewhere, so parts can be pickled, and open their files themselves.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

from silhouette.archives import samples_in
from silhouette.dataset import DATASET_ENDING, MANIFEST, SHARDS, SPLITS, Dataset, Row, parse_manifest
from silhouette.errors import PictureError, SilhouetteError
from silhouette.file_tree import Skip, by_code_units, check_machine, error_name, version_of
from silhouette.leave_out import check_left_out, match_leave_out, paths_as_spelled, paths_to_leave_out
from silhouette.output import PREPARATION
from silhouette.photographs import Photograph, find_photographs, pictures_below

#: Photographs that are read at once, and while the ones before are decoded: remote files take their time.
FILES_AT_ONCE = 32

#: The name of a shard, with the number of shards of its dataset.
SHARD = re.compile(r"(?:^|/)\d{5}-of-(\d{5})\.arrow$")

#: What is said of a picture that ended the processes that decoded it.
CRASHED = "crashes the decoder, or needs more memory than there is"


class Read(NamedTuple):
    """A picture that has been read, and not decoded yet."""

    path: str
    #: Its class; empty if it does not matter.
    label: str
    #: Its split; None if it is drawn.
    split: str | None
    #: The content of its file, or why there is none; None if it is left out.
    content: bytes | PictureError | None


@dataclass(frozen=True)
class PhotographPart:
    """Some of the photographs of a folder."""

    system: AbstractFileSystem
    photographs: Sequence[Photograph]
    #: Digest of the versions of their files.
    versions: str

    def __reduce__(self) -> tuple:
        # As columns, which takes a fifth of the time: one process plans the parts for all others. The last one has the versions.
        return PhotographPart._of_columns, (self.system, tuple(zip(*self.photographs))[:-1], self.versions)

    @classmethod
    def _of_columns(
        cls, system: AbstractFileSystem, columns: Sequence[Sequence[str | None]], versions: str
    ) -> "PhotographPart":
        return cls(system, [Photograph(*values) for values in zip(*columns)], versions)

    def __iter__(self) -> Iterator[Read]:
        batches = [self.photographs[at : at + FILES_AT_ONCE] for at in range(0, len(self.photographs), FILES_AT_ONCE)]
        with ThreadPoolExecutor(1) as reader:
            coming = reader.submit(_contents, self.system, batches[0]) if batches else None
            for index, batch in enumerate(batches):
                contents = coming.result()
                if index + 1 < len(batches):
                    coming = reader.submit(_contents, self.system, batches[index + 1])
                for photograph, content in zip(batch, contents):
                    yield Read(photograph.path, photograph.label, photograph.split, content)


@dataclass(frozen=True)
class TarPart:
    """A tar of photographs."""

    system: AbstractFileSystem
    file: str
    #: Its name, which the paths of its pictures begin with.
    name: str
    #: All class names, or None if classes do not matter.
    labels: Sequence[str] | None
    #: Paths of pictures that are left out.
    left_out: Collection[str]
    #: Digest of the version of its file, and of what is left out.
    versions: str

    def __iter__(self) -> Iterator[Read]:
        with self.system.open(self.file, "rb") as file:
            for sample in samples_in(file, self.file):
                for name, content in sample.pictures:
                    path, label, failed = f"{self.name}/{name}", "", None
                    if path in self.left_out:
                        yield Read(path, "", None, None)
                        continue
                    try:
                        label = "" if self.labels is None else sample.label(self.labels)
                    except SilhouetteError as error:
                        failed = PictureError(error.code, error.message)
                    yield Read(path, label, None, failed or content)


@dataclass(frozen=True)
class WatchedPart:
    """A part whose pictures are announced before they are decoded, without those that are known to end the process."""

    part: PhotographPart | TarPart
    #: Gets the number of a picture in the part, and its path.
    announce: Callable[[int, str], object]
    #: Numbers of pictures that are skipped.
    crashing: Collection[int]

    @property
    def versions(self) -> str:
        return self.part.versions

    def __iter__(self) -> Iterator[Read]:
        for number, read in enumerate(self.part):
            if number in self.crashing:
                yield read._replace(content=PictureError("DECODER_CRASHED", CRASHED))
            else:
                self.announce(number, read.path)
                yield read


@dataclass(frozen=True)
class DatasetPart:
    """A dataset file, whose pictures have been prepared already."""

    system: AbstractFileSystem
    file: str
    #: Digest of the version of its file.
    versions: str
    #: Checksum of its rows, if a ``dataset.json`` lists it.
    crc32: str | None = None

    def open(self) -> tuple[Mapping[str, object], Iterator[Row]]:
        """The description, and the rows, which raise ``DATASET_DAMAGED`` in the end if they are not those that are listed."""
        dataset = Dataset(self.system.open(self.file, "rb"), self.file)
        return dataset.description, self._rows(dataset)

    def _rows(self, dataset: Dataset) -> Iterator[Row]:
        yield from dataset
        if self.crc32 not in (None, f"{dataset.crc32:08x}"):
            raise SilhouetteError(
                "DATASET_DAMAGED",
                f"Expected an intact dataset at {self.file}, but its rows are not those of this shard: they have the checksum "
                f"{dataset.crc32:08x} instead of {self.crc32}",
                "Copy the dataset again, or prepare it again.",
            )


@dataclass(frozen=True)
class Plan:
    """All parts of a source."""

    parts: Sequence[PhotographPart | TarPart | DatasetPart]
    labels: Sequence[str]
    #: The splits that are drawn; none if folders define them.
    drawn: Sequence[str]
    #: What is skipped before any picture is opened, in the order of the paths.
    skips: Sequence[Skip]
    #: Number of photographs, if that is known.
    photographs: int | None
    #: Identifies the photographs, with classes and splits, or the tars.
    digest: str
    #: Paths to leave out of tars, whose files are known once they have been read.
    listed: Sequence[str] = ()
    #: Decisions that might not be what was intended, each as a sentence without its full stop.
    notes: Sequence[str] = ()


def plan_classes(
    source: str, parts: int | None, photographs_of_part: int, labels: Sequence[str] | None, leave_out: str | None = None
) -> Plan:
    """
    Plans to read photographs with their classes.

    :param source: a folder of class folders, or one of tars, or a pattern of tars
    :param parts: their number; if None, there are enough that each has at most ``photographs_of_part``. Each tar is a part.
    :param leave_out: a list of files that are left out
    :raises SilhouetteError: what ``find_photographs``, ``paths_to_leave_out`` and ``match_leave_out`` raise; ``INVALID_ARGUMENT``
    """
    listed = [] if leave_out is None else paths_to_leave_out(leave_out)
    system, path = url_to_fs(source)
    tars = _tars(system, path)
    if tars:
        if not labels:
            raise SilhouetteError(
                "INVALID_ARGUMENT",
                f"Expected the class names for the tars of {source}, but received none",
                "Pass --labels with all classes, in the order of their indices in the .cls files.",
            )
        return _plan_tars(system, tars, parts, labels, source, listed)
    found = find_photographs(system, path.rstrip("/"), labels, source)
    photographs, skips, notes = found.photographs, found.skips, found.notes
    if listed:
        left_out, said = match_leave_out(listed, [each.path for each in (*photographs, *skips)], source)
        photographs = [each for each in photographs if each.path not in left_out]
        skips = [each for each in skips if each.path not in left_out]
        notes = [*notes, *said]
    plans = _cut(photographs, parts, photographs_of_part, system, source)
    return Plan(plans, found.labels, found.drawn, skips, len(photographs), _digest(photographs), notes=notes)


def plan_pictures(source: str, parts: int | None, photographs_of_part: int) -> Plan:
    """
    Plans to read pictures whatever their classes: all below a folder, those of tars, or those of a dataset.

    The paths of pictures in folders begin with ``source``.
    """
    system, path = url_to_fs(source)
    datasets = _dataset_parts(system, path, source)
    if datasets:
        return Plan(datasets, [], [], [], None, _digest(part.file for part in datasets))
    tars = _tars(system, path)
    if tars:
        return _plan_tars(system, tars, parts, None, source)
    found = pictures_below(system, path.rstrip("/"))
    named = [photograph._replace(path=f"{source.rstrip('/')}/{photograph.path}") for photograph in found.photographs]
    skips = [skip._replace(path=f"{source.rstrip('/')}/{skip.path}") for skip in found.skips]
    if not named:
        raise SilhouetteError(
            "NO_PICTURES", f"Expected pictures in {source}, but there are none", "Name a folder of pictures, tars, or a dataset."
        )
    return Plan(_cut(named, parts, photographs_of_part, system, source), [], [], skips, len(named), _digest(named))


def _contents(system: AbstractFileSystem, photographs: Sequence[Photograph]) -> list[bytes | PictureError]:
    """The contents of files. A failure of the machine or the network is raised."""
    files = [photograph.file for photograph in photographs]
    contents = system.cat_ranges(files, None, None, on_error="return")
    return [_unreadable(each) if isinstance(each, BaseException) else each for each in contents]


def _unreadable(error: BaseException) -> PictureError:
    if not isinstance(error, OSError):
        raise error
    check_machine(error)
    return PictureError("FILE_UNREADABLE", f"cannot be read ({error_name(error)})")


def _cut(
    photographs: Sequence[Photograph], parts: int | None, photographs_of_part: int, system: AbstractFileSystem, source: str
) -> list[PhotographPart]:
    count = len(photographs)
    if parts is None:
        parts = max(-(-count // photographs_of_part), 1)
    if parts > count > 0:
        raise SilhouetteError(
            "INVALID_ARGUMENT",
            f"Expected at most as many shards as {source} has photographs ({count}), but received {parts}",
            "Choose fewer shards: files of 100 MB to 1 GB are handy.",
        )
    cuts = [index * count // parts for index in range(parts + 1)]
    pieces = [photographs[begin:end] for begin, end in zip(cuts, cuts[1:])]
    return [PhotographPart(system, each, _digest([photograph.version for photograph in each])) for each in pieces]


def _plan_tars(
    system: AbstractFileSystem,
    tars: Mapping[str, Mapping[str, object]],
    parts: int | None,
    labels: Sequence[str] | None,
    source: str,
    listed: Sequence[str] = (),
) -> Plan:
    if parts not in (None, len(tars)):
        raise SilhouetteError(
            "INVALID_ARGUMENT", f"Expected a shard for each of {len(tars)} tars, but received {parts} shards", "Omit --shards for tars."
        )
    spelled, plans = paths_as_spelled(listed), []
    for file, entry in tars.items():
        name = file.rsplit("/", 1)[-1]
        left_out = frozenset(path for path in spelled if path.startswith(f"{name}/"))
        versions = _digest([version_of(system, entry), *sorted(left_out)])
        plans.append(TarPart(system, file, name, labels, left_out, versions))
    if listed and not any(part.left_out for part in plans):
        check_left_out(listed, frozenset(), (), source)
    return Plan(plans, labels or [], SPLITS, [], None, _digest(tars), listed)


def _tars(system: AbstractFileSystem, path: str) -> dict[str, Mapping[str, object]]:
    return _files(system, path, r"\.tar(?:\.gz)?$|\.tgz$")


def _dataset_parts(system: AbstractFileSystem, path: str, source: str) -> list[DatasetPart]:
    """The files of a dataset: those that its ``dataset.json`` lists, or those of a folder or a pattern, or one."""
    folder = path.removesuffix(f"/{MANIFEST}")
    if system.exists(f"{folder}/{MANIFEST}"):
        return _listed_parts(system, folder)
    if system.exists(f"{folder}/{PREPARATION}"):
        raise SilhouetteError(
            "DATASET_INCOMPLETE",
            f"Expected a complete dataset in {source}, but its preparation was stopped",
            "Run the command that began it again, to go on.",
        )
    files = _files(system, path, r"\.arrow$")
    one_of_each = {match[1]: name for name in files if (match := SHARD.search(name))}
    if len(one_of_each) > 1:
        several = " and ".join(sorted(one_of_each.values())[:2])
        raise SilhouetteError(
            "DATASET_MISMATCH",
            f"Expected files of one dataset, but {source} has shards of several, such as {several}",
            f"Name the shards of one: *-of-{min(one_of_each)}{DATASET_ENDING}",
        )
    return [DatasetPart(system, file, _digest([version_of(system, entry)])) for file, entry in files.items()]


def _listed_parts(system: AbstractFileSystem, folder: str) -> list[DatasetPart]:
    """The files that a ``dataset.json`` lists, of the sizes that it says."""
    manifest, parts = f"{folder}/{MANIFEST}", []
    listed = parse_manifest(system.cat_file(manifest), manifest)
    try:
        there = {entry["name"].rsplit("/", 1)[-1]: entry for entry in system.ls(f"{folder}/{SHARDS}", detail=True)}
    except FileNotFoundError:
        there = {}
    for shard in listed:
        file, entry = f"{folder}/{shard['file']}", there.get(shard["file"].removeprefix(f"{SHARDS}/"))
        if entry is None:
            raise SilhouetteError(
                "DATASET_NOT_FOUND",
                f"Expected a dataset file at {file}, but it cannot be opened (ENOENT)",
                "It is a shard of a dataset: restore it, or copy the dataset again.",
            )
        if entry["size"] != shard["bytes"]:
            raise SilhouetteError(
                "DATASET_DAMAGED",
                f"Expected an intact dataset at {file}, but it has {entry['size']} bytes instead of {shard['bytes']}",
                "Copy the dataset again, or prepare it again.",
            )
        parts.append(DatasetPart(system, file, _digest([version_of(system, entry)]), shard["crc32"]))
    return parts


def _files(system: AbstractFileSystem, path: str, ending: str) -> dict[str, Mapping[str, object]]:
    """The files with such names, and what the file system says of them: of a folder, of a pattern with ``*``, or one."""
    if re.search(ending, path):
        if system.exists(path):
            found = {path: system.info(path)}
        else:
            found = system.glob(path, detail=True) if re.search(r"[*?\[]", path) else {}
        if not found:
            raise SilhouetteError("FOLDER_NOT_FOUND", f"Expected files like {path}, but there are none", "Correct the pattern.")
    else:
        entries = system.ls(path, detail=True) if system.isdir(path) else []
        found = {entry["name"]: entry for entry in entries if entry["type"] == "file" and re.search(ending, entry["name"])}
    return {name: found[name] for name in sorted(found, key=by_code_units)}


def _digest(photographs: Iterable[Photograph] | Iterable[str]) -> str:
    digest = hashlib.sha256()
    for each in photographs:
        text = each if isinstance(each, str) else f"{each.path}\0{each.label}\0{each.split or ''}"
        digest.update(f"{text}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
