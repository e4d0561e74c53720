"""Pictures in WebDataset tars: files whose names differ in their extensions are one sample.

    000017.jpg   the picture, with any of the extensions of pictures
    000017.cls   its class: the index of a label, or its name; `.txt` is read if there is no `.cls`

The name of a sample ends at the first dot after the last slash, as in WebDataset. See https://github.com/webdataset/webdataset.
"""

import posixpath
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from silhouette.errors import SilhouetteError
from silhouette.picture_formats import PICTURE_EXTENSIONS
from silhouette.file_tree import composed

#: Files that name a class, the first of which counts.
CLASS_EXTENSIONS = (".cls", ".txt")

#: Longest name of a class in bytes; a longer text is a caption.
MOST_CLASS_BYTES = 1024


@dataclass
class Sample:
    """The files of a sample that matter."""

    #: Names and contents of its pictures.
    pictures: list[tuple[str, bytes]] = field(default_factory=list)
    #: What names its class, by extension.
    classes: dict[str, bytes] = field(default_factory=dict)

    def label(self, labels: Sequence[str]) -> str:
        """
        The class of the sample.

        :raises SilhouetteError: ``LABEL_MISSING`` or ``LABEL_UNKNOWN``, with the end of a sentence as its message
        """
        extension = next((each for each in CLASS_EXTENSIONS if each in self.classes), None)
        if extension is None:
            raise SilhouetteError("LABEL_MISSING", "has no .cls or .txt beside it that names its class")
        text = composed(self.classes[extension].decode("utf-8", "replace").strip())
        if text in labels:
            return text
        if text.isascii() and text.isdigit() and int(text) < len(labels):
            return labels[int(text)]
        raise SilhouetteError("LABEL_UNKNOWN", f"is of the class {text[:60]!r}, which is not one of the labels")


def samples_in(file: BinaryIO, name: str) -> Iterator[Sample]:
    """
    The samples of a tar that have pictures, in the order of the tar, which is read once from its beginning to its end.

    :param name: of the tar, for messages
    :raises SilhouetteError: ``ARCHIVE_DAMAGED``
    """
    try:
        with tarfile.open(fileobj=file, mode="r|*") as tar:
            key, sample = None, Sample()
            for member in tar:
                directory, base = posixpath.split(member.name)
                if not member.isfile() or base.startswith("."):
                    continue
                stem, dot, extension = base.partition(".")
                if (directory, stem) != key:
                    if sample.pictures:
                        yield sample
                    key, sample = (directory, stem), Sample()
                extension = f"{dot}{extension.lower()}"
                # `000017.mask.png` belongs to the sample, too, and is not its picture.
                if extension in PICTURE_EXTENSIONS:
                    sample.pictures.append((composed(member.name), tar.extractfile(member).read()))
                elif extension in CLASS_EXTENSIONS:
                    sample.classes[extension] = tar.extractfile(member).read(MOST_CLASS_BYTES)
            if sample.pictures:
                yield sample
    except (tarfile.TarError, EOFError) as error:
        raise SilhouetteError("ARCHIVE_DAMAGED", f"Expected an intact tar at {name}, but it cannot be read ({error})", "Copy it again.") from error
