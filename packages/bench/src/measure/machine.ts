// The machine of a measurement: processor, system, versions, day, commit. In: this process. Out: facts, unformatted.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";

import { SHARP_VERSIONS } from "./installed-package.ts";

/** A machine, and when and what it measured. */
export interface Machine {
  /** Name of the processor, from the system. */
  readonly processor: string;
  /** Processors available to this process, as the system counts them. */
  readonly processors: number;
  /** Families and instruction sets that matter to kernels, where the system reports them: `family 25`, `avx2`. */
  readonly features: readonly string[];
  /** Name, version and architecture of the system. */
  readonly system: string;
  /** Versions by name: Node.js and the packages measured. */
  readonly versions: Readonly<Record<string, string>>;
  /** ISO day, UTC. */
  readonly day: string;
  /** Short hash, with `-dirty` if files differ from it; undefined outside a clone. */
  readonly commit: string | undefined;
}

/** The machine that this process runs on. */
export function describeMachine(): Machine {
  return {
    processor: os.cpus()[0]?.model.trim() ?? "unknown",
    processors: os.availableParallelism(),
    features: processorFeatures(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    versions: {
      Node: process.versions.node,
      "@silhouette/preprocess-wasm": packageVersion("@silhouette/preprocess-wasm"),
      "@tensorflow/tfjs-core": packageVersion("@tensorflow/tfjs-core"),
      sharp: SHARP_VERSIONS.sharp,
      libvips: SHARP_VERSIONS.libvips,
      tinybench: packageVersion("tinybench"),
    },
    day: new Date().toISOString().slice(0, 10),
    commit: currentCommit(),
  };
}

/** The version of an installed package whose entry is one folder below its package.json. */
function packageVersion(name: string): string {
  const entry = pathToFileURL(createRequire(import.meta.url).resolve(name));
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", entry), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  return "unknown";
}

/** Flags of /proc/cpuinfo that kernels are chosen by. */
const FLAGS = /^(?:sse4_1|avx|avx2|fma|avx_vnni|avx512(?:f|_vnni|_bf16|_fp16)|amx_\w+|asimd|sve2?)$/;

/** Empty where there is no /proc/cpuinfo. */
function processorFeatures(): readonly string[] {
  let text: string;
  try {
    text = readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return [];
  }
  const valueOf = (name: RegExp): string => name.exec(text)?.[1] ?? "";
  const family = valueOf(/^cpu family\s*: (.*)$/m);
  const model = valueOf(/^model\s*: (.*)$/m);
  const flags = valueOf(/^(?:flags|Features)\s*: (.*)$/m).split(" ");
  return [
    ...(family === "" ? [] : [`family ${family}`, `model ${model}`]),
    ...flags.filter((flag) => FLAGS.test(flag)),
  ];
}

/** Undefined if this package is not part of a clone; it may be installed inside another repository. */
function currentCommit(): string | undefined {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    if (git("ls-files", "package.json") === "") return undefined;
    return git("describe", "--always", "--dirty", "--exclude=*");
  } catch {
    return undefined;
  }
}
