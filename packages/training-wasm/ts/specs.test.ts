// TensorFlow.js' own specs, those that its core ships, on its stock WASM backend and on ours: ../specs runs them.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { runSpecs, type Spec } from "../specs/processes.mjs";

const specs = (name: string): string => fileURLToPath(new URL(`../specs/${name}`, import.meta.url));
const expectedFailures = JSON.parse(readFileSync(specs("expected-failures.json"), "utf8")) as Record<string, string[]>;
const folder = mkdtempSync(join(tmpdir(), "specs-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function runNode(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return stdout;
}

describe("TensorFlow.js' specs", () => {
  const results = { stock: [] as readonly Spec[], ours: [] as readonly Spec[] };
  const names = (variant: keyof typeof results, status: Spec["status"]): readonly string[] =>
    results[variant].flatMap((spec) => (spec.status === status ? [spec.name] : []));

  beforeAll(async () => {
    for (const variant of ["stock", "ours"] as const) {
      const file = join(folder, `${variant}.json`);
      await runNode(specs("run.mjs"), variant, "--out", file);
      results[variant] = JSON.parse(readFileSync(file, "utf8")) as readonly Spec[];
    }
  });

  it("run, all of them, and detect the stock backend's bugs", () => {
    expect(results.stock.length).toBe(4230);
    expect(results.ours.map(({ name }) => name).toSorted()).toEqual(results.stock.map(({ name }) => name).toSorted());
    expect(names("stock", "failed").length).toBe(334);
  });

  it("fail exactly where the list expects it, for its reasons", () => {
    expect(names("ours", "failed").toSorted()).toEqual(Object.values(expectedFailures).flat().toSorted());
  });

  it("fail nowhere that they pass on the stock backend, except two that are wrong themselves", () => {
    const passedBefore = new Set(names("stock", "passed"));
    expect(names("ours", "failed").filter((name) => passedBefore.has(name))).toEqual([
      "avgPool wasm {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit",
      "depthwiseConv2d gradients wasm {} throws error on dilations > 1",
    ]);
  });

  it("make the table of README", async () => {
    const table = await runNode(specs("table.mjs"), join(folder, "stock.json"), join(folder, "ours.json"));
    const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
    expect(readme).toContain(table.trim());
  });
});

/** As ../specs/bundle.mjs makes them, with specs that end their process in two ways. */
const CRASHING = `
exports.prepare = () => {};
exports.files = {
  "first_test.js": async () => {
    describe("a group", () => {
      it("passes", () => {});
      it("crashes", () => process.exit(3));
      it("is next", () => {});
      it("never ends", () => { for (;;); });
      it("is next", () => expect(1).toBe(2));
      xit("is left out", () => {});
    });
  },
  "second_test.js": async () => {
    describe("another", () => {
      afterAll(() => { throw new Error("not cleaned up"); });
      it("passes", () => {});
    });
  },
};
`;

describe("the runner of the specs", () => {
  const bundle = join(folder, "crashing.cjs");
  beforeAll(() => writeFileSync(bundle, CRASHING));

  it("reports a crash as its spec's failure, and runs the specs after it", async () => {
    const ended = await runSpecs(bundle, "stock", ["first_test.js", "second_test.js"], { longestSilenceMs: 5000 });
    expect(ended).toEqual([
      { name: "a group passes", status: "passed" },
      { name: "a group crashes", status: "failed", message: "crash: exit code 3" },
      { name: "a group is next", status: "passed" },
      { name: "a group never ends", status: "failed", message: "crash: no end after 5000 ms" },
      { name: "a group is next #2", status: "failed", message: "Expected 1 to be 2." },
      { name: "a group is left out", status: "pending" },
      { name: "another passes", status: "passed" },
      { name: "another (the group itself)", status: "failed", message: "Error: not cleaned up" },
    ]);
  });

  it("says why a file cannot be loaded", async () => {
    await expect(runSpecs(bundle, "stock", ["third_test.js"])).rejects.toThrow(/third_test\.js.*not a function/s);
  });
});
