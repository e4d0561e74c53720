// The page of a run: `silhouette train` writes it, and `silhouette report` writes it again, or compares runs.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { ComparisonReport, ReportData, RunReport } from "@silhouette/report";
import type { Metrics } from "@silhouette/trainer";
import sharp, { type Metadata } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import { carsAndBuses, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { eventsOf, expectReadable, linesOf, silhouette } from "./silhouette.ts";

/** Small pictures and few steps: some are classified incorrectly. */
const SMALL = ["--size", "32", "--batch", "16", "--epochs", "2"];

/** A class and file names that must not end the script of a page, where a file system has them. */
const [BUS, NAME] = IS_WINDOWS ? ["bus & co", "script"] : ['bus<!--"&<', "script>"];

let folder: string;
let trained: Awaited<ReturnType<typeof silhouette>>;

beforeAll(async () => {
  folder = newFolder();
  const drawn = Object.entries(await carsAndBuses(30));
  const photos = drawn.map(([path, file]) => [path.replace("bus/", `${BUS}/${NAME}`), file]);
  writeFiles(join(folder, "photos"), Object.fromEntries(photos) as Record<string, Uint8Array>);
  trained = await silhouette(["train", "photos", ...SMALL, "--out", "runs/first"], { cwd: folder });
});
afterAll(() => removeFolder(folder));

/** The data of a page. */
function dataIn(...path: string[]): ReportData {
  const page = readFileSync(join(folder, ...path), "utf8");
  const [, json = ""] = /<script type="application\/json"[^>]*>([^]*?)<\/script>/.exec(page) ?? [];
  return JSON.parse(json) as ReportData;
}

function runIn(...path: string[]): RunReport {
  const data = dataIn(...path);
  expect(data.kind).toBe("run");
  return data as RunReport;
}

function jsonIn(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(folder, ...path), "utf8"));
}

async function decoded(url: string | null | undefined): Promise<Metadata> {
  return sharp(Buffer.from(url?.split(",")[1] ?? "", "base64")).metadata();
}

/** A copy of the first run, which `change` changes. */
function copyOf(name: string, change: (run: string) => void): string {
  const run = join(folder, "runs", name);
  cpSync(join(folder, "runs", "first"), run, { recursive: true });
  rmSync(join(run, "report.html"));
  change(run);
  return `runs/${name}`;
}

describe("silhouette train", () => {
  it("writes a page with the numbers of the run's other files", () => {
    expect(trained.code).toBe(0);
    expect(trained.stdout).toContain(`\nReport: ${join("runs", "first", "report.html")}\n`);
    const { name, history, test, training, bestEpoch } = runIn("runs", "first", "report.html");
    const metrics = jsonIn("runs", "first", "metrics.json") as Metrics;
    expect(name).toBe("first");
    expect(history).toEqual(jsonIn("runs", "first", "history.json"));
    expect(bestEpoch).toBeOneOf([1, 2]);
    expect(test?.metrics).toEqual(metrics);
    expect(training).toMatchObject({
      source: join(folder, "photos"),
      labels: [BUS, "car"],
      counts: { train: [24, 24], val: [3, 3], test: [3, 3] },
      size: { width: 32, height: 32 },
    });
    expect(training.command).toMatch(/silhouette\.js train --config \S*config\.json --out \S+first-again$/);
    const lines = linesOf(readFileSync(join(folder, "runs", "first", "predictions.csv"), "utf8"));
    expect(test?.pictures).toHaveLength(lines.length - 1);
    for (const [index, { probabilities }] of (test?.pictures ?? []).entries()) {
      expect(lines[index + 1]?.endsWith(`,${probabilities.join(",")}`)).toBe(true);
    }
    const { bins, error } = test?.calibration ?? { bins: [], error: -1 };
    expect(bins.reduce((sum, { pictures }) => sum + pictures, 0)).toBe(metrics.pictures);
    expect(bins.reduce((sum, { correct }) => sum + correct, 0)).toBe(metrics.correct);
    expect(error).toBeGreaterThanOrEqual(0);
  });

  it("shows photographs, silhouettes and attention, whatever classes and files are called", async () => {
    const { test, training } = runIn("runs", "first", "report.html");
    const { path, photograph, silhouette: mask, attention, separability, threshold } = test?.pictures[0] ?? {};
    expect(path?.startsWith(`${BUS}/${NAME}`)).toBe(true);
    expect(training.labels[0]).toBe(BUS);
    expect(await decoded(photograph)).toMatchObject({ format: "jpeg", width: 48, height: 36 });
    expect(await decoded(mask)).toMatchObject({ format: "png", width: 32, height: 32, bitsPerSample: 1 });
    expect(await decoded(attention)).toMatchObject({ format: "png", width: 2, height: 2, channels: 4 });
    expect(separability).toBeGreaterThan(0.5);
    expect(threshold).toBeGreaterThan(60);
  });

  it("keeps no thumbnails with --no-thumbnails or a configuration, and trains the same", async () => {
    writeFileSync(join(folder, "no.json"), JSON.stringify({ thumbnails: false }));
    const args = ["train", "photos", ...SMALL];
    for (const [name, options] of [
      ["bare", ["--no-thumbnails"]],
      ["repeated", ["--config", "runs/bare/config.json"]],
    ] as const) {
      const { code } = await silhouette([...args, ...options, "--out", `runs/${name}`], { cwd: folder });
      expect(code).toBe(0);
      const { test } = runIn("runs", name, "report.html");
      expect(test?.metrics).toEqual(jsonIn("runs", "first", "metrics.json"));
      expect(test?.pictures.every(({ photograph }) => photograph === null)).toBe(true);
      const [own, first] = [jsonIn("runs", name, "config.json"), jsonIn("runs", "first", "config.json")];
      const { fingerprint, fingerprints } = first as Record<string, unknown>;
      expect(own).toMatchObject({ fingerprint, fingerprints });
    }
    const size = (name: string): number => statSync(join(folder, "runs", name, "dataset.arrow")).size;
    for (const file of ["dataset.arrow", "predictions.csv"]) {
      expect(readFileSync(join(folder, "runs", "repeated", file))).toEqual(
        readFileSync(join(folder, "runs", "bare", file)),
      );
    }
    expect(jsonIn("runs", "repeated", "config.json")).toMatchObject({ thumbnails: false });
    for (const [options, thumbnails] of [
      [[], false],
      [["--thumbnails"], true],
    ] as const) {
      const asked = [...args, "--config", "no.json", ...options, "--print-config"];
      const { stdout } = await silhouette(asked, { cwd: folder });
      expect(JSON.parse(stdout)).toMatchObject({ thumbnails });
    }
    expect(size("bare")).toBeLessThan(size("first") - 60 * 300);
    const moved = join(folder, "moved");
    cpSync(join(folder, "photos"), moved, { recursive: true });
    const resumed = await silhouette(["train", "moved", "--resume", "--out", "runs/bare"], { cwd: folder });
    expect(resumed.code).toBe(0);
    // Three trainings.
  }, 180_000);

  it("keeps a run whose page cannot be written, and says how to write it", async () => {
    const run = copyOf("blocked", (path) => mkdirSync(join(path, "report.html")));
    const ended = await silhouette(["train", "photos", "--resume", "--out", run], { cwd: folder });
    expect(ended.code).toBe(0);
    expectReadable(ended);
    expect(ended.stderr).toMatch(
      /^No report was written\. Expected to write the report to .*\[OUTPUT_UNWRITABLE\]\. /m,
    );
    expect(ended.stderr).toMatch(/The run is complete\. To write its report: node \S+ report runs\/blocked$/m);
    expect(ended.stdout).not.toContain("Report: ");
    expect(
      readdirSync(join(folder, run)).filter((name) => name.startsWith(".silhouette-") && name.endsWith(".partial")),
    ).toEqual([]);
  });
});

describe("silhouette report", () => {
  it("writes the same page again", async () => {
    const run = copyOf("again", () => undefined);
    const ended = await silhouette(["report", run], { cwd: folder });
    expect(ended).toMatchObject({ code: 0, stdout: `${join(run, "report.html")}\n` });
    expectReadable(ended);
    const written = runIn("runs", "again", "report.html");
    const first = runIn("runs", "first", "report.html");
    expect(written.test).toEqual(first.test);
    expect(written.training.settings).toEqual(first.training.settings);
  });

  it("shows what there is of a run that was stopped", async () => {
    const run = copyOf("stopped", (path) => {
      rmSync(join(path, "metrics.json"));
      writeFileSync(
        join(path, "history.json"),
        JSON.stringify((jsonIn("runs", "first", "history.json") as []).slice(0, 1)),
      );
    });
    const { code } = await silhouette(["report", run], { cwd: folder });
    expect(code).toBe(0);
    const { advice, test, history } = runIn("runs", "stopped", "report.html");
    expect({ test, epochs: history.length }).toEqual({ test: null, epochs: 1 });
    expect(advice).toBe("The training was stopped after epoch 1 of 2, before its test: continue it with --resume.");
  });

  it("shows no pictures of a run whose dataset is gone, and says so", async () => {
    await silhouette(["prepare", "photos", "--out", "some.arrow", "--size", "32"], { cwd: folder });
    await silhouette(["train", "some.arrow", "--batch", "16", "--epochs", "1", "--out", "runs/gone"], { cwd: folder });
    expect(runIn("runs", "gone", "report.html").test?.pictures).toHaveLength(6);
    rmSync(join(folder, "some.arrow"));
    const { code, stdout, stderr } = await silhouette(["report", "runs/gone", "--json"], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(eventsOf(stdout).slice(-2)).toEqual([
      { type: "picturesMissing", run: "runs/gone", message: expect.stringContaining("some.arrow") as string },
      { type: "done", command: "report", runs: ["runs/gone"], out: join("runs", "gone", "report.html") },
    ]);
    const { test } = runIn("runs", "gone", "report.html");
    expect(test?.metrics).toEqual(jsonIn("runs", "gone", "metrics.json"));
    expect(test?.pictures).toEqual([]);
    expect(test?.missing).toMatch(/^This report shows no pictures\. .*some\.arrow/);
  });

  it("shows pictures without attention of a run whose model is missing or damaged, and says so", async () => {
    const gone = copyOf("no-model", (path) => rmSync(join(path, "model"), { recursive: true }));
    const ended = await silhouette(["report", gone], { cwd: folder });
    expect(ended).toMatchObject({ code: 0, stdout: `${join(gone, "report.html")}\n` });
    expectReadable(ended);
    expect(ended.stderr).toMatch(/^The report of runs\/no-model does not show where the network looked\. Expected a /m);
    const [report, first] = [runIn(gone, "report.html"), runIn("runs", "first", "report.html")];
    expect(report.advice).toMatch(/^The model of this run cannot be loaded: /);
    expect(report.test).toEqual({
      ...first.test,
      calibration: { ...first.test?.calibration, temperature: "unknown" },
      pictures: first.test?.pictures.map((picture) => ({ ...picture, isNone: false, attention: null })),
      missing: expect.stringMatching(
        /^This report does not show where the network looked\. Expected a model /,
      ) as string,
    });

    const damaged = copyOf("bad-model", (path) => {
      const weights = join(path, "model", readdirSync(join(path, "model")).find((name) => name.endsWith(".bin")) ?? "");
      writeFileSync(weights, readFileSync(weights).subarray(1));
    });
    const both = await silhouette(["report", damaged, "runs/first", "--out", "damaged.html", "--json"], {
      cwd: folder,
    });
    expect(both.code).toBe(0);
    expect(eventsOf(both.stdout).filter(({ type }) => type === "modelMissing")).toEqual([
      { type: "modelMissing", run: damaged, message: expect.stringContaining("Expected an intact model") as string },
    ]);
    const { runs } = dataIn("damaged.html") as ComparisonReport;
    expect(runs.map(({ test }) => test?.missing === null)).toEqual([false, true]);
    expect(runs.map(({ test }) => test?.pictures.some(({ attention }) => attention !== null))).toEqual([false, true]);
  });

  it("compares runs on their common test pictures", async () => {
    await silhouette(["train", "photos", ...SMALL, "--seed", "3", "--out", "runs/other"], { cwd: folder });
    const ended = await silhouette(["report", "runs/first", "runs/other", "--out", "both.html"], { cwd: folder });
    expect(ended).toMatchObject({ code: 0, stdout: "both.html\n" });
    const data = dataIn("both.html");
    expect(data.kind).toBe("comparison");
    const { runs, pairs, advice } = data as ComparisonReport;
    expect(runs.map(({ name }) => name)).toEqual(["first", "other"]);
    const [first, other] = ["first", "other"].map((name) => jsonIn("runs", name, "metrics.json") as Metrics);
    expect(pairs).toHaveLength(1);
    const { pictures, both = 0, onlyFirst = 0, onlySecond = 0 } = pairs[0] ?? {};
    expect(pictures).toBe(6);
    expect([both + onlyFirst, both + onlySecond]).toEqual([first?.correct, other?.correct]);
    expect(advice).toContain("no evidence on 6 test pictures");
  });

  it("refuses what is no run, a damaged one, and a page of another name, and writes nothing", async () => {
    const at = { cwd: folder };
    const none = await silhouette(["report", "photos"], at);
    expect(none.code).toBe(3);
    expect(none.stderr).toMatch(
      /\[RUN_NOT_FOUND\]\n.*To train a classifier on a folder of photographs: .* train photos$/m,
    );
    const model = await silhouette(["report", "runs/first/model"], at);
    expect(model.stderr).toMatch(/The run is its parent folder: .* report runs[/\\]first$/m);
    const second = await silhouette(["report", "runs/first", "runs/none"], at);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain("Expected a run in runs/none");
    const twice = await silhouette(["report", "runs/first", "runs/first/"], at);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain("received runs/first/ twice");
    const wrong = await silhouette(["report", "runs/first", "--out", "runs/first/config.json"], at);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("ends in .html");
    const run = copyOf("edited", (path) => {
      const csv = readFileSync(join(path, "predictions.csv"), "utf8");
      writeFileSync(join(path, "predictions.csv"), linesOf(csv).slice(0, -1).join("\n"));
    });
    const damaged = await silhouette(["report", run], at);
    expect(damaged.code).toBe(3);
    expect(damaged.stderr).toContain("but found others [RUN_DAMAGED]");
    expect(readdirSync(folder)).not.toContain("comparison.html");
    expect(readdirSync(join(folder, run))).not.toContain("report.html");
  });
});
