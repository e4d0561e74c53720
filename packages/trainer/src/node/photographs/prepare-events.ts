// Events of the preparation of photographs: plain data, which commands write as is.

import type { Duplicates, DuplicateGroup } from "../../dataset/duplicates.ts";
import type { Split } from "../../dataset/split.ts";
import type { Discovery } from "./discover.ts";
import type { Skip } from "../../dataset/skip.ts";
import type { Ignored } from "./ignored.ts";

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
      /** After every photograph. */
      readonly type: "progress";
      /** Number of photographs opened so far, including skipped ones. */
      readonly done: number;
      /** Number of photographs found. */
      readonly total: number;
      /** Mean rate since the first photograph. */
      readonly picturesPerSecond: number;
      /** Estimated time left, at that rate. */
      readonly secondsLeft: number;
    }
  | ({
      /** Once, after the last photograph, if some are duplicates of others. */
      readonly type: "duplicates";
      /** Number of pictures that have duplicates. */
      readonly groups: number;
      /** At most 20 of them, those across classes first, then those across splits. `PrepareSummary.duplicates` has all. */
      readonly examples: readonly DuplicateGroup[];
    } & Omit<Duplicates, "groups">)
  | {
      /** Once, after the last photograph, if some silhouettes are all black or all white. */
      readonly type: "blank";
      /** Paths of their photographs, in order. */
      readonly paths: readonly string[];
    };

/** The event before the first photograph is opened. */
export function startOf(folder: string, discovery: Discovery): PrepareEvent {
  const { photographs, labels, layout, drawn, notes, ignored } = discovery;
  return { type: "start", folder, total: photographs.length, labels, layout, drawn, notes, ignored };
}

/** The progress of `total` photographs. `begin` is the time of the first one, by `performance.now()`. */
export function progressOf(done: number, total: number, begin: number): PrepareEvent {
  const picturesPerSecond = done / ((performance.now() - begin) / 1000);
  return { type: "progress", done, total, picturesPerSecond, secondsLeft: (total - done) / picturesPerSecond };
}

/** Maximum number of groups in an event. */
const EXAMPLES = 20;

/** The event for `duplicates`, with the groups that matter most. */
export function duplicatesEvent({ groups, ...counts }: Duplicates): PrepareEvent {
  const weightOf = ({ labels, splits }: DuplicateGroup): number =>
    (labels.length > 1 ? 2 : 0) + (splits.length > 1 ? 1 : 0);
  const examples = groups.toSorted((one, other) => weightOf(other) - weightOf(one)).slice(0, EXAMPLES);
  return { type: "duplicates", ...counts, groups: groups.length, examples };
}
