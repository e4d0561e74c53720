// `silhouette train`, `evaluate` and `predict` on the command line: successful runs, and their output.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import { carsAndBuses, emptyFolder, folderWith, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { hasWritten } from "./programs.ts";
import { eventsOf, expectReadable, linesOf, silhouette, startSilhouette, type Event } from "./silhouette.ts";

/** Small pictures, so that a step takes milliseconds. */
const SMALL = ["--size", "94", "--batch", "16", "--epochs", "2", "--labels", "car,bus"];

/** The splits of the 60 pictures of `carsAndBuses(30)`. */
const PICTURES = { train: 48, val: 6, test: 6 };

let folder: string;
let photos: string;
let run: string;
let trained: Awaited<ReturnType<typeof silhouette>>;

beforeAll(async () => {
  folder = newFolder();
  photos = join(folder, "photos");
  writeFiles(photos, await carsAndBuses(30));
  run = join(folder, "run");
  trained = await silhouette(["train", photos, "--out", run, ...SMALL]);
});
afterAll(() => removeFolder(folder));

/** The weights of a run's model: their file is named after their content. */
function weightsOf(of: string): Buffer {
  const model = join(of, "model");
  const [name = "", ...others] = readdirSync(model).filter((each) => each.endsWith(".bin"));
  expect(others).toEqual([]);
  return readFileSync(join(model, name));
}

function jsonOf(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(...path), "utf8"));
}

/** The last event, which must be `done`. */
function lastOf(stdout: string): Event {
  const last = eventsOf(stdout).at(-1) ?? {};
  expect(last["type"]).toBe("done");
  return last;
}

describe("silhouette train", () => {
  it("writes a run folder, and leaves nothing incomplete", () => {
    expect(trained).toMatchObject({ code: 0, signal: null });
    expect(readdirSync(run).toSorted()).toEqual([
      "checkpoints",
      "config.json",
      "dataset.arrow",
      "history.csv",
      "history.json",
      "learned.safetensors",
      "metrics.json",
      "model",
      "model-best",
      "predictions.csv",
      "predictions.png",
      "report.html",
      "tensorboard",
    ]);
    expect(jsonOf(run, "history.json")).toMatchObject([{ epoch: 1 }, { epoch: 2 }]);
    expect(jsonOf(run, "metrics.json")).toMatchObject({ pictures: PICTURES.test, labels: ["car", "bus"] });
  });

  it("reports plan, estimate and epochs on stderr, in plain lines", () => {
    expectReadable(trained);
    const lines = linesOf(trained.stderr);
    const { train, val, test } = PICTURES;
    expect(lines).toContain(`${train} training, ${val} validation and ${test} test pictures: car [1,0], bus [0,1]`);
    const parameters = /^Recipe compact: 162,834 parameters at 94 x 94; 3 steps of 16 pictures per epoch; seed 0$/;
    const order = [
      /^60 pictures of car, bus in /,
      / validation and /,
      parameters,
      /^Runs on wasm \(simd128\): /,
      /^About .* per step, .* per epoch$/,
      /^Epoch 1 of 2: 16 of 48 pictures, loss \d+\.\d{3}, accuracy \d+\.\d %, \d+ s left$/,
      /^Epoch 1 of 2: loss .*, accuracy .* %; validation loss .*, accuracy .* %; \d+ s$/,
      /^Epoch 2 of 2: loss /,
    ].map((pattern) => lines.findIndex((line) => pattern.test(line)));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it("reports correct and incorrect predictions on stdout, with the confusion matrix and the interval", () => {
    const { stdout } = trained;
    const { correct, incorrect, confusion } = jsonOf(run, "metrics.json") as Record<string, number[][]>;
    expect(stdout).toMatch(
      new RegExp(
        `^${String(correct)} correct, ${String(incorrect)} incorrect: accuracy .* % \\(95 % interval .* % to .* %\\)$`,
        "m",
      ),
    );
    for (const [index, label] of ["car", "bus"].entries()) {
      expect(stdout).toMatch(new RegExp(`│ ${label} +│ +${confusion?.[index]?.join(" │ +")} │`));
    }
    expect(stdout).toContain(`\nReport: ${join(run, "report.html")}\n`);
    expect(stdout).toMatch(/^Try it: node \S+silhouette\.js predict \S+ \S+\n$/m);
  });

  it("prints one event per line with --json, metrics in the last, and gives the same weights byte for byte", async () => {
    const again = join(emptyFolder(), "run");
    const ended = await silhouette(["train", photos, "--out", again, ...SMALL, "--json"]);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" });
    // At least the first and the last of an epoch's three steps.
    const types = eventsOf(ended.stdout).flatMap(({ type, step }) => (type === "step" && step === 2 ? [] : [type]));
    const epoch = ["step", "step", "epoch", "checkpoint"];
    expect(types.filter((type) => type !== "progress")).toEqual([
      "start",
      "plan",
      "examples",
      "estimate",
      ...epoch,
      ...epoch,
      "backend",
      "evaluated",
      "done",
    ]);
    const { accuracy, correct, incorrect, confusion, interval95 } = lastOf(ended.stdout);
    expect(jsonOf(run, "metrics.json")).toMatchObject({ accuracy, correct, incorrect, confusion, interval95 });
    expect(weightsOf(again).equals(weightsOf(run))).toBe(true);
  });

  it("trains on a dataset, and writes to runs/<its name> by default", async () => {
    const cwd = emptyFolder();
    const dataset = join(cwd, "both kinds.arrow");
    await silhouette(["prepare", photos, "--out", dataset, "--size", "94", "--labels", "car,bus"]);
    const { code, stdout } = await silhouette(["train", "both kinds.arrow", "--epochs", "2", "--batch", "16"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Try it: node \S+silhouette\.js evaluate '.*both kinds' 'both kinds\.arrow'\n$/m);
    expect(weightsOf(join(cwd, "runs", "both kinds")).equals(weightsOf(run))).toBe(true);
  });
});

describe.skipIf(IS_WINDOWS)("silhouette train, interrupted (by signals; not on Windows)", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s saves a checkpoint, and comes to the same with --resume", async (signal, code) => {
    const stopped = join(emptyFolder(), "run");
    const working = startSilhouette(["train", photos, "--out", stopped, ...SMALL]);
    // There are seconds of work left, however busy the machine is.
    await hasWritten(working.child.stderr, "Epoch 1 of 2: 16 of 48 pictures");
    working.child.kill(signal);
    const ended = await working.ended;
    expect(ended).toMatchObject({ code, signal: null, stdout: "" });
    expectReadable(ended);
    expect(ended.stderr).toMatch(new RegExp(`\\[${signal}\\]\nTo continue from there: node .* train .* --resume\n$`));
    expect(readdirSync(join(stopped, "checkpoints"))).toEqual(["last.safetensors"]);

    const resumed = await silhouette(["train", photos, "--out", stopped, "--resume"]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).not.toContain("Epoch 1 of 2: 16 of 48 pictures");
    expect(weightsOf(stopped).equals(weightsOf(run))).toBe(true);
    expect(resumed.stdout.replaceAll(stopped, run).split("\n").slice(0, 8)).toEqual(
      trained.stdout.split("\n").slice(0, 8),
    );
  });

  it("by SIGINT does not wait for the current step", async () => {
    const stopped = join(emptyFolder(), "run");
    // One step per epoch, which takes seconds.
    const large = ["--recipe", "article", "--size", "300", "--batch", "48", "--epochs", "1"];
    const working = startSilhouette(["train", photos, "--out", stopped, ...large, "--json"]);
    await hasWritten(working.child.stdout, '"type":"estimate"');
    working.child.kill("SIGINT");
    const ended = await working.ended;
    // Killed by the signal itself if a busy machine takes long to free the memory.
    expect(ended.code ?? ended.signal).toBeOneOf([130, "SIGINT"]);
    // A busy machine may take long enough to be told of it.
    const events = eventsOf(ended.stdout).filter(({ type }) => type !== "stopping");
    expect(events.slice(-3)).toMatchObject([
      { type: "estimate" },
      { type: "checkpoint", epoch: 0, batchesDone: 0 },
      { type: "error", code: "SIGINT" },
    ]);
    expect(readdirSync(join(stopped, "checkpoints"))).toEqual(["last.safetensors"]);
  });

  it("by kill -9 continues from the last epoch with --resume, with the same result", async () => {
    const killed = join(emptyFolder(), "run");
    const working = startSilhouette(["train", photos, "--out", killed, ...SMALL]);
    await hasWritten(working.child.stderr, "Epoch 2 of 2: 16 of 48 pictures");
    working.child.kill("SIGKILL");
    await working.ended;
    const resumed = await silhouette(["train", photos, "--out", killed, "--resume"]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/^Resumes after epoch \d of 2$/m);
    expect(weightsOf(killed).equals(weightsOf(run))).toBe(true);
  });

  it("can be resumed harmlessly after it has finished", async () => {
    const before = readFileSync(join(run, "metrics.json"), "utf8");
    const { code } = await silhouette(["train", photos, "--out", run, "--resume"]);
    expect(code).toBe(0);
    expect(readFileSync(join(run, "metrics.json"), "utf8")).toBe(before);
  });
});

describe("silhouette evaluate", () => {
  it("evaluates the test pictures of the folder that the run was trained on, and says so", async () => {
    const ended = await silhouette(["evaluate", run, photos]);
    expect(ended.code).toBe(0);
    expectReadable(ended);
    expect(ended.stderr).toContain(`${PICTURES.test} test pictures\n`);
    expect(trained.stdout).toContain(ended.stdout);
  });

  it("evaluates all pictures of another folder; its last event has the metrics", async () => {
    // Other pictures than those that the run was trained on, which are 30 per class.
    const all = Object.entries(await carsAndBuses(84));
    const others = folderWith(Object.fromEntries(all.filter(([path]) => /08\d\.png$/.test(path))));
    const { code, stdout } = await silhouette(["evaluate", run, others, "--json"]);
    expect(code).toBe(0);
    const { accuracy, correct, incorrect, confusion, interval95, chosen } = lastOf(stdout) as Record<string, number> & {
      readonly confusion: readonly (readonly number[])[];
    };
    expect({ chosen, pictures: (correct ?? 0) + (incorrect ?? 0) }).toEqual({ chosen: "all", pictures: 8 });
    expect(accuracy).toBe((correct ?? 0) / 8);
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(8);
    expect(interval95).toHaveLength(2);
  });
});

describe("silhouette predict", () => {
  it("names the most probable classes of files and folders, in any script", async () => {
    const { "car/000.png": car = new Uint8Array(), "bus/000.png": bus = new Uint8Array() } = await carsAndBuses(1);
    const some = folderWith({ "my 写真/автобус.png": bus, "car.png": car });
    const ended = await silhouette(["predict", run, "my 写真", "car.png"], { cwd: some });
    expect(ended.code).toBe(0);
    const lines = linesOf(ended.stdout);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^my 写真\/автобус\.png: bus \d+\.\d %, car \d+\.\d %$/);
    expect(lines[1]).toMatch(/^car\.png: car \d+\.\d %, bus \d+\.\d %$/);
  });

  it("prints as many classes as --top says, one event per picture with --json", async () => {
    const { stdout } = await silhouette(["predict", run, join(photos, "car", "000.png"), "--top", "1", "--json"]);
    const [backend, answer] = eventsOf(stdout);
    expect(backend).toMatchObject({ type: "backend", name: "wasm" });
    expect(answer).toMatchObject({ type: "prediction", classes: [{ label: "car" }] });
    expect(lastOf(stdout)).toMatchObject({ command: "predict", pictures: 1, skipped: 0 });
  });

  it("classifies the others if a picture is broken, and fails if all are", async () => {
    const { "car/000.png": car = new Uint8Array() } = await carsAndBuses(1);
    const some = folderWith({ "a.png": "no picture", "b.png": car });
    const both = await silhouette(["predict", run, "."], { cwd: some });
    expect(both.code).toBe(0);
    expect(both.stdout).toMatch(/^\.\/b\.png: car /);
    expect(linesOf(both.stderr)).toEqual([
      expect.stringMatching(/^Runs on wasm \(simd128\): /),
      "Skipped ./a.png: it is not a picture in a known format [NOT_A_PICTURE]",
    ]);
    const broken = await silhouette(["predict", run, "a.png"], { cwd: some });
    expect(broken).toMatchObject({ code: 3, stdout: "" });
    expect(broken.stderr).toContain("[NO_PICTURES]");
  });

  it("escapes control characters in names", async () => {
    const { "car/000.png": car = new Uint8Array() } = await carsAndBuses(1);
    if (IS_WINDOWS) return;
    const ended = await silhouette(["predict", run, "."], { cwd: folderWith({ "\u001B[31mred.png": car }) });
    expectReadable(ended);
    expect(ended.stdout).toContain("./\\x1b[31mred.png: car ");
  });
});
