// `silhouette evaluate`: a run's model on pictures whose classes are known.

import type { BackendChoice } from "@silhouette/trainer";
import { Command } from "commander";

import { backendOption } from "../command-line/arguments.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";

/** What the parser makes of the command line. */
interface EvaluateFlags {
  readonly backend?: BackendChoice;
  readonly includeLearned?: boolean;
  readonly json?: boolean;
}

/** The command. It tells `report` what it does; `signal` stops it. */
export function evaluateCommand(report: Report, signal: AbortSignal): Command {
  return new Command("evaluate")
    .summary("judge a trained classifier on photographs or a dataset")
    .description(
      "Counts right and wrong answers to pictures that the run has not learned from, wherever they lie: the folder that it " +
        "was trained on gives its test pictures. Of a dataset, and of a folder with test/<class>/*, the test pictures are " +
        "judged; of any other folder all pictures.",
    )
    .argument("<RUN>", "run folder, as silhouette train has made it")
    .argument("<FOLDER|FILE.arrow>", "folder of photographs with the classes of the run, or a dataset")
    .option("--include-learned", "judge the pictures that the run has learned from, too")
    .addOption(backendOption())
    .option("--json", "one JSON event a line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette evaluate runs/photos more-photos")
    .action(async (run: string, source: string, { json: _json, ...flags }: EvaluateFlags) => {
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
    });
}
