// `silhouette prepare`: turns class folders of photographs into a dataset of one or many files.

import type { InputKind, PrepareEvent, RecipeName, SplitFractions } from "@silhouette/trainer";
import { PREPARE_DEFAULTS, RANGES, RECIPES } from "@silhouette/trainer/light";
import { Command } from "commander";

import {
  inputOption,
  leaveOutOption,
  parseLabels,
  parseSize,
  parseSplit,
  parseWhole,
  recipeOption,
} from "../command-line/arguments.ts";
import { commandLine } from "../command-line/called-as.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";
import { Stopped } from "../outcome/stopped.ts";

/** Options of the command line, parsed. */
interface PrepareFlags {
  readonly out?: string;
  readonly shards?: number;
  readonly recipe?: RecipeName;
  readonly input?: InputKind;
  readonly size?: { readonly width: number; readonly height: number };
  readonly labels?: readonly string[];
  readonly split?: SplitFractions;
  readonly seed?: number;
  readonly thumbnails: boolean;
  readonly leaveOut?: string;
  readonly strict?: boolean;
}

/** The command, which reports to `report`; `signal` stops it. */
export function prepareCommand(report: Report, signal: AbortSignal): Command {
  return new Command("prepare")
    .summary("turn class folders of photographs into a dataset for training")
    .description(
      "Turns class folders of photographs into a dataset. For the recipe article, every picture is converted to gray, stretched to " +
        "the size, and thresholded to black and white by Otsu's method. For the others it stays gray, at twice the size: it is " +
        "thresholded at each training step, so that it can be augmented before; with --input rgb it keeps its colors.\n\nFOLDER holds <class>/* or {train,val,test}/<class>/*, or names such as " +
        "Training, valid and seg_test. Splits without folders are drawn from a seed: each class has its share of " +
        "each split, and copies of a picture stay together; with --shards they are drawn for each picture by its content, and copies are " +
        "not searched.\n\nReads JPEG, PNG, WebP, GIF, TIFF and AVIF, whatever the file extension; lists and skips pictures " +
        "that cannot be read.",
    )
    .argument("<FOLDER>", "folder of photographs, one subfolder per class")
    .option(
      "--out <FILE.arrow|FOLDER>",
      "dataset file to write; replaced if it exists. With --shards an empty or new folder (required)",
    )
    .option(
      "--shards <N>",
      "write a dataset of N files, and continue where the same command was stopped",
      parseWhole(RANGES.shards),
    )
    .addOption(recipeOption(PREPARE_DEFAULTS.recipe))
    .addOption(inputOption())
    .option(
      "--size <N|WxH>",
      `width and height at which the network sees pictures, in pixels (default: ${RECIPES.compact.size.width}; article: ${RECIPES.article.size.width})`,
      parseSize,
    )
    .option("--labels <a,b,c>", "class names in the order of their one-hot labels (default: alphabetical)", parseLabels)
    .option(
      "--split <train,val,test>",
      `shares of drawn splits (default: ${PREPARE_DEFAULTS.split.join()})`,
      parseSplit,
    )
    .option("--seed <N>", `seed of drawn splits (default: ${PREPARE_DEFAULTS.seed})`, parseWhole(RANGES.seed))
    .option("--no-thumbnails", "keep no thumbnails of the photographs, which reports show")
    .addOption(leaveOutOption())
    .option("--strict", "fail instead of skipping a picture")
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText(
      "after",
      "\nExample:\n  silhouette prepare photos --out photos.arrow --labels car,bus,motorcycle\n  silhouette prepare photos --out article.arrow --recipe article --split 0.7,0.1,0.2\n" +
        "  silhouette prepare photos --out photos-in-shards --shards 16",
    )
    .action(async (folder: string, flags: PrepareFlags, command: Command) => {
      // Not declared as required: Commander would report that before a misspelt --out.
      if (flags.out === undefined) command.error("error: required option '--out <FILE.arrow|FOLDER>' not specified");
      await runPrepare(folder, flags.out, flags, report, signal);
    });
}

async function runPrepare(
  folder: string,
  out: string,
  { shards, recipe, input, size, labels, split, seed, thumbnails, leaveOut, strict = false }: PrepareFlags,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { prepare } = await loaded(import("@silhouette/trainer/datasets"));
  const begin = performance.now();
  let done = 0;
  let before = 0;
  const onEvent = (event: PrepareEvent): void => {
    if (event.type === "shards") [done, before] = [event.done, event.photographs];
    if (event.type === "shard") done++;
    report(event);
  };
  const summary = await prepare({
    folder,
    out,
    ...(shards !== undefined && { shards }),
    ...(recipe && { recipe }),
    ...(input && { input }),
    ...(size && { size }),
    ...(labels && { labels }),
    ...(split && { split }),
    ...(seed !== undefined && { seed }),
    thumbnails,
    ...(leaveOut !== undefined && { leaveOut }),
    strict,
    signal,
    onEvent,
  }).catch((error: unknown) => {
    if (error instanceof Stopped && done > 0) {
      error.hint = `${done} of ${shards} shards ${done === 1 ? "is" : "are"} complete. To continue: ${commandLine(process.argv.slice(2))}`;
    }
    throw error;
  });
  const seconds = (performance.now() - begin) / 1000;
  report({
    type: "done",
    command: "prepare",
    out,
    rows: summary.rows,
    ...summary.stored,
    bytes: summary.bytes,
    shards: summary.shards,
    labels: summary.labels,
    counts: summary.counts,
    skipped: summary.skips.length,
    otherFiles: summary.ignored.reduce((total, { kind, count }) => (kind === "file" ? total + count : total), 0),
    seconds,
    picturesPerSecond: Math.max(0, summary.rows - before) / seconds,
  });
}
