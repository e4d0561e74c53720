// What all preparations of photographs have in common: their options and their result, which photographs they take, and what they refuse.

import type { Duplicates } from "../../dataset/duplicates.ts";
import type { PictureSize, StoredSize } from "../../dataset/format.ts";
import type { InputKind } from "../../dataset/input-kinds.ts";
import { matchLeaveOut, type LeaveOut } from "../../dataset/leave-out.ts";
import { PICTURE_EXTENSIONS } from "../../dataset/photographs/file-tree.ts";
import { findAnyPhotographs, findPhotographs, type Discovery } from "../../dataset/photographs/find-photographs.ts";
import type { Ignored } from "../../dataset/photographs/ignored.ts";
import type { Skip } from "../../dataset/skip.ts";
import { SPLITS, type Split, type SplitFractions } from "../../dataset/split.ts";
import type { RecipeName } from "../../training/recipe-names.ts";
import { TrainerError } from "../../values/errors.ts";
import { pathsToLeaveOut } from "../files/leave-out-list.ts";
import { DISK } from "./listing.ts";
import { leaveOutEvent, startOf, type PrepareEvent } from "./prepare-events.ts";

/** Options for `prepare`. */
export interface PrepareOptions {
  /** Folder with `<class>/*` or `{train,val,test}/<class>/*`; see `discover`. */
  readonly folder: string;
  /**
   * The dataset file to write; its name ends in `.arrow`. An existing file is replaced. With `shards` it is a folder, which is empty,
   * does not exist yet, or contains a preparation that was stopped.
   */
  readonly out: string;
  /**
   * Write a dataset of this many files, for more pictures than fit into one: 1 to 99,999, at most one per photograph. Splits that folders
   * do not define are drawn for each picture by its content, and copies are not searched, except that equal pictures are in one split.
   * If the preparation is stopped, the shards that are done stay, and calling `prepare` again continues; shards of which files have changed
   * since are made again. Default: one file.
   */
  readonly shards?: number;
  /** The recipe that the pictures are for. It determines what is kept of them. Default `compact`. */
  readonly recipe?: RecipeName;
  /** What the network will see of the pictures: `rgb` keeps their colors. Default: what the recipe says. */
  readonly input?: InputKind;
  /** Size at which the network sees pictures, in pixels: each side 1 to 4,096. They are stretched. Default: the recipe's. */
  readonly size?: PictureSize;
  /** All class names, in the order of their one-hot labels. Default: sorted by code units. */
  readonly labels?: readonly string[];
  /** Fractions for train, val and test, unless folders define all splits. Default 0.8, 0.1, 0.1. */
  readonly split?: SplitFractions;
  /** Seed for drawing the splits: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
  /** Whether a thumbnail of each photograph is kept, for reports: about 5 KB each. No network sees them. Default true. */
  readonly thumbnails?: boolean;
  /**
   * Files to leave out: a list that `silhouette inspect --fix` has written, of which only the column `path` matters, or their paths.
   * Default: none.
   */
  readonly leaveOut?: LeaveOut;
  /** Throw `PICTURE_UNUSABLE` instead of skipping. Default false. */
  readonly strict?: boolean;
  /** Pictures decoded in parallel, which does not affect the file: 1 to 1,024. Default: the number of cores plus one. */
  readonly concurrency?: number;
  /** Aborts the work; `prepare` then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: PrepareEvent) => void;
}

/** The result of `prepare`. */
export interface PrepareSummary {
  /** Pictures in the dataset. */
  readonly rows: number;
  /** Size of the dataset file in bytes, or of all shards. */
  readonly bytes: number;
  /** Number of shards with pictures; null for a dataset of one file. */
  readonly shards: number | null;
  /** Their size and format in the dataset. */
  readonly stored: StoredSize;
  /** Class names; the index of a class is its index in one-hot labels. */
  readonly labels: readonly string[];
  /** By split, the number of pictures per class, in the order of `labels`. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Everything that was skipped: first while listing the folders, then while opening the pictures. */
  readonly skips: readonly Skip[];
  /** What the folder holds besides pictures, by kind, the most frequent first. */
  readonly ignored: readonly Ignored[];
  /**
   * Pictures that are duplicates of others. If splits are drawn, a picture and its duplicates are in the same one. Null for a dataset in
   * shards, whose pictures are not compared: `inspect` does.
   */
  readonly duplicates: Duplicates | null;
  /** Paths of the pictures whose silhouettes are all black or all white and contain no information. */
  readonly blank: readonly string[];
}

/** Options for `prepare`, apart from what {@link Wanted} and the number of shards say. */
export type PicturesOptions = Omit<PrepareOptions, "recipe" | "input" | "size" | "thumbnails" | "shards">;

/** What a preparation is for. */
export interface Wanted {
  /** The size and format to store. */
  readonly stored: StoredSize;
  /** Whether thumbnails are kept. */
  readonly thumbnails: boolean;
  /** Whether `all` classes need training pictures, or `any` pictures are enough. */
  readonly classes: "all" | "any";
  /** May reject the discovery. */
  readonly check?: (discovery: Discovery) => void | Promise<void>;
}

/** Finds and reports the photographs of a folder. Opens none. */
export async function discoverFor(
  { folder, labels, split, seed, leaveOut, signal, onEvent }: Omit<PrepareOptions, "recipe" | "size" | "out">,
  { classes, check }: Pick<Wanted, "classes" | "check">,
): Promise<Discovery> {
  const listed = await pathsToLeaveOut(leaveOut);
  const whole = await (classes === "all" ? findPhotographs : findAnyPhotographs)(DISK, folder, { labels, signal });
  signal?.throwIfAborted();
  const match = listed.length === 0 ? undefined : matchLeaveOut(listed, pathsOf(whole));
  const discovery = match === undefined ? whole : withoutFiles(whole, match.leftOut);
  if (discovery.drawn.length === 0 && (split !== undefined || seed !== undefined)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected neither split nor seed for ${folder} because its folders already define train and test`,
      "Omit split and seed, or put all class folders side by side.",
    );
  }
  onEvent?.(startOf(folder, discovery));
  if (match !== undefined) {
    const event = leaveOutEvent(match, folder);
    onEvent?.(event);
  }
  await check?.(discovery);
  return discovery;
}

/** Everything in the folder that a list may name. */
function pathsOf({ photographs, skips }: Discovery): readonly string[] {
  return [...photographs, ...skips].map(({ path }) => path);
}

function withoutFiles(discovery: Discovery, leftOut: ReadonlySet<string>): Discovery {
  const isKept = ({ path }: { readonly path: string }): boolean => !leftOut.has(path);
  return {
    ...discovery,
    photographs: discovery.photographs.filter(isKept),
    skips: discovery.skips.filter(isKept),
  };
}

/** Checks that no class has lost all its pictures to skips and lists; if any pictures are enough, that there is one. */
export function checkFilled(
  { folder, leaveOut }: Pick<PrepareOptions, "folder" | "leaveOut">,
  { labels, photographs }: Discovery,
  { counts, classes }: Pick<PrepareSummary, "counts"> & Pick<Wanted, "classes">,
): void {
  const empty = labels.filter((_, index) => SPLITS.every((split) => counts[split][index] === 0));
  if (empty.length === 0 || (classes === "any" && empty.length < labels.length)) return;
  if (photographs.length === 0 && leaveOut === undefined) {
    const expected = `Expected photographs (${PICTURE_EXTENSIONS.join(" ")}) in the class folders of ${folder}`;
    throw new TrainerError("EMPTY_CLASS", `${expected}, but found none`, "Add photographs, or name another folder.");
  }
  const remedy = leaveOut === undefined ? "" : "leave out fewer files, ";
  throw new TrainerError(
    "EMPTY_CLASS",
    `Expected usable pictures${classes === "all" ? " of every class" : ""} in ${folder}, but all pictures of ${empty.join(", ")} were skipped or left out`,
    `Replace the pictures listed above, ${remedy}or move the folder elsewhere.`,
  );
}

/** The error for a picture that cannot be used, if none may be skipped. */
export function unusable({ path, message }: Skip): TrainerError {
  return new TrainerError(
    "PICTURE_UNUSABLE",
    `Expected only usable pictures, but ${path} ${message}`,
    "Repair or remove it, or turn strict off to skip such pictures.",
  );
}
