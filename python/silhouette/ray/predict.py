"""Answers for pictures by Ray, with a run's network that `silhouette export --to onnx` has written, in ONNX Runtime.

    pictures, tars or a dataset ─▶ parts ─▶ a Parquet file each ─▶ _skipped.csv

The answers are those of `silhouette predict`.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy
from fsspec.core import url_to_fs

from silhouette.dataset import shard_name
from silhouette.errors import PictureError, SilhouetteError
from silhouette.file_tree import Skip
from silhouette.json_text import crc32_hex
from silhouette.output import OutputFolder, Record
from silhouette.photographs import skipped_table
from silhouette.pictures import decode
from silhouette.preprocessor import PREPROCESSING, Preprocessor
from silhouette.ray.job import fill, versions_of
from silhouette.sources import DatasetPart, PhotographPart, TarPart, plan_pictures

#: Pictures per Parquet file, unless a number of shards is given.
PICTURES_OF_PART = 4096

#: Written last. Readers of Parquet ignore names that begin with ``_``.
SKIPPED = "_skipped.csv"


@dataclass(frozen=True)
class Context:
    """What all tasks have in common."""

    output: OutputFolder
    parts: int
    #: The content of the ONNX file.
    model: bytes


@dataclass(frozen=True)
class Summary:
    """What was answered."""

    parts: int
    pictures: int
    skipped: int


class Network:
    """A network with its preprocessing. Not safe to be used by several threads at once."""

    def __init__(self, model: bytes) -> None:
        """
        :param model: the content of the ONNX file
        :raises SilhouetteError: ``MODEL_NOT_FOUND`` if it is none of Silhouette's
        :raises ValueError: if this version does not understand the model
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # Whoever has many pictures runs several processes.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own classes have no common one
            raise _no_model(f"ONNX Runtime cannot load it ({str(error).splitlines()[0]})") from error
        description = self._session.get_modelmeta().custom_metadata_map.get("silhouette")
        if description is None:
            raise _no_model("it is another ONNX file")
        #: What the model says about itself.
        self.description: dict[str, object] = json.loads(description)
        self._preprocessor = Preprocessor(self.description)
        self.labels = self._preprocessor.labels

    def answer(self, picture: numpy.ndarray) -> tuple[numpy.ndarray, float | None]:
        """The probability of each class, and the novelty if the model is calibrated, for ``[rows, columns, channels]`` bytes."""
        return self._answer(self._preprocessor.views(picture))

    def answer_stored(self, pixels: bytes) -> tuple[numpy.ndarray, float | None]:
        """The same for a picture of a dataset."""
        return self._answer(self._preprocessor.views_of_stored(pixels))

    def check_dataset(self, description: dict[str, object], name: str) -> None:
        """
        Checks that pictures of a dataset were prepared as the model's.

        :raises SilhouetteError: ``DATASET_MISMATCH``
        """
        wanted = self._preprocessor.stored
        found = (description["width"], description["height"], description["pixelFormat"])
        if found == wanted and description["preprocessing"] == PREPROCESSING[wanted[2]]:
            return
        raise SilhouetteError(
            "DATASET_MISMATCH",
            f"Expected pictures of {wanted[0]} x {wanted[1]} pixels in {wanted[2]}, as the model's, but {name} has {found[0]} x {found[1]} "
            f"in {found[2]}",
            "Prepare the photographs with the model's recipe, input and size, or name the photographs themselves.",
        )

    def _answer(self, views: numpy.ndarray) -> tuple[numpy.ndarray, float | None]:
        probabilities, *novelty = self._session.run(None, {"pixel_values": views})
        # A model that was never calibrated has no novelty.
        return probabilities[0], float(novelty[0][0]) if novelty else None


def predict(
    run: str,
    source: str,
    out: str,
    shards: int | None = None,
    address: str | None = None,
    workers: int | None = None,
) -> Summary:
    """
    Classifies the pictures of ``source`` with the model of a run, and writes the answers to the folder ``out`` as Parquet files; all three
    may be any URL that fsspec knows.

    If it is stopped, or fails, the files that are done stay, and calling it again with the same arguments goes on.

    :param run: a run's folder with ``export/model.onnx``, or an ONNX file that Silhouette has exported
    :param source: a folder of pictures at any depth, tars (a folder of them, or a pattern), or a dataset
    :param shards: number of files; by default, enough for 4,096 pictures in each. Each tar and each dataset file is one.
    :param address: of the Ray cluster; by default the one that there is, or a local one
    :param workers: tasks at once; by default as many as there are CPUs
    :raises SilhouetteError: what cannot be used, with its code
    """
    model = read_model(run)
    network = Network(model)
    check_current(run, network.description)
    labels = network.labels
    plan = plan_pictures(source, shards, PICTURES_OF_PART)
    output, count = OutputFolder(out, "the answers", SKIPPED), len(plan.parts)
    settings = {"job": "predict", "model": crc32_hex(model), "labels": labels}
    context = Context(output, count, model)
    records = fill(output, settings, plan, predict_part, context, lambda index: part_file(index, count), address, workers)
    skips = [*plan.skips, *(Skip(*skip) for record in records for skip in record["skips"])]
    names = [part_file(index, count) for index, record in enumerate(records) if record["rows"] > 0]
    output.finish({SKIPPED: skipped_table(skips)}, "", names)
    return Summary(sum(record["rows"] > 0 for record in records), sum(record["rows"] for record in records), len(skips))


def predict_part(context: Context, index: int, part: PhotographPart | TarPart | DatasetPart) -> Record:
    """Answers for the pictures of a part, and writes and records the answers."""
    network = _network(context.model)
    paths: list[str] = []
    answers: list[tuple[numpy.ndarray, float | None]] = []
    skips: list[Skip] = []
    for path, answer in _answers(network, part):
        if isinstance(answer, PictureError):
            skips.append(Skip(path, answer.code, answer.message))
        else:
            paths.append(path)
            answers.append(answer)
    content = parquet_of(network.labels, paths, answers) if paths else b""
    if paths:
        context.output.write(part_file(index, context.parts), [content])
    record = {
        "rows": len(paths),
        "bytes": len(content),
        "skips": [list(skip) for skip in skips],
        "versions": versions_of(part, skips),
    }
    context.output.keep(index, context.parts, record)
    return record


def part_file(index: int, parts: int) -> str:
    """The name of a file of answers."""
    return f"part-{shard_name(index, parts)}.parquet"


def read_model(run: str) -> bytes:
    """
    The content of a run's ONNX file.

    :raises SilhouetteError: ``MODEL_NOT_FOUND``
    """
    file = run if run.endswith(".onnx") else f"{run.rstrip('/')}/export/model.onnx"
    system, path = url_to_fs(file)
    try:
        return system.cat_file(path)
    except OSError as error:
        raise _no_model(f"{file} cannot be read") from error


def check_current(run: str, exported: Mapping[str, object]) -> None:
    """
    Checks that a run has not been trained since its model was exported. Accepts an ONNX file, and an export without the run.

    :param exported: what the exported model says about itself
    :raises SilhouetteError: ``EXPORT_OUTDATED``
    """
    if run.endswith(".onnx"):
        return
    system, path = url_to_fs(f"{run.rstrip('/')}/model/model.json")
    try:
        trained = json.loads(system.cat_file(path))["userDefinedMetadata"]["silhouette"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"Expected an intact model of the run at {run}/model/model.json, but it cannot be read"
        raise SilhouetteError("MODEL_DAMAGED", message, f"Name {run}/export/model.onnx if that is the model to use.") from error
    # Epoch, seed, calibration and all else but the checksums, which an export has not.
    if {**trained, "crc32": None, "weightsCrc32": None} == {**exported, "crc32": None, "weightsCrc32": None}:
        return
    then, now = (each.get("provenance", {}).get("epoch") for each in (exported, trained))
    differs = "a model with other settings" if then == now else f"one of epoch {now}"
    raise SilhouetteError(
        "EXPORT_OUTDATED",
        f"Expected the model that {run} has now, but its export, of epoch {then}, is older than the run, which has {differs}",
        f"Remove {run}/export/model.onnx and run: silhouette export {run} --to onnx. Or name that file to use it nevertheless.",
    )


def parquet_of(labels: Sequence[str], paths: Sequence[str], answers: Sequence[tuple[numpy.ndarray, float | None]]) -> bytes:
    """
    A table of answers as Parquet: ``path``, ``predicted``, ``probability_<class>`` for each class, ``novelty`` (null if the model is not
    calibrated) and ``noneOfThese``.
    """
    import pyarrow
    from pyarrow import parquet

    probabilities = numpy.stack([each for each, _ in answers])
    novelties = [novelty for _, novelty in answers]
    columns = {
        "path": pyarrow.array(paths, pyarrow.string()),
        "predicted": pyarrow.array([labels[place] for place in probabilities.argmax(axis=1)], pyarrow.string()),
        **{
            f"probability_{label}": pyarrow.array(numpy.ascontiguousarray(probabilities[:, place]), pyarrow.float32())
            for place, label in enumerate(labels)
        },
        "novelty": pyarrow.array(novelties, pyarrow.float32()),
        "noneOfThese": pyarrow.array([novelty is not None and novelty > 1 for novelty in novelties], pyarrow.bool_()),
    }
    content = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), content, compression="zstd")
    return content.getvalue()


def _answers(
    network: Network, part: PhotographPart | TarPart | DatasetPart
) -> Iterator[tuple[str, tuple[numpy.ndarray, float | None] | PictureError]]:
    if isinstance(part, DatasetPart):
        description, rows = part.open()
        network.check_dataset(description, part.file)
        for row in rows:
            yield row.path, network.answer_stored(row.pixels)
        return
    for read in part:
        try:
            if isinstance(read.content, PictureError):
                raise read.content
            yield read.path, network.answer(decode(read.content))
        except PictureError as error:
            yield read.path, error


@lru_cache(1)
def _network(model: bytes) -> Network:
    """Of this process, which answers for one part after another."""
    return Network(model)


def _no_model(what: str) -> SilhouetteError:
    return SilhouetteError(
        "MODEL_NOT_FOUND",
        f"Expected a network in ONNX that Silhouette has exported, but {what}",
        "Run: silhouette export RUN --to onnx",
    )
