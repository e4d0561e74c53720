// `silhouette predict`: classifies pictures with a run's model.

import type { BackendChoice } from "@silhouette/trainer";
import { Command, InvalidArgumentError } from "commander";

import { backendOption, parseWhole } from "../command-line/arguments.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";

/** Default number of classes per picture. */
const TOP = 3;

/** Options of the command line, parsed. */
interface PredictFlags {
  readonly json?: boolean;
  readonly top: number;
  readonly backend?: BackendChoice;
}

/** The command, which reports to `report`; `signal` stops it. */
export function predictCommand(report: Report, signal: AbortSignal): Command {
  return new Command("predict")
    .summary("classify pictures with a trained classifier")
    .description(
      "Prepares each picture like those of the run, and prints its most probable classes. Pictures that cannot be read are " +
        "listed and skipped.",
    )
    .argument("<RUN>", "run folder of silhouette train")
    .argument("<IMAGE|FOLDER...>", "pictures, and folders of pictures")
    .option("--top <N>", "number of classes to print per picture", parseTop, TOP)
    .addOption(backendOption())
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette predict runs/photos street.jpg holidays --top 1")
    .action(async (run: string, paths: readonly string[], { top, json: _json, ...given }: PredictFlags) => {
      const { predict } = await loaded(import("@silhouette/trainer/predict"));
      let [pictures, skipped] = [0, 0];
      for await (const answer of predict({ run, paths, ...given, signal, onEvent: report })) {
        if (answer.type === "skip") {
          skipped++;
          report(answer);
        } else {
          pictures++;
          report({ ...answer, classes: answer.classes.slice(0, top) });
        }
      }
      report({ type: "done", command: "predict", run, pictures, skipped });
    });
}

const TOP_RANGE = { min: 1, max: Number.MAX_SAFE_INTEGER };

function parseTop(text: string): number {
  const top = parseWhole(TOP_RANGE)(text);
  if (top < TOP_RANGE.min) throw new InvalidArgumentError("Expected a whole number of 1 or more.");
  return top;
}
