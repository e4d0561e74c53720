// What the suite prepare checks, times, keeps if it is stopped, and shows. Processes are replaced by functions, which write the files that
// processes write.

import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { DatasetWriter } from "@silhouette/trainer";
import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { notInstalled, notMeasured } from "../measure/errors.ts";
import { resultOf, timed } from "../testing/results.ts";
import { chartOf, PREPARE_REPORT } from "../suite-reports.ts";
import { emptyAnswer, SIDE } from "./answer-file.ts";
import { preparePeers, type PreparePeer } from "./peers.ts";
import { drawPhotographs } from "./photographs.ts";
import { prepareEndText, prepareMarkdown, prepareText } from "./report.ts";
import type { PreparePeerTiming, PrepareResult } from "./result.ts";
import { runPrepareSuite, type PrepareOptions } from "./suite.ts";
import type { Job, runTurn } from "./turn.ts";

const folder = mkdtempSync(join(tmpdir(), "silhouette-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PEERS = preparePeers(availableParallelism());
const NAMES = PEERS.map(({ name }) => name);
const [OPENCV, DECODER] = ["OpenCV in 1 process", "silhouette's JPEG kernels"] as const;

/** Otsu's threshold of photograph `index`, in all answers. */
const thresholdOf = (index: number): number => 100 + (index % 20);

/** A folder of `count` photographs, which are links to `distinct` files, and the dataset of it. */
async function madeFolder(name: string, distinct: number, count: number) {
  const photographs = join(folder, name);
  mkdirSync(join(photographs, "car"), { recursive: true });
  const dataset = join(folder, `${name}.arrow`);
  const writer = await DatasetWriter.create(dataset, {
    formatVersion: 3,
    width: SIDE,
    height: SIDE,
    pixelFormat: "binary1",
    labels: ["car"],
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    split: { from: "folders" },
  });
  const pathOf = (index: number): string => `car/${String(index).padStart(4, "0")}.jpg`;
  for (let index = 0; index < count; index++) {
    const file = join(photographs, pathOf(index));
    if (index < distinct) writeFileSync(file, "x".repeat(100));
    else linkSync(join(photographs, pathOf(index % distinct)), file);
    await writer.write({
      path: pathOf(index),
      label: "car",
      split: "train",
      sourceWidth: 40,
      sourceHeight: 30,
      threshold: thresholdOf(index % distinct),
      pixels: new Uint8Array((SIDE * SIDE) / 8).fill(0xf0),
      thumbnail: new Uint8Array(),
    });
  }
  await writer.finish();
  return { photographs, dataset };
}

const FOUR_OF_TWO = await madeFolder("four", 2, 4);

/** A turn that was taken: of its list and its folder, what they have. */
interface Taken extends Omit<Job, "list"> {
  readonly name: string;
  readonly files: readonly string[];
}

let stop = new AbortController();
let taken: Taken[] = [];
beforeEach(() => {
  stop = new AbortController();
  taken = [];
});

/** What a peer answers: something else than we do, if it changes it. */
interface Fakes {
  readonly change?: (name: string, answer: ReturnType<typeof emptyAnswer>) => void;
  readonly decoded?: { readonly ordinary: number; readonly different: readonly string[] };
  /** May throw before each check, or before each timed turn. */
  readonly beforeAnswer?: (peer: PreparePeer) => void;
  readonly beforeTurn?: (peer: PreparePeer, turn: number) => void;
}

/** Runs the suite on a folder. */
async function run(
  { change = () => {}, decoded = { ordinary: 2, different: [] }, beforeAnswer, beforeTurn }: Fakes = {},
  options: Partial<PrepareOptions> = {},
  { photographs, dataset } = FOUR_OF_TWO,
): Promise<{ readonly results: readonly PrepareResult[]; readonly error: unknown }> {
  let turns = 0;
  const takeTurn = async (peer: PreparePeer, job: Job) => {
    const { name, program } = peer;
    const files = job.list === "" ? [] : (JSON.parse(readFileSync(job.list, "utf8")) as readonly string[]);
    taken.push({ ...job, name, files });
    const message = { versions: { [name]: "1.0" }, peakBytes: 1e8, processorMilliseconds: 16 };
    if (job.want === "answer") {
      beforeAnswer?.(peer);
      if (program === "decoder") return { ...message, ...decoded };
      if (program !== "silhouette") {
        const answer = emptyAnswer(files.length);
        for (const index of files.keys()) answer.thresholds[index] = thresholdOf(index);
        for (const index of files.keys()) answer.maskOf(index).fill(0xf0);
        change(name, answer);
        writeFileSync(job.out, answer.bytes);
      }
    } else {
      beforeTurn?.(peer, ++turns);
      stop.signal.throwIfAborted();
    }
    if (program === "silhouette") await copyFile(dataset, job.out);
    return { ...message, medianMilliseconds: 8, bestMilliseconds: 8, samples: 1 };
  };
  const all = { thoroughness: "full", command: "", photographs, signal: stop.signal, ...options } as const;
  const results: PrepareResult[] = [];
  try {
    for await (const result of runPrepareSuite(all, takeTurn as typeof runTurn)) results.push(result);
  } catch (error) {
    return { results, error };
  }
  return { results, error: undefined };
}

const isTimed = () => taken.some(({ want }) => want === "times");

describe("the suite prepare", () => {
  it("times all peers in turns, per photograph, with the time of all processors", async () => {
    const { results, error } = await run();
    expect(error).toBe(undefined);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ complete: true, stopped: null, missing: [], memory: [], rounds: 5 });
    expect(results[0]?.photographs).toEqual({ count: 4, distinct: 2, ordinary: 2, meanPixels: 1200, meanBytes: 100 });
    expect(results[0]?.peers.map(({ name }) => name)).toEqual(NAMES);
    for (const peer of results[0]?.peers ?? []) {
      expect(peer).toMatchObject({ medianMilliseconds: 2, processorMilliseconds: 4, samples: 5, deviation: 0 });
      const same = { equalThresholds: 1, levels: 0, agreement: 1 };
      expect(peer.distance).toEqual(peer.name === DECODER ? null : same);
    }
    expect(taken.filter(({ want }) => want === "times").map(({ name }) => name)).toEqual(
      Array.from({ length: 5 }, () => NAMES).flat(),
    );
  });

  it("asks all peers for their answers on each distinct photograph before it times anything, and times them on all", async () => {
    await run();
    const programs = taken.filter(({ name }) => NAMES.indexOf(name) > 1);
    const [checks, turns] = (["answer", "times"] as const).map((want) => programs.filter((each) => each.want === want));
    expect(taken.slice(0, NAMES.length).map(({ want }) => want)).toEqual(NAMES.map(() => "answer"));
    const paths = ["0000", "0001", "0002", "0003"].map((name) => join(FOUR_OF_TWO.photographs, "car", `${name}.jpg`));
    for (const { files } of checks ?? []) expect(files).toEqual(paths.slice(0, 2));
    for (const { name, files, photographs } of turns ?? []) {
      expect(photographs).toBe(4);
      expect(files).toEqual(name === DECODER ? paths.slice(0, 2) : paths);
    }
  });

  it("says how far thresholds and pixels are from ours, if that is near", async () => {
    const { results } = await run({
      change: (name, { thresholds, maskOf }) => {
        if (name !== OPENCV) return;
        thresholds[1] = thresholdOf(1) - 1;
        maskOf(1)[0] = 0;
      },
    });
    const openCv = results[0]?.peers.find(({ name }) => name === OPENCV);
    expect(openCv?.distance).toEqual({ equalThresholds: 0.5, levels: 0.5, agreement: 1 - 4 / (2 * SIDE * SIDE) });
    expect(openCv?.deviation).toBe(0.5);
  });

  it.each<[string, Fakes, string]>([
    [
      "thresholds are far from ours",
      { change: (name, { thresholds }) => void (name === OPENCV && thresholds.fill(9)) },
      `Expected ${OPENCV} to find thresholds within 1 levels of ours on average, and at least 99.00 % of our pixels, but received 91.50 levels`,
    ],
    [
      "pixels are",
      { change: (name, { maskOf }) => void (name === OPENCV && maskOf(0).fill(0)) },
      "but received 0.00 levels and 75.00 % of our pixels",
    ],
    [
      "a picture of our decoder is not sharp's",
      { decoded: { ordinary: 2, different: ["car/0001.jpg"] } },
      "but 1 of 2 photographs have others: car/0001.jpg is the first",
    ],
  ])("throws and times nothing if %s", async (_, fakes, message) => {
    const { results, error } = await run(fakes);
    expect(error).toMatchObject({ code: "ANSWERS_DIFFER" });
    expect(String(error)).toContain(message);
    expect(results).toEqual([]);
    expect(isTimed()).toBe(false);
  });

  it("lists peers that are not installed, or can decode nothing, and measures the others", async () => {
    const { results } = await run({
      decoded: { ordinary: 0, different: [] },
      beforeAnswer: ({ program }) => {
        if (program === "python") throw notInstalled("No module named 'cv2'");
      },
    });
    const missing = NAMES.filter((name) => name.startsWith("OpenCV"));
    expect(results[0]?.missing.map(({ name }) => name)).toEqual([...missing, DECODER]);
    expect(results[0]?.missing[0]?.reason).toBe("No module named 'cv2'. In a clone, run: npm run setup -- --peers");
    expect(results[0]?.peers.map(({ name }) => name)).toEqual(
      NAMES.filter((name) => !missing.includes(name) && name !== DECODER),
    );
  });

  it("measures ours and the peers that it is limited to", async () => {
    const { results } = await run({}, { peers: ["sharp"] });
    expect(results[0]?.peers.map(({ name }) => name)).toEqual(["silhouette", "sharp"]);
    expect(results[0]?.photographs.ordinary).toBe(null);
  });

  it("measures our memory with 1,000 of the photographs, too, if there are more", async () => {
    const many = await madeFolder("many", 1, 1001);
    let linked: readonly string[] = [];
    const { results } = await run(
      {
        beforeTurn: ({ name }, turn) => {
          if (turn === 1) linked = readdirSync(join(taken.at(-1)?.folder ?? "", "car"));
          else expect([name, taken.at(-1)?.folder]).toEqual(["silhouette", many.photographs]);
        },
      },
      { peers: ["silhouette"] },
      many,
    );
    expect(new Set(linked).size).toBe(1000);
    expect(results[0]?.memory).toEqual([
      { photographs: 1000, peakBytes: 1e8 },
      { photographs: 1001, peakBytes: 1e8 },
    ]);
  });

  it("keeps the turns so far if it is stopped", async () => {
    const { results, error } = await run({
      beforeTurn: (_, turn) => {
        if (turn === NAMES.length + 2) stop.abort(new Error("Stopped by Ctrl-C"));
      },
    });
    expect(error).toMatchObject({ message: "Stopped by Ctrl-C" });
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ complete: false, stopped: "Stopped by Ctrl-C" });
    expect(results[0]?.peers.map(({ samples }) => samples)).toEqual([2, ...NAMES.slice(1).map(() => 1)]);
  });

  it("has no result if a peer fails before our first turn", async () => {
    const failure = notMeasured("Expected silhouette to finish");
    const { results, error } = await run({
      beforeTurn: () => {
        throw failure;
      },
    });
    expect(error).toBe(failure);
    expect(results).toEqual([]);
  });

  it.each([
    ["is none", join(folder, "nowhere"), "but there is nothing"],
    ["is a file", FOUR_OF_TWO.dataset, "but it is a file"],
  ])("refuses a folder of photographs that %s", async (_, photographs, but) => {
    const { error } = await run({}, { photographs });
    expect(error).toMatchObject({ code: "NO_PHOTOGRAPHS" });
    expect(String(error)).toContain(`at ${photographs}, ${but}`);
    expect(taken).toEqual([]);
  });

  it("says why our command cannot prepare a folder", async () => {
    const { error } = await run({
      beforeAnswer: () => {
        throw notMeasured("Expected silhouette to finish, but it ended with code 3: no pictures");
      },
    });
    expect(error).toMatchObject({ code: "NO_PHOTOGRAPHS" });
    expect(String(error)).toContain("it ended with code 3: no pictures");
  });

  it("removes what it has written", async () => {
    await run();
    const written = dirname(taken[0]?.out ?? "");
    expect(written).not.toBe(folder);
    expect(existsSync(written)).toBe(false);
  });
});

describe("photographs that are drawn", () => {
  it("are equal files each time, of several sizes, under as many names as asked for", async () => {
    const [first, second] = ["first", "second"].map((name) => join(folder, `drawn-${name}`)) as [string, string];
    for (const target of [first, second]) await drawPhotographs(target, { distinct: 4, names: 10 });
    const files = readdirSync(first, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jpg"));
    expect(files).toHaveLength(10);
    expect(new Set(files.map((name) => statSync(join(first, name)).ino)).size).toBe(4);
    expect(new Set(files.map((name) => statSync(join(first, name)).size)).size).toBe(4);
    for (const name of files) {
      expect(readFileSync(join(first, name)).equals(readFileSync(join(second, name)))).toBe(true);
    }
  });
});

describe("a report of prepare", () => {
  const cores = 2;
  const peer = (name: string, milliseconds: number, changes: Partial<PreparePeerTiming> = {}): PreparePeerTiming => ({
    ...timed(name, milliseconds, milliseconds, cores),
    processorMilliseconds: 1.5 * milliseconds,
    distance: { equalThresholds: 0.9876, levels: 0.25, agreement: 0.99999 },
    ...changes,
  });
  const { settings: _settings, groups: _groups, operations: _operations, ...head } = resultOf([]);
  const result: PrepareResult = {
    ...head,
    suite: "prepare",
    rounds: 5,
    photographs: { count: 4000, distinct: 384, ordinary: 380, meanPixels: 110_900, meanBytes: 28_500 },
    peers: [
      peer("silhouette", 0.5, { lowestRoundMilliseconds: 0.4, highestRoundMilliseconds: 0.8 }),
      peer("OpenCV in 2 processes", 0.6),
      peer(DECODER, 0.4, { distance: null }),
    ],
    memory: [
      { photographs: 1000, peakBytes: 2e8 },
      { photographs: 4000, peakBytes: 1.5e9 },
    ],
    missing: [{ name: OPENCV, reason: "No module named 'cv2'" }],
  };

  it("has rates with the turns', processor time and answers", () => {
    const [title, , , ours, openCv, decoder] = prepareText(result).split("\n");
    expect(title).toBe(
      "4,000 photographs, 384 distinct, 380 of these ordinary JPEG files; 110,900 pixels and 28.5 KB on average; 5 turns each",
    );
    expect(ours).toMatch(/^silhouette +2000 +2000 +1250\.\.2500 +0\.750 +1\.50 GB +98\.76 % +0\.25 +99\.99 %$/);
    expect(openCv).toMatch(/^OpenCV in 2 processes +1667 /);
    expect(decoder).toMatch(/^silhouette's JPEG kernels +2500 +2500 +2500\.\.2500 +0\.600 +1\.50 GB$/);
  });

  it("has our rate relative to the others', what we aim for, and our processor time relative to theirs", () => {
    const text = prepareText(result);
    expect(text).toContain(
      "silhouette's rate relative to that of OpenCV in 2 processes: 1.20, best turns 1.20; our aim is 1.50; processor time 0.83 times",
    );
    expect(text).toContain(
      "silhouette's rate relative to that of silhouette's JPEG kernels: 0.80, best turns 0.80; our aim is 0.85; processor time 1.25 times",
    );
  });

  it("has our memory with few and all photographs, who is missing, and what is invalid", () => {
    const text = prepareEndText({ ...result, invalid: "so" });
    expect(text).toContain(
      "silhouette's largest resident set: 0.20 GB with 1,000 photographs, 1.50 GB with 4,000 photographs",
    );
    expect(text).toContain(`Not measured: ${OPENCV}: No module named 'cv2'`);
    expect(text).toContain("Invalid: so.");
    expect(prepareEndText({ ...result, memory: [], missing: [] })).toBe("");
  });

  it("is a Markdown table, and a chart, the fastest peer first", () => {
    const markdown = prepareMarkdown(result);
    expect(markdown).toMatch(/^\| silhouette +\| +2000 \|/m);
    expect(markdown).toContain("- silhouette's largest resident set: 0.20 GB");
    const chart = chartOf(result, PREPARE_REPORT);
    const names = [...chart.matchAll(/>(silhouette[^<]*|OpenCV[^<]*)<\/text>/g)].map(([, name]) => name);
    expect(names.filter((name) => !name?.includes(":"))).toEqual([
      "silhouette&#39;s JPEG kernels",
      "silhouette",
      "OpenCV in 2 processes",
    ]);
  });
});
