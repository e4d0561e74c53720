// `silhouette compare`: whether one run is better than another, on the same pictures.

import type { BackendChoice } from "@silhouette/trainer";
import { Command } from "commander";

import { backendOption } from "../command-line/arguments.ts";
import { SOURCE, sourceOf } from "../command-line/source-argument.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";

/** Options of the command line, parsed. */
interface CompareFlags {
  readonly backend?: BackendChoice;
  readonly json?: boolean;
}

/** The command, which reports to `report`; `signal` stops it. */
export function compareCommand(report: Report, signal: AbortSignal): Command {
  return new Command("compare")
    .summary("test whether one run is better than another")
    .description(
      "Evaluates two runs on the same pictures, which neither was trained on, and tests by McNemar's exact test whether one is better or " +
        "chance explains the difference. Runs that were trained on the same folder with the same seed have the same test pictures.",
    )
    .argument("<RUN>", "run folder of silhouette train")
    .argument("<RUN>", "another one")
    .argument(SOURCE, "folder of photographs with the classes of the runs, or a dataset")
    .addOption(backendOption())
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette compare runs/first runs/second photos")
    .action(
      async (first: string, second: string, sources: readonly string[], flags: CompareFlags, command: Command) => {
        const source = sourceOf(sources, command);
        const { json: _json, ...others } = flags;
        const { compare } = await loaded(import("@silhouette/trainer"));
        const comparison = await compare({ first, second, source, ...others, signal, onEvent: report });
        report({ type: "done", command: "compare", first, second, ...comparison });
      },
    );
}
