// `silhouette runs`: lists runs, or compares the settings and results of some.

import { Command, Option } from "commander";

import type { RunSummary, UnreadableRun } from "@silhouette/trainer";

import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";

/** The folder of runs, unless one is named: where `train` writes them. */
const FOLDER = "runs";

/** Orders of the list. */
const ORDERS = ["date", "accuracy"] as const;

/** Options of the command line, parsed. */
interface RunsFlags {
  readonly sort: (typeof ORDERS)[number];
  readonly json?: boolean;
}

/** The command, which reports to `report`. */
export function runsCommand(report: Report): Command {
  return new Command("runs")
    .summary("list runs with their results, or compare some of them")
    .description(
      "Lists each run with its recipe and the fields that were replaced in it, pictures, epochs, the best epoch, and the accuracy on " +
        "validation and test pictures. Runs that are unfinished, damaged or of another version are listed, too. Of two or more runs " +
        "that are named, shows the settings that differ, and the results.\n\nAccuracies of different test pictures cannot be compared: " +
        "silhouette compare tests two runs on the same ones.",
    )
    .argument("[FOLDER|RUN...]", `folders with runs, or runs (default: ${FOLDER})`)
    .addOption(new Option("--sort <ORDER>", "order of the list").choices(ORDERS).default("date"))
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExamples:\n  silhouette runs --sort accuracy\n  silhouette runs runs/first runs/second")
    .action(async (paths: readonly string[], { sort }: RunsFlags) => {
      const { listRuns } = await loaded(import("@silhouette/trainer/runs"));
      const named = paths.length === 0 ? [FOLDER] : paths;
      const listed = await listRuns(named);
      const areCompared = listed.length > 1 && listed.every(({ run }) => named.includes(run));
      const runs = areCompared ? listed : sorted(listed, sort);
      for (const run of runs) report({ type: "run", ...run });
      report({ type: "done", command: "runs", paths: named, runs: runs.length, areCompared });
    });
}

/** The latest or the best runs first; those without a date or an accuracy last. */
function sorted(
  runs: readonly (RunSummary | UnreadableRun)[],
  order: RunsFlags["sort"],
): readonly (RunSummary | UnreadableRun)[] {
  const keyOf = (run: RunSummary | UnreadableRun): number => {
    if (!("created" in run)) return -2;
    return order === "date" ? Date.parse(run.created) : (run.test?.accuracy ?? -1);
  };
  return runs.toSorted((one, other) => keyOf(other) - keyOf(one));
}
