// What the suite browsers compares, keeps if it is stopped, and shows. Processes and browsers are replaced by functions.

import { beforeEach, describe, expect, it } from "vitest";

import { notInstalled, notMeasured } from "../measure/errors.ts";
import { resultOf, timed } from "../testing/results.ts";
import { BROWSERS_REPORT, chartOf } from "../suite-reports.ts";
import type { Engine } from "./engines.ts";
import { browsersEndText, browsersGroupText, browsersMarkdown } from "./report.ts";
import type { BrowsersGroup, BrowsersResult } from "./result.ts";
import type { StepJob } from "./step-turn.ts";
import { runBrowsersSuite, type BrowsersOptions } from "./suite.ts";
import { runTurn } from "./turn.ts";

const NODE: Engine = { name: "Node 24.0.0", kind: "node", program: "node" };
const CHROMIUM: Engine = { name: "Chromium", kind: "chromium", program: "chromium" };
const FIREFOX: Engine = { name: "Firefox", kind: "firefox", program: "firefox" };

/** A turn that was taken. */
type Taken = StepJob & { readonly engine: string };

let stop = new AbortController();
let turns: Taken[] = [];
beforeEach(() => {
  stop = new AbortController();
  turns = [];
});

/** Runs the suite; `losses` may throw, and so may `before` each timed turn. */
async function run(
  losses: (taken: Taken) => readonly number[] = () => [3, 2, 1],
  before: (taken: Taken, turn: number) => void = () => {},
  options: Partial<BrowsersOptions> = {},
): Promise<{ readonly results: readonly BrowsersResult[]; readonly error: unknown }> {
  let timedTurns = 0;
  const takeTurn = async ({ name, kind }: Engine, job: StepJob) => {
    const taken = { ...job, engine: name };
    turns.push(taken);
    const versions = { [name]: "1.0" };
    if (job.want === "answer") return { versions, values: losses(taken) };
    before(taken, ++timedTurns);
    stop.signal.throwIfAborted();
    const best = kind === "node" ? 4 : 5;
    return { versions, medianMilliseconds: 2 * best, bestMilliseconds: best, samples: 1 };
  };
  const all = {
    thoroughness: "full",
    batches: [2],
    threads: [1],
    command: "",
    signal: stop.signal,
    ...options,
  } as const;
  const results: BrowsersResult[] = [];
  try {
    const engines = [NODE, CHROMIUM, FIREFOX];
    for await (const result of runBrowsersSuite(all, takeTurn as typeof runTurn, engines)) results.push(result);
  } catch (error) {
    return { results, error };
  }
  return { results, error: undefined };
}

const enginesOf = ({ step, kernelSet, threads, engines }: BrowsersGroup) => [
  step,
  kernelSet,
  threads,
  ...engines.map(({ name, bestMilliseconds, samples, relativeToNode }) =>
    [name, bestMilliseconds, samples, relativeToNode].join(" "),
  ),
];

describe("the suite browsers", () => {
  it("times both steps with both kernel sets, per picture and relative to Node; it is complete after the last group", async () => {
    const { results, error } = await run();
    expect(error).toBe(undefined);
    expect(results.map(({ complete, groups }) => [complete, groups.length])).toEqual([
      [false, 1],
      [false, 2],
      [false, 3],
      [true, 4],
    ]);
    const engines = ["Node 24.0.0 2 5 1", "Chromium 2.5 5 1.25", "Firefox 2.5 5 1.25"];
    expect(results[3]?.groups.map(enginesOf)).toEqual([
      ["silhouette", "simd128", 1, ...engines],
      ["tf.layers", "simd128", 1, ...engines],
      ["silhouette", "relaxed", 1, ...engines],
      ["tf.layers", "relaxed", 1, ...engines],
    ]);
  });

  it("compares the losses of each batch and step, with the most threads, before it times anything", async () => {
    await run(undefined, undefined, { batches: [2, 4], threads: [1, 2] });
    const firstTimed = turns.findIndex(({ want }) => want === "times");
    const checks = turns.slice(0, firstTimed);
    expect(checks).toHaveLength(3 * 2 * 2 * 2);
    expect(checks.every(({ want, threads }) => want === "answer" && threads === 2)).toBe(true);
    expect(turns.slice(firstTimed).every(({ want }) => want === "times")).toBe(true);
  });

  it("throws if a loss of the same kernels is another number, however near, and times nothing", async () => {
    const { results, error } = await run(({ engine, kernelSet }) =>
      engine === "Firefox" && kernelSet === "relaxed" ? [3, 2, 1 + Number.EPSILON] : [3, 2, 1],
    );
    expect(error).toMatchObject({ code: "ANSWERS_DIFFER" });
    expect(String(error)).toContain(
      "Expected Firefox to give the losses of Node 24.0.0 (silhouette, relaxed, 1 thread, batch 2)",
    );
    expect(results).toEqual([]);
    expect(turns.some(({ want }) => want === "times")).toBe(false);
  });

  it("lets other kernels have other losses", async () => {
    const { error } = await run(({ kernelSet }) => [kernelSet === "relaxed" ? 3 : 3.5]);
    expect(error).toBe(undefined);
  });

  it("says how to install a browser", async () => {
    const program = "/nowhere/firefox-esr";
    const job = { step: "tf.layers", kernelSet: "simd128", threads: 1, want: "answer" } as StepJob;
    await expect(runTurn({ ...FIREFOX, program }, job, "")).rejects.toMatchObject({
      code: "NOT_INSTALLED",
      message: `There is no ${program}`,
      hint: "On Debian, run: sudo apt-get install firefox-esr",
    });
  });

  it("names a browser that is not installed, asks it once, and measures the others", async () => {
    const { results } = await run(({ engine }) => {
      if (engine === "Chromium") throw notInstalled("There is no /usr/bin/chromium");
      return [1];
    });
    expect(turns.filter(({ engine }) => engine === "Chromium")).toHaveLength(1);
    expect(results.at(-1)).toMatchObject({ complete: true });
    expect(results.at(-1)?.missing).toEqual([
      { name: "Chromium", reason: "There is no /usr/bin/chromium. In a clone, run: npm run setup -- --peers" },
    ]);
    expect(results.at(-1)?.groups.map(({ engines }) => engines.map(({ name }) => name))).toEqual(
      Array.from({ length: 4 }, () => ["Node 24.0.0", "Firefox"]),
    );
  });

  it("compares nothing with Node where it does not run the kernels, and says why", async () => {
    const failure = notMeasured("Expected Node 24.0.0 to finish, but it failed: no such kernels");
    const { results } = await run(({ engine, kernelSet }) => {
      if (engine === "Node 24.0.0" && kernelSet === "relaxed") throw failure;
      return [1];
    });
    expect(results.at(-1)?.missing).toEqual([{ name: "Node 24.0.0, relaxed", reason: failure.message }]);
    expect(
      results
        .at(-1)
        ?.groups.filter(({ kernelSet }) => kernelSet === "relaxed")
        .map(enginesOf)[0],
    ).toEqual(["silhouette", "relaxed", 1, "Chromium 2.5 5 ", "Firefox 2.5 5 "]);
  });

  it.each([
    ["our own Node fails", "Node 24.0.0", "silhouette"],
    ["an engine fails that runs another step", "Firefox", "tf.layers"],
  ])("throws if %s", async (_, failing, failingStep) => {
    const failure = notMeasured(`Expected ${failing} to finish`);
    const { error } = await run(({ engine, step }) => {
      if (engine === failing && step === failingStep) throw failure;
      return [1];
    });
    expect(error).toBe(failure);
  });

  it("has only the groups of kernels that something runs", async () => {
    const { results } = await run(({ kernelSet }) => {
      if (kernelSet === "relaxed") throw notMeasured("no such kernels");
      return [1];
    });
    expect(results.map(({ complete }) => complete)).toEqual([false, true]);
  });

  it("keeps the turns of a group in which it is stopped", async () => {
    const { results, error } = await run(undefined, (_, turn) => {
      if (turn === 5) stop.abort(new Error("Stopped by Ctrl-C"));
    });
    expect(error).toMatchObject({ message: "Stopped by Ctrl-C" });
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ complete: false, stopped: "Stopped by Ctrl-C" });
    expect(results[0]?.groups[0]?.engines.map(({ name, samples }) => `${name} ${samples}`)).toEqual([
      "Node 24.0.0 2",
      "Chromium 1",
      "Firefox 1",
    ]);
  });

  it("has no result if it is stopped before the first turn", async () => {
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

describe("a report of browsers", () => {
  const facts = { kernelSet: "simd128", threads: 2, batch: 8 } as const;
  const engine = (kind: Engine["kind"], name: string, low: number, high: number, relativeToNode: number | null) => ({
    ...timed(name, low, high),
    kind,
    versions: { [name]: "1.0" },
    relativeToNode,
  });
  const groups: readonly [BrowsersGroup, BrowsersGroup] = [
    {
      ...facts,
      step: "silhouette",
      engines: [
        engine("node", "Node", 20, 30, 1),
        engine("node", "Node 18", 60, 60, 3),
        engine("chromium", "Chromium", 22, 24, 1.1),
        engine("firefox", "Firefox", 28, 29, 1.4),
      ],
    },
    {
      ...facts,
      step: "tf.layers",
      engines: [engine("firefox", "Firefox", 90, 90, null)],
    },
  ];
  const reason = "There is no /usr/bin/chromium";
  const result: BrowsersResult = {
    ...resultOf([]),
    suite: "browsers",
    groups,
    missing: [{ name: "Chromium", reason }],
  };

  it("has times and the ratio to Node, if there is one", () => {
    const [title, , , node] = browsersGroupText(groups[0]).split("\n");
    expect(title).toBe("silhouette, simd128, 2 threads, batch 8");
    expect(node).toMatch(/^Node 1\.0 +25\.0 +20\.0 +20\.0\.\.30\.0 +1\.00$/);
    expect(browsersGroupText(groups[1])).toMatch(/^Firefox 1\.0 +90\.0 +90\.0 +90\.0\.\.90\.0$/m);
  });

  it("names the slowest browser in relation to Node, and how many are too slow", () => {
    const text = browsersEndText({ ...result, invalid: "so" });
    expect(text).toContain(
      "slowest in relation to Node: Firefox 1.0 (silhouette, simd128, 2 threads, batch 8): 1.40; over 1.25: 1 of 2",
    );
    expect(text).toContain(`Not measured: Chromium: ${reason}`);
    expect(text).toContain("Invalid: so.");
  });

  it("is a Markdown table, and a chart with a bar for each step in each engine, the fastest first, ours marked", () => {
    const markdown = browsersMarkdown(result);
    expect(markdown).toMatch(
      /^\| silhouette +\| simd128 \| +2 \| +8 \| Firefox 1\.0 +\| +28\.0 \/ 28\.5 \| +1\.40 \|$/m,
    );
    expect(markdown).toContain(`- Not measured: Chromium: ${reason}`);
    const chart = chartOf(result, BROWSERS_REPORT);
    expect([...chart.matchAll(/>((?:silhouette|tf.layers) in [^<]+)</g)].map(([, name]) => name)).toEqual([
      "silhouette in Chromium 1.0",
      "silhouette in Node 1.0",
      "silhouette in Firefox 1.0",
      "silhouette in Node 18 1.0",
      "tf.layers in Firefox 1.0",
    ]);
  });
});
