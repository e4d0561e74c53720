// What the suite networks keeps if it is stopped or an answer is wrong, and what it shows. Processes are replaced by functions.

import { beforeEach, describe, expect, it } from "vitest";

import { notInstalled, notMeasured } from "../measure/errors.ts";
import type { ProcessSuiteOptions } from "../measure/suite.ts";
import { resultOf, timed } from "../testing/results.ts";
import { chartOf, NETWORKS_REPORT } from "../suite-reports.ts";
import type { Network } from "./networks.ts";
import { networkGroupText, networksEndText, networksMarkdown } from "./report.ts";
import type { NetworkGroup, NetworksResult } from "./result.ts";
import { runNetworkSuite } from "./suite.ts";
import type { Job, runTurn } from "./turn.ts";
import { reasonForInvalid } from "./validity.ts";

const [OURS, NODE, STOCK, CPU] = [
  "tf.layers on silhouette's WASM",
  "tf.layers on tfjs-node",
  "tf.layers on stock WASM",
  "tf.layers on cpu",
] as const;

const build = () => {
  throw new Error("Expected processes to build networks");
};
const NETWORK: Network = {
  name: "network",
  uses: ["training", "inference"],
  batch: 4,
  inputShape: [1],
  target: "class",
  build,
};

let stop = new AbortController();
let jobs: Job[] = [];
beforeEach(() => {
  stop = new AbortController();
  jobs = [];
});

/** Runs the suite; `answer` gives outputs or throws, `before` each timed turn may throw, and `networks` are its own if null. */
async function run(
  answer: (job: Job) => readonly number[] = () => [1, 2],
  before: (job: Job, turn: number) => void = () => {},
  options: Partial<ProcessSuiteOptions> = {},
  networks: readonly Network[] | null = [NETWORK],
): Promise<{ readonly results: readonly NetworksResult[]; readonly error: unknown }> {
  let turns = 0;
  const takeTurn = async (job: Job) => {
    jobs.push(job);
    const message = { versions: {}, peakBytes: 1e8 };
    if (job.want === "answer") return { ...message, values: { outputs: answer(job) }, milliseconds: 40 };
    before(job, ++turns);
    stop.signal.throwIfAborted();
    return { ...message, medianMilliseconds: 8, bestMilliseconds: 4, samples: 1 };
  };
  const all = { thoroughness: "full", threads: [1], command: "", signal: stop.signal, ...options } as const;
  const results: NetworksResult[] = [];
  try {
    const suite = runNetworkSuite(all, takeTurn as typeof runTurn, networks ?? undefined);
    for await (const result of suite) results.push(result);
  } catch (error) {
    return { results, error };
  }
  return { results, error: undefined };
}

const peersOf = ({ use, threads, peers }: NetworkGroup) => [
  use,
  threads,
  ...peers.map(({ name, bestMilliseconds, samples }) => `${name} ${bestMilliseconds} ${samples}`),
];

describe("the suite networks", () => {
  it("times all peers in rounds, per sample, but the slowest by a single call; it is complete after the last group", async () => {
    const { results, error } = await run();
    expect(error).toBe(undefined);
    expect(results.map(({ complete, stopped }) => [complete, stopped])).toEqual([
      [false, null],
      [true, null],
    ]);
    const peers = [`${OURS} 1 5`, `${NODE} 1 5`, `${STOCK} 1 5`, `${CPU} 10 1`];
    expect(results[1]?.groups.map(peersOf)).toEqual([
      ["training", 1, ...peers],
      ["inference", 1, ...peers],
    ]);
  });

  it("takes no rounds if it is quick: the call of each check is all, and the slowest peer has none", async () => {
    const { results } = await run(undefined, undefined, { thoroughness: "quick" });
    expect(jobs.every(({ want, peer }) => want === "answer" && peer !== CPU)).toBe(true);
    expect(results[0]?.groups.map(peersOf)).toEqual([["training", 1, `${OURS} 10 1`, `${NODE} 10 1`, `${STOCK} 10 1`]]);
    expect(results[0]?.groups[0]?.missing).toEqual([{ name: CPU, reason: "too slow for --quick" }]);
  });

  it("measures the networks with small inputs if it is quick, and all without", async () => {
    const small = [
      "MobileNetV2 1.0, 96 px",
      "the head, on kept features",
      "ResNet-18, 64 px",
      "U-Net of 3 levels, 128 px",
      "LSTM, 32 steps x 64",
      "Transformer block, 64 tokens x 128",
    ];
    const { results } = await run(undefined, undefined, { thoroughness: "quick" }, null);
    const groups = results.at(-1)?.groups.map(({ network, use }) => `${network}: ${use}`);
    expect(results.at(-1)?.complete).toBe(true);
    expect(groups).toEqual(small.flatMap((name) => [`${name}: training`, `${name}: inference`]));
    const full = await run(undefined, undefined, {}, null);
    expect(full.results.at(-1)?.groups).toHaveLength(12 + 3);
  });

  it("gives each peer the threads that it can use, and checks it once for them", async () => {
    const { results } = await run(undefined, undefined, { threads: [1, 2], thoroughness: "quick" });
    const threads = results[1]?.groups.map(({ peers }) => peers.map((peer) => peer.threads));
    expect(threads).toEqual([
      [1, 1, 1],
      [2, 2, 1],
    ]);
    expect(jobs.filter(({ peer, use }) => peer === STOCK && use === "training")).toHaveLength(1);
    expect(jobs.filter(({ peer, use }) => peer === NODE && use === "training")).toHaveLength(2);
  });

  it("does not time a peer that cannot do the work, or whose answer is wrong, and says why", async () => {
    const failure = notMeasured("Expected tf.layers on stock WASM to finish, but it failed: no kernel");
    const { results } = await run(({ peer, use }) => {
      if (peer === STOCK && use === "training") throw failure;
      return peer === CPU ? [1, 2.01] : [1, 2];
    });
    expect(results[1]?.groups.map(({ missing }) => missing)).toEqual([
      [
        { name: STOCK, reason: failure.message },
        { name: CPU, reason: "relative distance of its outputs from ours: 4.5e-3" },
      ],
      [{ name: CPU, reason: "relative distance of its outputs from ours: 4.5e-3" }],
    ]);
    expect(jobs.some(({ peer, use, want }) => peer === STOCK && use === "training" && want === "times")).toBe(false);
  });

  it("asks a peer that is not installed once", async () => {
    const { results } = await run(({ peer }) => {
      if (peer === NODE) throw notInstalled("no such library");
      return [1, 2];
    });
    expect(jobs.filter(({ peer }) => peer === NODE)).toHaveLength(1);
    for (const { missing } of results[1]?.groups ?? []) {
      expect(missing).toEqual([{ name: NODE, reason: "no such library. In a clone, run: npm run setup -- --peers" }]);
    }
  });

  it.each([
    ["another number", [1, 2.01]],
    ["no number", [1, Number.NaN]],
    ["fewer numbers", [1]],
  ])("throws if we alone have %s", async (_, wrong) => {
    const { results, error } = await run(({ peer }) => (peer === OURS ? wrong : [1, 2]));
    expect(error).toMatchObject({ code: "ANSWERS_DIFFER" });
    expect(String(error)).toContain(`(network, training), but received ${NODE}: relative distance of its outputs`);
    expect(results).toEqual([]);
    expect(jobs.every(({ want }) => want === "answer")).toBe(true);
  });

  it("throws if we cannot do the work, and keeps the groups before", async () => {
    const failure = notMeasured("Expected tf.layers on silhouette's WASM to finish");
    const { results, error } = await run(({ peer, use }) => {
      if (peer === OURS && use === "inference") throw failure;
      return [1, 2];
    });
    expect(error).toBe(failure);
    expect(results.at(-1)).toMatchObject({ complete: false, stopped: failure.message });
    expect(results.at(-1)?.groups.map(({ use }) => use)).toEqual(["training"]);
  });

  it("keeps the turns of a group in which it is stopped", async () => {
    const { results, error } = await run(undefined, (_, turn) => {
      if (turn === 5) stop.abort(new Error("Stopped by Ctrl-C"));
    });
    expect(error).toMatchObject({ message: "Stopped by Ctrl-C" });
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ complete: false, stopped: "Stopped by Ctrl-C" });
    // Three take turns: the fifth is tfjs-node's second.
    const [group] = results[0]?.groups ?? [];
    expect(group?.peers.map(({ name }) => name)).toEqual([OURS, NODE, STOCK, CPU]);
  });

  it("has no result if it is stopped before our first turn", async () => {
    const { results } = await run(undefined, () => {
      throw new Error("Stopped");
    });
    expect(results).toEqual([]);
  });

  it("reports turns in order, all of them at the end", async () => {
    const shares: number[] = [];
    await run(undefined, undefined, { onTurn: ({ done, total }) => shares.push(done / total) });
    expect(shares[0]).toBe(0);
    expect(shares.every((share, index) => share < 1 && share >= (shares[index - 1] ?? 0))).toBe(true);
  });
});

describe("a report of networks", () => {
  const reason = "Expected tf.layers on stock WASM to finish, but it failed: no kernel";
  const facts = { batch: 8, threads: 2, missing: [{ name: STOCK, reason }] };
  const groups: readonly NetworkGroup[] = [
    {
      ...facts,
      network: "MobileNetV2",
      use: "training",
      peers: [timed(OURS, 50, 60, 2), timed(NODE, 100, 120, 2), { ...timed(CPU, 9000), samples: 1 }],
    },
    {
      ...facts,
      network: "MobileNetV2",
      use: "inference",
      missing: [],
      peers: [timed(OURS, 5, 5, 2), timed(STOCK, 10)],
    },
  ];
  const result: NetworksResult = { ...resultOf([]), suite: "networks", groups };

  it("has a table for each use: times, ratios of the best, and the number of the reason why a peer is missing", () => {
    const lines = networksEndText(result).split("\n");
    const [training, inference] = lines.filter((line) => line.startsWith("MobileNetV2 "));
    expect(training).toMatch(
      /^MobileNetV2 +8 +2 +50\.0 \/ 55\.0 ± 9 % +100\.0 \/ 110\.0 ± 9 % +none \(1\) +9000\.0 \(1 thread\) +0\.50 +0\.01$/,
    );
    expect(inference).toMatch(/^MobileNetV2 +8 +2 +5\.000 \/ 5\.000 ± 0 % +10\.0 \/ 10\.0 ± 0 % \(1 thread\) +0\.50$/);
    expect(lines).toContain(`(1) ${STOCK}: ${reason}`);
  });

  it("has the peers of a group, and those that are missing, as soon as it is measured", () => {
    const text = networkGroupText(groups[0] as NetworkGroup);
    expect(text).toContain("MobileNetV2: training, batch 8, 2 threads");
    expect(text).toMatch(/^tf\.layers on tfjs-node +110\.0 +100\.0 +100\.0\.\.120\.0 +2\.00 /m);
    expect(text).toContain(`${STOCK}: none: ${reason}`);
  });

  it("is a Markdown table for each use, and a chart without the slowest peer", () => {
    const markdown = networksMarkdown({ ...result, invalid: "so" });
    expect(markdown).toMatch(/^\*\*A training step .*\*\*\n\n\| network +\| batch \| threads \|/);
    expect(markdown).toContain("| MobileNetV2 |     8 |       2 |");
    expect(markdown).toContain(`- (1) ${STOCK}: ${reason}`);
    expect(markdown).toContain("Invalid: so.");
    const chart = chartOf(result, NETWORKS_REPORT);
    expect(chart).toContain(">MobileNetV2, training, batch 8, 2 threads</text>");
    expect(chart).toContain(">110.0</text>");
    expect(chart).not.toContain(`>${CPU}</text>`);
  });

  it("is invalid where a peer's rounds are far apart, and names it", () => {
    expect(reasonForInvalid(groups)).toBe(null);
    const [group] = groups as readonly [NetworkGroup];
    const disturbed = { ...group, peers: [timed(OURS, 50, 60), timed(NODE, 100, 160)] };
    expect(reasonForInvalid([disturbed])).toContain(`of ${NODE} (MobileNetV2, training, 2 threads: 1.6 times)`);
  });
});
