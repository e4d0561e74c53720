"""Prepares a dataset of many files by Ray: the same bytes as `silhouette prepare --shards`.

    class folders or tars ─▶ parts ─▶ a shard each ─▶ skipped.csv, dataset.json
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from silhouette.dataset import DATASET_ENDING, MANIFEST, SHARDS, SPLITS, Stored, describe, manifest_text, shard_file
from silhouette.errors import SilhouetteError
from silhouette.file_tree import Skip
from silhouette.json_text import json_text
from silhouette.leave_out import check_left_out
from silhouette.output import OutputFolder, Record
from silhouette.photographs import skipped_table
from silhouette.ray.job import fill, versions_of
from silhouette.shards import ShardPreparer, unusable
from silhouette.sources import PhotographPart, TarPart, plan_classes

#: Photographs per shard, unless a number of shards is given: 150 MB of `compact`.
PHOTOGRAPHS_OF_SHARD = 4096


@dataclass(frozen=True)
class Context:
    """What all tasks have in common."""

    output: OutputFolder
    shards: int
    #: Of the dataset, without its number of rows.
    description: Mapping[str, object]
    thumbnails: bool
    strict: bool


@dataclass(frozen=True)
class Summary:
    """What was prepared."""

    shards: int
    rows: int
    bytes: int
    #: By split, the number of pictures of each class, in the order of the labels.
    counts: Mapping[str, Sequence[int]]
    labels: Sequence[str]
    skipped: int
    #: What there is to say of files that are left out, as sentences.
    notes: Sequence[str]


def prepare(
    source: str,
    out: str,
    stored: Stored,
    shards: int | None = None,
    labels: Sequence[str] | None = None,
    fractions: tuple[float, float, float] | None = None,
    seed: int | None = None,
    thumbnails: bool = True,
    leave_out: str | None = None,
    strict: bool = False,
    address: str | None = None,
    workers: int | None = None,
) -> Summary:
    """
    Prepares the photographs of ``source`` as a dataset in the folder ``out``; both may be any URL that fsspec knows.

    If it is stopped, or fails, the shards that are done stay, and calling it again with the same arguments goes on.

    :param source: a folder of ``<class>/*``, ``{train,val,test}/<class>/*`` or ``<class>/{train,val,test}/*``, or WebDataset tars: a folder
        of them, or a pattern
    :param shards: number of files; by default, enough for 4,096 photographs in each. Each tar is a shard.
    :param labels: all class names, in the order of their one-hot labels; sorted by default. Tars need them.
    :param fractions: shares of train, val and test, unless folders define them: 0.8, 0.1, 0.1 by default
    :param seed: of the splits that are drawn: 0 by default
    :param thumbnails: whether a thumbnail of each photograph is kept, for reports
    :param leave_out: a list of files to leave out, as `silhouette inspect --fix` writes it
    :param strict: whether a picture that cannot be used is an error, instead of skipped
    :param address: of the Ray cluster; by default the one that there is, or a local one
    :param workers: tasks at once; by default as many as there are CPUs
    :raises SilhouetteError: what cannot be used, with its code
    """
    if out.endswith(DATASET_ENDING):
        raise SilhouetteError(
            "INVALID_ARGUMENT",
            f"Expected the name of a folder for the shards, but received {out}, which is that of a file",
            f"For example: {out.removesuffix(DATASET_ENDING)}",
        )
    plan = plan_classes(source, shards, PHOTOGRAPHS_OF_SHARD, labels, leave_out)
    if not plan.drawn and (fractions is not None or seed is not None):
        raise SilhouetteError(
            "INVALID_ARGUMENT",
            f"Expected neither split nor seed for {source} because its folders already define train and test",
            "Omit split and seed, or put all class folders side by side.",
        )
    if strict and plan.skips:
        raise unusable(plan.skips[0])
    drawn = {"from": "content", "seed": seed or 0, "fractions": fractions or (0.8, 0.1, 0.1), "drawn": list(plan.drawn)}
    description = describe(plan.labels, stored, drawn if plan.drawn else {"from": "folders"})
    output, count = OutputFolder(out, "the dataset", MANIFEST), len(plan.parts)
    settings = {"job": "prepare", "thumbnails": thumbnails, "description": description}
    context = Context(output, count, description, thumbnails, strict)

    def is_kept(record: Record) -> bool:
        # The pictures that it skipped may have been repaired since.
        return not (strict and record["skips"])

    file_of = partial(shard_file, shards=count)
    records = fill(output, settings, plan, prepare_part, context, file_of, address, workers, is_kept)
    counts = {
        split: [sum(record["counts"][split][place] for record in records) for place in range(len(plan.labels))] for split in SPLITS
    }
    found = {path for record in records for path in record["leftOut"]}
    notes = check_left_out(plan.listed, found, (), source) if plan.listed else []
    _check_filled(source, plan.labels, counts, output, records, leave_out is not None)
    files = [
        {"file": shard_file(index, count), "rows": record["rows"], "bytes": record["bytes"], "crc32": record["rowsCrc32"]}
        for index, record in enumerate(records)
        if record["rows"] > 0
    ]
    skips = [*plan.skips, *(Skip(*skip) for record in records for skip in record["skips"])]
    names = [each["file"].removeprefix(f"{SHARDS}/") for each in files]
    output.finish({"skipped.csv": skipped_table(skips), MANIFEST: manifest_text(description, files)}, SHARDS, names)
    size = sum(record["bytes"] for record in records)
    return Summary(len(files), sum(record["rows"] for record in records), size, counts, plan.labels, len(skips), notes)


def prepare_part(context: Context, index: int, part: PhotographPart | TarPart) -> Record:
    """Prepares, writes and records a shard."""
    shard = _preparer(json_text(context.description), context.thumbnails, context.strict).prepare(part)
    if shard.rows > 0:
        context.output.write(shard_file(index, context.shards), shard.chunks)
    record = {
        "rows": shard.rows,
        "bytes": shard.bytes,
        "rowsCrc32": f"{shard.crc32:08x}",
        "counts": shard.counts,
        "skips": [list(skip) for skip in shard.skips],
        "leftOut": shard.left_out,
        "versions": versions_of(part, shard.skips),
    }
    context.output.keep(index, context.shards, record)
    return record


@lru_cache(1)
def _preparer(description: str, thumbnails: bool, strict: bool) -> ShardPreparer:
    """Of this process, which prepares one shard after another."""
    return ShardPreparer(json.loads(description), thumbnails, strict=strict)


def _check_filled(
    source: str,
    labels: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    output: OutputFolder,
    records: Sequence[Record],
    has_list: bool,
) -> None:
    """Checks that no class has lost all its pictures to skips and lists."""
    empty = [label for place, label in enumerate(labels) if all(counts[split][place] == 0 for split in SPLITS)]
    if not empty:
        return
    # Its pictures may be repaired, and are then opened again.
    for index, record in enumerate(records):
        if record["skips"]:
            output.drop(index, len(records))
    raise SilhouetteError(
        "EMPTY_CLASS",
        f"Expected usable pictures of every class in {source}, but all pictures of {', '.join(empty)} were skipped or left out",
        f"Replace the pictures, {'leave out fewer files, ' if has_list else ''}or move the folder elsewhere.",
    )
