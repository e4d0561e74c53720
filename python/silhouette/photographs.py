"""Finds the photographs of a folder, with label and split: folder names are the classes. Opens no picture that is named like one.

The folder may be anywhere that fsspec reaches. The rules are those of packages/trainer/src/dataset/photographs, so that the same
photographs are found in the same order; layouts that need guesses there (wrapper folders, splits by other names, splits in classes) are
refused here.
"""

import errno
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from silhouette.dataset import SPLITS
from silhouette.errors import SilhouetteError
from silhouette.picture_formats import HEAD_BYTES, PICTURE_EXTENSIONS, other_format

#: Words for splits in public datasets, and for folders with unlabeled pictures next to them.
SPLIT_WORDS = {
    "train": ("train", "training", "trn"),
    "val": ("val", "valid", "validation", "validate", "validating", "dev", "devel", "development", "eval"),
    "test": ("test", "testing", "tst"),
    "unsorted": ("pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled", "unsup", "submission"),
}
ROLES = {word: role for role, words in SPLIT_WORDS.items() for word in words}

#: Words without meaning next to them: ``seg_train``, ``training_set``.
FILLING = frozenset(
    (
        "set sets data dataset datasets image images img imgs picture pictures pics photo photos photographs "
        "seg split splits folder folders dir part sample samples single"
    ).split()
)

#: Folders and files created by operating systems, sync tools and viewers, in lower case, besides names with a leading dot.
SYSTEM_NAMES = frozenset(
    [
        *("__macosx", "icon\r", "network trash folder", "temporary items"),
        *("$recycle.bin", "recycler", "recycled", "system volume information", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db"),
        *("desktop.ini", "folder.htt", "found.000", "lost+found"),
        *("@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "@sharebin", "@tmp"),
        *("__pycache__", "node_modules", "picasa.ini"),
    ]
)

#: Files of a run folder's results, which is no class.
RUN_RESULTS = frozenset(["cross-validation.json", "learning-rates.csv"])

CLASS_FOLDERS = (
    "Put the photographs of each class into a folder of its own: <folder>/car/*.jpg, <folder>/bus/*.jpg and so on, or "
    "<folder>/train/car/*.jpg and so on."
)


class Photograph(NamedTuple):
    """A picture file, not decoded yet."""

    #: Relative to the folder, with ``/``, in Unicode's composed form (NFC): the same on every system.
    path: str
    #: Path for opening it.
    file: str
    #: Its class; empty for pictures without classes.
    label: str
    #: Its split as given by its folder; None if it is drawn.
    split: str | None


class Skip(NamedTuple):
    """A file or folder that looks like a photograph and is skipped."""

    path: str
    #: One of the codes of ``SkipReason`` in packages/trainer/src/dataset/skip.ts.
    code: str
    #: The reason, as the end of a sentence.
    message: str


@dataclass(frozen=True)
class Discovery:
    """What was found."""

    #: The splits that are drawn: all, none, or train and test.
    drawn: list[str]
    labels: list[str]
    #: In the order of their paths.
    photographs: list[Photograph]
    #: In the order of their paths.
    skips: list[Skip]


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
    #: Whether it holds anything at all.
    is_empty: bool = True


def by_code_units(text: str) -> bytes:
    """A key that sorts texts as JavaScript does, by their UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def skipped_table(skips: Iterable[Skip]) -> str:
    """The table of files that are skipped, as CSV, in the order of their paths."""
    rows = [Skip._fields, *sorted(skips, key=lambda skip: by_code_units(skip.path))]
    return "".join(f"{','.join(map(_quoted, row))}\n" for row in rows)


def _quoted(field: str) -> str:
    """RFC 4180: fields with commas, quotes or line breaks are quoted, and quotes within them are doubled."""
    return '"' + field.replace('"', '""') + '"' if re.search('[",\r\n]', field) else field


class Tree:
    """Folders of a file system, each of which is listed once."""

    def __init__(self, system: AbstractFileSystem) -> None:
        self._system = system
        self._is_local = isinstance(system, LocalFileSystem)
        self._listings: dict[str, Listing] = {}

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

    def _listed(self, path: str) -> Listing:
        entries = self._local_entries(path) if self._is_local else self._entries(path)
        listing = Listing(path, os.path.realpath(path) if self._is_local else path)
        for name, kind in entries:
            listing.is_empty = False
            if name.startswith(".") or name.lower() in SYSTEM_NAMES:
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
        if not RUN_RESULTS.isdisjoint(entries):
            return True
        if "config.json" in entries and "history.json" in entries:
            return True
        if not entries or any(kind != "directory" for kind in entries.values()):
            return False
        return all(self._holds_only_runs(inside(path, name)) for name in entries)


def find_photographs(system: AbstractFileSystem, folder: str, labels: Sequence[str] | None = None) -> Discovery:
    """
    The photographs of ``<class>/*`` or ``{train,val,test}/<class>/*``, including those in subfolders of class folders.

    :param folder: as the file system knows it
    :param labels: all class names, in the order of their one-hot labels; sorted by code units if not given
    :raises SilhouetteError: ``FOLDER_NOT_FOUND``, ``FOLDER_UNREADABLE``, ``LAYOUT_MIXED``, ``NO_CLASSES``, ``ONE_CLASS``, ``EMPTY_CLASS`` or
        ``LABELS_MISMATCH``
    """
    tree = Tree(system)
    root = tree.list(folder)
    search = _Search(tree)
    drawn, classes = _classes(tree, root, search)
    names = [label for prefix, name, label, split in classes if search.collect_class(prefix, name, label, split)]
    found = sorted(set(names), key=by_code_units)
    if not found:
        raise SilhouetteError("NO_CLASSES", f"Expected class folders in {folder}, but it has none", CLASS_FOLDERS)
    photographs = search.unique()
    _check_learnable(folder, found, photographs)
    if labels is not None:
        found = _matched(labels, found, folder)
    return Discovery(drawn, found, photographs, sorted(search.skips, key=lambda skip: by_code_units(skip.path)))


def pictures_below(system: AbstractFileSystem, folder: str) -> Discovery:
    """
    All pictures below ``folder``, whatever their classes.

    :raises SilhouetteError: ``FOLDER_NOT_FOUND`` or ``FOLDER_UNREADABLE``
    """
    tree = Tree(system)
    search = _Search(tree)
    search.collect(tree.list(folder), "", set(), "", None)
    return Discovery([], [], search.unique(), sorted(search.skips, key=lambda skip: by_code_units(skip.path)))


class _Search:
    """Collects photographs, and what is skipped."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._photographs: list[Photograph] = []
        self._above: set[str] = set()
        self.skips: list[Skip] = []

    def pass_over(self, listing: Listing, prefix: str) -> None:
        """Records the content of a folder above the classes: pictures there have no class."""
        self._above.add(listing.real)
        self._skip(listing, prefix)
        for name in listing.pictures:
            self.skips.append(Skip(composed(prefix + name), "OUTSIDE_CLASSES", "is outside the class folders"))

    def collect_class(self, prefix: str, listing: Listing, label: str, split: str | None) -> bool:
        # A class never reads a folder twice, nor any above the classes, so circular links cannot cause an endless loop.
        return self.collect(listing, prefix, set(self._above), label, split)

    def collect(self, listing: Listing, prefix: str, read: set[str], label: str, split: str | None) -> bool:
        """Adds all pictures below a folder, unless it has been read already; returns whether they were added."""
        if listing.real in read:
            message = "is a link to a folder that has already been read"
            self.skips.append(Skip(composed(prefix.rstrip("/")), "LINK_BROKEN", message))
            return False
        read.add(listing.real)
        self._skip(listing, prefix)
        for name in listing.pictures:
            self._photographs.append(Photograph(composed(prefix + name), inside(listing.path, name), label, split))
        for name in listing.folders:
            self.collect(self._tree.inner(listing, name), f"{prefix}{name}/", read, label, split)
        return True

    def unique(self) -> list[Photograph]:
        """The photographs, sorted by path; of two with the same path, the one whose file name sorts first."""
        kept: list[Photograph] = []
        for each in sorted(self._photographs, key=lambda photograph: (by_code_units(photograph.path), by_code_units(photograph.file))):
            if kept and kept[-1].path == each.path:
                message = "has the name of another file, apart from how accents are encoded"
                self.skips.append(Skip(each.path, "NAME_TWICE", message))
            else:
                kept.append(each)
        return kept

    def _skip(self, listing: Listing, prefix: str) -> None:
        self.skips += [Skip(composed(prefix + name), code, message) for name, code, message in listing.skips]


#: A class folder: the prefix of its pictures' paths, its content, its name, and its split if that is not drawn.
ClassFolder = tuple[str, Listing, str, str | None]


def _classes(tree: Tree, root: Listing, search: _Search) -> tuple[list[str], list[ClassFolder]]:
    """The splits that are drawn, and the class folders."""
    _check_unwrapped(tree, root)
    search.pass_over(root, "")
    roles = {name: folder_role(name) for name in root.folders}
    splits = [name for name in root.folders if roles[name] in SPLITS and tree.inner(root, name).folders]
    if splits:
        return _split_classes(tree, root, search, splits)
    if root.folders and all(roles[name] in SPLITS for name in root.folders):
        raise _mixed(root, " without class folders")
    _check_no_splits_in_classes(tree, root)
    return list(SPLITS), [(f"{name}/", tree.inner(root, name), composed(name), None) for name in root.folders]


def _split_classes(tree: Tree, root: Listing, search: _Search, splits: Sequence[str]) -> tuple[list[str], list[ClassFolder]]:
    others = [name for name in root.folders if name not in SPLITS or name not in splits]
    if others:
        raise _mixed(root, f", of which {', '.join(others)} cannot be used")
    if "train" not in splits:
        raise _mixed(root, "")
    trained = {composed(name) for name in tree.inner(root, "train").folders}
    drawn = [] if "test" in splits else ["train", "test"] if "val" in splits else list(SPLITS)
    classes: list[ClassFolder] = []
    for split in (name for name in SPLITS if name in splits):
        place = tree.inner(root, split)
        if split == "train" or not trained.issuperset(place.folders):
            _check_unwrapped(tree, place)
        search.pass_over(place, f"{split}/")
        given = None if split == "train" and drawn else split
        classes += [(f"{split}/{name}/", tree.inner(place, name), composed(name), given) for name in place.folders]
    return drawn, classes


def _check_unwrapped(tree: Tree, place: Listing) -> None:
    """Refuses a folder with a single folder of folders, through which JavaScript looks."""
    if len(place.folders) == 1 and tree.inner(place, place.folders[0]).folders:
        raise SilhouetteError(
            "LAYOUT_MIXED",
            f"Expected class folders in {place.path}, but it has a single folder with further ones, {place.folders[0]}",
            f"If its folders are the classes, name {place.path}/{place.folders[0]} instead, or move them up. {CLASS_FOLDERS}",
        )


def _check_no_splits_in_classes(tree: Tree, root: Listing) -> None:
    """Refuses ``<class>/<split>/*``, of which JavaScript makes splits."""
    is_split = False
    for name in root.folders:
        place = tree.inner(root, name)
        roles = [folder_role(folder) for folder in place.folders]
        if not place.folders and not place.pictures:
            continue
        if place.pictures or "train" not in roles or any(role not in SPLITS for role in roles):
            return
        is_split = True
    if is_split:
        raise _mixed(root, ", with splits in each class")


def _mixed(root: Listing, what: str) -> SilhouetteError:
    return SilhouetteError(
        "LAYOUT_MIXED",
        f"Expected {root.path} to have class folders, or train, val and test with class folders in each, but found "
        f"{', '.join(root.folders)}{what}",
        "Sort the photographs into <folder>/<class>/ or into <folder>/train/<class>/, <folder>/test/<class>/, and move other folders "
        "elsewhere. silhouette prepare --shards understands more layouts.",
    )


def _check_learnable(folder: str, labels: Sequence[str], photographs: Sequence[Photograph]) -> None:
    """Checks that there are several classes, each with training pictures."""
    if len(labels) == 1:
        message = f"Expected at least two class folders in {folder}, but found only {labels[0]}"
        raise SilhouetteError("ONE_CLASS", message, CLASS_FOLDERS)
    filled = {photograph.label for photograph in photographs if photograph.split in (None, "train")}
    empty = [label for label in labels if label not in filled]
    if empty:
        expected = f"Expected training photographs ({' '.join(PICTURE_EXTENSIONS)}) for every class in {folder}"
        message = f"{expected}, but found none for {', '.join(empty)}"
        raise SilhouetteError("EMPTY_CLASS", message, "Add photographs, or move the empty folder elsewhere.")


def _matched(labels: Sequence[str], names: Sequence[str], folder: str) -> list[str]:
    """``labels`` in the given order, checked to name exactly the class folders."""
    given = [composed(label) for label in labels]
    if sorted(given) != sorted(names):
        raise SilhouetteError(
            "LABELS_MISMATCH",
            f"Expected labels to name each class folder of {folder} once ({', '.join(names)}), but received {', '.join(labels)}",
            f"Use {', '.join(names)} in any order, or move the other folders elsewhere.",
        )
    return given


def folder_role(name: str) -> str | None:
    """The role of a folder according to its name: a split, ``unsorted`` for unlabeled pictures, or None for anything else."""
    roles = set()
    for word in _words(name):
        role = ROLES.get(word) or ROLES.get(re.sub(r"(?:set|data|dataset|images|imgs)$", "", word))
        if role is not None:
            roles.add(role)
        elif word not in FILLING:
            return None
    return roles.pop() if len(roles) == 1 else None


def _words(name: str) -> list[str]:
    """The words of a name, in lower case: ``Seg_Train2`` and ``segTrain`` are ``seg`` and ``train``."""
    apart, before = "", " "
    for character in composed(name):
        apart += f" {character}" if before.islower() and character.isupper() else character
        before = character
    return [word for word in re.split(r"[0-9\s_.,()\[\]-]+", apart.lower()) if word]


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
