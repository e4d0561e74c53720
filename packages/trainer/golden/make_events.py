"""The event files that TensorBoard's own writer makes of a history, for src/training/event-files.test.ts: events.json.

    python3 -m venv venv && venv/bin/pip install tensorboard==2.21.0
    venv/bin/python packages/trainer/golden/make_events.py packages/trainer/golden/events.json
"""

import datetime
import io
import json
import platform
import sys
from importlib import metadata

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

# As in src/testing/run-files.ts.
CREATED = "2026-01-02T03:04:05.678Z"
HISTORY = [
    {"epoch": 1, "loss": 0.1 + 0.2, "accuracy": 1 / 3, "valLoss": 1.5, "valAccuracy": 0.5, "learningRate": 0.001, "seconds": 12.25},
    {"epoch": 2, "loss": float("nan"), "accuracy": 0, "valLoss": None, "valAccuracy": None, "learningRate": 0.0005, "seconds": 0},
]
SCALARS = {
    "train": {"epoch_loss": "loss", "epoch_accuracy": "accuracy", "epoch_learning_rate": "learningRate"},
    "validation": {"epoch_loss": "valLoss", "epoch_accuracy": "valAccuracy"},
}


def events_of(scalars: dict) -> str:
    file = io.BytesIO()
    writer = RecordWriter(file)
    time = datetime.datetime.fromisoformat(CREATED).timestamp()
    writer.write(Event(wall_time=time, file_version="brain.Event:2").SerializeToString())
    for record in HISTORY:
        time += record["seconds"]
        if None in [record[field] for field in scalars.values()]:
            continue
        event = Event(wall_time=time, step=record["epoch"])
        for tag, field in scalars.items():
            event.summary.value.add(tag=tag, simple_value=record[field])
        writer.write(event.SerializeToString())
    return file.getvalue().hex()


made_by = f"make_events.py: tensorboard {metadata.version('tensorboard')}, Python {platform.python_version()}"
with open(sys.argv[1], "w") as file:
    json.dump({"madeBy": made_by, **{name: events_of(scalars) for name, scalars in SCALARS.items()}}, file)
    file.write("\n")
