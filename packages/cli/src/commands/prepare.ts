// `silhouette prepare`: turns class folders of photographs into a dataset file.

import { stat } from "node:fs/promises";

import type { InputKind, RecipeName, SplitFractions } from "@silhouette/trainer";
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
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";

/** Options of the command line, parsed. */
interface PrepareFlags {
  readonly out?: string;
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
        "each split, and copies of a picture stay together.\n\nReads JPEG, PNG, WebP, GIF, TIFF and AVIF, whatever the file extension; lists and skips pictures " +
        "that cannot be read.",
    )
    .argument("<FOLDER>", "folder of photographs, one subfolder per class")
    .option("--out <FILE.arrow>", "dataset file to write; replaced if it exists (required)")
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
      "\nExample:\n  silhouette prepare photos --out photos.arrow --labels car,bus,motorcycle\n  silhouette prepare photos --out article.arrow --recipe article --split 0.7,0.1,0.2",
    )
    .action(async (folder: string, flags: PrepareFlags, command: Command) => {
      // Not declared as required: Commander would report that before a misspelt --out.
      if (flags.out === undefined) command.error("error: required option '--out <FILE.arrow>' not specified");
      await runPrepare(folder, flags.out, flags, report, signal);
    });
}

async function runPrepare(
  folder: string,
  out: string,
  { recipe, input, size, labels, split, seed, thumbnails, leaveOut, strict = false }: PrepareFlags,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { prepare } = await loaded(import("@silhouette/trainer"));
  const begin = performance.now();
  const summary = await prepare({
    folder,
    out,
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
    onEvent: report,
  });
  const seconds = (performance.now() - begin) / 1000;
  report({
    type: "done",
    command: "prepare",
    out,
    rows: summary.rows,
    ...summary.stored,
    bytes: (await stat(out)).size,
    labels: summary.labels,
    counts: summary.counts,
    skipped: summary.skips.length,
    otherFiles: summary.ignored.reduce((total, { kind, count }) => (kind === "file" ? total + count : total), 0),
    seconds,
    picturesPerSecond: summary.rows / seconds,
  });
}
