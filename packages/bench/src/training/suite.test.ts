// What a training suite keeps if it is stopped or a peer fails. Processes are replaced by functions.

import { describe, expect, it } from "vitest";

import { notInstalled, notMeasured } from "../measure/errors.ts";
import type { TrainingResult } from "./result.ts";
import { runTrainingSuite } from "./suite.ts";
import type { Job, runTurn } from "./turn.ts";

const SILHOUETTE_AND_NODE = new Set(["silhouette", "silhouette on tfjs-node", "register tile"]);

/** Runs `load` with two peers and 1 and 2 threads; `before` each turn may throw. */
async function run(
  before: (job: Job, turn: number) => void,
): Promise<{ readonly results: readonly TrainingResult[]; readonly error: unknown }> {
  let turns = 0;
  const takeTurn = async (_: unknown, job: Job, signal?: AbortSignal) => {
    if (!SILHOUETTE_AND_NODE.has(job.peer)) throw notInstalled("no such library");
    if (job.want === "times") before(job, ++turns);
    signal?.throwIfAborted();
    const message = { versions: {}, peakBytes: 1e8 };
    return job.want === "answer"
      ? { ...message, values: [1] }
      : { ...message, medianMilliseconds: 2, bestMilliseconds: 1, samples: 1 };
  };
  const options = { suite: "load", thoroughness: "full", batches: [2], threads: [1, 2], command: "" } as const;
  const results: TrainingResult[] = [];
  try {
    const signal = stop.signal;
    for await (const result of runTrainingSuite({ ...options, signal }, takeTurn as typeof runTurn))
      results.push(result);
  } catch (error) {
    return { results, error };
  }
  return { results, error: undefined };
}

let stop = new AbortController();

const peersOf = (result: TrainingResult | undefined) =>
  result?.groups.map(({ threads, peers }) => [threads, ...peers.map(({ name, samples }) => `${name} ${samples}`)]);

describe("a training suite", () => {
  it("is complete after its last group only", async () => {
    const { results } = await run(() => {});
    expect(results.map(({ complete, stopped, groups }) => [complete, stopped, groups.length])).toEqual([
      [false, null, 1],
      [true, null, 2],
    ]);
  });

  it("keeps the turns of a group in which it is stopped", async () => {
    stop = new AbortController();
    // The register tile, silhouette and silhouette on tfjs-node take turns: the fifth is silhouette's second.
    const { results, error } = await run((_, turn) => {
      if (turn === 6) stop.abort(new Error("Stopped by Ctrl-C"));
    });
    expect(error).toMatchObject({ message: "Stopped by Ctrl-C" });
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ complete: false, stopped: "Stopped by Ctrl-C" });
    expect(peersOf(results[0])).toEqual([[1, "silhouette 2", "silhouette on tfjs-node 1"]]);
    stop = new AbortController();
  });

  it("keeps whole groups and the turns before a peer that fails, and throws its error", async () => {
    const failure = notMeasured("Expected silhouette on tfjs-node to finish");
    const { results, error } = await run(({ peer, threads }) => {
      if (peer === "silhouette on tfjs-node" && threads === 2) throw failure;
    });
    expect(error).toBe(failure);
    expect(results.at(-1)).toMatchObject({ complete: false, stopped: failure.message });
    expect(peersOf(results.at(-1))).toEqual([
      [1, "silhouette 5", "silhouette on tfjs-node 5"],
      [2, "silhouette 1"],
    ]);
  });

  it("has no result if it is stopped before the first turn of a peer", async () => {
    const { results, error } = await run(() => {
      throw new Error("Stopped");
    });
    expect(error).toMatchObject({ message: "Stopped" });
    expect(results).toEqual([]);
  });
});
