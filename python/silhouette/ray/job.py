"""A job that fills an output folder, part by part: what is there stays, what is missing is computed."""

from collections.abc import Callable, Mapping
from contextlib import closing

from silhouette.output import OutputFolder, Record
from silhouette.ray.cluster import Progress, run_parts
from silhouette.sources import Plan


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
    Computes all parts of a plan that ``output`` does not have.

    :param settings: what is computed, as JSON, besides the plan
    :param compute: ``compute(context, index, part)`` in a task: writes the file of a part and its record, which it returns
    :param context: the same for all tasks
    :param is_kept: whether a part that is there stays
    :returns: the records of all parts, in order
    """
    parts = len(plan.parts)
    settings = {**settings, "shards": parts, "digest": plan.digest}
    there = output.begin(settings, parts, file_of)
    records: dict[int, Record] = {index: record for index, record in there.items() if is_kept(record)}
    progress = Progress(parts, len(records), sum(record["rows"] for record in records.values()))
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
