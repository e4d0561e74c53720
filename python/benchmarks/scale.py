"""Measures how much faster `python -m silhouette.ray prepare` is with several workers than with one, on one machine.

    python python/benchmarks/scale.py photos --workers 2

Ray takes seconds to start and to end, whatever the job. This fixed cost is the time of a job for a few of the photographs, and is taken off:
speedup = (time with 1 worker - fixed cost) / (time with N workers - fixed cost). The jobs take turns, and the shortest time of each counts.
No other program should run meanwhile: `load` is the number of processes that wanted a processor before each job.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: Photographs of each class of the job that measures the fixed cost.
FEW = 2


def main(source: Path, workers: int, shards: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="silhouette-scale-") as temporary:
        few = few_of(source, Path(temporary))
        seconds: dict[tuple[str, int], list[float]] = {}
        for number in range(rounds):
            for count in (1, workers):
                for kind, folder, files in (("few", few, 1), ("all", source, shards)):
                    load = os.getloadavg()[0]
                    out = f"{temporary}/{kind}-{count}-{number}"
                    taken = prepared(folder, out, files, count)
                    seconds.setdefault((kind, count), []).append(taken)
                    print(f"{kind} photographs, {count} workers: {taken:.2f} s (load {load:.1f})", flush=True)
        best = {each: min(times) for each, times in seconds.items()}
    one, several = (best["all", count] - best["few", count] for count in (1, workers))
    print(f"fixed cost {best['few', 1]:.2f} and {best['few', workers]:.2f} s; without it {one:.2f} s with 1 worker, ", end="")
    print(f"{several:.2f} s with {workers}: {one / several:.2f} times as fast")


def few_of(source: Path, folder: Path) -> Path:
    """Links to a few photographs of each class of ``source``."""
    for label in sorted(each for each in source.iterdir() if each.is_dir()):
        (folder / "few" / label.name).mkdir(parents=True)
        for photograph in sorted(label.iterdir())[:FEW]:
            (folder / "few" / label.name / photograph.name).symlink_to(photograph)
    return folder / "few"


def prepared(source: Path, out: str, shards: int, workers: int) -> float:
    """Seconds of a job, in a local cluster of its own."""
    command = [sys.executable, "-m", "silhouette.ray", "prepare", str(source), "--out", out, "--shards", str(shards)]
    begin = time.perf_counter()
    subprocess.run([*command, "--workers", str(workers)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    taken = time.perf_counter() - begin
    shutil.rmtree(out)
    return taken


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=lambda path: Path(path).resolve(), help="folder of <class>/*")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    main(**vars(parser.parse_args()))
