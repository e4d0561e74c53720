// The results that are kept in docs/benchmarks, for the README: tables and charts are those of their JSON files.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { browsersChart } from "./browsers/chart.ts";
import { browsersMarkdown } from "./browsers/report.ts";
import type { BrowsersResult } from "./browsers/result.ts";
import { networksChart } from "./networks/chart.ts";
import { networksMarkdown } from "./networks/report.ts";
import type { NetworksResult } from "./networks/result.ts";
import { preprocessChart } from "./preprocess/chart.ts";
import { trainingChart } from "./training/chart.ts";
import { preprocessMarkdown } from "./preprocess/report.ts";
import type { PreprocessResult } from "./preprocess/result.ts";
import type { TrainingResult } from "./training/result.ts";
import { trainingMarkdown } from "./training/report.ts";
import { TRAINING_SUITES } from "./training/turn.ts";
import { readResultFile } from "./measure/result.ts";

const folder = fileURLToPath(new URL("../../../docs/benchmarks", import.meta.url));
const SUITES = ["preprocess", "browsers", "networks", ...TRAINING_SUITES] as const;

type KeptResult = PreprocessResult | TrainingResult | BrowsersResult | NetworksResult;
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe.each(files)("docs/benchmarks/%s", (file) => {
  const content = (ending: string): string => readFileSync(`${folder}/${file.replace(/json$/, ending)}`, "utf8");
  const read = () => readResultFile<KeptResult>(`${folder}/${file}`, SUITES);

  it("is of a full run, of all peers, in the current format", async () => {
    const result = await read();
    expect(`${result.suite}.json`).toBe(file);
    expect(result.thoroughness).toBe("full");
    expect(result.limitedTo).toBe(undefined);
  });

  it("is what its table and its chart show", async () => {
    const result = await read();
    const [markdown, chart] = shown(result);
    expect(content("md")).toBe(markdown);
    expect(content("svg")).toBe(chart);
  });
});

/** Table and chart. */
function shown(result: KeptResult): readonly [string, string] {
  if (result.suite === "preprocess") return [preprocessMarkdown(result), preprocessChart(result)];
  if (result.suite === "browsers") return [browsersMarkdown(result), browsersChart(result)];
  if (result.suite === "networks") return [networksMarkdown(result), networksChart(result)];
  return [trainingMarkdown(result), trainingChart(result)];
}
