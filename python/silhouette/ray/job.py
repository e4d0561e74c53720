"""A job that fills an output folder, part by part: what is there stays, what is missing is computed."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from silhouette.file_tree import Skip
from silhouette.output import OutputFolder, Record
from silhouette.ray.cluster import Part, Progress, run_parts
from silhouette.sources import Plan

#: What is said of a file that is not there.
NOT_FOUND = "cannot be read (ENOENT)"


def fill(
    output: OutputFolder,
    settings: Mapping[str, object],
    plan: Plan,
    compute: Callable[..., Record],
    context: object,
    file_of: Callable[[int], str],
    address: str | None,
    workers: int | None,
    is_kept: Callable[[Record], bool] = lambda record: True,
) -> list[Record]:
    """
    Computes all parts of a plan that ``output`` does not have, or has of other versions of their files.

    :param settings: what is computed, as JSON, besides the plan
    :param compute: ``compute(context, index, part)`` in a task: writes the file of a part and its record, which it returns
    :param context: the same for all tasks
    :param is_kept: whether a part that is there stays
    :returns: the records of all parts, in order
    """
    parts = len(plan.parts)
    settings = {**settings, "shards": parts, "digest": plan.digest}
    there = output.begin(settings, parts, file_of)
    same = {index: record for index, record in there.items() if record.get("versions") == plan.parts[index].versions}
    records: dict[int, Record] = {index: record for index, record in same.items() if is_kept(record)}
    for index in there.keys() - same.keys():
        output.drop(index, parts)
    progress = Progress(parts, len(records), sum(record["rows"] for record in records.values()))
    changed = len(there) - len(same)
    if changed > 0:
        which, of = ("1 shard is", "it") if changed == 1 else (f"{changed} shards are", "them")
        progress.say(f"{which} made again: files of {of} have changed since, or could not be read")
    for note in plan.notes:
        progress.say(note)
    missing = {index: part for index, part in enumerate(plan.parts) if index not in records}
    if missing:
        # The cluster is left at once if anything fails.
        with closing(run_parts(compute, context, missing, address, workers, progress.say)) as results:
            for index, record in results:
                records[index] = record
                progress.part(record["rows"])
    return [records[index] for index in range(parts)]


def versions_of(part: Part, skips: Sequence[Skip]) -> str | None:
    """
    What the record of a part says of the versions of its files, before they were read; None if one is there and could not be read, which is
    tried again when the job goes on: who reads it may matter, too.
    """
    return None if any(skip.code == "FILE_UNREADABLE" and skip.message != NOT_FOUND for skip in skips) else part.versions
