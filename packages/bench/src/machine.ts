// What a measurement ran on: processor, system, versions, day, commit. In: this process. Out: facts, unformatted.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";

import { SHARP_VERSIONS } from "./sharp-peer.ts";

/** Where and when, and of what. */
export interface Machine {
  readonly processor: string;
  /** Processors that this process may use, as the system counts them. */
  readonly processors: number;
  readonly system: string;
  /** Versions by name: Node.js and the packages measured. */
  readonly versions: Readonly<Record<string, string>>;
  /** ISO day, UTC. */
  readonly day: string;
  /** Short hash, or undefined outside a clone. */
  readonly commit: string | undefined;
}

/** The machine that this process runs on. */
export function describeMachine(): Machine {
  return {
    processor: os.cpus()[0]?.model.trim() ?? "unknown",
    processors: os.availableParallelism(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    versions: {
      Node: process.versions.node,
      "@silhouette/preprocess-wasm": packageVersion("@silhouette/preprocess-wasm"),
      sharp: SHARP_VERSIONS.sharp,
      libvips: SHARP_VERSIONS.libvips,
      tinybench: packageVersion("tinybench"),
    },
    day: new Date().toISOString().slice(0, 10),
    commit: currentCommit(),
  };
}

/** The version of an installed package whose entry lies in a folder beside its package.json. */
function packageVersion(name: string): string {
  const entry = pathToFileURL(createRequire(import.meta.url).resolve(name));
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", entry), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  return "unknown";
}

function currentCommit(): string | undefined {
  try {
    const output = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return output.trim();
  } catch {
    return undefined;
  }
}
