// How this process was called, so that commands that are printed can be pasted: `silhouette`, `npx silhouette`, or `node` and
// the path of a clone.

import { existsSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, join, relative, sep } from "node:path";

import { pathArgument, quoted, shellOf } from "./quoted.ts";

/** A process, as far as it says how it was called. */
export interface Caller {
  /** The script as it was named, with symbolic links: `process.argv[1]`. */
  readonly script: string;
  /** The current folder; undefined where it has been removed. */
  readonly folder: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
}

/** This process. */
export function thisProcess(): Caller {
  const { argv, env, platform } = process;
  return { script: argv[1] ?? "silhouette", folder: currentFolder(), env, platform };
}

/** The current folder; undefined where it has been removed. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** What runs the command once more, as the first words of a command line. */
export function calledAs({ script, folder, env, platform }: Caller): string {
  if (isOnPath(script, env)) return "silhouette";
  const project = projectOf(script);
  if (project !== undefined) {
    // npx keeps packages that no project has in a cache of its own.
    if (basename(dirname(project)) === "_npx") return "npx @silhouette/cli";
    if (folder !== undefined && isWithin(folder, project)) return runner(script, env);
    if (hasInstalled(env)) return "silhouette";
  }
  return `node ${quoted(shortest(script, folder), shellOf(platform, env))}`;
}

/**
 * A command line that can be pasted.
 *
 * @param words what follows the command: `{ path }` for paths, which may begin with a dash
 * @param caller how the command was called
 */
export function commandLine(
  words: readonly (string | { readonly path: string })[],
  caller: Caller = thisProcess(),
): string {
  const shell = shellOf(caller.platform, caller.env);
  const rest = words.map((word) => quoted(typeof word === "string" ? word : pathArgument(word.path), shell));
  return [calledAs(caller), ...rest].join(" ");
}

/** `hint`, whose command line, after a colon, begins as this process was called. */
export function asCalled(hint: string): string {
  return hint.replace(/(?<=: )silhouette (?=[a-z])/, () => `${commandLine([])} `);
}

/** The folder whose `node_modules` has the script. */
function projectOf(script: string): string | undefined {
  const parts = script.split(sep);
  const place = parts.lastIndexOf("node_modules");
  return place === -1 ? undefined : parts.slice(0, place).join(sep) || sep;
}

function isWithin(folder: string, ancestor: string): boolean {
  const way = relative(ancestor, folder);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

/** What runs a project's own programs. */
function runner(script: string, env: NodeJS.ProcessEnv): string {
  const agent = env["npm_config_user_agent"] ?? "";
  if (agent.startsWith("pnpm/")) return "pnpm exec silhouette";
  if (agent.startsWith("yarn/")) return "yarn silhouette";
  if (agent.startsWith("bun/")) return "bunx silhouette";
  // In a clone node_modules has only a link, and what is not built must not be looked for in the registry.
  return projectOf(realPath(script)) === undefined ? "npx --no-install silhouette" : "npx silhouette";
}

/** Folders of PATH that are there in every terminal: npm puts `node_modules/.bin` before them for its scripts alone. */
function pathFolders(env: NodeJS.ProcessEnv): readonly string[] {
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(delimiter);
  return folders.filter((each) => each !== "" && !each.endsWith(join("node_modules", ".bin")));
}

function isOnPath(script: string, env: NodeJS.ProcessEnv): boolean {
  const real = realPath(script);
  return pathFolders(env).some(
    (each) => existsSync(join(each, "silhouette")) && realPath(join(each, "silhouette")) === real,
  );
}

/** A global installation by scripts instead of links, as on Windows. */
function hasInstalled(env: NodeJS.ProcessEnv): boolean {
  return pathFolders(env).some((each) => ["silhouette", "silhouette.cmd"].some((name) => existsSync(join(each, name))));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** `script` from the current folder, if that is shorter. */
function shortest(script: string, folder: string | undefined): string {
  const way = folder === undefined ? script : relative(folder, script);
  return way.length < script.length ? pathArgument(way) : script;
}
