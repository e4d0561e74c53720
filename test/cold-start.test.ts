// What `silhouette` loads before it starts any work: help and version are printed immediately.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { emptyFolder } from "./pictures.ts";
import { silhouette } from "./silhouette.ts";

/** JavaScript files that the command loads, according to V8's coverage. */
async function filesLoadedBy(...args: readonly string[]): Promise<readonly string[]> {
  const folder = emptyFolder();
  const { code } = await silhouette(args, { env: { ...process.env, NODE_V8_COVERAGE: folder } });
  expect(code).toBe(0);
  const scripts = readdirSync(folder).flatMap(
    (name) => (JSON.parse(readFileSync(join(folder, name), "utf8")) as { result: { url: string }[] }).result,
  );
  return [...new Set(scripts.map(({ url }) => url).filter((url) => url.startsWith("file:")))];
}

/** The package that a file belongs to, by its folder in `node_modules` or `packages`. */
function packageOf(url: string): string {
  return /.*\/(?:node_modules|packages)\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? url;
}

describe("silhouette", () => {
  it.each([[["--version"]], [["--help"]], [["train", "--help"]]])(
    "with %j loads neither TensorFlow.js nor sharp nor Arrow, nor what reports are drawn with",
    async (args) => {
      const files = await filesLoadedBy(...args);
      expect([...new Set(files.map(packageOf))].toSorted()).toEqual([
        "cli",
        "commander",
        "fast-string-truncated-width",
        "fast-string-width",
        "fast-wrap-ansi",
        "trainer",
      ]);
      expect(files.filter((url) => url.includes("/cli/dist/report/text"))).toEqual([]);
      expect(files.length).toBeLessThanOrEqual(70);
    },
  );
});
