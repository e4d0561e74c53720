// Findings on machines that lack something: each test replaces one fact of this machine.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { init, Preprocessor, type Picture, type PreprocessorOptions } from "@silhouette/preprocess-wasm";
import { TrainingWasmError } from "@silhouette/training-wasm";
import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { diagnose, findingsOn, thisMachine, type Finding, type FindingSubject, type Machine } from "./diagnose.ts";
import { defaultStepMemory, tryBackend } from "./diagnose-training.ts";
import { TrainerError } from "../../values/errors.ts";
import { ownManifest } from "./own-manifest.ts";
import { emptyFolder, folderWith } from "../../testing/folders.ts";

/** This machine, with enough memory for training whatever other programs use. */
function machineWith(facts: Partial<Machine>): Machine {
  return { ...thisMachine(), totalMemory: () => 16e9, availableMemory: () => 8e9, folder: emptyFolder(), ...facts };
}

async function findingOf(subject: FindingSubject, facts: Partial<Machine>): Promise<Finding | undefined> {
  return (await findingsOn(machineWith(facts))).find((finding) => finding.subject === subject);
}

/** Subjects that are not ready, with their states. */
async function lacking(facts: Partial<Machine>): Promise<readonly string[]> {
  const findings = await findingsOn(machineWith(facts));
  return findings.flatMap(({ subject, state }) => (state === "ready" ? [] : [`${subject} ${state}`]));
}

/** Loads a module that is not installed. */
async function unloadable(): Promise<never> {
  throw new Error("Cannot find package");
}

describe("diagnose", () => {
  it("checks everything, always in the same order, and reports what this machine has", async () => {
    const findings = await diagnose();
    expect(findings.map(({ subject }) => subject)).toEqual([
      "silhouette",
      "Node.js",
      "machine",
      "WebAssembly SIMD",
      "preprocessor",
      "sharp",
      "training kernels",
      "native backend",
      "other libraries",
      "memory",
      "folder",
    ]);
    const found = Object.fromEntries(findings.map((finding) => [finding.subject, finding.found]));
    expect(found["Node.js"]).toContain(process.versions.node);
    expect(found["machine"]).toContain(`${process.platform} ${process.arch}`);
    expect(found["sharp"]).toContain(`${sharp.versions.sharp} with libvips ${sharp.versions.vips}`);
  });

  it("reports nothing missing if everything is available, and leaves no files behind", async () => {
    const folder = emptyFolder();
    expect(await lacking({ folder })).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["18.20.4", "missing"],
    ["20.18.3", "missing"],
    ["20.19.0", "ready"],
    ["21.7.3", "missing"],
    ["22.11.0", "missing"],
    ["22.12.0", "ready"],
    ["24.0.0", "ready"],
  ])("reports Node.js %s as %s, in accordance with package.json's engines", async (nodeVersion, state) => {
    expect(await findingOf("Node.js", { nodeVersion })).toMatchObject({ state });
  });

  it("names the supported versions of Node.js", async () => {
    expect(await findingOf("Node.js", { nodeVersion: "18.20.4" })).toMatchObject({
      found: "18.20.4 is not ^20.19.0 || >=22.12.0",
      remedy: "Install Node.js ^20.19.0 || >=22.12.0: https://nodejs.org",
    });
  });

  it("continues without SIMD: the preprocessor is limited, and training is not possible", async () => {
    const facts: Partial<Machine> = {
      loadPreprocessor: async () => ({
        init: () => init({ instructionSet: "scalar" }),
        Preprocessor: class extends Preprocessor {
          constructor(options?: PreprocessorOptions) {
            super({ ...options, instructionSet: "scalar" });
          }
        },
      }),
      loadTraining: async () => ({
        tryBackend: noSimd,
        defaultStepMemory: noSimd,
      }),
    };
    expect(await lacking(facts)).toEqual([
      "WebAssembly SIMD missing",
      "preprocessor limited",
      "training kernels missing",
      "memory limited",
    ]);
    // Another installation would not help.
    const remedy = "Use a processor with SSE 4.1 (x64) or NEON (arm64).";
    expect(await findingOf("training kernels", facts)).toMatchObject({ remedy });
  });

  it("detects kernels that compute incorrect results", async () => {
    const facts: Partial<Machine> = {
      loadPreprocessor: async () => ({
        init,
        Preprocessor: class extends Preprocessor {
          override binarize(picture: Picture, bits: Uint8Array): number {
            const threshold = super.binarize(picture, bits);
            bits[0] = 0x1f;
            return threshold;
          }
        },
      }),
    };
    expect(await lacking(facts)).toEqual(["preprocessor missing"]);
    const { found } = (await findingOf("preprocessor", facts)) ?? {};
    expect(found).toBe("Expected 0f0f0f0f for a test picture, but the kernels computed 1f0f0f0f");
  });

  it.each<[string, Error | undefined, string]>([
    ["is not installed", new Error("Cannot find package"), "ready"],
    ["computes incorrect results", undefined, "limited"],
  ])("reports a native backend that %s", async (_, cause, state) => {
    const facts: Partial<Machine> = {
      loadTraining: async () => ({
        tryBackend: async (name) => {
          if (name === "wasm") return tryBackend(name);
          throw new TrainerError("BACKEND_UNAVAILABLE", "Expected it", "Install it.", cause && { cause });
        },
        defaultStepMemory,
      }),
    };
    expect(await lacking(facts)).toEqual(state === "ready" ? [] : [`native backend ${state}`]);
    const { found, ...finding } = (await findingOf("native backend", facts)) ?? {};
    expect(`${found} ${"remedy" in finding ? finding.remedy : ""}`).toContain("Install it.");
  });

  it("reports why sharp cannot be loaded, and the command that fixes it in this installation", async () => {
    const loadSharp = async (): Promise<never> => {
      throw new Error("Could not load the module\nERR_DLOPEN_FAILED: no libstdc++\nPossible solutions:\n- many");
    };
    expect(await lacking({ loadSharp })).toEqual(["sharp missing"]);
    expect(await findingOf("sharp", { loadSharp, isClone: true })).toMatchObject({
      found: "Could not load the module; ERR_DLOPEN_FAILED: no libstdc++",
      remedy: "npm ci --ignore-scripts --include=optional",
    });
    expect(await findingOf("sharp", { loadSharp, isClone: false })).toMatchObject({
      remedy: `npm install --include=optional sharp@${sharp.versions.sharp}`,
    });
  });

  it("names the formats that another libvips cannot decode", async () => {
    const unreadable = { input: { file: false, buffer: false, stream: false } };
    const format = { ...sharp.format, heif: { ...sharp.format.heif, ...unreadable } };
    const finding = await findingOf("sharp", { loadSharp: async () => ({ versions: sharp.versions, format }) });
    expect(finding).toMatchObject({ state: "limited" });
    expect(finding?.found).toMatch(/, without AVIF$/);
  });

  it("reports that TensorFlow.js cannot be loaded, and still checks the memory", async () => {
    const facts: Partial<Machine> = { loadTraining: unloadable, isClone: false };
    expect(await lacking(facts)).toEqual(["training kernels missing", "memory limited"]);
    expect(await findingOf("training kernels", facts)).toMatchObject({
      found: "Cannot find package",
      remedy: "Delete node_modules, then: npm install",
    });
    expect((await findingOf("memory", facts))?.found).toMatch(/^8\.0 GB of 16\.0 GB free; /);
  });

  it("reports any other library that cannot be loaded", async () => {
    const loadLibrary = async (name: string): Promise<unknown> =>
      name === "flatbuffers" ? unloadable() : Promise.resolve({});
    expect(await lacking({ loadLibrary })).toEqual(["other libraries missing"]);
  });

  it("checks every dependency of this package", async () => {
    const seen = ["@silhouette/preprocess-wasm", "sharp"];
    // Loaded by the training checks.
    seen.push("@silhouette/training-wasm", "@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-core");
    seen.push("@tensorflow/tfjs-layers", "pure-rand");
    // Only used in pages; Node.js has hashes of its own.
    seen.push("@noble/hashes", "crc");
    // Bundled by the build: its package is there for its types.
    seen.push("apache-arrow");
    // Starts WebAssembly when it is imported, and throws where there is none; only exports to Keras and imports need it.
    seen.push("h5wasm");
    await findingsOn(machineWith({ loadLibrary: async (name) => seen.push(name) }));
    expect(seen.toSorted()).toEqual(Object.keys(ownManifest().dependencies).toSorted());
  });

  it("names the largest batch that fits if a step needs more memory than is free", async () => {
    const { need } = await defaultStepMemory();
    expect(await lacking({ availableMemory: () => need })).toEqual([]);
    expect(await lacking({ availableMemory: () => need - 1 })).toEqual(["memory limited"]);
    expect(await findingOf("memory", { availableMemory: () => need - 1 })).toMatchObject({
      remedy: "Use batches of 49 pictures or fewer, or smaller pictures. Or close other programs.",
    });
    expect(await findingOf("memory", { availableMemory: () => 1e6 })).toMatchObject({
      remedy: "Use smaller pictures. Or close other programs.",
    });
  });

  it.each([
    ["does not exist", () => join(emptyFolder(), "none"), "its folder does not exist"],
    ["is a file", () => join(folderWith({ file: "" }), "file"), "its folder is a file"],
  ])("reports that a folder that %s is not writable", async (_, folderOf, reason) => {
    const folder = folderOf();
    const finding = await findingOf("folder", { folder });
    expect(finding).toMatchObject({ state: "missing", remedy: expect.stringContaining("--out") });
    expect(finding?.found).toContain(reason);
    expect(existsSync(join(folder, "runs"))).toBe(false);
  });
});

describe("tryBackend", () => {
  it("verifies the kernels with a test computation, and returns their memory limit", async () => {
    const { kernelSet, memoryLimitBytes } = await tryBackend("wasm");
    expect(kernelSet).toBeOneOf(["relaxed", "simd128"]);
    expect(memoryLimitBytes).toBeGreaterThan(0);
  });
});

/** The backend's error on a processor without SIMD. */
async function noSimd(): Promise<never> {
  const cause = new TrainingWasmError("UNSUPPORTED_ENGINE", "Expected an engine with WebAssembly SIMD");
  throw new TrainerError("BACKEND_UNAVAILABLE", cause.message, "", { cause });
}
