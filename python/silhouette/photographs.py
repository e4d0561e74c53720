"""Finds the photographs of a folder, with label and split: folder names are the classes. Opens no picture that is named like one.

The folder may be anywhere that fsspec reaches. The rules are those of packages/trainer/src/dataset/photographs, so that the same
photographs are found in the same order.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fsspec import AbstractFileSystem

from silhouette.errors import SilhouetteError
from silhouette.file_tree import Listing, Skip, Tree, by_code_units, composed, inside
from silhouette.layout import layout_of
from silhouette.picture_formats import PICTURE_EXTENSIONS

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
    #: Of its file, when it was listed: see ``version_of``.
    version: str = ""


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
    #: Decisions that might not be what was intended, each as a sentence without its full stop.
    notes: list[str]


def skipped_table(skips: Iterable[Skip]) -> str:
    """The table of files that are skipped, as CSV, in the order of their paths."""
    rows = [Skip._fields, *sorted(skips, key=lambda skip: by_code_units(skip.path))]
    return "".join(f"{','.join(map(_quoted, row))}\n" for row in rows)


def _quoted(field: str) -> str:
    """RFC 4180: fields with commas, quotes or line breaks are quoted, and quotes within them are doubled."""
    return '"' + field.replace('"', '""') + '"' if re.search('[",\r\n]', field) else field


def find_photographs(
    system: AbstractFileSystem, folder: str, labels: Sequence[str] | None = None, name: str | None = None
) -> Discovery:
    """
    The photographs of ``<class>/*``, ``{train,val,test}/<class>/*`` or ``<class>/{train,val,test}/*``, including those in subfolders of class
    folders. Splits may have the names that public datasets use, and wrapper folders above splits and classes are skipped.

    :param folder: as the file system knows it
    :param labels: all class names, in the order of their one-hot labels; sorted by code units if not given
    :param name: of the folder, in messages
    :raises SilhouetteError: ``FOLDER_NOT_FOUND``, ``FOLDER_UNREADABLE``, ``LAYOUT_MIXED``, ``NO_CLASSES``, ``ONE_CLASS``, ``EMPTY_CLASS`` or
        ``LABELS_MISMATCH``
    """
    name = name or folder
    tree = Tree(system)
    layout = layout_of(tree, folder, name)
    search = _Search(tree, layout.skips)
    # A class never reads a folder twice, nor any above the classes, so circular links cannot cause an endless loop.
    names = {
        label for (listing, prefix), label, split in layout.classes if search.collect(listing, prefix, set(layout.above), label, split)
    }
    found = sorted(names, key=by_code_units)
    if not found:
        raise SilhouetteError("NO_CLASSES", f"Expected class folders in {name}, but it has none", CLASS_FOLDERS)
    photographs = search.unique()
    skips = sorted(search.skips, key=lambda skip: by_code_units(skip.path))
    listed = found if labels is None else _matched(labels, found, name)
    _check_learnable(name, found, photographs, skips)
    return Discovery(layout.drawn, listed, photographs, skips, layout.notes)


def pictures_below(system: AbstractFileSystem, folder: str) -> Discovery:
    """
    All pictures below ``folder``, whatever their classes.

    :raises SilhouetteError: ``FOLDER_NOT_FOUND`` or ``FOLDER_UNREADABLE``
    """
    tree = Tree(system)
    search = _Search(tree, [])
    search.collect(tree.list(folder), "", set(), "", None)
    return Discovery([], [], search.unique(), sorted(search.skips, key=lambda skip: by_code_units(skip.path)), [])


class _Search:
    """Collects photographs, and what is skipped."""

    def __init__(self, tree: Tree, skips: Iterable[Skip]) -> None:
        self._tree = tree
        self._photographs: list[Photograph] = []
        self.skips = list(skips)

    def collect(self, listing: Listing, prefix: str, read: set[str], label: str, split: str | None) -> bool:
        """Adds all pictures below a folder, unless it has been read already; returns whether they were added."""
        if listing.real in read:
            message = "is a link to a folder that has already been read"
            self.skips.append(Skip(composed(prefix.rstrip("/")), "LINK_BROKEN", message))
            return False
        read.add(listing.real)
        self.skips += listing.skips_below(prefix)
        for name in listing.pictures:
            file = inside(listing.path, name)
            self._photographs.append(Photograph(composed(prefix + name), file, label, split, self._tree.version(file)))
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


def _check_learnable(folder: str, labels: Sequence[str], photographs: Sequence[Photograph], skips: Sequence[Skip]) -> None:
    """Checks that there are several classes, each with training pictures."""
    if len(labels) == 1:
        message = f"Expected at least two class folders in {folder}, but found only {labels[0]}"
        raise SilhouetteError("ONE_CLASS", message, CLASS_FOLDERS)
    filled = {photograph.label for photograph in photographs if photograph.split in (None, "train")}
    empty = [label for label in labels if label not in filled]
    if not empty:
        return
    expected = f"Expected training photographs ({' '.join(PICTURE_EXTENSIONS)}) for every class in {folder}"
    message = f"{expected}, but found none for {', '.join(empty)}"
    places = [[label] for label in empty]
    unread = next((skip for skip in skips if skip.code == "FORMAT_NOT_READ" and skip.path.split("/")[-2:-1] in places), None)
    if unread is not None:
        hint = "Convert the pictures, add others, or move the folder elsewhere."
        raise SilhouetteError("EMPTY_CLASS", f"{message}; {unread.path} {unread.message}", hint)
    kept = next((photograph for photograph in photographs if photograph.label in empty), None)
    if kept is not None:
        hint = "Add training photographs, or move the other folders of the class elsewhere."
        raise SilhouetteError("EMPTY_CLASS", f"{message}; {kept.path} is in the {kept.split} split", hint)
    raise SilhouetteError("EMPTY_CLASS", message, "Add photographs, or move the empty folder elsewhere.")


def _matched(labels: Sequence[str], names: Sequence[str], folder: str) -> list[str]:
    """``labels`` in the given order, checked to name exactly the class folders."""
    given = [composed(label) for label in labels]
    if sorted(given) != sorted(names):
        listed = _label_list(names)
        raise SilhouetteError(
            "LABELS_MISMATCH",
            f"Expected labels to name each class folder of {folder} once ({listed}), but received {_label_list(labels)}",
            f"Use {listed} in any order, or move the other folders elsewhere.",
        )
    return given


def _label_list(labels: Sequence[str]) -> str:
    """Class names as ``--labels`` takes them, in quotes if a shell would change them otherwise."""
    text = ",".join(_quoted(label) if label and label == label.strip() else f'"{label}"' for label in labels)
    return text if re.fullmatch(r"[\w.,:/@%+-]+", text) else "'" + text.replace("'", r"'\''") + "'"
