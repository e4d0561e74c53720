// `silhouette demo`: draws vehicles, and trains a classifier on them as one would on photographs.

import { join } from "node:path";

import { TrainerError } from "@silhouette/trainer/light";
import { Command } from "commander";

import { commandLine } from "../command-line/called-as.ts";
import { withOtherFolder } from "../command-line/other-folder.ts";
import { loaded } from "../outcome/libraries.ts";
import { Stopped } from "../outcome/stopped.ts";
import type { Report } from "../report/events.ts";
import { trainInto } from "./train.ts";

/** Options of the command line, parsed. */
interface DemoFlags {
  readonly out: string;
  readonly quick?: boolean;
}

/** What is said after Ctrl-C. */
const STOPPED = "The pictures are kept. Run the same command again to continue.";

/** Epochs of the training: fewer than the recipe has, so that the demo takes about a minute. */
const EPOCHS = 12;

/** The command, which reports to `report`; `signal` stops it, with a checkpoint. */
export function demoCommand(report: Report, signal: AbortSignal): Command {
  return new Command("demo")
    .summary("train on drawings of vehicles, to see what silhouette does")
    .description(
      "Draws cars, buses and motorcycles from many icon sets in varying poses, sizes and shades, and trains a classifier on them as " +
        "silhouette train does on photographs: in a minute or two. It is tested on drawings by other artists.\n\nThe folder receives " +
        "photos/, the pictures, and run/, the run folder.",
    )
    .option("--out <FOLDER>", "folder to write to", "demo-result")
    .option("--quick", "use each drawing once, and train for one epoch, to check that everything works")
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExamples:\n  silhouette demo\n  silhouette demo --out vehicles")
    .action(async ({ out, quick: isQuick = false }: DemoFlags) => {
      if (out === "")
        throw new TrainerError(
          "INVALID_ARGUMENT",
          "Expected a folder for --out, but received an empty name",
          "Name one.",
        );
      const [photos, run] = [join(out, "photos"), join(out, "run")];
      // Until there is a run, which says how it is resumed.
      signal.addEventListener("abort", () => {
        if (signal.reason instanceof Stopped) signal.reason.hint = STOPPED;
      });
      const { drawPictures, LABELS } = await loaded(import("../demo/draw-pictures.ts"));
      report({ type: "drawn", photos, ...(await drawPictures(photos, isQuick, signal)) });
      const settings = { source: photos, run, labels: LABELS, epochs: isQuick ? 1 : EPOCHS };
      await trainInto(run, settings, { file: undefined, report, signal }).catch((error: unknown) => {
        throw withOtherFolder(error);
      });
      report({
        type: "done",
        command: "demo",
        photos,
        run,
        next: [
          { purpose: "Look at it in a page", command: commandLine(["studio", { path: run }]) },
          {
            purpose: "Now with your own photographs, one subfolder per class",
            command: commandLine(["train", "FOLDER"]),
          },
        ],
      });
    });
}
