// The native backend on every supported version of Node.js: one build works with all of them.
//
// Setup lists the other versions in SILHOUETTE_NODES, and sets SILHOUETTE_TFJS_NODE if tfjs-node is available.

import { execFileSync } from "node:child_process";
import { join, delimiter } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { carsAndBuses, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { run } from "./programs.ts";
import { eventsOf, SILHOUETTE } from "./silhouette.ts";

const others = (process.env["SILHOUETTE_NODES"] ?? "").split(delimiter).filter((path) => path !== "");
const nodes = [process.execPath, ...others].map((program) => [versionOf(program), program] as const);

const folder = newFolder();
afterAll(() => removeFolder(folder));

describe.skipIf(process.env["SILHOUETTE_TFJS_NODE"] !== "1")("--backend node", () => {
  beforeAll(async () => {
    writeFiles(join(folder, "photos"), await carsAndBuses(30));
  });

  it.each(nodes)(
    "trains, evaluates and predicts on Node %s, and resumes what WebAssembly began",
    async (version, node) => {
      const out = join(folder, `run-${version}`);
      const events = async (...args: readonly string[]) => {
        const { code, stdout, stderr } = await run(node, [SILHOUETTE, ...args, "--json"], { cwd: folder });
        expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
        return eventsOf(stdout);
      };
      const training = ["train", "photos", "--out", out] as const;
      const begun = await events(...training, "--size", "94", "--batch", "8", "--epochs", "1", "--backend", "wasm");
      expect(begun.find(({ type }) => type === "plan")).toMatchObject({ config: { backend: "wasm" } });
      const resumed = await events(...training, "--resume", "--epochs", "2", "--backend", "node");
      expect(resumed.find(({ type }) => type === "plan")).toMatchObject({
        config: { backend: "node", kernelSet: expect.stringMatching(/^tensorflow-\d+\.\d+\.\d+$/) as string },
        epochsDone: 1,
      });
      const evaluated = await events("evaluate", out, "photos", "--backend", "node");
      expect(evaluated.find(({ type }) => type === "backend")).toMatchObject({ name: "node" });
      // The same model, the same pictures.
      expect(evaluated.at(-1)).toMatchObject({ correct: resumed.at(-1)?.["correct"] });
      const predicted = await events("predict", out, join("photos", "car"), "--backend", "node");
      expect(predicted.filter(({ type }) => type === "prediction")).toHaveLength(30);
    },
  );

  it.each(nodes)("exits with the right code after an early error of a training on Node %s", async (version, node) => {
    const args = ["train", "nothing", "--out", join(folder, `none-${version}`), "--backend", "node"];
    const { code, signal, stderr } = await run(node, [SILHOUETTE, ...args], { cwd: folder });
    expect({ code, signal }).toEqual({ code: 3, signal: null });
    expect(stderr).toContain("[FOLDER_NOT_FOUND]");
  });
});

function versionOf(program: string): string {
  return execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
}
