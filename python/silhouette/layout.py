"""Finds the class folders of a folder of photographs, and their splits: ``<class>/*``, ``<split>/<class>/*`` or ``<class>/<split>/*``, below
any number of wrapper folders.

The same rules as packages/trainer/src/dataset/photographs/layout.ts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from silhouette.dataset import SPLITS
from silhouette.errors import SilhouetteError
from silhouette.file_tree import Listing, Skip, Tree, composed
from silhouette.folder_names import folder_role

#: Maximum depth of wrapper folders above the classes, as archives and downloads create them.
MOST_WRAPPERS = 8


class Place(NamedTuple):
    """A folder, and the prefix of the paths of its content: empty, or with a trailing ``/``."""

    listing: Listing
    prefix: str


class ClassFolder(NamedTuple):
    """A folder whose pictures are one class."""

    place: Place
    label: str
    #: The split of its pictures; None if it is drawn.
    split: str | None


@dataclass
class Layout:
    """The layout of a folder of photographs."""

    #: The splits that are drawn: none, or those that divide the training pictures.
    drawn: list[str]
    classes: list[ClassFolder]
    #: Decisions that might not be what was intended, each as a sentence without its full stop.
    notes: list[str]
    skips: list[Skip]
    #: Real paths of the folders above the classes; links back to them are not followed.
    above: set[str]


def layout_of(tree: Tree, folder: str, name: str) -> Layout:
    """
    Finds the class folders. Folders named train, val or test, or like the splits of public datasets, are splits if they contain folders;
    otherwise they can be classes among others.

    :param folder: as the tree knows it
    :param name: of the folder, in messages
    :raises SilhouetteError: ``FOLDER_NOT_FOUND``, ``FOLDER_UNREADABLE``; ``LAYOUT_MIXED`` for splits that are incomplete, ambiguous, or next
        to class folders
    """
    return _Survey(tree, name).layout(Place(tree.list(folder), ""))


@dataclass
class _Survey:
    """Looks at folders, and collects what there is to say besides the classes."""

    tree: Tree
    name: str
    notes: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    above: set[str] = field(default_factory=set)

    def layout(self, top: Place) -> Layout:
        root = self._unwrapped(top)
        if root is not top:
            self.notes.append(f"Class folders were found in {root.prefix[:-1]}")
        self._pass_over(root)
        folders = root.listing.folders
        named = [name for name in folders if folder_role(name) in SPLITS]
        splits = [name for name in named if self._inner(root, name).listing.folders]
        if splits:
            return self._splits(root, named, splits)
        if named and len(named) == len(folders):
            raise self._mixed(root, " without class folders")
        self.notes += [f"{name} is treated as a class because it contains no class folders" for name in named]
        return self._splits_in_classes(root) or self._laid_out(SPLITS, [self._class(root, name, None) for name in folders])

    def _splits(self, root: Place, named: Sequence[str], splits: Sequence[str]) -> Layout:
        """``<split>/<class>/*``: ``named`` folders have the name of a split, and ``splits`` are those of them that contain folders."""
        names = {split: self._only(root, split, splits) for split in SPLITS}
        if names["train"] is None:
            raise self._mixed(root, "")
        training = self._unwrapped(self._inner(root, names["train"]))
        trained = set(map(composed, training.listing.folders))
        for name in root.listing.folders:
            if name not in splits:
                self._beside_splits(root, name, name in named, trained, names["val"] or names["test"])
        other = [name for name in splits if name not in SPLITS]
        if other:
            self.notes.append(", ".join(f"{name} is used as {folder_role(name)}" for name in other))

        drawn = _drawn_beside(names["val"], names["test"])
        classes: list[ClassFolder] = []
        for split, name in names.items():
            if name is None:
                continue
            place = training if split == "train" else self._unwrapped(self._inner(root, name), trained.__contains__)
            self._pass_over(place)
            given = None if split == "train" and drawn else split
            classes += [self._class(place, each, given) for each in place.listing.folders]
        return self._laid_out(drawn, classes, has_splits=True)

    def _only(self, root: Place, split: str, splits: Sequence[str]) -> str | None:
        """The one folder of a split, if there is any."""
        found = [name for name in splits if folder_role(name) == split]
        if len(found) > 1:
            raise self._mixed(root, f", where both {found[0]} and {found[1]} are the {split} split")
        return found[0] if found else None

    def _beside_splits(self, root: Place, name: str, is_named: bool, trained: set[str], tested: str | None) -> None:
        """Ignores a folder next to the splits, or refuses it."""
        place = self._inner(root, name)
        path = composed(f"{root.prefix}{name}")
        if is_named:
            self.notes.append(f"{path} is ignored because it contains no class folders")
            self._pass_over(place)
        elif folder_role(name) == "unsorted" or not self._holds_pictures(place, set()):
            return
        elif tested is None or any(composed(each) in trained for each in place.listing.folders):
            # It may be a class next to one that is named train, or misplaced training pictures.
            raise self._mixed(root, "")
        else:
            self.notes.append(f"{path} is ignored because it is not train, val or test")

    def _splits_in_classes(self, root: Place) -> Layout | None:
        """``<class>/<split>/*``, if all subfolders of all classes are named like splits; otherwise None."""
        found: list[tuple[Place, str, str, str]] = []
        for label in root.listing.folders:
            place = self._inner(root, label)
            roles = {name: folder_role(name) for name in place.listing.folders}
            if not roles and not place.listing.pictures:
                continue
            if place.listing.pictures or "train" not in roles.values() or not set(SPLITS).issuperset(roles.values()):
                return None
            found += [(place, name, label, role) for name, role in roles.items()]
        if not found:
            return None
        first = {role: name for _, name, _, role in reversed(found)}
        drawn = _drawn_beside(first.get("val"), first.get("test"))
        for place in {place.prefix: place for place, _, _, _ in found}.values():
            self._pass_over(place)
        self.notes.append("Each class folder has its own splits")
        classes = [
            ClassFolder(self._inner(place, name), composed(label), None if role == "train" and drawn else role)
            for place, name, label, role in found
        ]
        return self._laid_out(drawn, classes, has_splits=True)

    def _laid_out(self, drawn: Sequence[str], classes: list[ClassFolder], has_splits: bool = False) -> Layout:
        if has_splits and drawn:
            self.notes.append(f"There is no test folder: the {' and '.join(drawn[1:])} pictures are drawn from train")
        return Layout(list(drawn), classes, self.notes, self.skips, self.above)

    def _inner(self, place: Place, name: str) -> Place:
        return Place(self.tree.inner(place.listing, name), f"{place.prefix}{name}/")

    def _class(self, place: Place, name: str, split: str | None) -> ClassFolder:
        return ClassFolder(self._inner(place, name), composed(name), split)

    def _pass_over(self, place: Place) -> None:
        """Records the content of a folder above the classes: pictures there have no class."""
        self.above.add(place.listing.real)
        self.skips += place.listing.skips_below(place.prefix)
        for name in place.listing.pictures:
            self.skips.append(Skip(composed(place.prefix + name), "OUTSIDE_CLASSES", "is outside the class folders"))

    def _unwrapped(self, place: Place, stop: Callable[[str], bool] = lambda _: False) -> Place:
        """Descends through wrapper folders, and not into folders that match ``stop``."""
        here, seen = place, {place.listing.real}
        for _ in range(MOST_WRAPPERS):
            folders = here.listing.folders
            if len(folders) != 1 or stop(composed(folders[0])):
                break
            inner = self._inner(here, folders[0])
            if not inner.listing.folders or inner.listing.real in seen:
                break
            seen.add(inner.listing.real)
            self._pass_over(here)
            here = inner
        return here

    def _holds_pictures(self, place: Place, seen: set[str]) -> bool:
        """Whether it contains a picture at any depth."""
        if place.listing.real in seen:
            return False
        seen.add(place.listing.real)
        return bool(place.listing.pictures) or any(
            self._holds_pictures(self._inner(place, name), seen) for name in place.listing.folders
        )

    def _mixed(self, place: Place, what: str) -> SilhouetteError:
        return SilhouetteError(
            "LAYOUT_MIXED",
            f"Expected {self.name} to have class folders, or train, val and test with class folders in each, but found "
            f"{', '.join(place.prefix + name for name in place.listing.folders)}{what}",
            "Sort the photographs into <folder>/<class>/ or into <folder>/train/<class>/, <folder>/test/<class>/, and move other folders "
            "elsewhere.",
        )


def _drawn_beside(val: str | None, test: str | None) -> Sequence[str]:
    """The splits drawn from the training pictures, given the names of the validation and test folders, if there are any."""
    if test is not None:
        return ()
    return SPLITS if val is None else ("train", "test")
