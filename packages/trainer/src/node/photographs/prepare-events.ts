// Events of the preparation of photographs: plain data, which commands write as is.

import { warningsOf, type DataIssue, type DataWarning } from "../../dataset/issues.ts";
import type { LeaveOutMatch, Unmatched } from "../../dataset/leave-out.ts";
import type { Split } from "../../dataset/split.ts";
import { TrainerError } from "../../values/errors.ts";
import type { Discovery } from "../../dataset/photographs/find-photographs.ts";
import type { Skip } from "../../dataset/skip.ts";
import type { Ignored } from "../../dataset/photographs/ignored.ts";

/** Events that `prepare`, `train` and `evaluate` emit while they prepare the photographs of a folder. */
export type PrepareEvent =
  | {
      /** Once, before the first photograph is opened. */
      readonly type: "start";
      /** Folder of the photographs, as it was given. */
      readonly folder: string;
      /** Number of photographs found. */
      readonly total: number;
      /** Class names; the index of a class is its index in one-hot labels. */
      readonly labels: readonly string[];
      /** Whether folders give any split. */
      readonly layout: Discovery["layout"];
      /** Splits that are drawn. */
      readonly drawn: readonly Split[];
      /** Decisions that might not be what was intended, each as a sentence without its full stop. */
      readonly notes: readonly string[];
      /** What the folder holds besides pictures, by kind, the most frequent first. */
      readonly ignored: readonly Ignored[];
    }
  | ({
      /** For every file that is left out. */
      readonly type: "skip";
    } & Skip)
  | {
      /** Once, before the first photograph is opened, if the dataset is written in shards. */
      readonly type: "shards";
      /** Number of shards. */
      readonly total: number;
      /** Number of shards that stay from a preparation that was stopped. */
      readonly done: number;
      /** Number of shards that were complete and are made again: files of theirs have changed since, or could not be read. */
      readonly changed: number;
      /** Number of photographs that need not be opened again, because they belong to the shards that stay. */
      readonly photographs: number;
    }
  | {
      /** After every shard that has been written. */
      readonly type: "shard";
      /** Its index: 0 to `total - 1`. */
      readonly index: number;
      /** Number of shards. */
      readonly total: number;
      /** Its file, relative to the folder of the dataset; null if none of its pictures can be used. */
      readonly file: string | null;
      /** Number of its pictures. */
      readonly rows: number;
      /** Number of its photographs that were skipped. */
      readonly skipped: number;
    }
  | {
      /** After every photograph. */
      readonly type: "progress";
      /** Number of photographs opened so far, including skipped ones and those of shards that stay. */
      readonly done: number;
      /** Number of photographs found. */
      readonly total: number;
      /** Mean rate since the first photograph that was opened. */
      readonly picturesPerSecond: number;
      /** Estimated time left, at that rate. */
      readonly secondsLeft: number;
    }
  | {
      /** Once, before the first photograph is opened, if files are left out. */
      readonly type: "leaveOut";
      /** Number of files that are left out. */
      readonly files: number;
      /** Listed paths that no file has. */
      readonly unmatched: readonly Unmatched[];
    }
  | {
      /** Once, after the last photograph, if something may be wrong with some: see `inspect`. */
      readonly type: "warnings";
      /** Folder of the photographs, as it was given. */
      readonly source: string;
      /** One per kind of issue, the most serious first. */
      readonly warnings: readonly DataWarning[];
    };

/** The event before the first photograph is opened. */
export function startOf(folder: string, discovery: Discovery): PrepareEvent {
  const { photographs, labels, layout, drawn, notes, ignored } = discovery;
  return { type: "start", folder, total: photographs.length, labels, layout, drawn, notes, ignored };
}

/**
 * The progress of `total` photographs.
 *
 * @param begin the time of the first one, by `performance.now()`
 * @param before how many of those that are done were done before
 */
export function progressOf(done: number, total: number, begin: number, before = 0): PrepareEvent {
  const picturesPerSecond = (done - before) / ((performance.now() - begin) / 1000);
  return { type: "progress", done, total, picturesPerSecond, secondsLeft: (total - done) / picturesPerSecond };
}

/** The event of warnings about the photographs of `source`; undefined if there is nothing to warn of. */
export function warningsEvent(source: string, issues: readonly DataIssue[]): PrepareEvent | undefined {
  return issues.length === 0 ? undefined : { type: "warnings", source, warnings: warningsOf(issues) };
}

/**
 * The event of files that are left out.
 *
 * @throws {TrainerError} `LEAVE_OUT_MISMATCH` if none of the listed files exists: the list is of another source
 */
export function leaveOutEvent({ leftOut, unmatched }: LeaveOutMatch, source: string): PrepareEvent {
  const [first] = unmatched;
  if (leftOut.size === 0 && first !== undefined) {
    const meant = first.similar === null ? "" : `; did you mean ${first.similar}?`;
    throw new TrainerError(
      "LEAVE_OUT_MISMATCH",
      `Expected files of ${source} in the list of files to leave out, but none of its ${unmatched.length} is there, such as ${first.path}${meant}`,
      "Name the list that was made for this source. Its paths are relative to the folder, with /.",
    );
  }
  return { type: "leaveOut", files: leftOut.size, unmatched };
}
