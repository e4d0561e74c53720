// The results that are kept in docs/benchmarks: tables, charts and the page of them are those of their JSON files.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { readKeptResults, resultsPage, type KeptResult } from "./results-page.ts";
import { chartOf, reportedBy } from "./suite-reports.ts";

const folder = fileURLToPath(new URL("../../../docs/benchmarks", import.meta.url));
const content = (file: string): string => readFileSync(`${folder}/${file}`, "utf8");
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const kept = await readKeptResults(folder);

it("every JSON file in docs/benchmarks is a result", () => {
  expect(kept.map(({ name }) => `${name}.json`).toSorted()).toEqual(files.toSorted());
});

describe.each(kept)("docs/benchmarks/$name.json", ({ name, result }: KeptResult) => {
  it("is of a full run, of all peers", () => {
    expect(result.thoroughness).toBe("full");
    expect(result.limitedTo).toBe(undefined);
  });

  it("is what its table and its chart show", () => {
    const [markdown, chart] = reportedBy(result)((own, report) => [report.markdown(own), chartOf(own, report)]);
    expect(content(`${name}.md`)).toBe(markdown);
    expect(content(`${name}.svg`)).toBe(chart);
  });

  it("is on the page, with its date, its chart and the command that repeats it", () => {
    const [, section = ""] =
      new RegExp(`^## ${name}\\n(.*?)(?=^## |\\0)`, "ms").exec(`${content("README.md")}\0`) ?? [];
    for (const text of [result.machine.day, `](${name}.svg)`, `\`${result.command}\``]) expect(section).toContain(text);
  });
});

it("the page of results is that of the JSON files: npm run bench -- --page docs/benchmarks", () => {
  expect(content("README.md")).toBe(resultsPage(kept));
});
