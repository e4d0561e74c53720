"""Times one turn, as packages/bench/src/measure/rounds.ts does in Node.js."""

import statistics
import time


def timed(settings, call):
    """Calls for a while untimed, then timed; milliseconds of a call."""
    warm_up_until, calls = time.perf_counter() + settings["warmupMilliseconds"] / 1e3, 0
    while calls < settings["leastWarmups"] or time.perf_counter() < warm_up_until:
        call()
        calls += 1
    samples, end = [], time.perf_counter() + settings["measureMilliseconds"] / 1e3
    while len(samples) < settings["leastSamples"] or time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        samples.append(1e3 * (time.perf_counter() - begin))
    return {
        "medianMilliseconds": statistics.median(samples),
        "bestMilliseconds": min(samples),
        "samples": len(samples),
    }
