// How this process was invoked, so that printed commands can be pasted: `silhouette`, `npx silhouette`, or `node` and the path of
// a clone.

import { existsSync, realpathSync } from "node:fs";
import { posix, win32, type PlatformPath } from "node:path";

import { pathArgument, quoted, shellOf } from "./quoted.ts";

/** What a process reveals about how it was invoked. */
export interface Caller {
  /** The script as it was named, with symbolic links unresolved: `process.argv[1]`. */
  readonly script: string;
  /** The current folder; undefined if it was removed. */
  readonly folder: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
}

/** This process. */
export function thisProcess(): Caller {
  const { argv, env, platform } = process;
  return { script: argv[1] ?? "silhouette", folder: currentFolder(), env, platform };
}

/** The current folder; undefined if it was removed. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** The first words of a command line that runs the command again. */
export function calledAs({ script, folder, env, platform }: Caller): string {
  const paths = platform === "win32" ? win32 : posix;
  const terminal = pathFolders(env, paths);
  if (isOnPath(script, terminal, paths)) return "silhouette";
  const project = projectOf(script, paths);
  if (project !== undefined) {
    // npx keeps packages that no project depends on in its own cache.
    if (paths.basename(paths.dirname(project)) === "_npx") return "npx @silhouette/cli";
    if (folder !== undefined && isWithin(folder, project, paths)) return runner(script, env, paths);
    if (hasInstalled(terminal, paths)) return "silhouette";
  }
  return `node ${quoted(shortest(script, folder, paths), shellOf(platform, env))}`;
}

/**
 * A command line that can be pasted.
 *
 * @param words the arguments: `{ path }` for paths, which may start with a dash
 * @param caller how the command was invoked
 */
export function commandLine(
  words: readonly (string | { readonly path: string })[],
  caller: Caller = thisProcess(),
): string {
  const shell = shellOf(caller.platform, caller.env);
  const rest = words.map((word) => quoted(typeof word === "string" ? word : pathArgument(word.path), shell));
  return [calledAs(caller), ...rest].join(" ");
}

/** `hint`, with the command line after its colon as this process was invoked. */
export function asCalled(hint: string): string {
  return hint.replace(/(?<=: )silhouette (?=[a-z])/, () => `${commandLine([])} `);
}

/** The folder whose `node_modules` contains the script. */
function projectOf(script: string, { sep }: PlatformPath): string | undefined {
  const parts = script.split(sep);
  const place = parts.lastIndexOf("node_modules");
  return place === -1 ? undefined : parts.slice(0, place).join(sep) || sep;
}

function isWithin(folder: string, ancestor: string, paths: PlatformPath): boolean {
  const way = paths.relative(ancestor, folder);
  // There is no way between two drives of Windows.
  return way !== ".." && !way.startsWith(`..${paths.sep}`) && !paths.isAbsolute(way);
}

/** The command that runs a project's own programs. */
function runner(script: string, env: NodeJS.ProcessEnv, paths: PlatformPath): string {
  const agent = env["npm_config_user_agent"] ?? "";
  if (agent.startsWith("pnpm/")) return "pnpm exec silhouette";
  if (agent.startsWith("yarn/")) return "yarn silhouette";
  if (agent.startsWith("bun/")) return "bunx silhouette";
  // In a clone, node_modules has only a link, and npx must not search the registry for what is not built.
  return projectOf(realPath(script), paths) === undefined ? "npx --no-install silhouette" : "npx silhouette";
}

/** Folders of PATH in every terminal: npm prepends `node_modules/.bin` only for its scripts. */
function pathFolders(env: NodeJS.ProcessEnv, paths: PlatformPath): readonly string[] {
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(paths.delimiter);
  return folders.filter((each) => each !== "" && !each.endsWith(paths.join("node_modules", ".bin")));
}

function isOnPath(script: string, folders: readonly string[], paths: PlatformPath): boolean {
  const real = realPath(script);
  return folders.some(
    (each) => existsSync(paths.join(each, "silhouette")) && realPath(paths.join(each, "silhouette")) === real,
  );
}

/** Whether there is a global installation with scripts instead of links, as on Windows. */
function hasInstalled(folders: readonly string[], paths: PlatformPath): boolean {
  return folders.some((each) => ["silhouette", "silhouette.cmd"].some((name) => existsSync(paths.join(each, name))));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** `script` relative to the current folder, if that is shorter. */
function shortest(script: string, folder: string | undefined, paths: PlatformPath): string {
  const way = folder === undefined ? script : paths.relative(folder, script);
  return way.length < script.length ? pathArgument(way) : script;
}
