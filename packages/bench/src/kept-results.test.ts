// The results that are kept in docs/benchmarks, for the README: tables and charts are those of their JSON files.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { preprocessChart } from "./preprocess/chart.ts";
import { trainingChart } from "./training/chart.ts";
import { preprocessMarkdown } from "./preprocess/report.ts";
import type { PreprocessResult } from "./preprocess/result.ts";
import type { TrainingResult } from "./training/result.ts";
import { trainingMarkdown } from "./training/report.ts";

const folder = fileURLToPath(new URL("../../../docs/benchmarks", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe.each(files)("docs/benchmarks/%s", (file) => {
  const content = (ending: string): string => readFileSync(`${folder}/${file.replace(/json$/, ending)}`, "utf8");
  const result = JSON.parse(content("json")) as PreprocessResult | TrainingResult;

  it("is of a whole run", () => {
    expect(`${result.suite}.json`).toBe(file);
    expect(result.thoroughness).toBe("full");
  });

  it("is what its table and its chart show", () => {
    const [markdown, chart] =
      result.suite === "preprocess"
        ? [preprocessMarkdown(result), preprocessChart(result)]
        : [trainingMarkdown(result), trainingChart(result)];
    expect(content("md")).toBe(markdown);
    expect(content("svg")).toBe(chart);
  });
});
