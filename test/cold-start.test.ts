// What `silhouette` loads: nothing before it starts any work, since help and version are printed immediately, and then what the command
// needs.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { EXAMPLE } from "./classifying-pages.ts";
import { carsAndBuses, emptyFolder, folderWith } from "./pictures.ts";
import { silhouette } from "./silhouette.ts";

/** JavaScript files that the command loads, in its threads, too, according to V8's coverage. */
async function filesLoadedBy(...args: readonly string[]): Promise<readonly string[]> {
  const folder = emptyFolder();
  const { code, stderr } = await silhouette(args, { env: { ...process.env, NODE_V8_COVERAGE: folder } });
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
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

  /** Packages that are large, or have many files. */
  const LARGE = /^(@tensorflow\/.*|@bufbuild\/protobuf|apache-arrow|h5wasm|sharp|training-wasm)$/;

  it.each<readonly [string, (photos: string, out: string) => readonly string[], readonly string[], number]>([
    ["runs", () => ["runs", EXAMPLE], [], 125],
    ["train --print-config", (photos) => ["train", photos, "--print-config"], [], 120],
    ["inspect", (photos) => ["inspect", photos], ["sharp"], 255],
    ["prepare", (photos, out) => ["prepare", photos, "--out", join(out, "photos.arrow")], ["sharp"], 235],
    [
      "predict",
      (photos) => ["predict", EXAMPLE, join(photos, "car")],
      ["@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-core", "@tensorflow/tfjs-layers", "sharp", "training-wasm"],
      215,
    ],
  ])("%s loads what it needs alone", async (_, argsOf, packages, most) => {
    const files = await filesLoadedBy(...argsOf(folderWith(await carsAndBuses(4)), emptyFolder()));
    expect([...new Set(files.map(packageOf))].filter((name) => LARGE.test(name)).toSorted()).toEqual(packages);
    expect(files.length).toBeLessThanOrEqual(most);
  });

  it("requires TensorFlow.js, which Node.js takes twice as long to import", async () => {
    const photos = folderWith(await carsAndBuses(1));
    const files = await filesLoadedBy("predict", EXAMPLE, join(photos, "car"));
    const requiring = files.flatMap((url) => /[^/]+\/dist\/node\/bundled\/tfjs-.+$/.exec(url) ?? []);
    expect(requiring.toSorted()).toEqual([
      "trainer/dist/node/bundled/tfjs-core.js",
      "trainer/dist/node/bundled/tfjs-layers.js",
      "training-wasm/dist/node/bundled/tfjs-backend-wasm.js",
      "training-wasm/dist/node/bundled/tfjs-core.js",
    ]);
  });
});
