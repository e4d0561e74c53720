// The argument that names the pictures of a command: a folder of photographs, a dataset, or a pattern of dataset files, which most shells
// replace by the names of the files.

import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import type { Command } from "commander";

/** The argument of commands that need a source, for Commander. */
export const SOURCE = "<FOLDER|FILE.arrow...>";

/** The argument of commands whose source may be the configuration's, for Commander. */
export const OPTIONAL_SOURCE = "[FOLDER|FILE.arrow...]";

/** The source that `words` name, of which there is at least one. Several must be files of one folder, of which it is a pattern. */
export function sourceOf(words: readonly string[], command: Command): string {
  const [first = "", ...others] = words;
  if (others.length === 0) return first;
  const pattern = patternOf(words);
  if (pattern !== undefined) return pattern;
  return command.error(
    `error: too many arguments for '${command.name()}'. Expected one source, or dataset files of one folder`,
    { code: "commander.excessArguments" },
  );
}

/** The source that `words` name; undefined if there are none. */
export function optionalSourceOf(words: readonly string[], command: Command): string | undefined {
  return words.length === 0 ? undefined : sourceOf(words, command);
}

const ENDING = ".arrow";

/** Names without characters that mean something in patterns. */
const PLAIN = /^[\p{L}\p{M}\p{N}_. -]+$/u;

/** Characters that a pattern may have. */
const LONGEST = 32_000;

/** A pattern that the given files match, and no others; undefined if there is none. */
function patternOf(files: readonly string[]): string | undefined {
  const folder = dirname(files[0] ?? "");
  const names = [...new Set(files.map((file) => basename(file)))].toSorted();
  const isOne = files.every((file) => file.endsWith(ENDING) && dirname(file) === folder);
  if (!isOne || !names.every((name) => PLAIN.test(name))) return undefined;
  if (names.length === 1) return files[0];
  if (datasetsIn(folder).join("\0") === names.join("\0")) return join(folder, `*${ENDING}`);
  const pattern = join(folder, `{${names.map((name) => name.slice(0, -ENDING.length)).join()}}${ENDING}`);
  return pattern.length > LONGEST ? undefined : pattern;
}

function datasetsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ENDING) && !name.startsWith("."))
      .toSorted();
  } catch {
    return [];
  }
}
