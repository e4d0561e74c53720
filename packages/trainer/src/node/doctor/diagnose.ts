// What silhouette needs of the machine that it is on: what is there, what is missing, and what mends it.
//
// Loads no library before it is looked at: one that cannot be loaded is a finding, not the end of the diagnosis.

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

/** What is looked at, in this order. */
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

/** How well something is there. */
export type Outcome =
  | {
      /** There, for everything that needs it. */
      readonly state: "ready";
      /** Versions, numbers. */
      readonly found: string;
    }
  | {
      /** `limited`: there, but not for everything. `missing`: what it is needed for cannot be done. */
      readonly state: "limited" | "missing";
      /** Versions, numbers, or why it is not there. */
      readonly found: string;
      /** The command or the step that mends it. */
      readonly remedy: string;
    };

/** What {@link diagnose} tells of one subject. */
export type Finding = {
  /** What was looked at. */
  readonly subject: FindingSubject;
  /** What needs it: goes on after "for". */
  readonly neededFor: string;
} & Outcome;

/** Where the diagnosis gets its facts. Whatever is a function may throw: that is a finding. */
export interface Machine {
  /** Like `20.19.0`. */
  readonly nodeVersion: string;
  /** The versions of Node.js that will do, as package.json has them. */
  readonly nodeRange: string;
  readonly platform: string;
  readonly arch: string;
  readonly cores: number;
  /** The folder that runs are written to, if nothing else is said. */
  readonly folder: string;
  /** Whether silhouette was built here, in a clone of its repository. */
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

/** The machine that this process is on. */
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
 * Looks at everything that silhouette needs to run: Node.js, the processor, the preprocessor and the training kernels
 * (each computes something whose answer is known), sharp and its formats, memory, and the current folder. It takes a second
 * and leaves nothing behind; TensorFlow.js' WASM backend is started by it, if it can be.
 *
 * Never throws: what cannot be looked at is `missing`, and `found` says why.
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

/** {@link diagnose} on any machine. */
export async function findingsOn(machine: Machine): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { subject, neededFor, remedy, look } of CHECKS) {
    const outcome = await look(machine).catch((error: unknown): Outcome => {
      return { state: "missing", found: reasonOf(error), remedy: remedy(machine, error) };
    });
    findings.push({ subject, neededFor, ...outcome });
  }
  return findings;
}

/** How one subject is looked at. */
interface Check {
  readonly subject: FindingSubject;
  readonly neededFor: string;
  /** What mends it if `look` throws. */
  readonly remedy: (machine: Machine, error: unknown) => string;
  readonly look: (machine: Machine) => Promise<Outcome>;
}

const CHECKS: readonly Check[] = [
  { subject: "silhouette", neededFor: "everything", remedy: reinstall, look: lookAtSilhouette },
  { subject: "Node.js", neededFor: "everything", remedy: otherNode, look: lookAtNode },
  { subject: "machine", neededFor: "everything", remedy: () => "Use another machine.", look: lookAtMachine },
  { subject: "WebAssembly SIMD", neededFor: "training and its models", remedy: mendKernels, look: lookAtSimd },
  {
    subject: "preprocessor",
    neededFor: "making pictures black and white",
    remedy: mendKernels,
    look: lookAtPreprocessor,
  },
  { subject: "sharp", neededFor: "decoding pictures", remedy: reinstallSharp, look: lookAtSharp },
  { subject: "training kernels", neededFor: "training and its models", remedy: mendKernels, look: lookAtKernels },
  { subject: "native backend", neededFor: "--backend node", remedy: mendKernels, look: lookAtNativeBackend },
  { subject: "other libraries", neededFor: "everything", remedy: reinstall, look: lookAtOtherLibraries },
  // Node.js tells it, from the oldest version on that will do.
  { subject: "memory", neededFor: "training", remedy: otherNode, look: lookAtMemory },
  { subject: "folder", neededFor: "runs and datasets without --out", remedy: otherFolder, look: lookAtFolder },
];

async function lookAtSilhouette({ isClone }: Machine): Promise<Outcome> {
  const { version } = ownManifest();
  // What builds it is looked after there, and is not needed to run it.
  return { state: "ready", found: isClone ? `${version}, a clone; its tools: npm run setup` : version };
}

async function lookAtNode(machine: Machine): Promise<Outcome> {
  const { nodeVersion, nodeRange } = machine;
  if (isInRange(nodeVersion, nodeRange)) return { state: "ready", found: nodeVersion };
  return { state: "missing", found: `${nodeVersion} is not ${nodeRange}`, remedy: otherNode(machine) };
}

/** Whether a version is in a range of package.json's `engines`: `^` and `>=`, with `||` between. */
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

async function lookAtMachine({ platform, arch, cores }: Machine): Promise<Outcome> {
  return { state: "ready", found: `${platform} ${arch}, ${cores === 1 ? "1 core" : `${cores} cores`}` };
}

async function lookAtSimd({ loadPreprocessor }: Machine): Promise<Outcome> {
  const { init, Preprocessor } = await loadPreprocessor();
  await init();
  // It takes the best that the engine has.
  const { instructionSet } = new Preprocessor({ width: 1, height: 1 });
  if (instructionSet === "simd128") return { state: "ready", found: "simd128" };
  return { state: "missing", found: "this engine has none", remedy: OTHER_PROCESSOR };
}

async function lookAtPreprocessor({ loadPreprocessor }: Machine): Promise<Outcome> {
  const { init, Preprocessor } = await loadPreprocessor();
  await init();
  const preprocessor = new Preprocessor({ width: 8, height: 4 });
  // Dark on the left, light on the right, and twice as large as what comes out.
  const data = Uint8Array.from({ length: 16 * 8 }, (_, index) => (index % 16 < 8 ? 20 : 250));
  const bits = new Uint8Array(preprocessor.packedBytes);
  preprocessor.binarize({ data, width: 16, height: 8, channels: 1 }, bits);
  const [answer, right] = [Buffer.from(bits).toString("hex"), "0f0f0f0f"];
  if (answer !== right) throw new Error(`Expected ${right} of a known picture, but the kernels answered ${answer}`);
  if (preprocessor.instructionSet === "simd128") return { state: "ready", found: "simd128, answer right" };
  return { state: "limited", found: "scalar, answer right; five times slower", remedy: OTHER_PROCESSOR };
}

/** Formats that are read, as people and as sharp call them. */
const FORMATS = [
  ["JPEG", "jpeg"],
  ["PNG", "png"],
  ["WebP", "webp"],
  ["GIF", "gif"],
  ["TIFF", "tiff"],
  ["AVIF", "heif"],
] as const;

async function lookAtSharp(machine: Machine): Promise<Outcome> {
  const { format, versions } = await machine.loadSharp();
  const found = `${versions.sharp ?? "?"} with libvips ${versions.vips}`;
  const lacking = FORMATS.flatMap(([name, key]) => (format[key].input.buffer ? [] : [name]));
  if (lacking.length === 0) return { state: "ready", found: `${found}, all ${FORMATS.length} formats` };
  return { state: "limited", found: `${found}, without ${lacking.join(", ")}`, remedy: reinstall(machine) };
}

async function lookAtKernels({ loadTraining }: Machine): Promise<Outcome> {
  const { tryBackend } = await loadTraining();
  const { kernelSet, memoryLimitBytes } = await tryBackend("wasm");
  return { state: "ready", found: `${kernelSet}, answer right, heap up to ${gigabytes(memoryLimitBytes)}` };
}

/** Nothing else needs it: that it is not there is no fault. */
async function lookAtNativeBackend({ loadTraining }: Machine): Promise<Outcome> {
  try {
    const { tryBackend } = await loadTraining();
    const { kernelSet } = await tryBackend("node");
    return { state: "ready", found: `${kernelSet}, answer right` };
  } catch (error) {
    const { cause, hint: remedy } = error instanceof TrainerError ? error : {};
    // It was loaded, but what it computed is wrong.
    if (remedy !== undefined && cause === undefined) return { state: "limited", found: reasonOf(error), remedy };
    const hint = remedy === undefined ? "" : ` ${remedy}`;
    return { state: "ready", found: `not there, and needed for --backend node alone.${hint}` };
  }
}

/** The dependencies that nothing above has loaded. */
const OTHER_LIBRARIES = [
  "apache-arrow",
  "fastest-levenshtein",
  "flatbuffers",
  "fs-native-extensions",
  "p-limit",
  "p-map",
  "valibot",
] as const;

async function lookAtOtherLibraries({ loadLibrary }: Machine): Promise<Outcome> {
  await Promise.all(OTHER_LIBRARIES.map((name) => loadLibrary(name)));
  return { state: "ready", found: OTHER_LIBRARIES.join(", ") };
}

async function lookAtMemory(machine: Machine): Promise<Outcome> {
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
      found: `${found}; what a step needs, the kernels tell`,
      remedy: "Mend the kernels first.",
    };
  }
  const whole = `${found}, a step needs ${gigabytes(step.need)}`;
  if (step.need <= available) return { state: "ready", found: whole };
  return { state: "limited", found: whole, remedy: `${step.smaller(available)} Or close other programs.` };
}

async function lookAtFolder({ folder }: Machine): Promise<Outcome> {
  // Permissions tell less: a disk may be full, or read-only.
  const file = await WholeFile.create(join(folder, "runs"), "a run");
  await file.discard();
  return { state: "ready", found: `${resolve(folder)} can be written to` };
}

/** What gives an engine of today WebAssembly SIMD. */
const OTHER_PROCESSOR = "Use a processor with SSE 4.1 (x64) or NEON (arm64).";

/** What gives an engine WebAssembly that was started without it. */
const WITH_WEBASSEMBLY = "Run node without --jitless: look at NODE_OPTIONS, too.";

function otherNode({ nodeRange }: Machine): string {
  return `Install Node.js ${nodeRange}: https://nodejs.org`;
}

function reinstall({ isClone }: Machine): string {
  return `Delete node_modules, then: ${isClone ? "npm run setup" : "npm install"}`;
}

function mendKernels(machine: Machine, error: unknown): string {
  const isUnsupported = [error, error instanceof Error ? error.cause : undefined].some(
    (each) => each instanceof Error && "code" in each && each.code === "UNSUPPORTED_ENGINE",
  );
  if (!isUnsupported) return reinstall(machine);
  return "WebAssembly" in globalThis ? OTHER_PROCESSOR : WITH_WEBASSEMBLY;
}

function reinstallSharp({ isClone }: Machine): string {
  // Its binaries are optional dependencies.
  if (isClone) return "npm ci --ignore-scripts --include=optional";
  return `npm install --include=optional sharp@${ownManifest().dependencies.sharp}`;
}

function otherFolder(): string {
  return "Go to another folder, or name one that can be written to with --out.";
}

/** Why something failed, on one line. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // sharp goes on with advice for all systems.
  const [reason = ""] = message.split("\nPossible solutions:");
  return reason.split("\n").join("; ");
}
