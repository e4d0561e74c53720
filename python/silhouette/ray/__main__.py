"""Prepares datasets of many files, and answers for millions of pictures, by Ray.

    python -m silhouette.ray prepare photos --out dataset
    python -m silhouette.ray predict runs/photos pictures --out answers.parquet
"""

import argparse
import csv
import re
import signal
import sys
from collections.abc import Sequence

from silhouette.dataset import MOST_SHARDS, SPLITS, Stored
from silhouette.errors import SilhouetteError

#: For each recipe, the size at which networks see pictures, and the format in which they are stored.
RECIPES = {"compact": (96, "gray8"), "levels": (96, "gray8"), "article": (300, "binary1")}

#: Exit codes: of errors, as `silhouette` has them, and of a job that was stopped by Ctrl-C.
FAILED, STOPPED = 1, 130


def main(arguments: Sequence[str]) -> int:
    """Runs a command, and returns its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    # Like Ctrl-C, so that nothing of a local cluster is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _prepare(chosen) if chosen.command == "prepare" else _predict(chosen)
    except SilhouetteError as error:
        print(f"error: {error.message} [{error.code}]", *filter(None, [error.hint]), sep="\n", file=sys.stderr)
        return FAILED
    except ValueError as error:
        print(f"error: {error} [INVALID_ARGUMENT]", file=sys.stderr)
        return FAILED
    except ModuleNotFoundError as error:
        message = f"error: Expected the packages that jobs need, but {error.name} is missing [PACKAGE_MISSING]"
        print(message, "Run: pip install 'silhouette-classifier[ray]'", sep="\n", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"error: {error} [{type(error).__name__}]", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"\nStopped. What is done stays in {chosen.out}: run the same command again to go on.", file=sys.stderr)
        return STOPPED
    return 0


def _prepare(chosen: argparse.Namespace) -> None:
    from silhouette.ray.prepare import prepare

    stored = _stored(chosen.recipe, chosen.input, chosen.size)
    summary = prepare(
        chosen.source,
        chosen.out,
        stored,
        shards=chosen.shards,
        labels=chosen.labels,
        fractions=chosen.split,
        seed=chosen.seed,
        thumbnails=chosen.thumbnails,
        leave_out=chosen.leave_out,
        strict=chosen.strict,
        address=chosen.address,
        workers=chosen.workers,
    )
    for note in summary.notes:
        print(note, file=sys.stderr)
    counts = ", ".join(f"{sum(summary.counts[split]):,} {split}" for split in SPLITS)
    print(f"Wrote {chosen.out}: {summary.rows:,} pictures ({counts}) in {summary.shards:,} shards, {summary.bytes / 1e6:,.1f} MB")
    if summary.skipped:
        print(f"Skipped {summary.skipped:,} files: see {chosen.out}/skipped.csv")


def _predict(chosen: argparse.Namespace) -> None:
    from silhouette.ray.predict import SKIPPED, predict

    summary = predict(
        chosen.run, chosen.source, chosen.out, shards=chosen.shards, address=chosen.address, workers=chosen.workers
    )
    print(f"Wrote {chosen.out}: answers for {summary.pictures:,} pictures in {summary.parts:,} files")
    if summary.skipped:
        print(f"Skipped {summary.skipped:,} files: see {chosen.out}/{SKIPPED}")


def _stored(recipe: str, kind: str | None, size: tuple[int, int] | None) -> Stored:
    side, pixel_format = RECIPES[recipe]
    if kind == "rgb":
        pixel_format = "rgb8"
    elif pixel_format == "binary1" and kind not in (None, "otsu"):
        raise SilhouetteError(
            "INVALID_ARGUMENT",
            f"Expected the input otsu for the recipe {recipe}, whose pictures are black and white, but received {kind}",
            "Use another recipe, or omit the input.",
        )
    width, height = size or (side, side)
    factor = 1 if pixel_format == "binary1" else 2
    return Stored(factor * width, factor * height, pixel_format)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m silhouette.ray",
        description="Prepares datasets, and answers for pictures, on as many machines as a Ray cluster has. Starts a local cluster if there "
        "is none. SOURCE, RUN and --out are paths, or URLs that fsspec knows, such as s3://bucket/photos. If a job is stopped, run the same "
        "command again to go on.",
    )
    commands = parser.add_subparsers(dest="command", required=True)

    prepare = commands.add_parser(
        "prepare",
        help="turn photographs into a dataset of many files",
        description="Writes the same bytes as silhouette prepare --shards. SOURCE is a folder of <class>/* or {train,val,test}/<class>/*, or of "
        "names such as Training, valid and seg_test, or WebDataset tars: a folder of *.tar, or a pattern in quotes.",
    )
    prepare.add_argument("source", metavar="SOURCE")
    prepare.add_argument("--out", required=True, metavar="FOLDER", help="folder of the dataset; empty, or that of a stopped job")
    prepare.add_argument("--shards", type=_whole(1, MOST_SHARDS), metavar="N", help="number of files (default: one per 4,096 photographs)")
    prepare.add_argument("--recipe", choices=tuple(RECIPES), default="compact", help="the recipe that the pictures are for (default: compact)")
    prepare.add_argument("--input", choices=("otsu", "levels", "gray", "rgb"), help="what the network will see; rgb keeps colors")
    prepare.add_argument("--size", type=_size, metavar="N|WxH", help="size at which the network sees pictures (default: 96; article: 300)")
    prepare.add_argument("--labels", type=_labels, metavar="a,b,c", help="class names in the order of their one-hot labels")
    prepare.add_argument("--split", type=_split, metavar="train,val,test", help="shares of drawn splits (default: 0.8,0.1,0.1)")
    prepare.add_argument("--seed", type=_whole(0, 2**53 - 1), metavar="N", help="seed of drawn splits (default: 0)")
    prepare.add_argument("--no-thumbnails", dest="thumbnails", action="store_false", help="keep no thumbnails, which reports show")
    prepare.add_argument(
        "--leave-out",
        metavar="LIST.csv",
        help="files to leave out: the column path of a list that silhouette inspect --fix has written, or of your own",
    )
    prepare.add_argument("--strict", action="store_true", help="fail instead of skipping a picture")

    predict = commands.add_parser(
        "predict",
        help="classify pictures with a trained classifier",
        description="Writes the answers of silhouette predict as Parquet files. RUN has been exported by silhouette export RUN --to onnx. "
        "SOURCE is a folder of pictures at any depth, tars, or a dataset that was prepared.",
    )
    predict.add_argument("run", metavar="RUN")
    predict.add_argument("source", metavar="SOURCE")
    predict.add_argument("--out", required=True, metavar="FOLDER.parquet", help="folder of the answers; empty, or that of a stopped job")
    predict.add_argument("--shards", type=_whole(1, MOST_SHARDS), metavar="N", help="number of files (default: one per 4,096 pictures)")

    for command in (prepare, predict):
        command.add_argument("--workers", type=_whole(1, 1_000_000), metavar="N", help="tasks at once (default: one per CPU)")
        command.add_argument("--address", metavar="HOST:PORT", help="of the Ray cluster (default: RAY_ADDRESS, or the one of this machine)")
    return parser


def _whole(low: int, high: int):
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]+", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, but received {text}")
        return int(text)

    return parse


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", text, re.IGNORECASE | re.ASCII)
    size = match and (int(match[1]), int(match[2] or match[1]))
    if not size or not all(1 <= side <= 4096 for side in size):
        raise argparse.ArgumentTypeError(f"expected 1 to 4096 pixels, or width x height, like 300 or 320x240, but received {text}")
    return size


def _labels(text: str) -> list[str]:
    labels = [label.strip() for label in next(csv.reader([text], skipinitialspace=True))]
    if len(labels) < 2 or "" in labels or len(set(labels)) < len(labels):
        raise argparse.ArgumentTypeError(f"expected at least two different class names, like car,bus, but received {text}")
    return labels


def _split(text: str) -> tuple[float, float, float]:
    try:
        shares = tuple(map(float, text.split(",")))
    except ValueError:
        shares = ()
    if len(shares) != 3 or not all(0 <= share <= 1 for share in shares) or abs(sum(shares) - 1) >= 1e-9 or shares[0] == 0:
        raise argparse.ArgumentTypeError(f"expected three shares with the sum 1, the first above 0, like 0.8,0.1,0.1, but received {text}")
    return shares


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
