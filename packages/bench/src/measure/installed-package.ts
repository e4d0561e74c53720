// npm packages that are peers but not dependencies: they are measured if they are installed beside this package or in a
// folder of NODE_PATH. In: a package's name. Out: the package, its version, and its size on disk.

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import sharp from "sharp";

import { notInstalled } from "./errors.ts";

/** Versions of sharp and of the library beneath it. */
export const SHARP_VERSIONS: { readonly sharp: string; readonly libvips: string } = {
  sharp: sharp.versions.sharp,
  libvips: sharp.versions.vips,
};

/** The library of a peer. */
export interface Library {
  /** Of the package. */
  readonly name: string;
  /** Of the package. */
  readonly version: string;
  /** Bytes of its files, with those of all packages that it depends on. */
  readonly installedBytes: number;
}

/** Fields of a package.json. */
interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The package's exports.
 *
 * @throws {BenchError} `NOT_INSTALLED`, with the reason as its message
 */
export function loadPackage(name: string): unknown {
  try {
    return createRequire(import.meta.url)(name);
  } catch (cause) {
    const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw notInstalled(reason, cause);
  }
}

/**
 * Version and size of a package that is installed.
 *
 * @throws {BenchError} `NOT_INSTALLED`
 */
export function describePackage(name: string): Library {
  const folder = folderOf(name, import.meta.url);
  if (folder === undefined) throw notInstalled(`Cannot find module '${name}'`);
  const folders = new Set<string>();
  addWithDependencies(folder, folders);
  const installedBytes = [...folders].reduce((sum, each) => sum + bytesIn(each), 0);
  return { name, version: manifestOf(folder).version, installedBytes };
}

/** Folder and version of a package that is installed; undefined if it is not. */
export function installedPackage(name: string): { readonly folder: string; readonly version: string } | undefined {
  const folder = folderOf(name, import.meta.url);
  return folder === undefined ? undefined : { folder, version: manifestOf(folder).version };
}

/** Adds a package's folder and those of what it depends on; optional packages are those of this system. */
function addWithDependencies(folder: string, folders: Set<string>): void {
  if (folders.has(folder)) return;
  folders.add(folder);
  const { dependencies, optionalDependencies } = manifestOf(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const dependency = folderOf(name, join(folder, "package.json"));
    if (dependency !== undefined) addWithDependencies(dependency, folders);
  }
}

/** Not by resolving an entry: some packages have none, and some hide their package.json. */
function folderOf(name: string, from: string): string | undefined {
  const candidates = (createRequire(from).resolve.paths(name) ?? []).map((each) => join(each, name));
  const folder = candidates.find((each) => existsSync(join(each, "package.json")));
  return folder && realpathSync(folder);
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** Size of all files in a folder, except those of nested packages. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return sum + statSync(path).size;
    return entry.isDirectory() && entry.name !== "node_modules" ? sum + bytesIn(path) : sum;
  }, 0);
}
