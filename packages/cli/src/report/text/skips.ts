// Pictures and files that are left out, as text.

import { printable } from "@silhouette/report/printable";
import type { Ignored, Skip } from "@silhouette/trainer";

/** Maximum number of pictures skipped for the same reason that are listed one by one. */
const LISTED_SKIPS = 10;

/** A line per skipped picture, or per reason that applies to many. */
export function skipLines(skips: readonly Skip[]): string {
  const paths = new Map<string, string[]>();
  for (const skip of skips) {
    const alike = paths.get(reasonOf(skip));
    if (alike === undefined) paths.set(reasonOf(skip), [skip.path]);
    else alike.push(skip.path);
  }
  const lines = skips.flatMap((skip) => {
    const reason = reasonOf(skip);
    const alike = paths.get(reason) ?? [];
    if (alike.length <= LISTED_SKIPS) return [`Skipped ${skip.path}: it ${reason}`];
    if (skip.path !== alike[0]) return [];
    return [`Skipped ${alike.length} files, ${alike.slice(0, 3).join(", ")} and others: each ${reason}`];
  });
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function reasonOf({ message, code }: Skip): string {
  return `${message} [${code}]`;
}

/** Names of what is left out, in singular and plural. */
const IGNORED_NAMES = {
  file: ["file without an extension", "files without an extension"],
  hidden: ["hidden file or folder", "hidden files or folders"],
  system: ["system file or folder", "system files or folders"],
  run: ["run of silhouette", "runs of silhouette"],
  folder: ["folder beside the splits", "folders beside the splits"],
} as const;

/** A line for everything in the folders that is not a picture; empty if there is nothing. */
export function ignoredLine(ignored: readonly Ignored[]): string {
  if (ignored.length === 0) return "";
  const kinds = ignored.map(({ kind, extension, count, example }) => {
    const [one, several] = extension === "" ? IGNORED_NAMES[kind] : [`${extension} file`, `${extension} files`];
    return `${count} ${count === 1 ? one : several} (${example}${count === 1 ? "" : ", ..."})`;
  });
  return `${printable(`Left out: ${kinds.join(", ")}`)}\n`;
}
