// Checks whether this machine has what silhouette needs: what is available, what is missing, and how to fix it.
//
// Each library is loaded by its own check: one that fails to load is a finding and does not end the diagnosis.

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";

import type * as PreprocessWasm from "@silhouette/preprocess-wasm";
import type Sharp from "sharp";

import type { defaultStepMemory, tryBackend } from "./diagnose-training.ts";
import { TrainerError } from "../../values/errors.ts";
import { availableMemory, totalMemory } from "../backends/machine-memory.ts";
import { gigabytes } from "../../values/units.ts";
import { ownManifest } from "./own-manifest.ts";
import { WholeFile } from "../files/whole-file.ts";

/** What is checked, in this order. */
export type FindingSubject =
  | "silhouette"
  | "Node.js"
  | "machine"
  | "WebAssembly SIMD"
  | "preprocessor"
  | "sharp"
  | "training kernels"
  | "native backend"
  | "other libraries"
  | "memory"
  | "folder";

/** The result of a check. */
export type Outcome =
  | {
      /** Available, for everything that needs it. */
      readonly state: "ready";
      /** Versions, numbers. */
      readonly found: string;
    }
  | {
      /** `limited`: available, but not for everything. `missing`: what needs it will not work. */
      readonly state: "limited" | "missing";
      /** Versions, numbers, or why it is not available. */
      readonly found: string;
      /** How to fix it: a command or a step. */
      readonly remedy: string;
    };

/** What {@link diagnose} reports for one subject. */
export type Finding = {
  /** What was checked. */
  readonly subject: FindingSubject;
  /** What needs it, phrased to follow "for". */
  readonly neededFor: string;
} & Outcome;

/** The facts that the diagnosis is based on. Functions may throw: that is a finding. */
export interface Machine {
  /** Such as `20.19.0`. */
  readonly nodeVersion: string;
  /** Supported versions of Node.js, as in package.json. */
  readonly nodeRange: string;
  readonly platform: string;
  readonly arch: string;
  readonly cores: number;
  /** The folder that runs are written to by default. */
  readonly folder: string;
  /** Whether this is a clone of the repository rather than an installed package. */
  readonly isClone: boolean;
  /** Bytes. */
  readonly totalMemory: () => number;
  /** Bytes. */
  readonly availableMemory: () => number;
  readonly loadPreprocessor: () => Promise<Pick<typeof PreprocessWasm, "init" | "Preprocessor">>;
  readonly loadSharp: () => Promise<Pick<typeof Sharp, "format" | "versions">>;
  readonly loadTraining: () => Promise<{
    readonly tryBackend: typeof tryBackend;
    readonly defaultStepMemory: typeof defaultStepMemory;
  }>;
  readonly loadLibrary: (name: string) => Promise<unknown>;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    nodeRange: ownManifest().engines.node,
    platform: process.platform,
    arch: process.arch,
    cores: availableParallelism(),
    folder: ".",
    isClone: existsSync(new URL("../../../../../scripts/setup.mjs", import.meta.url)),
    totalMemory,
    availableMemory,
    loadPreprocessor: () => import("@silhouette/preprocess-wasm"),
    loadSharp: async () => (await import("sharp")).default,
    loadTraining: () => import("./diagnose-training.ts"),
    loadLibrary: (name) => import(name),
  };
}

/**
 * Checks everything that silhouette needs to run: Node.js, the processor, the preprocessor and the training kernels (each
 * by a computation with a known result), sharp and its formats, memory, and the current folder. It takes a second and
 * leaves no files behind; it starts TensorFlow.js' WASM backend, if possible.
 *
 * Never throws: what cannot be checked is `missing`, and `found` gives the reason.
 *
 * @returns a finding for each subject, always in the same order
 * @example
 * import { diagnose } from "@silhouette/trainer";
 *
 * for (const finding of await diagnose()) {
 *   if (finding.state !== "ready") console.log(finding.subject, finding.found, finding.remedy);
 * }
 */
export async function diagnose(): Promise<readonly Finding[]> {
  return findingsOn(thisMachine());
}

/** {@link diagnose} for any machine. */
export async function findingsOn(machine: Machine): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { subject, neededFor, remedy, check } of CHECKS) {
    const outcome = await check(machine).catch((error: unknown): Outcome => {
      return { state: "missing", found: reasonOf(error), remedy: remedy(machine, error) };
    });
    findings.push({ subject, neededFor, ...outcome });
  }
  return findings;
}

/** The check of one subject. */
interface Check {
  readonly subject: FindingSubject;
  readonly neededFor: string;
  /** How to fix it if `check` throws. */
  readonly remedy: (machine: Machine, error: unknown) => string;
  readonly check: (machine: Machine) => Promise<Outcome>;
}

const CHECKS: readonly Check[] = [
  { subject: "silhouette", neededFor: "everything", remedy: reinstall, check: checkSilhouette },
  { subject: "Node.js", neededFor: "everything", remedy: otherNode, check: checkNode },
  { subject: "machine", neededFor: "everything", remedy: () => "Use another machine.", check: checkMachine },
  { subject: "WebAssembly SIMD", neededFor: "training and its models", remedy: repairKernels, check: checkSimd },
  {
    subject: "preprocessor",
    neededFor: "preprocessing pictures",
    remedy: repairKernels,
    check: checkPreprocessor,
  },
  { subject: "sharp", neededFor: "decoding pictures", remedy: reinstallSharp, check: checkSharp },
  { subject: "training kernels", neededFor: "training and its models", remedy: repairKernels, check: checkKernels },
  { subject: "native backend", neededFor: "--backend node", remedy: repairKernels, check: checkNativeBackend },
  { subject: "other libraries", neededFor: "everything", remedy: reinstall, check: checkOtherLibraries },
  // Node.js reports it in every supported version.
  { subject: "memory", neededFor: "training", remedy: otherNode, check: checkMemory },
  { subject: "folder", neededFor: "runs and datasets without --out", remedy: otherFolder, check: checkFolder },
];

async function checkSilhouette({ isClone }: Machine): Promise<Outcome> {
  const { version } = ownManifest();
  // The build tools are checked by the setup; running silhouette does not need them.
  return { state: "ready", found: isClone ? `${version}, a clone (build tools: npm run setup)` : version };
}

async function checkNode(machine: Machine): Promise<Outcome> {
  const { nodeVersion, nodeRange } = machine;
  if (isInRange(nodeVersion, nodeRange)) return { state: "ready", found: nodeVersion };
  return { state: "missing", found: `${nodeVersion} is not ${nodeRange}`, remedy: otherNode(machine) };
}

/** Whether a version satisfies a range as in package.json's `engines`: `^` and `>=`, joined by `||`. */
function isInRange(version: string, range: string): boolean {
  const [major = 0, minor = 0, patch = 0] = numbersOf(version);
  return range.split("||").some((part) => {
    const [leastMajor = 0, leastMinor = 0, leastPatch = 0] = numbersOf(part);
    if (major !== leastMajor) return major > leastMajor && part.includes(">=");
    return minor === leastMinor ? patch >= leastPatch : minor > leastMinor;
  });
}

function numbersOf(text: string): readonly number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

async function checkMachine({ platform, arch, cores }: Machine): Promise<Outcome> {
  return { state: "ready", found: `${platform} ${arch}, ${cores === 1 ? "1 core" : `${cores} cores`}` };
}

async function checkSimd({ loadPreprocessor }: Machine): Promise<Outcome> {
  const { init, Preprocessor } = await loadPreprocessor();
  await init();
  // It uses the best instruction set of the engine.
  const { instructionSet } = new Preprocessor({ width: 1, height: 1 });
  if (instructionSet === "simd128") return { state: "ready", found: "simd128" };
  return { state: "missing", found: "not supported by this engine", remedy: OTHER_PROCESSOR };
}

async function checkPreprocessor({ loadPreprocessor }: Machine): Promise<Outcome> {
  const { init, Preprocessor } = await loadPreprocessor();
  await init();
  const preprocessor = new Preprocessor({ width: 8, height: 4 });
  // Dark on the left, light on the right, and twice the size of the output.
  const data = Uint8Array.from({ length: 16 * 8 }, (_, index) => (index % 16 < 8 ? 20 : 250));
  const bits = new Uint8Array(preprocessor.packedBytes);
  preprocessor.binarize({ data, width: 16, height: 8, channels: 1 }, bits);
  const [result, expected] = [Buffer.from(bits).toString("hex"), "0f0f0f0f"];
  if (result !== expected)
    throw new Error(`Expected ${expected} for a test picture, but the kernels computed ${result}`);
  if (preprocessor.instructionSet === "simd128") return { state: "ready", found: "simd128, test computation correct" };
  return {
    state: "limited",
    found: "scalar, test computation correct; five times slower",
    remedy: OTHER_PROCESSOR,
  };
}

/** Supported formats: their common names, and sharp's names for them. */
const FORMATS = [
  ["JPEG", "jpeg"],
  ["PNG", "png"],
  ["WebP", "webp"],
  ["GIF", "gif"],
  ["TIFF", "tiff"],
  ["AVIF", "heif"],
] as const;

async function checkSharp(machine: Machine): Promise<Outcome> {
  const { format, versions } = await machine.loadSharp();
  const found = `${versions.sharp ?? "?"} with libvips ${versions.vips}`;
  const lacking = FORMATS.flatMap(([name, key]) => (format[key].input.buffer ? [] : [name]));
  if (lacking.length === 0) return { state: "ready", found: `${found}, all ${FORMATS.length} formats` };
  return { state: "limited", found: `${found}, without ${lacking.join(", ")}`, remedy: reinstall(machine) };
}

async function checkKernels({ loadTraining }: Machine): Promise<Outcome> {
  const { tryBackend } = await loadTraining();
  const { kernelSet, memoryLimitBytes } = await tryBackend("wasm");
  return { state: "ready", found: `${kernelSet}, test computation correct, heap up to ${gigabytes(memoryLimitBytes)}` };
}

/** It is optional, so its absence is not a problem. */
async function checkNativeBackend({ loadTraining }: Machine): Promise<Outcome> {
  try {
    const { tryBackend } = await loadTraining();
    const { kernelSet } = await tryBackend("node");
    return { state: "ready", found: `${kernelSet}, test computation correct` };
  } catch (error) {
    const { cause, hint: remedy } = error instanceof TrainerError ? error : {};
    // It was loaded, but computed an incorrect result.
    if (remedy !== undefined && cause === undefined) return { state: "limited", found: reasonOf(error), remedy };
    const hint = remedy === undefined ? "" : ` ${remedy}`;
    return { state: "ready", found: `not installed; only needed for --backend node.${hint}` };
  }
}

/** The dependencies that the other checks do not load. */
const OTHER_LIBRARIES = [
  "@bufbuild/protobuf",
  "csv-parse",
  "fastest-levenshtein",
  "fflate",
  "flatbuffers",
  "fs-native-extensions",
  "p-limit",
  "p-map",
  "picomatch",
  "valibot",
] as const;

async function checkOtherLibraries({ loadLibrary }: Machine): Promise<Outcome> {
  await Promise.all(OTHER_LIBRARIES.map((name) => loadLibrary(name)));
  return { state: "ready", found: OTHER_LIBRARIES.join(", ") };
}

async function checkMemory(machine: Machine): Promise<Outcome> {
  const { loadTraining } = machine;
  const available = machine.availableMemory();
  const found = `${gigabytes(available)} of ${gigabytes(machine.totalMemory())} free`;
  let step;
  try {
    const { defaultStepMemory } = await loadTraining();
    step = await defaultStepMemory();
  } catch {
    return {
      state: "limited",
      found: `${found}; the memory for a training step is unknown without the training kernels`,
      remedy: "Fix the training kernels first.",
    };
  }
  const whole = `${found}, a training step needs ${gigabytes(step.need)}`;
  if (step.need <= available) return { state: "ready", found: whole };
  return { state: "limited", found: whole, remedy: `${step.smaller(available)} Or close other programs.` };
}

async function checkFolder({ folder }: Machine): Promise<Outcome> {
  // Permissions alone are not enough: a disk may be full, or read-only.
  const file = await WholeFile.create(join(folder, "runs"), "a run");
  await file.discard();
  return { state: "ready", found: `${resolve(folder)} is writable` };
}

/** What current engines need for WebAssembly SIMD. */
const OTHER_PROCESSOR = "Use a processor with SSE 4.1 (x64) or NEON (arm64).";

/** How to enable WebAssembly in an engine that was started without it. */
const WITH_WEBASSEMBLY = "Run node without --jitless; check NODE_OPTIONS, too.";

function otherNode({ nodeRange }: Machine): string {
  return `Install Node.js ${nodeRange}: https://nodejs.org`;
}

function reinstall({ isClone }: Machine): string {
  return `Delete node_modules, then: ${isClone ? "npm run setup" : "npm install"}`;
}

function repairKernels(machine: Machine, error: unknown): string {
  const isUnsupported = [error, error instanceof Error ? error.cause : undefined].some(
    (each) => each instanceof Error && "code" in each && each.code === "UNSUPPORTED_ENGINE",
  );
  if (!isUnsupported) return reinstall(machine);
  return "WebAssembly" in globalThis ? OTHER_PROCESSOR : WITH_WEBASSEMBLY;
}

function reinstallSharp({ isClone }: Machine): string {
  // sharp's binaries are optional dependencies.
  if (isClone) return "npm ci --ignore-scripts --include=optional";
  return `npm install --include=optional sharp@${ownManifest().dependencies.sharp}`;
}

function otherFolder(): string {
  return "Change to another folder, or name a writable one with --out.";
}

/** The reason of a failure, on one line. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // sharp appends advice for all systems.
  const [reason = ""] = message.split("\nPossible solutions:");
  return reason.split("\n").join("; ");
}
