// What a training suite keeps if it is stopped or a peer fails. Processes are replaced by functions.

import { describe, expect, it } from "vitest";

import { notInstalled, notMeasured } from "../measure/errors.ts";
import type { TrainingResult } from "./result.ts";
import { runTrainingSuite, type TrainingOptions } from "./suite.ts";
import type { Job, runTurn } from "./turn.ts";

const SILHOUETTE_AND_NODE = new Set(["silhouette", "silhouette on tfjs-node", "register tile", "augmentation"]);

/** Runs `load` with two peers and 1 and 2 threads, or what `changes` say; `before` each turn may throw. */
async function run(
  before: (job: Job, turn: number) => void,
  changes: Partial<TrainingOptions> = {},
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
  const options: TrainingOptions = {
    suite: "load",
    thoroughness: "full",
    networks: ["reference", "compact"],
    batches: [2],
    threads: [1, 2],
    command: "",
    ...changes,
  };
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

  it("asks and measures only the peers that it is limited to, and ours, and says so in its result", async () => {
    const asked = new Set<string>();
    const { results } = await run(({ peer }) => void asked.add(peer), { peers: ["silhouette on tfjs-node"] });
    expect([...asked]).toEqual(["register tile", "silhouette", "silhouette on tfjs-node"]);
    expect(results.at(-1)).toMatchObject({ complete: true, limitedTo: ["silhouette on tfjs-node"], missing: [] });
    const alone = await run(() => {}, { peers: ["silhouette"] });
    expect(peersOf(alone.results.at(-1))).toEqual([
      [1, "silhouette 5"],
      [2, "silhouette 5"],
    ]);
  });

  it("refuses a peer that another suite has, before it asks any", async () => {
    const { results, error } = await run(() => {}, { peers: ["tf.layers on tfjs-node"] });
    expect(error).toMatchObject({ code: "UNKNOWN_PEER" });
    expect(results).toEqual([]);
  });

  it("has no result if it is stopped before the first turn of a peer", async () => {
    const { results, error } = await run(() => {
      throw new Error("Stopped");
    });
    expect(error).toMatchObject({ message: "Stopped" });
    expect(results).toEqual([]);
  });
});

describe("the networks of a training suite", () => {
  const measured = async (changes: Partial<TrainingOptions>) => {
    const { results, error } = await run(() => {}, { threads: [1], thoroughness: "quick", ...changes });
    expect(error).toBe(undefined);
    return results.at(-1)?.groups ?? [];
  };

  it("are measured one after the other, with the batches of each", async () => {
    const groups = await measured({ suite: "predict", batches: undefined, threads: [1, 2] });
    expect(groups.map(({ network, threads, batch }) => `${network} ${threads} ${batch}`)).toEqual([
      "reference 1 8",
      "reference 1 32",
      "reference 1 50",
      "reference 2 8",
      "reference 2 32",
      "reference 2 50",
      "compact 1 50",
      "compact 2 50",
    ]);
  });

  it("are all measured with the batches of the run, if it has some, and each has its own operations per picture", async () => {
    const groups = await measured({ suite: "train", networks: ["compact", "reference"] });
    expect(groups.map(({ network, batch, flopsPerPicture }) => [network, batch, flopsPerPicture])).toEqual([
      ["reference", 2, 6 * 804_619_776],
      ["compact", 2, 6 * 33_509_664],
    ]);
  });

  it("are measured only if they are asked for, and the suite load has the pictures of one", async () => {
    const namesOf = (groups: TrainingResult["groups"]) => groups.map(({ network }) => network);
    expect(namesOf(await measured({ suite: "train", networks: ["compact"] }))).toEqual(["compact"]);
    expect(namesOf(await measured({ suite: "load", networks: ["compact"] }))).toEqual(["reference"]);
  });

  it("are told to the processes, with their sizes and inputs of their own", async () => {
    const jobs: Job[] = [];
    await run((job) => void jobs.push(job), { suite: "predict", threads: [1], thoroughness: "quick" });
    const told = jobs.filter(({ peer }) => peer === "silhouette");
    expect(told).toMatchObject([
      { network: "reference", width: 300, height: 300, classes: 3 },
      { network: "compact", width: 96, height: 96, classes: 3 },
    ]);
    expect(new Set(told.flatMap(({ input, dataset }) => [input, dataset])).size).toBe(4);
  });

  it("have their augmentation timed in turns with the peers, on one thread, where they are trained with it", async () => {
    const jobs: Job[] = [];
    const { results } = await run((job) => void jobs.push(job), { suite: "train", threads: [2] });
    const turns = jobs.filter(({ peer }) => peer === "augmentation");
    expect(turns.map(({ network, threads }) => `${network} ${threads}`)).toEqual(Array(5).fill("compact 1"));
    // Milliseconds of a batch of two pictures.
    const [reference, compact] = results.at(-1)?.groups ?? [];
    expect(reference?.augmentation).toBe(null);
    expect(compact?.augmentation).toMatchObject({ medianMilliseconds: 1, bestMilliseconds: 0.5, samples: 5 });
    expect(compact?.peers.map(({ name }) => name)).toEqual(["silhouette", "silhouette on tfjs-node"]);
  });
});
