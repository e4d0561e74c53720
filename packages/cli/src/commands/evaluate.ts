// `silhouette evaluate`: evaluates a run's model on pictures whose classes are known.

import type { BackendChoice } from "@silhouette/trainer";
import { Command } from "commander";

import { backendOption, leaveOutOption } from "../command-line/arguments.ts";
import { SOURCE, sourceOf } from "../command-line/source-argument.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";

/** Options of the command line, parsed. */
interface EvaluateFlags {
  readonly backend?: BackendChoice;
  readonly includeLearned?: boolean;
  readonly leaveOut?: string;
  readonly json?: boolean;
}

/** The command, which reports to `report`; `signal` stops it. */
export function evaluateCommand(report: Report, signal: AbortSignal): Command {
  return new Command("evaluate")
    .summary("evaluate a trained classifier on photographs or a dataset")
    .description(
      "Counts correct and incorrect predictions for pictures that the run was not trained on, and reports the accuracy and " +
        "the confusion matrix. Evaluates the test pictures if the source is a dataset, a folder with test/<class>/*, or the " +
        "folder that the run was trained on; otherwise all pictures.",
    )
    .argument("<RUN>", "run folder of silhouette train")
    .argument(SOURCE, "folder of photographs with the classes of the run, or a dataset")
    .option("--include-learned", "also evaluate the pictures that the run was trained on")
    .addOption(leaveOutOption())
    .addOption(backendOption())
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette evaluate runs/photos more-photos")
    .action(
      async (run: string, sources: readonly string[], { json: _json, ...flags }: EvaluateFlags, command: Command) => {
        const source = sourceOf(sources, command);
        const { evaluate } = await loaded(import("@silhouette/trainer"));
        const begin = performance.now();
        const { chosen, learned, metrics } = await evaluate({
          run,
          source,
          ...flags,
          signal,
          onEvent: report,
        });
        report({
          type: "done",
          command: "evaluate",
          run,
          chosen,
          learned,
          ...metrics,
          seconds: (performance.now() - begin) / 1000,
        });
      },
    );
}
