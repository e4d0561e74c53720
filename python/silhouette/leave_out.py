"""Files to leave out: lists as `silhouette inspect --fix` writes them and people edit them, and which files of a source they name.

The same rules, in the same words, as packages/trainer/src/dataset/leave-out.ts and node/files/leave-out-list.ts.
"""

import csv
import io
import json
import re
from collections.abc import Sequence, Set

from fsspec.core import url_to_fs

from silhouette.errors import SilhouetteError
from silhouette.file_tree import by_code_units, composed, error_name

#: The column of a list that matters, and the separators that spreadsheets write, depending on the language.
COLUMN, SEPARATORS = "path", (",", ";", "\t")

#: Characters of a first line that are shown in a message.
SHOWN = 60

#: Paths without a file that are listed.
LISTED_PATHS = 3

#: Edits, as a share of a path's length, between a misspelt path and the one suggested.
MOST_EDITS = 0.2

HINT = "Write one with silhouette inspect SOURCE --fix LIST.csv, or your own: a line path, then one path per line."


def paths_to_leave_out(file: str) -> list[str]:
    """
    The paths of a list, each once, in order.

    :param file: a CSV file, anywhere that fsspec reaches
    :raises SilhouetteError: ``LEAVE_OUT_NOT_FOUND`` or ``LEAVE_OUT_UNREADABLE``
    """
    what = "a list of files to leave out"
    system, path = url_to_fs(file)
    try:
        text = system.cat_file(path).decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError as error:
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else f"it cannot be read ({error_name(error)})"
        raise SilhouetteError("LEAVE_OUT_NOT_FOUND", f"Expected {what} at {file}, but {reason}", HINT) from error
    head = re.split(r"\r?\n", text, maxsplit=1)[0]
    separator = next((each for each in SEPARATORS if COLUMN in _names_in(head, each)), None)
    if separator is None:
        shown = json.dumps(head[:SHOWN], ensure_ascii=False)
        message = f"Expected {what} with the column {COLUMN} at {file}, but its first line is {shown}"
        raise SilhouetteError("LEAVE_OUT_UNREADABLE", message, HINT)
    try:
        names, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True) if row]
    except csv.Error as error:
        message = f"Expected {what} at {file}, but it is not CSV: {error}"
        raise SilhouetteError("LEAVE_OUT_UNREADABLE", message, HINT) from error
    column = [name.strip() for name in names].index(COLUMN)
    return sorted({row[column] for row in rows if len(row) > column and row[column].strip()}, key=by_code_units)


def match_leave_out(listed: Sequence[str], present: Sequence[str], source: str) -> tuple[set[str], list[str]]:
    """
    The paths of a source that a list names, and what there is to say about them, as sentences.

    Paths may also be written with backslashes, with a leading ``./``, and in any form of Unicode.

    :param present: the paths of the source, with ``/``
    :raises SilhouetteError: ``LEAVE_OUT_MISMATCH`` if none of the listed files exists: the list is of another source
    """
    known = set(present)
    found = (next((each for each in (path, _written_otherwise(path)) if each in known), None) for path in listed)
    left_out = {path for path in found if path is not None}
    return left_out, check_left_out(listed, left_out, present, source)


def paths_as_spelled(listed: Sequence[str]) -> set[str]:
    """The paths that a list may mean, whatever is there: as they are written, and as a source writes them."""
    return {spelled for path in listed for spelled in (path, _written_otherwise(path))}


def check_left_out(listed: Sequence[str], left_out: Set[str], present: Sequence[str], source: str) -> list[str]:
    """
    What there is to say about the paths of a list, as sentences.

    :param left_out: the paths of the source that it names
    :param present: the paths of the source that others of the list may mean
    :raises SilhouetteError: ``LEAVE_OUT_MISMATCH`` as ``match_leave_out``
    """
    unmatched = [path for path in listed if left_out.isdisjoint((path, _written_otherwise(path)))]
    if unmatched and not left_out:
        similar = _similar_to(_written_otherwise(unmatched[0]), present)
        meant = "" if similar is None else f"; did you mean {similar}?"
        raise SilhouetteError(
            "LEAVE_OUT_MISMATCH",
            f"Expected files of {source} in the list of files to leave out, but none of its {len(unmatched)} is there, such as "
            f"{unmatched[0]}{meant}",
            "Name the list that was made for this source. Its paths are relative to the folder, with /.",
        )
    notes = [f"{len(left_out)} listed {'file is' if len(left_out) == 1 else 'files are'} left out"]
    if unmatched:
        named = ", ".join(_with_similar(path, present) for path in unmatched[:LISTED_PATHS])
        more = f" and {len(unmatched) - LISTED_PATHS} more" if len(unmatched) > LISTED_PATHS else ""
        notes.append(f"Warning: no file has the listed {'path' if len(unmatched) == 1 else 'paths'} {named}{more}")
    return notes


def _names_in(head: str, separator: str) -> list[str]:
    return [re.sub(r'^"(.*)"$', r"\1", name.strip()) for name in head.split(separator)]


def _written_otherwise(path: str) -> str:
    return re.sub(r"^(\./)+", "", composed(path.strip()).replace("\\", "/"))


def _with_similar(path: str, present: Sequence[str]) -> str:
    similar = _similar_to(_written_otherwise(path), present)
    return path if similar is None else f"{path} (did you mean {similar}?)"


def _similar_to(path: str, present: Sequence[str]) -> str | None:
    """The path that was probably meant; None if none is similar."""
    # A file that has been moved, or is listed from another folder, keeps the end of its path. Many classes may have a file of its name.
    moved = _longest_ends(path, present)
    if moved:
        return _closest(path, [each for each in moved if path.endswith(f"/{each}")] or moved)
    nearest = _closest(path, present) if present else None
    return nearest if nearest is not None and _distance(path, nearest) <= MOST_EDITS * len(path) else None


def _longest_ends(path: str, present: Sequence[str]) -> Sequence[str]:
    """The paths that share the most folder and file names, at least one, with the end of ``path``."""
    ends, found = present, []
    names = path.split("/")
    for first in range(len(names) - 1, -1, -1):
        end = f"/{'/'.join(names[first:])}"
        ends = [each for each in ends if f"/{each}".endswith(end)]
        if not ends:
            break
        found = ends
    return found


def _closest(path: str, others: Sequence[str]) -> str:
    return min(others, key=lambda other: _distance(path, other))


def _distance(one: str, other: str) -> int:
    """
    Levenshtein's distance, a whole column of the table at a time in the bits of numbers (G. Myers, "A fast bit-vector algorithm for
    approximate string matching based on dynamic programming", 1999; H. Hyyrö, 2003).
    """
    if not one:
        return len(other)
    places: dict[str, int] = {}
    for index, character in enumerate(one):
        places[character] = places.get(character, 0) | 1 << index
    last, ones = 1 << len(one) - 1, (1 << len(one)) - 1
    # Where the column rises and falls from one row to the next.
    rises, falls, score = ones, 0, len(one)
    for character in other:
        equal = places.get(character, 0)
        same = (((equal & rises) + rises) ^ rises) | equal | falls
        right_rises, right_falls = falls | ~(same | rises) & ones, rises & same
        score += bool(right_rises & last) - bool(right_falls & last)
        right_rises, right_falls = right_rises << 1 | 1, right_falls << 1
        rises, falls = (right_falls | ~(same | right_rises)) & ones, right_rises & same & ones
    return score
