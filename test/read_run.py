"""Reads a run folder with pyarrow, TensorBoard and the standard library only, and reports what it found as JSON on stdout.

Usage: python read_run.py RUN. Shares no code with @silhouette/trainer: it follows docs/formats/{run,model,checkpoint}.md, and
recomputes every checksum and hash that they describe.
"""

import csv
import datetime
import hashlib
import json
import pathlib
import re
import struct
import sys
import zlib

import pyarrow
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SPLITS = ("train", "val", "test")


def crc32(*chunks: bytes) -> str:
    return f"{zlib.crc32(b''.join(chunks)):08x}"


def compact(text: str) -> str:
    """JSON without whitespace outside of its strings."""
    return "".join(re.findall(r'"(?:[^"\\]|\\.)*"|[^\s"]+', text))


def without_crc32(text: str, digits: str) -> bytes:
    return text.replace(f',"crc32":"{digits}"', "", 1).encode()


def tensor_file(path: pathlib.Path) -> dict:
    data = path.read_bytes()
    place = 8 + len(b'{"__metadata__":{"crc32":"')
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, spec in header.items():
        begin, end = (8 + length + offset for offset in spec["data_offsets"])
        tensors[name] = data[begin:end]
    recomputed = crc32(data[:place], b"00000000", data[place + 8 :])
    return {"tensors": tensors, "metadata": metadata, "crc32": [metadata["crc32"], recomputed]}


def picture_hash(row: dict) -> bytes:
    words = struct.pack("<3I", row["sourceWidth"], row["sourceHeight"], row["threshold"])
    return hashlib.sha256(words + row["pixels"]).digest()[:8]


def placed_hash(row: dict) -> bytes:
    number = int.from_bytes(picture_hash(row), "little", signed=True)
    return hashlib.sha256(f"{number} {row['path']}".encode()).digest()[:8]


def hashes(data: bytes) -> list:
    return sorted(data[at : at + 8].hex() for at in range(0, len(data), 8))


def table(path: pathlib.Path) -> list:
    with path.open(newline="") as file:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def scalars(folder: pathlib.Path) -> dict:
    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [[each.wall_time, each.step, each.value] for each in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def main(run: pathlib.Path) -> None:
    config_text = (run / "config.json").read_text()
    config = json.loads(config_text)
    history = re.sub(r',"seconds":[^}]*', "", compact((run / "history.json").read_text()))

    model_text = (run / "model" / "model.json").read_text().removesuffix("\n")
    model = json.loads(model_text)
    description = model["userDefinedMetadata"]["silhouette"]
    [group] = model["weightsManifest"]
    weights = (run / "model" / group["paths"][0]).read_bytes()

    checkpoint = tensor_file(run / "checkpoints" / "last.safetensors")
    state = json.loads(checkpoint["metadata"]["silhouette"])
    learned = tensor_file(run / "learned.safetensors")

    labels = config["dataset"]["labels"]
    with pyarrow.memory_map(str(run / "dataset.arrow")) as source:
        rows = pyarrow.ipc.open_file(source).read_all().to_pylist()
    of = {split: [row for row in rows if row["split"] == split] for split in SPLITS}

    def fingerprint(split: str) -> str:
        return crc32(*(f"{row['path']}\0{labels.index(row['label'])}\0".encode() + row["pixels"] for row in of[split]))

    expected = {split: {picture_hash(row).hex() for row in of[split]} for split in SPLITS}
    expected["testPlaces"] = {placed_hash(row).hex() for row in of["test"]}
    stored_and_recomputed = {
        "config.json": [config["crc32"], crc32(without_crc32(compact(config_text), config["crc32"]))],
        "history.json": [state["history"], crc32(history.encode())],
        "model.json": [description["crc32"], crc32(without_crc32(model_text, description["crc32"]))],
        "weights": [description["weightsCrc32"], crc32(weights)],
        "checkpoint": checkpoint["crc32"],
        "learned": learned["crc32"],
        "training pictures": [config["fingerprint"], fingerprint("train")],
        "validation pictures": [config["fingerprints"]["val"], fingerprint("val")],
        "test pictures": [config["fingerprints"]["test"], fingerprint("test")],
        **{
            f"hashes of {name}": [hashes(data), sorted(expected[name])]
            for name, data in learned["tensors"].items()
        },
        "weights of the checkpoint": [
            hashlib.sha256(weights).hexdigest(),
            hashlib.sha256(
                b"".join(data for name, data in checkpoint["tensors"].items() if name.startswith("weights/"))
            ).hexdigest(),
        ],
    }
    shapes = ["x".join(map(str, spec["shape"])) for spec in group["weights"]]
    json.dump(
        {
            "storedAndRecomputed": stored_and_recomputed,
            "namesOfWeights": [f"weights/{index}.{shape}" for index, shape in enumerate(shapes)],
            "tensors": list(checkpoint["tensors"]),
            "state": state,
            "runFormatVersion": config["formatVersion"],
            "recipe": config["recipe"],
            "history": json.loads((run / "history.json").read_text()),
            "table": table(run / "history.csv"),
            "scalars": {folder.name: scalars(folder) for folder in (run / "tensorboard").iterdir()},
            "created": datetime.datetime.fromisoformat(config["created"].replace("Z", "+00:00")).timestamp(),
        },
        sys.stdout,
    )


main(pathlib.Path(sys.argv[1]))
