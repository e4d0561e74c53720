// Engines without WebAssembly, such as React Native: errors have a code and the right remedy.

import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { carsAndBuses, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { outputOf, REPOSITORY, run, type Ended } from "./programs.ts";
import { SILHOUETTE, silhouette } from "./silhouette.ts";

let folder: string;
beforeAll(async () => {
  folder = newFolder();
  writeFiles(join(folder, "photos"), await carsAndBuses(30));
});
afterAll(() => removeFolder(folder));

/** Runs the command in an engine without WebAssembly. */
const withoutWebAssembly = (...args: string[]): Promise<Ended> =>
  run(process.execPath, ["--jitless", SILHOUETTE, ...args], { cwd: folder });

/** The class and code of the errors that calls throw there. */
async function thrownBy(entry: string, call: string): Promise<string> {
  const file = join(folder, "call.mjs");
  const url = new URL(`packages/${entry}`, `file://${REPOSITORY}/`);
  writeFiles(folder, {
    "call.mjs": `const library = await import(${JSON.stringify(url)});
      try { await (${call})(library); console.log("nothing"); } catch (error) { console.log(error.name, error.code); }
      process.exit();`,
  });
  return (await outputOf(process.execPath, ["--jitless", file])).trim();
}

describe("without WebAssembly", () => {
  it.each([
    ["preprocess-wasm/dist/index.js", "({ init }) => init()"],
    ["preprocess-wasm/dist/index.js", "({ init }) => init({ module: new Uint8Array(8) })"],
    ["preprocess-wasm/dist/index.js", "({ initSync }) => initSync(new Uint8Array(8))"],
    ["preprocess-wasm/dist/index.js", "({ Preprocessor }) => new Preprocessor()"],
    ["preprocess-wasm/dist/inline.js", "({ init }) => init()"],
    ["preprocess-wasm/dist/jpeg.js", "({ init }) => init()"],
    ["preprocess-wasm/dist/pool/pool.js", "({ PreprocessorPool }) => PreprocessorPool.start()"],
  ])("%s has a PreprocessError for %s", async (entry, call) => {
    expect(await thrownBy(entry, call)).toBe("PreprocessError UNSUPPORTED_ENGINE");
  });

  it.each(["({ enableTraining }) => enableTraining()", "({ enableTraining }) => enableTraining({ threads: 1 })"])(
    "the training kernels have a TrainingWasmError for %s",
    async (call) => {
      expect(await thrownBy("training-wasm/dist/index.js", call)).toBe("TrainingWasmError UNSUPPORTED_ENGINE");
    },
  );

  it("silhouette prepare and train fail with an error that says what to do", async () => {
    await silhouette(["prepare", join(folder, "photos"), "--out", join(folder, "made.arrow"), "--size", "94"]);
    for (const args of [
      ["prepare", "photos", "--out", "photos.arrow"],
      ["train", "photos", "--out", "runs/photos"],
      ["train", "made.arrow", "--out", "runs/made"],
    ]) {
      const { code, stderr } = await withoutWebAssembly(...args);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("[BACKEND_UNAVAILABLE]") as string });
      expect(stderr).toContain("WebAssembly");
    }
  });

  it("silhouette doctor names the flag that causes it, and does not suggest reinstalling", async () => {
    const { stdout } = await withoutWebAssembly("doctor");
    for (const subject of ["WebAssembly SIMD", "preprocessor", "training kernels"]) {
      expect(stdout).toMatch(new RegExp(`✗ ${subject}: .*\\n.*\\n  Run node without --jitless`));
    }
  });
});
