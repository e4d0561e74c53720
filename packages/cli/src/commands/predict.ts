// `silhouette predict`: what a run's model takes pictures for.

import type { BackendChoice } from "@silhouette/trainer";
import { Command, InvalidArgumentError } from "commander";

import { backendOption, parseWhole } from "../command-line/arguments.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";

/** Classes that are told of each picture. */
const TOP = 3;

/** What the parser makes of the command line. */
interface PredictFlags {
  readonly json?: boolean;
  readonly top: number;
  readonly backend?: BackendChoice;
}

/** The command. It tells `report` what it does; `signal` stops it. */
export function predictCommand(report: Report, signal: AbortSignal): Command {
  return new Command("predict")
    .summary("tell what a trained classifier takes pictures for")
    .description(
      "Prepares each picture as the run's were, and tells the most probable classes. Pictures that cannot be read are named " +
        "and passed over.",
    )
    .argument("<RUN>", "run folder, as silhouette train has made it")
    .argument("<IMAGE|FOLDER...>", "pictures, and folders of pictures")
    .option("--top <N>", "classes that are told of each picture", parseTop, TOP)
    .addOption(backendOption())
    .option("--json", "one JSON event a line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette predict runs/photos street.jpg holidays --top 1")
    .action(async (run: string, paths: readonly string[], { top, json: _json, ...given }: PredictFlags) => {
      const { predict } = await loaded(import("@silhouette/trainer"));
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

function parseTop(text: string): number {
  const top = parseWhole(text);
  if (top === 0) throw new InvalidArgumentError("Expected a whole number of 1 or more.");
  return top;
}
