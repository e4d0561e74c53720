"""A job that fills an output folder, part by part: what is there stays, what is missing is computed."""

from collections.abc import Callable, Mapping
from typing import Any

from silhouette.output import OutputFolder, Record
from silhouette.ray.cluster import Progress, cluster, run_parts
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
) -> list[Record]:
    """
    Computes all parts of a plan that ``output`` does not have.

    :param settings: what is computed, as JSON, besides the plan
    :param compute: ``compute(context, index, part)`` in a task: writes the file of a part and its record, which it returns
    :param context: the same for all tasks
    :returns: the records of all parts, in order
    """
    parts = len(plan.parts)
    settings = {**settings, "shards": parts, "digest": plan.digest}
    records: dict[int, Record] = output.begin(settings, parts, file_of)
    progress = Progress(parts, len(records), sum(record["rows"] for record in records.values()))
    left = [index for index in range(parts) if index not in records]
    if left:
        with cluster(address, workers) as most:
            import ray

            task: Any = ray.remote(num_cpus=1, max_retries=0)(compute)
            shared = ray.put(context)
            for index, record in run_parts(left, lambda index: task.remote(shared, index, plan.parts[index]), most, progress.say):
                records[index] = record
                progress.part(record["rows"])
    return [records[index] for index in range(parts)]
