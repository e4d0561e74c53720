// Reports as pages make them: the same as those of run folders, with pictures that the page encodes.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { train } from "@silhouette/trainer";
import {
  Classifier,
  Dataset,
  DatasetBuilder,
  explainPredictions,
  PREPARE_DEFAULTS,
  RunReader,
  startWasm,
  TrainerError,
  type RunResults,
} from "@silhouette/trainer/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { comparisonReportData, runReportData, shownPictures, type PictureEncoder, type RunReport } from "./data.ts";
import { dataUrls } from "./picture-urls.ts";
import { runReport } from "./run-report.ts";

const folder = mkdtempSync(join(tmpdir(), "silhouette-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run = join(folder, "run");
const source = join(folder, "rectangles.arrow");
const created = new Date("2026-05-04T10:20:30Z");

const reader = new RunReader({ name: run, read: (path) => readFileSync(join(run, path)) });

beforeAll(async () => {
  const [width, height] = [64, 64];
  const builder = await DatasetBuilder.of({ width, height, pixelFormat: "gray8" }, { thumbnails: true });
  for (let number = 0; number < 60; number++) {
    const label = number % 2 === 0 ? "wide" : "tall";
    const [right, bottom] = label === "wide" ? [60, 10 + number / 2] : [10 + number / 2, 60];
    const data = new Uint8Array(width * height).map((_, at) => (at % width < right && at < width * bottom ? 40 : 220));
    await builder.add({ path: `${label}/${number}`, label }, { data, width, height, channels: 1 });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of builder.build(PREPARE_DEFAULTS).bytes()) chunks.push(chunk);
  writeFileSync(source, Buffer.concat(chunks));
  await train({ source, run, epochs: 1, batch: 8, backend: "wasm" });
});

/** The report of the run, made as in a page. */
async function reportInPage(
  encoder: PictureEncoder,
  openDataset = (): Promise<Dataset> => Dataset.open(new Uint8Array(readFileSync(source)), source),
): Promise<{ readonly results: RunResults; readonly report: RunReport }> {
  const results = await reader.results();
  const backend = await startWasm();
  const explanation = await explainPredictions({
    results,
    predictions: shownPictures(results.test?.predictions ?? []),
    openModel: async () => {
      const { network, description } = await reader.model();
      return { classifier: new Classifier(network, backend), description };
    },
    openDataset,
  });
  const described = { name: "run", folder: run, results, explanation };
  return { results, report: await runReportData(described, { created, encoder }) };
}

describe("the report of a page", () => {
  it.skipIf(process.platform === "win32")("is that of the run folder, where its paths have slashes", async () => {
    const { report } = await reportInPage(dataUrls);
    expect(report).toEqual({ ...(await runReport(run)), created: created.toISOString() });
    expect(report.test?.pictures.length).toBeGreaterThan(0);
  });

  it("has the URLs of its own encoder, which gets black and white, color, and JPEGs", async () => {
    const { report } = await reportInPage({
      jpeg: (file) => `jpeg:${file.length}`,
      png: ({ data, width, height, channels }) => {
        expect(data).toHaveLength(width * height * channels);
        return `png:${width}x${height}x${channels}:${new Set(data).size}`;
      },
    });
    for (const { photograph, silhouette, attention } of report.test?.pictures ?? []) {
      expect(photograph).toMatch(/^jpeg:\d{3,}$/);
      expect(silhouette).toBe("png:32x32x1:2");
      expect(attention).toMatch(/^png:\d+x\d+x4:\d+$/);
    }
  });

  it("shows no pictures if the page has no dataset, and says why", async () => {
    const { report } = await reportInPage(dataUrls, async () => {
      throw new TrainerError("DATASET_NOT_FOUND", "The archive has no dataset", "Add it.");
    });
    expect(report.test?.pictures).toEqual([]);
    expect(report.test?.missing).toBe("This report shows no pictures. The archive has no dataset.");
    expect(report.test?.metrics).toEqual(await reader.metrics());
  });

  it("is made of a run that was stopped before its test, without an explanation", async () => {
    const { config, history } = await reader.results();
    const results = { config: { ...config, epochs: 2 }, history, test: null };
    const report = await runReportData({ name: "stopped", folder: "stopped", results }, { created, encoder: dataUrls });
    expect(report).toMatchObject({
      name: "stopped",
      test: null,
      advice: expect.stringContaining("stopped after epoch 1") as string,
    });
    expect(report.training.command).toBe("silhouette train --config 'stopped/config.json' --out 'stopped-again'");
  });

  it("compares runs on their common test pictures", async () => {
    const { results, report } = await reportInPage(dataUrls);
    const { pairs, runs } = comparisonReportData(
      [
        { results, report },
        { results, report },
      ],
      created,
    );
    expect(pairs).toMatchObject([{ pictures: results.test?.predictions.length, onlyFirst: 0, onlySecond: 0 }]);
    expect(runs).toEqual([report, report]);
  });
});
