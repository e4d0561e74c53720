// Files to leave out of a source: which ones its issues suggest; which of those that are listed it has, and what was probably meant by the
// others.

import { closest, distance } from "fastest-levenshtein";

import type { DataIssue, IssueKind, IssuePicture } from "./issues.ts";

/** Files to leave out: the path of a list, or the paths themselves, relative to the source. */
export type LeaveOut = string | readonly string[];

/** A listed path that no file has. */
export interface Unmatched {
  /** The path, as it was listed. */
  readonly path: string;
  /** The most similar path of the source; null if none is similar. */
  readonly similar: string | null;
}

/** What a list names in a source. */
export interface LeaveOutMatch {
  /** Paths of the source that are left out. */
  readonly leftOut: ReadonlySet<string>;
  readonly unmatched: readonly Unmatched[];
}

/** Edits, as a share of a path's length, between a misspelt path and the one suggested. */
const MAX_EDIT_SHARE = 0.2;

/**
 * Finds listed paths among those of a source. Paths may also be written with backslashes, with a leading `./`, and in any form of Unicode.
 *
 * @param present paths of the source, with `/`
 */
export function matchLeaveOut(listed: readonly string[], present: readonly string[]): LeaveOutMatch {
  const known = new Set(present);
  const leftOut = new Set<string>();
  const unmatched: Unmatched[] = [];
  for (const path of listed) {
    const found = [path, writtenOtherwise(path)].find((each) => known.has(each));
    if (found === undefined) unmatched.push({ path, similar: similarTo(writtenOtherwise(path), present) });
    else leftOut.add(found);
  }
  return { leftOut, unmatched };
}

/** The end of a hint about pictures that are missing: a list of files to leave out, if there is one, may be why. */
export function orLeaveOutFewer(leaveOut: LeaveOut = []): string {
  if (leaveOut.length === 0) return "";
  const which = typeof leaveOut === "string" ? leaveOut : `${leaveOut.length} listed`;
  return ` Or leave out fewer files (${which}): they may be all that there were.`;
}

/** Number of files of a list that an error names. */
const NAMED_FILES = 3;

/** Two lists as an error names them: the same if they are, otherwise beginning with files that only one of them has. */
export function leaveOutTexts(
  now: readonly string[] = [],
  then: readonly string[] = [],
): readonly [now: string, then: string] {
  const text = (list: readonly string[], other: ReadonlySet<string>): string => {
    const sorted = [...list.filter((path) => !other.has(path)), ...list.filter((path) => other.has(path))];
    const more = sorted.length > NAMED_FILES ? ` and ${sorted.length - NAMED_FILES} more` : "";
    return sorted.length === 0 ? "none" : `${sorted.slice(0, NAMED_FILES).join(", ")}${more}`;
  };
  return [text(now, new Set(then)), text(then, new Set(now))];
}

function writtenOtherwise(path: string): string {
  return path
    .trim()
    .normalize("NFC")
    .replaceAll("\\", "/")
    .replace(/^(\.\/)+/, "");
}

function similarTo(path: string, present: readonly string[]): string | null {
  if (present.length === 0) return null;
  // A file that has been moved, or is listed from another folder, keeps the end of its path. Many classes may have a file of its name.
  const moved = longestEnds(path, present);
  const whole = moved.filter((each) => path.endsWith(`/${each}`));
  if (moved.length > 0) return closest(path, [...(whole.length > 0 ? whole : moved)]);
  const nearest = closest(path, [...present]);
  return distance(path, nearest) <= MAX_EDIT_SHARE * path.length ? nearest : null;
}

/** The paths that share the most folder and file names, at least one, with the end of `path`. */
function longestEnds(path: string, present: readonly string[]): readonly string[] {
  let ends = present;
  let found: readonly string[] = [];
  const names = path.split("/");
  for (let first = names.length - 1; first >= 0 && ends.length > 0; first--) {
    const end = `/${names.slice(first).join("/")}`;
    ends = ends.filter((each) => `/${each}`.endsWith(end));
    if (ends.length > 0) found = ends;
  }
  return found;
}

/** A file that is better left out. */
export interface LeftOut extends IssuePicture {
  /** Why, in words. */
  readonly reason: string;
  /** Of copies, the path of the one that stays; otherwise empty. */
  readonly stays: string;
}

/** Kinds of issues whose pictures are all better left out, until someone has looked at them. */
const LEFT_OUT_WHOLE: ReadonlySet<IssueKind> = new Set([
  "copies-across-labels",
  "wrong-label",
  "unusable-file",
  "blank-silhouette",
]);

/**
 * The files that are better left out, each once: unusable ones, blank silhouettes, labels that are probably wrong, all copies of a picture
 * that has several labels, and of other copies all but one, the test picture if there is one.
 */
export function leftOutOf(issues: readonly DataIssue[]): readonly LeftOut[] {
  const found = new Map<string, LeftOut>();
  for (const { kind, pictures, note } of issues) {
    const isWhole = LEFT_OUT_WHOLE.has(kind);
    const [first] = pictures;
    if (first === undefined || (!isWhole && kind !== "copies" && kind !== "copies-across-splits")) continue;
    for (const picture of isWhole ? pictures : pictures.slice(1)) {
      if (found.has(picture.path)) continue;
      const reason =
        kind === "copies-across-splits"
          ? `${kind}: ${note}; the ${first.split} picture stays, because a test needs pictures that were not learned from`
          : `${kind}: ${note}`;
      found.set(picture.path, { ...picture, reason, stays: isWhole ? "" : first.path });
    }
  }
  return [...found.values()];
}
