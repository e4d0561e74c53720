// The configuration file: silhouette.config.ts, .js, .mjs or .json in the current folder, another file by --config, or the config.json
// of a run, which repeats it.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";

import type { SilhouetteConfig } from "@silhouette/trainer/config";
import { TrainerError } from "@silhouette/trainer/light";

import { EXIT } from "../outcome/exit-codes.ts";
import { Failed } from "../outcome/failed.ts";
import { loaded } from "../outcome/libraries.ts";
import { brokenModule, defaultExport, shownPath } from "./user-module.ts";

/** Names that are looked for in the current folder. */
export const CONFIG_NAMES = [
  "silhouette.config.ts",
  "silhouette.config.js",
  "silhouette.config.mjs",
  "silhouette.config.json",
] as const;

/** A configuration, and where it is from. */
export interface Configuration {
  readonly file: string;
  /** Its settings, with absolute paths. */
  readonly settings: SilhouetteConfig;
  /** Whether it is that of a run whose network was the user's own. */
  readonly needsNetwork: boolean;
}

/**
 * Reads the configuration: `named`, or else the file in the current folder.
 *
 * @returns undefined if there is none
 * @throws {Failed} `CONFIG_NOT_FOUND`, `CONFIG_AMBIGUOUS`, `CONFIG_BROKEN`
 * @throws {TrainerError} `INVALID_ARGUMENT` for wrong keys and values; `RUN_VERSION` or `RUN_DAMAGED` for that of a run
 */
export async function readConfiguration(named: string | undefined): Promise<Configuration | undefined> {
  const file = named ?? inCurrentFolder();
  if (file === undefined) return undefined;
  const path = resolve(file);
  checkFile(path, file);
  const content = extname(path) === ".json" ? readJson(path) : await defaultExport(path, PURPOSE);
  const { checkedConfig } = await loaded(import("@silhouette/trainer/config"));
  if (isOfCrossValidation(content)) throw ofCrossValidation(path);
  if (isOfRun(content)) {
    const { settingsOfRun } = await loaded(import("@silhouette/trainer/runs"));
    const { settings, network } = settingsOfRun(readFileSync(path, "utf8"), shownPath(path));
    return { file, settings, needsNetwork: network === "custom" };
  }
  const settings = checked(() => checkedConfig(content, shownPath(path)), path);
  return { file, settings: withAbsolutePaths(settings, dirname(path)), needsNetwork: false };
}

/** The result of `check`, in which code of the file may run: its getters. */
function checked(check: () => SilhouetteConfig, path: string): SilhouetteConfig {
  try {
    return check();
  } catch (error) {
    throw error instanceof TrainerError ? error : brokenModule(error, path, PURPOSE);
  }
}

const PURPOSE = { code: "CONFIG_BROKEN", what: "a configuration" } as const;

function inCurrentFolder(): string | undefined {
  const [name, ...others] = CONFIG_NAMES.filter((each) => existsSync(each));
  if (others.length === 0) return name;
  throw new Failed({
    code: "CONFIG_AMBIGUOUS",
    message: `Expected one configuration in the current folder, but found ${[name, ...others].join(" and ")}`,
    hint: `Remove one of them, or choose it: --config ${name}`,
    exitCode: EXIT.input,
    cause: undefined,
  });
}

function checkFile(path: string, file: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile() === true && MODULES.has(extname(path))) return;
  const reason =
    status === undefined ? "it does not exist" : status.isFile() ? "its name ends otherwise" : "it is not a file";
  throw new Failed({
    code: "CONFIG_NOT_FOUND",
    message: `Expected a configuration, a file whose name ends in ${[...MODULES].join(", ")}, but received ${JSON.stringify(file)}: ${reason}`,
    hint: "Name a file with settings, such as silhouette.config.ts or the config.json of a run.",
    exitCode: EXIT.input,
    cause: undefined,
  });
}

const MODULES: ReadonlySet<string> = new Set([".ts", ".mts", ".js", ".mjs", ".cjs", ".json"]);

function readJson(path: string): unknown {
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text);
  } catch (error) {
    // Some messages quote lines of the file instead of naming the position.
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : String(error);
    const place = placeIn(text, reason);
    throw new Failed({
      code: "CONFIG_BROKEN",
      message: `Expected a configuration from ${shownPath(path)}${place}, but it is not JSON: ${reason.replace(/ in JSON at position.*| is not valid JSON$/, "")}`,
      hint: "Correct it, and run it again.",
      exitCode: EXIT.input,
      cause: error,
    });
  }
}

/** Where JSON.parse failed, as `:line:column`; empty if its message does not say. */
function placeIn(text: string, reason: string): string {
  const position = /at position (\d+)/.exec(reason)?.[1] ?? (reason.includes("end of JSON") ? text.length : undefined);
  if (position === undefined) return "";
  const before = text.slice(0, Number(position)).split("\n");
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Whether it is the config.json of a run, which has a format version and a checksum. */
function isOfRun(content: unknown): boolean {
  return typeof content === "object" && content !== null && Object.hasOwn(content, "formatVersion");
}

/** Whether it is a file of a cross-validation, whose settings are not those of a single training. */
function isOfCrossValidation(content: unknown): boolean {
  return isOfRun(content) && ["folds", "fold"].some((key) => Object.hasOwn(content as object, key));
}

function ofCrossValidation(path: string): Failed {
  return new Failed({
    code: "CONFIG_BROKEN",
    message: `Expected a configuration from ${shownPath(path)}, but it is a file of a cross-validation, which cannot be repeated from it`,
    hint: "To continue the cross-validation, name its source and its folder: silhouette crossvalidate FOLDER --out RESULTS --resume. A new one takes the same options, or the config.json of a run.",
    exitCode: EXIT.input,
    cause: undefined,
  });
}

/** Paths in a configuration are relative to its folder. */
function withAbsolutePaths(settings: SilhouetteConfig, folder: string): SilhouetteConfig {
  const { source, out, network, init, leaveOut } = settings;
  return {
    ...settings,
    ...(source !== undefined && { source: resolve(folder, source) }),
    ...(out !== undefined && { out: resolve(folder, out) }),
    ...(network !== undefined && { network: resolve(folder, network) }),
    ...(init !== undefined && { init: resolve(folder, init) }),
    // Paths themselves are relative to the source.
    ...(typeof leaveOut === "string" && { leaveOut: resolve(folder, leaveOut) }),
  };
}
