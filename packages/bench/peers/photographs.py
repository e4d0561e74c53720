"""The peer OpenCV, native, in processes of one thread each: photographs -> gray -> 300 x 300 -> Otsu -> masks.

    python photographs.py JOB

JOB is JSON, as packages/bench/src/prepare/turn.ts sends it. The last line on standard output is JSON: what the processes have used. An answer
goes to the job's file: all thresholds, then all masks, 1 bit per pixel. If only times are wanted, masks are dropped where they are made, and
nothing is written. Exit code 3: a library is not installed, its name on standard error.
"""

import concurrent.futures
import json
import resource
import sys

# As in packages/bench/src/prepare/answer-file.ts.
SIDE = 300

# Photographs that a process is given at once.
CHUNK = 64


def main():
    try:
        import cv2
        import numpy
    except ImportError as error:
        print(f"{error}", file=sys.stderr)
        raise SystemExit(3) from error
    job = json.loads(sys.argv[1])
    with open(job["list"]) as file:
        files = json.load(file)
    chunks = [(files[start : start + CHUNK], job["want"] == "answer") for start in range(0, len(files), CHUNK)]
    if job["threads"] == 1:
        start_process()
        results = [thresholds_and_masks(chunk) for chunk in chunks]
    else:
        with concurrent.futures.ProcessPoolExecutor(job["threads"], initializer=start_process) as pool:
            results = list(pool.map(thresholds_and_masks, chunks))
    if job["want"] == "answer":
        with open(job["out"], "wb") as file:
            for part in (0, 1):
                for result in results:
                    file.write(result[part])
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    # Kilobytes, but bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    message = {
        "versions": {"OpenCV": cv2.__version__, "numpy": numpy.__version__, "Python": sys.version.split()[0]},
        "processorMilliseconds": 1e3 * sum(usage.ru_utime + usage.ru_stime for usage in usages),
        # Of the largest process.
        "peakBytes": unit * max(usage.ru_maxrss for usage in usages),
    }
    print(json.dumps(message))


def start_process():
    import cv2

    cv2.setNumThreads(1)


def thresholds_and_masks(chunk):
    import cv2
    import numpy as np

    files, keeps_masks = chunk
    thresholds, masks = bytearray(), bytearray()
    for file in files:
        gray = cv2.imread(file, cv2.IMREAD_GRAYSCALE)
        resized = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        threshold, mask = cv2.threshold(resized, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        thresholds.append(int(threshold))
        if keeps_masks:
            masks += np.packbits(mask > 0).tobytes()
    return bytes(thresholds), bytes(masks)


if __name__ == "__main__":
    main()
