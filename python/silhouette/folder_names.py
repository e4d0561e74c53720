"""What the names of folders and files mean in collections of photographs: splits, and what operating systems create.

The same rules as packages/trainer/src/dataset/photographs/folder-names.ts.
"""

import re
import unicodedata

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
    apart, before = "", ""
    for character in unicodedata.normalize("NFC", name):
        kind = unicodedata.category(character)
        apart += f" {character}" if before == "Ll" and kind == "Lu" else character
        before = kind
    return [word for word in re.split(r"[0-9\s_.,()\[\]-]+", apart.lower()) if word]


def is_system_name(name: str) -> bool:
    """Whether it is a file or folder created by a system or a program: ``Thumbs.db``, ``@eaDir``, ``__MACOSX``."""
    return name.lower() in SYSTEM_NAMES
