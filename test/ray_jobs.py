"""Runs jobs of silhouette.ray on a cluster of two nodes on this machine, kills what can be killed, and reports as JSON what was seen.

Usage: python ray_jobs.py FOLDER, which has `photos` with 24 photographs of two classes, `split`, `crashing`, the run `runs/prepared`, and
gets the results.
"""

import contextlib
import io
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

folder = Path(sys.argv[1]).resolve()
held = folder / "held"
held.mkdir()
os.chdir(folder)
# Inherited by the cluster's workers and by the jobs.
os.environ.update(
    {
        "HELD": str(held),
        "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(Path(__file__).parent)]),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }
)

import held_files  # noqa: E402
from pyarrow import dataset  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402
from silhouette import read_dataset  # noqa: E402
from silhouette.ray.__main__ import main  # noqa: E402

LONGEST_SECONDS = 90

#: `python -m silhouette.ray`, with photographs that are held.
PROGRAM = "import sys, held_files; from silhouette.ray.__main__ import main; sys.exit(main(sys.argv[1:]))"


def start(*arguments: str) -> subprocess.Popen:
    """A job. Photographs are held if their path begins with held://."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(job: subprocess.Popen) -> dict:
    stdout, stderr = job.communicate(timeout=LONGEST_SECONDS)
    return {"code": job.returncode, "stdout": stdout, "stderr": stderr}


def job(*arguments: str) -> dict:
    return ended(start(*arguments))


def job_here(*arguments: str) -> dict:
    """A job in this process, which is faster."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        code = main(arguments)
    return {"code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


def hold(name: str) -> Path:
    (held / name).touch()
    return held / name


def reader_of(name: str, running: subprocess.Popen) -> dict:
    """Waits until a worker of a job reads a photograph that is held."""
    file = held / f"{name}.by"
    deadline = time.monotonic() + LONGEST_SECONDS
    while not file.exists():
        if time.monotonic() > deadline or running.poll() is not None:
            running.kill()
            raise RuntimeError(f"Expected that {name} is read, but the job ended: {ended(running)}")
        time.sleep(0.02)
    reader = json.loads(file.read_text())
    file.unlink()
    return reader


def release(*names: str) -> None:
    for name in names:
        (held / name).unlink()
    for file in held.glob("*.by"):
        file.unlink()


def times(out: str) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in (folder / out / "shards").glob("*.arrow")}


def tar_of(name: str, photographs: list[Path], classes: list[str]) -> None:
    """Photographs with their classes, by index or by name."""
    with tarfile.open(folder / "tars" / name, "w") as tar:
        for number, photograph in enumerate(photographs):
            label = photograph.parent.name
            of_class = (".cls", str(classes.index(label))) if number % 2 else (".txt", label)
            for ending, content in ((photograph.suffix, photograph.read_bytes()), (of_class[0], of_class[1].encode())):
                entry = tarfile.TarInfo(f"{photograph.stem}{ending}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))


def photographs_in(name: str) -> list:
    """What must be the same wherever the photographs were, in some order."""
    rows = [row for file in sorted((folder / name / "shards").iterdir()) for row in read_dataset(file)[1]]
    return sorted([row.label, row.split, row.threshold, row.pixels.hex(), row.thumbnail.hex()] for row in rows)


seen = {}
with zipfile.ZipFile(folder / "split.zip", "w") as archive:
    for file in (folder / "split").rglob("*.png"):
        archive.write(file, file.relative_to(folder / "split"))
# There is no cluster yet: this job starts one of its own.
seen["local"] = job(
    "prepare", f"zip://::{folder}/split.zip", "--out", "from-zip", "--shards", "3", "--input", "rgb", "--size", "20x10",
    "--no-thumbnails", "--workers", "2",
)  # fmt: skip

# Where jobs find the cluster. Paths of sockets are short.
temporary = tempfile.mkdtemp(prefix="silhouette-ray-")
os.environ["RAY_TMPDIR"] = temporary
Path(temporary, "ray").mkdir()
# Lost machines are noticed within seconds instead of half a minute.
noticing = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 500, "health_check_failure_threshold": 3}
head = {"num_cpus": 1, "include_dashboard": False, "_system_config": noticing}
cluster = Cluster(initialize_head=True, head_node_args=head)
try:
    head_node = cluster.head_node.node_id
    second = cluster.add_node(num_cpus=1)
    prepare = ("prepare", "held://photos", "--shards", "6")

    # Both nodes read: the worker of one is killed, and the other node.
    hold("bus-1.png"), hold("bus-5.png")
    running = start(*prepare, "--out", "workers-killed")
    readers = {reader["node"]: reader["pid"] for reader in (reader_of(name, running) for name in ("bus-1.png", "bus-5.png"))}
    os.kill(readers[head_node], signal.SIGKILL)
    cluster.remove_node(second, allow_graceful=False)
    release("bus-1.png", "bus-5.png")
    seen["workers"] = ended(running)

    # The job is killed, goes on, is stopped by Ctrl-C, and goes on again. One node is left, so shards are made in order.
    hold("car-1.png")
    running = start(*prepare, "--out", "job-killed")
    reader_of("car-1.png", running)
    running.kill()
    ended(running)
    seen["after kill"] = sorted(before := times("job-killed"))
    hold("car-9.png"), release("car-1.png")
    running = start(*prepare, "--out", "job-killed")
    reader_of("car-9.png", running)
    running.send_signal(signal.SIGINT)
    seen["stopped"] = ended(running)
    seen["other settings"] = job(*prepare, "--out", "job-killed", "--seed", "1")
    middle = times("job-killed")
    seen["after Ctrl-C"] = sorted(middle)
    release("car-9.png")
    seen["job"] = job(*prepare, "--out", "job-killed")
    after = times("job-killed")
    seen["untouched"] = all(after[name] == moment for made in (before, middle) for name, moment in made.items())

    (folder / "crashing" / "bus" / "crash.png").write_bytes(held_files.CRASH)
    seen["crash"] = job_here("prepare", "held://crashing", "--out", "crash-skipped", "--shards", "2", "--address", cluster.address)

    (folder / "tars").mkdir()
    photographs = sorted((folder / "photos").rglob("*-*.png"))
    for number in range(2):
        tar_of(f"{number}.tar", photographs[number::2], ["bus", "car"])
    seen["tars"] = job_here("prepare", "tars", "--out", "from-tars", "--labels", "bus,car", "--address", cluster.address)
    seen["same photographs"] = photographs_in("from-tars") == photographs_in("expected")

    # Trained for another epoch since its export.
    shutil.copytree(folder / "runs" / "prepared", folder / "runs" / "trained-on")
    model = folder / "runs" / "trained-on" / "model" / "model.json"
    content = json.loads(model.read_text())
    content["userDefinedMetadata"]["silhouette"]["provenance"]["epoch"] += 1
    model.write_text(json.dumps(content))
    seen["outdated"] = job_here("predict", "runs/trained-on", "photos", "--out", "outdated.parquet")

    for name, source in (("photos", "photos"), ("dataset", "expected"), ("tars", "tars/*.tar")):
        out = f"{name}.parquet"
        seen[f"predicted {name}"] = job_here("predict", "runs/prepared", source, "--out", out)
        seen[f"answers {name}"] = dataset.dataset(out).to_table().to_pylist()
finally:
    cluster.shutdown()
    shutil.rmtree(temporary, ignore_errors=True)
json.dump(seen, sys.stdout)
